# SPDX-License-Identifier: BSD-3-Clause
"""A checksum database that grows: whoever is killed when, and however many add at once, there is one history."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from contextlib import suppress

import pytest

from govgo.app.sumdb import publisher as module
from govgo.app.sumdb.growing import one_key
from govgo.app.sumdb.publisher import Added, Publisher
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.sumdb.heads import Head, read_head
from govgo.core.sumdb.note import parse_verifier
from govgo.core.sumdb.published import COMMIT, KEY, LATEST, parse_pending, pending_size
from govgo.core.sumdb.record import format_record
from govgo.core.sumdb.rules import split_data_tile
from govgo.core.sumdb.tile import parse_tile_path
from govgo.core.sumdb.tlog import Tree
from govgo.errors import (
    ConflictError,
    ForkError,
    GovgoError,
    IntegrityError,
    SumDbFormatError,
    SumMismatchError,
    UsageError,
)
from tests.simulators import sumdb_log
from tests.simulators.eventlog import Memory
from tests.simulators.storage import Killed, MemoryStorage
from tests.simulators.sumdb_log import NAME, Log, keys, record_text

SIGNER, KEY_TEXT = keys(1)
VERIFIER = parse_verifier(KEY_TEXT)


class Database:
    """A database in a storage of memory."""

    def __init__(self) -> None:
        self.storage = MemoryStorage()
        self.memory = Memory()
        self.publisher().create()

    def publisher(self) -> Publisher:
        """That of a new process."""
        return Publisher(self.storage, one_key(SIGNER, VERIFIER), self.memory, pause=lambda seconds: None)

    def add(self, *names: str) -> Added:
        return self.publisher().add(records(names))

    def latest(self) -> Head:
        return read_head(self.storage.files[LATEST], VERIFIER)


def records(names: Iterable[str]) -> dict[ModuleVersion, bytes]:
    mods = [ModuleVersion(*name.split("@")) for name in names]
    return {mod: record_text(*mod).encode() for mod in mods}


def names(count: int, start: int = 0) -> list[str]:
    return [f"q.io/m{n}@v1.0.0" for n in range(start, start + count)]


def check(database: Database) -> Log:
    """Everything that is published follows from one log, which is rebuilt here record by record by other code."""
    files = database.storage.files
    latest = database.latest()
    log = Log()
    log.signer, log.key = SIGNER, KEY_TEXT
    size = latest.tree.size
    for number in range((size + 255) // 256):
        width = min(256, size - number * 256)
        path = f"tile/8/data/{number:03d}" + (f".p/{width}" if width < 256 else "")
        for text in split_data_tile(files[path], width):
            path_, version, _ = text.decode().split("\n")[0].split(" ")
            assert (path_, version) not in log.numbers, "two records for one version"
            log.add(path_, version, text.decode())
    assert latest.tree == log.tree()
    for key, data in files.items():
        if key.startswith("tile/8/data/"):
            continue
        if key.startswith("tile/"):
            assert data == log.tile(parse_tile_path(key)), key
        if key.startswith("lookup/"):
            head = read_head(data.partition(b"\n\n")[2], VERIFIER)
            assert head.tree == log.tree(head.tree.size)
    for (path_, version), number in log.numbers.items():
        assert files[f"lookup/{path_}@{version}"].startswith(format_record(number, log.records[number]))
    shown = [read_head(data, VERIFIER).tree for key, data in database.storage.history if key in (LATEST, COMMIT)]
    assert all(tree == log.tree(tree.size) for tree in shown), "a head that was shown once is not of this history"
    shown = [tree for tree in shown if tree.size]
    for tree in shown:  # the tiles of every head that was shown are there, for those who have seen it
        assert all(t.path in files for t in sumdb_log.logmath.new_tiles(8, 0, tree.size))
    return log


def test_records_are_added_in_order_and_once() -> None:
    database = Database()
    done = database.add(*names(3))
    assert list(done.added.values()) == [0, 1, 2]
    again = database.add(*names(5))
    assert (list(again.added.values()), list(again.present.values())) == ([3, 4], [0, 1, 2])
    assert again.head.tree.size == 5
    assert database.add(*names(5)).added == {}
    log = check(database)
    assert [text.split(b" ")[0] for text in log.records] == [b"q.io/m%d" % n for n in range(5)]
    assert not [key for key in database.storage.files if key.startswith("pending/")]


@pytest.mark.wide
def test_growth_over_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_AT_ONCE", 300)
    database = Database()
    for size in (1, 255, 256, 257, 900):
        database.add(*names(size))
        assert database.latest().tree.size == size
    check(database)
    heads = [read_head(data, VERIFIER).tree.size for key, data in database.storage.history if key == LATEST]
    assert heads == [0, 1, 255, 256, 257, 300, 600, 900]


def test_another_record_for_a_version_is_refused_and_nothing_is_added() -> None:
    database = Database()
    database.add(*names(2))
    before = dict(database.storage.files)
    mod = ModuleVersion("q.io/m1", "v1.0.0")
    given = {**records(["q.io/new@v1.0.0"]), mod: record_text(*mod, salt="x").encode()}
    with pytest.raises(SumMismatchError, match=r"q.io/m1@v1.0.0: the database has another record already") as caught:
        database.publisher().add(given)
    assert (caught.value.module, caught.value.against) == ("q.io/m1@v1.0.0", NAME)
    assert (caught.value.want, caught.value.got) == (
        sumdb_log.h1("zip q.io/m1@v1.0.0"),
        sumdb_log.h1("zip q.io/m1@v1.0.0x"),
    )
    assert database.storage.files == before


@pytest.mark.wide
@pytest.mark.parametrize("start", [0, 3, pytest.param(254, marks=pytest.mark.wide)])
def test_killed_at_every_change_a_rerun_mends(start: int) -> None:
    """A writer is killed before its n-th change; the next one adds what it wanted, and others."""
    died = 0
    while True:
        database = Database()
        database.add(*names(start))
        database.storage.die_at(died)
        try:
            database.add(*names(3, start))
            killed = False
        except Killed:
            killed = True
        database.storage.live()
        if died % 3 == 0:
            database.add("q.io/other@v1.0.0")  # somebody else comes first
        done = database.add(*names(3, start))
        assert len(done.added) + len(done.present) == 3
        log = check(database)
        assert len(log.records) == start + 3 + (died % 3 == 0)
        database.add("q.io/last@v1.0.0")  # it also removes what is left of those before
        assert not [key for key in database.storage.files if pending_size(key) >= 0]
        if not killed:
            break
        died += 1
    assert died > 8


@pytest.mark.wide
def test_many_writers_at_once() -> None:
    database = Database()
    failures: list[BaseException] = []

    def work(n: int) -> None:
        try:
            for turn in range(6):
                publisher = Publisher(database.storage, one_key(SIGNER, VERIFIER), Memory())
                publisher.add(records([f"q.io/w{n}@v1.{turn}.0", f"q.io/shared@v1.{turn}.0"]))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(check(database).records) == 6 * 6 + 6


def test_a_writer_that_is_overtaken_between_any_two_steps() -> None:
    """Another writer gets through just before the n-th change of this one."""
    for step in range(40):
        database = Database()
        database.add(*names(2))
        done = False
        count = 0

        def overtake(operation: str, key: str, database: Database = database, step: int = step) -> None:
            nonlocal done, count
            count += 1
            if count == step + 1 and not done:
                done = True
                database.storage.before = lambda operation, key: None
                database.add("q.io/quick@v1.0.0")

        database.storage.before = overtake
        database.add(*names(2, 2))
        log = check(database)
        assert len(log.records) == 4 + done
        if not done:
            break
    assert step > 5


@pytest.mark.wide
def test_who_never_gets_through_says_so() -> None:
    database = Database()
    turn = iter(range(10_000))

    def overtake(operation: str, key: str) -> None:
        if (operation, key) == ("swap", COMMIT):
            database.storage.before = lambda operation, key: None
            database.add(f"q.io/quick@v1.{next(turn)}.0")
            database.storage.before = overtake

    database.storage.before = overtake
    with pytest.raises(ConflictError, match="faster each time"):
        database.add("q.io/slow@v1.0.0")
    database.storage.live()
    check(database)


def test_a_storage_that_was_set_back_is_not_forked() -> None:
    database = Database()
    database.add(*names(2))
    backup = dict(database.storage.files)
    database.add(*names(4))
    for key, data in backup.items():
        if key in (LATEST, COMMIT):
            database.storage.replace(key, data)
    with pytest.raises(
        IntegrityError, match=r"memory://storage was set back: it has a tree of 2 records, .* one of 4"
    ) as caught:
        database.add("q.io/other@v1.0.0")
    assert "bring the newer files back" in caught.value.hint


def test_another_history_under_the_same_key_is_a_fork() -> None:
    database, other = Database(), Database()
    database.add(*names(3))
    other.add(*names(4, 10))
    other.memory.note = database.memory.note
    with pytest.raises(ForkError):
        other.add("q.io/x@v1.0.0")
    third = Database()
    third.add(*names(3, 10))
    third.memory.note = database.memory.note
    with pytest.raises(ForkError):
        third.publisher().finish()


def test_damage_at_the_edge_is_found_before_it_is_signed() -> None:
    for key in ("tile/8/0/000.p/3", "tile/8/data/000.p/3"):
        for damage in (lambda data: data[:-5] + b"12345", lambda data: data[:-1], None):
            database = Database()
            database.add(*names(3))
            if damage is None:
                database.storage.delete(key)
            else:
                database.storage.replace(key, damage(database.storage.files[key]))
            with pytest.raises((IntegrityError, SumDbFormatError)):
                database.add("q.io/x@v1.0.0")
            assert database.latest().tree.size == 3


@pytest.mark.parametrize(
    "key", [LATEST, COMMIT, "pending/*", "tile/8/0/001.p/44", "tile/8/data/001.p/44", "lookup/q.io/m7@v1.0.0", KEY]
)
def test_attack_a_file_without_end(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be damaged, or have more than is of use; it is not read to an end that never comes."""
    database = Database()
    database.add(*names(300))
    database.storage.die_at(3)  # what has been decided on is not published
    with pytest.raises(Killed):
        database.add("q.io/new@v1.0.0")
    database.storage.live()
    if key == "pending/*":
        (key,) = (each for each in database.storage.files if each.startswith("pending/"))
    assert key in database.storage.files
    read, most = database.storage.read, 0

    def endless(name: str, start: int = 0, length: int | None = None) -> bytes | None:
        nonlocal most
        if name != key:
            return read(name, start, length)
        assert length is not None, "all of it"
        most = max(most, length)
        return (read(key) or b"").ljust(min(length, 1 << 20), b"x")

    monkeypatch.setattr(database.storage, "read", endless)
    with suppress(GovgoError):
        database.add("q.io/m7@v1.0.0")
        database.publisher().create()
    assert 0 < most <= 64 << 20


