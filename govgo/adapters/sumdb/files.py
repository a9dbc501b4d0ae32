# SPDX-License-Identifier: BSD-3-Clause
"""Proved answers and tiles on their way to the cache, without holding the event loop up.

The helper process takes them where there is one, else a thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from govgo.adapters.sumdb.cache import SumDbCache
from govgo.core.sumdb.tile import HashedTile

if TYPE_CHECKING:
    from govgo.adapters.loop.helper import Helper


class ProvedFiles:
    """Keeps files of one database as far as possible. Belongs to one event loop.

    Args:
        cache: where they go.
        helper: the helper process, where there is one.
    """

    def __init__(self, cache: SumDbCache, helper: Callable[[], Helper | None]) -> None:
        self._cache = cache
        self._helper = helper
        self._unsaved: list[tuple[str, bytes]] = []
        self._writer: asyncio.Task[None] | None = None
        self._handed_over = False

    async def tile_hash(self, data: bytes) -> bytes:
        """The hash over a full tile; b"" where it is to be computed when it is needed."""
        helper = self._helper()
        return b"" if helper is None else await helper.tile_hash(data)

    def save_tile(self, hashed: HashedTile) -> None:
        """Keep a tile that was proved."""
        self.save(hashed.tile.path, hashed.data)

    def save(self, name: str, data: bytes) -> None:
        """Keep the file `name`, "lookup/…" or "tile/…", that was proved."""
        if not self._cache.cache_dir:
            return
        helper = self._helper()
        if helper is not None and helper.ready:
            helper.write(f"{self._cache.cache_dir}/{name}", data, counts=False)
            self._handed_over = True
        else:
            self._unsaved.append((name, data))
            self._write_soon()

    async def flush(self) -> None:
        """Wait until all is written."""
        while self._unsaved or self._writer is not None:
            self._write_soon()
            if self._writer is not None:
                await asyncio.wait((self._writer,))
        helper = self._helper()
        if helper is not None and self._handed_over:
            self._handed_over = False
            await helper.flush()

    def _write_soon(self) -> None:
        if self._writer is None and self._unsaved:
            self._writer = asyncio.ensure_future(self._write())

    async def _write(self) -> None:
        try:
            while self._unsaved:
                batch, self._unsaved = self._unsaved, []
                await asyncio.to_thread(self._cache.write_many, batch)
        finally:
            self._writer = None
