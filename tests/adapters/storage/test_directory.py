# SPDX-License-Identifier: BSD-3-Clause
"""A directory as a storage, shared with go: what is seen of it, by whom, at which moment."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from govgo.adapters.disk.lockfile import locked
from govgo.adapters.disk.trees import make_dirs
from govgo.adapters.storage import directory as module
from govgo.adapters.storage.directory import DirectoryStorage
from govgo.errors import InputError, StorageError

MOD = "q.io/a/@v/v1.0.0.mod"
ZIP = "q.io/a/@v/v1.0.0.zip"


@pytest.fixture
def storage(tmp_path: Path) -> DirectoryStorage:
    return DirectoryStorage(str(tmp_path / "download"))


def test_files_by_key(storage: DirectoryStorage) -> None:
    assert storage.head(MOD) is storage.read(MOD) is storage.chunks(MOD) is storage.open(MOD) is None
    assert storage.create(MOD, b"module q.io/a\n")
    assert not storage.create(MOD, b"another")
    assert storage.read(MOD) == b"module q.io/a\n"
    assert storage.read(MOD, 7, 3) == b"q.i"
    assert storage.read(MOD, 100) == b""
    assert b"".join(storage.chunks(MOD, 2, 4) or ()) == b"dule"
    entry = storage.head(MOD)
    assert entry is not None
    assert (entry.key, entry.size) == (MOD, 14)
    storage.replace(MOD, b"module q.io/b\n")
    assert storage.read(MOD) == b"module q.io/b\n"
    after = storage.head(MOD)
    assert after is not None
    assert after.tag != entry.tag
    assert storage.delete(MOD)
    assert not storage.delete(MOD)


def test_an_empty_file_is_one(storage: DirectoryStorage) -> None:
    assert storage.create("x", b"")
    assert storage.read("x") == b""
    assert list(storage.chunks("x") or (b"?",)) == []


@pytest.mark.parametrize("key", ["", "/", "/x", "x/", "a//b", "../x", "a/../b", "./x", "x\0y"])
def test_keys_that_are_none(storage: DirectoryStorage, key: str) -> None:
    for call in (storage.head, storage.read, storage.open, storage.delete):
        with pytest.raises(InputError):
            call(key)
    with pytest.raises(InputError):
        storage.create(key, b"")


def test_a_list_beside_go_mod_files_as_go_makes_it(storage: DirectoryStorage) -> None:
    for version in ("v1.10.0", "v1.2.0", "v1.2.0-rc.1"):
        storage.create(f"q.io/a/@v/{version}.mod", b"")
    assert storage.read("q.io/a/@v/list") == b"v1.2.0-rc.1\nv1.2.0\nv1.10.0\n"


def test_entries(storage: DirectoryStorage) -> None:
    keys = {MOD, ZIP, "q.io/ab/@v/v1.0.0.mod", "sumdb/x/latest"}
    for key in keys:
        storage.create(key, b"1")
    storage.new_file(ZIP)
    with storage.lock("q.io/ab/@v/v1.0.0.zip"):
        pass
    assert {entry.key for entry in storage.entries()} - {"q.io/a/@v/list", "q.io/ab/@v/list"} == keys
    assert {entry.key for entry in storage.entries("q.io/a/@v/v1")} == {MOD, ZIP}
    assert {entry.key for entry in storage.entries("q.io/a")} >= {MOD, ZIP, "q.io/ab/@v/v1.0.0.mod"}
    assert list(storage.entries("none/x")) == []


def test_a_local_file_is_moved(storage: DirectoryStorage) -> None:
    descriptor, path = storage.new_file(ZIP)
    os.write(descriptor, b"zip")
    assert storage.create_from(ZIP, path)
    assert storage.read(ZIP) == b"zip"
    assert not os.path.exists(path)
    os.lseek(descriptor, 0, os.SEEK_SET)
    assert os.read(descriptor, 9) == b"zip", "whoever reads it already goes on"
    os.close(descriptor)
    descriptor, path = storage.new_file(ZIP)
    os.close(descriptor)
    assert not storage.create_from(ZIP, path)


def test_directories_that_are_removed_again_and_again(
    storage: DirectoryStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`go clean -modcache` removes them at any moment, also between the making and the writing."""
    removed: list[str] = []

    def make_and_remove(path: str) -> None:
        make_dirs(path)
        if len(removed) < 3:
            removed.append(path)
            shutil.rmtree(storage.root)

    def lock() -> bool:
        with storage.lock(ZIP) as free:
            return free

    local = str(tmp_path / "local")
    writes: list[Callable[[], object]] = [
        lambda: storage.create(MOD, b"module q.io/a\n"),
        lambda: storage.create_from(ZIP, local) or True,
        lambda: storage.replace(MOD, b"module q.io/a\n") is None,
        lambda: storage.replace_from(ZIP, local) is None,
        lambda: bool(storage.new_file(ZIP)),
        lock,
    ]
    monkeypatch.setattr(module, "make_dirs", make_and_remove)
    for write in writes:
        Path(local).write_bytes(b"zip")
        removed.clear()
        assert write(), removed
        assert len(removed) == 3
    shutil.rmtree(storage.root)
    assert not storage.delete(ZIP)


