# SPDX-License-Identifier: BSD-3-Clause
"""The trees of one checksum database as one run knows them: answers are proved here, and the newest head is kept.

Every signed tree head that arrives is joined to those before it, and every answer is proved to be in the newest tree,
by tiles that are themselves proved first:

    answer  ── record number and text, signed tree head
    head    ── signature, then `Timeline.offer`: whether it has to be joined to the history, and how
    join    ── tiles of the newer tree give the hash of its prefix: `Timeline.confirm`
    record  ── tiles of the newest tree give the leaf hash, which must be that of the text

Joins of many heads run side by side, in whatever order answers and tiles arrive; the timeline takes only what follows
from a proof (`core.sumdb.forks`).

The newest head outlives the run in the file `latest`. It only ever moves forward, by compare-and-swap under the lock
that the go command uses: several commands may run at once, and each must join what another has stored meanwhile.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from govgo.adapters.loop.memo import Memo
from govgo.adapters.loop.tasks import finished
from govgo.adapters.sumdb.cache import SumDbCache
from govgo.core.sumdb.heads import EMPTY_HEAD, MAX_HEAD_BYTES, Head, Join, Timeline, fork_error
from govgo.core.sumdb.note import Verifier
from govgo.core.sumdb.proof import prove_tree, tree_proof_nodes
from govgo.core.sumdb.record import Record, parse_record
from govgo.core.sumdb.tile import HashedTile, Tile
from govgo.core.sumdb.tileauth import TileAuth, prefix_nodes
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

_MAY_LAG = "a mirror of the database that was not brought up to date for long looks the same; ask the database itself"
_LAGS = "a tree of the database was seen before that is newer than what this proxy mirrors; ask the database itself"

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
        is_mirror: whether the paths are those of a mirror, which may lag behind the database.
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
        is_mirror: Callable[[], bool] = lambda: False,
    ) -> None:
        self.timeline = Timeline(verifier)
        self._is_mirror = is_mirror
        self._fetch = fetch
        self._cache = cache
        self._save = save
        self._log = log
        self._tiles = TileSource(fetch, cache, keep_rows=keep_rows, tile_hash=tile_hash)
        self._auths: dict[Tree, TileAuth] = {}
        self._rejected: Counter[tuple[Tree, Tile]] = Counter()
        self._growing: dict[Head, asyncio.Event] = {}
        self._larger: Memo[str, None] = Memo()
        self._served_history = True
        self._stored = b""
        self._stored_head = EMPTY_HEAD

    async def open(self) -> None:
        """Read the stored tree head; in place of a damaged one the database's newest is fetched.

        Raises:
            DiskError: it cannot be read.
        """
        stored = self._stored = self._cache.read_latest()
        if not stored:
            return
        head: Head | None = None
        try:
            head = self.timeline.read(stored)
        except (IntegrityError, BadSignatureError):
            self._log(f"stored tree head {self._cache.latest_file} is damaged; the newest one is asked for")
        if head is not None:
            self._stored_head = head
            self.timeline.begin(head)
            return
        try:
            await self.fetch_latest()
        except Failure:
            return  # Every lookup brings a tree head of its own.

    @property
    def stored(self) -> Head:
        """The head that is kept; `EMPTY_HEAD` where there is none, or a damaged one."""
        return self._stored_head

    async def fetch_latest(self) -> None:
        """Ask the database for its newest tree head, and join it to those known.

        Raises:
            ForkError, BadSignatureError: the head is false.
            IntegrityError: it is not a tree head, or the tiles for the join are damaged.
            UnavailableError, NotFoundError: head or tiles cannot be obtained.
        """
        await self._join(self.timeline.read(await self._fetch("/latest", MAX_HEAD_BYTES)))

    async def offer(self, note: bytes) -> None:
        """Join a signed tree head that was seen elsewhere to those known (errors as `fetch_latest`)."""
        await self._join(self.timeline.read(note))

    async def compare(self, ours: bytes, theirs: bytes, *, proved: bool) -> None:
        """Prove that two signed tree heads are of one history, by the tiles that are served here.

        Args:
            ours, theirs: the notes; this object must not have read any before.
            proved: whether the tiles served here have proved `ours` once, so that it is evidence if they do not now.

        Raises:
            ForkError: they are not.
            BadSignatureError, IntegrityError: one of them is not a tree head of the database, or a tile is damaged.
            UnavailableError, NotFoundError: tiles for the proof cannot be obtained.
        """
        self._served_history = proved
        self.timeline.begin(self.timeline.read(ours))
        await self._join(self.timeline.read(theirs))

    async def bundle(self, records: Mapping[int, bytes]) -> Bundle:
        """A bundle of answers that `accept` has proved (texts by number), under the newest head.

        Raises:
            IntegrityError: the tiles served do not prove it.
            UnavailableError, NotFoundError: they cannot be obtained.
        """
        from govgo.core.sumdb.bundle import bundle_nodes, make_bundle

        head = self.timeline.proved
        auth = await self._prove(head.tree, bundle_nodes(head, records))
        return make_bundle(head, records, lambda node: auth.node(*node))

    async def proving_tiles(self, numbers: Iterable[int], sizes: Iterable[int]) -> tuple[Head, tuple[HashedTile, ...]]:
        """The newest head, and the tiles with which a client that starts from it proves records and older trees.

        Args:
            numbers: of records that `accept` has proved.
            sizes: of older trees.

        Raises:
            IntegrityError: the tiles served do not prove it.
            UnavailableError, NotFoundError: they cannot be obtained.
        """
        head = self.timeline.proved
        nodes = [(0, number) for number in numbers]
        nodes += [node for size in sizes if size <= head.tree.size for node in prefix_nodes(size)]
        auth = await self._prove(head.tree, nodes)
        return head, auth.tiles_of(nodes)

    async def tile(self, tile: Tile, tree: Tree) -> bytes:
        """The bytes of a tile of a tree whose head is proved.

        Raises:
            IntegrityError: the tiles served do not prove it.
            UnavailableError, NotFoundError: they cannot be obtained.
        """
        auth = await self._prove(tree, ((tile.height * tile.level, tile.number << tile.height),))
        return auth.tile(tile).data

    async def keep_latest(self) -> None:
        """Store the newest head that is joined to all before it, and join what another process stored meanwhile.

        Raises:
            DiskError: it cannot be stored.
            ForkError: the other process's head contradicts this one's.
            SecurityError: an answer was accepted under a head that does not lead to the stored one.
        """
        await self._compare_left_out()
        self.timeline.check_released(self.timeline.proved)
        await self.store_newest()
        self.timeline.check_released(self._stored_head)

    async def store_newest(self) -> None:
        """Store the newest head that is joined to all before it, whatever is known of others (errors as above)."""
        while self.timeline.proved.tree.size > self._stored_head.tree.size:
            head = self.timeline.proved
            stored = await asyncio.to_thread(self._cache.swap_latest, self._stored, head.note)
            if stored is None:
                self._stored, self._stored_head = head.note, head
            else:
                await self._merge_stored(stored)

    async def _compare_left_out(self) -> None:
        """Look at heads once more whose own tiles did not prove them: the newest tree may show what they are.

        Raises:
            ForkError: one is of another history.
        """
        for head in self.timeline.left_out():
            with suppress(Failure):
                await self._join(head)

    async def _merge_stored(self, stored: bytes) -> None:
        """Join the head that another process has stored meanwhile: it must be of the same history."""
        self._stored = stored
        try:
            other = self.timeline.read(stored)
        except (IntegrityError, BadSignatureError):
            return  # damaged: the next swap expects these very bytes, and replaces them
        await self._join(other)
        self._stored_head = other

    async def aclose(self) -> None:
        """Cancel what is being fetched."""
        await self._tiles.aclose()

    async def accept(self, data: bytes) -> Record:
        """Prove the answer of a lookup.

        Returns:
            Its record, and in place of the rest the signed tree head without the signatures of strangers.

        Raises:
            SumDbFormatError: it is not the answer of a lookup.
            IntegrityError: it cannot be proved.
            ForkError, BadSignatureError: its tree head is false.
            UnavailableError, NotFoundError: tiles for the proof cannot be obtained.
        """
        record = parse_record(data)
        head = self.timeline.read(record.rest)
        leaf = 0, record.number
        await self._join(head, leaf)
        # Under the newest head rather than the answer's own: it covers the record as well, and all answers of a run
        # then share the tiles of one tree.
        newest = self.timeline.proved
        if not _is_in(newest.tree, leaf):
            raise IntegrityError(f"cannot validate record {record.number} in tree of size {newest.tree.size}")
        auth = await self._prove(newest.tree, (leaf,))
        if auth.leaf(record.number) != record_hash(record.text):
            raise IntegrityError("cannot authenticate record data in server response")
        self.timeline.release(head, newest)
        return record._replace(rest=head.note)

    async def _join(self, head: Head, leaf: Node | None = None) -> None:
        """Make a head part of the history.

        Args:
            head: the head.
            leaf: a record that will be proved next; its tiles are fetched at the same time.

        Raises:
            ForkError: it is of another history.
            IntegrityError: the tiles for the proof are damaged.
            UnavailableError, NotFoundError: they cannot be obtained.
        """
        may_wait = True
        while (join := self.timeline.offer(head)) is not None:
            larger = self._larger_growth(head) if may_wait and join.newer is head else None
            if larger is not None:
                # Of the many heads that arrive at the start of a run, those below the largest then need no tiles of
                # their own trees. If that one fails, this head goes on alone.
                may_wait = False
                nodes = prefix_nodes(head.tree.size)
                if leaf is not None and _is_in(larger.tree, leaf):
                    nodes = *nodes, leaf
                self._tiles.fetch_ahead(self._auth(larger.tree).ask(nodes))
                await self._growing[larger].wait()
                continue
            if leaf is not None and _is_in(join.newer.tree, leaf):
                self._tiles.fetch_ahead(self._auth(join.newer.tree).ask((leaf,)))
            try:
                with self._announced(join):
                    await self._prove_join(join)
            except Failure:
                if self.timeline.offer(head) == join:
                    raise  # else the history has grown meanwhile, and another join may succeed

    def _larger_growth(self, head: Head) -> Head | None:
        """The head whose join makes the history grow most, if it grows past `head` and is under way."""
        larger = [each for each in self._growing if each != head and each.tree.size >= head.tree.size]
        return max(larger, key=lambda each: each.tree.size, default=None)

    @contextmanager
    def _announced(self, join: Join) -> Iterator[None]:
        """Let smaller heads wait for the end of a join that makes the history grow."""
        if join.older != self.timeline.proved or join.newer in self._growing:
            yield
            return
        over = self._growing[join.newer] = asyncio.Event()
        try:
            yield
        finally:
            del self._growing[join.newer]
            over.set()

    async def _prove_join(self, join: Join) -> None:
        newer, size = join.newer.tree, join.older.tree.size
        try:
            auth = await self._prove(newer, prefix_nodes(size))
        except TileMismatchError:
            await self._check_for_fork(join)
            raise
        except NotFoundError as error:
            if not self._is_mirror():
                await self._check_for_fork(join)
            elif join.newer == self.timeline.proved:
                error.hint = error.hint or _LAGS
            raise
        root = auth.prefix_root(size)
        proof: tuple[bytes, ...] = ()
        if root != join.older.tree.hash and size > 0:
            proof = await self._evidence(newer, size)
        self.timeline.confirm(join, root, proof)

    async def _evidence(self, tree: Tree, size: int) -> tuple[bytes, ...]:
        """The proof of how `tree` begins, by its own tiles; () where these cannot be obtained."""
        try:
            auth = await self._prove(tree, tree_proof_nodes(tree.size, size))
        except (UnavailableError, NotFoundError, IntegrityError):
            return ()
        return prove_tree(tree.size, size, lambda node: auth.node(*node))

    async def _check_for_fork(self, join: Join) -> None:
        """Tell a fork from damage, when the tiles of the newer tree of a join are not served or do not prove it.

        The largest tree of the history was proved by tiles once, in an earlier run perhaps. If the database has none
        any more that prove its head, and no larger tree either, while it proves the smaller tree that it shows now,
        then it has gone back behind what it signed. A tile that is missing further down in a tree whose head is proved
        says nothing. Where the history grows by a larger tree, the caller joins the older head to that.

        A module proxy promises nobody to have the tiles of each tree that the database has signed: only tiles that do
        not prove the head count there.

        Raises:
            ForkError: that is so.
        """
        top = self.timeline.proved
        if join.newer != top or join.older.tree.size == 0 or not self._served_history or await self._is_served(top):
            return
        await self._larger.get("latest", self._look_for_larger)
        if self.timeline.proved == top and await self._is_served(join.older):
            raise fork_error(join.older, top, b"", (), hint=_MAY_LAG)

    async def _look_for_larger(self) -> None:
        """Let the history grow to the database's newest tree, if that is larger and can be joined."""
        with suppress(Failure):
            head = self.timeline.read(await self._fetch("/latest", MAX_HEAD_BYTES))
            if head.tree.size > self.timeline.proved.tree.size:
                await self._join(head)

    async def _is_served(self, head: Head) -> bool:
        """Whether tiles are served that hash up to a head."""
        try:
            await self._prove(head.tree, ())
        except (TileMismatchError, NotFoundError):
            return False
        except Failure:
            return head == self.timeline.proved  # a server that fails says nothing
        return True

    async def _prove(self, tree: Tree, nodes: Iterable[Node]) -> TileAuth:
        """Authenticate `nodes` of `tree`; the tiles that takes are fetched and, once proved, kept.

        Raises:
            TileMismatchError: tiles do not hash up to the tree head, not even when fetched anew.
            NotFoundError, UnavailableError: tiles cannot be obtained.
        """
        auth = self._auth(tree)
        nodes = tuple(nodes)
        while tiles := auth.ask(nodes):
            if any(self._rejected[tree, tile] >= MAX_FETCHES for tile in tiles):
                raise TileMismatchError("downloaded inconsistent tile")
            for hashed in await self._tiles.obtain(tiles):
                auth.add(hashed)
            try:
                safe = auth.prove()
            except TileMismatchError:
                # Counted for this tree alone: a false tree head must not use up the tiles of a true one.
                self._rejected.update((tree, tile) for tile in self._tiles.reject(auth.suspects))
                continue
            for hashed in safe:
                if self._tiles.must_save(hashed.tile):
                    self._save(hashed)
        return auth

    def _auth(self, tree: Tree) -> TileAuth:
        auth = self._auths.get(tree)
        if auth is None:
            auth = self._auths[tree] = TileAuth(tree)
        return auth


