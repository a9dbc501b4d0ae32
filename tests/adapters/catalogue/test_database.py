# SPDX-License-Identifier: BSD-3-Clause
"""The file of a catalogue: who opens it together, and what is done where it is damaged."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from govgo.adapters.catalogue.database import Database, open_database

OPENERS = 4


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path)}


def put_and_read(database: Database, key: str) -> list[object]:
    with database.changing() as changed:
        changed.execute("INSERT INTO zip VALUES (?, '{}')", (key,))
    return [row[0] for row in database.rows("SELECT h1 FROM zip ORDER BY h1")]


def test_workers_that_start_together_share_one(environ: dict[str, str]) -> None:
    """SQLite lets one of those that set up a new file fail, which must not end in the removal of the others' file."""
    for turn in range(20):
        barrier = Barrier(OPENERS)

        def start(turn: int = turn, barrier: Barrier = barrier) -> Database:
            barrier.wait()
            return open_database(Database, environ, f"storage {turn}")

        with ThreadPoolExecutor(OPENERS) as threads:
            opened = [each.result() for each in [threads.submit(start) for _ in range(OPENERS)]]
        assert len({database.path for database in opened}) == 1
        assert [put_and_read(database, f"h{number}") for number, database in enumerate(opened)] == [
            ["h0"],
            ["h0", "h1"],
            ["h0", "h1", "h2"],
            ["h0", "h1", "h2", "h3"],
        ]
        for database in opened:
            database.close()


def test_a_damaged_one_is_begun_again(environ: dict[str, str]) -> None:
    first = open_database(Database, environ, "storage")
    assert put_and_read(first, "h0") == ["h0"]
    first.close()
    Path(first.path).write_bytes(b"no database" * 1000)
    again = open_database(Database, environ, "storage")
    assert (again.path, put_and_read(again, "h1")) == (first.path, ["h1"])
    again.close()


def test_one_that_cannot_be_opened_stays(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process holds it: what is found goes into a file of our own, which goes with us."""
    first = open_database(Database, environ, "storage")
    assert put_and_read(first, "h0") == ["h0"]
    first.close()
    monkeypatch.setattr("govgo.adapters.catalogue.database._BUSY_S", 0.01)
    holder = sqlite3.connect(first.path, isolation_level=None)
    holder.execute("PRAGMA locking_mode=EXCLUSIVE")
    holder.execute("BEGIN EXCLUSIVE")
    aside = open_database(Database, environ, "storage")
    assert aside.path != first.path
    assert put_and_read(aside, "h1") == ["h1"]
    aside.close()
    assert not Path(aside.path).parent.exists()
    holder.execute("COMMIT")
    holder.close()
    again = open_database(Database, environ, "storage")
    assert (again.path, put_and_read(again, "h2")) == (first.path, ["h0", "h2"])
    again.close()


def test_one_aside_is_locked_while_it_is_used() -> None:
    """So the next process that needs such a directory knows those of processes that were killed, and removes them."""
    aside = open_database(Database, {}, "storage")
    directory = Path(aside.path).parent
    descriptor = os.open(directory, os.O_RDONLY)
    with pytest.raises(BlockingIOError):
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(descriptor)
    aside.close()
    assert not directory.exists()
