# SPDX-License-Identifier: BSD-3-Clause
"""The trees of one checksum database as one run knows them: answers are proved here, and the newest head is kept.

Every signed tree head that arrives is joined to those before it, and every answer is proved to be in the newest tree,
by tiles that are themselves proved first:

    answer  ── record number and text, signed tree head
    head    ── signature, then `Timeline.offer`: which heads have to be joined
    joins   ── tiles of the newer tree give the hash of its prefix: `Timeline.confirm`
    record  ── tiles of the newest tree give the leaf hash, which must be that of the text

The newest head outlives the run in the file `latest`. It only ever moves forward, by compare-and-swap under the lock
that the go command uses: several commands may run at once, and each must join what another has stored meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from govgo.adapters.loop.memo import Memo
from govgo.adapters.loop.tasks import finished
from govgo.adapters.sumdb.cache import SumDbCache
from govgo.core.sumdb.note import Verifier
from govgo.core.sumdb.proof import prove_tree
from govgo.core.sumdb.record import Record, parse_record
from govgo.core.sumdb.tile import HashedTile, Tile
from govgo.core.sumdb.tileauth import TileAuth, prefix_nodes
from govgo.core.sumdb.timeline import EMPTY_HEAD, MAX_HEAD_BYTES, Join, Timeline, fork_error
from govgo.core.sumdb.tlog import HASH_SIZE, Node, Tree, record_hash
from govgo.errors import (
    BadSignatureError,
    Failure,
    GovgoError,
    IntegrityError,
    NetworkError,
    NotFoundError,
    TileMismatchError,
    UnavailableError,
)

if TYPE_CHECKING:
    from govgo.core.sumdb.bundle import Bundle

CappedFetch = Callable[[str, int], Awaitable[bytes]]
"""`fetch(path, limit_bytes)`: never more than that; raises NotFoundError, UnavailableError."""

TileHash = Callable[[bytes], Awaitable[bytes]]
"""The hash over a full tile, or b"" to leave that to `HashedTile`."""

MAX_FETCHES = 2
"""A tile that does not prove is fetched once more: it may have been damaged on the way."""


class ProvedTrees:
    """Proves answers. Raises ForkError and BadSignatureError as evidence, IntegrityError for damage.

    Args:
        verifier: the database's key.
        fetch: gets paths of the database.
        cache: its files.
        save: takes tiles that were proved and are not in the cache yet.
        log: takes sentences for the user.
        keep_rows: keep the hashes within tiles, for `bundle`.
        tile_hash: computes the hash over a full tile ahead, in another process.
    """

    def __init__(
        self,
        verifier: Verifier,
        fetch: CappedFetch,
        cache: SumDbCache,
        save: Callable[[HashedTile], None],
        log: Callable[[str], None],
        *,
        keep_rows: bool = False,
        tile_hash: TileHash | None = None,
    ) -> None:
        self.timeline = Timeline(verifier)
        self._fetch = fetch
        self._cache = cache
        self._save = save
        self._log = log
        self._tiles = TileSource(fetch, cache, keep_rows=keep_rows, tile_hash=tile_hash)
        self._auths: dict[Tree, TileAuth] = {}
        self._joining: dict[tuple[Join, ...], asyncio.Task[None]] = {}
        self._stored = b""
        self._stored_head = EMPTY_HEAD

    async def open(self) -> None:
        """Read the stored tree head; in place of a damaged one the database's newest is fetched.

        Raises:
            DiskError: it cannot be read.
        """
        stored = self._cache.read_latest()
        self._stored = stored
        if not stored:
            return
        try:
            self._stored_head = self.timeline.read(stored)
        except (IntegrityError, BadSignatureError):
            self._log(f"stored tree head {self._cache.latest_file} is damaged; fetching it from the checksum database")
            try:
                await self.fetch_latest()
            except Failure:
                return  # Every lookup brings a tree head of its own.
        else:
            await self._confirm(self.timeline.offer(self._stored_head))

    async def fetch_latest(self) -> None:
        """Ask the database for its newest tree head, and join it to those known.

        Raises:
            ForkError, BadSignatureError: the head is false.
            IntegrityError: it is no tree head, or the tiles for the join are damaged.
            UnavailableError, NotFoundError: head or tiles cannot be had.
        """
        head = self.timeline.read(await self._fetch("/latest", MAX_HEAD_BYTES))
        await self._confirm(self.timeline.offer(head))

    async def compare(self, ours: bytes, theirs: bytes, *, proved: bool) -> None:
        """Prove that two signed tree heads are of one history, by the tiles that are served here.

        Args:
            ours, theirs: the notes; this object must not have read any before.
            proved: whether the tiles served here have proved `ours` once, so that it is evidence if they do not now.

        Raises:
            ForkError: they are not.
            BadSignatureError, IntegrityError: one of them is no tree head of the database, or a tile is damaged.
            UnavailableError, NotFoundError: tiles for the proof cannot be had.
        """
        head = self.timeline.read(ours)
        if proved:
            self._stored_head = head
        for each in (head, self.timeline.read(theirs)):
            await self._confirm(self.timeline.offer(each))

    async def bundle(self, records: Mapping[int, bytes]) -> Bundle:
        """A bundle of answers that `accept` has proved (texts by number), under the newest head.

        Raises:
            IntegrityError: the tiles served do not prove it.
            UnavailableError, NotFoundError: they cannot be had.
        """
        from govgo.core.sumdb.bundle import bundle_nodes, make_bundle

        head = self.timeline.proved
        auth = await self._prove(head.tree, bundle_nodes(head, records))
        return make_bundle(head, records, lambda node: auth.node(*node))

    async def keep_latest(self) -> None:
        """Store the newest head that is joined to all before it, and join what another process stored meanwhile.

        Raises:
            DiskError: it cannot be stored.
            ForkError: the other process's head contradicts this one's.
        """
        while self.timeline.proved.tree.size > self._stored_head.tree.size:
            head = self.timeline.proved
            stored = await asyncio.to_thread(self._cache.swap_latest, self._stored, head.note)
            if stored is None:
                self._stored, self._stored_head = head.note, head
            else:
                await self._merge_stored(stored)

    async def _merge_stored(self, stored: bytes) -> None:
        """Join the head that another process has stored meanwhile: it must be of the same history."""
        self._stored = stored
        try:
            other = self.timeline.read(stored)
        except (IntegrityError, BadSignatureError):
            return  # damaged: the next swap expects these very bytes, and replaces them
        await self._confirm(self.timeline.offer(other))
        self._stored_head = other

    async def aclose(self) -> None:
        """Cancel what is being fetched."""
        await self._tiles.aclose()

    async def accept(self, data: bytes) -> Record:
        """Prove the answer of a lookup.

        Returns:
            Its record.

        Raises:
            SumDbFormatError: it is not the answer of a lookup.
            IntegrityError: it cannot be proved.
            ForkError, BadSignatureError: its tree head is false.
            UnavailableError, NotFoundError: tiles for the proof cannot be had.
        """
        record = parse_record(data)
        head = self.timeline.read(record.rest)
        joins = self.timeline.offer(head)
        newest = self.timeline.newest
        try:
            await self._confirm_once(joins)
        except Failure:
            self.timeline.withdraw()
            raise
        if not 0 <= record.number < newest.tree.size:
            raise IntegrityError(f"cannot validate record {record.number} in tree of size {newest.tree.size}")
        # Under the newest head rather than the answer's own: it covers the record as well, and all answers of a run
        # then share the tiles of one tree.
        auth = await self._prove(newest.tree, ((0, record.number),))
        if auth.leaf(record.number) != record_hash(record.text):
            raise IntegrityError("cannot authenticate record data in server response")
        return record

    async def _confirm_once(self, joins: tuple[Join, ...]) -> None:
        """Confirm joins that many answers may be waiting for."""
        if all(self.timeline.is_confirmed(join) for join in joins):
            return
        task = self._joining.get(joins)
        if task is None:
            task = self._joining[joins] = asyncio.ensure_future(self._confirm(joins))
            task.add_done_callback(partial(self._joined, joins))
        await finished(task)
        task.result()

    def _joined(self, joins: tuple[Join, ...], task: asyncio.Task[None]) -> None:
        del self._joining[joins]
        if not task.cancelled():
            task.exception()  # whoever waits gets it; where nobody does any more, asyncio must not complain

    async def _confirm(self, joins: Iterable[Join]) -> None:
        for join in joins:
            if self.timeline.is_confirmed(join):
                continue
            newer, size = join.newer.tree, join.older.tree.size
            try:
                auth = await self._prove(newer, prefix_nodes(size))
            except TileMismatchError:
                await self._check_for_fork(join)
                raise
            if self.timeline.is_confirmed(join):
                continue  # by another lookup, while the tiles were fetched
            root = auth.prefix_root(size)
            proof: tuple[bytes, ...] = ()
            if root != join.older.tree.hash and size > 0:
                proof = await self._evidence(newer, size)
            self.timeline.confirm(join, root, proof)

    async def _evidence(self, tree: Tree, size: int) -> tuple[bytes, ...]:
        """The proof of how `tree` begins, by its own tiles; () where these cannot be had."""
        needed: list[Node] = []

        def note_down(node: Node) -> bytes:
            needed.append(node)
            return b""

        prove_tree(tree.size, size, note_down)  # a first pass, only to learn which nodes it reads
        try:
            auth = await self._prove(tree, needed)
        except (UnavailableError, NotFoundError, IntegrityError):
            return ()
        return prove_tree(tree.size, size, lambda node: auth.node(*node))

    async def _check_for_fork(self, join: Join) -> None:
        """Tell damage from a fork, when the tiles served do not prove the newer tree of a join.

        If that newer tree is one that this client had proved in an earlier run, and the tiles do prove the older
        one, then the database now publishes a log that is not the one it signed before.

        Raises:
            ForkError: that is so.
        """
        if join.newer is not self._stored_head or join.older.tree.size == 0:
            return
        try:
            await self._prove(join.older.tree, ())
        except (UnavailableError, NotFoundError, IntegrityError):
            return
        raise fork_error(join.older, join.newer, b"", ())

    async def _prove(self, tree: Tree, nodes: Iterable[Node]) -> TileAuth:
        """Authenticate `nodes` of `tree`; the tiles that takes are fetched and, once proved, kept.

        Raises:
            TileMismatchError: tiles do not hash up to the tree head, not even when fetched anew.
            NotFoundError, UnavailableError: tiles cannot be had.
        """
        auth = self._auths.get(tree)
        if auth is None:
            auth = self._auths[tree] = TileAuth(tree)
        nodes = tuple(nodes)
        while tiles := auth.ask(nodes):
            for hashed in await self._tiles.obtain(tiles):
                auth.add(hashed)
            try:
                safe = auth.prove()
            except TileMismatchError:
                self._tiles.reject(auth.suspects)
                continue  # `obtain` gives up after MAX_FETCHES
            for hashed in safe:
                if self._tiles.must_save(hashed.tile):
                    self._save(hashed)
        return auth


class TileSource:
    """Obtains tiles, unproved: from memory, the cache or the network, each fetched once.

    It remembers which of them the cache had and which were found wrong.
    """

    def __init__(
        self, fetch: CappedFetch, cache: SumDbCache, *, keep_rows: bool = False, tile_hash: TileHash | None = None
    ) -> None:
        self._fetch = fetch
        self._tile_hash = tile_hash
        self._keep_rows = keep_rows
        self._cache = cache
        self._tiles: dict[Tile, HashedTile] = {}
        self._fetched: Memo[Tile, None] = Memo()
        self._tasks: set[asyncio.Task[GovgoError | None]] = set()
        self._cached: set[Tile] = set()
        self._saved: set[Tile] = set()
        self._distrusted: set[Tile] = set()
        self._fetches: dict[Tile, int] = {}

    async def obtain(self, tiles: Iterable[Tile]) -> list[HashedTile]:
        """The tiles, in order; those that are not here are fetched all at once.

        Raises:
            TileMismatchError: one has the wrong size, or was rejected too often.
            NotFoundError, UnavailableError: one cannot be had.
        """
        tiles = tuple(tiles)
        missing = [tile for tile in tiles if tile not in self._tiles and not self._from_cache(tile)]
        if missing:
            await self._fetch_all(missing)
        # Another task may have rejected a tile while the rest was fetched; `TileAuth` then asks for it again.
        return [self._tiles[tile] for tile in tiles if tile in self._tiles]

    def reject(self, tiles: Iterable[Tile]) -> None:
        """Drop tiles one of which is wrong; the next `obtain` gets them anew, from the network only."""
        for tile in tiles:
            self._tiles.pop(tile, None)
            self._fetched.forget(tile)
            self._cached.discard(tile)
            self._distrusted.add(tile)

    def must_save(self, tile: Tile) -> bool:
        """Whether a tile that was just proved is not in the cache yet; True once for each."""
        if tile in self._cached or tile in self._saved:
            return False
        self._saved.add(tile)
        return True

    async def aclose(self) -> None:
        """Cancel the fetches under way."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _from_cache(self, tile: Tile) -> bool:
        if tile in self._distrusted or self._fetched.is_under_way(tile):
            return False
        data = self._cache.read_tile(tile)
        if data is None:
            return False
        self._tiles[tile] = HashedTile(tile, data, keep_rows=self._keep_rows)
        self._cached.add(tile)
        return True

    async def _fetch_all(self, tiles: Sequence[Tile]) -> None:
        """Fetch all at once. Mostly there is one tile, which is fetched without a task of its own."""
        tasks = [asyncio.ensure_future(self._attempt(tile)) for tile in tiles[1:]]
        for task in tasks:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        errors = [await self._attempt(tiles[0])]
        for task in tasks:
            await finished(task)
            errors.append(task.result())
        for error in errors:
            if error is not None:
                raise error

    async def _attempt(self, tile: Tile) -> GovgoError | None:
        # Errors are results here, and raised by `_fetch_all` when every task is over: none is lost.
        try:
            await self._fetched.get(tile, lambda: self._run(tile))
        except GovgoError as error:
            return error
        return None

    async def _run(self, tile: Tile) -> None:
        error = TileMismatchError("downloaded inconsistent tile")
        while (fetches := self._fetches.get(tile, 0)) < MAX_FETCHES:
            self._fetches[tile] = fetches + 1
            try:
                hashed = HashedTile(tile, await self._download(tile), keep_rows=self._keep_rows)
                if self._tile_hash is not None and tile.is_full:
                    hashed.set_root(await self._tile_hash(hashed.data))
                self._tiles[tile] = hashed
            except TileMismatchError as wrong_size:
                error = wrong_size
            else:
                return
        raise error

    async def _download(self, tile: Tile) -> bytes:
        width = tile.width * HASH_SIZE
        try:
            return await self._fetch(f"/{tile.path}", width)
        except (NotFoundError, NetworkError) as error:
            if tile.is_full or (isinstance(error, NetworkError) and not 400 <= error.status < 500):
                raise
            # Servers may delete a partial tile once the full one exists, of which it is the beginning.
            try:
                full = await self._fetch(f"/{tile.full.path}", HASH_SIZE << tile.height)
            except (NotFoundError, NetworkError):
                raise error from None
        return HashedTile(tile.full, full).data[:width]
