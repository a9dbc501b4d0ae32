# SPDX-License-Identifier: BSD-3-Clause
"""The client of a checksum database (Go Modules Reference, "Checksum database").

A lookup that arrives is read, its signed tree head joined to the heads seen before, and its record proved to be in
the newest tree; only then do its lines leave this module and its bytes enter the cache. Lookups run side by side:
the tiles that one needs are known as soon as it is there, and no tile is fetched twice.

What the cache holds gets no more trust than what the network brings, and is fetched again where it does not prove.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING

from govgo.adapters.loop.tasks import settled
from govgo.adapters.sumdb.cache import SumDbCache
from govgo.adapters.sumdb.files import ProvedFiles
from govgo.adapters.sumdb.trees import ProvedTrees
from govgo.core.module.escape import escape_path, escape_version
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.sumdb.database import Database
from govgo.core.sumdb.note import parse_verifier
from govgo.core.sumdb.record import NotInDatabaseError, Record, absent_error, check_sum, sum_lines
from govgo.core.sumdb.tile import HashedTile
from govgo.core.sumdb.timeline import Head, read_head
from govgo.errors import (
    BadSignatureError,
    Failure,
    ForkError,
    GovgoError,
    InputError,
    IntegrityError,
    NotFoundError,
    SecurityError,
    TooLargeError,
    UnavailableError,
    UsageError,
)

if TYPE_CHECKING:
    from govgo.adapters.loop.helper import Helper
    from govgo.core.sumdb.bundle import Bundle

MAX_LOOKUP_BYTES = 256 << 10
"""A lookup's answer has a few hundred bytes; a hundred signatures are allowed."""

Fetch = Callable[[str, int], Awaitable[bytes]]
"""`fetch(path, limit_bytes)`; paths begin with "/". Raises NotFoundError, UnavailableError."""


