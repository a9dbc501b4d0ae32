# SPDX-License-Identifier: BSD-3-Clause
"""Paths from the root (adapters/disk/workdir.py), also where the working directory is gone."""

from __future__ import annotations

from pathlib import Path

import pytest

from govgo.adapters.disk.workdir import absolute, getwd
from govgo.errors import InputError


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
