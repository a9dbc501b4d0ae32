# SPDX-License-Identifier: BSD-3-Clause
"""Copies that nobody else can write to: where they are, how much memory they take, and what the storage has of them."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from govgo.adapters.disk.system import path_of
from govgo.adapters.storage.directory import DirectoryStorage
from govgo.errors import StorageError
from govgo.ports.storage import Storage
from govgo.serve.protocol.answer import OpenFile
from govgo.serve.upstream.copies import Copies
from tests.simulators.storage import MemoryStorage

KEY = "q.io/a/@v/v1.0.0.zip"


@pytest.fixture(params=["directory", "elsewhere"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    return DirectoryStorage(str(tmp_path / "storage")) if request.param == "directory" else MemoryStorage()


def is_in_memory(file: OpenFile) -> bool:
    return "memfd:" in os.readlink(f"/proc/self/fd/{file.descriptor}")


def content(file: OpenFile) -> bytes:
    return os.pread(file.descriptor, 1 << 20, 0)


def test_a_copy_is_what_was_read(storage: Storage) -> None:
    copies = Copies(storage, 100, stores=True)
    assert copies.of(KEY) is None
    storage.create(KEY, b"some bytes")
    found = copies.of(KEY)
    assert found is not None
    storage.replace(KEY, b"other")
    assert (found.size, content(found.file)) == (10, b"some bytes")
    assert found.digest == hashlib.sha256(b"some bytes").digest()


def test_a_file_whose_directory_is_removed_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By `go clean -modcache`, say: it has no name any more, which is what is wanted."""
    storage = DirectoryStorage(str(tmp_path / "storage"))
    new_file = storage.new_file

    def removed(key: str) -> tuple[int, str]:
        made = new_file(key)
        shutil.rmtree(storage.root)
        return made

    monkeypatch.setattr(storage, "new_file", removed)
    file = Copies(storage, 0, stores=True).growing(KEY)
    file.append(b"zip")
    assert os.pread(file.descriptor, 9, 0) == b"zip"


@pytest.mark.parametrize("letter", ["x", "é"])
def test_a_module_with_a_long_path(storage: Storage, letter: str) -> None:
    """The name of a file in memory has 249 bytes at most (memfd_create(2))."""
    key = f"q.io/{'/'.join([letter * 40] * 7)}/@v/v1.0.0.zip"
    storage.create(key, b"some bytes")
    found = Copies(storage, 100, stores=True).of(key)
    assert found is not None
    assert is_in_memory(found.file)


def test_no_more_files_in_memory(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    storage.create(KEY, b"some bytes")
    copies = Copies(storage, 15, stores=True)

    def fails(name: str) -> int:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    with monkeypatch.context() as patch:
        patch.setattr(os, "memfd_create", fails)
        found = copies.of(KEY)
        assert found is not None
        assert not is_in_memory(found.file)
    again = copies.of(KEY)
    assert again is not None
    assert is_in_memory(again.file), "what was not taken is there"


def test_memory_is_given_back(storage: Storage) -> None:
    copies = Copies(storage, 25, stores=True)
    storage.create(KEY, b"some bytes")
    found = [copies.of(KEY) for _ in range(3)]
    assert [is_in_memory(each.file) for each in found if each] == [True, True, False]
    assert {content(each.file) for each in found if each} == {b"some bytes"}
    found[0] = None
    again = copies.of(KEY)
    assert again is not None
    assert is_in_memory(again.file)


@pytest.mark.parametrize("other", [b"other", b"more bytes than there were"])
def test_a_zip_that_was_replaced_while_it_was_read_is_read_again(
    storage: Storage, other: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage.create(KEY, b"some bytes")
    read = storage.chunks

    def replaced(key: str) -> Any:
        monkeypatch.setattr(storage, "chunks", read)
        storage.replace(key, other)
        return read(key)

    monkeypatch.setattr(storage, "chunks", replaced)
    found = Copies(storage, 100, stores=True).of(KEY)
    assert found is not None
    assert (found.size, content(found.file)) == (len(other), other)


def test_slow_readers_cannot_fill_the_disk(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("govgo.serve.upstream.copies._DISK_BYTES", 25)
    copies = Copies(storage, 0, stores=True)
    storage.create(KEY, b"some bytes")
    found = [copies.of(KEY) for _ in range(2)]
    with pytest.raises(StorageError, match="too many"):
        copies.of(KEY)
    found.pop()
    assert copies.of(KEY) is not None


def test_attack_zips_that_are_fetched_cannot_fill_the_disk(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("govgo.serve.upstream.copies._DISK_BYTES", 25)
    copies = Copies(storage, 0, stores=True)
    storage.create(KEY, b"some bytes")
    growing = [copies.growing(KEY) for _ in range(2)]
    sent = copies.of(KEY)
    growing[0].append(b"1234567")
    growing[1].append(b"12345678")
    with pytest.raises(StorageError, match="too many"):
        growing[0].append(b"1")
    with pytest.raises(StorageError, match="too many"):
        copies.of(KEY)
    growing[1].cut()
    growing[0].append(b"12345678")
    assert content(growing[0]) == b"123456712345678", "what found no room was not written"
    with pytest.raises(StorageError, match="too many"):
        growing[1].append(b"1")
    growing.clear()
    assert sent is not None
    assert copies.of(KEY) is not None


@pytest.mark.parametrize("size", [9, 11])
def test_a_zip_that_changes_while_it_is_copied(storage: Storage, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    storage.create(KEY, b"some bytes")
    entry = storage.head(KEY)
    assert entry is not None
    monkeypatch.setattr(storage, "head", lambda key: entry._replace(size=size))
    with pytest.raises(StorageError, match="again and again"):
        Copies(storage, 100, stores=True).of(KEY)


@pytest.mark.parametrize("stores", [True, False])
def test_files_on_disk_have_no_name(storage: Storage, tmp_path: Path, stores: bool) -> None:
    file = Copies(storage, 0, stores=stores).growing(KEY)
    file.append(b"begun")
    file.cut()
    file.append(b"whole")
    assert content(file) == b"whole"
    assert os.fstat(file.descriptor).st_nlink == 0
    assert storage.create_from(KEY, path_of(file.descriptor))
    assert storage.read(KEY) == b"whole"
    storage.replace(KEY, b"other")
    assert content(file) == b"whole", "what is stored is another file"
    assert [path.name for path in tmp_path.rglob("*.zip")] in ([], ["v1.0.0.zip"])
    assert not list(tmp_path.rglob("*.tmp"))


def test_a_disk_that_is_full(storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    storage.create(KEY, b"some bytes")

    def new_file(*_: str) -> tuple[int, str]:
        (tmp_path / "full").touch()
        return os.open("/dev/full", os.O_WRONLY), str(tmp_path / "full")

    monkeypatch.setattr("tempfile.mkstemp", new_file)
    monkeypatch.setattr(storage, "new_file", new_file, raising=False)
    with pytest.raises(StorageError, match="no space left"):
        Copies(storage, 9, stores=True).of(KEY)
    found = Copies(storage, 10, stores=True).of(KEY)
    assert found is not None, "there is room in memory"
