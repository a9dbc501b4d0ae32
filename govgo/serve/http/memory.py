# SPDX-License-Identifier: BSD-3-Clause
"""Whole responses in memory, by the path of their request as it comes over the wire.

All that a hit costs is a look into a dictionary. Which entries were used is noted once a second, and entries that
were not used since the last time that room was needed go first.
"""

from __future__ import annotations

import time
from collections.abc import Callable, MutableMapping

from govgo.core.module.moduleversion import ModuleVersion
from govgo.serve.counters import PLACES, Counters, answered
from govgo.serve.http.responses import Facts, Headers, status_line
from govgo.serve.protocol.answer import StoredFile
from govgo.serve.upstream.bounded import Recent

FOR_EVER = float("inf")
"""When answers expire that never change."""
MAX_BODY = 1 << 20
"""Larger answers are not kept: files are sent by the kernel."""
_OPEN_FILES = 64
_OPEN_BYTES = 1 << 30
"""Of large zips that are open, at most; where there is no room for them in memory, the disk has that much less."""
_OVERHEAD = 700
"""What an entry takes beside its bytes, about."""
_HITS, _SENT = PLACES["memory_hits"], PLACES["sent_bytes"]


class Entry:
    """A response.

    Attributes:
        head: status line and headers up to the date, each with its line end.
        body: what follows the empty line.
        expires: when it is no longer true, by the monotonic clock.
        hits: how often it was given since the last count.
        kind, status, facts, headers: for requests that get a part of it.
        path: of the request, for the log; "" where the log must not have it.
        module: the module version whose file it is; None for others.
    """

    __slots__ = (
        "body",
        "expires",
        "facts",
        "head",
        "headers",
        "hits",
        "kind",
        "module",
        "path",
        "place",
        "size",
        "status",
        "used",
    )

    def __init__(
        self,
        kind: str,
        status: int,
        headers: Headers,
        body: bytes,
        expires: float,
        facts: Facts | None,
        path: str,
        module: ModuleVersion | None = None,
    ) -> None:
        lines = [status_line(status), *(b"%b: %b\r\n" % header for header in headers)]
        self.head = b"".join([*lines, b"content-length: %d\r\n" % len(body)])
        self.headers = headers
        self.body = body
        self.kind = kind
        self.status = status
        self.expires = expires
        self.facts = facts
        self.path = path
        self.module = module
        self.hits = 0
        self.used = True
        self.place = answered(kind, status)
        self.size = len(self.head) + len(body)


class Memory:
    """See the module's docstring. Belongs to one event loop.

    Attributes:
        entries: by path; for reading.
        touched: the entries that were hit since the last count; who hits one adds it.
        generation: changes whenever something is forgotten; an answer that was begun before is not kept.
    """

    def __init__(
        self,
        limit_bytes: int,
        counters: Counters,
        clock: Callable[[], float] = time.monotonic,
        used: Callable[[ModuleVersion], object] = lambda mod: None,
    ) -> None:
        """`used` is called, at most once a second, with the module versions whose files were served."""
        self.entries: MutableMapping[bytes, Entry] = {}
        self.touched: list[Entry] = []
        self.generation = 0
        self._limit = limit_bytes
        self._size = 0
        self._counters = counters
        self._clock = clock
        self._used = used

    def get(self, path: bytes) -> Entry | None:
        """The entry for a path, if it is still true."""
        entry = self.entries.get(path)
        if entry is not None and entry.expires < self._clock():
            self._drop(path)
            return None
        return entry

    def put(self, path: bytes, entry: Entry, generation: int | None = None) -> None:
        """Keep a response, and let others go for it; unless it was begun in another generation."""
        if generation not in (None, self.generation) or len(entry.body) > MAX_BODY or entry.size > self._limit:
            return
        if path in self.entries:
            self._drop(path)
        self.entries[path] = entry
        self._size += _room(path, entry)
        self._make_room()

    def clear(self) -> None:
        """Forget everything: the rules have changed."""
        self.generation += 1
        self.count()
        self.entries.clear()
        self._size = 0

    def forget_changing(self) -> None:
        """Forget what may change: lists, @latest, branches, and what was not found."""
        self.generation += 1
        for path in [path for path, entry in self.entries.items() if entry.expires != FOR_EVER]:
            self._drop(path)

    def count(self) -> None:
        """Add the hits since the last time to the counters; called once a second."""
        touched, self.touched = self.touched[:], self.touched
        self.touched.clear()
        row = self._counters.row
        for entry in touched:
            row[entry.place] += entry.hits
            row[_HITS] += entry.hits
            row[_SENT] += entry.hits * entry.size
            entry.hits = 0
            entry.used = True
            if entry.module is not None:
                self._used(entry.module)
        self._counters.set("memory_bytes", self._size)
        self._counters.set("memory_entries", len(self.entries))

    def _make_room(self) -> None:
        # The dictionary is a queue. An entry that was used goes to its end once more, so that each is looked at a
        # bounded number of times.
        while self._size > self._limit:
            path = next(iter(self.entries))
            entry = self.entries[path]
            if (entry.used or entry.hits) and entry.expires >= self._clock():
                entry.used = False
                if entry.hits:
                    self.count()
                    entry.used = False
                del self.entries[path]
                self.entries[path] = entry
            else:
                self._drop(path)

    def _drop(self, path: bytes) -> None:
        entry = self.entries.pop(path)
        self._size -= _room(path, entry)


def _room(path: bytes, entry: Entry) -> int:
    """How much memory an entry takes; the path is as long as whoever asks likes."""
    return entry.size + len(path) + len(entry.path) + _OVERHEAD


class OpenFiles(Recent[bytes, StoredFile]):
    """Large zips that are open, by the path of their request. Those that were used least recently are closed first.

    What is being sent goes on, also when it is forgotten here.
    """

    def __init__(self) -> None:
        """None yet."""
        super().__init__(_OPEN_BYTES, _OPEN_FILES)

    def put(self, path: bytes, file: StoredFile) -> None:
        """Keep a zip open, and close others for it."""
        self.keep(path, file, file.size)
