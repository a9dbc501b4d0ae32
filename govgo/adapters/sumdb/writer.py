# SPDX-License-Identifier: BSD-3-Clause
"""What was proved is written while the event loop goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from govgo.adapters.sumdb.cache import SumDbCache
from govgo.core.sumdb.tile import HashedTile

if TYPE_CHECKING:
    from govgo.adapters.loop.helper import Helper


class BackgroundWriter:
    """Writes proved answers and tiles without holding up the event loop that it belongs to.

    The helper process takes them where there is one, else a thread.

    Args:
        cache: where they go.
        helper: gives the helper process, where there is one.
    """

    def __init__(self, cache: SumDbCache, helper: Callable[[], Helper | None]) -> None:
        self._cache = cache
        self._helper = helper
        self._unsaved: list[tuple[str, bytes]] = []
        self._writer: asyncio.Task[None] | None = None
        self._handed_over = False

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
            self._start_writer()

    async def flush(self) -> None:
        """Wait until everything is written."""
        while self._unsaved or self._writer is not None:
            self._start_writer()
            if self._writer is not None:
                await asyncio.wait((self._writer,))
        helper = self._helper()
        if helper is not None and self._handed_over:
            self._handed_over = False
            await helper.flush()

    def _start_writer(self) -> None:
        if self._writer is None and self._unsaved:
            self._writer = asyncio.ensure_future(self._write())

    async def _write(self) -> None:
        try:
            while self._unsaved:
                batch, self._unsaved = self._unsaved, []
                await asyncio.to_thread(self._cache.write_many, batch)
        finally:
            self._writer = None
