# SPDX-License-Identifier: BSD-3-Clause
"""The event loop for everything that may wait for somebody else, in a thread of its own, and the threads below it."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar

_T = TypeVar("_T")
_STORAGE_THREADS = 16
_BEAT_S = 0.5


class ColdLoop:
    """The loop runs from `start` to `stop`.

    Attributes:
        loop: the loop.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, close: Callable[[], object]) -> None:
        """`close` is called in the thread when the loop has ended, and closes it."""
        self.loop = loop
        self._close = close
        self._thread = threading.Thread(target=self._run, name="govgo-cold", daemon=True)
        self._storage = ThreadPoolExecutor(_STORAGE_THREADS, "govgo-storage")
        self._compute = ThreadPoolExecutor((os.cpu_count() or 1) + 1, "govgo-compute")
        self._asked: dict[int, float] = {}
        self._beat_s = time.monotonic()

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def call(self, work: Coroutine[Any, Any, _T]) -> Future[_T]:
        """Run a coroutine on the loop, from another thread. Cancelling the result cancels it."""
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    async def stored(self, work: Callable[[], _T], *, is_large: bool = False) -> _T:
        """Run a call of the storage in a thread. One that moves a whole zip may take long without being stuck."""
        number = id(work)
        if not is_large:
            self._asked[number] = time.monotonic()
        try:
            return await self.loop.run_in_executor(self._storage, work)
        finally:
            self._asked.pop(number, None)

    async def computed(self, work: Callable[[], _T]) -> _T:
        """Run what computes in a thread."""
        return await self.loop.run_in_executor(self._compute, work)

    def silence_s(self) -> float:
        """For how long the loop has not moved; any thread may ask."""
        return max(0.0, time.monotonic() - self._beat_s - _BEAT_S)

    def storage_silence_s(self) -> float:
        """For how long the oldest call of the storage has been waited for, but for large ones; any thread may ask."""
        return max((time.monotonic() - begun for begun in list(self._asked.values())), default=0.0)

    def stop(self, last: Coroutine[Any, Any, object], patience_s: float) -> None:
        """Run `last`, which raises nothing, on the loop, then end it; neither is waited for longer than that."""
        with suppress(TimeoutError):
            self.call(last).result(patience_s)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(patience_s)
        # What hangs in a thread is left behind: the process ends.
        self._storage.shutdown(wait=False, cancel_futures=True)
        self._compute.shutdown(wait=False, cancel_futures=True)

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self._beat()
        self.loop.run_forever()
        self._close()

    def _beat(self) -> None:
        self._beat_s = time.monotonic()
        self.loop.call_later(_BEAT_S, self._beat)
