# SPDX-License-Identifier: BSD-3-Clause
"""Files that appear whole or not at all: written under a temporary name beside their place, then renamed.

The temporary names are the go command's (`<name><number>.tmp`), so that either program cleans up after the other.
These are files of caches, which can be fetched again: syncing each of thousands of small files to the disk would take
seconds. The user's own files are written by `disk.renew`.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from govgo.adapters.disk import modes
from govgo.adapters.disk.diskerror import disk_error
from govgo.adapters.disk.lockfile import write_all
from govgo.core.safetext import one_line
from govgo.core.typehints import IO

_ATTEMPTS = 10_000
_ABANDONED_S = 24 * 3600.0
"""A temporary file that was not written to for so long belongs to a process that was killed."""
_NUMBERS = 1_000_000_000
"""How many different numbers the names of temporary files have."""
# O_EXCL: the name is ours, not one that somebody has planted there.
_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def create_temp(path: str, mode: int = modes.FILE) -> tuple[int, str]:
    """A new empty file beside `path`: (descriptor open for reading and writing, its name).

    Args:
        path: whose place it is to take.
        mode: its permissions, less those that the umask takes away.

    Raises:
        OSError: it could not be made.
    """
    for _ in range(_ATTEMPTS):
        name = f"{path}{random_number()}.tmp"
        try:
            return os.open(name, _NEW, mode), name
        except FileExistsError:
            continue
    raise FileExistsError(17, "no free temporary name", path)


def random_number() -> int:
    """A number below `_NUMBERS`; the module `random` takes a millisecond to load."""
    return int.from_bytes(os.urandom(8), "big") % _NUMBERS


def write_file(path: str, data: bytes) -> None:
    """Create or replace `path` (a link there is replaced, not followed); its directory must exist.

    Raises:
        DiskError: it could not be written; what stood at `path` stands there still, and no temporary file is left.
    """
    with appearing(path) as file:
        write_all(file.fileno(), data)


@contextmanager
def appearing(path: str) -> Iterator[IO[bytes]]:
    """A file to write that appears under its name at the end of the block; not at all where that fails.

    Raises:
        DiskError: as `write_file`.
    """
    name = ""
    try:
        descriptor, name = create_temp(path)
        with open(descriptor, "wb") as file:
            yield file
        rename(name, path)
        name = ""
    except OSError as error:
        raise disk_error("write", path, error) from error
    finally:
        if name:
            remove(name)


def rename(source: str, target: str) -> None:
    """Give a file its final name, in place of another file.

    Raises:
        DiskError: that failed; in the words of Go, to which a directory in its place is a file that exists.
    """
    try:
        os.rename(source, target)
    except OSError as error:
        if error.errno == errno.EISDIR:
            error = FileExistsError(errno.EEXIST, "", target)
        raise disk_error(f"rename {one_line(source)}", target, error) from error


def remove(path: str) -> None:
    """Remove a file if that is possible."""
    with suppress(OSError):
        os.unlink(path)


def remove_abandoned(path: str, now_s: float, after_s: float = _ABANDONED_S) -> int:
    """Remove a temporary file that was not written to for `after_s` seconds; its size then, else 0."""
    with suppress(OSError):
        facts = os.lstat(path)
        if facts.st_mtime < now_s - after_s:
            os.unlink(path)
            return facts.st_size
    return 0


def remove_of_killed(path: str) -> None:
    """Remove what is left of temporary files beside `path`. Whoever makes them holds a lock, as the caller does now."""
    parent, name = os.path.split(path)
    with suppress(OSError):
        for each in os.listdir(parent):
            number = each.removeprefix(name).removesuffix(".tmp")
            is_number = number.isascii() and number.isdecimal() and len(number) < len(str(_NUMBERS))
            if is_number and each == f"{name}{number}.tmp":
                remove(f"{parent}/{each}")
