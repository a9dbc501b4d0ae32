# SPDX-License-Identifier: BSD-3-Clause
"""A zip on its way: a file that grows, read by many while it is written, and the verdict at its end.

Nobody gets its last bytes before it is proved. They hold the zip's directory, without which no file can be taken out of
it; and a body that breaks off is an error for every client, as nothing says that it is complete.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from govgo.errors import GovgoError
from govgo.serve.upstream.copies import GrowingFile

HELD_BACK = (1 << 16) + 22
"""So many bytes at the end are not given away before the proof: the longest end record of a zip with its comment."""


class Spool:
    """Written by the cold loop, read from another thread.

    Attributes:
        file: what is there of it.
        size: how many bytes there are.
        state: "open", "proved" or "failed"; set once.
        error: why it has failed.
        born: counts how often the body began anew; what was read before is then of no use.
    """

    def __init__(self, file: GrowingFile) -> None:
        """Begins with an empty file."""
        self.file = file
        self.size = 0
        self.state = "open"
        self.error: GovgoError | None = None
        self.born = 0
        self._guard = threading.Lock()
        self._watchers: set[Callable[[], object]] = set()

    @property
    def readable(self) -> int:
        """How many bytes may be given away."""
        return self.size if self.state == "proved" else max(0, self.size - HELD_BACK)

    def write(self, data: bytes) -> int:
        """Append.

        Raises:
            StorageError: as `GrowingFile.append`.
        """
        self.file.append(data)
        self.size += len(data)
        self._tell()
        return len(data)

    def rewind(self) -> None:
        """Begin anew, with the body of another source.

        Raises:
            StorageError: the disk fails.
        """
        self.file.cut()
        if self.size:
            self.born += 1
        self.size = 0

    def prove(self) -> None:
        """All of it is there, and it is what the database says."""
        self.state = "proved"
        self._tell()

    def fail(self, error: GovgoError) -> None:
        """It will not be complete, or must not be believed."""
        if self.state == "open":
            self.error = error
            self.state = "failed"
            self._tell()

    def watch(self, watcher: Callable[[], object]) -> None:
        """Call `watcher`, from the writing thread, whenever something has changed."""
        with self._guard:
            self._watchers.add(watcher)

    def unwatch(self, watcher: Callable[[], object]) -> None:
        """Call it no more."""
        with self._guard:
            self._watchers.discard(watcher)

    def _tell(self) -> None:
        with self._guard:
            watchers = tuple(self._watchers)
        for watcher in watchers:
            watcher()
