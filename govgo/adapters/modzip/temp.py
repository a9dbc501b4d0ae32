# SPDX-License-Identifier: BSD-3-Clause
"""A zip on its way into the cache."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from govgo.adapters.disk import atomic
from govgo.adapters.disk.diskerror import disk_error
from govgo.adapters.disk.lockfile import write_all


class ZipTemp:
    """A temporary file beside the place of a zip: written, judged by its `path`, then committed or removed.

    Attributes:
        path: the temporary file.
    """

    def __init__(self, descriptor: int, path: str, final: str) -> None:
        self.path = path
        self._descriptor = descriptor
        self._final = final
        self._committed = False

    @classmethod
    @contextmanager
    def create(cls, final: str) -> Iterator[ZipTemp]:
        """A temporary file for the zip `final`; whatever happens, it is gone at the end unless committed.

        Raises:
            DiskError: it could not be made.
        """
        try:
            descriptor, path = atomic.create_temp(final)
        except OSError as error:
            raise disk_error("open", final, error) from error
        temp = cls(descriptor, path, final)
        try:
            yield temp
        finally:
            os.close(descriptor)
            if not temp._committed:
                atomic.remove(path)

    def write(self, data: bytes) -> int:
        """Append `data`; returns its length.

        Raises:
            DiskError: the disk is full or fails.
        """
        try:
            write_all(self._descriptor, data)
        except OSError as error:
            raise disk_error("write", self.path, error) from error
        return len(data)

    def rewind(self) -> None:
        """Make the file empty again, for another source.

        Raises:
            DiskError: the disk fails.
        """
        try:
            os.ftruncate(self._descriptor, 0)
            os.lseek(self._descriptor, 0, os.SEEK_SET)
        except OSError as error:
            raise disk_error("truncate", self.path, error) from error

    def commit(self, h1: str) -> None:
        """Let .ziphash, then the zip appear; for zips that have passed every check, `h1` being their hash.

        Raises:
            DiskError: one of them could not be written.
        """
        atomic.write_file(self._final + "hash", h1.encode())
        try:
            os.rename(self.path, self._final)
        except OSError as error:
            raise disk_error("rename", self._final, error) from error
        self._committed = True


def remove_stale_temps(zip_path: str) -> None:
    """Remove what interrupted downloads of the same zip left; only its lock's holder may call this."""
    directory, _, base = zip_path.rpartition("/")
    with suppress(OSError):
        for name in os.listdir(directory):
            if name.startswith(base) and name.endswith(".tmp"):
                atomic.remove(f"{directory}/{name}")
