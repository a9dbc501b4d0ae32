# SPDX-License-Identifier: BSD-3-Clause
"""What was stored is told once, soon, and in the end: whatever is killed, and however many tell it."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from govgo.app.storage.manage import evict, remove
from govgo.core.storage.keys import COMPARE
from govgo.errors import StorageError
from govgo.serve.events import journal as module
from govgo.serve.events.journal import Journal, Means
from govgo.serve.tables import Events
from govgo.serve.upstream.upkeep import CarePlan, Upkeep
from tests.simulators.eventlog import EventLogSimulator, mods
from tests.simulators.served import Served, eventually, on_cold
from tests.simulators.storage import MemoryStorage
from tests.simulators.world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path) as world:
        for mod in mods(6):
            world.publish(*mod)
        world.publish("corp.example/secret", "v1.0.0")
        yield world


def serve(world: World, **more: object) -> Served:
    return Served(
        world,
        env={"GOPRIVATE": "corp.example"},
        events=Events("a.example", str(world.root / "a.key"), bool(more.pop("private", False))),
        **more,
    )


def told(served: Served) -> list[str]:
    """Paths of the index, in order."""
    got = served.get("/index?include=all")
    if got.status == 503:
        return ["no event log yet"]
    return [json.loads(line)["Path"] for line in got.text.splitlines()]


def wait_for(served: Served, *paths: str) -> None:
    eventually(lambda: told(served) == list(paths))


def test_a_go_mod_that_is_stored_is_told(world: World) -> None:
    with serve(world) as served:
        served.get("/q.io/m0/@v/v1.0.0.info")
        served.get("/q.io/m0/@v/list")
        served.get("/q.io/m0/@v/v1.0.0.zip")
        served.get("/q.io/m1/@v/v1.0.0.mod")
        wait_for(served, "q.io/m1")
        served.get("/q.io/m0/@v/v1.0.0.mod")
        served.get("/q.io/m1/@v/v1.0.0.mod")
        wait_for(served, "q.io/m1", "q.io/m0")


def test_private_modules_are_told_where_that_is_said(world: World) -> None:
    secret = "/corp.example/secret/@v/v1.0.0.mod"
    place = served_file = None
    with serve(world) as served:
        place = served.storage / "corp.example/secret/@v"
        place.mkdir(parents=True)
        served_file = place / "v1.0.0.mod"
        served_file.write_text("module corp.example/secret\n")
        assert served.get(secret).status == 200
        served.get("/q.io/m0/@v/v1.0.0.mod")
        wait_for(served, "q.io/m0")
    with serve(world) as served:
        eventually(lambda: served.site.journal.size == 1)
        assert told(served) == ["q.io/m0"]
    with serve(world, private=True) as served:
        wait_for(served, "q.io/m0", "corp.example/secret")


def test_what_was_stored_and_not_told_is_found_at_the_start(world: World) -> None:
    """As after a kill between the two; go itself stores without telling; so does `govgo storage rm` remove."""
    with serve(world) as served:
        for number in range(4):
            served.get(f"/q.io/m{number}/@v/v1.0.0.mod")
        wait_for(served, *(f"q.io/m{number}" for number in range(4)))
    shutil.rmtree(served.storage / "q.io/m2")
    place = served.storage / "q.io/m5/@v"
    place.mkdir(parents=True)
    (place / "v1.0.0.mod").write_text("module q.io/m5\n")
    with serve(world) as served:
        eventually(lambda: served.site.journal.size == 6)
        data = next((served.storage / "govgo/events/log/tile/8/data").rglob("6")).read_text()
        assert [line for line in data.splitlines() if " q.io" in line][4:] == [
            "stored q.io/m5 v1.0.0",
            "removed q.io/m2 v1.0.0",
        ]
        assert served.get("/q.io/m2/@v/v1.0.0.mod").status == 200
        eventually(lambda: served.site.journal.size == 7)


def test_attack_a_file_that_is_that_of_no_version(world: World) -> None:
    """It was put into the storage, and nothing could be told any more."""
    place = world.root / "served/q.io/m1/@v"
    place.mkdir(parents=True)
    for name in ("master", "v1.2.3 x", "v1.0.0"):
        (place / f"{name}.mod").write_text("module q.io/m1\n")
    with serve(world) as served:
        wait_for(served, "q.io/m1")
        served.get("/q.io/m0/@v/v1.0.0.mod")
        wait_for(served, "q.io/m1", "q.io/m0")
        assert served.said == []


@pytest.mark.parametrize("verb", ["rm", "evict", "server"])
def test_what_is_removed_leaves_the_index_soon(world: World, monkeypatch: pytest.MonkeyPatch, verb: str) -> None:
    """By `govgo storage` on the same storage, of which this process hears nothing, and by the server itself."""
    monkeypatch.setattr(module, "_LEARN_S", 0.1)
    with serve(world) as served:
        for number in range(3):
            served.get(f"/q.io/m{number}/@v/v1.0.0.mod")
        wait_for(served, *(f"q.io/m{number}" for number in range(3)))
        storage = served.site.storage
        if verb == "rm":
            remove(storage, ["q.io/m1"], dry_run=False)
        elif verb == "evict":
            evict(storage, 0, keep=lambda mod: mod.path != "q.io/m1")
        else:
            library = served.site.library
            plan = CarePlan(1, "q.io/m0,q.io/m2", "off", True)
            care = on_cold(served, lambda: Upkeep(library._means, library, served.site.uses, plan))
            asyncio.run_coroutine_threadsafe(care.turn(), served.site.cold.loop).result(20)
        eventually(lambda: re.findall(r"q\.io/m\d", served.get("/index").text) == ["q.io/m0", "q.io/m2"], 40)
        assert told(served) == ["q.io/m0", "q.io/m1", "q.io/m2"]
        served.site.memory.clear()
        assert served.get("/q.io/m1/@v/v1.0.0.mod").status == 200, "and it can be had again"
        wait_for(served, "q.io/m0", "q.io/m1", "q.io/m2", "q.io/m1")


def test_one_process_answers_who_asks_for_a_comparison(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LEARN_S", 0.1)
    compared: list[int] = []
    reconcile = module.reconcile
    monkeypatch.setattr(module, "reconcile", lambda means: (compared.append(1), reconcile(means)))
    with serve(world) as one, serve(world) as two:
        one.get("/q.io/m0/@v/v1.0.0.mod")
        wait_for(two, "q.io/m0")
        before = len(compared)
        remove(one.site.storage, ["q.io/m0"], dry_run=False)
        for served in (one, two):
            eventually(lambda: served.get("/index").text == "", 40)  # noqa: B023
        assert one.site.storage.read(COMPARE) == b""
        time.sleep(0.4)
        assert len(compared) == before + 1


def test_what_waits_is_told_before_the_end(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BEAT_S", 3600.0)
    with serve(world) as served:
        wait_for(served)
        served.get("/q.io/m0/@v/v1.0.0.mod")
    log = (served.storage / "govgo/events/log/latest").read_text()
    assert log.startswith("a.example\n1\n")


def test_two_processes_tell_each_version_once(world: World) -> None:
    with serve(world) as one, serve(world) as two:
        for number in range(6):
            (one if number % 2 else two).get(f"/q.io/m{number}/@v/v1.0.0.mod")
        for journal in (one.site.journal, two.site.journal):
            for mod in mods(6):
                journal.stored(mod)
        eventually(lambda: len(told(one)) == 6)
        assert sorted(told(two)) == [f"q.io/m{number}" for number in range(6)]
        eventually(lambda: one.site.journal.waiting == two.site.journal.waiting == 0)
        assert len(told(one)) == 6


def test_a_log_of_another_key_is_left_alone(world: World) -> None:
    with serve(world) as served:
        served.get("/q.io/m0/@v/v1.0.0.mod")
        wait_for(served, "q.io/m0")
    with Served(world, events=Events("b.example", str(world.root / "b.key"))) as served:
        eventually(lambda: served.site.journal.fault)
        assert "with another key" in served.site.journal.fault
        assert served.get("/q.io/m1/@v/v1.0.0.mod").status == 200, "modules are served all the same"
        assert served.get("/readyz").status == 200
        assert "with another key" in json.loads(served.get("/readyz").text)["events"]["fault"]


def test_what_is_said_of_a_log_that_was_set_back_can_be_done(world: World) -> None:
    """It is moved away, and begun anew under another name: with all that is stored."""
    with serve(world) as served:
        served.get("/q.io/m0/@v/v1.0.0.mod")
        wait_for(served, "q.io/m0")
        log = served.storage / "govgo/events/log"
        shutil.copytree(log, world.root / "backup")
        served.get("/q.io/m1/@v/v1.0.0.mod")
        wait_for(served, "q.io/m0", "q.io/m1")
    shutil.rmtree(log)
    shutil.copytree(world.root / "backup", log)
    with serve(world) as served:
        eventually(lambda: served.site.journal.fault)
        assert f"move {log} away and begin anew, with a new name and key" in served.site.journal.fault
        assert any(f"move {log} away" in said for said in served.said)
    fresh = Events("a2.example", str(world.root / "a2.key"))
    with Served(world, events=fresh) as served:
        eventually(lambda: served.site.journal.fault)
        assert f"move {log} away to begin anew" in served.site.journal.fault
    log.rename(world.root / "away")
    with Served(world, events=fresh) as served:
        eventually(lambda: sorted(told(served)) == ["q.io/m0", "q.io/m1"])
        assert served.site.journal.fault == ""


def test_a_storage_without_its_log_begins_no_second_history(world: World) -> None:
    with serve(world) as served:
        served.get("/q.io/m0/@v/v1.0.0.mod")
        wait_for(served, "q.io/m0")
    shutil.rmtree(served.storage)
    with serve(world) as served:
        eventually(lambda: served.site.journal.fault)
        assert "this key has signed one of 1 records" in served.site.journal.fault
        assert served.get("/q.io/m1/@v/v1.0.0.mod").status == 200


def test_a_server_that_stores_nothing_shows_the_log_and_tells_nothing(world: World) -> None:
    with serve(world) as served:
        served.get("/q.io/m0/@v/v1.0.0.mod")
        wait_for(served, "q.io/m0")
    key = world.root / "a.key"
    key.rename(world.root / "elsewhere")
    with serve(world, read_only=True) as served:
        served.get("/q.io/m1/@v/v1.0.0.mod")
        assert told(served) == ["q.io/m0"]
        assert not on_cold(served, lambda: served.site.journal.is_on)
        assert not key.exists(), "it needs none"
    with serve(world, read_only=True, storage=str(world.root / "empty")) as served:
        assert served.get("/index").status == 404


class Alone:
    """A journal over storages in memory."""

    def __init__(self) -> None:
        self.log = EventLogSimulator("a.example")
        self.stored = MemoryStorage()
        self.said: list[str] = []
        self.journal = Journal(self.means())

    def means(self) -> Means:
        async def lease(_: str) -> object:
            async def release() -> None:
                pass

            return release

        return Means(self.log.appender(), self.stored, lambda path: False, self.said.append, lease)  # type: ignore[arg-type]


def test_a_storage_that_fails_loses_nothing() -> None:
    alone = Alone()
    failing = True

    def fail(operation: str, key: str) -> None:
        if failing:
            raise StorageError("no space left on device", key=key)

    async def main() -> None:
        nonlocal failing
        alone.journal.start()
        alone.log.storage.before = fail
        for mod in mods(3):
            alone.journal.stored(mod)
        async with asyncio.timeout(5):
            while not alone.said:
                await asyncio.sleep(0.01)
        assert alone.journal.size == 0
        failing = False
        async with asyncio.timeout(5):
            while alone.journal.size < 3:
                await asyncio.sleep(0.01)
        await alone.journal.aclose()

    asyncio.run(main())
    assert alone.said == ["the event log: no space left on device"], "once is enough"


def test_more_news_than_can_wait_is_found_by_comparing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_WAITING", 4)
    alone = Alone()
    for mod in mods(10):
        alone.stored.create(f"{mod.path}/@v/{mod.version}.mod", b"")
        alone.journal.stored(mod)
    assert alone.journal.waiting == 4

    async def main() -> None:
        alone.journal.start()
        async with asyncio.timeout(5):
            while alone.journal.size < 10:
                await asyncio.sleep(0.01)
        await alone.journal.aclose()

    asyncio.run(main())


def test_a_journal_without_a_log_tells_nothing() -> None:
    journal = Journal()
    journal.stored(mods(1)[0])
    assert (journal.is_on, journal.waiting, journal.is_removed(mods(1)[0])) == (False, 0, False)
    asyncio.run(journal.flush())
    asyncio.run(journal.reconcile())
    asyncio.run(journal.aclose())
