# SPDX-License-Identifier: BSD-3-Clause
"""Small files that were proved and given, and that the storage did not take, as when a disk is full.

Answers that never change stay in the memory of the server, so nobody would ask for them again, and they would be
stored by the next process at the earliest. They are kept here, and tried again until there is room. Zips are not:
they are too large, and not in that memory; the next request fetches and stores them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from govgo.core.records import NamedTuple
from govgo.errors import Failure
from govgo.serve.counters import Counters
from govgo.serve.upstream.bounded import Recent
from govgo.serve.upstream.coldloop import ColdLoop

AGAIN_S = 5.0
_MOST_BYTES = 16 << 20


class _Write(NamedTuple):
    write: Callable[[], object]
    fresh: Callable[[], object]


class Unsaved:
    """See the module's docstring. Belongs to the cold loop, but for `keep`."""

    def __init__(self, cold: ColdLoop, counters: Counters, log: Callable[[str], None]) -> None:
        """Nothing waits yet."""
        self._cold = cold
        self._counters = counters
        self._log = log
        self._writes: Recent[str, _Write] = Recent(_MOST_BYTES)
        self._task: asyncio.Task[None] | None = None

    async def store(
        self, key: str, size: int, write: Callable[[], object], fresh: Callable[[], object] = lambda: None
    ) -> None:
        """Write a file: now, and if that fails, which is reported, again later.

        Args:
            key: of the file.
            size: how many bytes `write` holds.
            write: called in a thread; raises Failure; True where the file was not there.
            fresh: called, on the loop, if it was not.
        """
        found = _Write(write, fresh)
        try:
            await self._call(found)
        except Failure as error:
            self._counters.add("storage_errors")
            self._log(f"{key}: could not be stored: {error}")
            self._keep(key, size, found)

    def keep(self, key: str, size: int, write: Callable[[], object]) -> None:
        """Try again what has failed, in silence. Any thread may call."""
        self._cold.loop.call_soon_threadsafe(self._keep, key, size, _Write(write, lambda: None))

    def _keep(self, key: str, size: int, write: _Write) -> None:
        self._writes.keep(key, write, size)
        if self._task is None or self._task.done():
            self._task = asyncio.ensure_future(self._run())

    async def _call(self, write: _Write) -> None:
        if await self._cold.stored(write.write) is True:
            self._counters.add("stored")
            write.fresh()

    async def _run(self) -> None:
        while len(self._writes):
            await asyncio.sleep(AGAIN_S)
            await self._retry()

    async def _retry(self) -> None:
        """Store what there is room for, in the order in which it came."""
        for key, write in self._writes.items():
            try:
                await self._call(write)
            except Failure:  # as reported when it failed first
                self._writes.get(key)  # others have their turn before it comes again
                return
            if self._writes.get(key) is write:
                self._writes.forget(key)

    async def aclose(self) -> None:
        """Try once more, and end; raises nothing."""
        if self._task is not None:
            self._task.cancel()
            await self._retry()
