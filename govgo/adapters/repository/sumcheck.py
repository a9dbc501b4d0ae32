# SPDX-License-Identifier: BSD-3-Clause
"""The check of a download against go.sum and the checksum database, after which its hash enters the ledger.

    go.sum has this hash                 believed
    go.sum has another `h1:` hash        SumMismatchError
    go.sum has none, the path is public  the database must prove it, else an error
    go.sum has none, GONOSUMDB, off      accepted: no database is asked

For every row but the second the hash is in the ledger afterwards, unless the download may turn out not to be needed.
The toolchain is an exception: go.sum alone is never enough for it (`ledger.DATABASE_ONLY_PATHS`). The same check holds
for go.mod files and zips, whether they come from the network or from the cache.

Rules: the Go Modules Reference, "Authenticating modules"; cmd/go/internal/modfetch (checkModSum, useSumDB).
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from contextlib import suppress

from govgo.core.goenv import GoEnv
from govgo.core.gosum.ledger import SumLedger
from govgo.core.gosum.lines import format_line
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.typehints import TYPE_CHECKING, Any
from govgo.errors import Failure, GoSumError, UsageError

if TYPE_CHECKING:
    from govgo.adapters.loop.helper import Helper
    from govgo.adapters.sumdb.cachedrecords import KeptRecords
    from govgo.adapters.sumdb.client import SumDb
    from govgo.adapters.sumdb.route import Getter


class SumCheck:
    """Checks the hashes of downloads. A key with "/go.mod" behind its version is for a go.mod, else for a zip.

    Attributes:
        ledger: the checksums of the command.
    """

    def __init__(
        self,
        env: GoEnv,
        ledger: SumLedger,
        getter: Callable[[], Getter],
        log: Callable[[str], None],
        helper: Callable[[], Helper | None],
    ) -> None:
        self.ledger = ledger
        self._env = env
        self._getter = getter
        self._log = log
        self._helper = helper
        self._database: SumDb | None = None
        self._kept: KeptRecords | None = None
        self._by_path: dict[str, bool] = {}
        self._proved: dict[ModuleVersion, str] = {}

    def check_locally(self, mod: ModuleVersion, h1: str) -> bool:
        """Check without the database; False where only the database can decide (see `check`).

        Raises:
            SumMismatchError: go.sum has another hash.
        """
        if self.ledger.check(mod, h1):
            return True
        if not self._is_settled(mod, h1):
            return False
        self.ledger.add(mod, h1)
        return True

    def check_kept(self, mod: ModuleVersion, h1: str) -> bool:
        """As `check_locally`, but the database counts, too, as far as kept files prove what it says.

        Raises:
            SumMismatchError: go.sum has another hash.
        """
        if not self.check_locally(mod, h1):
            if format_line(mod, h1) not in self._kept_lines(mod):
                return False
            self._proved[mod] = h1
            self.admit(mod, h1)
        return True

    async def check(self, mod: ModuleVersion, h1: str) -> None:
        """Check, asking the database where go.sum does not decide.

        Raises:
            SumMismatchError: go.sum or the database has another hash.
            GovgoError: the database could not be asked.
        """
        await self.prove(mod, h1)
        self.admit(mod, h1)

    def agrees(self, mod: ModuleVersion, h1: str) -> bool:
        """As `check_locally`, but nothing enters the ledger.

        Raises:
            SumMismatchError: go.sum has another hash.
        """
        return self.ledger.agrees(mod, h1) or self._is_settled(mod, h1)

    async def prove(self, mod: ModuleVersion, h1: str) -> None:
        """As `check`, but nothing enters the ledger; `admit` does that when the download is used.

        Raises:
            SumMismatchError: go.sum or the database has another hash.
            GovgoError: the database could not be asked.
        """
        if not self.agrees(mod, h1):
            await self._open(mod).check(mod, h1)
            self._proved[mod] = h1  # for every ledger: the database is the same

    def admit(self, mod: ModuleVersion, h1: str) -> None:
        """Enter a hash that `agrees` or `prove` let pass into the ledger."""
        if not self.ledger.check(mod, h1):
            self.ledger.add(mod, h1)

    def _is_settled(self, mod: ModuleVersion, h1: str) -> bool:
        """Whether no database has to be asked: none is for this path, or it has said so in this process."""
        return self._proved.get(mod) == h1 or not self.uses_database(mod.path)

    def prefetch(self, mod: ModuleVersion) -> None:
        """Begin the lookup that `check` will need, if it will need one; its errors are raised by `check`.

        A path that no proxy may be asked for (GONOPROXY) is told to the database by `check` alone, as by go: when there
        is something to check.
        """
        with suppress(GoSumError, UsageError):
            if not self.ledger.have(mod) and self.uses_database(mod.path) and self._env.uses_proxy(mod.path):
                self._open(mod).prefetch((mod,))

    def connect(self, mod: ModuleVersion) -> None:
        """Begin to look for the way to the database, if it will be asked about `mod`.

        Raises:
            UsageError: GOSUMDB makes no sense.
        """
        if self.uses_database(mod.path):
            self._open(mod).connect()

    async def database_hash(self, mod: ModuleVersion) -> str:
        """The hash that the database proves for `mod`.

        Raises:
            GovgoError: as `SumDb.lookup`.
        """
        lines = await self._open(mod).lookup(mod)
        return lines[0].split(" ")[2]

    def uses_database(self, path: str) -> bool:
        """Whether the database is asked about a module path."""
        known = self._by_path.get(path)
        if known is None:
            known = self._by_path[path] = self._env.uses_sumdb(path)
        return known

    async def flush(self) -> None:
        """Let the database's client write what it has proved."""
        if self._database is not None:
            await self._database.flush()

    async def settle(self) -> None:
        """Let the database's client write what it has proved, and tell what it has met (errors as for `aclose`)."""
        if self._database is not None:
            await _told(self._database, self._database.flush())

    async def aclose(self) -> None:
        """End the database's client.

        Raises:
            SecurityError: the database has misbehaved; a lookup that was begun ahead may have found it.
            DiskError: as `SumDb.flush`.
        """
        database, self._database = self._database, None
        if database is not None:
            await _told(database, database.aclose())

    def _kept_lines(self, mod: ModuleVersion) -> tuple[str, ...]:
        """The lines that kept files prove; () once the database is being asked, whose client knows them as well."""
        if self._database is not None:
            return ()
        if self._kept is None:
            from govgo.adapters.sumdb.cache import SumDbCache
            from govgo.adapters.sumdb.cachedrecords import KeptRecords
            from govgo.core.sumdb.gosumdb import database_of

            try:
                database = database_of(self._env)
            except UsageError:
                return ()  # told by `_open`
            cache = SumDbCache.of(database.name, self._env.gomodcache, self._env.gopath)
            self._kept = KeptRecords(database.key, cache)
        return self._kept.lines(mod)

    def _open(self, mod: ModuleVersion) -> SumDb:
        if self._database is None:
            from govgo.adapters.sumdb.client import open_sumdb  # loaded only where a database is asked

            try:
                self._database = open_sumdb(self._env, self._getter(), self._log, helper=self._helper)
            except Failure as err:
                from govgo.adapters.attribution import attributed, prefixed

                noun = "go.mod" if mod.is_gomod_key else "module"
                raise attributed(mod.without_gomod(), prefixed(err, f"verifying {noun}: ")) from err
        return self._database


async def _told(database: SumDb, work: Coroutine[Any, Any, None]) -> None:
    """Do something, and tell of the misbehaviour that the client has met, also where that fails."""
    from govgo.adapters.loop.tasks import ending

    async def tell() -> None:
        if database.misbehaviour is not None:
            raise database.misbehaviour

    await ending(work, tell)
