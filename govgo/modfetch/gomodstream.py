# SPDX-License-Identifier: BSD-3-Clause
"""The stream of go.mod files that an ask/tell loader wants, over the network.

A go.mod that arrives is told at once, so that what it requires is asked for without waiting, while the checksum
database is asked beside it. One that then does not prove is told a second time, as an error.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

from govgo.core.module import ModuleVersion
from govgo.errors import GovgoError, SecurityError
from govgo.modfetch.admission import GO_MOD
from govgo.modfetch.gomods import GoMods
from govgo.ports import Loader

# While nothing has arrived for so long, files are written to the cache, so many at a time. (A thread of its own would
# fight for the interpreter with the work that keeps the network busy.)
_IDLE_S = 0.004
_BATCH = 16


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
        run.expect(ahead)
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
        self._loop = asyncio.get_running_loop()
        self._event_s = self._loop.time()
        self._idle = self._loop.call_later(_IDLE_S, self._write)
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
                else:
                    loader.tell(mv, answer)
            wanted = loader.wanted()

    def expect(self, listed: Iterable[ModuleVersion]) -> None:
        """Fetch ahead the go.mod files that go.sum names; they are told when they are wanted."""
        for mod in listed:
            mv = ModuleVersion(mod.path, mod.version.removesuffix(GO_MOD))
            if mod.version.endswith(GO_MOD) and self._gomods.cached(mv) is None:
                task = self._loop.create_task(self._fetch_ahead(mv))
                self._ahead.add(task)
                task.add_done_callback(self._ahead.discard)

    async def done(self) -> None:
        """Wait until nothing is under way.  Raises what a task raised first."""
        if self._tasks:
            await self._end

    async def stop(self) -> None:
        """Give up what is under way."""
        self._idle.cancel()
        tasks = [*self._tasks, *self._ahead]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def _serve(self, mv: ModuleVersion) -> None:
        gomods = self._gomods
        gomods.expect(mv)
        try:
            data = await gomods.fetch(mv)
        except SecurityError:
            raise
        except GovgoError as err:
            gomods.remember(mv, err)
            self._loader.tell(mv, err)
            self.start(self._loader.wanted())
            return
        self._event_s = self._loop.time()
        self._loader.tell(mv, data)
        self.start(self._loader.wanted())
        try:
            await gomods.judge(mv, data)
        except SecurityError:
            raise
        except GovgoError as err:
            self._loader.tell(mv, err)

    def _write(self) -> None:
        if self._loop.time() - self._event_s >= _IDLE_S:
            self._gomods.write(_BATCH)
        self._idle = self._loop.call_later(_IDLE_S / 2, self._write)

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
