# SPDX-License-Identifier: BSD-3-Clause
"""The checksum database for commands that work on go.sum itself: synchronous, on a network of its own.

`SumClient` serves `sum`, `ProofClient` serves `verify`. (`Repository` checks what it downloads by `client.SumDb`
directly, on the event loop of the downloads.)

To prove 600 records anew from kept tiles takes 180,000 hashes; from a proof bundle of the same records it takes 7,000.
So `ProofClient` keeps a bundle beside the database's answers, for each directory that was verified. It is trusted no
more than any other file: it counts if the database's key has signed its head, if its proof holds, and if its head is
the newest one that this client has accepted; else everything is proved from answers and tiles as if it were not there.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import TypeVar

from govgo.adapters.disk import atomic
from govgo.adapters.disk.lockfile import reading
from govgo.adapters.http.remote import Web
from govgo.adapters.loop.network import Network, NetworkOptions
from govgo.adapters.sumdb.cache import SumDbCache
from govgo.adapters.sumdb.client import SumDb, open_sumdb
from govgo.adapters.sumdb.route import Getter, NoNetwork
from govgo.core.goenv import GoEnv
from govgo.core.golib import url as gourl
from govgo.core.mirror.contents import LogProofs
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.sumdb.bundle import (
    MAX_BUNDLE_BYTES,
    Bundle,
    ProvedBundle,
    format_bundle,
    parse_bundle,
    prove_bundle,
)
from govgo.core.sumdb.gosumdb import database_of
from govgo.core.sumdb.heads import MAX_HEAD_BYTES, Head, read_head
from govgo.core.sumdb.note import parse_verifier
from govgo.errors import (
    DiskError,
    Failure,
    GovgoError,
    IntegrityError,
    NotFoundError,
    UsageError,
    run_all,
)
from govgo.ports.reporter import Reporter

_T = TypeVar("_T")
_Answer = tuple[str, ...] | GovgoError

_NOTE_START = b"go.sum database tree\n"


class SumClient:
    """The database that GOSUMDB names, for one command. Close it, or use it in a `with`."""

    def __init__(self, env: GoEnv, report: Reporter, options: NetworkOptions | None = None) -> None:
        """Neither files nor network are touched before the first call."""
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
        """The database's name.

        Raises:
            UsageError: there is no database.
        """
        return self._open().name

    def covers(self, path: str) -> bool:
        """Whether the database is asked about a module path."""
        return self._env.uses_sumdb(path)

    def lookup_many(self, mods: Iterable[ModuleVersion]) -> Mapping[ModuleVersion, _Answer]:
        """Look up all at once (`SumDb.lookup_many`). Before answers are written into a go.sum, `keep` is called."""
        mods = list(mods)
        return self._run(lambda db: db.lookup_many(mods, self._advanced)) if mods else {}

    def _advanced(self, count: int) -> None:
        self._report.event("advanced", {"name": "database", "count": count})

    def keep(self) -> None:
        """Write what is proved, with the newest tree head (errors as for `SumDb.flush`)."""
        if self._database is not None and self._network.started:
            self._network.run(self._database.flush())

    def bundle(self, mods: Iterable[ModuleVersion]) -> Bundle:
        """A bundle of the records of `mods` (`SumDb.bundle`)."""
        mods = list(mods)
        return self._run(lambda db: db.bundle(mods))

    def proofs(self, mods: Iterable[ModuleVersion], *, numbers: Iterable[int], sizes: Iterable[int]) -> LogProofs:
        """The records of `mods`, and the tiles that prove them (`SumDb.proofs`)."""
        mods = list(mods)
        return self._run(lambda db: db.proofs(mods, numbers=numbers, sizes=sizes))

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
            UsageError: not a URL.
            NotFoundError, UnavailableError: no tree head is available there.
            ForkError, BadSignatureError, IntegrityError: as `SumDb.compare`.
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
        """Write what is proved and end connections (errors as for `keep`).

        What the database did to a lookup was raised by it. Here only what is found while writing is raised.
        """
        database, self._database = self._database, None
        closers: list[Callable[[], object]] = [self._network.close]
        if database is not None and self._network.started:
            closers.insert(0, lambda: self._network.run(database.aclose()))
        run_all(*closers)

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


class ProofClient(SumClient):
    """A `SumClient` that keeps the proof of a whole go.sum, knows the size of its proved tree, and can work offline."""

    def __init__(
        self,
        env: GoEnv,
        report: Reporter,
        options: NetworkOptions | None = None,
        *,
        offline: bool = False,
        directory: str = "",
    ) -> None:
        """Neither files nor network are touched before the first call.

        Args:
            env, report, options: as for `SumClient`.
            offline: ask nobody; what kept answers and tiles do not prove is an error.
            directory: the one that is verified; "" to keep no proof.
        """
        super().__init__(env, report, options)
        self._offline = offline
        self._directory = directory
        self._kept: ProvedBundle | None = None
        self._kept_read = False
        self._proved: dict[ModuleVersion, None] = {}
        self._is_new = False

    def __enter__(self) -> ProofClient:
        return self

    @property
    def tree_size(self) -> int:
        """Of the newest proved tree, 0 before anything was proved."""
        size = self._database.tree_size if self._database is not None else 0
        return max(size, self._kept.head.tree.size if self._kept is not None else 0)

    def lookup_many(self, mods: Iterable[ModuleVersion]) -> Mapping[ModuleVersion, _Answer]:
        """Look up all at once, in the kept proof first."""
        mods = list(mods)
        kept = self._read_kept()
        found: dict[ModuleVersion, _Answer] = {}
        for mod in mods:
            lines = kept.lines(mod) if kept is not None else None
            if lines:
                found[mod] = lines
        self._advanced(len(found))
        rest = [mod for mod in mods if mod not in found]
        if rest:
            found.update(super().lookup_many(rest))
        proved = [mod for mod in mods if isinstance(found[mod], tuple)]
        self._is_new = self._is_new or len(proved) > len(mods) - len(rest)
        self._proved.update(dict.fromkeys(proved))
        return found

    def forget_kept(self) -> None:
        """Prove everything from answers and tiles, which are fetched again where they are damaged."""
        self._kept, self._kept_read = None, True

    def close(self) -> None:
        """Keep the proof of what was proved, write what is proved and end connections."""
        run_all(*([self._keep] if self._is_new else []), super().close)

    def _open(self) -> SumDb:
        if self._offline and self._database is None:
            self._database = open_sumdb(self._env, NoNetwork(), self._report.note, keep_rows=True)
        return super()._open()

    def _files(self) -> SumDbCache:
        return SumDbCache.of(database_of(self._env).name, self._env.gomodcache, self._env.gopath)

    def _read_kept(self) -> ProvedBundle | None:
        if self._kept_read:
            return self._kept
        self._kept_read = True
        verifier = parse_verifier(database_of(self._env).key)
        files = self._files()
        path = files.proof_file(self._directory) if self._directory else ""
        try:
            with reading(path) as file:
                data = file.read(MAX_BUNDLE_BYTES)
            if data and files.latest_file:
                bundle = prove_bundle(parse_bundle(data), verifier)
                latest = files.read_latest()
                # The signature alone is not enough, since a fork has one, too. The stored head is joined to all others.
                if latest and read_head(latest, verifier).tree == bundle.head.tree:
                    self._kept = bundle
        except (OSError, GovgoError):
            # Even a bad signature says only that somebody changed these files. Everything is proved from the answers
            # and tiles instead, and a `latest` that is damaged is reported when it is opened there.
            pass
        return self._kept

    def _keep(self) -> None:
        """Write the proof of all that was proved. Where that is not possible, the next run proves it again."""
        path = self._files().proof_file(self._directory) if self._directory else ""
        if not path:
            return
        try:
            data = format_bundle(self.bundle(self._proved))
            os.makedirs(os.path.dirname(path), exist_ok=True)
            atomic.write_file(path, data)
        except (Failure, OSError):
            with suppress(OSError, DiskError):
                atomic.remove(path)


async def _find_note(base: gourl.GoURL, name: str, getter: Getter) -> tuple[bytes, gourl.GoURL | None]:
    """The tree head that `base` publishes, and the URL below which its tiles are, None where there are none."""
    failures: list[GovgoError] = []
    mirrors = (base.join(f"sumdb/{name}"), base)
    for below, url in (*((mirror, str(mirror.join("latest"))) for mirror in mirrors), (None, str(base))):
        try:
            note = await getter.get(url, MAX_HEAD_BYTES)
        except Failure as error:
            failures.append(error)
            continue
        if note.startswith(_NOTE_START):
            return note, below
        # A proxy may have a page at its own URL.
        nor = "" if below is not None else f", and none of {name} is below it"
        failures.append(IntegrityError(f"reading {gourl.mask(url)}: not a tree head{nor}"))
    # The URL of a proxy is not a note, and as a directory it cannot be read: that says nothing.
    told = (error for error in failures if not isinstance(error, NotFoundError))
    raise next((error for error in told if not isinstance(error.inner, IsADirectoryError)), failures[0])
