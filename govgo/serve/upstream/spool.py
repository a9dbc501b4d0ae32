# SPDX-License-Identifier: BSD-3-Clause
"""A zip on its way: a temporary file that grows, read by many while it is written, and the verdict at its end.

Nobody gets its last bytes before it is proved. They hold the zip's directory, without which no file can be taken out of
it; and a body that breaks off is an error for every client, as nothing says that it is complete.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import suppress

from govgo.adapters.disk.diskerror import disk_error
from govgo.adapters.disk.lockfile import write_all
from govgo.errors import GovgoError, StorageError
from govgo.serve.protocol.answer import Mark, OpenFile

HELD_BACK = (1 << 16) + 22
"""So many bytes at the end are not given away before the proof: the longest end record of a zip with its comment."""


class Spool:
    """Written by the cold loop, read from another thread.

    Attributes:
        path: the temporary file.
        file: the same, open for reading, also after it has been moved or removed.
        size: how many bytes there are.
        state: "open", "proved" or "failed"; set once.
        error: why it has failed.
        mark: the file's, when it was proved and had got its place in the storage; None before.
        born: counts how often the body began anew; what was read before is then of no use.
    """

    def __init__(self, descriptor: int, path: str, key: str) -> None:
        """Takes over the descriptor."""
        self.path = path
        self.key = key
        self.file = OpenFile(descriptor)
        self.size = 0
        self.state = "open"
        self.error: GovgoError | None = None
        self.mark: Mark | None = None
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
            StorageError: the disk is full or fails.
        """
        try:
            write_all(self.file.descriptor, data)
        except OSError as error:
            raise self._fault("write", error) from error
        self.size += len(data)
        self._tell()
        return len(data)

    def rewind(self) -> None:
        """Begin anew, with the body of another source.

        Raises:
            StorageError: the disk fails.
        """
        self.file.forget()
        try:
            os.ftruncate(self.file.descriptor, 0)
            os.lseek(self.file.descriptor, 0, os.SEEK_SET)
        except OSError as error:
            raise self._fault("truncate", error) from error
        if self.size:
            self.born += 1
        self.size = 0

    def prove(self, checked: Mark) -> None:
        """All of it is there, and it was what the database says when it had the mark `checked`.

        Raises:
            StorageError: somebody has written to it since.
        """
        self.mark = self.file.mark()
        if not self.mark.has_content_of(checked):
            raise StorageError(f"{self.key}: somebody has written to it while it was stored", key=self.key)
        self.state = "proved"
        self._tell()

    def fail(self, error: GovgoError) -> None:
        """It will not be complete, or must not be believed."""
        if self.state == "open":
            self.error = error
            self.state = "failed"
            self._tell()

    def discard(self) -> None:
        """Remove the temporary file, where it still has its name."""
        with suppress(OSError):
            os.unlink(self.path)

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

    def _fault(self, operation: str, error: OSError) -> StorageError:
        known = disk_error(operation, self.path, error)
        return StorageError(str(known), key=self.key, inner=known, hint=known.hint)
