# SPDX-License-Identifier: BSD-3-Clause
"""A directory as a storage: create-only, compare-and-swap, whole files, one winner of many."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from govgo.adapters.storage.plain import PlainStorage
from govgo.errors import InputError, StorageError


@pytest.fixture
def storage(tmp_path: Path) -> PlainStorage:
    return PlainStorage(str(tmp_path / "store"))


def test_what_is_created_is_there_and_stays(storage: PlainStorage) -> None:
    assert storage.create("a/b", b"one") is True
    assert storage.create("a/b", b"two") is False
    assert storage.read("a/b") == b"one"
    assert storage.read("a/b", 1, 1) == b"n"
    found = storage.head("a/b")
    assert found is not None
    assert (found.key, found.size) == ("a/b", 3)


def test_what_is_not_there_is_none(storage: PlainStorage, tmp_path: Path) -> None:
    storage.create("a/b", b"")
    os.mkfifo(tmp_path / "store/pipe")  # as whoever can write there may have done
    for key in ("c", "a", "a/b/c", "pipe"):
        assert (storage.head(key), storage.read(key), storage.chunks(key)) == (None, None, None)
        assert storage.swap(key, b"", "") is False
    assert storage.delete("c") is False


def test_a_swap_needs_the_tag_of_what_is_there(storage: PlainStorage) -> None:
    storage.create("head", b"one")
    first = storage.head("head")
    assert first is not None
    assert storage.swap("head", b"two", first.tag) is True
    assert storage.swap("head", b"three", first.tag) is False
    assert storage.read("head") == b"two"
    second = storage.head("head")
    storage.replace("head", b"two")
    assert second is not None
    assert storage.swap("head", b"four", second.tag) is False, "the same bytes, but written anew"


def test_of_many_writers_one_wins(storage: PlainStorage) -> None:
    storage.create("head", b"start")
    with ThreadPoolExecutor(8) as pool:
        for turn in range(20):
            start = storage.head("head")
            assert start is not None
            tag = start.tag
            swapped = list(pool.map(lambda n, tag=tag: storage.swap("head", b"%d" % n, tag), range(8)))  # type: ignore[misc]
            created = list(pool.map(lambda n, turn=turn: storage.create(f"new/{turn}", b"%d" % n), range(8)))  # type: ignore[misc]
            assert (sum(swapped), sum(created)) == (1, 1)
            assert storage.read("head") == b"%d" % swapped.index(True)
            assert storage.read(f"new/{turn}") == b"%d" % created.index(True)


def test_files_come_in_pieces_and_from_files(storage: PlainStorage, tmp_path: Path) -> None:
    data = bytes(range(256)) * 40_000
    (tmp_path / "large").write_bytes(data)
    assert storage.create_from("large", str(tmp_path / "large")) is True
    assert storage.create_from("large", str(tmp_path / "large")) is False
    pieces = storage.chunks("large", 5)
    assert pieces is not None
    assert b"".join(pieces) == data[5:]


def test_a_file_that_is_replaced_while_it_is_read_stays_as_it_was(storage: PlainStorage) -> None:
    storage.create("x", b"a" * (5 << 20))
    pieces = storage.chunks("x")
    assert pieces is not None
    first = next(pieces)
    storage.replace("x", b"b")
    assert first + b"".join(pieces) == b"a" * (5 << 20)


def test_entries_are_the_files_with_a_prefix(storage: PlainStorage) -> None:
    for key in ("tile/8/0/000", "tile/8/0/001", "tile/9", "latest"):
        storage.create(key, b"x")
    storage.replace("latest", b"yy")
    assert sorted((each.key, each.size) for each in storage.entries()) == [
        *(("latest", 2), ("tile/8/0/000", 1), ("tile/8/0/001", 1), ("tile/9", 1))
    ]
    assert sorted(each.key for each in storage.entries("tile/8/0/00")) == ["tile/8/0/000", "tile/8/0/001"]
    assert list(storage.entries("none/")) == []
    assert storage.delete("tile/9") is True
    assert storage.head("tile/9") is None


@pytest.mark.parametrize("key", ["", "/a", "a/", "../a", "a/./b", "a//b", ".govgo/lock", "a\0"])
def test_keys_stay_below_the_directory(storage: PlainStorage, key: str) -> None:
    with pytest.raises(InputError, match="no key of a storage"):
        storage.create(key, b"")


def test_what_cannot_be_written_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for write in (lambda s: s.create("a", b""), lambda s: s.replace("a", b"")):
        with pytest.raises(StorageError, match="file"):
            write(PlainStorage(str(tmp_path / "file")))
    storage = PlainStorage(str(tmp_path / "s"))
    storage.create("a", b"x")
    with pytest.raises(StorageError):
        storage.create("a/b", b"below a file")
    with pytest.raises(StorageError, match="no such file"):
        storage.create_from("c", str(tmp_path / "no such"))
    assert os.listdir(tmp_path / "s/.govgo") == []


def test_what_killed_writers_have_left_goes_after_a_day(storage: PlainStorage, tmp_path: Path) -> None:
    storage.create("a", b"one")
    work = tmp_path / "store/.govgo"
    now_s = time.time()
    for name, hours in (("new1.tmp", 25), ("new2.tmp", 23), ("mine.tmp", 25), ("lock", 25)):
        (work / name).touch()
        os.utime(work / name, (now_s - hours * 3600,) * 2)
    storage.create("b", b"two")
    assert (work / "new1.tmp").exists(), "a process looks once"
    PlainStorage(str(tmp_path / "store")).create("c", b"three")
    assert {path.name for path in work.iterdir()} == {"new2.tmp", "mine.tmp", "lock"}


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """And not the file that was to be in it."""
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match=f"^mkdir {tmp_path}/file/new: not a directory$"):
        PlainStorage(f"{tmp_path}/file/new").create("key", b"")
