# SPDX-License-Identifier: BSD-3-Clause
"""Root as somebody whom modes of files concern."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

_DAC_OVERRIDE, _DAC_READ_SEARCH = 1, 2
_PR_CAPBSET_DROP = 24
_VERSION_3 = 0x20080522


def _is_root() -> bool:
    return os.geteuid() == 0


@contextmanager
def modes_count() -> Iterator[None]:
    """A block in which this thread reads nothing that modes forbid, not even as root."""
    if not _is_root():
        yield
        return
    if sys.platform != "linux":
        pytest.skip("root reads all, and no capability of it can be put aside")
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(_VERSION_3, 0)
    held = (ctypes.c_uint32 * 6)()  # twice effective, permitted, inheritable
    assert libc.capget(header, held) == 0
    fewer = (ctypes.c_uint32 * 6)(*held)
    fewer[0] &= ~(1 << _DAC_OVERRIDE | 1 << _DAC_READ_SEARCH)
    assert libc.capset(header, fewer) == 0
    try:
        yield
    finally:
        assert libc.capset(header, held) == 0


def make_modes_count() -> None:
    """The same for the program that a child process is about to become."""
    if _is_root():
        libc = ctypes.CDLL(None, use_errno=True)
        for capability in (_DAC_OVERRIDE, _DAC_READ_SEARCH):
            assert libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0) == 0