def test_lost_or_forged_pending_records_are_not_published() -> None:
    for forge in (True, False):
        database = Database()
        database.storage.after = lambda operation, key: (_ for _ in ()).throw(Killed) if key == COMMIT else None
        with pytest.raises(Killed):
            database.add(*names(1))
        database.storage.after = lambda operation, key: None
        (key,) = [key for key in database.storage.files if key.startswith("pending/")]
        data = database.storage.files[key]
        assert parse_pending(data) == (0, list(records(names(1)).values()))
        if forge:
            database.storage.replace(key, data.replace(b"m0", b"m9"))
        else:
            database.storage.delete(key)
        with pytest.raises(IntegrityError, match=r"does not lead to the tree|has lost the records of tree 1"):
            database.add(*names(1))
        assert database.latest().tree.size == 0


def test_no_database_no_key() -> None:
    empty = MemoryStorage()
    with pytest.raises(UsageError, match="no checksum database"):
        Publisher(empty, one_key(SIGNER, VERIFIER), Memory()).add({})
    database = Database()
    assert database.storage.files[KEY] == f"{KEY_TEXT}\n".encode()
    assert database.publisher().create() is False, "once is enough"
    other_signer, other_key = keys(2)
    with pytest.raises(UsageError, match="with another key"):
        Publisher(database.storage, one_key(other_signer, parse_verifier(other_key)), Memory()).create()


def test_the_empty_tree_is_signed() -> None:
    assert Database().latest().tree == Tree(0, sumdb_log.hashlib.sha256(b"").digest())
