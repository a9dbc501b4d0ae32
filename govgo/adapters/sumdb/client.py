# SPDX-License-Identifier: BSD-3-Clause
"""The client of a checksum database (Go Modules Reference, "Checksum database").

When the answer to a lookup arrives, its signed tree head is joined to the heads seen before, and its record proved to
be in the newest tree (`provedtrees`); only then do its lines leave this module and its bytes enter the cache. Lookups
run side by side: the tiles that one needs are known as soon as its answer is there, and no tile is fetched twice.

What the cache has is trusted no more than what the network brings, and is fetched again where it does not prove.

`SumDb` is for one event loop and for `repository`, which checks downloads while others are under way. Commands that
work on go.sum itself use the synchronous `session.SumClient`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING

from govgo.adapters.loop.tasks import ending, finished
from govgo.adapters.sumdb.cache import SumDbCache
from govgo.adapters.sumdb.provedtrees import ProvedTrees
from govgo.adapters.sumdb.route import Getter, SumDbRoute
from govgo.adapters.sumdb.writer import BackgroundWriter
from govgo.core.goenv import GoEnv
from govgo.core.gosum.mismatch import absent_from_database
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.records import NamedTuple
from govgo.core.sumdb.gosumdb import database_of
from govgo.core.sumdb.heads import Head, read_head
from govgo.core.sumdb.note import parse_verifier
from govgo.core.sumdb.record import (
    MAX_LOOKUP_BYTES,
    NotInDatabaseError,
    Record,
    check_sum,
    format_record,
    lookup_path,
    sum_lines,
)
from govgo.errors import (
    BadSignatureError,
    Failure,
    ForkError,
    GovgoError,
    InputError,
    IntegrityError,
    NotFoundError,
    SecurityError,
    SumMismatchError,
    TooLargeError,
    UnavailableError,
)

if TYPE_CHECKING:
    from govgo.adapters.loop.helper import Helper
    from govgo.core.mirror.contents import LogProofs
    from govgo.core.sumdb.bundle import Bundle

Fetch = Callable[[str, int], Awaitable[bytes]]
"""`fetch(path, limit_bytes)`; paths begin with "/". Raises NotFoundError, UnavailableError."""


class _Shown(NamedTuple):
    """A head, and what gets tiles where it was seen; None for our own, and where there is only the note."""

    head: Head
    fetch: Fetch | None


class SumDb:
    """One checksum database, for one run. All calls must come from one event loop.

    Attributes:
        misbehaviour: the evidence, from the moment it is found. Every call raises it from then on; who closes the
            client must look, since a lookup that was begun ahead may have found it.

    Args:
        key: its verifier key, which holds its name.
        fetch: gets paths of the database (`SumDbRoute.fetch`).
        cache: its files.
        log: takes sentences for the user.
        keep_rows: keep the hashes within tiles, for a `bundle` of many records.
        helper: gives the process that hashes and writes, where there is one.
        connect: looks for the way to the database (`SumDbRoute.begin`).
        is_mirror: whether that leads to a mirror, as is known once something was fetched.
    """

    def __init__(
        self,
        key: str,
        fetch: Fetch,
        cache: SumDbCache,
        log: Callable[[str], None],
        *,
        keep_rows: bool = False,
        helper: Callable[[], Helper | None] = lambda: None,
        connect: Callable[[], object] = lambda: None,
        is_mirror: Callable[[], bool] = lambda: False,
    ) -> None:
        self._verifier = parse_verifier(key)
        self.name = self._verifier.name
        self._raw_fetch = fetch
        self.connect = connect
        self._cache = cache
        self._is_mirror = is_mirror
        self._helper = helper
        self._writer = BackgroundWriter(cache, helper)
        self._trees = ProvedTrees(
            self._verifier,
            self._fetch,
            cache,
            self._writer.save_tile,
            log,
            keep_rows=keep_rows,
            tile_hash=None if keep_rows else self._tile_hash,
            is_mirror=is_mirror,
        )
        self._records: dict[ModuleVersion, asyncio.Task[Record | GovgoError]] = {}
        self._opening: asyncio.Task[None] | None = None
        self._furthest: _Shown | None = None
        self._doubtful: list[str] = []
        self.misbehaviour: SecurityError | None = None

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
            raise absent_from_database(self.name, mod)
        return lines

    async def check(self, mod: ModuleVersion, h1: str) -> None:
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
        check_sum(sum_lines(text, mod), self.name, mod, h1)

    async def lookup_many(
        self, mods: Iterable[ModuleVersion], advanced: Callable[[int], object] = lambda count: None
    ) -> dict[ModuleVersion, tuple[str, ...] | GovgoError]:
        """Look up all at once: for each the lines, or why there are none.

        Args:
            mods: module versions, those of go.mod files with their "/go.mod".
            advanced: called with how many more are done.

        Raises:
            ForkError, BadSignatureError: the database misbehaves.
        """
        mods = list(dict.fromkeys(mods))
        self.prefetch(mods)
        found: dict[ModuleVersion, tuple[str, ...] | GovgoError] = {}
        for mod in mods:
            try:
                found[mod] = await self.lookup(mod)
            except (SumMismatchError, Failure) as error:  # the answer for this module
                found[mod] = error
            advanced(1)
        return found

    async def bundle(self, mods: Iterable[ModuleVersion]) -> Bundle:
        """A bundle that proves the records of `mods` (errors as for `lookup`)."""
        mods = list(mods)
        self.prefetch(mods)
        found = [await self._record(mod) for mod in mods]
        await self.head()
        return await ending(self._bundle(found), self.flush)

    async def proofs(self, mods: Iterable[ModuleVersion], *, numbers: Iterable[int], sizes: Iterable[int]) -> LogProofs:
        """The records of `mods`, and the tiles that prove them (errors as for `lookup`).

        Args:
            mods: module versions, without "/go.mod".
            numbers: of other records that the tiles are to prove.
            sizes: of older trees that a client may have seen; the tiles prove them, too.
        """
        mods = list(mods)
        self.prefetch(mods)
        records = {mod: await self._record(mod) for mod in mods}
        await self.head()
        return await ending(self._proofs(records, numbers, sizes), self.flush)

    async def head(self) -> Head:
        """The newest signed tree head known, the database's own where none is stored yet (errors as for `lookup`).

        It is kept.
        """
        try:
            await self._open()
            if self._trees.timeline.proved.tree.size == 0:
                await self._trees.fetch_latest()
        except SecurityError as error:
            raise self._misbehaved(error) from error
        except NotFoundError as error:
            raise UnavailableError(str(error)) from error
        await self.flush()
        return self._trees.timeline.proved

    async def compare(self, note: bytes, fetch: Fetch | None = None) -> Head:
        """Prove that a signed tree head, seen somewhere else, is of the same history as `head` and those seen before.

        Args:
            note: the head.
            fetch: gets paths of the database from there; None where that place has only the note.

        Returns:
            The head as read.

        Raises:
            BadSignatureError: the database did not sign it.
            ForkError: the database has shown two histories; the evidence is kept.
            IntegrityError, UnavailableError, NotFoundError: nothing can be proved, neither for nor against.
        """
        theirs = _Shown(read_head(note, self._verifier), fetch)
        ours = _Shown(await self.head(), None)
        others = [ours] if self._furthest is None else [ours, self._furthest]
        for other in others:  # two may both continue ours, each in its own way
            await self._compare(other, theirs, ours)
        if theirs.head.tree.size > others[-1].head.tree.size:
            self._furthest = theirs
        await self.flush()
        return theirs.head

    async def _compare(self, one: _Shown, other: _Shown, ours: _Shown) -> None:
        """Prove that two heads are of one history, by the tiles of ours, or of the places where they were seen."""
        sources: list[tuple[Fetch, bool]] = [(self._fetch, True)]
        for each in sorted((one, other), key=lambda each: each.head.tree.size):
            if each.fetch is not None:
                # The source with the larger tree has the tiles that join the two.
                at = 0 if each.head.tree.size > ours.head.tree.size else len(sources)
                sources.insert(at, (each.fetch, False))
        failure: GovgoError | None = None
        for source, own in sources:
            cache = self._cache if own else SumDbCache("", "")
            save = self._writer.save_tile if own else _ignore
            trees = ProvedTrees(self._verifier, source, cache, save, _ignore, is_mirror=self._is_mirror)
            try:
                await trees.compare(one.head.note, other.head.note, proved=own and one is ours)
            except SecurityError as error:
                raise self._misbehaved(error) from error
            except Failure as error:
                failure = failure or error
            else:
                return
        assert failure is not None
        raise failure

    def prefetch(self, mods: Iterable[ModuleVersion]) -> None:
        """Begin lookups whose answers will be needed soon; their errors are raised when they are asked for."""
        for mod in mods:
            self._start(mod)

    async def flush(self) -> None:
        """Write what is proved and not on disk yet, with the newest tree head. To be awaited before the loop ends.

        Raises:
            DiskError: the tree head could not be kept. Answers and tiles are kept as far as possible.
            SecurityError: another process has kept a tree head that contradicts this one's, or one that was left out
                before turns out to contradict it.
        """
        await ending(self._keep_latest(), self._writer.flush, self._forget)

    async def aclose(self) -> None:
        """Cancel what is under way, then `flush`."""
        tasks = [task for task in self._records.values() if not task.done()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        await ending(self._trees.aclose(), self.flush)

    async def _forget(self) -> None:
        """After a fork, remove the answers that this run has kept or met in the cache.

        Some of them are of the false history. Each later command would meet them, and end with the same fork, even if
        the database has shown nothing but the true one since. The evidence stays.
        """
        if isinstance(self.misbehaviour, ForkError) and self._doubtful:
            names, self._doubtful = self._doubtful, []
            self._cache.remove_many(names)

    async def _keep_latest(self) -> None:
        try:
            if self.misbehaviour is None:
                await self._trees.keep_latest()
            else:  # what was shown before is remembered all the same: the other history must not pass the next time
                await self._trees.store_newest()
        except SecurityError as error:
            raise self._misbehaved(error) from error

    async def _bundle(self, records: Iterable[Record]) -> Bundle:
        try:
            return await self._trees.bundle({record.number: record.text for record in records})
        except NotFoundError as error:
            raise UnavailableError(str(error)) from error

    async def _proofs(
        self, records: dict[ModuleVersion, Record], numbers: Iterable[int], sizes: Iterable[int]
    ) -> LogProofs:
        from govgo.core.mirror.contents import LogProofs

        numbers = {*numbers, *(record.number for record in records.values())}
        try:
            head, tiles = await self._trees.proving_tiles(sorted(numbers), sizes)
        except NotFoundError as error:
            raise UnavailableError(str(error)) from error
        return LogProofs(head, records, {each.tile.path: each.data for each in tiles})

    async def _record(self, mod: ModuleVersion) -> Record:
        task = self._start(mod)
        if not task.done():
            await finished(task)
        if self.misbehaviour is not None:
            raise self.misbehaviour
        found = task.result()
        if isinstance(found, Record):
            return found
        if isinstance(found, SecurityError):
            raise found
        raise _in_context(f"{mod.path}@{mod.version}: ", found) from found

    def _start(self, mod: ModuleVersion) -> asyncio.Task[Record | GovgoError]:
        # One record has the lines for a version's zip and for its go.mod.
        mod = mod.without_gomod()
        task = self._records.get(mod)
        if task is None or task.cancelled():
            task = self._records[mod] = asyncio.ensure_future(self._run(mod))
        return task

    async def _run(self, mod: ModuleVersion) -> Record | GovgoError:
        """The record, or the error in its place.

        Errors are results, raised by `_record`: a lookup that was begun ahead may never be asked for, and asyncio
        would complain about an exception that was never retrieved.
        """
        try:
            name = lookup_path(mod)
            await self._open()
            return await self._from_cache(name, mod) or await self._from_network(name)
        except SecurityError as error:
            return self._misbehaved(error)
        except Failure as error:
            return error

    async def _open(self) -> None:
        """Read the stored head, once. Raises the fork or bad signature that was found before, if any."""
        if self.misbehaviour is not None:
            raise self.misbehaviour
        if self._opening is None:
            self._opening = asyncio.ensure_future(self._trees.open())
        if not self._opening.done():
            await finished(self._opening)
        self._opening.result()

    async def _from_cache(self, name: str, mod: ModuleVersion) -> Record | None:
        data = self._cache.read(name)
        if data is None:
            return None
        self._doubtful.append(name)
        try:
            record = await self._trees.accept(data)
        except (Failure, BadSignatureError):
            return None  # anybody may have written the file, so this says nothing about the database
        # Nor does the proved record of another module in its place.
        return record if sum_lines(record.text, mod) or sum_lines(record.text, mod.gomod_key()) else None

    async def _accept(self, data: bytes) -> Record:
        """As `ProvedTrees.accept`; that a tile is not there says nothing about the module."""
        try:
            return await self._trees.accept(data)
        except NotFoundError as error:
            raise UnavailableError(str(error), hint=error.hint) from error

    async def _from_network(self, name: str) -> Record:
        data = await self._fetch(f"/{name}", MAX_LOOKUP_BYTES)
        try:
            try:
                record = await self._accept(data)
            except (IntegrityError, InputError):
                # It may have been damaged on the way, so it is fetched once more. A second bad answer is an error.
                data = await self._fetch(f"/{name}", MAX_LOOKUP_BYTES)
                record = await self._accept(data)
        except InputError as error:
            raise IntegrityError(str(error), inner=error) from error
        self._doubtful.append(name)
        self._writer.save(name, format_record(record.number, record.text) + record.rest)
        return record

    def _misbehaved(self, error: SecurityError) -> SecurityError:
        """Remember that the database misbehaved, and keep the evidence; the error to raise from now on."""
        if self.misbehaviour is None:
            self.misbehaviour = error
            path = self._cache.keep_evidence(error) if isinstance(error, ForkError) else ""
            if path and isinstance(error, ForkError):
                text = f"{error.text}\n\nboth signed tree heads are kept in {path}"
                self.misbehaviour = ForkError(text, notes=error.notes, proof=error.proof, hint=error.hint)
        return self.misbehaviour

    async def _fetch(self, path: str, limit_bytes: int) -> bytes:
        data = await self._raw_fetch(path, limit_bytes)
        if len(data) > limit_bytes:
            raise TooLargeError(f"{path}: answer of more than {limit_bytes} bytes", limit_bytes=limit_bytes)
        return data

    async def _tile_hash(self, data: bytes) -> bytes:
        """The hash over a full tile, by the helper process; b"" without one: it is computed when needed."""
        helper = self._helper()
        return b"" if helper is None else await helper.tile_hash(data)


def open_sumdb(
    env: GoEnv,
    getter: Getter,
    log: Callable[[str], None],
    *,
    keep_rows: bool = False,
    helper: Callable[[], Helper | None] = lambda: None,
) -> SumDb:
    """The client of the database that GOSUMDB names, by the route that GOPROXY prescribes, with its files in the cache.

    Args:
        env: go's settings.
        getter: gets URLs.
        log, keep_rows, helper: as for `SumDb`.

    Raises:
        UsageError: settings that make no sense, or GOSUMDB=off.
    """
    database = database_of(env)
    route = SumDbRoute(database, env.proxies(), getter)
    cache = SumDbCache.of(database.name, env.gomodcache, env.gopath)
    return SumDb(
        database.key,
        route.fetch,
        cache,
        log,
        keep_rows=keep_rows,
        helper=helper,
        connect=route.begin,
        is_mirror=lambda: route.is_mirror,
    )


def _in_context(context: str, error: GovgoError) -> GovgoError:
    """The error with the module before its text. "Not found" changes its class: the module may still exist."""
    text = context + str(error)
    if isinstance(error, IntegrityError):
        return IntegrityError(text, inner=error)
    if isinstance(error, NotFoundError | NotInDatabaseError):
        return NotInDatabaseError(text, hint=error.hint)
    if isinstance(error, InputError):
        return InputError(text, inner=error)
    return UnavailableError(text, inner=error, hint=error.hint)


def _ignore(_: object) -> None:
    """Takes the tiles of another place, which are not kept, and the sentences of a comparison."""
