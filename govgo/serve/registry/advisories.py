# SPDX-License-Identifier: BSD-3-Clause
"""The advisories about stored modules: from the sources of `govgo audit`, asked once in an hour, kept in memory."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Sequence

from govgo.core.advisory.match import AdvisoryIndex, Vulnerability
from govgo.core.goenv import GoEnv
from govgo.core.golib import url as gourl
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.registry.facts import AdvisoryState
from govgo.core.safetext import one_line
from govgo.errors import Failure
from govgo.ports.reporter import Reporter

FRESH_S = 3600.0
AGAIN_S = 300.0
"""After a failure."""


class Adviser:
    """See the module's docstring. `refresh` runs in a thread of the caller's; what is known is read by any other.

    Attributes:
        state: what is known of the sources.
    """

    def __init__(self, env: GoEnv, report: Reporter, databases: Sequence[str], *, new_s: float) -> None:
        """Nothing is asked yet; `new_s` is the least time between two looks at whether modules have come."""
        self.state = AdvisoryState(tuple(map(gourl.mask, databases)))  # pages show it
        self._new_s = new_s
        self._env = env
        self._report = report
        self._databases = tuple(databases)
        self._index = AdvisoryIndex(())
        self._paths: frozenset[str] = frozenset()
        self._next_s = self._least_s = 0.0

    def match(self, mod: ModuleVersion) -> tuple[Vulnerability, ...]:
        """What is known against a version."""
        return self._index.match(mod)

    def state_of(self, path: str) -> AdvisoryState:
        """The state for one module: one that has come since was not asked about, whatever is known of others."""
        return self.state if path in self._paths else self.state._replace(asked=0.0)

    def refresh(self, paths: Callable[[], Collection[str]]) -> None:
        """Ask the sources, if it is time to, or modules have come since.

        Raises:
            SecurityError: the module of a database contradicts the checksum database.
        """
        if not self._databases:
            return
        now = time.monotonic()
        if now < self._least_s:
            return
        self._least_s = now + self._new_s
        stored = frozenset(paths())
        if now < self._next_s and (stored <= self._paths or self.state.fault):
            return
        try:
            self._ask(stored)
            self._next_s = now + FRESH_S
        except Failure as error:
            fault = one_line(str(error).partition("\n")[0])[:300]
            if fault != self.state.fault:
                self._report.note(f"registry: advisories: {fault}")
            self.state = self.state._replace(fault=fault)
            self._next_s = now + AGAIN_S

    def _ask(self, paths: frozenset[str]) -> None:
        from govgo.load.session.session import Settings
        from govgo.wiring.audit import advisory_sources
        from govgo.wiring.session import make_session, network_of

        session = make_session(Settings(os.getcwd(), self._env), self._report, announce=False)
        try:
            with advisory_sources(session, self._databases, network=network_of(session)) as sources:
                found = [source.about(paths) for source in sources]
        finally:
            session.close()
        index = AdvisoryIndex(())
        for each in found:
            index.add(each.advisories)
        sizes = [each.size for each in found]
        times = [each.modified.timestamp() for each in found if each.modified is not None]
        self._index, self._paths = index, paths
        self.state = AdvisoryState(
            tuple(each.source for each in found),
            -1 if -1 in sizes else sum(sizes),
            max(times, default=0.0),
            time.time(),
        )
