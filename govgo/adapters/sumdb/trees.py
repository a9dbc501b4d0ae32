# SPDX-License-Identifier: BSD-3-Clause
"""The trees of one checksum database as one run knows them: answers are proved here, and the newest head kept.

Every signed tree head that comes along is joined to those before it, and every answer is proved to be in the
newest tree, by tiles that are themselves proved first. The newest head outlives the run in `latest`: it only ever
moves forward, by compare-and-swap under the lock that the go command uses.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from govgo.adapters.loop.tasks import settled
from govgo.adapters.sumdb.cache import SumDbCache
from govgo.adapters.sumdb.tiles import CappedFetch, TileHash, TileSource
from govgo.core.sumdb.note import Verifier
from govgo.core.sumdb.proof import prove_tree
from govgo.core.sumdb.record import Record, parse_record
from govgo.core.sumdb.tile import HashedTile
from govgo.core.sumdb.tileauth import TileAuth, prefix_nodes
from govgo.core.sumdb.timeline import EMPTY_HEAD, Join, Timeline, fork_error
from govgo.core.sumdb.tlog import Node, Tree, record_hash
from govgo.errors import BadSignatureError, Failure, IntegrityError, NotFoundError, TileMismatchError, UnavailableError

if TYPE_CHECKING:
    from govgo.core.sumdb.bundle import Bundle

MAX_LATEST_BYTES = 64 << 10
"""A signed tree head has some 200 bytes; a hundred signatures are allowed."""


class ProvedTrees:
    """Proves answers. Raises ForkError and BadSignatureError as evidence, IntegrityError for damage.

    Args:
        verifier: the database's key.
        fetch: gets paths of the database.
        cache: its files.
        save: takes tiles that were proved and are not in the cache yet.
        log: takes sentences for the user.
        keep_rows: keep the hashes within tiles, for `bundle`.
        tile_hash: computes the hash over a full tile ahead, somewhere else.
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
        """Begin with the stored tree head; a damaged one is fetched again.

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
            await self._judge_joins(self.timeline.offer(self._stored_head))

    async def fetch_latest(self) -> None:
        """Ask the database for its newest tree head, and join it to those known.

        Raises:
            As `accept`.
        """
        head = self.timeline.read(await self._fetch("/latest", MAX_LATEST_BYTES))
        await self._judge_joins(self.timeline.offer(head))

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
            await self._judge_joins(self.timeline.offer(each))

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
        """Another process has kept another head meanwhile: it must be of the same history."""
        self._stored = stored
        try:
            other = self.timeline.read(stored)
        except (IntegrityError, BadSignatureError):
            return
        await self._judge_joins(self.timeline.offer(other))
        self._stored_head = other

    async def aclose(self) -> None:
        """Give up what is being fetched."""
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
            await self._judge_once(joins)
        except Failure:
            self.timeline.withdraw()
            raise
        if not 0 <= record.number < newest.tree.size:
            raise IntegrityError(f"cannot validate record {record.number} in tree of size {newest.tree.size}")
        auth = await self._prove(newest.tree, ((0, record.number),))
        if auth.leaf(record.number) != record_hash(record.text):
            raise IntegrityError("cannot authenticate record data in server response")
        return record

    async def _judge_once(self, joins: tuple[Join, ...]) -> None:
        """Judge joins that many answers may wait for."""
        if all(self.timeline.is_confirmed(join) for join in joins):
            return
        task = self._joining.get(joins)
        if task is None:
            task = self._joining[joins] = asyncio.ensure_future(self._judge_joins(joins))
            task.add_done_callback(partial(self._joined, joins))
        await settled(task)
        task.result()

    def _joined(self, joins: tuple[Join, ...], task: asyncio.Task[None]) -> None:
        del self._joining[joins]
        if not task.cancelled():
            task.exception()

    async def _judge_joins(self, joins: Iterable[Join]) -> None:
        for join in joins:
            if self.timeline.is_confirmed(join):
                continue
            newer, size = join.newer.tree, join.older.tree.size
            try:
                auth = await self._prove(newer, prefix_nodes(size))
            except TileMismatchError:
                await self._suspect_fork(join)
                raise
            if self.timeline.is_confirmed(join):
                continue
            root = auth.prefix_root(size)
            proof: tuple[bytes, ...] = ()
            if root != join.older.tree.hash and size > 0:
                proof = await self._evidence(newer, size)
            self.timeline.confirm(join, root, proof)

    async def _evidence(self, tree: Tree, size: int) -> tuple[bytes, ...]:
        """The proof that `tree` begins as its own tiles say; () where that takes tiles that cannot be had."""
        needed: list[Node] = []

        def note_down(node: Node) -> bytes:
            needed.append(node)
            return b""

        prove_tree(tree.size, size, note_down)
        try:
            auth = await self._prove(tree, needed)
        except (UnavailableError, NotFoundError, IntegrityError):
            return ()
        return prove_tree(tree.size, size, lambda node: auth.node(*node))

    async def _suspect_fork(self, join: Join) -> None:
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
        """Authenticate `nodes` of `tree`; fetches and keeps the tiles that takes."""
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
                continue
            for hashed in safe:
                if self._tiles.must_save(hashed.tile):
                    self._save(hashed)
        return auth
