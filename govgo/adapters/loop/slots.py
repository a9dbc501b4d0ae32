# SPDX-License-Identifier: BSD-3-Clause
"""Slots for work that computes: a few threads, and another process for zips where a command fetches many.

Of one process only one thread at a time runs Python, so more threads than a few only wait for each other, and the one
that talks to the network waits with them. Zips come in bursts: whoever finds no slot waits for the first that is
left, be it a thread's or the process's. The process takes the largest zip, since that takes longest; a thread the
smallest, since the sooner a tree is there, the sooner its imports name further modules.
"""

from __future__ import annotations

import asyncio

from govgo.adapters.loop.extractor import Extractor
from govgo.core.records import NamedTuple


class _Waiting(NamedTuple):
    size: int
    extracts: bool
    turn: asyncio.Future[Extractor | None]


class Slots:
    """The slots of one event loop.

    Without the process there is one thread more than there are processors: reading and writing files takes a part of
    the time. With it there is one less, at least one: the process keeps a processor busy, and so does the event loop.
    """

    def __init__(self, processors: int) -> None:
        self._threads = processors + 1
        self._extractor: Extractor | None = None
        self._waiting: list[_Waiting] = []

    def add(self, extractor: Extractor) -> None:
        """Give out the process, too, and fewer threads from now on."""
        self._threads -= 2
        self._extractor = extractor
        self._let_in()

    async def enter(self, size: int, *, extracts: bool) -> Extractor | None:
        """Wait for a slot, which is to be given back with `leave`.

        Args:
            size: how large the work is, in bytes.
            extracts: whether it is one that the process can do.

        Returns:
            The process, or None for the slot of a thread.
        """
        waiting = _Waiting(size, extracts, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        self._let_in()
        try:
            return await waiting.turn
        except asyncio.CancelledError:
            if waiting.turn.cancelled():
                self._waiting.remove(waiting)
            else:
                self.leave(waiting.turn.result())
            raise

    def leave(self, extractor: Extractor | None) -> None:
        """Give a slot back. That of a process which has ended becomes a thread's."""
        if extractor is None or extractor.has_ended:
            self._threads += 1
        else:
            self._extractor = extractor
        self._let_in()

    def _let_in(self) -> None:
        while self._extractor is not None and (zips := [each for each in self._ready() if each.extracts]):
            extractor, self._extractor = self._extractor, None
            self._give(extractor, max(zips, key=_size))
        while self._threads > 0 and (works := self._ready()):
            self._threads -= 1
            self._give(None, min(works, key=_size))

    def _ready(self) -> list[_Waiting]:
        """Who waits, without those that were cancelled and are not yet aware of it."""
        return [each for each in self._waiting if not each.turn.done()]

    def _give(self, slot: Extractor | None, waiting: _Waiting) -> None:
        self._waiting.remove(waiting)
        waiting.turn.set_result(slot)


def _size(waiting: _Waiting) -> int:
    return waiting.size
