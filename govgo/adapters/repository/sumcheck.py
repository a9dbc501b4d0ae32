# SPDX-License-Identifier: BSD-3-Clause
"""Which bytes may be believed: by go.sum, else by the checksum database, and entered into the ledger then.

Rules: the Go Modules Reference, "Authenticating modules"; cmd/go/internal/modfetch (checkModSum, useSumDB).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from govgo.adapters.attribution import attributed, prefixed
from govgo.core.goenv import GoEnv
from govgo.core.gosum.ledger import SumLedger
from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import GovgoError

if TYPE_CHECKING:
    from govgo.adapters.loop.helper import Helper
    from govgo.adapters.sumdb.route import Getter


class Database(Protocol):
    """A checksum database (`sumdb.SumDb`)."""

    async def check(self, mod: ModuleVersion, digest: str) -> None: ...

    async def lookup(self, mod: ModuleVersion) -> tuple[str, ...]: ...

    def prefetch(self, mods: tuple[ModuleVersion, ...]) -> None: ...

    async def flush(self) -> None: ...

    async def aclose(self) -> None: ...


class Admission:
    """Judges hashes of downloads.

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
        self._database: Database | None = None
        self._by_path: dict[str, bool] = {}

    def settle(self, mod: ModuleVersion, digest: str) -> bool:
        """Judge without asking anyone; a False means that `prove` has to decide.

        Raises:
            SumMismatchError: go.sum says otherwise.
        """
        if self.ledger.check(mod, digest):
            return True
        if self.uses_database(mod.path):
            return False
        self.ledger.add(mod, digest)
        return True

    def uses_database(self, path: str) -> bool:
        """Whether the database is asked about a module path."""
        known = self._by_path.get(path)
        if known is None:
            known = self._by_path[path] = self._env.uses_sumdb(path)
        return known

    def expect(self, mod: ModuleVersion) -> None:
        """A hash of `mod` will have to be judged soon: begin what that needs."""
        if not self.ledger.have(mod) and self.uses_database(mod.path):
            self._open(mod).prefetch((mod,))

    async def admit(self, mod: ModuleVersion, digest: str) -> None:
        """Judge, asking the database where go.sum does not know.

        Raises:
            SumMismatchError: go.sum or the database says otherwise.
            GovgoError: the database could not be asked.
        """
        if not self.settle(mod, digest):
            await self.prove(mod, digest)

    async def prove(self, mod: ModuleVersion, digest: str) -> None:
        """Ask the database, then record the hash.  Raises as `admit`."""
        await self._open(mod).check(mod, digest)
        self.ledger.add(mod, digest)

    async def lookup(self, mod: ModuleVersion) -> str:
        """The hash that the database proves for `mod`."""
        lines = await self._open(mod).lookup(mod)
        return lines[0].split(" ")[2]

    async def flush(self) -> None:
        """Let the database's client write what it holds."""
        if self._database is not None:
            await self._database.flush()

    async def aclose(self) -> None:
        """End the database's client."""
        if self._database is not None:
            await self._database.aclose()
            self._database = None

    def _open(self, mod: ModuleVersion) -> Database:
        if self._database is None:
            from govgo.adapters.sumdb.client import open_sumdb

            try:
                self._database = open_sumdb(self._env, self._getter(), self._log, helper=self._helper)
            except GovgoError as err:
                raise self._in_context(mod, err) from err
        return self._database

    @staticmethod
    def _in_context(mod: ModuleVersion, err: GovgoError) -> GovgoError:
        noun = "go.mod" if mod.is_gomod_key else "module"
        mv = mod.without_gomod()
        return attributed(mv, prefixed(err, f"verifying {noun}: "))
