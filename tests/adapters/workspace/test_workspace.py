# SPDX-License-Identifier: BSD-3-Clause
"""The files of main modules: whole or not at all, never another's work lost."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import signal
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from govgo.adapters.modcache.cache import ModCache
from govgo.adapters.workspace.workspace import DiskWorkspace
from govgo.errors import ConflictError, DiskError


@pytest.fixture
def files(tmp_path: Path) -> DiskWorkspace:
    return DiskWorkspace(ModCache(str(tmp_path / "mod"), writable_dirs=False), (str(tmp_path / "kept"),))


@pytest.fixture
def go_mod(tmp_path: Path) -> Path:
    path = tmp_path / "m" / "go.mod"
    path.parent.mkdir()
    path.write_bytes(b"module m\n")
    return path


def test_read(files: DiskWorkspace, go_mod: Path) -> None:
    assert files.read(str(go_mod)) == b"module m\n"
    assert files.read(str(go_mod) + "x") is None
    with pytest.raises(DiskError, match=r"read .*/m: is a directory"):
        files.read(str(go_mod.parent))
    with pytest.raises(DiskError, match=r"open .*/go.mod/x: not a directory"):
        files.read(f"{go_mod}/x")


def test_replace(files: DiskWorkspace, go_mod: Path) -> None:
    files.replace(str(go_mod), b"module m\n", b"module n\n")
    assert go_mod.read_bytes() == b"module n\n"
    files.replace(str(go_mod.with_name("go.sum")), None, b"x v1 h1:\n")
    assert go_mod.with_name("go.sum").read_bytes() == b"x v1 h1:\n"
    assert sorted(p.name for p in go_mod.parent.iterdir()) == ["go.mod", "go.sum"]


def test_replace_of_what_is_there_already_changes_nothing(files: DiskWorkspace, go_mod: Path) -> None:
    before = go_mod.stat()
    files.replace(str(go_mod), b"something else", b"module m\n")
    assert go_mod.stat() == before


@pytest.mark.parametrize("before", [None, b"", b"module other\n"])
def test_lost_race_changes_nothing(before: bytes | None, files: DiskWorkspace, go_mod: Path) -> None:
    with pytest.raises(ConflictError, match=r"^existing contents have changed since last read$"):
        files.replace(str(go_mod), before, b"module n\n")
    assert go_mod.read_bytes() == b"module m\n"


def test_lost_race_leaves_no_empty_file(files: DiskWorkspace, tmp_path: Path) -> None:
    with pytest.raises(ConflictError):
        files.replace(str(tmp_path / "go.mod"), b"was there", b"module n\n")
    assert not (tmp_path / "go.mod").exists()


def test_mode_and_link_stay(files: DiskWorkspace, go_mod: Path, tmp_path: Path) -> None:
    go_mod.chmod(0o640)
    link = tmp_path / "go.mod"
    link.symlink_to(go_mod)
    files.replace(str(link), b"module m\n", b"module n\n")
    assert link.is_symlink()
    assert go_mod.read_bytes() == b"module n\n"
    assert stat.S_IMODE(go_mod.stat().st_mode) == 0o640


def test_write_makes_directories(files: DiskWorkspace, tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "modules.txt"
    files.write(str(path), b"")
    assert path.read_bytes() == b""
    files.write(str(path), b"# m v1.0.0\n")
    assert path.read_bytes() == b"# m v1.0.0\n"


@pytest.mark.parametrize("cut", ["write", "rename"])
def test_full_disk_keeps_the_old_content(
    cut: str, files: DiskWorkspace, go_mod: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    target = {"write": "govgo.adapters.disk.renew.write_all", "rename": "govgo.adapters.disk.renew.os.rename"}[cut]
    monkeypatch.setattr(target, fail)
    with pytest.raises(DiskError, match=r"write .*/go.mod: no space left on device"):
        files.replace(str(go_mod), b"module m\n", b"module n\n")
    assert go_mod.read_bytes() == b"module m\n"
    assert [p.name for p in go_mod.parent.iterdir()] == ["go.mod"]


def side_lock_is_held(files: DiskWorkspace) -> bool:
    assert files.cache is not None
    descriptor = os.open(f"{files.cache.root}/cache/lock", os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def test_side_lock_is_held_while_a_file_is_replaced(
    files: DiskWorkspace, go_mod: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[bool] = []
    rename = os.rename

    def spy(source: str, target: str) -> None:
        held.append(side_lock_is_held(files))
        rename(source, target)

    monkeypatch.setattr("govgo.adapters.disk.renew.os.rename", spy)
    files.replace(str(go_mod), b"module m\n", b"module n\n")
    assert held == [True]
    assert not side_lock_is_held(files)


def test_without_a_cache_files_are_replaced_all_the_same(go_mod: Path) -> None:
    for cache in (None, ModCache("", writable_dirs=False), ModCache(f"{go_mod}/mod", writable_dirs=False)):
        DiskWorkspace(cache).replace(str(go_mod), go_mod.read_bytes(), b"module m // %d\n" % id(cache))
        assert go_mod.read_bytes() == b"module m // %d\n" % id(cache)


@pytest.mark.parametrize("with_cache", [True, False])
def test_many_editors_lose_no_line(with_cache: bool, files: DiskWorkspace, tmp_path: Path) -> None:
    path = str(tmp_path / "go.sum")
    workspace = files if with_cache else DiskWorkspace()

    def edit(name: str) -> None:
        for number in range(10):
            while True:
                before = workspace.read(path)
                try:
                    workspace.replace(path, before, (before or b"") + f"{name} {number}\n".encode())
                    break
                except ConflictError:
                    time.sleep(0)

    threads = [threading.Thread(target=edit, args=(f"t{i}",)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = Path(path).read_text().splitlines()
    assert sorted(lines) == sorted(f"t{i} {n}" for i in range(4) for n in range(10))


def test_what_a_killed_run_left_is_brought_back_by_the_next_reader(files: DiskWorkspace, go_mod: Path) -> None:
    leave_kept(go_mod, b"module m\n", b"module much.longer\n")
    go_mod.write_bytes(b"module much.longer\n"[:12])
    assert files.read(str(go_mod)) == b"module m\n"
    assert [p.name for p in go_mod.parent.iterdir()] == ["go.mod"]


def test_what_a_killed_run_left_is_brought_back_at_the_end_of_a_link(
    files: DiskWorkspace, go_mod: Path, tmp_path: Path
) -> None:
    leave_kept(go_mod, b"module m\n", b"module n\n\ngo 1.21\n")
    go_mod.write_bytes(b"module n\n\ngo 1")
    link = tmp_path / "go.mod"
    link.symlink_to(go_mod)
    files.replace(str(link), b"module m\n", b"module o\n")
    assert go_mod.read_bytes() == b"module o\n"


def leave_kept(path: Path, before: bytes, after: bytes) -> None:
    """What a run leaves that is killed while it overwrites `path`, as docs of `disk.renew` describe it."""
    body = str(len(before)).encode() + b"\n" + before + after
    kept = path.parent.parent / "kept" / hashlib.sha256(os.fsencode(path)).hexdigest()
    kept.parent.mkdir(mode=0o700)
    kept.write_bytes(b"govgo kept file 1\n" + hashlib.blake2b(body, digest_size=32).digest() + body)
    kept.chmod(0o600)


def test_source_files_are_read_without_a_lock(
    files: DiskWorkspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A command reads thousands of them, and writes none."""
    (tmp_path / "a.go").write_text("package a\n")

    def refuse(*_: object) -> bool:
        raise AssertionError("asked")

    monkeypatch.setattr(fcntl, "flock", refuse)
    monkeypatch.setattr(os, "lstat", refuse)
    assert files.read_source(f"{tmp_path}/a.go") == b"package a\n"
    assert files.read_source(f"{tmp_path}/b.go") is None


