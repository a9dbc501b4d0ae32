# SPDX-License-Identifier: BSD-3-Clause
"""Errors of the file system, in the words of Go."""

from __future__ import annotations

import errno

import pytest

from govgo.adapters.disk.diskerror import disk_error, reason


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (FileNotFoundError(errno.ENOENT, "x"), "no such file or directory"),
        (OSError(errno.EISDIR, "x"), "is a directory"),
        (OSError("Odd"), "odd"),
    ],
)
def test_reasons(error: OSError, said: str) -> None:
    assert reason(error) == said


@pytest.mark.parametrize(("number", "is_full"), [(errno.ENOSPC, True), (errno.EDQUOT, True), (errno.EACCES, False)])
def test_a_full_disk_has_a_hint(number: int, is_full: bool) -> None:
    error = disk_error("write", "/mod/x", OSError(number, "x"))
    assert error.path == "/mod/x"
    assert str(error).startswith("write /mod/x: ")
    assert error.hint.startswith("free some space") == is_full
