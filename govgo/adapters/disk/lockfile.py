# SPDX-License-Identifier: BSD-3-Clause
"""Files that several processes read and write, under the locks that the go command uses too.

A lock is flock(2) on the file itself, exclusive for writers and shared for readers, released when it is closed.
A link that stands where a file is to be written is never followed, since somebody may have planted it: it is replaced.

Source: cmd/go/internal/lockedfile.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from govgo.adapters.disk import modes
from govgo.adapters.disk.diskerror import disk_error
from govgo.core.typehints import TYPE_CHECKING

if TYPE_CHECKING:
    from io import BufferedReader

_CHUNK = 1 << 16
_PIECE = 1 << 20
_LARGEST = 1 << 30
"""Bytes. A module zip has at most half of that, and all other files that are read whole are far smaller."""
_MOST_MORE = 64 << 20
"""Bytes that a file may have beyond its size: a repository can hold a link to /dev/zero, which ends nowhere."""


def open_file(path: str, flags: int) -> int:
    """Open `path` itself, never what a link at that place points to; with O_CREAT in `flags` a link is removed first.

    Raises:
        OSError: as os.open does; ELOOP for a link where nothing is to be created.
    """
    flags |= os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        return os.open(path, flags, modes.FILE)
    except OSError as error:
        if error.errno not in (errno.ELOOP, errno.EMLINK) or not flags & os.O_CREAT:
            raise
        with suppress(FileNotFoundError):
            os.unlink(path)
        return os.open(path, flags, modes.FILE)


def open_to_read(path: str) -> int:
    """Open a file that only programs write, such as those of a cache. A pipe in its place would never be opened.

    Raises:
        OSError: as os.open does; also for what is neither a file nor a directory, of which nothing can be read.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
        return descriptor
    os.close(descriptor)
    raise OSError("not a regular file")


@contextmanager
def reading(path: str) -> Iterator[BufferedReader]:
    """The file that `open_to_read` opens.

    Raises:
        OSError: as there; EISDIR for a directory.
    """
    descriptor = open_to_read(path)
    try:
        with open(descriptor, "rb", closefd=False) as file:
            yield file
    finally:
        os.close(descriptor)


@contextmanager
def locked(path: str, *, wait: bool = True) -> Iterator[int]:
    """Hold the exclusive lock of the file `path`, made if absent; gives its descriptor, open for reading and writing.

    Waits as long as another holds it, unless `wait` is False. Two holders in one process exclude each other too.

    Raises:
        BlockingIOError: another holds it, and `wait` is False.
        DiskError: the file could not be opened or locked.
    """
    try:
        descriptor = open_file(path, os.O_RDWR | os.O_CREAT)
    except OSError as error:
        raise disk_error("open", path, error) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise
        except OSError as error:
            raise disk_error("Lock", path, error) from error
        yield descriptor
    finally:
        os.close(descriptor)


def read_locked(path: str, *, is_kept: bool = False) -> bytes:
    """The content of `path`, read under the shared lock (a link is followed: nothing is written).

    With `is_kept` it is a file of a cache (`open_to_read`); others may be pipes, such as `-policy <(…)`.

    Raises:
        OSError: it could not be opened, locked or read.
    """
    descriptor = open_to_read(path) if is_kept else os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        return read_all(descriptor)
    finally:
        os.close(descriptor)


def read_whole(path: str) -> bytes:
    """The content of `path`, read without a lock.

    Raises:
        OSError: it could not be opened or read.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return read_all(descriptor)
    finally:
        os.close(descriptor)


def read_all(descriptor: int) -> bytes:
    """All bytes from the descriptor's present place on.

    Raises:
        OSError: they could not be read; EFBIG if there are too many, or no end.
    """
    size = os.fstat(descriptor).st_size
    if size > _LARGEST:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
    data = os.read(descriptor, size + 1)  # one byte more than there should be, to see the end in the same call
    if len(data) == size:
        return data
    parts = [data]
    room = size + _MOST_MORE
    while data:
        room -= len(data)
        if room < 0:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
        data = os.read(descriptor, _CHUNK)
        parts.append(data)
    return b"".join(parts)


def pieces(descriptor: int, path: str) -> Iterator[bytes]:
    """The bytes of an open file from the descriptor's present place on, a MiB at a time.

    Raises:
        DiskError: they could not be read; `path` is the name of the file.
    """
    try:
        while piece := os.read(descriptor, _PIECE):
            yield piece
    except OSError as error:
        raise disk_error("read", path, error) from error


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of `data` at the descriptor's present place."""
    written = os.write(descriptor, data)
    while written < len(data):
        written += os.write(descriptor, memoryview(data)[written:])


def overwrite(descriptor: int, data: bytes) -> None:
    """Make `data` the whole content of a locked file; where that fails, the file is left empty.

    It is brought to its final size first. Should the process be killed before it has written all, NUL bytes are left,
    by which a reader sees that the file is incomplete.
    """
    os.ftruncate(descriptor, 0)
    os.ftruncate(descriptor, len(data))
    os.lseek(descriptor, 0, os.SEEK_SET)
    try:
        write_all(descriptor, data)
    except OSError:
        os.ftruncate(descriptor, 0)
        raise
