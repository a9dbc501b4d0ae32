# SPDX-License-Identifier: BSD-3-Clause
"""Spans of time in words."""

from __future__ import annotations

from datetime import datetime, timedelta


def age(time: datetime, now: datetime) -> str:
    """How long before `now` that was, in the largest unit of which there are at least two: "3 years", "20 days"."""
    return span(now - time)


def span(passed: timedelta) -> str:
    """A span in the largest unit of which there are at least two; a negative one counts as none."""
    passed = max(passed, timedelta())
    for name, days in (("year", 365.25), ("month", 30.44), ("day", 1.0)):
        if passed.days >= 2 * days:
            return f"{int(passed.days / days)} {name}s"
    hours = int(passed.total_seconds() // 3600)
    return f"{hours} hour" if hours == 1 else f"{hours} hours"
