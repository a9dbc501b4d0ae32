# SPDX-License-Identifier: BSD-3-Clause
"""How long a request may take: until its answer begins, while the body comes, and in all. Both engines ask here.

    before the body begins     `answer_s`, however many header bytes come: a proxy may be fetching the module itself
    while the body comes       in every `stall_s` at least `least_rate` bytes per second, as with curl's --speed-limit
    all tries of a request     `total_s`, and longer only while `steady_rate` is kept on average

A server may have dropped a connection that this system takes for open, since no place was free for it. Such a try is
*unheard*: nothing that it sent was acknowledged. It ends soon, for another one on another connection, up to
`len(UNHEARD_S)` times; then it waits as any other.

A try that is silent for longer than expected, but not for too long, is *late*: another request is made beside it
(`fetch`), because where one body in fifty stalls, waiting for a limit makes a command fifteen times as slow
(docs/design/network.md).

A command that wants to know soon waits only briefly for servers that show no sign of being there: packets are
dropped on the way, or no name server answers. TCP asks again after a second (RFC 6298, section 2), and a round trip by
satellite takes 0.6 s. So that a lost packet does not count as a dead network, there are `PATIENCE_S` seconds from the
first request on, and again from the first one after a server has answered. When an origin is first asked, it gets
three fifths of what is left of them, and `_LEAST_PATIENCE_S` at least:

    2.4 s    the first: after a lost packet, and the second until it is noticed, TLS may take two round trips of 0.6 s
    1.0 s    the next one, if the first was silent; then 0.4 s

However many there are, a dead network is known within five seconds. An origin has answered when it has acknowledged
something; with TLS when it has sent something, since nothing in a handshake takes a server long. From then on its
limits are those above: a proxy may be fetching the module itself. One that has not answered in time is not waited for
again.

What such a command does on this machine alone takes time, too, perhaps more than all the waiting. If no server has
answered, it ends in an error whatever that finds. So it asks servers first, and begins nothing more when `ENOUGH_S`
seconds have passed since it was started (`Patience.is_over`).
"""

from __future__ import annotations

import time
from collections.abc import Callable

from govgo.adapters.disk.system import Sign
from govgo.adapters.http.engine import Fault, Timeouts, TransferError

WATCH_S = 0.05
"""How often an engine asks for the verdict on what it waits for, in seconds."""

_SHORTEST_S = 0.1
"""No silence is late before this, in seconds: a shorter one can be due to this process not running meanwhile."""
_SHORTEST_LARGE_S = 1.0
"""The same for a large body, in seconds: asking for it again costs more than waiting."""
LARGE_BYTES = 256 << 10
UNHEARD_S = (0.4, 0.8, 1.6, 3.2)
"""After so many seconds the first, second, … try of a request ends if it is unheard."""
_LATER = 4
"""Each time that a request is late, the next time takes so many times as long."""

PATIENCE_S = 4.0
_SHARE = 0.6
_LEAST_PATIENCE_S = 0.3
_GRACE_S = 0.6
ENOUGH_S = 4.4


class ExpectedSilence:
    """How long the body of an answer of one origin may be silent before it is late.

    A server that has sent the beginning of a small file has the rest ready: it follows within a round trip. So the
    limit is estimated as TCP estimates its retransmission time-out (RFC 6298), from the times between a request and
    the first byte of its body: mean + 4 deviations.
    """

    __slots__ = ("_deviation_s", "_mean_s")

    def __init__(self) -> None:
        self._mean_s = 0.0
        self._deviation_s = 0.0

    def observe(self, answer_s: float) -> None:
        """Record that a body began `answer_s` seconds after its request."""
        if not self._mean_s:
            self._mean_s, self._deviation_s = answer_s, answer_s / 2
        else:
            # RFC 6298, section 2.3, with its alpha = 1/8 and beta = 1/4.
            error_s = answer_s - self._mean_s
            self._mean_s += error_s / 8
            self._deviation_s += (abs(error_s) - self._deviation_s) / 4

    def limit_s(self, *, large: bool) -> float:
        """The limit in seconds, for a large body or a small one."""
        return max(_SHORTEST_LARGE_S if large else _SHORTEST_S, self._mean_s + 4 * self._deviation_s)


