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
from datetime import timedelta
from urllib.parse import quote

from govgo.core.foreign import one_line
from govgo.core.golib import url as gourl
from govgo.core.golib.time import parse_rfc3339
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.module.paths import check
from govgo.core.records import NamedTuple
from govgo.errors import InputError, NetworkError

MAX_LINES = 2000
MAX_PAGE_BYTES = 8 << 20

Fetch = Callable[[str, int], Awaitable[bytes]]
"""`fetch(url, limit_bytes)`.  Raises NotFoundError, UnavailableError."""


class IndexRange(NamedTuple):
    """Versions that an index has seen.

    Attributes:
        modules: each once.
        passed_over: how many lines name no version that a proxy can have.
        next: the time to go on from.
        crowded: the last time with more lines than an answer can have, of which the rest is not seen; "" for none.
    """

    modules: tuple[ModuleVersion, ...]
    passed_over: int
    next: str
    crowded: str = ""


async def read_range(fetch: Fetch, url: str, since: str, limit: int) -> IndexRange:
    """Read a range of an index.

    Args:
        fetch: gets URLs.
        url: that of the index.
        since: RFC 3339, "" for the beginning.
        limit: so many lines are read at most.

    Raises:
        UsageError: `url` is not a URL.
        NetworkError: an answer is no part of an index.
        NotFoundError, UnavailableError: there is no answer.
    """
    base = gourl.parse(url)
    base = base._replace(path=base.path or "/", fragment="")
    found: dict[ModuleVersion, None] = {}
    seen: set[tuple[str, str, str]] = set()
    passed_over = 0
    crowded, whole = "", False
    while whole or len(seen) < limit:
        asked = MAX_LINES if whole else min(MAX_LINES, limit - len(seen) + (1 if seen else 0))
        query = [
            *([base.query] if base.query else []),
            *([f"since={quote(since, safe='')}"] if since else []),
            f"limit={asked}",
        ]
        data = await fetch(str(base._replace(query="&".join(query))), MAX_PAGE_BYTES)
        entries = [_entry(gourl.mask(url), line) for line in data.split(b"\n") if line.strip()]
        is_full, is_of_one_time = len(entries) >= asked, all(time == since for _, _, time in entries)
        fresh = [entry for entry in entries if entry not in seen]
        now = [entry for entry in fresh if whole and entry[2] == since]
        room = max(int(whole), limit - len(seen) - len(now))  # one that leads further, whatever the limit
        for entry in (*now, *fresh[len(now) :][:room]):
            seen.add(entry)
            mod, since = ModuleVersion(*entry[:2]), entry[2]
            try:
                check(*mod)
            except InputError:
                passed_over += 1
            else:
                found[mod] = None
        passed_by = is_full and is_of_one_time and asked >= MAX_LINES
        if passed_by:
            crowded, since = since, _next_time(since)
        # Else who goes on from there would get the same lines forever: a larger answer may reach further.
        whole = is_full and is_of_one_time and not passed_by
        if not is_full or not (fresh or whole or passed_by):
            break
    return IndexRange(tuple(found), passed_over, since, crowded)


def _next_time(time: str) -> str:
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
