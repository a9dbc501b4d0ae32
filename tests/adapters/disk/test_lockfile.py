# SPDX-License-Identifier: BSD-3-Clause
"""Locks, and reading and writing under them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from govgo.adapters.disk import lockfile
from govgo.errors import DiskError
from tests.simulators.memory import little_memory


def test_incomplete_overwrite_shows_as_nul_bytes_or_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = str(tmp_path / "list")
    with lockfile.locked(path) as descriptor:
        lockfile.overwrite(descriptor, b"v1.0.0\n")
        monkeypatch.setattr("govgo.adapters.disk.lockfile.os.write", lambda fd, data: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            lockfile.overwrite(descriptor, b"v1.0.0\nv1.1.0\n")
    assert Path(path).read_bytes() == bytes(14)


def test_a_second_holder_is_refused_if_it_does_not_wait(tmp_path: Path) -> None:
    path = str(tmp_path / "lock")
    with lockfile.locked(path), pytest.raises(BlockingIOError), lockfile.locked(path, wait=False):
        pass
    with lockfile.locked(path, wait=False):
        pass


def test_a_planted_link_gives_way_to_the_lock_file(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    link = tmp_path / "lock"
    link.symlink_to(victim)
    with lockfile.locked(str(link)):
        pass
    assert not link.is_symlink()
    assert not victim.exists()


@pytest.mark.parametrize("size", [0, 1, 1 << 16, 200_000])
def test_whole_files_are_read(tmp_path: Path, size: int) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * size)
    assert lockfile.read_locked(str(path)) == b"x" * size


def test_a_file_of_the_user_s_may_be_a_pipe(tmp_path: Path) -> None:
    """As a shell makes one of `<(…)`. In a cache nobody has put one."""
    reads, writes = os.pipe()
    os.write(writes, b"content")
    os.close(writes)
    with pytest.raises(OSError, match="not a regular file"):
        lockfile.read_locked(f"/dev/fd/{reads}", is_kept=True)
    assert lockfile.read_locked(f"/dev/fd/{reads}") == b"content"
    os.close(reads)


def test_attack_a_file_without_end() -> None:
    with little_memory(), pytest.raises(OSError, match="File too large"):
        lockfile.read_whole("/dev/zero")


def test_attack_a_file_larger_than_any_that_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with open(path, "wb") as file:
        file.truncate((1 << 30) + 1)
    with little_memory(), pytest.raises(OSError, match="File too large"):
        lockfile.read_whole(str(path))


def test_a_link_is_not_opened_where_nothing_is_created(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "target")
    with pytest.raises(OSError, match="symbolic links"):
        lockfile.open_file(str(tmp_path / "link"), os.O_RDONLY)
    assert (tmp_path / "link").is_symlink()


def test_a_lock_that_cannot_be(tmp_path: Path) -> None:
    with pytest.raises(DiskError, match=r"^open .*/none/lock: no such file or directory$"):
        lockfile.locked(str(tmp_path / "none/lock")).__enter__()


def test_an_overwrite_that_fails_leaves_an_empty_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int, data: bytes) -> int:
        raise OSError(28, "no space left on device")

    path = str(tmp_path / "list")
    with lockfile.locked(path) as descriptor:
        lockfile.overwrite(descriptor, b"v1.0.0\n")
        monkeypatch.setattr("govgo.adapters.disk.lockfile.os.write", full)
        with pytest.raises(OSError, match="no space"):
            lockfile.overwrite(descriptor, b"v1.1.0\n")
    assert Path(path).read_bytes() == b""
