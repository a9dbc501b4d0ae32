# SPDX-License-Identifier: BSD-3-Clause
"""Work that is done once for all who want its result at the same time, and that ends when nobody waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

from govgo.adapters.loop.tasks import finished

_T = TypeVar("_T")


class _Flight(Generic[_T]):
    __slots__ = ("task", "waiting")

    def __init__(self, task: asyncio.Task[_T]) -> None:
        self.task = task
        self.waiting = 0


class Flights(Generic[_T]):
    """Single flight by key. All calls come from one event loop."""

    def __init__(self) -> None:
        self._flights: dict[Hashable, _Flight[_T]] = {}

    def __len__(self) -> int:
        return len(self._flights)

    async def join(self, key: Hashable, make: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
        """The result of `make`, which runs once for all who ask while it runs.

        When the last of them is cancelled, it is cancelled, too. What it raises is raised to all.
        """
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = _Flight(asyncio.ensure_future(make()))
            flight.task.add_done_callback(lambda task: self._land(key, task))
        flight.waiting += 1
        try:
            await finished(flight.task)
            return flight.task.result()
        finally:
            flight.waiting -= 1
            if not flight.waiting and not flight.task.done():
                # Whoever asks from now on begins anew.
                self._forget(key, flight.task)
                flight.task.cancel()

    def _land(self, key: Hashable, task: asyncio.Task[_T]) -> None:
        self._forget(key, task)
        if not task.cancelled():
            task.exception()  # seen, even if all who waited have left just now

    def _forget(self, key: Hashable, task: asyncio.Task[_T]) -> None:
        flight = self._flights.get(key)
        if flight is not None and flight.task is task:
            del self._flights[key]
