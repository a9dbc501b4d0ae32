# SPDX-License-Identifier: BSD-3-Clause
"""Whether this process works, and whether it should get requests.

    /healthz   200 unless the process is stuck: then it should be restarted
    /readyz    200 unless something that answers need is stuck or refuses: then others should get the requests

What hangs is found by looking from outside: how long the other loop has not moved, how long the oldest call of the
storage has lasted. An upstream that is down makes nothing unready, since what is stored is still served; nor does a
peer that lies, or an event log that cannot be written: both are reported beside the checks.
"""

from __future__ import annotations

import asyncio
import json

from govgo.errors import Failure
from govgo.serve.counters import FOLLOW_FACTS, followed_name
from govgo.serve.http.site import Site

_PATIENCE_S = 5.0
"""What lasts longer is stuck."""
_PROBE_S = 1.0
"""For so long an answer waits for the storage."""
_PROBE = "sumdb"


class Health:
    """The health of one process."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._probe: asyncio.Future[str] | None = None
        self._storage_fault = ""

    async def report(self, ready: bool) -> tuple[int, bytes]:
        """The status (200 or 503), and a JSON document that says why."""
        site = self._site
        checks = {"upstream_loop": self._loop_fault()}
        if ready:
            checks["storage"] = await self._check_storage()
            fault = site.library.fault
            checks["checksum_database"] = f"two histories: {fault}".partition("\n")[0] if fault is not None else ""
            full = site.requests >= site.limits.requests
            checks["requests"] = f"{site.requests} are waited for" if full else ""
        bad = {name: text for name, text in checks.items() if text}
        told: dict[str, object] = {
            "status": "failing" if bad else "ok",
            "checks": {name: text or "ok" for name, text in checks.items()},
            "waiting": site.requests,
            "under_way": site.library.flights,
        }
        if ready and (site.followers or site.journal.is_on):
            told["events"] = self._events()
            told["followed"] = [self._followed(slot) for slot in range(len(site.followers))]
        return 503 if bad else 200, json.dumps(told).encode() + b"\n"

    def _events(self) -> dict[str, object]:
        """The event log, as all processes know it."""
        site = self._site
        site.count()
        fault = site.journal.fault
        if not fault and site.counters.largest("events_fault"):
            fault = "not written by one of the processes, which has said why"
        waiting = site.counters.total("events_waiting")
        return {"size": site.counters.largest("events"), "waiting": waiting, "fault": fault}

    def _followed(self, slot: int) -> dict[str, object]:
        """How a place is followed. None of it makes this server unready: a peer must not be able to do that."""
        status, counters = self._site.followers[slot].status, self._site.counters
        facts = {fact: counters.largest(followed_name(slot, fact)) for fact in FOLLOW_FACTS}
        if facts["fault"]:
            text = status.fault or "not followed any more; another process has said why"
        elif facts["failing"]:
            text = status.trouble or "another process has said why"
        else:
            text = "ok"
        return {"place": status.place, "status": text, "behind": facts["behind"], "synced": facts["synced"]}

    def _loop_fault(self) -> str:
        silence_s = self._site.cold.silence_s()
        return f"has not moved for {silence_s:.0f} s" if silence_s > _PATIENCE_S else ""

    async def _check_storage(self) -> str:
        """What is wrong with the storage: a small question to it, and the age of all others."""
        cold = self._site.cold
        if self._probe is None or self._probe.done():
            self._probe = asyncio.ensure_future(self._ask_storage())
        await asyncio.wait({self._probe}, timeout=_PROBE_S)
        silence_s = cold.storage_silence_s()
        if silence_s > _PATIENCE_S:
            return f"has not answered for {silence_s:.0f} s"
        return self._probe.result() if self._probe.done() else self._storage_fault

    async def _ask_storage(self) -> str:
        cold, storage = self._site.cold, self._site.storage
        try:
            await asyncio.wrap_future(cold.call(cold.stored(lambda: storage.head(_PROBE))))
        except Failure as error:
            self._storage_fault = str(error)
        else:
            self._storage_fault = ""
        return self._storage_fault
