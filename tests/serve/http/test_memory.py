# SPDX-License-Identifier: BSD-3-Clause
"""The memory of answers: what goes when there is no room, and what is counted."""

from __future__ import annotations

import pytest

from govgo.serve.counters import Counters
from govgo.serve.http.memory import MAX_BODY, Entry, Memory, OpenFiles
from govgo.serve.protocol.answer import OpenFile, StoredFile

FOR_EVER = float("inf")


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def entry(size: int = 1000, expires: float = FOR_EVER) -> Entry:
    return Entry("mod", 200, [], b"x" * size, expires, None, "/x")


def names(memory: Memory) -> list[bytes]:
    return list(memory.entries)


def test_what_is_not_used_goes_first() -> None:
    memory = Memory(6000, Counters())
    for name in (b"a", b"b", b"c"):
        memory.put(name, entry())
    memory.put(b"d", entry())  # each was new: all have been looked at once
    assert b"a" not in names(memory)
    memory.entries[b"b"].hits = 1
    memory.touched.append(memory.entries[b"b"])
    memory.put(b"e", entry())
    memory.put(b"f", entry())
    assert b"b" in names(memory)
    assert len(names(memory)) == 3


def test_it_keeps_to_its_limit() -> None:
    memory = Memory(100_000, Counters())
    for number in range(5000):
        memory.put(b"%d" % number, entry(number % 3000))
        assert sum(len(each.body) for each in memory.entries.values()) < 100_000
    memory.put(b"large", entry(200_000))
    assert b"large" not in memory.entries
    memory.put(b"huge", entry(MAX_BODY + 1))
    assert b"huge" not in memory.entries


def test_attack_paths_that_are_longer_than_their_answers() -> None:
    """They are held, too: as they came, and as the log shows them."""
    memory = Memory(100_000, Counters())
    for number in range(100):
        path = f"{number:04}" + "x" * 4000
        memory.put(path.encode(), Entry("list", 404, [], b"not found\n", FOR_EVER, None, path))
    assert sum(len(path) + len(entry.path) for path, entry in memory.entries.items()) < 100_000
    assert memory.entries
    for path in names(memory):
        memory.put(path, entry())
    memory.clear()
    assert memory._size == 0


def test_it_forgets_what_is_not_true_any_more() -> None:
    clock = Clock()
    memory = Memory(10_000, Counters(), clock)
    memory.put(b"a", entry(10, expires=5.0))
    assert memory.get(b"a") is not None
    clock.now_s = 6.0
    assert memory.get(b"a") is None
    assert names(memory) == []


def test_an_entry_takes_the_place_of_the_one_before() -> None:
    memory = Memory(3000, Counters())
    for _ in range(10):
        memory.put(b"a", entry())
    assert names(memory) == [b"a"]


def test_hits_are_counted() -> None:
    counters = Counters()
    memory = Memory(10_000, counters)
    memory.put(b"a", entry(100))
    found = memory.entries[b"a"]
    for _ in range(2):
        found.hits += 3
        memory.touched.append(found)
        memory.count()
    assert counters.total("mod 200") == counters.total("memory_hits") == 6
    assert counters.total("sent_bytes") == 6 * found.size
    assert counters.total("memory_entries") == 1
    memory.clear()
    memory.count()
    assert counters.total("memory_entries") == counters.total("memory_bytes") == 0


def test_large_zips_that_were_used_least_recently_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("govgo.serve.http.memory._OPEN_FILES", 3)
    monkeypatch.setattr("govgo.serve.http.memory._OPEN_BYTES", 100)
    files = OpenFiles()

    def put(path: bytes, size: int) -> None:
        files.put(path, StoredFile("", size, 0.0, b"", OpenFile(-1)))

    for path in (b"a", b"b", b"c"):
        put(path, 10)
    assert files.get(b"a") is not None
    put(b"d", 10)
    assert [path for path in (b"a", b"b", b"c", b"d") if files.get(path)] == [b"a", b"c", b"d"]
    put(b"d", 85)
    assert [path for path in (b"a", b"c", b"d") if files.get(path)] == [b"c", b"d"]
    put(b"e", 1000)
    assert [path for path in (b"c", b"d", b"e") if files.get(path)] == [b"e"]
    files.clear()
    assert not len(files)
