# SPDX-License-Identifier: BSD-3-Clause
"""What `ports.Storage` promises, asked of every storage: directories, and the object stores that can be started here.

moto runs in the default tests; what takes it long is `wide`. gofakes3 and versitygw (`go install`) and Azurite (npm)
run with --slow where they are found, by GOVGO_TEST_STORES, a directory with the programs `gofakes3`, `versitygw` and
`azurite-blob`, or on PATH.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from govgo.adapters.storage.open import open_storage
from govgo.errors import DiskError, InputError, StorageError
from govgo.ports.storage import Storage
from tests.simulators.objectstores import STARTERS, NoSuchProgram

SLOW = ("gofakes3", "versitygw", "azurite")
KINDS = ["directory", "moto", *(pytest.param(name, marks=pytest.mark.slow) for name in SLOW)]
LONG = pytest.mark.parametrize(
    "kind",
    [
        "directory",
        pytest.param("moto", marks=pytest.mark.wide),
        *(pytest.param(each, marks=pytest.mark.slow) for each in SLOW),
    ],
    indirect=True,
)
"""For what takes moto long, which is slow."""

Opener = Callable[[], Storage]


@pytest.fixture(scope="module", params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """Which storage is asked."""
    found: str = request.param
    return found


@pytest.fixture(scope="module")
def patience(kind: str, request: pytest.FixtureRequest) -> int:
    """1 for all there is to ask; more where that would take moto, which is slow, half a minute."""
    return 10 if kind == "moto" and not request.config.getoption("--slow") else 1


@pytest.fixture(scope="module")
def opener(kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opener]:
    """Opens the storage once more, as another process would."""
    root = tmp_path_factory.mktemp(kind)
    with ExitStack() as held:
        if kind == "directory":
            where, environ = str(root / "files"), {}
        else:
            try:
                where, environ = held.enter_context(STARTERS[kind](root))
            except NoSuchProgram as error:
                pytest.skip(str(error))
            patch = held.enter_context(pytest.MonkeyPatch.context())
            for name, value in environ.items():
                patch.setenv(name, value)
        yield lambda: open_storage(where, environ)


@pytest.fixture
def storage(opener: Opener) -> Iterator[Storage]:
    found = opener()
    for entry in list(found.entries()):
        found.delete(entry.key)
    yield found
    found.close()


KEY = "github.com/!burnt!sushi/toml/@v/v1.0.0+incompatible.mod"


@pytest.mark.wide
def test_a_file_is_what_was_stored(storage: Storage) -> None:
    assert storage.create(KEY, b"module m\n")
    assert storage.read(KEY) == b"module m\n"
    entry = storage.head(KEY)
    assert entry is not None
    assert entry[:2] == (KEY, 9)
    assert abs(entry.modified - Path(__file__).stat().st_mtime) < 10 * 365 * 86400
    assert entry.tag


@pytest.mark.parametrize("key", ["none", "none/below"])
def test_what_is_not_there(storage: Storage, key: str) -> None:
    assert storage.head(key) is None
    assert storage.read(key) is None
    assert storage.read(key, 3, 4) is None
    assert storage.chunks(key) is None
    assert not storage.delete(key)
    assert not storage.swap(key, b"x", "tag")
    assert list(storage.entries(key)) == []


@pytest.mark.parametrize("key", ["", "/a", "a/", "a//b", "../a", "a/../b", "a/.", "a\0b"])
def test_keys_that_no_storage_takes(storage: Storage, key: str) -> None:
    for call in (storage.head, storage.read, storage.chunks, storage.delete):
        with pytest.raises(InputError):
            call(key)
    for put in (storage.create, storage.replace):
        with pytest.raises(InputError):
            put(key, b"")
    assert list(storage.entries()) == []


@pytest.mark.parametrize(
    "key", ["a", "q.io/~x/@v/list", "sumdb/sum.example.org/lookup/q.io/a@v1.0.0", "a b", "Ä/ö", "x" * 240]
)
def test_keys_of_all_kinds(storage: Storage, key: str) -> None:
    assert storage.create(key, key.encode())
    assert storage.read(key) == key.encode()
    assert [entry.key for entry in storage.entries()] == [key]


def test_create_leaves_what_is_there(storage: Storage, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_bytes(b"other")
    assert storage.create("k", b"first")
    assert not storage.create("k", b"second")
    assert not storage.create_from("k", str(other))
    assert other.read_bytes() == b"other"
    assert storage.read("k") == b"first"
    storage.replace("k", b"third")
    assert storage.read("k") == b"third"
    assert storage.delete("k")
    assert storage.create("k", b"")
    assert storage.read("k") == b""
    assert [*(storage.chunks("k") or [b"none"])] == []


def test_a_local_file_replaces_what_is_there(storage: Storage, tmp_path: Path) -> None:
    for content in (b"first", b"", b"second" * 1000):
        local = tmp_path / "local"
        local.write_bytes(content)
        storage.replace_from("q.io/a/@v/v1.0.0.zip", str(local))
        assert storage.read("q.io/a/@v/v1.0.0.zip") == content
    assert len([*storage.entries("q.io/a/@v/v1.0.0.")]) == 1
    with pytest.raises((StorageError, DiskError)):
        storage.replace_from("q.io/a/@v/v1.0.0.zip", str(tmp_path / "none"))
    assert storage.read("q.io/a/@v/v1.0.0.zip") == b"second" * 1000


def test_ranges(storage: Storage) -> None:
    storage.replace("k", b"0123456789")
    assert storage.read("k", 3) == b"3456789"
    assert storage.read("k", 3, 4) == b"3456"
    assert storage.read("k", 8, 40) == b"89"
    assert storage.read("k", 0, 0) == b""
    assert storage.read("k", 10) == b""
    assert storage.read("k", 50, 2) == b""
    assert b"".join(storage.chunks("k", 2, 5) or ()) == b"23456"
    assert b"".join(storage.chunks("k", 50) or ()) == b""


def test_attack_another_file_under_the_name_of_a_known_one(storage: Storage) -> None:
    """Who has proved a file, and knows its tag, gets that file or an error."""
    storage.create("k", b"what was proved")
    entry = storage.head("k")
    assert entry is not None
    assert b"".join(storage.chunks("k", tag=entry.tag) or ()) == b"what was proved"
    storage.replace("k", b"something else ")
    with pytest.raises(StorageError, match="another file"):
        list(storage.chunks("k", tag=entry.tag) or ())


@LONG
def test_a_large_file(storage: Storage, tmp_path: Path) -> None:
    data = os.urandom(1 << 20) * 25 + b"end"
    local = tmp_path / "m.zip"
    local.write_bytes(data)
    assert storage.create_from("q.io/big/@v/v1.0.0.zip", str(local))
    entry = storage.head("q.io/big/@v/v1.0.0.zip")
    assert entry is not None
    assert entry.size == len(data)
    pieces = storage.chunks("q.io/big/@v/v1.0.0.zip")
    assert pieces is not None
    got = list(pieces)
    assert max(map(len, got)) <= 8 << 20
    assert b"".join(got) == data
    assert storage.read("q.io/big/@v/v1.0.0.zip", len(data) - 3) == b"end"


def test_swap_needs_the_tag_that_is_there(storage: Storage) -> None:
    storage.create("latest", b"one")
    first = storage.head("latest")
    assert first is not None
    assert storage.swap("latest", b"two", first.tag)
    assert not storage.swap("latest", b"three", first.tag)
    assert not storage.swap("latest", b"three", "")
    assert storage.read("latest") == b"two"
    second = storage.head("latest")
    assert second is not None
    assert second.tag != first.tag
    assert storage.swap("latest", b"three", second.tag)
    storage.delete("latest")
    assert not storage.swap("latest", b"four", second.tag)
    assert storage.read("latest") is None


def test_entries_by_prefix(storage: Storage) -> None:
    keys = ["q.io/a/@v/list", "q.io/a/@v/v1.0.0.info", "q.io/ab/@v/list", "r.io/@v/list"]
    for key in keys:
        storage.create(key, b"x" * len(key))
    everything = list(storage.entries())
    assert sorted(entry.key for entry in everything) == keys
    assert all(entry.size == len(entry.key) for entry in everything)
    for prefix, want in {
        "q.io/a": keys[:3],
        "q.io/a/": keys[:2],
        "q.io/a/@v/v": keys[1:2],
        "none": [],
        "r": keys[3:],
    }.items():
        assert sorted(entry.key for entry in storage.entries(prefix)) == want


@LONG
def test_more_entries_than_a_page(storage: Storage, patience: int) -> None:
    keys = [f"q.io/m/@v/v1.0.{number}.info" for number in range(1100 // patience)]
    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(lambda key: storage.create(key, b"{}"), keys))
    assert sorted(entry.key for entry in storage.entries("q.io/m/")) == sorted(keys)


def race(opener: Opener, rounds: int, writers: int, move: Callable[[Storage, int, int], bool]) -> list[int]:
    """How many of the writers, each with a storage of its own, win each round."""
    storages = [opener() for _ in range(writers)]
    barrier = threading.Barrier(writers)
    wins = [0] * rounds

    def write(writer: int) -> None:
        for number in range(rounds):
            barrier.wait(60)
            if move(storages[writer], number, writer):
                wins[number] += 1

    with ThreadPoolExecutor(writers) as threads:
        list(threads.map(write, range(writers)))
    return wins


@LONG
def test_one_of_24_writers_creates(storage: Storage, opener: Opener, patience: int) -> None:
    def create(each: Storage, number: int, writer: int) -> bool:
        return each.create(f"race/{number}", b"%d" % writer)

    rounds = 60 // patience
    assert race(opener, rounds, 24, create) == [1] * rounds


@LONG
def test_one_of_24_writers_swaps(storage: Storage, opener: Opener, patience: int) -> None:
    tags = []
    for number in range(60 // patience):
        storage.create(f"race/{number}", b"before")
        entry = storage.head(f"race/{number}")
        assert entry is not None
        tags.append(entry.tag)

    def swap(each: Storage, number: int, writer: int) -> bool:
        return each.swap(f"race/{number}", b"%d" % writer, tags[number])

    assert race(opener, len(tags), 24, swap) == [1] * len(tags)


@pytest.mark.wide
@LONG
def test_a_file_that_changes_while_it_is_read(storage: Storage, tmp_path: Path) -> None:
    """The reader gets the old content whole, or StorageError; never a mixture."""
    old, new = b"a" * (20 << 20), b"b" * (20 << 20)
    (tmp_path / "old").write_bytes(old)
    storage.create_from("k", str(tmp_path / "old"))
    pieces = storage.chunks("k")
    assert pieces is not None
    got = [next(pieces)]
    storage.replace("k", new)
    fault = ""
    try:
        got += pieces
    except StorageError as error:
        fault = f"{error.key}: {error}"
    assert (fault.startswith("k: ") and "changed while it was read" in fault) or b"".join(got) == old
    assert set(b"".join(got)) == {ord("a")}
