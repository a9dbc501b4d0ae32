# SPDX-License-Identifier: BSD-3-Clause
"""A range of a module index: the versions that it has seen since a time, in the order in which it saw them.

    GET URL?since=2019-04-10T19:08:52.997264Z&limit=2000

    {"Path":"golang.org/x/text","Version":"v0.3.0","Timestamp":"2019-04-10T19:08:52.997264Z"}

An answer has 2,000 lines at most, and begins with `since` itself, so the last line of one is the first of the next.

Source: index.golang.org, "Go Module Index".
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import MAXYEAR, timedelta
from urllib.parse import quote

from govgo.core.events.event import format_time_us, time_us_of
from govgo.core.golib import url as gourl
from govgo.core.golib.time import parse_rfc3339
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.module.paths import check
from govgo.core.records import NamedTuple
from govgo.core.safetext import one_line
from govgo.errors import InputError, NetworkError

MAX_LINES = 2000
MAX_PAGE_BYTES = 8 << 20
_FIRST_STEP_US = 3_600_000_000
_NEAR_US = 1_000_000
_LAST_US = 253_370_764_800_000_000  # the year 9999
_MOST_STEPS = 64
"""So many questions are asked for the end of an index; those from an hour to a second, or to an age, are fewer."""

Fetch = Callable[[str, int], Awaitable[bytes]]
"""`fetch(url, limit_bytes)`.  Raises NotFoundError, UnavailableError."""


class IndexRange(NamedTuple):
    """Versions that an index has seen.

    Attributes:
        modules: each once.
        passed_over: how many lines name no version that a proxy can have.
        next: the time to go on from now.
        settled: the time to go on from later: the last one that is not to come, "" for none. A line whose time is to
            come may have a fast clock behind it, and then others come before it.
        crowded: the last time with more lines than an answer can have, of which the rest is not seen; "" for none.
    """

    modules: tuple[ModuleVersion, ...]
    passed_over: int
    next: str
    crowded: str = ""
    settled: str = ""


async def newest_time(fetch: Fetch, url: str, now_us: int) -> str:
    """The time of the newest line of an index as the index has it, "" for an index without lines.

    An index cannot be asked for its end. So a time is looked for behind which there are some lines, and less than an
    answer has. Where the search begins is a guess: a clock that is wrong by hours costs a few more questions. In an
    index that grows meanwhile, or does not answer as it should, the newest line that was seen counts: whoever goes on
    from there sees some lines too many, and misses none.

    Args:
        fetch, url: as of `read_range`.
        now_us: about what time it is, in microseconds since the epoch.

    Raises:
        As `read_range`.
    """
    low = high = -1  # there are lines at or behind `low`, and none from `high` on
    step_us, asked = _FIRST_STEP_US, max(0, now_us - _FIRST_STEP_US)
    newest, newest_us = "", -1
    for _ in range(_MOST_STEPS):
        entries = await _page(fetch, url, format_time_us(asked), MAX_LINES)
        for _, _, time in entries:
            if (time_us := _us(time)) > newest_us:
                newest, newest_us = time, time_us
        if entries:
            low = max(asked, newest_us)
        else:
            high = asked
        if 0 < len(entries) < MAX_LINES or high == 0 or low == _LAST_US or -1 < high <= low + _NEAR_US:
            break
        if low >= 0 and high >= 0:
            asked = (low + high) // 2
        else:
            asked = min(low + step_us, _LAST_US) if entries else max(0, high - step_us)
            step_us *= 2
    return newest


async def read_range(fetch: Fetch, url: str, since: str, limit: int, now_us: int) -> IndexRange:
    """Read a range of an index.

    Args:
        fetch: gets URLs.
        url: that of the index.
        since: RFC 3339, "" for the beginning.
        limit: so many lines are read at most.
        now_us: what time it is, in microseconds since the epoch.

    Raises:
        UsageError: `url` is not a URL.
        NetworkError: an answer is no part of an index.
        NotFoundError, UnavailableError: there is no answer.
    """
    found: dict[ModuleVersion, None] = {}
    seen: set[tuple[str, str, str]] = set()
    passed_over = 0
    crowded, settled, whole = "", "", False
    while whole or len(seen) < limit:
        asked = MAX_LINES if whole else min(MAX_LINES, limit - len(seen) + (1 if seen else 0))
        entries = await _page(fetch, url, since, asked)
        is_full, is_of_one_time = len(entries) >= asked, all(time == since for _, _, time in entries)
        fresh = [entry for entry in entries if entry not in seen]
        now = [entry for entry in fresh if whole and entry[2] == since]
        room = max(int(whole), limit - len(seen) - len(now))  # one that leads further, whatever the limit
        for entry in (*now, *fresh[len(now) :][:room]):
            seen.add(entry)
            mod, since = ModuleVersion(*entry[:2]), entry[2]
            settled = since if not is_to_come(since, now_us) else settled
            try:
                check(*mod)
            except InputError:
                passed_over += 1
            else:
                found[mod] = None
        passed_by = is_full and is_of_one_time and asked >= MAX_LINES
        if passed_by:
            crowded, since = since, _next_time(since)
            settled = since if settled == crowded else settled
        # Else who goes on from there would get the same lines forever: a larger answer may reach further.
        whole = is_full and is_of_one_time and not passed_by
        if not is_full or not (fresh or whole or passed_by) or since == crowded:
            break
    return IndexRange(tuple(found), passed_over, since, crowded, settled)


def is_to_come(time: str, now_us: int) -> bool:
    """Whether a time of a line is in the future."""
    return time_us_of(parse_rfc3339(time)) > now_us


def _us(time: str) -> int:
    """Microseconds since the epoch; 0 for a year in which no index has seen anything."""
    parsed = parse_rfc3339(time)
    return max(0, time_us_of(parsed)) if 1 < parsed.year < 9999 else 0


async def _page(fetch: Fetch, url: str, since: str, limit: int) -> list[tuple[str, str, str]]:
    """The lines of one answer, as (path, version, time)."""
    base = gourl.parse(url)
    base = base._replace(path=base.path or "/", fragment="")
    query = [
        *([base.query] if base.query else []),
        *([f"since={quote(since, safe='')}"] if since else []),
        f"limit={limit}",
    ]
    data = await fetch(str(base._replace(query="&".join(query))), MAX_PAGE_BYTES)
    return [_entry(gourl.mask(url), line) for line in data.split(b"\n") if line.strip()]


def _next_time(time: str) -> str:
    """The time behind a time; the same where there is none."""
    if parse_rfc3339(time).year == MAXYEAR:
        return time
    return (parse_rfc3339(time) + timedelta(microseconds=1)).isoformat().replace("+00:00", "Z")


def _entry(url: str, line: bytes) -> tuple[str, str, str]:
    """(path, version, time) of a line."""
    try:
        entry = json.loads(line)
        path, version, time = entry["Path"], entry["Version"], entry["Timestamp"]
        if not (isinstance(path, str) and isinstance(version, str)):
            raise ValueError
        parse_rfc3339(time)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, InputError):
        shown = one_line(line[:100].decode("utf-8", "replace"))
        raise NetworkError(f"{url}: not a line of a module index: {shown}", url=url) from None
    return path, version, time