class Patience:
    """That of one command, shared by all its clients."""

    __slots__ = ("_began_s", "_is_heard", "_is_lost", "_origins", "_total_s", "_until_s")

    def __init__(self, total_s: float, began_s: float | None = None) -> None:
        """Nobody has been asked yet; the command began at `began_s`, as `time.monotonic` has it, None for now."""
        self._began_s = time.monotonic() if began_s is None else began_s
        self._is_heard = self._is_lost = False
        self._total_s = total_s
        self._until_s: float | None = None
        self._origins: dict[str, Origin] = {}

    def of(self, origin: str) -> Origin:
        """What is known of an origin, `scheme://host:port`."""
        enough = Sign.ANSWERED if origin.startswith("https:") else Sign.ACKNOWLEDGED
        return self._origins.setdefault(origin, Origin(self, enough))

    def next_s(self, now_s: float) -> float:
        """Until when an origin is waited for that is asked now."""
        if self._until_s is None:
            self._until_s = now_s + self._total_s
        return now_s + max((self._until_s - now_s) * _SHARE, _LEAST_PATIENCE_S)

    def heard(self) -> None:
        """A server has answered: the time for finding one starts again."""
        self._is_heard = True
        self._until_s = None

    def lost(self) -> None:
        """An origin was not heard of in time."""
        self._is_lost = True

    def is_over(self) -> bool:
        """Whether the network is dead, and the command that found out should end."""
        return self._is_lost and not self._is_heard and time.monotonic() - self._began_s > ENOUGH_S


class Origin:
    """Whether an origin was heard of, and until when that is waited for."""

    __slots__ = ("_enough", "_grace_until_s", "_patience", "_until_s", "is_heard")

    def __init__(self, patience: Patience, enough: Sign) -> None:
        self._patience = patience
        self._enough = enough
        self._until_s: float | None = None
        self._grace_until_s: float | None = None
        self.is_heard = False

    def asked(self, now_s: float) -> None:
        """A request is sent there."""
        if self._until_s is None:
            self._until_s = self._patience.next_s(now_s)

    def heard(self) -> None:
        """It has answered."""
        self.is_heard = True
        self._patience.heard()

    def is_dead(self, now_s: float, sign: Callable[[], Sign] | None, *, listened: bool = True) -> bool:
        """Whether it has shown no sign in time.

        Args:
            now_s: the time, as `time.monotonic` has it.
            sign: that of the connection of one request, None for none.
            listened: as for `Pace.verdict`. If not, what is due may not have been sent, nor an answer have been read.
                So there is some more time, once: on a busy machine a process may be late each time.
        """
        if self.is_heard:
            return False
        if sign is not None and sign() >= self._enough:
            self.heard()
            return False
        if self._until_s is None or now_s <= self._until_s:
            return False
        if not listened:
            if self._grace_until_s is None:
                self._grace_until_s = now_s + _GRACE_S
            if now_s <= self._grace_until_s:
                return False
        self._patience.lost()
        return True


