# SPDX-License-Identifier: BSD-3-Clause
"""Ages as people write them: "14d", "2w", or a duration of Go."""

from __future__ import annotations

import re
from datetime import timedelta

from govgo.core.golib.time import parse_duration
from govgo.core.lazyregex import late
from govgo.errors import InputError

_DAYS = late(r"(\d{1,6})([dw])", re.ASCII)


def parse_age(text: str) -> timedelta:
    """A span such as "14d", "2w" or, as Go writes durations, "36h".

    Raises:
        InputError: it is none, or negative.
    """
    match = _DAYS.fullmatch(text)
    if match is not None:
        return timedelta(days=int(match[1]) * (7 if match[2] == "w" else 1))
    try:
        seconds = parse_duration(text)
        if seconds >= 0:
            return timedelta(seconds=seconds)
    except (InputError, OverflowError):
        pass
    raise InputError(f"{text!r} is not an age: want days as in 14d, weeks as in 2w, or a duration as in 36h")


def age_text(age: timedelta) -> str:
    """A span in words: days, or hours where it is shorter than two days."""
    return f"{age.days} days" if age.days >= 2 else f"{int(age.total_seconds() // 3600)} hours"
