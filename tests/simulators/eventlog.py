# SPDX-License-Identifier: BSD-3-Clause
"""Event logs in memory: of a peer that a test plays, honest or with a second history under the same key."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable

from govgo.app.events.append import KIND, Appender, News
from govgo.app.sumdb.growing import GrowingLog, one_key
from govgo.core.events.event import STORED, Origin
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.sumdb.heads import Head, read_head
from govgo.core.sumdb.note import Verifier, parse_verifier
from govgo.core.sumdb.signer import Signer, make_keys, parse_signer
from govgo.errors import NotFoundError
from tests.simulators.storage import MemoryStorage


class Memory:
    """What a key has signed (`app.sumdb.growing.HeadMemory`)."""

    def __init__(self) -> None:
        self.note = b""

    def read(self) -> bytes:
        return self.note

    def write(self, note: bytes, *, anew: bool = False) -> None:
        self.note = note


def log_keys(name: str, seed: bytes = b"") -> tuple[Signer, Verifier, str]:
    """The keys of a log, always the same for a name and a seed; the last one is the verifier key as a text."""
    private, public = make_keys(name, (seed or name.encode()).ljust(32, b"."))
    return parse_signer(private), parse_verifier(public)._replace(origin=name), public


def mods(count: int, start: int = 0) -> list[ModuleVersion]:
    return [ModuleVersion(f"q.io/m{number}", "v1.0.0") for number in range(start, start + count)]


def root_of(leaves: list[bytes]) -> bytes:
    """The hash of a tree by its definition (RFC 6962, section 2.1)."""
    if len(leaves) < 2:
        return leaves[0] if leaves else hashlib.sha256(b"").digest()
    k = 1 << ((len(leaves) - 1).bit_length() - 1)
    return hashlib.sha256(b"\1" + root_of(leaves[:k]) + root_of(leaves[k:])).digest()


def verified_records(get: Callable[[str], bytes], verifier: Verifier) -> list[bytes]:
    """All records of a log that is served (c2sp.org/tlog-tiles), compared with its signed head by their hashes alone.

    Args:
        get: gives the body of a path below the server's URL.
        verifier: the log's key.
    """
    head = read_head(get("/events/checkpoint"), verifier)
    records: list[bytes] = []
    for start in range(0, head.tree.size, 256):
        number, width = start // 256, min(256, head.tree.size - start)
        assert number < 1000
        bundle = get(f"/events/tile/entries/{number:03d}" + (f".p/{width}" if width < 256 else ""))
        while bundle:
            size = int.from_bytes(bundle[:2], "big")
            records.append(bundle[2 : 2 + size])
            bundle = bundle[2 + size :]
    assert head.tree.size == len(records)
    assert head.tree.hash == root_of([hashlib.sha256(b"\0" + record).digest() for record in records])
    return records


class EventLogSimulator:
    """An event log.

    Attributes:
        storage: its files.
        key: its verifier key.
        lose: paths that are not served.
    """

    def __init__(self, name: str = "peer.example", storage: MemoryStorage | None = None, seed: bytes = b"") -> None:
        self.storage = storage if storage is not None else MemoryStorage()
        self.signer, self.verifier, self.key = log_keys(name, seed)
        self.memory = Memory()
        self.lose: set[str] = set()
        self.appender().create()

    def appender(
        self, clock: Callable[[], float] = time.time, pause: Callable[[float], object] = time.sleep
    ) -> Appender:
        """That of a new process."""
        log = GrowingLog(self.storage, one_key(self.signer, self.verifier), self.memory, KIND, pause=pause)
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