class SumDb:
    """One checksum database, for one run. All calls must come from one event loop.

    Args:
        name: the database's name, which must be the one in `key`.
        key: its verifier key.
        fetch: gets paths of the database (`SumDbRoute.fetch`).
        cache_dir: `$GOMODCACHE/cache/download/sumdb/NAME`; "" keeps no answers and tiles.
        latest_file: `$GOPATH/pkg/sumdb/NAME/latest`.
        log: takes sentences for the user.
        keep_rows: keep the hashes within tiles, for a `bundle` of many records.
        helper: the process that hashes and writes, where there is one.
    """

    def __init__(
        self,
        *,
        name: str,
        key: str,
        fetch: Fetch,
        cache_dir: str,
        latest_file: str,
        log: Callable[[str], None] | None = None,
        keep_rows: bool = False,
        helper: Callable[[], Helper | None] = lambda: None,
    ) -> None:
        self._verifier = verifier = parse_verifier(key)
        if verifier.name != name:
            raise UsageError(f"invalid GOSUMDB: the key is that of {verifier.name}, not of {name}")
        self.name = name
        self._raw_fetch = fetch
        self._cache = SumDbCache(cache_dir, latest_file)
        self._files = ProvedFiles(self._cache, helper)
        self._trees = ProvedTrees(
            verifier,
            self._fetch,
            self._cache,
            self._files.save_tile,
            log or _say_nothing,
            keep_rows=keep_rows,
            tile_hash=None if keep_rows else self._files.tile_hash,
        )
        self._records: dict[str, asyncio.Task[Record | GovgoError]] = {}
        self._opening: asyncio.Task[None] | None = None
        self._fatal: SecurityError | None = None

    @classmethod
    def open(
        cls,
        database: Database,
        *,
        fetch: Fetch,
        gomodcache: str,
        gopath: str,
        log: Callable[[str], None] | None = None,
        keep_rows: bool = False,
        helper: Callable[[], Helper | None] = lambda: None,
    ) -> SumDb:
        """The client of `database` with its files where the go command has them (`gopath` may be a list)."""
        first = gopath.split(os.pathsep)[0]
        return cls(
            name=database.name,
            key=database.key,
            fetch=fetch,
            cache_dir=f"{gomodcache}/cache/download/sumdb/{database.name}" if gomodcache else "",
            latest_file=f"{first}/pkg/sumdb/{database.name}/latest" if first else "",
            log=log,
            keep_rows=keep_rows,
            helper=helper,
        )

    @property
    def tree_size(self) -> int:
        """The size of the newest tree whose place in the timeline is proved."""
        return self._trees.timeline.proved.tree.size

    async def lookup(self, mod: ModuleVersion) -> tuple[str, ...]:
        """The proved go.sum lines for `mod`; "/go.mod" at the end of its version asks for that hash. Never empty.

        Raises:
            SumMismatchError: the database's proved answer has no line for `mod`.
            ForkError, BadSignatureError: the database misbehaves; from then on every call raises it.
            IntegrityError: the answer cannot be proved.
            UnavailableError: the database does not know the module or cannot be reached.
            DiskError: the stored tree head cannot be read.
        """
        lines = sum_lines((await self._record(mod)).text, mod)
        if not lines:
            raise absent_error(self.name, mod)
        return lines

    async def check(self, mod: ModuleVersion, digest: str) -> None:
        """Compare the hash of a download with the database's (errors as for `lookup`, in go's words).

        Raises:
            SumMismatchError: the database has another hash, or none.
        """
        try:
            text = (await self._record(mod)).text
        except Failure as error:
            version = mod.without_gomod().version
            noun = "module" if version == mod.version else "go.mod"
            raise _in_context(f"{mod.path}@{version}: verifying {noun}: ", error) from error
        check_sum(sum_lines(text, mod), self.name, mod, digest)

    async def lookup_many(self, mods: Iterable[ModuleVersion]) -> dict[ModuleVersion, tuple[str, ...] | GovgoError]:
        """Look up all at once: for each the lines, or why there are none. What was proved is on disk afterwards.

        Raises:
            ForkError, BadSignatureError: the database misbehaves.
            DiskError: the tree head could not be kept.
        """
        wanted = list(dict.fromkeys(mods))
        self.prefetch(wanted)
        found: dict[ModuleVersion, tuple[str, ...] | GovgoError] = {}
        for mod in wanted:
            try:
                found[mod] = await self.lookup(mod)
            except (ForkError, BadSignatureError):
                raise
            except GovgoError as error:
                found[mod] = error
        await self.flush()
        return found

    async def bundle(self, mods: Iterable[ModuleVersion]) -> Bundle:
        """A bundle that proves the records of `mods`.

        Raises:
            As `lookup`.
        """
        wanted = list(mods)
        self.prefetch(wanted)
        found = [await self._record(mod) for mod in wanted]
        await self.head()
        try:
            return await self._trees.bundle({record.number: record.text for record in found})
        except NotFoundError as error:
            raise UnavailableError(str(error)) from error
        finally:
            await self.flush()

    async def head(self) -> Head:
        """The newest signed tree head known, the database's own where none is stored yet; it is kept.

        Raises:
            As `lookup`.
        """
        try:
            await self._open()
            if self._trees.timeline.proved.tree.size == 0:
                await self._trees.fetch_latest()
        except (ForkError, BadSignatureError) as error:
            raise self._condemn(error) from error
        except NotFoundError as error:
            raise UnavailableError(str(error)) from error
        await self.flush()
        return self._trees.timeline.proved

    async def compare(self, note: bytes, fetch: Fetch | None = None) -> Head:
        """Prove that a signed tree head, seen somewhere else, is of the same history as `head`.

        Args:
            note: the head.
            fetch: gets paths of the database there; None where that place has nothing but the note.

        Returns:
            The head as read.

        Raises:
            BadSignatureError: the database did not sign it.
            ForkError: the database has shown two histories; the evidence is kept.
            IntegrityError, UnavailableError, NotFoundError: no proof can be had, neither for nor against.
        """
        theirs = read_head(note, self._verifier)
        ours = await self.head()
        sources = [(self._fetch, True), *([] if fetch is None else [(fetch, False)])]
        if theirs.tree.size > ours.tree.size:
            sources.reverse()
        failure: GovgoError | None = None
        for source, own in sources:
            cache = self._cache if own else SumDbCache("", "")
            save = self._files.save_tile if own else _keep_nothing
            trees = ProvedTrees(self._verifier, source, cache, save, _say_nothing)
            try:
                await trees.compare(ours.note, note, proved=own)
            except ForkError as error:
                raise self._condemn(error) from error
            except Failure as error:
                failure = failure or error
            else:
                await self.flush()
                return theirs
        assert failure is not None
        raise failure

    def prefetch(self, mods: Iterable[ModuleVersion]) -> None:
        """Begin lookups whose answers will be asked for; what goes wrong is told then."""
        for mod in mods:
            self._start(mod)

    async def flush(self) -> None:
        """Write what is proved and not on disk yet, the newest tree head too. To be awaited before the loop ends.

        Raises:
            DiskError: the tree head could not be kept. Answers and tiles are kept as far as possible.
            ForkError: another process has kept a tree head that contradicts this one's.
        """
        if self._fatal is None:
            try:
                await self._trees.keep_latest()
            except (ForkError, BadSignatureError) as error:
                raise self._condemn(error) from error
        await self._files.flush()

    async def aclose(self) -> None:
        """Give up what is under way, then `flush`."""
        tasks = [task for task in self._records.values() if not task.done()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        await self._trees.aclose()
        await self.flush()

    async def _record(self, mod: ModuleVersion) -> Record:
        task = self._start(mod)
        if not task.done():
            await settled(task)
        if self._fatal is not None:
            raise self._fatal
        found = task.result()
        if isinstance(found, Record):
            return found
        if isinstance(found, SecurityError):
            raise found
        raise _in_context(f"{mod.path}@{mod.version}: ", found) from found

    def _start(self, mod: ModuleVersion) -> asyncio.Task[Record | GovgoError]:
        name = f"{mod.path}@{mod.without_gomod().version}"
        task = self._records.get(name)
        if task is None or task.cancelled():
            task = self._records[name] = asyncio.ensure_future(self._run(mod))
        return task

    async def _run(self, mod: ModuleVersion) -> Record | GovgoError:
        """The record, or why there is none: an error that nobody comes to ask for is no fault of the program."""
        try:
            version = escape_version(mod.without_gomod().version)
            name = f"lookup/{escape_path(mod.path)}@{version}"
            await self._open()
            return await self._from_cache(name) or await self._from_network(name)
        except (ForkError, BadSignatureError) as error:
            return self._condemn(error)
        except GovgoError as error:
            return error

    async def _open(self) -> None:
        """Begin with the stored head, once; afterwards raise what the database was condemned for."""
        if self._fatal is not None:
            raise self._fatal
        if self._opening is None:
            self._opening = asyncio.ensure_future(self._trees.open())
        if not self._opening.done():
            await settled(self._opening)
        self._opening.result()

    async def _from_cache(self, name: str) -> Record | None:
        data = self._cache.read(name)
        if data is None:
            return None
        try:
            return await self._trees.accept(data)
        except (IntegrityError, InputError, BadSignatureError):
            return None

    async def _from_network(self, name: str) -> Record:
        data = await self._fetch(f"/{name}", MAX_LOOKUP_BYTES)
        try:
            record = await self._trees.accept(data)
        except (IntegrityError, InputError):
            # Damaged on the way? One more answer may be sound; a second one like it is the database's own.
            data = await self._fetch(f"/{name}", MAX_LOOKUP_BYTES)
            try:
                record = await self._trees.accept(data)
            except InputError as error:
                raise IntegrityError(str(error), inner=error) from error
        self._files.save(name, data)
        return record

    def _condemn(self, error: SecurityError) -> SecurityError:
        """Remember that the database misbehaved, and keep the evidence."""
        if self._fatal is None:
            self._fatal = error
            path = self._cache.keep_evidence(error) if isinstance(error, ForkError) else ""
            if path and isinstance(error, ForkError):
                text = f"{error.text}\n\nboth signed tree heads are kept in {path}"
                self._fatal = ForkError(text, notes=error.notes, proof=error.proof)
        return self._fatal

    async def _fetch(self, path: str, limit_bytes: int) -> bytes:
        data = await self._raw_fetch(path, limit_bytes)
        if len(data) > limit_bytes:
            raise TooLargeError(f"{path}: answer of more than {limit_bytes} bytes", limit_bytes=limit_bytes)
        return data


def _in_context(context: str, error: GovgoError) -> GovgoError:
    """The error with the module before its text. That a database lacks a module does not make it absent."""
    text = context + str(error)
    if isinstance(error, IntegrityError):
        return IntegrityError(text, inner=error)
    if isinstance(error, NotFoundError | NotInDatabaseError):
        return NotInDatabaseError(text, hint=error.hint)
    if isinstance(error, InputError):
        return InputError(text, inner=error)
    return UnavailableError(text, inner=error, hint=error.hint)


def _keep_nothing(_: HashedTile) -> None:
    """Where tiles go that are not this client's."""


def _say_nothing(_: str) -> None:
    """The log of a client that nobody listens to."""
