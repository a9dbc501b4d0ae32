# SPDX-License-Identifier: BSD-3-Clause
"""Outputs that are not regular files: devices, pipes and open descriptors are written into, never replaced."""

from __future__ import annotations

import os
import stat

from govgo.adapters.disk.diskerror import disk_error

_NAMED = {"/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2}
_MOST_LINKS = 40


def descriptor_of(path: str) -> int | None:
    """The number of the open descriptor that an absolute path names (`/dev/stdout`, `/dev/fd/3`); None for others.

    What such a name leads to may well be a regular file, as in `govgo verify -o json:/dev/stdout >report.json`. It
    belongs to whoever opened it: a shell goes on to write at its own place in the file.
    """
    numbered = ("/dev/fd", "/proc/self/fd", "/proc/thread-self/fd", f"/proc/{os.getpid()}/fd")
    for _ in range(_MOST_LINKS):
        if path in _NAMED:
            return _NAMED[path]
        directory, _, name = path.rpartition("/")
        if directory in numbered and name.isascii() and name.isdigit():
            return int(name)
        try:
            target = os.readlink(path)
        except OSError:
            return None
        path = os.path.normpath(os.path.join(directory, target))
    return None


def is_stream(path: str) -> bool:
    """Whether there is something at an absolute path that can be written, but not replaced."""
    if descriptor_of(path) is not None:
        return True
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def write_stream(path: str, data: bytes) -> None:
    """Write `data` into a stream. A reader that has gone away wanted no more: that is not an error.

    Raises:
        DiskError: it could not be opened or written.
    """
    number = descriptor_of(path)
    try:
        # A named pipe is opened for writing alone, so that this waits for a reader.
        descriptor = os.dup(number) if number is not None else os.open(path, os.O_WRONLY | os.O_NOCTTY | os.O_CLOEXEC)
        try:
            push(descriptor, data)
        finally:
            os.close(descriptor)
    except BrokenPipeError:
        return
    except OSError as error:
        raise disk_error("write", path, error) from error


def push(descriptor: int, data: bytes | bytearray | memoryview) -> None:
    """Write all of `data`; where a pipe is set not to block, wait until it takes more.

    Raises:
        OSError: it could not be written.
    """
    rest = memoryview(data)
    while rest:
        try:
            rest = rest[os.write(descriptor, rest) :]
        except BlockingIOError:
            import select

            waiting = select.poll()
            waiting.register(descriptor, select.POLLOUT)
            waiting.poll()
