# SPDX-License-Identifier: BSD-3-Clause
"""How long a body that has begun may be silent before it is asked for again.

A server that has sent the beginning of a small file has the rest of it at hand: it follows within a round trip. The
estimate is that of TCP's retransmission timer (RFC 6298), over the time from a request to the first byte of its body;
each time that the same URL stalls it is given four times as long, up to the time-out.
"""

from __future__ import annotations

_SHORTEST_S = 0.1
"""Below that it is the scheduler, not the server, that one would wait for."""
_LARGE_BYTES = 256 << 10
_SHORTEST_LARGE_S = 1.0
"""Asking for a large body again costs more than a little patience."""


class Patience:
    """The estimate for one origin."""

    __slots__ = ("_deviation_s", "_mean_s", "_stalls")

    def __init__(self) -> None:
        self._mean_s = 0.0
        self._deviation_s = 0.0
        self._stalls: dict[str, int] = {}

    def learn(self, answer_s: float) -> None:
        """An answer began after so many seconds."""
        if not self._mean_s:
            self._mean_s, self._deviation_s = answer_s, answer_s / 2
        else:
            error_s = answer_s - self._mean_s
            self._mean_s += error_s / 8
            self._deviation_s += (abs(error_s) - self._deviation_s) / 4

    def stalled(self, target: str) -> None:
        """The body at `target` was given up."""
        self._stalls[target] = self._stalls.get(target, 0) + 1

    def small_s(self) -> float:
        """Nothing is given up before so many seconds of silence."""
        return max(_SHORTEST_S, self._mean_s + 4 * self._deviation_s)

    def limit_s(self, target: str, size_bytes: int) -> float:
        """How long the body at `target`, of so many bytes in all (0 if nobody knows), may be silent."""
        least_s = _SHORTEST_LARGE_S if size_bytes > _LARGE_BYTES else 0.0
        return float(max(self.small_s(), least_s) * 4 ** self._stalls.get(target, 0))
