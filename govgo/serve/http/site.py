# SPDX-License-Identifier: BSD-3-Clause
"""What one process serves: the parts that the protocol and the application share."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from govgo.core.module.patterns import match_prefix_patterns
from govgo.core.records import NamedTuple
from govgo.ports.storage import Storage
from govgo.serve.access import Access
from govgo.serve.accesslog import AccessLog
from govgo.serve.counters import Counters
from govgo.serve.events.follow import Follower
from govgo.serve.events.journal import Journal
from govgo.serve.http.memory import Memory, OpenFiles
from govgo.serve.http.routes import Route
from govgo.serve.policy import Policy
from govgo.serve.upstream.coldloop import ColdLoop
from govgo.serve.upstream.readthrough import ReadThrough
from govgo.serve.upstream.uses import Uses
from govgo.serve.upstream.verdicts import FRESH_S


class Limits(NamedTuple):
    """What one client, and all of them, may take.

    Attributes:
        connections: open at once.
        requests: of the application at once; those answered from memory do not count.
        head_bytes: of a request line and its headers.
        head_s: for the head of a request to come.
        idle_s: between two requests.
        stuck_s: for a client to take any more of its answer.
        ended_s: for more of the answer to a client that sends no more: whether it still reads is not known meanwhile.
    """

    connections: int = 4096
    requests: int = 2048
    head_bytes: int = 32 << 10
    head_s: float = 10.0
    idle_s: float = 75.0
    stuck_s: float = 60.0
    ended_s: float = 10.0


@dataclass
class Site:
    """See the module's docstring.

    Attributes:
        cold: the loop on which `readthrough` works.
        private: patterns of module paths that no log has (GOPRIVATE, GONOPROXY, GONOSUMDB).
        requests: how many the application works on.
        files: large zips that are open, by path.
        uses: which module versions were asked for.
        is_judged: rules count that may refuse tomorrow what is served today.
        routes: what is answered beside the protocol; the first one that matches a path counts.
        journal: tells what was stored and removed; whoever stores a module version by other ways than `readthrough`
            calls `journal.stored(mod)`, from any thread.
        followers: of other places, each at the slot of its counters.
    """

    cold: ColdLoop
    library: ReadThrough
    storage: Storage
    memory: Memory
    counters: Counters
    policy: Policy = field(default_factory=Policy)
    access: Access = field(default_factory=Access)
    log: AccessLog = field(default_factory=AccessLog)
    limits: Limits = field(default_factory=Limits)
    private: str = ""
    requests: int = 0
    files: OpenFiles = field(default_factory=OpenFiles)
    uses: Uses = field(default_factory=Uses)
    routes: tuple[Route, ...] = ()
    journal: Journal = field(default_factory=Journal)
    followers: tuple[Follower, ...] = ()
    is_judged: bool = False
    _refreshes: int = 0
    _judged_s: float = 0.0

    def refresh(self, paths: Sequence[str]) -> None:
        """Ask upstream anew about modules, and about what lies below their paths; other processes follow."""
        self.counters.add("refreshes")
        self._refreshes += 1
        self._forget_changing(paths)

    def look(self) -> None:
        """Follow the other processes of this server; called once a second."""
        total = self.counters.total("refreshes")
        if total != self._refreshes:
            self._refreshes = total
            self._forget_changing(None)
        if self.is_judged and time.monotonic() - self._judged_s > FRESH_S:
            self._judged_s = time.monotonic()
            self._clear()

    def _clear(self) -> None:
        """Ask the library again about everything."""
        self.memory.clear()
        self.files.clear()

    def _forget_changing(self, paths: Sequence[str] | None) -> None:
        self.memory.forget_changing()
        self.cold.loop.call_soon_threadsafe(self.library.refresh, paths)

    def renew(self) -> None:
        """Open the log anew, and answer from the storage and from upstream again."""
        self.log.reopen()
        self._clear()
        self.cold.loop.call_soon_threadsafe(self.library.forget)

    def count(self) -> None:
        """Set the counters of what changes by itself; called once a second, and when somebody looks."""
        self.memory.count()
        self.counters.set("events", self.journal.size)
        self.counters.set("events_waiting", self.journal.waiting)
        self.counters.set("events_fault", 1 if self.journal.fault else 0)

    def is_private(self, path: str) -> bool:
        """Whether a module path must not be in a log, in whatever capitals somebody has written it."""
        return match_prefix_patterns(self.private.lower(), path.lower())
