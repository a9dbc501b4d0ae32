# SPDX-License-Identifier: BSD-3-Clause
"""Files that change: as unnoticeably as a program can make it, or by damage."""

from __future__ import annotations

import os
from pathlib import Path


def rewrite(file: Path, data: bytes) -> None:
    """Put as many other bytes into a file, with the old times: only the change time tells, which nobody can set.

    On Linux before 6.13, and on some file systems, the clock of that time stands still for some milliseconds. What is
    tested here is not a change within them, so they are waited for.
    """
    then = file.stat()
    assert len(data) == then.st_size
    while file.stat().st_ctime_ns == then.st_ctime_ns:
        file.write_bytes(data)
        os.utime(file, ns=(then.st_atime_ns, then.st_mtime_ns))


def cut(file: Path) -> None:
    """Take its last byte away."""
    file.write_bytes(file.read_bytes()[:-1])


def flip(file: Path) -> None:
    """Turn over a bit near its end."""
    data = bytearray(file.read_bytes())
    data[-9] ^= 1
    file.write_bytes(bytes(data))
