# SPDX-License-Identifier: BSD-3-Clause
"""What a server does about its storage by itself: the size limit, notes of use, damage at rest."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from govgo.adapters.storage.directory import DirectoryStorage
from govgo.app.storage.uses import merge_old_uses, read_uses
from govgo.core.mirror.manifest import KEY as MANIFEST
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.storage.uses import MERGED, PREFIX, format_uses
from govgo.errors import UsageError
from govgo.serve.http import application
from govgo.serve.policy import ModeRule, Policy
from govgo.serve.server.build import check_settings
from govgo.serve.settings import Settings
from govgo.serve.upstream.upkeep import KEY, CarePlan, Upkeep
from govgo.serve.upstream.uses import NOTED_S, Uses
from tests.simulators.proxy import Status
from tests.simulators.served import Served, on_cold
from tests.simulators.storage import MemoryStorage
from tests.simulators.world import World

A, B, C = (ModuleVersion(f"q.io/{name}", "v1.0.0") for name in "abc")
NAMES = ("a", "b", "c", "own")
ZIP = 20_000
"""So large are the zips below, about."""


class Clock:
    def __init__(self) -> None:
        self.now_s = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now_s


def noise(seed: str) -> str:
    lines = (hashlib.sha256(f"{seed}{number}".encode()).hexdigest() for number in range(ZIP // 32))
    return "package a\n" + "".join(f"// {line}\n" for line in lines)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with World(tmp_path_factory.mktemp("served")) as world:
        for name in NAMES:
            world.publish(f"q.io/{name}", "v1.0.0", files={"a.go": noise(name)})
        with Served(world) as served:
            yield served


@pytest.fixture
def clock() -> Clock:
    return Clock()


def care_of(served: Served, clock: Clock, plan: CarePlan, uses: Uses | None = None) -> Upkeep:
    library = served.site.library
    made: Upkeep = on_cold(served, lambda: Upkeep(library._means, library, uses or Uses(clock), plan, clock))
    return made


def turn(served: Served, care: Upkeep) -> None:
    asyncio.run_coroutine_threadsafe(care.turn(), served.site.cold.loop).result(20)


def fetch(served: Served, *names: str) -> None:
    for name in names:
        for suffix in ("info", "mod", "zip"):
            assert served.get(f"/q.io/{name}/@v/v1.0.0.{suffix}").status == 200


def zips(served: Served) -> set[str]:
    return {path.relative_to(served.storage).parts[1] for path in served.storage.rglob("*.zip")}


def age(served: Served, clock: Clock, *names: str) -> None:
    """Let the files of modules be as old as if they had been stored one after another, an hour apart, long ago."""
    for number, name in enumerate(names):
        stored_s = clock.now_s - 100 * 3600 + number * 3600
        for path in (served.storage / "q.io" / name / "@v").iterdir():
            os.utime(path, (stored_s, stored_s))


def test_what_a_killed_process_has_left_goes_after_a_day(served: Served, clock: Clock) -> None:
    """No limit counts it, as it is not a file of the storage."""
    fetch(served, *NAMES[:1])
    directory = served.storage / "q.io" / NAMES[0] / "@v"
    old, new = directory / "v1.0.0.zip123.tmp", directory / "v1.0.0.zip124.tmp"
    for path, hours in ((old, 25), (new, 23), (directory / "v1.0.0.mod", 25)):
        path.touch()
        os.utime(path, (clock.now_s - hours * 3600,) * 2)
    turn(served, care_of(served, clock, CarePlan(0, "", "off", True)))
    assert not old.exists()
    assert new.exists()
    assert (directory / "v1.0.0.mod").exists()
    new.unlink()


# The size limit.


def test_a_clock_that_is_set_back_ends_nothing(served: Served, clock: Clock) -> None:
    """The limit is kept and notes are written; without that, not before the clock is where it was."""
    fetch(served, *NAMES)
    age(served, clock, *NAMES)
    uses = Uses(clock)
    care = care_of(served, clock, CarePlan(10 * ZIP, "", "off", True), uses)
    turn(served, care)
    assert len(zips(served)) == 4
    clock.now_s -= 86400
    uses.note(A)
    care._plan = care._plan._replace(limit_bytes=2 * ZIP)
    assert not (served.storage / PREFIX).exists()
    turn(served, care)
    assert len(zips(served)) == 1
    assert (served.storage / PREFIX).exists()


def test_what_was_used_least_recently_goes(served: Served, clock: Clock) -> None:
    fetch(served, *NAMES)
    age(served, clock, "own", *NAMES[:3])
    uses = Uses(clock)
    uses.note(A)  # asked for now, though it was stored first
    care = care_of(served, clock, CarePlan(3 * ZIP, "q.io/own", "off", True), uses)
    turn(served, care)
    assert zips(served) == {"own", "a"}
    assert served.counters.total("evicted") == 2
    assert served.counters.total("evicted_bytes") > 2 * ZIP
    assert served.counters.total("storage_bytes") < 3 * ZIP
    assert "evicted_bytes_total" in served.get("/metrics").text
    # It is fetched again when somebody asks, and counts as used then.
    served.site.memory.clear()
    assert served.get("/q.io/b/@v/v1.0.0.zip").body == served.world.proxy.files["/q.io/b/@v/v1.0.0.zip"]
    assert "b" in zips(served)


def test_nothing_goes_below_the_limit_and_no_more_than_has_to(served: Served, clock: Clock) -> None:
    fetch(served, *NAMES)
    age(served, clock, *NAMES)
    turn(served, care_of(served, clock, CarePlan(100 * ZIP, notes=True)))
    assert zips(served) == set(NAMES)
    (served.storage / KEY).unlink()
    size = sum(path.stat().st_size for path in served.storage.rglob("*") if path.is_file())
    turn(served, care_of(served, clock, CarePlan(size - 1, notes=True)))
    assert zips(served) == {"b", "c", "own"}


def test_a_storage_that_grows_is_looked_at_soon(served: Served, clock: Clock) -> None:
    fetch(served, "a")
    care = care_of(served, clock, CarePlan(3 * ZIP, notes=True))
    turn(served, care)
    fetch(served, "b", "c", "own")
    clock.now_s += 30
    turn(served, care)
    assert len(zips(served)) == 4, "not at once after the last time"
    clock.now_s += 31
    turn(served, care)
    assert len(zips(served)) < 3


class _Opened:
    """A zip that is kept open, as those are that are too large for the memory."""

    def __init__(self, served: Served) -> None:
        self.served = served

    def __enter__(self) -> None:
        fetch(self.served, "a")
        self.before, application._SMALL_ZIP = application._SMALL_ZIP, 0
        self.served.site.memory.clear()
        assert self.served.get("/q.io/a/@v/v1.0.0.zip").status == 200
        assert self.served.site.files

    def __exit__(self, *_: object) -> None:
        application._SMALL_ZIP = self.before


def test_one_of_many_does_the_work(served: Served, clock: Clock) -> None:
    fetch(served, *NAMES)
    one, two = (care_of(served, clock, CarePlan(100 * ZIP, notes=True)) for _ in range(2))
    turn(served, one)
    stated = (served.storage / KEY).read_bytes().split()
    assert int(stated[0]) == int(clock.now_s)
    assert int(stated[1]) > 4 * ZIP
    clock.now_s += 1800
    turn(served, two)
    assert (served.storage / KEY).read_bytes().split() == stated
    clock.now_s += 1800  # an hour after the first
    turn(served, one)
    assert int((served.storage / KEY).read_bytes().split()[0]) == int(clock.now_s)


def test_a_mirror_has_no_limit(tmp_path: Path) -> None:
    with World(tmp_path) as world, Served(world) as served:
        (served.storage / MANIFEST).parent.mkdir(parents=True, exist_ok=True)
        (served.storage / MANIFEST).touch()
        with pytest.raises(UsageError, match="mirror"):
            check_settings(Settings(storage=str(served.storage), storage_limit=1), served._env)


# Notes of use.


def test_every_way_to_a_file_is_noted_once(served: Served, clock: Clock) -> None:
    uses = served.site.uses
    uses._noted.clear()
    assert served.get("/q.io/a/@v/v1.0.0.mod").status == 200  # cold
    assert served.get("/q.io/none/@v/v1.0.0.mod").status == 404
    assert served.get("/q.io/a/@v/list").status == 200
    assert set(uses._noted) == {A}
    uses._noted.clear()
    for _ in range(3):
        assert served.get("/q.io/a/@v/v1.0.0.mod").status == 200  # from memory
    served.site.memory.count()
    assert set(uses._noted) == {A}
    uses._noted.clear()
    with _Opened(served):
        uses._noted.clear()
        assert served.get("/q.io/a/@v/v1.0.0.zip").status == 200  # an open file
        assert set(uses._noted) == {A}


def test_a_note_an_hour(clock: Clock) -> None:
    storage = MemoryStorage()
    uses = Uses(clock)
    uses.note(A)
    begun_s = clock.now_s
    assert uses.write(storage)
    clock.now_s += NOTED_S - 1
    uses.note(A)
    assert not uses.write(storage)
    clock.now_s += 1
    uses.note(A)
    uses.note(B)
    assert uses.write(storage)
    sizes = [len(data) for _, data in storage.history]
    assert sizes == [len(format_uses({A: begun_s})), len(format_uses({A: begun_s, B: begun_s}))]
    assert read_uses(storage) == {A: clock.now_s, B: clock.now_s}


def test_a_use_is_noted_although_the_clock_was_set_back(clock: Clock) -> None:
    uses = Uses(clock)
    uses.note(A)
    clock.now_s -= 86400
    uses.note(A)
    assert uses._noted == {A: clock.now_s}


def test_the_notes_of_processes_that_have_ended_become_one_file(tmp_path: Path) -> None:
    storage = DirectoryStorage(str(tmp_path))
    for name, noted in {"one": {A: 5.0, B: 1.0}, "two": {A: 3.0, C: 9.0}, "live": {B: 7.0}}.items():
        storage.create(PREFIX + name, format_uses(noted))
    for name in ("one", "two"):
        os.utime(tmp_path / PREFIX / name, (1000, 1000))
    before = read_uses(storage)
    assert merge_old_uses(storage, time.time() - 60) == 2
    assert {path.name for path in (tmp_path / PREFIX).iterdir() if path.suffix != ".lock"} == {"live", "merged"}
    assert read_uses(storage) == before == {A: 5.0, B: 7.0, C: 9.0}
    storage.create(PREFIX + "three", format_uses({A: 8.0}))
    os.utime(tmp_path / PREFIX / "three", (1000, 1000))
    assert merge_old_uses(storage, time.time() - 60) == 1
    assert read_uses(storage) == {A: 8.0, B: 7.0, C: 9.0}
    assert merge_old_uses(storage, time.time() - 60) == 0
    assert (tmp_path / MERGED).exists()


def test_who_loses_the_race_for_the_merged_file_removes_nothing() -> None:
    storage = MemoryStorage()
    storage.create(MERGED, format_uses({A: 1.0}))
    storage.create(PREFIX + "one", format_uses({B: 2.0}))

    def other(operation: str, key: str) -> None:
        storage.before = lambda *_: None
        storage.replace(MERGED, format_uses({C: 3.0}))

    storage.before = other
    assert merge_old_uses(storage, 1.0) == 0
    assert read_uses(storage) == {B: 2.0, C: 3.0}


def test_notes_survive_a_restart(tmp_path: Path) -> None:
    with World(tmp_path) as world:
        world.publish("q.io/a", "v1.0.0")
        for _ in range(2):
            with Served(world) as served:
                assert served.get("/q.io/a/@v/v1.0.0.mod").status == 200
        assert set(read_uses(DirectoryStorage(str(served.storage)))) == {A}
        assert len(list((served.storage / PREFIX).iterdir())) == 2


def test_a_module_cache_gets_no_files_of_ours(tmp_path: Path) -> None:
    with World(tmp_path) as world:
        world.publish("q.io/a", "v1.0.0")
        with Served(world, storage="") as served:
            assert served.get("/q.io/a/@v/v1.0.0.mod").status == 200
            turn(served, served.running.parts.care)
        downloads = world.cache / "cache/download"
        assert (downloads / "q.io/a/@v/v1.0.0.mod").exists()
        assert not (downloads / "govgo").exists()


# Damage at rest.


def damage(path: Path) -> None:
    data = path.read_bytes()
    before = path.stat()
    path.write_bytes(data[:-30] + b"x" + data[-29:])
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize("which", ["sample", "all"])
def test_damage_is_found_and_mended(served: Served, clock: Clock, which: str) -> None:
    fetch(served, *NAMES)
    before = {path: path.read_bytes() for path in served.storage.rglob("v1.0.0.*")}
    for name in ("a/@v/v1.0.0.zip", "b/@v/v1.0.0.mod", "c/@v/v1.0.0.info"):
        damage(served.storage / "q.io" / name)
    care = care_of(served, clock, CarePlan(verify=which))
    turn(served, care)
    assert served.counters.total("proved_again") == (2 if which == "sample" else 4)
    turn(served, care)
    assert served.counters.total("damaged") == 3
    assert served.counters.total("proved_again") == 4
    assert sum("damaged in the storage" in line for line in served.said) == 3
    assert {path: path.read_bytes() for path in served.storage.rglob("v1.0.0.*")} == before
    assert any("all that is stored" in line for line in served.said) == (which == "all")


def test_damage_that_cannot_be_mended_is_removed(served: Served, clock: Clock) -> None:
    fetch(served, "a", "b")
    damage(served.storage / "q.io/a/@v/v1.0.0.zip")
    damage(served.storage / "q.io/b/@v/v1.0.0.zip")
    served.world.proxy.script("*", *[Status(503)] * 20)
    policy = Policy(modes=(ModeRule("q.io/b", "none"),))
    turn(served, care_of(served, clock, CarePlan(verify="all", policy=policy)))
    assert zips(served) == set()
    assert not [path for path in served.world.proxy.asked if path.startswith("/q.io/b/")][3:], (
        "mode none fetches nothing"
    )
    assert served.counters.total("damaged") == 2


@pytest.mark.parametrize("which", ["sample", "all"])
def test_what_hinders_proofs_is_told_once(served: Served, clock: Clock, which: str) -> None:
    """Upstream is down, and the storage has nothing of the database, as a module cache that was copied."""
    fetch(served, *NAMES)
    shutil.rmtree(served.storage / "sumdb")
    on_cold(served, served.site.library.forget)
    served.world.proxy.script("*", Status(403))
    care = care_of(served, clock, CarePlan(verify=which))
    turn(served, care)
    (line,) = served.said
    assert line.startswith("govgo: proving stored files anew: nobody can tell now: q.io/")
    assert line.endswith("403 Scripted\n")
    served.world.proxy.calm()
    turn(served, care)
    assert len(zips(served)) == 4
    assert len(served.said) == (2 if which == "all" else 1)
    if which == "all":  # three in vain, then it waited for the next turn
        assert served.said[1].startswith("govgo: all that is stored was proved anew: 1 versions, ")
        assert served.said[1].endswith(" bytes; 3 more could not be\n")


def test_off_reads_nothing(served: Served, clock: Clock) -> None:
    fetch(served, "a")
    damage(served.storage / "q.io/a/@v/v1.0.0.zip")
    turn(served, care_of(served, clock, CarePlan()))
    assert served.counters.total("proved_again") == 0
    assert zips(served) == {"a"}
