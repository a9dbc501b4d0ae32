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
    """

    modules: tuple[ModuleVersion, ...]
    passed_over: int
    next: str


async def read_range(fetch: Fetch, url: str, since: str, limit: int) -> IndexRange:
    """Read a range of an index.

    Args:
        fetch: gets URLs.
        url: that of the index.
        since: RFC 3339, "" for the beginning.
        limit: so many lines are read at most.

    Raises:
        UsageError: `url` is no URL.
        NetworkError: an answer is no part of an index.
        NotFoundError, UnavailableError: there is no answer.
    """
    base = gourl.parse(url)
    base = base._replace(path=base.path or "/", fragment="")
    found: dict[ModuleVersion, None] = {}
    seen: set[tuple[str, str, str]] = set()
    passed_over = 0
    while len(seen) < limit:
        asked = min(MAX_LINES, limit - len(seen) + (1 if seen else 0))
        query = [
            *([base.query] if base.query else []),
            *([f"since={quote(since, safe='')}"] if since else []),
            f"limit={asked}",
        ]
        data = await fetch(str(base._replace(query="&".join(query))), MAX_PAGE_BYTES)
        lines = [line for line in data.split(b"\n") if line.strip()]
        fresh = [entry for line in lines if (entry := _entry(gourl.mask(url), line)) not in seen]
        for entry in fresh[: limit - len(seen)]:
            seen.add(entry)
            mod, since = ModuleVersion(*entry[:2]), entry[2]
            try:
                check(*mod)
            except InputError:
                passed_over += 1
            else:
                found[mod] = None
        if not fresh or len(lines) < asked:
            break
    return IndexRange(tuple(found), passed_over, since)


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
