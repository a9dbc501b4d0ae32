# SPDX-License-Identifier: BSD-3-Clause
"""Where a client's tiles come from: memory, the cache, the network; each fetched once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence

from govgo.adapters.loop.memo import Memo
from govgo.adapters.loop.tasks import settled
from govgo.adapters.sumdb.cache import SumDbCache
from govgo.core.sumdb.tile import HashedTile, Tile
from govgo.core.sumdb.tlog import HASH_SIZE
from govgo.errors import GovgoError, NetworkError, NotFoundError, TileMismatchError

CappedFetch = Callable[[str, int], Awaitable[bytes]]
"""`fetch(path, limit_bytes)`: never more than that; raises NotFoundError, UnavailableError."""

TileHash = Callable[[bytes], Awaitable[bytes]]
"""The hash over a full tile, or b"" to leave that to `HashedTile`."""

MAX_FETCHES = 2
"""A tile that does not prove is fetched once more: it may have been damaged on the way."""


class TileSource:
    """Obtains tiles, unproved, and remembers which of them the cache had and which were found wrong."""

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
        """Give up the fetches under way."""
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
        """Fetch all at once; mostly it is one, and needs no task of its own."""
        tasks = [asyncio.ensure_future(self._attempt(tile)) for tile in tiles[1:]]
        for task in tasks:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        errors = [await self._attempt(tiles[0])]
        for task in tasks:
            await settled(task)
            errors.append(task.result())
        for error in errors:
            if error is not None:
                raise error

    async def _attempt(self, tile: Tile) -> GovgoError | None:
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
            # A partial tile may be gone since the tile was completed.
            try:
                full = await self._fetch(f"/{tile.full.path}", HASH_SIZE << tile.height)
            except (NotFoundError, NetworkError):
                raise error from None
        return HashedTile(tile.full, full).data[:width]
