# SPDX-License-Identifier: BSD-3-Clause
"""Files that are needed for a while, mostly in the directory that TMPDIR names.

What cannot be made, written or read there is a DiskError about that directory, wherever in a block it happens; errors
about other files are left as they are. A process that is killed leaves its directories behind. Those of `new_directory`
are locked as long as their maker lives, so the next process that makes one of the same kind removes them.
"""

from __future__ import annotations

import fcntl
import io
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from typing import Any, BinaryIO

from govgo.adapters.disk.diskerror import disk_error

_BUFFER = 1 << 16
_UNLOCKED_S = 60.0
"""A directory may be so old before it is locked."""
_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW


@contextmanager
def spool() -> Iterator[BinaryIO]:
    """A file without a name, for what is too large for memory."""
    with ExitStack() as held:
        with _as_disk_errors():
            made = held.enter_context(tempfile.TemporaryFile(buffering=0))
        yield held.enter_context(_open(made.fileno(), "", closes=False))


@contextmanager
def new_file(directory: str = "", suffix: str = ".zip") -> Iterator[tuple[str, BinaryIO]]:
    """The name of a new file in a directory, and the file, which stays there."""
    descriptor, path = make_file(suffix, directory=directory)
    with _open(descriptor, directory) as file:
        yield path, file


def start_over(file: BinaryIO) -> None:
    """Forget what has been written to a file, such as a download that is made again."""
    file.seek(0)
    file.truncate()


@contextmanager
def new_directory(prefix: str) -> Iterator[str]:
    """A new directory, removed at the end with all that is in it; what cannot be removed is not reported here."""
    with _as_disk_errors():
        _remove_of_killed(tempfile.gettempdir(), prefix)
        made = tempfile.TemporaryDirectory(prefix=prefix)
    with made as path:
        descriptor = os.open(path, _OPEN)
        try:
            _lock(descriptor)
            yield path
        finally:
            os.close(descriptor)


def _lock(descriptor: int) -> bool:
    """Take the lock of a directory; False where another process has it, or its file system has none."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


@cache
def _remove_of_killed(top: str, prefix: str) -> None:
    """Remove, once in a process, what processes of this user have left that were killed."""
    with suppress(OSError):  # a directory that can be written need not be one that can be read
        for name in os.listdir(top):
            if name.startswith(prefix):
                with suppress(OSError):
                    _remove_if_dead(f"{top}/{name}")


def _remove_if_dead(path: str) -> None:
    descriptor = os.open(path, _OPEN)
    try:
        facts = os.fstat(descriptor)
        is_ours = facts.st_uid == os.geteuid() and facts.st_mtime < time.time() - _UNLOCKED_S
        if is_ours and _lock(descriptor):
            shutil.rmtree(path, ignore_errors=True)
    finally:
        os.close(descriptor)


def make_file(suffix: str = "", prefix: str = "govgo-", *, directory: str = "") -> tuple[int, str]:
    """The descriptor and name of a new file, which the caller has to close and to remove.  Raises DiskError."""
    with _as_disk_errors(directory):
        return tempfile.mkstemp(suffix, prefix, directory or None)


def make_directory(prefix: str) -> str:
    """A new directory, which the caller has to remove.  Raises DiskError."""
    with _as_disk_errors():
        return tempfile.mkdtemp(prefix=prefix)


def _open(descriptor: int, directory: str, *, closes: bool = True) -> BinaryIO:
    return io.BufferedRandom(_Raw(descriptor, directory, closes=closes), _BUFFER)


class _Raw(io.FileIO):
    """An open file whose errors are those of its directory."""

    def __init__(self, descriptor: int, directory: str, *, closes: bool) -> None:
        super().__init__(descriptor, "r+b", closefd=closes)
        self._directory = directory

    def write(self, data: Any, /) -> int:
        with _as_disk_errors(self._directory):
            return super().write(data)

    def readinto(self, buffer: Any, /) -> int:
        with _as_disk_errors(self._directory):
            return super().readinto(buffer)


@contextmanager
def _as_disk_errors(directory: str = "") -> Iterator[None]:
    try:
        yield
    except OSError as error:
        # Where none can be written, `tempfile` names no directory.
        raise disk_error("write", directory or tempfile.tempdir or "a temporary file", error) from error
