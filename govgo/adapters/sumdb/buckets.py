# SPDX-License-Identifier: BSD-3-Clause
"""Digests by their first byte, in 256 files without names: equal ones meet, and no more than one file is in memory."""

from __future__ import annotations

import tempfile
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import ExitStack
from typing import IO

from govgo.adapters.disk.diskerror import disk_error

_SIZE = 8


class DiskBuckets(ExitStack):
    """A context in which the files exist; nobody else sees them, and no crash leaves them behind."""

    def __init__(self, directory: str) -> None:
        """The files are made in `directory` when they are needed."""
        super().__init__()
        self._directory = directory
        self._files: list[IO[bytes]] = []

    def add(self, digests: bytes) -> None:
        """Take sorted digests of 8 bytes.

        Raises:
            DiskError: there is no room.
        """
        try:
            if not self._files:
                self._files = [self._new_file() for _ in range(256)]
            starts = range(0, len(digests), _SIZE)
            low = 0
            for first, file in enumerate(self._files):
                high = bisect_left(starts, first + 1, low, key=lambda at: digests[at])
                file.write(digests[low * _SIZE : high * _SIZE])
                low = high
        except OSError as error:
            raise disk_error("write", self._directory, error) from error

    def _new_file(self) -> IO[bytes]:
        return self.enter_context(tempfile.TemporaryFile(dir=self._directory))

    def parts(self) -> Iterator[bytes]:
        """The content of each file."""
        try:
            for file in self._files:
                file.seek(0)
                yield file.read()
        except OSError as error:
            raise disk_error("read", self._directory, error) from error
