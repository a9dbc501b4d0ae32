# SPDX-License-Identifier: BSD-3-Clause
"""The counters in the format of Prometheus, over all worker processes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from govgo.serve.counters import BUCKETS_S, KINDS, STATUSES, Counters, followed_name
from govgo.serve.http.site import Site

_COUNTERS = {
    "memory_hits": "Answers from memory.",
    "sent_bytes": "Bytes of answers.",
    "fetched_bytes": "Bytes of zips that came from upstream.",
    "stored": "Files stored.",
    "unchanged_upstream": "Lists and revisions of which upstream said that they are as they were (304).",
    "stale_answers": "Old lists and revisions that were given because upstream did not answer.",
    "damaged": "Stored files that did not prove, and were removed.",
    "refused_by_policy": "Requests that a rule refused.",
    "refreshes": "Web hooks that said that modules have changed.",
    "unproved": "Downloads that contradict the checksum database or break the rules.",
    "storage_errors": "Writes that the storage refused.",
    "evicted": "Module versions of which files were removed, as the storage was larger than its limit.",
    "evicted_bytes": "Bytes of these files.",
    "proved_again": "Stored module versions that were read and proved anew in the background.",
    "opened_connections": "Connections that were opened.",
}
_GAUGES = {
    "memory_bytes": "Bytes of answers kept in memory.",
    "memory_entries": "Answers kept in memory.",
    "storage_bytes": "Bytes in the storage when it was last looked at; 0 where another server has looked.",
    "connections": "Open connections.",
    "cold_flights": "Questions to storage and upstream that are under way.",
    "events_waiting": "What was stored or removed and is not in the event log yet.",
}
_FOLLOWED = {
    "behind": "Events or versions that are known of and not done.",
    "synced": "When nothing was left to do, in seconds since the epoch; 0 for never.",
    "taken": "Versions that are stored here because the place told of them.",
    "passed_over": "Versions that the place told of, and that are not taken.",
    "failing": "1 if the place, or a version that it names, cannot be fetched at the moment.",
    "fault": "1 where the place has shown two histories or a false signature, and is not followed any more.",
}
_FETCHED = ("list", "latest", "query", "info", "mod", "zip")


class _Collector:
    def __init__(self, counters: Counters, places: Sequence[str]) -> None:
        self._counters = counters
        self._places = places

    def collect(self) -> Iterator[Metric]:
        total = self._counters.total
        requests = CounterMetricFamily("govgo_requests", "Answers, by kind and status.", labels=("kind", "status"))
        for kind in KINDS:
            for status in STATUSES:
                count = total(f"{kind} {status}")
                if count:
                    requests.add_metric((kind, str(status)), count)
        yield requests
        fetched = CounterMetricFamily("govgo_upstream_fetches", "Questions to upstream, by kind.", labels=("kind",))
        for kind in _FETCHED:
            fetched.add_metric((kind,), total(f"fetched_{kind}"))
        yield fetched
        for name, text in _COUNTERS.items():
            yield CounterMetricFamily(f"govgo_{name}", text, value=total(name))
        for name, text in _GAUGES.items():
            yield GaugeMetricFamily(f"govgo_{name}", text, value=total(name))
        yield self._durations()
        yield GaugeMetricFamily("govgo_events", "Events in the event log.", value=self._counters.largest("events"))
        fault = self._counters.largest("events_fault")
        yield GaugeMetricFamily("govgo_events_fault", "1 where the event log is not written any more.", value=fault)
        yield from self._followed()

    def _followed(self) -> Iterator[Metric]:
        for fact, text in _FOLLOWED.items() if self._places else ():
            family = GaugeMetricFamily(f"govgo_follow_{fact}", text, labels=("place",))
            for slot, place in enumerate(self._places):
                family.add_metric((place,), self._counters.largest(followed_name(slot, fact)))
            yield family

    def _durations(self) -> Metric:
        total = self._counters.total
        below = 0
        buckets: list[tuple[str, float]] = []
        for bound in (*BUCKETS_S, "inf"):
            below += total(f"fetch_le {bound}")
            buckets.append(("+Inf" if bound == "inf" else str(bound), below))
        family = HistogramMetricFamily("govgo_zip_fetch_seconds", "How long zips took to come and to be proved.")
        family.add_metric((), buckets, total("fetch_microseconds") / 1e6)
        return family


def render(site: Site) -> tuple[str, bytes]:
    """The content type and the text of /metrics."""
    site.count()
    site.counters.set("cold_flights", site.library.flights)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(site.counters, [each.status.place for each in site.followers]))
    return CONTENT_TYPE_LATEST, generate_latest(registry)
