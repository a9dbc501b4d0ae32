# SPDX-License-Identifier: BSD-3-Clause
"""An event log grows by many writers, any of which may be killed, and has the last event of each version."""

from __future__ import annotations

import threading

import pytest

from govgo.app.events import append as module
from govgo.app.events.append import News
from govgo.app.events.log import EventLog
from govgo.core.events.event import REMOVED, STORED, Event, Origin
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.sumdb.heads import read_head
from govgo.core.sumdb.tlog import record_hash
from govgo.errors import IntegrityError, StorageError
from govgo.ports.storage import Entry
from tests.simulators import logmath
from tests.simulators.eventlog import EventLogSimulator, mods
from tests.simulators.storage import Killed, MemoryStorage

A, B = mods(2)


def events(log: EventLogSimulator) -> list[Event]:
    """All that the log says; its tree is computed here by other code, from the records alone."""
    reader = EventLog(log.storage, log.verifier)
    head = reader.head()
    records = list(reader.records(0, head))
    stored: list[bytes] = []
    for number, text in enumerate(records):
        older = [stored[logmath.stored_hash_index(*node)] for node in logmath.stored_hashes_nodes(number)]
        stored.extend(logmath.stored_hashes(number, text, older))
    root = logmath.tree_hash(len(records), lambda node: stored[logmath.stored_hash_index(*node)])
    assert (head.tree.size, head.tree.hash) == (len(records), root)
    assert [record_hash(text) for text in records] == [
        stored[logmath.stored_hash_index(0, number)] for number in range(len(records))
    ]
    found = [event for _, event in reader.events(0, head)]
    times = [event.time_us for event in found]
    assert times == sorted(set(times)), "times rise, and none is there twice"
    return found


def test_what_is_no_news_is_not_told() -> None:
    log = EventLogSimulator()
    appender = log.appender(clock=lambda: 100.0)
    told = [
        News(STORED, A),
        News(STORED, A),
        News(REMOVED, B),  # it was never here
        News(STORED, B, Origin("b.example", 3)),
        News(REMOVED, A),
        News(REMOVED, A),
        News(STORED, A),
    ]
    count, head = appender.append(told)
    assert (count, head.tree.size) == (4, 4)
    want = [
        Event(STORED, A, 100_000_000),
        Event(STORED, B, 100_000_001, Origin("b.example", 3)),
        Event(REMOVED, A, 100_000_002),
        Event(STORED, A, 100_000_003),
    ]
    assert events(log) == want
    assert log.appender().append([told[0], told[3]])[0] == 0, "another process knows it from the log"
    assert appender.append([])[0] == 0
    assert events(log) == want


@pytest.mark.parametrize("version", ["master", "v1", "v1.2.3 x", "v2.0.0", "v1.0.0+build"])
def test_what_is_no_version_holds_up_nothing(version: str) -> None:
    log = EventLogSimulator()
    assert log.appender().append([News(STORED, A._replace(version=version)), News(STORED, B)])[0] == 1
    assert [event.mod for event in events(log)] == [B]


def test_a_clock_that_goes_back_does_not_take_times_back() -> None:
    log = EventLogSimulator()
    log.appender(clock=lambda: 100.0).append([News(STORED, mod) for mod in mods(256)])
    log.appender(clock=lambda: 50.0).append([News(REMOVED, A)])
    assert events(log)[-1].time_us == 100_000_256


@pytest.mark.wide
def test_growth_over_pages_and_what_is_left_of_partial_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_AT_ONCE", 300)
    log = EventLogSimulator()
    for start in range(0, 1000, 50):
        log.store(mods(50, start))
    log.store(mods(700, 1000))
    assert [event.mod for event in events(log)] == mods(1700)
    partial = {key.split(".p/")[0] for key in log.storage.files if ".p/" in key}
    assert partial <= {"tile/8/0/005", "tile/8/0/006", "tile/8/data/005", "tile/8/data/006", "tile/8/1/000"}
    reader = EventLog(log.storage, log.verifier)
    tile = next(each for each in logmath.new_tiles(8, 0, 100) if each.level == 0)
    assert reader.tile(tile) == (log.storage.files["tile/8/0/000"])[: 100 * 32], "the full tile begins with it"


def test_an_event_is_found_by_its_time() -> None:
    log = EventLogSimulator()
    now = iter(range(10, 10_000))
    log.appender(clock=lambda: float(next(now))).append([News(STORED, mod) for mod in mods(600)])
    reader = EventLog(log.storage, log.verifier)
    head = reader.head()
    assert reader.first_since(0, head) == 0
    for number in (0, 1, 255, 256, 511, 599):
        assert reader.first_since((10 + number) * 1_000_000, head) == number
        assert reader.first_since((10 + number) * 1_000_000 - 1, head) == number
    assert reader.first_since(610 * 1_000_000, head) == 600
    empty = EventLog(EventLogSimulator("b.example").storage, EventLogSimulator("b.example").verifier)
    assert empty.first_since(0, empty.head()) == 0


