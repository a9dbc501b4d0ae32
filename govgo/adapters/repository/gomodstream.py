# SPDX-License-Identifier: BSD-3-Clause
"""The stream of go.mod files that an ask/tell loader wants, over the network.

A go.mod that arrives is told at once, so that what it requires is asked for without waiting, while the checksum
database is asked beside it. One that then does not prove is told a second time, as an error.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress

from govgo.adapters.repository.gomods import GoMods
from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import Failure, GovgoError
from govgo.ports.modules import Loader

# While nothing has arrived for so long, the line is idle: what will be asked for later is fetched, and files are
# written to the cache, so many at a time. (A thread of its own would fight for the interpreter with the work that
# keeps the network busy.)
_IDLE_S = 0.004
_BATCH = 16
# Guesses wait until no more than so many go.mod files are under way: what is selected by then will hardly be raised.
_FEW = 8


async def stream(
    gomods: GoMods, loader: Loader, missing: Sequence[ModuleVersion], ahead: Iterable[ModuleVersion]
) -> None:
    """Fetch what is missing, tell it, fetch what is wanted then, until nothing is.

    Args:
        gomods: where they come from.
        loader: whom to tell.
        missing: what it wants already.
        ahead: what it will probably want (versions as in go.sum, those of go.mod files count).

    Raises:
        SecurityError: a checksum contradicts; whatever else is under way is given up.
    """
    run = _Stream(gomods, loader)
    try:
        run.fetch_ahead(mod.without_gomod() for mod in ahead if mod.is_gomod_key)
        run.start(missing)
        await run.done()
    finally:
        await run.stop()


class _Stream:
    """One run: a task for each go.mod under way."""

    def __init__(self, gomods: GoMods, loader: Loader) -> None:
        self._gomods = gomods
        self._loader = loader
        self._tasks: set[asyncio.Task[None]] = set()
        self._ahead: set[asyncio.Task[None]] = set()
        self._likely: dict[ModuleVersion, asyncio.Task[None]] = {}
        self._lookups: list[ModuleVersion] = []
        self._loop = asyncio.get_running_loop()
        self._event_s = self._guessed_s = self._loop.time()
        self._idle = self._loop.call_later(_IDLE_S, self._on_idle)
        self._end: asyncio.Future[None] = self._loop.create_future()

    def start(self, wanted: Sequence[ModuleVersion]) -> None:
        """Serve what is wanted, and what is wanted because of that."""
        gomods, loader = self._gomods, self._loader
        while wanted:
            for mv in wanted:
                answer = gomods.cached(mv)
                if answer is None:
                    task = self._loop.create_task(self._serve(mv))
                    self._tasks.add(task)
                    task.add_done_callback(self._finished)
                    self._look_up_soon(mv)
                else:
                    loader.tell(mv, answer)
            wanted = loader.wanted()

    def fetch_ahead(self, mods: Iterable[ModuleVersion]) -> None:
        """Fetch go.mod files that go.sum names; they are told when they are wanted, and dropped if they are not."""
        for mv in mods:
            if self._gomods.cached(mv) is None:
                task = self._loop.create_task(self._fetch_ahead(mv))
                self._ahead.add(task)
                task.add_done_callback(self._ahead.discard)

    async def done(self) -> None:
        """Wait until nothing is under way.  Raises what a task raised first."""
        if self._tasks:
            await self._end
        guesses = [task for task in self._likely.values() if not task.done()]
        if guesses:
            await asyncio.wait(guesses)  # begun while the line was idle, and most of them are asked for next

    async def stop(self) -> None:
        """Give up what is under way."""
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
            await gomods.judge(mv, data)
        except Failure as err:
            self._loader.tell(mv, err)

    def _look_up_soon(self, mv: ModuleVersion) -> None:
        """Begin a checksum lookup once the requests for go.mod files, on which the rest waits, are on their way."""
        if not self._lookups:
            # Their tasks run in the next turn of the loop, and the engine sends at the end of that.
            self._loop.call_soon(self._loop.call_soon, self._look_up)
        self._lookups.append(mv)

    def _look_up(self) -> None:
        mods, self._lookups = self._lookups, []
        for mv in mods:
            with suppress(GovgoError):  # told when the go.mod is judged
                self._gomods.expect(mv)

    def _on_idle(self) -> None:
        if self._loop.time() - self._event_s >= _IDLE_S:
            if self._guessed_s < self._event_s and len(self._tasks) <= _FEW:
                self._guessed_s = self._event_s
                self._guess()
            self._gomods.write(_BATCH)
        self._idle = self._loop.call_later(_IDLE_S / 2, self._on_idle)

    def _guess(self) -> None:
        """Fetch what will probably be asked for after the graph, while the line is idle."""
        for mv in self._loader.likely():
            if mv not in self._likely and self._gomods.cached(mv) is None:
                self._likely[mv] = self._loop.create_task(self._fetch_ahead(mv))
                self._look_up_soon(mv)

    async def _fetch_ahead(self, mv: ModuleVersion) -> None:
        try:
            await self._gomods.fetch(mv)
        except GovgoError:
            return  # told when, and if, it is wanted

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
