# SPDX-License-Identifier: BSD-3-Clause
"""Times in the layouts of Go's package time, which are written as the time Mon Jan 2 15:04:05 MST 2006.

    format_time(time, "2006-01-02T15:04")      2024-05-06T07:08
    parse_duration("1h2m3.5s")                 3723.5

Source of the rules: the documentation of package time, "Constants", time.Time.Format and time.ParseDuration.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo

from govgo.core.golib.quote import quote
from govgo.core.lazyregex import late
from govgo.errors import InputError


class Instant(datetime):
    """A datetime with the nanoseconds that Go's time.Time holds, and a datetime does not: 0 to 999 of them.

    What is computed from it (`replace`, a difference) has none.
    """

    nanoseconds = 0

    @classmethod
    def of(cls, time: datetime, nanoseconds: int) -> Instant:
        """`time`, and that many nanoseconds."""
        instant = cls.combine(time.date(), time.timetz())
        instant.nanoseconds = nanoseconds
        return instant

    def astimezone(self, tz: tzinfo | None = None) -> Instant:
        """The same instant in another time zone."""
        return Instant.of(super().astimezone(tz), self.nanoseconds)


_RFC3339 = tuple(
    (element, late(pattern, re.ASCII))
    for element, pattern in (
        ("2006", r"\d{4}"),
        ("-", "-"),
        ("01", r"\d\d"),
        ("-", "-"),
        ("02", r"\d\d"),
        ("T", "T"),
        ("15", r"\d\d?"),
        (":", ":"),
        ("04", r"\d\d"),
        (":", ":"),
        ("05", r"\d\d"),
        ("", r"(?:[.,]\d+)?"),
        ("Z07:00", r"Z|[+-]\d\d:\d\d"),
    )
)
"""The elements of RFC 3339, and what stands for them."""
_RFC3339_TIME = late(r"(\d{4}-\d\d-\d\d)T(\d\d?):(\d\d:\d\d)(?:[.,](\d+))?(Z|[+-]\d\d:\d\d)\Z", re.ASCII)


def nanosecond(time: datetime) -> int:
    """The fraction of a second in nanoseconds (time.Time.Nanosecond)."""
    return time.microsecond * 1000 + (time.nanoseconds if isinstance(time, Instant) else 0)


STRING_LAYOUT = "2006-01-02 15:04:05.999999999 -0700 MST"
"""The layout of time.Time's String method."""

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

_ELEMENT = late(
    r"January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|2006|__2|_2(?!006)|002|0[1-6]|15|PM|pm"
    r"|Z07:00:00|Z070000|Z07:00|Z0700|Z07|-07:00:00|-070000|-07:00|-0700|-07|[.,](?:0+|9+)(?![0-9])|[1-5]"
)

_UNITS = {"ns": 1e-9, "us": 1e-6, "\u00b5s": 1e-6, "\u03bcs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = late(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)", re.ASCII)
# The longest duration of package time, 2**63 - 1 nanoseconds.
_LONGEST_S = 9223372036.854775807


def parse_duration(text: str) -> float:
    """The seconds of a duration such as "10m", "1h30m" or "1.5s"; "0" needs no unit.

    Raises:
        InputError: it is none.
    """
    rest = text.removeprefix("-") if text.startswith("-") else text.removeprefix("+")
    seconds = 0.0
    if rest != "0":
        at = 0
        while found := _PART.match(rest, at):
            seconds += float(found[1]) * _UNITS[found[2]]
            at = found.end()
        if not rest or at < len(rest) or seconds > _LONGEST_S:
            raise InputError(f"time: invalid duration {quote(text)}")
    return -seconds if text.startswith("-") else seconds


def parse_rfc3339(text: str) -> datetime:
    """A time such as 2024-05-06T07:08:09.5+02:00 (time.Parse with time.RFC3339).

    As in Go, the hour may have one digit, a comma may stand before the fraction, and its first nine digits count.

    Raises:
        InputError: with Go's sentence. Years and offsets that a datetime cannot hold are refused, too.
    """
    time = read_rfc3339(text)
    if time is None:
        raise InputError(_rfc3339_fault(text))
    return time


def read_rfc3339(text: str) -> datetime | None:
    """As `parse_rfc3339`; None for what that refuses."""
    found = _RFC3339_TIME.match(text)
    if found is None or int(found[2]) > 23:  # some releases of Python read 24:00 as the next day
        return None
    day, hour, clock, fraction, zone = found.groups("")
    digits = fraction[:9].ljust(9, "0")
    try:
        time = datetime.fromisoformat(f"{day}T{hour:0>2}:{clock}.{digits[:6]}{zone}")
    except ValueError:
        return None
    return Instant.of(time, int(digits[6:])) if digits[6:] != "000" else time


