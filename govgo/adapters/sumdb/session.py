# SPDX-License-Identifier: BSD-3-Clause
"""The checksum database for commands that work on go.sum itself: synchronous, on a network of its own.

(`Repository` asks the database about what it downloads, beside the downloads.)
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar

from govgo.adapters.http.remote import Web
from govgo.adapters.loop.network import Network, NetworkOptions
from govgo.adapters.sumdb.client import SumDb
from govgo.adapters.sumdb.route import Getter, SumDbRoute
from govgo.adapters.sumdb.trees import MAX_LATEST_BYTES
from govgo.core.goenv import KNOWN_SUMDB_KEYS, SUMDB_ALIASES, GoEnv
from govgo.core.golib import url as gourl
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.sumdb.database import Database, parse_gosumdb
from govgo.core.sumdb.timeline import Head
from govgo.errors import Failure, GovgoError, IntegrityError, NotFoundError, UsageError
from govgo.ports.talk import Reporter

if TYPE_CHECKING:
    from govgo.adapters.loop.helper import Helper
    from govgo.core.sumdb.bundle import Bundle

_T = TypeVar("_T")

_NOTE_START = b"go.sum database tree\n"


def open_sumdb(
    env: GoEnv,
    getter: Getter,
    log: Callable[[str], None],
    *,
    keep_rows: bool = False,
    helper: Callable[[], Helper | None] = lambda: None,
) -> SumDb:
    """The client of the database that GOSUMDB names, by the route that GOPROXY prescribes.

    Args:
        env: go's settings.
        getter, log, keep_rows, helper: as for `SumDb`.

    Raises:
        UsageError: settings that make no sense, or GOSUMDB=off.
    """
    database = database_of(env)
    route = SumDbRoute(database, env.proxies(), getter)
    return SumDb.open(
        database,
        fetch=route.fetch,
        gomodcache=env.gomodcache,
        gopath=env.gopath,
        log=log,
        keep_rows=keep_rows,
        helper=helper,
    )


def database_of(env: GoEnv) -> Database:
    """The database that GOSUMDB names.

    Raises:
        UsageError: settings that make no sense, or GOSUMDB=off.
    """
    database = parse_gosumdb(env.gosumdb, {**KNOWN_SUMDB_KEYS, **SUMDB_ALIASES})
    if database is None:
        raise UsageError("checksum database disabled by GOSUMDB=off")
    return database


class SumClient:
    """See the module's docstring; a `app.sumdatabase.SumDatabase` and more. Close it, or use it in a `with`."""

    def __init__(self, env: GoEnv, report: Reporter, options: NetworkOptions | None = None) -> None:
        """Begin without touching files or network."""
        self._env = env
        self._report = report
        self._network = Network(env, report, options or NetworkOptions(), local=False)
        self._web = Web(self._network.client)
        self._database: SumDb | None = None

    def __enter__(self) -> SumClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def name(self) -> str:
        """The database's name.  Raises UsageError where there is no database."""
        return self._open().name

    def covers(self, path: str) -> bool:
        """Whether the database is asked about a module path."""
        return self._env.uses_sumdb(path)

    def lookup_many(self, mods: Iterable[ModuleVersion]) -> Mapping[ModuleVersion, tuple[str, ...] | GovgoError]:
        """Look up all at once (`SumDb.lookup_many`)."""
        wanted = list(mods)
        return self._run(lambda db: db.lookup_many(wanted)) if wanted else {}

    def bundle(self, mods: Iterable[ModuleVersion]) -> Bundle:
        """A bundle of the records of `mods` (`SumDb.bundle`)."""
        wanted = list(mods)
        return self._run(lambda db: db.bundle(wanted))

    def head(self) -> Head:
        """The newest signed tree head known (`SumDb.head`)."""
        return self._run(lambda db: db.head())

    def compare_note(self, note: bytes) -> Head:
        """Prove that a signed tree head is of the same history as `head` (`SumDb.compare`)."""
        return self._run(lambda db: db.compare(note))

    def compare_place(self, url: str) -> Head:
        """Prove that the head which another place publishes is of the same history as `head`.

        Args:
            url: a module proxy that mirrors the database, a mirror of the database itself, or a signed tree head.

        Raises:
            As `SumDb.compare`.
            UsageError: not a URL.
            NotFoundError, UnavailableError: no tree head is to be had there.
        """
        base = gourl.parse(url)
        if base.scheme not in ("http", "https", "file"):
            raise UsageError(f"invalid URL scheme (must be https, http, file): {base.redacted()}")

        async def compare(db: SumDb) -> Head:
            note, below = await _find_note(base, db.name, self._web)
            if below is None:
                return await db.compare(note)

            async def fetch(path: str, limit_bytes: int) -> bytes:
                return await self._web.get(str(below.join(path)), limit_bytes)

            return await db.compare(note, fetch)

        return self._run(compare)

    def close(self) -> None:
        """Write what is proved and end connections."""
        database, self._database = self._database, None
        try:
            if database is not None and self._network.started:
                self._network.run(database.aclose())
        finally:
            self._network.close()

    def _open(self) -> SumDb:
        if self._database is None:
            self._database = open_sumdb(self._env, self._web, self._report.note, keep_rows=True)
        return self._database

    def _run(self, work: Callable[[SumDb], Awaitable[_T]]) -> _T:
        async def main() -> _T:
            return await work(database)

        database = self._open()
        self._network.loop()
        return self._network.run(main())


async def _find_note(base: gourl.GoURL, name: str, getter: Getter) -> tuple[bytes, gourl.GoURL | None]:
    """The tree head that `base` publishes, and the URL below which its tiles are, None where there are none."""
    failures: list[GovgoError] = []
    mirrors = (base.join(f"sumdb/{name}"), base)
    for below, url in (*((mirror, str(mirror.join("latest"))) for mirror in mirrors), (None, str(base))):
        try:
            note = await getter.get(url, MAX_LATEST_BYTES)
        except Failure as error:
            failures.append(error)
            continue
        if note.startswith(_NOTE_START):
            return note, below
        failures.append(IntegrityError(f"reading {gourl.mask(url)}: not a tree head"))
    raise next((error for error in failures if not isinstance(error, NotFoundError)), failures[0])