@pytest.mark.wide
def test_two_writers_race_and_each_version_is_told_once() -> None:
    log = EventLogSimulator()
    failures: list[BaseException] = []

    def work(writer: int) -> None:
        try:
            appender = log.appender()
            for turn in range(8):
                news = [
                    News(STORED, mod)
                    for mod in (*mods(20, turn * 20), ModuleVersion(f"q.io/w{writer}", f"v1.{turn}.0"))
                ]
                appender.append(news)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(writer,)) for writer in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    told = [event.mod for event in events(log)]
    assert len(told) == len(set(told)) == 8 * 20 + 4 * 8


def test_others_decide_between_the_looks_of_a_writer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The key's memory has the second head, `latest` still the first, and by now `commit` has the third: no fork."""
    log = EventLogSimulator()
    notes = [log.store(mods(1, number)).note for number in range(3)]
    log.memory.note = notes[1]
    read, looks = log.storage.read, [notes[0]]

    def seen(key: str, start: int = 0, length: int | None = None) -> bytes | None:
        return looks.pop() if key == "latest" and looks else read(key, start, length)

    monkeypatch.setattr(log.storage, "read", seen)
    assert log.store(mods(1, 3)).tree.size == 4
    assert not looks


@pytest.mark.parametrize("start", [0, pytest.param(254, marks=pytest.mark.wide)])
def test_killed_at_every_change_a_rerun_mends(start: int) -> None:
    died = 0
    while True:
        log = EventLogSimulator()
        log.store(mods(start))
        log.storage.die_at(died)
        try:
            log.store(mods(4, start))
            killed = False
        except Killed:
            killed = True
        log.storage.live()
        log.store(mods(5, start + 1))
        log.store(mods(4, start))
        assert {event.mod for event in events(log)} == set(mods(start + 6))
        assert len(events(log)) == start + 6
        if not killed:
            break
        died += 1
    assert died > 5


def test_a_log_that_another_process_has_just_made() -> None:
    """It is made, and has grown, right after this one has looked."""
    log = EventLogSimulator()
    log.store(mods(3))
    made, log.storage = log.storage, MemoryStorage()
    look = log.storage.head

    def head(key: str) -> Entry | None:
        found = look(key)
        for each, data in made.files.items():
            log.storage.create(each, data)
        return found

    log.storage.head = head  # type: ignore[method-assign]
    appender = log.appender()
    assert appender.create() is False
    assert appender.append([News(STORED, mod) for mod in mods(5)])[0] == 2


def test_a_log_that_was_set_back_is_not_written_any_more() -> None:
    log = EventLogSimulator()
    log.store(mods(3))
    before = dict(log.storage.files)
    log.store(mods(5))
    restored = MemoryStorage()
    for key, data in before.items():
        restored.create(key, data)
    log.storage = restored
    with pytest.raises(IntegrityError, match="set back"):
        log.store(mods(9))


@pytest.mark.parametrize("key", ["tile/8/data/000", "tile/8/0/000", "tile/8/1/000.p/1"])
def test_damage_is_not_read(key: str) -> None:
    log = EventLogSimulator()
    log.store(mods(300))
    data = log.storage.files[key]
    log.storage.replace(
        key, data.replace(b"q.io/m7 ", b"q.io/x7 ") if b"q.io" in data else data[:-1] + bytes([data[-1] ^ 1])
    )
    reader = EventLog(log.storage, log.verifier)
    with pytest.raises(IntegrityError):
        list(reader.records(0, reader.head()))


def test_what_is_lost_is_told() -> None:
    log = EventLogSimulator()
    log.store(mods(3))
    reader = EventLog(log.storage, log.verifier)
    head = reader.head()
    log.storage.delete("tile/8/data/000.p/3")
    with pytest.raises(IntegrityError, match="lost the events 0 to 2"):
        list(reader.records(0, head))
    with pytest.raises(StorageError, match="no event log yet"):
        EventLog(MemoryStorage(), log.verifier).head()


def test_a_head_is_of_the_log_with_its_name() -> None:
    """Signed by the same key, of a checksum database of the same name: it is not a head of the event log."""
    log = EventLogSimulator()
    head = EventLog(log.storage, log.verifier).head()
    assert head.note.startswith(b"peer.example\n0\n")
    with pytest.raises(IntegrityError, match="malformed tree note"):
        read_head(head.note, log.verifier._replace(origin="go.sum database tree"))
