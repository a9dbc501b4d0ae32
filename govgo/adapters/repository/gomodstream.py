# SPDX-License-Identifier: BSD-3-Clause
"""Serves a loader of go.mod files over the network, all requests at once.

A go.mod that arrives is given to the loader before it is checked, so that what it requires is asked for without
waiting, and the checksum database is asked at the same time. Where the check then fails, the loader gets the error in
place of the bytes, and a SecurityError ends the stream; nothing unchecked enters the cache or go.sum. Without this, a
graph would take two round trips for each of its levels instead of one.

Requests that the loader has not made yet are guessed in two ways. `ahead` are the go.mod files that go.sum names, for a
cold cache: then the depth of the graph does not count. `Loader.likely` names what will be asked for after the graph.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from govgo.adapters.repository.gomods import Foreseen, GoMods
from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import Failure, GovgoError
from govgo.ports.modules import Loader

_IDLE_S = 0.004
"""When nothing has arrived for this long, the connection counts as idle: guesses are fetched, and files written.

(Writing in a thread would compete for the interpreter with the work that keeps the network busy.)
"""
_BATCH = 16
"""How many files are written to the cache at a time while the connection is idle."""
_FEW = 8
"""Guesses wait until at most this many go.mod files are under way: the versions selected by then will hardly rise."""


async def stream(
    gomods: GoMods, loader: Loader, missing: Sequence[ModuleVersion], ahead: Sequence[ModuleVersion]
) -> None:
    """Fetch what is missing, give it to the loader, fetch what the loader wants then, until it wants nothing.

    Args:
        gomods: where go.mod files come from.
        loader: who wants them.
        missing: what it has asked for already.
        ahead: what it will probably ask for.

    Raises:
        SecurityError: a go.mod contradicts go.sum or the database; whatever else is under way is cancelled.
    """
    run = _Stream(gomods, loader)
    try:
        run.start(missing)
        run.fetch_ahead(ahead)
        await run.done()
    finally:
        await run.stop()


class _Stream:
    """One run: a task for each go.mod under way."""

    def __init__(self, gomods: GoMods, loader: Loader) -> None:
        self._gomods = gomods
        self._loader = loader
        self._foreseen = isinstance(loader, Foreseen)
        self._tasks: set[asyncio.Task[None]] = set()
        self._ahead: set[asyncio.Task[None]] = set()
        self._likely: dict[ModuleVersion, asyncio.Task[None]] = {}
        self._lookups: list[ModuleVersion] = []
        self._loop = asyncio.get_running_loop()
        self._event_s = self._guessed_s = self._loop.time()
        self._idle = self._loop.call_later(_IDLE_S, self._on_idle)
        self._end: asyncio.Future[None] = self._loop.create_future()

    def start(self, wanted: Sequence[ModuleVersion]) -> None:
        """Serve what the loader wants, and what it wants because of that."""
        loader = self._loader
        while wanted:
            for mv in wanted:
                answer = self._gomods.for_graph(mv, ahead=self._foreseen)
                if answer is None:
                    task = self._loop.create_task(self._serve(mv))
                    self._tasks.add(task)
                    task.add_done_callback(self._finished)
                    self._look_up_soon(mv)
                else:
                    loader.tell(mv, answer)
            wanted = loader.wanted()

    def fetch_ahead(self, mods: Sequence[ModuleVersion]) -> None:
        """Fetch go.mod files that may be wanted later; they are not given to the loader before it asks."""
        for mv in mods:
            if self._gomods.peek(mv) is None:
                task = self._loop.create_task(self._fetch_ahead(mv))
                self._ahead.add(task)
                task.add_done_callback(self._ahead.discard)

    async def done(self) -> None:
        """Wait until the loader has everything; raises the first error that a task raised."""
        if self._tasks:
            await self._end
        guesses = [task for task in self._likely.values() if not task.done()]
        if guesses:
            await asyncio.wait(guesses)  # begun while the connection was idle; most of them are asked for next

    async def stop(self) -> None:
        """Cancel what is under way."""
        self._idle.cancel()
        tasks = [*self._tasks, *self._ahead, *self._likely.values()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def _serve(self, mv: ModuleVersion) -> None:
        gomods = self._gomods
        try:
            data = await gomods.fetch(mv)
        except Failure as err:
            gomods.remember(mv, err)
            self._loader.tell(mv, err)
            self.start(self._loader.wanted())
            return
        self._event_s = self._loop.time()
        self._loader.tell(mv, data)
        self.start(self._loader.wanted())
        try:
            await gomods.check(mv, data, ahead=self._foreseen)
        except Failure as err:
            self._loader.tell(mv, err)  # takes the place of the bytes

    def _look_up_soon(self, mv: ModuleVersion) -> None:
        """Begin a checksum lookup after the requests for go.mod files: the rest of the graph waits for them."""
        if not self._lookups:
            # The tasks of these requests run in the loop's next turn, and the engine sends at the end of that one.
            self._loop.call_soon(self._loop.call_soon, self._look_up)
        self._lookups.append(mv)

    def _look_up(self) -> None:
        mods, self._lookups = self._lookups, []
        for mv in mods:
            self._gomods.prefetch_sum(mv)

    def _on_idle(self) -> None:
        if self._loop.time() - self._event_s >= _IDLE_S:
            if self._guessed_s < self._event_s and len(self._tasks) <= _FEW:
                self._guessed_s = self._event_s
                self._guess()
            self._gomods.write(_BATCH)
        self._idle = self._loop.call_later(_IDLE_S / 2, self._on_idle)

    def _guess(self) -> None:
        """Fetch what will probably be asked for after the graph."""
        for mv in self._loader.likely():
            if mv not in self._likely and self._gomods.peek(mv) is None:
                self._likely[mv] = self._loop.create_task(self._fetch_ahead(mv))
                self._look_up_soon(mv)

    async def _fetch_ahead(self, mv: ModuleVersion) -> None:
        try:
            await self._gomods.fetch(mv)
        except GovgoError:
            return  # of any class: remembered, and raised by `fetch` if this go.mod is wanted

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        end = self._end
        if task.cancelled() or end.done():
            if not task.cancelled():
                task.exception()
            return
        error = task.exception()
        if error is not None:
            end.set_exception(error)
        elif not self._tasks:
            end.set_result(None)
