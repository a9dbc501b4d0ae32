# SPDX-License-Identifier: BSD-3-Clause
"""The ends of zips that grow in another thread, for all who read them on this loop.

A zip grows by a few KiB at a time, and may have a hundred readers. They are woken when there is a good piece for them,
or after a moment.
"""

from __future__ import annotations

import asyncio

from govgo.serve.upstream.spool import Spool

_PIECE = 1 << 20
MOMENT_S = 0.02
"""How long a reader waits for more, in seconds, where there is little."""


class Tail:
    """One spool, seen from this loop.

    Attributes:
        readers: how many there are.
        changed: is done at the next change. Nobody cancels it.
    """

    def __init__(self, spool: Spool, loop: asyncio.AbstractEventLoop) -> None:
        self.spool = spool
        self.readers = 0
        self.changed: asyncio.Future[None] = loop.create_future()
        self._loop = loop
        self._told = False
        self._seen = 0
        self._timer: asyncio.TimerHandle | None = None
        spool.watch(self.wake)

    def wake(self) -> None:
        """Something has changed; called from the writing thread."""
        if not self._told:  # a race costs no more than a call too many
            self._told = True
            self._loop.call_soon_threadsafe(self._look)

    def close(self) -> None:
        """Nobody reads any more."""
        self.spool.unwatch(self.wake)
        if self._timer is not None:
            self._timer.cancel()

    def _look(self) -> None:
        self._told = False
        if self.spool.state != "open" or self.spool.readable - self._seen >= _PIECE:
            self._fire()
        elif self._timer is None:
            self._timer = self._loop.call_later(MOMENT_S, self._fire)

    def _fire(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._seen = self.spool.readable
        changed, self.changed = self.changed, self._loop.create_future()
        changed.set_result(None)


class Tails:
    """The tails that are read. Belongs to one event loop."""

    def __init__(self) -> None:
        self._tails: dict[int, Tail] = {}

    def of(self, spool: Spool) -> Tail:
        """The tail of a spool, to be released."""
        tail = self._tails.get(id(spool))
        if tail is None:
            tail = self._tails[id(spool)] = Tail(spool, asyncio.get_running_loop())
        tail.readers += 1
        return tail

    def release(self, tail: Tail) -> None:
        """A reader has done with it."""
        tail.readers -= 1
        if not tail.readers:
            tail.close()
            del self._tails[id(tail.spool)]
