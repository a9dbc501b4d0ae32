# SPDX-License-Identifier: BSD-3-Clause
"""Temporary files where there is no room for them, or no place at all."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from govgo.adapters.disk.temporary import make_file, new_directory, new_file, spool
from govgo.errors import DiskError
from tests.simulators.fulldisk import full_disk

LARGE = bytes(1 << 20)
TOO_LARGE = r"^write /\S*: file too large$"


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_a_full_disk(place: Path) -> None:
    with pytest.raises(DiskError, match=TOO_LARGE), full_disk(), spool() as file:
        file.write(LARGE)
    with pytest.raises(DiskError, match=TOO_LARGE), full_disk(), new_file(str(place)) as (_, file):
        file.write(LARGE)


def test_what_is_held_back_until_the_end(place: Path) -> None:
    with pytest.raises(DiskError, match=TOO_LARGE), full_disk(10), spool() as file:
        file.write(b"eleven byte")


def test_what_fails_elsewhere_is_not_told_of_the_directory(place: Path) -> None:
    for make in (spool, lambda: new_file(str(place)), lambda: new_directory("x-")):
        with pytest.raises(OSError, match=r"^other$"), make():
            raise OSError("other")


def test_no_directory_for_what_the_caller_removes(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", f"{place}/none")
    with pytest.raises(DiskError, match=r"^write /\S*/none: no such file or directory$"):
        make_file(".zip")


@pytest.mark.parametrize("make", [spool, lambda: new_directory("x-")])
def test_no_directory(
    make: Callable[[], AbstractContextManager[object]], place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", f"{place}/none")
    with pytest.raises(DiskError, match=r"^write /\S*/none: no such file or directory$"), make():
        pass


def test_a_directory_goes_with_what_is_in_it(place: Path) -> None:
    with new_directory("x-") as directory:
        with new_file(directory) as (path, file):
            file.write(b"zip")
        assert Path(path).read_bytes() == b"zip"
    assert list(place.iterdir()) == []


def test_directories_of_processes_that_were_killed_go(place: Path) -> None:
    """Those are not locked any more. Others of the kind are in use, or were made a moment ago."""
    for name in ("x-killed", "x-in-use", "x-young", "y-other"):
        (place / name / "deep").mkdir(parents=True)
        (place / name / "deep/file").touch()
        os.utime(place / name, (1_000_000_000,) * 2)
    (place / "x-file").touch()
    (place / "x-link").symlink_to(place / "y-other")
    os.utime(place / "x-young")
    in_use = os.open(place / "x-in-use", os.O_RDONLY)
    fcntl.flock(in_use, fcntl.LOCK_EX)
    with new_directory("x-") as made:
        assert {each.name for each in place.iterdir()} == {
            "x-in-use", "x-young", "y-other", "x-file", "x-link", Path(made).name,
        }  # fmt: skip
        assert (place / "y-other/deep/file").exists()
        with pytest.raises(BlockingIOError):
            fcntl.flock(os.open(made, os.O_RDONLY), fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(in_use)
    assert not Path(made).exists()
