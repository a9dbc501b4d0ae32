# SPDX-License-Identifier: BSD-3-Clause
"""A machine with little memory: what reads without end fails in this process, and not whatever else runs beside it."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager

MORE_BYTES = 512 << 20


@contextmanager
def little_memory() -> Iterator[None]:
    """A block in which this process gets no more than `MORE_BYTES` beside what it has: then comes a MemoryError."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    with open("/proc/self/statm", encoding="ascii") as file:
        has = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (has + MORE_BYTES, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
