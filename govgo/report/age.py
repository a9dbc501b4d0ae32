# SPDX-License-Identifier: BSD-3-Clause
"""Spans of time in words."""

from __future__ import annotations

from datetime import datetime, timedelta


def age(time: datetime, now: datetime) -> str:
    """How long before `now` that was, in the largest unit of which there are at least two: "3 years", "20 days"."""
    return span(now - time)


def span(passed: timedelta) -> str:
    """A span in the largest unit of which there are at least two; a negative one counts as none."""
    number, unit = _largest(passed)
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


def short(passed: timedelta) -> str:
    """As `span`, for narrow columns: "3y", "11mo", "20d", "5h"."""
    number, unit = _largest(passed)
    return f"{number}{'mo' if unit == 'month' else unit[0]}"


def _largest(passed: timedelta) -> tuple[int, str]:
    passed = max(passed, timedelta())
    for unit, days in (("year", 365.25), ("month", 30.44), ("day", 1.0)):
        if passed.days >= 2 * days:
            return int(passed.days / days), unit
    return int(passed.total_seconds() // 3600), "hour"
