# SPDX-License-Identifier: BSD-3-Clause
"""Counters of all worker processes, in memory that they share: each writes its own row, any of them can add them up."""

from __future__ import annotations

import mmap

_PROTOCOL = ("list", "latest", "query", "info", "mod", "zip", "supported", "lookup", "tile", "head")
KINDS = (*_PROTOCOL, "publish", "hook", "vanity", "registry", "other")
"""Kinds of questions; `other` is what asks for nothing, and operations."""
_GOOD = (200, 201, 202, 206, 302, 304)
_BAD = (400, 401, 403, 404, 405, 408, 409, 410, 412, 413, 416, 422, 429, 431)
STATUSES = (*_GOOD, *_BAD, 500, 502, 503, 504)
"""Statuses that are counted by themselves; any other counts as the first of its hundred."""
_EVENTS = (
    "memory_hits",
    "memory_bytes",
    "memory_entries",
    "sent_bytes",
    "fetched_list",
    "fetched_latest",
    "fetched_query",
    "fetched_info",
    "fetched_mod",
    "fetched_zip",
    "fetched_bytes",
    "stored",
    "unchanged_upstream",
    "stale_answers",
    "damaged",
    "refused_by_policy",
    "unproved",
    "storage_errors",
    "storage_bytes",
    "evicted",
    "evicted_bytes",
    "proved_again",
    "connections",
    "opened_connections",
    "cold_flights",
    "events",
    "events_waiting",
    "events_fault",
    "refreshes",
)
FOLLOWED = 64
"""So many places can be followed."""
FOLLOW_FACTS = ("behind", "synced", "taken", "passed_over", "failing", "fault")
"""What is known of each of them; the process that follows a place says it, the others say 0."""
BUCKETS_S = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0)
"""Upper bounds of the histogram of fetches of zips, in seconds."""


def _names() -> tuple[str, ...]:
    answered = (f"{kind} {status}" for kind in KINDS for status in STATUSES)
    buckets = (f"fetch_le {bound}" for bound in (*BUCKETS_S, "inf"))
    followed = (followed_name(slot, fact) for slot in range(FOLLOWED) for fact in FOLLOW_FACTS)
    return (*_EVENTS, *answered, *buckets, "fetch_microseconds", *followed)


def followed_name(slot: int, fact: str) -> str:
    """The name of what is known of a place that is followed."""
    return f"follow_{fact} {slot}"


NAMES = _names()
PLACES = {name: place for place, name in enumerate(NAMES)}


def answered(kind: str, status: int) -> int:
    """The place of the counter of answers of a kind with a status."""
    known = status if status in STATUSES else status // 100 * 100
    return PLACES.get(f"{kind} {known}", PLACES["other 500"])


class Counters:
    """The row of one process.

    Attributes:
        row: its numbers, by `PLACES`; whoever counts often adds there.
    """

    def __init__(self, shared: mmap.mmap | None = None, worker: int = 0) -> None:
        """Made by `share`, before the processes part; without it, for one process."""
        self._shared = shared if shared is not None else share(1)
        self._all = memoryview(self._shared).cast("q")
        start = worker * len(NAMES)
        self.row = self._all[start : start + len(NAMES)]

    def of_worker(self, worker: int) -> Counters:
        """The row of another process, for that process."""
        return Counters(self._shared, worker)

    def add(self, name: str, count: int = 1) -> None:
        """Add to a counter of this process."""
        self.row[PLACES[name]] += count

    def set(self, name: str, value: int) -> None:
        """Set a gauge of this process."""
        self.row[PLACES[name]] = value

    def observe_fetch(self, seconds: float) -> None:
        """Count a fetch of a zip, by how long it took."""
        bound = next((str(each) for each in BUCKETS_S if seconds <= each), "inf")
        self.add(f"fetch_le {bound}")
        self.add("fetch_microseconds", int(seconds * 1e6))

    def largest(self, name: str) -> int:
        """The largest number of any process."""
        return max(self._all[place] for place in range(PLACES[name], len(self._all), len(NAMES)))

    def total(self, name: str) -> int:
        """The value of a counter, over all processes."""
        return sum(self._all[place] for place in range(PLACES[name], len(self._all), len(NAMES)))


def share(workers: int) -> mmap.mmap:
    """Memory for the counters of so many processes, which they have in common after a fork."""
    return mmap.mmap(-1, workers * len(NAMES) * 8)
