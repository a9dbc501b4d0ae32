# SPDX-License-Identifier: BSD-3-Clause
"""Which requests are tried again, and after what pause.

Tried again are those that got no connection, whose connection broke, whose body ended early or stalled, and answers
that may be different later: 408, 425, 429 and 5xx but for 501 and 505 (RFC 9110, section 15; RFC 8470; RFC 6585). Any
other answer is final, such as 403, 404 or 410.

    pause before try n + 2 = base_s * 2**n * (a random number from 0.5 to 1)       or what Retry-After says

The random part keeps requests that failed together from coming again together.
"""

from __future__ import annotations

from govgo.adapters.http.engine import Fault
from govgo.core.records import NamedTuple
from govgo.core.typehints import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

_STATUSES = frozenset({408, 425, 429})
_FINAL_STATUSES = frozenset({501, 505})
# How often a fault of this kind is tried again at most, whatever the policy allows: a time-out has cost much already,
# and while a connection was waited for, TCP has tried again by itself. A certificate that is not trusted will not be
# trusted the next time.
_FAULT_TRIES = {
    Fault.CONNECT: 1,
    Fault.CONNECT_TIMEOUT: 0,
    Fault.TIMEOUT: 1,
    Fault.OVERDUE: 0,
    Fault.DEAD: 0,
    Fault.PROTOCOL: 1,
    Fault.TLS: 0,
    Fault.SETTING: 0,
}

# Faults of one connection, not of the server: another try is worth it at once.
_AT_ONCE = frozenset({Fault.CUT, Fault.STALL})
UNCOUNTED = frozenset({Fault.UNHEARD})
"""Tries that do not count: the server knows nothing of them, so that no pause spares it; `pace` bounds their number."""


class RetryPolicy(NamedTuple):
    """How often a request is tried again, and after what pauses.

    Attributes:
        retries: how many tries there are after the first.
        base_s: the first pause; each next one is twice as long.
        longest_s: no pause is longer; a server whose Retry-After asks for more is not asked again.
    """

    retries: int = 4
    base_s: float = 0.1
    longest_s: float = 30.0

    def pause_for_status(self, status: int, retry_after: str, attempt: int) -> float | None:
        """The pause in seconds before the try after number `attempt` (from 0), None not to try again."""
        if attempt >= self.retries or status in _FINAL_STATUSES:
            return None
        if status not in _STATUSES and status < 500:
            return None
        asked_s = parse_retry_after(retry_after)
        if asked_s is None:
            return self._pause(attempt)
        return asked_s if asked_s <= self.longest_s else None

    def pause_for_fault(self, fault: Fault, attempt: int) -> float | None:
        """As `pause_for_status`, for a transfer that failed."""
        if fault in UNCOUNTED:
            return 0.0
        if attempt >= min(self.retries, _FAULT_TRIES.get(fault, self.retries)):
            return None
        if attempt == 0 and fault in _AT_ONCE:
            return 0.0
        return self._pause(attempt)

    def _pause(self, attempt: int) -> float:
        import random

        return min(self.longest_s, self.base_s * float(1 << attempt)) * (0.5 + random.random() / 2)


def parse_retry_after(value: str, now: datetime | None = None) -> float | None:
    """Seconds that a Retry-After header asks for (RFC 9110, section 10.2.3); None when it says nothing usable."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])  # more digits say no more than that it will not be
    if not value:
        return None
    from datetime import UTC, datetime
    from email.utils import parsedate_to_datetime

    try:
        at = parsedate_to_datetime(value)
    except (ValueError, OverflowError):  # the latter for numbers that no date has
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return max(0.0, (at - (now or datetime.now(UTC))).total_seconds())