def test_of_many_writers_one_wins(storage: DirectoryStorage) -> None:
    for round_ in range(20):
        won: list[int] = []
        go = threading.Barrier(8)

        def write(number: int, round_: int = round_, won: list[int] = won, go: threading.Barrier = go) -> None:
            go.wait()
            if storage.create(f"k{round_}", b"%d" % number):
                won.append(number)

        threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(won) == 1
        assert storage.read(f"k{round_}") == b"%d" % won[0]


def test_of_many_swappers_one_wins(storage: DirectoryStorage) -> None:
    storage.create("head", b"0")
    won = 0
    guard = threading.Lock()

    def swap() -> None:
        nonlocal won
        for _ in range(20):
            entry = storage.head("head")
            data = storage.read("head")
            assert entry is not None
            assert data is not None
            if storage.swap("head", b"%d" % (int(data) + 1), entry.tag):
                with guard:
                    won += 1

    threads = [threading.Thread(target=swap) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert storage.read("head") == b"%d" % won
    assert not storage.swap("none", b"", "")


def test_a_zip_is_written_under_gos_lock(storage: DirectoryStorage) -> None:
    storage.create(MOD, b"")
    done = threading.Event()
    with locked(f"{storage.root}/q.io/a/@v/v1.0.0.lock"):
        thread = threading.Thread(target=lambda: storage.create(ZIP, b"zip") and done.set())
        thread.start()
        assert not done.wait(0.2)
        with storage.lock(ZIP) as ours:
            assert not ours
    thread.join()
    assert done.is_set()
    with storage.lock(ZIP) as ours:
        assert ours
        descriptor = os.open(f"{storage.root}/q.io/a/@v/v1.0.0.lock", os.O_RDWR)
        with pytest.raises(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(descriptor)
        assert not storage.create(ZIP, b"other"), "the holder does not wait for itself"


@pytest.mark.parametrize("name", ["other", "list"])
def test_what_is_no_plain_file(storage: DirectoryStorage, tmp_path: Path, name: str) -> None:
    """Of a list, too, which is read under go's lock."""
    (tmp_path / "secret").write_text("secret")
    for directory in ("link", "pipe", "directory"):
        Path(storage.root, directory, "@v").mkdir(parents=True)
    top = Path(storage.root)
    (top / "link/@v" / name).symlink_to(tmp_path / "secret")
    os.mkfifo(top / "pipe/@v" / name)
    (top / "directory/@v" / name).mkdir()
    for directory in ("link", "pipe", "directory"):
        key = f"{directory}/@v/{name}"
        assert storage.head(key) is storage.read(key) is None
    assert list(storage.entries()) == []
    storage.replace(f"link/@v/{name}", b"new")
    assert (tmp_path / "secret").read_text() == "secret"


def test_a_part_of_a_list_is_read_as_such(storage: DirectoryStorage) -> None:
    """One that has grown to eight GiB is as little read whole as any other file."""
    storage.create("q.io/a/@v/list", b"v1.0.0\n")
    os.truncate(Path(storage.root, "q.io/a/@v/list"), 1 << 33)
    assert storage.read("q.io/a/@v/list", 1, 7) == b"1.0.0\n\0"


def test_a_storage_that_fails(storage: DirectoryStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "download").write_text("a file")
    assert storage.read(MOD) is None
    with pytest.raises(StorageError):
        storage.create(MOD, b"")

    def fails(*_: object, **__: object) -> int:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "open", fails)
    monkeypatch.setattr(os, "stat", fails)
    for call in (storage.read, storage.head):
        with pytest.raises(StorageError, match="input/output error"):
            call(MOD)


def test_a_file_that_cannot_be_looked_at(storage: DirectoryStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a directory that may be listed and not be entered."""
    storage.create(ZIP, b"zip")
    scan, number = os.scandir, errno.EACCES

    class Bad:
        def __init__(self, entry: os.DirEntry[str]) -> None:
            self.name, self.is_dir, self.is_file = entry.name, entry.is_dir, entry.is_file

        def stat(self, **_: object) -> os.stat_result:
            raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "scandir", lambda path: map(Bad, scan(path)))
    with pytest.raises(StorageError):
        list(storage.entries())
    number = errno.ENOENT
    assert list(storage.entries()) == []


def test_a_lock_that_cannot_be_taken(storage: DirectoryStorage, tmp_path: Path) -> None:
    """As where go cleans the cache at that moment: the storage fails, and nothing else does."""
    storage.create(ZIP, b"zip")
    os.unlink(f"{storage.root}/q.io/a/@v/v1.0.0.lock")
    os.mkdir(f"{storage.root}/q.io/a/@v/v1.0.0.lock")
    (tmp_path / "local").touch()
    for call in (
        lambda: storage.create(f"{ZIP}hash", b""),
        lambda: storage.create_from(ZIP, str(tmp_path / "local")),
        lambda: storage.replace(f"{ZIP}hash", b""),
        lambda: storage.delete(ZIP),
    ):
        with pytest.raises(StorageError, match="is a directory"):
            call()


def test_a_file_that_is_cut_short_while_it_is_read(storage: DirectoryStorage) -> None:
    storage.create("big", b"x" * (3 << 20))
    pieces = storage.chunks("big")
    assert pieces is not None
    next(pieces)
    os.truncate(f"{storage.root}/big", 1 << 20)
    with pytest.raises(StorageError, match="cut short"):
        list(pieces)
