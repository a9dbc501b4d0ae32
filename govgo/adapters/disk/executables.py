# SPDX-License-Identifier: BSD-3-Clause
"""Executables on disk, and in zip and tar archives, read in pieces (`ports.files.Executables`)."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager

from govgo.adapters.disk.diskerror import disk_error
from govgo.core.gobinary.image import ReadAt

_LIBRARIES = (".so", ".exe", ".dll")


class DiskExecutables:
    """Files of this machine; the methods are described in `ports.files.Executables`."""

    def kind(self, path: str) -> str:
        try:
            mode = os.stat(path).st_mode
        except OSError as error:
            raise disk_error("stat", path, error) from error
        return "dir" if stat.S_ISDIR(mode) else "file" if stat.S_ISREG(mode) else "other"

    def is_candidate(self, path: str) -> bool:
        try:
            mode = os.stat(path).st_mode
        except OSError:
            return False
        name = path.lower()
        return (stat.S_ISREG(mode) and mode & 0o111 != 0) or name.endswith(_LIBRARIES) or ".so." in name

    def below(self, directory: str) -> Iterator[str]:
        pending = [directory]
        while pending:
            path = pending.pop()
            try:
                mode = os.lstat(path).st_mode
                if stat.S_ISDIR(mode):
                    names = sorted(os.listdir(path), reverse=True)
                    pending += [os.path.normpath(os.path.join(path, name)) for name in names]
                elif stat.S_ISREG(mode) or stat.S_ISLNK(mode):
                    yield path
            except OSError:
                continue  # as in go, what cannot be looked at is passed over

    @contextmanager
    def reading(self, path: str) -> Iterator[ReadAt]:
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise disk_error("open", path, error) from error
        try:
            yield _reader(descriptor, path)
        finally:
            os.close(descriptor)

    def packed(self, path: str) -> Iterator[tuple[str, ReadAt]] | None:
        from govgo.adapters.disk.packed import packed  # what reads archives takes 30 ms to load

        return packed(path, _reader)


def _reader(descriptor: int, path: str) -> ReadAt:
    def read(offset: int, size: int) -> bytes:
        try:
            return os.pread(descriptor, size, offset)
        except (OSError, OverflowError) as error:
            raise disk_error("read", path, error if isinstance(error, OSError) else OSError(str(error))) from error

    return read
