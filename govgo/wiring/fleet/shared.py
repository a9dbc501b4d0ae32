# SPDX-License-Identifier: BSD-3-Clause
"""Joins the rings for `fleet`: what a worker shares between the repositories that it looks at."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from govgo.adapters.fleet.trees import MOUNT
from govgo.adapters.repository.repository import Repository
from govgo.load.session.session import Lasting
from govgo.load.targets.open import reading
from govgo.load.targets.targets import show_from
from govgo.wiring.session import SystemClock, make_session

if TYPE_CHECKING:
    from govgo.adapters.loop.network import NetworkOptions
    from govgo.load.session.session import Session, Settings
    from govgo.ports.files import Workspace
    from govgo.ports.reporter import Reporter


class _Lasting(Repository):
    """A repository that outlives the sessions that use it."""

    def close(self) -> None:
        """End no more than a command has begun (errors as for `settle`)."""
        self.settle()

    def end(self) -> None:
        """End it."""
        super().close()


class _RunClock(SystemClock):
    """The time of a run, the same for all repositories on all machines."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        """When the run began."""
        return self._now

    def monotonic_s(self) -> float:
        """Stands still: how long it took is no part of a result, which would be another each time."""
        return 0.0


class Shared:
    """What the sessions of one worker have in common: a go.mod is fetched, hashed, proved and parsed once for all.

    Each repository has its own go.sum: what is known is the bytes of a go.mod, their hash and what they say. Whether
    that hash is the right one is asked of each go.sum anew, and of the checksum database where that has no line.
    """

    def __init__(self, report: Reporter, network: NetworkOptions, now: datetime, *, offline: bool) -> None:
        """Nothing is opened yet."""
        self._report = report
        self._network = network._replace(helps=False)
        self._clock = _RunClock(now)
        self._offline = offline
        self._outer: dict[str, Session] = {}
        self._lasting = Lasting()

    def session(self, settings: Settings, files: Workspace) -> Session:
        """A session over the files of one repository; it need not be closed."""
        outer = self._outer.get(settings.go_version)
        if outer is None:
            outer = make_session(
                settings,
                self._report,
                network=self._network,
                announce=False,
                offline=self._offline,
                repository=_Lasting,
            )
            outer.clock = self._clock
            outer.lasting = self._lasting
            self._outer[settings.go_version] = outer
        session = reading(outer, files, settings)
        show_from(session, MOUNT)
        return session

    def forget(self) -> None:
        """End connections, and forget what was asked: answers, and errors too, are remembered as long as these live."""
        outer, self._outer = self._outer, {}
        lasting, self._lasting = self._lasting, Lasting()
        lasting.at_end.close()
        for session in outer.values():
            assert isinstance(session.repo, _Lasting)
            session.repo.end()
