# SPDX-License-Identifier: BSD-3-Clause
"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from govgo.adapters.disk import atomic
from govgo.errors import DiskError


def test_temporary_names_are_go_s(tmp_path: Path) -> None:
    descriptor, name = atomic.create_temp(str(tmp_path / "v1.0.0.zip"))
    os.close(descriptor)
    assert re.fullmatch(r"v1\.0\.0\.zip\d{1,9}\.tmp", os.path.basename(name))


def test_a_file_is_replaced_and_a_link_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"mine")
    path = tmp_path / "file"
    path.symlink_to(victim)
    atomic.write_file(str(path), b"new")
    assert (path.read_bytes(), path.is_symlink(), victim.read_bytes()) == (b"new", False, b"mine")
    assert sorted(os.listdir(tmp_path)) == ["file", "victim"]


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    path = f"{tmp_path}/none/file"
    with pytest.raises(DiskError, match=f"^write {path}: no such file or directory$"):
        atomic.write_file(path, b"")


def test_a_temporary_name_that_is_taken_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = iter((1, 1, 2))
    monkeypatch.setattr(atomic, "random_number", lambda: next(numbers))
    for number in (1, 2):
        descriptor, name = atomic.create_temp(str(tmp_path / "f"))
        os.close(descriptor)
        assert name == str(tmp_path / f"f{number}.tmp")


def test_what_cannot_be_put_in_place_is_removed(tmp_path: Path) -> None:
    (tmp_path / "f").mkdir()
    with pytest.raises(DiskError, match=r"^rename .*/f[0-9]+\.tmp .*/f: file exists$"):
        atomic.write_file(str(tmp_path / "f"), b"x")
    assert os.listdir(tmp_path) == ["f"]