def _is_in(tree: Tree, leaf: Node) -> bool:
    return 0 <= leaf[1] < tree.size


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

    async def obtain(self, tiles: Iterable[Tile]) -> list[HashedTile]:
        """The tiles, in order; those that are not here are fetched all at once.

        Raises:
            TileMismatchError: one has the wrong size.
            NotFoundError, UnavailableError: one cannot be obtained.
        """
        tiles = tuple(tiles)
        missing = [tile for tile in tiles if tile not in self._tiles and not self._from_cache(tile)]
        if missing:
            await self._fetch_all(missing)
        # Another task may have rejected a tile while the rest was fetched; `TileAuth` then asks for it again.
        return [self._tiles[tile] for tile in tiles if tile in self._tiles]

    def fetch_ahead(self, tiles: Iterable[Tile]) -> None:
        """Begin to fetch tiles that `obtain` will be asked for, which raises what goes wrong."""
        for tile in tiles:
            if tile not in self._tiles and not self._fetched.is_under_way(tile) and not self._from_cache(tile):
                self._start(tile)

    def reject(self, tiles: Iterable[Tile]) -> list[Tile]:
        """Drop tiles one of which is wrong; the next `obtain` gets them anew, from the network only.

        Returns:
            Those that had come from the network.
        """
        fetched: list[Tile] = []
        for tile in tiles:
            if tile not in self._cached:
                fetched.append(tile)
            self._tiles.pop(tile, None)
            self._fetched.forget(tile)
            self._cached.discard(tile)
            self._distrusted.add(tile)
        return fetched

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
        tasks = [self._start(tile) for tile in tiles[1:]]
        errors = [await self._attempt(tiles[0])]
        for task in tasks:
            await finished(task)
            errors.append(task.result())
        for error in errors:
            if error is not None:
                raise error

    def _start(self, tile: Tile) -> asyncio.Task[GovgoError | None]:
        task = asyncio.ensure_future(self._attempt(tile))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _attempt(self, tile: Tile) -> GovgoError | None:
        # Errors are results here, and raised by `_fetch_all` when every task is over: none is lost.
        try:
            await self._fetched.get(tile, lambda: self._run(tile))
        except GovgoError as error:
            return error
        return None

    async def _run(self, tile: Tile) -> None:
        error = TileMismatchError("downloaded inconsistent tile")
        for _ in range(MAX_FETCHES):
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
            # Servers may delete a partial tile once the full one exists, which begins with it.
            try:
                full = await self._fetch(f"/{tile.full.path}", HASH_SIZE << tile.height)
            except (NotFoundError, NetworkError):
                raise error from None
        return HashedTile(tile.full, full).data[:width]
