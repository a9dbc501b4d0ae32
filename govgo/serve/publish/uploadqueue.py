# SPDX-License-Identifier: BSD-3-Clause
"""Who may send a version at the moment, and who waits.

No more than some uploads are under way, as each takes room on the disk, and of one user no more than half as many: who
sends many keeps nobody else out. An upload for whose turn somebody waits has to come at some rate.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from govgo.serve.http.routes import SlowClientError

AT_ONCE = 4
OF_ONE_USER = 2
MOST_WAITING = 256
"""So many more may wait; nothing of their bodies is read meanwhile."""
PATIENCE_S = 30.0
"""So long one waits."""
LEAST_RATE = 64 << 10
"""Bytes in a second, on an average."""
GRACE_S = 10.0
"""So much later an upload may be than that."""


class Turn:
    """The turn of one upload, from when it is waited for.

    Attributes:
        user: whose it is.
        come: done when it has come.
        begun_s: when that was, by the clock of the loop.
        wanted: whether somebody else waits for it.
    """

    def __init__(self, user: str) -> None:
        self.user = user
        self.come: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.begun_s = 0.0
        self.wanted = False
        self._size = 0
        self._limit: asyncio.Timeout | None = None

    async def pieces(self, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The body, piece by piece.

        Raises:
            SlowClientError: it is too slow, and somebody waits.
        """
        while True:
            try:
                async with asyncio.timeout_at(self._due_s()) as self._limit:
                    piece = await anext(body, None)
            except TimeoutError:
                raise SlowClientError("others wait, and the body of the request comes too slowly") from None
            finally:
                self._limit = None
            if piece is None:
                return
            self._size += len(piece)
            yield piece

    def want(self, wanted: bool) -> None:
        """Somebody waits for the turn, or nobody does."""
        self.wanted = wanted
        if self._limit is not None and not self._limit.expired():
            self._limit.reschedule(self._due_s())

    def _due_s(self) -> float | None:
        """When the next piece has to be there."""
        return self.begun_s + GRACE_S + self._size / LEAST_RATE if self.wanted else None


class Turns:
    """See the module's docstring. Belongs to one event loop."""

    def __init__(self) -> None:
        self._held: list[Turn] = []
        self._waiting: list[Turn] = []

    async def take(self, user: str) -> Turn | None:
        """Wait for a turn, which the caller gives back; None if too many wait, or none comes in time."""
        if len(self._waiting) >= MOST_WAITING:
            return None
        turn = Turn(user)
        self._waiting.append(turn)
        self._pass_on()
        try:
            async with asyncio.timeout(PATIENCE_S):
                await turn.come
        except TimeoutError:
            self.give_back(turn)
            return None
        except BaseException:
            self.give_back(turn)
            raise
        return turn

    def give_back(self, turn: Turn) -> None:
        """Want a turn no more, whether or not it has come."""
        (self._held if turn in self._held else self._waiting).remove(turn)
        self._pass_on()

    def _pass_on(self) -> None:
        for turn in tuple(self._waiting):
            if len(self._held) < AT_ONCE and sum(each.user == turn.user for each in self._held) < OF_ONE_USER:
                self._waiting.remove(turn)
                self._held.append(turn)
                turn.begun_s = asyncio.get_running_loop().time()
                turn.come.set_result(None)
        is_full = len(self._held) >= AT_ONCE
        for turn in self._held:
            turn.want(any(is_full or each.user == turn.user for each in self._waiting))
