# SPDX-License-Identifier: BSD-3-Clause
"""Counters of all worker processes, in memory that they share: each writes its own row, any of them can add them up."""

from __future__ import annotations

import mmap

KINDS = ("list", "latest", "query", "info", "mod", "zip", "supported", "lookup", "tile", "head", "registry", "other")
"""Kinds of questions; `other` is what asks for nothing, and operations."""
STATUSES = (200, 206, 302, 304, 400, 401, 403, 404, 405, 410, 416, 429, 431, 500, 502, 503, 504)
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
    "stale_answers",
    "damaged",
    "refused_by_policy",
    "unproved",
    "storage_errors",
    "connections",
    "opened_connections",
    "cold_flights",
)
BUCKETS_S = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0)
"""Upper bounds of the histogram of fetches of zips, in seconds."""
GAUGES = frozenset({"memory_bytes", "memory_entries", "connections", "cold_flights"})


def _names() -> tuple[str, ...]:
    answered = (f"{kind} {status}" for kind in KINDS for status in STATUSES)
    buckets = (f"fetch_le {bound}" for bound in (*BUCKETS_S, "inf"))
    return (*_EVENTS, *answered, *buckets, "fetch_microseconds")


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
        """Count."""
        self.row[PLACES[name]] += count

    def set(self, name: str, value: int) -> None:
        """Set a gauge of this process."""
        self.row[PLACES[name]] = value

    def observe_fetch(self, seconds: float) -> None:
        """Count a fetch of a zip, by how long it took."""
        bound = next((str(each) for each in BUCKETS_S if seconds <= each), "inf")
        self.add(f"fetch_le {bound}")
        self.add("fetch_microseconds", int(seconds * 1e6))

    def total(self, name: str) -> int:
        """Over all processes."""
        return sum(self._all[place] for place in range(PLACES[name], len(self._all), len(NAMES)))


def share(workers: int) -> mmap.mmap:
    """Memory for the counters of so many processes, which they have in common after a fork."""
    return mmap.mmap(-1, workers * len(NAMES) * 8)
