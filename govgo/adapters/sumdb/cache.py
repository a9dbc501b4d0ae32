# SPDX-License-Identifier: BSD-3-Clause
"""The files of one checksum database, where and as the go command keeps them.

    $GOMODCACHE/cache/download/sumdb/NAME/lookup/PATH@VERSION    answers to lookups
    $GOMODCACHE/cache/download/sumdb/NAME/tile/8/L/NNN[.p/W]     tiles
    $GOPATH/pkg/sumdb/NAME/latest                                the newest signed tree head

Everything here is hearsay to the reader: it is proved again before it is believed. Answers and tiles are kept as far
as possible, since they can be fetched again; the tree head must be kept, since it is the client's memory.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable
from contextlib import suppress

from govgo.adapters.disk import atomic
from govgo.adapters.disk.diskerror import disk_error
from govgo.adapters.disk.lockfile import locked, read_all, write_all
from govgo.core.sumdb.tile import Tile
from govgo.core.sumdb.timeline import fingerprint
from govgo.core.sumdb.tlog import HASH_SIZE
from govgo.errors import DiskError, ForkError

MAX_CACHED_BYTES = 1 << 20
"""Larger files in the cache are none of ours."""


class SumDbCache:
    """Reads and writes the files of one database.

    Args:
        cache_dir: `…/cache/download/sumdb/NAME`, or "" to keep no answers and tiles.
        latest_file: `…/pkg/sumdb/NAME/latest`.
    """

    def __init__(self, cache_dir: str, latest_file: str) -> None:
        self.cache_dir = cache_dir
        self.latest_file = latest_file
        self._made: set[str] = set()
        self._filled: bool | None = None

    def read(self, name: str) -> bytes | None:
        """The file `name`, "lookup/…" or "tile/…"; None when it is absent, empty, unreadable or too large.

        Where there was no directory at the first question, none of the thousands that follow looks again.
        """
        if self._filled is None:
            self._filled = self.cache_dir != "" and os.path.isdir(self.cache_dir)
        if not self._filled:
            return None
        return _read(f"{self.cache_dir}/{name}") or None

    def read_tile(self, tile: Tile) -> bytes | None:
        """The tile's bytes, cut from the full tile where only that is there; None when neither is usable."""
        width = tile.width * HASH_SIZE
        data = self.read(tile.path)
        if data is not None and len(data) == width:
            return data
        if tile.is_full:
            return None
        data = self.read(tile.full.path)
        return data[:width] if data is not None and len(data) == HASH_SIZE << tile.height else None

    def write_many(self, files: Iterable[tuple[str, bytes]]) -> None:
        """Keep proved files, each whole or not at all. What cannot be written is not kept."""
        for name, data in files:
            path = f"{self.cache_dir}/{name}"
            try:
                self._make_parent(path)
                atomic.write_file(path, data)
            except (DiskError, OSError):
                self._made.clear()

    def read_latest(self) -> bytes:
        """The stored tree head; empty when there is none.

        Raises:
            DiskError: it cannot be read, or no GOPATH says where it is.
        """
        self._need_latest()
        try:
            return _read_shared(self.latest_file)
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise disk_error("open", self.latest_file, error) from error

    def swap_latest(self, before: bytes, after: bytes) -> bytes | None:
        """Replace the stored tree head if it still is `before` or empty, under the lock that go uses.

        Returns:
            None when it was replaced, else what is stored.

        Raises:
            DiskError: it cannot be written.
        """
        self._need_latest()
        path = self.latest_file
        directory = os.path.dirname(path)
        try:
            os.makedirs(directory, exist_ok=True)
        except OSError as error:
            raise disk_error("mkdir", directory, error) from error
        with locked(path) as descriptor:
            try:
                stored = read_all(descriptor)
                if stored not in (b"", before):
                    return stored
                # Written over rather than emptied first, so that being killed here leaves no empty memory.
                os.lseek(descriptor, 0, os.SEEK_SET)
                write_all(descriptor, after)
                os.ftruncate(descriptor, len(after))
            except OSError as error:
                raise disk_error("write", path, error) from error
        return None

    def keep_evidence(self, error: ForkError) -> str:
        """Write the text of a fork, both signed notes in it, to a file beside the cached answers; its path, or ""."""
        if not self.cache_dir:
            return ""
        path = f"{self.cache_dir}/fork-{fingerprint(error)}.txt"
        try:
            self._make_parent(path)
            atomic.write_file(path, f"{error.text}\n".encode())
        except (DiskError, OSError):
            return ""
        return path

    def _make_parent(self, path: str) -> None:
        parent = os.path.dirname(path)
        if parent not in self._made:
            os.makedirs(parent, exist_ok=True)
            self._made.add(parent)

    def _need_latest(self) -> None:
        if not self.latest_file:
            raise DiskError("could not locate sumdb file: missing $GOPATH")


def _read(path: str) -> bytes | None:
    try:
        return _read_shared(path)
    except OSError:
        return None


def _read_shared(path: str) -> bytes:
    """The content of a file, under the shared lock where the file system has locks; longer ones are cut."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        with suppress(OSError):  # Some file systems have no locks; what is read is proved anyway.
            fcntl.flock(descriptor, fcntl.LOCK_SH)
        size = os.fstat(descriptor).st_size
        return os.read(descriptor, min(size, MAX_CACHED_BYTES))
    finally:
        os.close(descriptor)
