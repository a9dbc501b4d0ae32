# SPDX-License-Identifier: BSD-3-Clause
"""Files that are needed for a while, mostly in the directory that TMPDIR names.

Each is a context, and raises a DiskError about that directory where there is no room in it, or no such directory. A
process that is killed leaves its directories behind; each is locked as long as its maker lives, so the next process
that makes one of the same kind removes them.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import BinaryIO

from govgo.adapters.disk.diskerror import disk_error

_UNLOCKED_S = 60.0
"""A directory may be so old before it is locked."""
_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW


@contextmanager
def spool() -> Iterator[BinaryIO]:
    """A file without a name, for what is too large for memory. Every OSError in the block is taken for one of it."""
    with _told(), tempfile.TemporaryFile() as file:
        yield file


@contextmanager
def new_file(directory: str) -> Iterator[tuple[str, BinaryIO]]:
    """The name of a new zip in a directory, and the zip, which stays there. Errors are those of `spool`."""
    with _told(directory):
        descriptor, path = tempfile.mkstemp(".zip", dir=directory)
        with open(descriptor, "wb") as file:
            yield path, file


@contextmanager
def new_directory(prefix: str) -> Iterator[str]:
    """A new directory, removed at the end with all that is in it; what cannot be removed is not reported here."""
    with _told():
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


@contextmanager
def _told(directory: str = "") -> Iterator[None]:
    try:
        yield
    except OSError as error:
        # Where none can be written, `tempfile` names no directory.
        raise disk_error("write", directory or tempfile.tempdir or "a temporary file", error) from error
