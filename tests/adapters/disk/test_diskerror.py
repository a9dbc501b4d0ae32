# SPDX-License-Identifier: BSD-3-Clause
"""Errors of the file system, in the words of Go."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from govgo.adapters.disk.diskerror import absolute, disk_error, getwd, reason
from govgo.errors import InputError


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


def test_paths_are_from_the_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert getwd() == str(tmp_path)
    assert absolute("a/../b/./c") == f"{tmp_path}/b/c"
    assert absolute("/x/../y/") == "/y"
    assert absolute("") == str(tmp_path)


def test_a_directory_that_is_gone_is_told_as_go_tells_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert absolute("/a") == "/a"
    with pytest.raises(InputError, match=r"^cannot determine current directory: getwd: no such file or directory$"):
        absolute("a")
