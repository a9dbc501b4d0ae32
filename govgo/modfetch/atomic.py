# SPDX-License-Identifier: BSD-3-Clause
"""Files that appear whole or not at all: written under a temporary name beside their place, then renamed.

The temporary names are the go command's (`<name><number>.tmp`), so that either program cleans up after the other.
Nothing is forced to the disk: a cache can be fetched again, and thousands of small files must not wait.
"""

from __future__ import annotations

import os
import random
from contextlib import suppress

from govgo.modfetch.diskerror import disk_error
from govgo.modfetch.lockfile import write_all

_ATTEMPTS = 10_000
_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def create_temp(path: str, mode: int = 0o666) -> tuple[int, str]:
    """A new empty file beside `path`: (descriptor open for reading and writing, its name).

    Raises:
        OSError: it could not be made.
    """
    for _ in range(_ATTEMPTS):
        name = f"{path}{random.randrange(1_000_000_000)}.tmp"
        try:
            return os.open(name, _NEW, mode), name
        except FileExistsError:
            continue
    raise FileExistsError(17, "no free temporary name", path)


def write_file(path: str, data: bytes, mode: int = 0o666) -> None:
    """Create or replace `path` (a link there is replaced, not followed); its directory must exist.

    Raises:
        DiskError: it could not be written; what stood at `path` stands there still, and no temporary file is left.
    """
    name = ""
    try:
        descriptor, name = create_temp(path, mode)
        try:
            write_all(descriptor, data)
        finally:
            os.close(descriptor)
        os.rename(name, path)
        name = ""
    except OSError as error:
        raise disk_error("write", path, error) from error
    finally:
        if name:
            remove(name)


def remove(path: str) -> None:
    """Remove a file as far as that is possible."""
    with suppress(OSError):
        os.unlink(path)