@pytest.mark.parametrize("verb", ["write", "replace"])
def test_a_pipe_is_written_into(verb: str, files: DiskWorkspace, tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(path.read_bytes()))
    reader.start()
    if verb == "write":
        files.write(str(path), b"text")
    else:
        files.replace(str(path), b"whatever was read", b"text")
    reader.join(10)
    assert got == [b"text"]
    assert stat.S_ISFIFO(path.stat().st_mode)


def test_ctrl_c_between_two_renames_loses_no_tree(
    files: DiskWorkspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    target, made = tmp_path / "vendor", tmp_path / "new"
    for directory, text in ((target, "old"), (made, "new")):
        directory.mkdir()
        (directory / "modules.txt").write_text(text)
    rename = os.rename

    def cut(source: str, place: str) -> None:
        rename(source, place)
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(os, "rename", cut)
    with pytest.raises(KeyboardInterrupt):
        files.move_tree(str(made), str(target))
    signal.signal(signal.SIGINT, before)
    assert (target / "modules.txt").read_text() == "new"
    assert os.listdir(tmp_path) == ["vendor"]


def test_no_tree_takes_the_place_of_a_device_or_pipe(files: DiskWorkspace, tmp_path: Path) -> None:
    """`vendor -o /dev/null` must not replace the device by a directory, as root could."""
    os.mkfifo(tmp_path / "pipe")
    for target in ("/dev/null", str(tmp_path / "pipe")):
        with pytest.raises(DiskError, match=f"^mkdir {target}: not a directory$"):
            files.new_tree(target)
        with pytest.raises(DiskError, match=f"^remove {target}: not a directory$"):
            files.remove_tree(target)
    assert os.listdir(tmp_path) == ["pipe"]


def test_listing(files: DiskWorkspace, tmp_path: Path) -> None:
    root = tmp_path / "tree"
    root.mkdir()
    (root / "b").mkdir()
    (root / "a").touch()
    (root / "Z").symlink_to("b")
    os.mkfifo(root / "p")
    assert files.listdir(str(root)) == [("Z", "link"), ("a", "file"), ("b", "dir"), ("p", "other")]
    with pytest.raises(DiskError, match=r"open .*/none: no such file or directory"):
        files.listdir(str(root / "none"))
    asked: list[tuple[Callable[[str], bool], str]] = [
        (files.is_dir, "Z"), (files.is_dir, "b"), (files.is_file, "a"), (files.exists, "p"),
    ]  # fmt: skip
    assert all(ask(str(root / name)) for ask, name in asked)
    assert not any((files.is_file(str(root / "b")), files.is_dir(str(root / "a")), files.exists(str(root / "none"))))
    assert files.real_path(str(root / "Z")) == str(root / "b")


def test_copy_and_remove(files: DiskWorkspace, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"text")
    files.copy(str(source), str(tmp_path / "vendor" / "m" / "x"))
    assert (tmp_path / "vendor" / "m" / "x").read_bytes() == b"text"
    files.remove_tree(str(tmp_path / "vendor"))
    files.remove_tree(str(tmp_path / "vendor"))
    assert not (tmp_path / "vendor").exists()
    with pytest.raises(DiskError, match=r"open .*none: no such file or directory"):
        files.copy(str(tmp_path / "none"), str(tmp_path / "y"))
