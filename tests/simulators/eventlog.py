# SPDX-License-Identifier: BSD-3-Clause
"""Event logs in memory: of a peer that a test plays, honest or with a second history under the same key."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from govgo.app.events.append import KIND, Appender, News
from govgo.app.sumdb.growing import GrowingLog
from govgo.core.events.event import STORED, Origin
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.sumdb.note import Verifier, parse_verifier
from govgo.core.sumdb.signer import Signer, make_keys, parse_signer
from govgo.core.sumdb.timeline import Head
from govgo.errors import NotFoundError
from tests.simulators.storage import MemoryStorage


class Memory:
    """What a key has signed (`app.sumdb.growing.HeadMemory`)."""

    def __init__(self) -> None:
        self.note = b""

    def read(self) -> bytes:
        return self.note

    def write(self, note: bytes) -> None:
        self.note = note


def log_keys(name: str) -> tuple[Signer, Verifier, str]:
    """The keys of a log, always the same for a name; the last one is the verifier key as a text."""
    private, public = make_keys(name, name.encode().ljust(32, b"."))
    return parse_signer(private), parse_verifier(public)._replace(origin=name), public


def mods(count: int, start: int = 0) -> list[ModuleVersion]:
    return [ModuleVersion(f"q.io/m{number}", "v1.0.0") for number in range(start, start + count)]


class EventLogSimulator:
    """An event log.

    Attributes:
        storage: its files.
        key: its verifier key.
        lose: paths that are not served.
    """

    def __init__(self, name: str = "peer.example", storage: MemoryStorage | None = None) -> None:
        self.storage = storage if storage is not None else MemoryStorage()
        self.signer, self.verifier, self.key = log_keys(name)
        self.memory = Memory()
        self.lose: set[str] = set()
        self.appender().create()

    def appender(
        self, clock: Callable[[], float] = time.time, pause: Callable[[float], object] = time.sleep
    ) -> Appender:
        """That of a new process."""
        log = GrowingLog(self.storage, self.verifier, self.signer, self.memory, KIND, pause=pause)
        return Appender(self.storage, log, clock)

    def store(self, versions: Iterable[ModuleVersion], origin: Origin | None = None) -> Head:
        """Append that versions were stored."""
        return self.appender().append([News(STORED, mod, origin) for mod in versions])[1]

    def answer(self, rest: str) -> bytes:
        """The body below `/events` (`ProxySimulator.handlers`)."""
        name = rest.removeprefix("/")
        data = self.storage.files.get("latest" if name == "checkpoint" else name)
        if data is None or name in self.lose:
            raise NotFoundError(name)
        return data
