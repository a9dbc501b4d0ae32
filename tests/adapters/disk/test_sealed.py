# SPDX-License-Identifier: BSD-3-Clause
"""Files of govgo's own in the user's cache directory: read only when whole and the user's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from govgo.adapters.disk.sealed import read_sealed, remove_oldest, user_cache, write_sealed

MAGIC = b"govgo test 1\n"


@pytest.mark.parametrize(
    ("environ", "directory"),
    [
        ({"XDG_CACHE_HOME": "/c", "HOME": "/h"}, "/c/govgo"),
        ({"XDG_CACHE_HOME": "relative", "HOME": "/h"}, ""),
        ({}, ""),
    ],
)
def test_the_user_s_cache_directory(environ: dict[str, str], directory: str) -> None:
    assert user_cache(environ) == directory


def test_a_body_is_read_back(tmp_path: Path) -> None:
    path = str(tmp_path / "f")
    write_sealed(path, MAGIC, b"old")
    write_sealed(path, MAGIC, b"body")
    assert read_sealed(path, MAGIC, 1000) == b"body"
    assert os.listdir(tmp_path) == ["f"]


def test_what_is_not_whole_is_absent(tmp_path: Path) -> None:
    path = tmp_path / "f"
    assert read_sealed(str(path), MAGIC, 1000) is None
    write_sealed(str(path), MAGIC, b"body")
    data = path.read_bytes()
    assert read_sealed(str(path), b"another magic", 1000) is None
    assert read_sealed(str(path), MAGIC, len(data) - 1) is None
    for damaged in (data[:-1], data + b"x", data[:20], b"", data.replace(b"body", b"bodY")):
        path.write_bytes(damaged)
        assert read_sealed(str(path), MAGIC, 1000) is None


def test_a_file_that_others_may_write_is_absent(tmp_path: Path) -> None:
    path = tmp_path / "f"
    write_sealed(str(path), MAGIC, b"body")
    for mode in (0o620, 0o602):
        path.chmod(mode)
        assert read_sealed(str(path), MAGIC, 1000) is None


def test_a_fifo_in_the_place_of_a_file_is_no_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "f", 0o600)
    assert read_sealed(str(tmp_path / "f"), MAGIC, 1000) is None


def test_a_file_that_cannot_be_put_in_place_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "f").mkdir()
    with pytest.raises(IsADirectoryError):
        write_sealed(str(tmp_path / "f"), MAGIC, b"body")
    assert os.listdir(tmp_path) == ["f"]


def test_the_youngest_files_are_kept(tmp_path: Path) -> None:
    for age in range(5):
        (tmp_path / str(age)).touch()
        os.utime(tmp_path / str(age), (1000 - age, 1000 - age))
    remove_oldest(str(tmp_path), 2)
    assert sorted(os.listdir(tmp_path)) == ["0", "1"]
