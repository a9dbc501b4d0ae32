# SPDX-License-Identifier: BSD-3-Clause
"""What is fetched while a command goes on with what it has already.

The services are synchronous: the event loop turns only while one of their calls waits. A task that was begun makes
progress during each such wait, whatever it is for; threads that hash and extract run in between as well.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from contextlib import suppress
from typing import Any

from govgo.errors import Failure, SecurityError
from govgo.ports.modules import Ask, Loader, Then


class Background:
    """Fetches under way, by what was asked for, and module graphs under way, by who loads them.

    Args:
        loop: the event loop of the command.
        answer: fetches one thing; the outcome is remembered by whoever it is asked of later.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, answer: Callable[[Ask], Coroutine[Any, Any, object]]) -> None:
        self._loop = loop
        self._answer = answer
        self._fetches: dict[asyncio.Task[None], Ask] = {}
        self._graphs: dict[Loader, asyncio.Task[None]] = {}
        self._begun: set[Ask] = set()
        self._done: dict[Ask, object] = {}
        self._next: dict[Ask, list[Then]] = {}

    def begin(self, asks: Iterable[Ask], then: Then | None = None) -> None:
        """Start to fetch what was not asked for before, and tell `then` each answer once it is there."""
        for ask in asks:
            if then is not None and ask in self._done:
                then(self._done[ask])
            elif then is not None:
                self._next.setdefault(ask, []).append(then)
            if ask not in self._begun:
                self._begun.add(ask)
                self._fetches[self._loop.create_task(self._fetch(ask))] = ask

    async def _fetch(self, ask: Ask) -> None:
        answer = None
        with suppress(Failure):  # it comes up again when somebody asks
            answer = await self._answer(ask)
        self._done[ask] = answer
        for then in self._next.pop(ask, ()):
            then(answer)

    def is_done(self, ask: Ask) -> bool:
        """Whether an answer was begun and has arrived, or failed."""
        return ask in self._done

    async def arrivals(self) -> Sequence[Ask]:
        """What has arrived, or failed, since the last call; waits for at least one, () when nothing is under way.

        Raises:
            SecurityError: as a fetch did, or any other exception but a Failure; the rest is cancelled then.
        """
        if not self._fetches:
            return ()
        done, _ = await asyncio.wait(self._fetches, return_when=asyncio.FIRST_COMPLETED)
        arrived = []
        for task in [task for task in self._fetches if task in done]:  # in the order in which they were begun
            arrived.append(self._fetches.pop(task))
            error = task.exception()
            if error is not None:
                await self.cancel()
                raise error
        return arrived

    def begin_graph(self, loader: Loader, work: Coroutine[Any, Any, None]) -> None:
        """Start to serve a loader of go.mod files."""
        self._graphs[loader] = self._loop.create_task(work)

    async def graph(self, loader: Loader) -> None:
        """Wait until a loader whose service was begun has what it asked for; raises what ended the service."""
        task = self._graphs.pop(loader, None)
        if task is not None:
            await task

    async def cancel(self) -> None:
        """Give up what is under way.

        Raises:
            SecurityError: a task had found evidence that nobody has asked for yet.
        """
        tasks: list[asyncio.Task[Any]] = [*self._fetches, *self._graphs.values()]
        self._fetches.clear()
        self._graphs.clear()
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        errors = [task.exception() for task in tasks if not task.cancelled()]
        for error in errors:
            if isinstance(error, SecurityError):
                raise error
