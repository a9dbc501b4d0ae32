# SPDX-License-Identifier: BSD-3-Clause
"""A disk without room, as far as a process can have one by itself: no file can grow past a limit (setrlimit(2))."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def full_disk(limit_bytes: int = 4096) -> Iterator[None]:
    """A block in which the system refuses with "File too large" what is written past `limit_bytes` of a file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
