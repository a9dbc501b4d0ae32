# SPDX-License-Identifier: BSD-3-Clause
"""How old versions have to be for a command: published by an earlier day (-as-of), or of a minimum age (-min-age).

-as-of 2024-05-06     what was published later does not exist: neither versions nor the retractions in them
-min-age 14d          younger versions are not chosen; retractions are read from the true latest version
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from govgo.core.golib.time import parse_rfc3339
from govgo.core.lazyregex import late
from govgo.core.module.patterns import match_prefix_patterns
from govgo.core.records import NamedTuple
from govgo.errors import InputError

_DATE = late(r"\d{4}-\d\d-\d\d")


class Horizon(NamedTuple):
    """What counts as published. The defaults let everything count.

    Attributes:
        as_of: versions that were published later do not exist.
        min_age: younger versions are not chosen, and a build list that needs one is refused.
        exceptions: patterns of module paths, as in GOPRIVATE, to which `min_age` does not apply.
        first_seen: for a module path, when its versions were first seen (an index feed); None without a feed.
        settled: module paths to which `min_age` does not apply, since they stay as they are.
    """

    as_of: datetime | None = None
    min_age: timedelta | None = None
    exceptions: str = ""
    first_seen: Callable[[str], Mapping[str, datetime]] | None = None
    settled: frozenset[str] = frozenset()

    def excepts(self, path: str) -> bool:
        """Whether the minimum age does not apply to a module."""
        return path in self.settled or (bool(self.exceptions) and match_prefix_patterns(self.exceptions, path))


def parse_as_of(text: str) -> datetime:
    """A time in RFC 3339, or a date, which is its beginning in UTC.

    Raises:
        InputError: it is neither.
    """
    try:
        if _DATE.fullmatch(text):
            return datetime.fromisoformat(text).replace(tzinfo=UTC)
        return parse_rfc3339(text)
    except (InputError, ValueError):
        raise InputError(f"{text!r} is not a time: want 2006-01-02, or RFC 3339 as in 2006-01-02T15:04:05Z") from None