def _rfc3339_fault(text: str) -> str:
    """What is wrong with a time that `read_rfc3339` refuses."""
    values: list[str] = []
    rest = text
    for element, pattern in _RFC3339:
        found = pattern.match(rest)
        if found is None:
            return _cannot_parse(text, rest, element)
        values.append(found[0])
        rest = rest[found.end() :]
    year, _, month, _, day, _, hour, _, minute, _, second, _, _ = values
    for name, value, lowest, highest in (
        ("month", month, 1, 12),
        ("day", day, 1, 31),
        ("hour", hour, 0, 23),
        ("minute", minute, 0, 59),
        ("second", second, 0, 59),
    ):
        if not lowest <= int(value) <= highest:
            return f"parsing time {quote(text)}: {name} out of range"
    if rest:
        return f"parsing time {quote(text)}: extra text: {quote(rest)}"
    try:
        datetime(int(year), int(month), int(day))
    except ValueError as error:
        if "day" in str(error):
            return f"parsing time {quote(text)}: day out of range"
    return _cannot_parse(text, text, "2006")


def _cannot_parse(text: str, rest: str, element: str) -> str:
    return f'parsing time {quote(text)} as "2006-01-02T15:04:05Z07:00": cannot parse {quote(rest)} as "{element}"'


def format_time(time: datetime, layout: str) -> str:
    """`time` in `layout` (time.Time.Format).

    Args:
        time: a time with a time zone.
    """
    return _ELEMENT.sub(lambda match: _element(time, match[0]), layout)


def string(time: datetime) -> str:
    """`time` as Go prints it by default (time.Time.String)."""
    return format_time(time, STRING_LAYOUT)


_FORMS: dict[str, Callable[[datetime], str]] = {
    "January": lambda t: MONTHS[t.month - 1],
    "Jan": lambda t: MONTHS[t.month - 1][:3],
    "Monday": lambda t: WEEKDAYS[t.weekday()],
    "Mon": lambda t: WEEKDAYS[t.weekday()][:3],
    "MST": lambda t: zone_name(t),
    "2006": lambda t: f"{t.year:04d}",
    "__2": lambda t: f"{_day_of_year(t):3d}",
    "002": lambda t: f"{_day_of_year(t):03d}",
    "_2": lambda t: f"{t.day:2d}",
    "01": lambda t: f"{t.month:02d}",
    "02": lambda t: f"{t.day:02d}",
    "03": lambda t: f"{(t.hour + 11) % 12 + 1:02d}",
    "04": lambda t: f"{t.minute:02d}",
    "05": lambda t: f"{t.second:02d}",
    "06": lambda t: f"{t.year % 100:02d}",
    "15": lambda t: f"{t.hour:02d}",
    "PM": lambda t: "PM" if t.hour >= 12 else "AM",
    "pm": lambda t: "pm" if t.hour >= 12 else "am",
    "1": lambda t: str(t.month),
    "2": lambda t: str(t.day),
    "3": lambda t: str((t.hour + 11) % 12 + 1),
    "4": lambda t: str(t.minute),
    "5": lambda t: str(t.second),
}


def _element(time: datetime, element: str) -> str:
    form = _FORMS.get(element)
    if form is not None:
        return form(time)
    if element[0] in ".,":
        digits = f"{nanosecond(time):09d}"[: len(element) - 1]
        if element[1] == "9":
            digits = digits.rstrip("0")
            return element[0] + digits if digits else ""
        return element[0] + digits
    return _offset(time, element)


def _day_of_year(time: datetime) -> int:
    return time.timetuple().tm_yday


def _seconds(time: datetime) -> int:
    return int((time.utcoffset() or timedelta()).total_seconds())


def _offset(time: datetime, element: str) -> str:
    """The offset from UTC for `Z07:00`, `-0700` and the like: hours, then the minutes and seconds that it has."""
    seconds = _seconds(time)
    if element[0] == "Z" and seconds == 0:
        return "Z"
    sign, seconds = ("-", -seconds) if seconds < 0 else ("+", seconds)
    parts = [seconds // 3600, seconds // 60 % 60, seconds % 60]
    shown = parts[: (len(element) - 1 - element.count(":")) // 2]
    return sign + (":" if ":" in element else "").join(f"{part:02d}" for part in shown)


def zone_name(time: datetime) -> str:
    """The abbreviation of the time zone: "UTC", else the offset, as Go prints it for a zone without a name."""
    return "UTC" if _seconds(time) == 0 else _offset(time, "-0700")