class Pace:
    """The time that one try of a request takes, and what is too much.

    The engine calls `start` when it sends the request, `received` for each piece of the body, and `verdict` every
    `WATCH_S` seconds.

    Attributes:
        extra: header lines of this try alone.
        late: called when the try is late; may return the error that ends it.
        begun: whether the body has begun.
        large: whether the body is known to be large.
        fault: the error that ends the try at the next verdict.
        asked: who is asked, for a command that does not wait long for a sign of them; None for one that does.
    """

    __slots__ = (
        "_expected",
        "_first_s",
        "_late_factor",
        "_limits",
        "_mark_s",
        "_mark_size",
        "_moved_s",
        "_size",
        "_started_s",
        "_unheard",
        "asked",
        "begun",
        "extra",
        "fault",
        "large",
        "late",
    )

    def __init__(
        self, limits: Timeouts, expected: ExpectedSilence, late: Callable[[], TransferError | None] | None = None
    ) -> None:
        """The pace of the first try of a request."""
        self._limits = limits
        self._expected = expected
        self._first_s = self._started_s = self._moved_s = self._mark_s = 0.0
        self._size = self._mark_size = 0
        self._late_factor = 1
        self._unheard = 0
        self.late = late
        self.extra: tuple[str, ...] = ()
        self.begun = self.large = False
        self.fault: TransferError | None = None
        self.asked: Origin | None = None

    def again(self, late: Callable[[], TransferError | None] | None) -> Pace:
        """The pace of another try of the same request; its total time is that of the request."""
        other = Pace(self._limits, self._expected, late)
        other._first_s, other._size, other._mark_size = self._first_s, self._size, self._size
        other._late_factor, other._unheard = self._late_factor, self._unheard
        other.large = self.large
        return other

    def start(self) -> None:
        """A request is sent, perhaps the next one of a redirect."""
        self._started_s = self._moved_s = time.monotonic()
        self.begun = False
        if not self._first_s:
            self._first_s = self._started_s
        if self.asked is not None:
            self.asked.asked(self._started_s)

    def received(self, size: int) -> None:
        """So many bytes of the body have come."""
        self._moved_s = now_s = time.monotonic()
        if not self.begun:
            self.begun = True
            self._expected.observe(now_s - self._started_s)
            self._mark_s = now_s
        self._size += size

    def hold(self, now_s: float) -> None:
        """The body waits for its reader, not for the server."""
        self._moved_s = self._mark_s = now_s
        self._mark_size = self._size

    def verdict(self, now_s: float, *, listened: bool, sign: Callable[[], Sign] | None = None) -> TransferError | None:
        """The error of a try that has taken too long, None for any other.

        Args:
            now_s: the time, as `time.monotonic` has it.
            listened: whether this process was free to read what came. If not, silence is not a sign of a late try.
            sign: what is known of the other end of the connection that was opened for the try; None for none.
        """
        if self.fault is not None:
            return self.fault
        limits = self._limits
        if now_s - self._first_s > limits.total_s + self._size / limits.steady_rate:
            return TransferError(Fault.OVERDUE, f"{_DEADLINE} in all)")
        if not self.begun:
            if now_s - self._started_s > limits.answer_s:
                return TransferError(Fault.TIMEOUT, f"{_DEADLINE} while awaiting headers)")
            if self.asked is not None and self.asked.is_dead(now_s, sign, listened=listened):
                return TransferError(Fault.DEAD, f"{_DEADLINE} before any sign of the server)")
            if listened and self._is_unheard(now_s, sign):
                return TransferError(Fault.UNHEARD, f"{_DEADLINE} while the server takes no connection)")
        elif self._is_slow(now_s):
            return TransferError(Fault.TIMEOUT, f"{_DEADLINE} while reading body)")
        if self.late is not None and listened and now_s - self._moved_s > self._expected_s():
            self._late_factor *= _LATER
            return self.late()
        return None

    def _is_unheard(self, now_s: float, sign: Callable[[], Sign] | None) -> bool:
        if self._unheard >= len(UNHEARD_S) or now_s - self._started_s <= UNHEARD_S[self._unheard]:
            return False
        if sign is None or sign() is not Sign.UNHEARD:
            return False
        self._unheard += 1
        return True

    def _expected_s(self) -> float:
        expected_s = self._expected.limit_s(large=self.large) if self.begun else self._limits.late_s
        return expected_s * self._late_factor

    def _is_slow(self, now_s: float) -> bool:
        limits = self._limits
        if now_s - self._moved_s > limits.stall_s:
            return True
        if now_s - self._mark_s <= limits.stall_s:
            return False
        slow = self._size - self._mark_size < limits.least_rate * (now_s - self._mark_s)
        self._mark_s, self._mark_size = now_s, self._size
        return slow


# As net/http words it.
_DEADLINE = "context deadline exceeded (Client.Timeout exceeded"
