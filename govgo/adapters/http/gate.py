# SPDX-License-Identifier: BSD-3-Clause
"""How many requests one origin gets at a time: more while it copes and we wait for it, fewer when it is overloaded.

The rule is much like TCP's congestion window (RFC 5681). The width doubles after each round of good answers, provided
that meanwhile requests were held back and the event loop had nothing to do but wait. It is halved when the origin is
overloaded, at most once in a round trip or so.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque

_LEAST = 4
_CALM_S = 0.5
"""Faults within this time count as one overload, in seconds."""


class Gate:
    """The places for requests to one origin. Belongs to one event loop."""

    __slots__ = ("_congested_s", "_free", "_good", "_most", "_waiting", "_width")

    def __init__(self, width: int, most: int) -> None:
        """`width` places to begin with, never more than `most`."""
        self._width = self._free = min(width, most)
        self._most = most
        self._good = 0
        self._congested_s = -_CALM_S
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
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.leave()
            raise

    def leave(self) -> None:
        """Give a place back."""
        self._free += 1
        self._admit()

    def answered(self) -> None:
        """The origin coped with a request."""
        self._good += 1

    def idle(self) -> None:
        """There was nothing to do but wait."""
        if self._waiting and self._good >= self._width and self._width < self._most:
            self._resize(min(2 * self._width, self._most))
            self._admit()

    def overloaded(self) -> None:
        """The origin did not cope with a request."""
        now_s = time.monotonic()
        if now_s - self._congested_s >= _CALM_S:
            self._congested_s = now_s
            self._resize(max(self._width // 2, min(_LEAST, self._width)))

    def open_wide(self) -> None:
        """The origin takes as many as there may be."""
        if self._width < self._most:
            self._resize(self._most)
            self._admit()

    def limit(self, most: int) -> None:
        """Never have more than `most` places from now on."""
        self._most = most
        if self._width > most:
            self._resize(most)

    def _resize(self, width: int) -> None:
        self._free += width - self._width
        self._width = width
        self._good = 0

    def _admit(self) -> None:
        while self._free > 0 and self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                self._free -= 1
                turn.set_result(None)
