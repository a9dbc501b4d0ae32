# SPDX-License-Identifier: BSD-3-Clause
"""Append events to a log that several processes and machines may write to.

What a version's last event says is known from the log itself: before a writer decides on a new head, it has read all
that leads to the one before. So no version is logged as stored twice in a row, whoever logs it first.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from govgo.app.events.log import EventLog
from govgo.app.sumdb.growing import GrowingLog, Kind
from govgo.core.events.event import STORED, Event, Origin, can_tell_of, format_event, known_event
from govgo.core.events.known import KnownVersions
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.records import NamedTuple
from govgo.core.sumdb.heads import Head
from govgo.core.sumdb.published import Edge
from govgo.core.sumdb.tile import Tile
from govgo.core.sumdb.tileauth import DATABASE_HEIGHT, WIDTH
from govgo.errors import IntegrityError
from govgo.ports.storage import Storage

KIND = Kind("event log", "the server makes one when it starts")
MOST_AT_ONCE = 8192
"""Events that one tree head adds at most."""


class News(NamedTuple):
    """An event to log: STORED or REMOVED, the version, and which log had it first, if another one."""

    kind: str
    mod: ModuleVersion
    origin: Origin | None = None


class Appender:
    """One writer of an event log. One thread at a time."""

    def __init__(self, storage: Storage, growing: GrowingLog, clock: Callable[[], float]) -> None:
        """Nothing is read yet.

        Args:
            storage: that of the log.
            growing: the log, with its key.
            clock: the time of day, in seconds since the epoch.
        """
        self.log = EventLog(storage, growing.verifiers[0])
        self.known = KnownVersions(os.urandom(32))
        self._storage = storage
        self._growing = growing
        self._clock = clock

    def create(self) -> bool:
        """Make the files of an empty log; False where there is one (errors as `GrowingLog.create`)."""
        return self._growing.create()

    def catch_up(self) -> Head:
        """Learn what the log says by now (errors as `GrowingLog.append`)."""
        head = self._growing.finish()
        self._learn(head)
        return head

    def append(self, news: Iterable[News]) -> tuple[int, Head]:
        """Append what is news.

        Returns:
            How many events were appended, and the newest head.

        Raises:
            As `GrowingLog.append`. What was appended until then stays.
        """
        wanted = list(news)
        count = 0
        head = self._growing.finish()
        for at in range(0, len(wanted), MOST_AT_ONCE):
            part = wanted[at : at + MOST_AT_ONCE]
            first, head = self._growing.append(partial(self._texts, part))
            count += head.tree.size - first
            self._prune(first, head.tree.size)
        self._learn(head)
        return count, head

    def _texts(self, news: Sequence[News], head: Head, edge: Edge) -> list[bytes]:
        """The records of what the log does not say yet."""
        self._learn(head)
        last_us = self._last_time_us(head, edge)
        texts: list[bytes] = []
        said: dict[ModuleVersion, bool] = {}
        for kind, mod, origin in news:
            is_stored = said.get(mod, mod in self.known)
            if is_stored is (kind == STORED) or not can_tell_of(mod):
                continue
            said[mod] = kind == STORED
            last_us = max(last_us + 1, int(self._clock() * 1_000_000))
            texts.append(format_event(Event(kind, mod, last_us, origin)))
        return texts

    def _learn(self, head: Head) -> None:
        if self.known.size > head.tree.size:
            raise IntegrityError(
                f"the event log was set back: it had {self.known.size} events and has {head.tree.size}"
            )
        self.known.take(self.log.records(self.known.size, head))

    def _last_time_us(self, head: Head, edge: Edge) -> int:
        if edge.texts:
            return known_event(edge.texts[-1]).time_us
        return known_event(self.log.page(head.tree.size // WIDTH - 1, head)[-1]).time_us if head.tree.size else 0

    def _prune(self, before: int, after: int) -> None:
        """Remove partial tiles that full ones have replaced, except the last ones: another writer may be at them."""
        for number in range(max(0, before // WIDTH - 1), after // WIDTH - 1):
            for level in (0, -1):
                for entry in list(self._storage.entries(f"{Tile(DATABASE_HEIGHT, level, number, WIDTH).path}.p/")):
                    self._storage.delete(entry.key)
