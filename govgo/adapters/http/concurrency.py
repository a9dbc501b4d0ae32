# SPDX-License-Identifier: BSD-3-Clause
"""How many requests one origin gets at a time: more while it copes and is waited for, fewer when it is overloaded.

The rule is that of TCP's congestion window (RFC 5681, section 3.1, slow start): the width doubles after each round of
good answers, and is halved on overload, at most once in `_CALM_S`. It grows only while requests are held back and the
event loop is waiting: where this process is the bottleneck, more requests at once do not help.

    width  128 -> 256 -> 384    good answers, up to the limit that the engine sets
    width  384 -> 192           an answer of 429

Requests that hang keep their places, and the width may fall below their number. So when others wait and no request has
ended for `_SILENT_S`, those under way are taken for lost, as after a retransmission time-out (section 3.1): others get
places, but never more at once than the engine's limit.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque

# However overloaded an origin is, so many requests go to it at once: the pauses of `retry` spare it further.
_LEAST = 4
_CALM_S = 0.5
"""Faults within this time count as one overload, in seconds: they are answers to requests of the same round."""
_SILENT_S = 10.0


class Gate:
    """The places for requests to one origin. Belongs to one event loop.

    Under way are `_width - _free + _lost` requests.
    """

    __slots__ = ("_congested_s", "_ended_s", "_free", "_good", "_lost", "_most", "_timer", "_waiting", "_width")

    def __init__(self, width: int, most: int) -> None:
        """`width` places to begin with, never more than `most`."""
        self._width = self._free = min(width, most)
        self._most = most
        self._good = 0
        self._lost = 0
        self._congested_s = -_CALM_S
        self._ended_s = time.monotonic()
        self._timer: asyncio.TimerHandle | None = None
        self._waiting: deque[asyncio.Future[None]] = deque()

    def enter(self) -> bool:
        """Take a place if one is free."""
        if self._free <= 0:
            return False
        self._free -= 1
        return True

    async def wait(self) -> None:
        """Wait for a place, and take it."""
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        if self._timer is None:
            self._watch()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.leave()  # the place was given while the caller was being cancelled
            raise

    def leave(self) -> None:
        """Give a place back."""
        self._ended_s = time.monotonic()
        if self._free < self._width:
            self._free += 1
            self._fill()
        else:
            self._lost -= 1

    def answered(self) -> None:
        """Record that the origin answered a request well."""
        self._good += 1

    def idle(self) -> None:
        """Record that the event loop had nothing to do but wait; widen if a round of good answers has come."""
        if self._waiting and self._good >= self._width and self._width < self._most:
            self._resize(min(2 * self._width, self._most))
            self._fill()

    def overloaded(self) -> None:
        """Record that the origin did not cope with a request; halve the width unless that was done just now."""
        now_s = time.monotonic()
        if now_s - self._congested_s >= _CALM_S:
            self._congested_s = now_s
            self._resize(max(self._width // 2, min(_LEAST, self._width)))

    def open_wide(self) -> None:
        """Allow as many requests as there may be at all."""
        if self._width < self._most:
            self._resize(self._most)
            self._fill()

    def limit(self, most: int) -> None:
        """Never have more than `most` places from now on."""
        self._most = most
        if self._width > most:
            self._resize(most)

    def _watch(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(_SILENT_S, self._look)

    def _look(self) -> None:
        """Take what is under way for lost where nothing has ended for long; look again as long as somebody waits."""
        self._timer = None
        if self._waiting:
            if time.monotonic() - self._ended_s >= _SILENT_S:
                under_way = self._width - self._free + self._lost
                self._free = max(self._free, min(self._width, self._most - under_way))
                self._lost = under_way - self._width + self._free
                self._fill()
            self._watch()

    def _resize(self, width: int) -> None:
        self._free += width - self._width
        self._width = width
        self._good = 0

    def _fill(self) -> None:
        """Give free places to those who wait, in the order in which they came."""
        while self._free > 0 and self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                self._free -= 1
                turn.set_result(None)
