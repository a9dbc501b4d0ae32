# SPDX-License-Identifier: BSD-3-Clause
"""`govgo mod verify`: modified zips and trees are found, in go's words."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from govgo.adapters.modcache import verify as audit
from govgo.adapters.modcache.cache import ModCache
from govgo.adapters.modcache.verify import CacheAudit, CacheFacts
from govgo.core.module.moduleversion import ModuleVersion
from govgo.ports.reporter import PROGRESS_THREAD
from tests.simulators import campaigns
from tests.simulators.zips import module_zip

MODS = tuple(ModuleVersion(f"m.io/x{i}", "v1.0.0") for i in range(6))


@pytest.fixture
def cache(tmp_path: Path) -> ModCache:
    cache = ModCache(str(tmp_path / "mod"), writable_dirs=True)
    for mv in MODS:
        with cache.lock(mv), cache.new_zip_temp(mv) as temp:
            temp.write(module_zip(str(mv), {"x.go": b"package x // " + os.urandom(3000).hex().encode()}))
            temp.commit(cache.check_and_hash_zip(temp.path, mv))
        cache.extract(mv)
    return cache


def faults(cache: ModCache, mv: ModuleVersion) -> tuple[str, ...]:
    return CacheAudit(cache).module_faults(mv)


def test_unmodified(cache: ModCache) -> None:
    assert CacheAudit(cache).faults(MODS) == ((),) * len(MODS)


def test_never_downloaded_is_well(cache: ModCache) -> None:
    assert faults(cache, ModuleVersion("m.io/y", "v1.0.0")) == ()
    assert faults(cache, ModuleVersion("go", "1.21")) == ()


def test_changed_file_in_the_tree(cache: ModCache) -> None:
    path = Path(cache.root, "m.io/x0@v1.0.0/x.go")
    path.chmod(0o644)
    path.write_text("package y\n")
    assert faults(cache, MODS[0]) == (f"m.io/x0 v1.0.0: dir has been modified ({cache.root}/m.io/x0@v1.0.0)",)


@pytest.mark.parametrize("size", [0, 1, 1 << 20, (1 << 20) + 1, (2 << 20) + 5])
def test_files_that_are_longer_shorter_or_differ_at_the_end(tmp_path: Path, size: int) -> None:
    cache, mv = ModCache(str(tmp_path), writable_dirs=True), MODS[0]
    content = os.urandom(size)
    with cache.lock(mv), cache.new_zip_temp(mv) as temp:
        temp.write(module_zip(str(mv), {"x.go": content, "y.go": b""}))
        temp.commit(cache.check_and_hash_zip(temp.path, mv))
    cache.extract(mv)
    path = Path(cache.root, "m.io/x0@v1.0.0/x.go")
    path.chmod(0o644)
    modified = (f"m.io/x0 v1.0.0: dir has been modified ({cache.root}/m.io/x0@v1.0.0)",)
    assert faults(cache, mv) == ()
    for other in {content + b"x", content[:-1], content[:-1] + bytes([content[-1] ^ 1]) if size else b"y"} - {content}:
        path.write_bytes(other)
        assert faults(cache, mv) == modified
    path.write_bytes(content)
    assert faults(cache, mv) == ()


def test_added_and_lost_file_in_the_tree(cache: ModCache) -> None:
    Path(cache.root, "m.io/x0@v1.0.0/y.go").touch()
    Path(cache.root, "m.io/x1@v1.0.0/x.go").unlink()
    for mv in MODS[:2]:
        (fault,) = faults(cache, mv)
        assert "dir has been modified" in fault


def test_changed_zip(cache: ModCache) -> None:
    path = cache.zip_path(MODS[0])
    Path(path).write_bytes(module_zip(str(MODS[0]), {"x.go": b"package evil\n"}))
    assert faults(cache, MODS[0]) == (f"m.io/x0 v1.0.0: zip has been modified ({path})",)


def test_damaged_zip(cache: ModCache) -> None:
    Path(cache.zip_path(MODS[0])).write_bytes(b"")
    assert faults(cache, MODS[0]) == ("m.io/x0 v1.0.0: zip: not a valid zip file",)


def test_changed_hash_blames_zip_and_tree(cache: ModCache) -> None:
    Path(cache.file(MODS[0], "ziphash")).write_text("h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
    assert ["modified" in fault for fault in faults(cache, MODS[0])] == [True, True]


def test_lost_hash(cache: ModCache) -> None:
    path = cache.file(MODS[0], "ziphash")
    os.unlink(path)
    want = f"m.io/x0 v1.0.0: missing ziphash: open {path}: no such file or directory"
    assert faults(cache, MODS[0]) == (want,)
    os.mkdir(path)
    assert faults(cache, MODS[0]) == (f"m.io/x0 v1.0.0: missing ziphash: read {path}: is a directory",)


def test_partial_tree_is_not_checked(cache: ModCache) -> None:
    Path(cache.root, "m.io/x0@v1.0.0/x.go").unlink()
    Path(cache.file(MODS[0], "partial")).touch()
    assert faults(cache, MODS[0]) == ()


def test_tree_that_cannot_be_read(cache: ModCache) -> None:
    link = Path(cache.root, "m.io/x0@v1.0.0/dangling")
    link.symlink_to("nowhere")
    assert faults(cache, MODS[0]) == (f"m.io/x0 v1.0.0: open {link}: no such file or directory",)


@pytest.mark.wide
@pytest.mark.parametrize("broken_child", [False, True])
def test_several_processes_give_the_answers_of_one(
    broken_child: bool, cache: ModCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path(cache.zip_path(MODS[4])).write_bytes(b"")
    os.unlink(cache.file(MODS[1], "ziphash"))
    serial = tuple(faults(cache, mv) for mv in MODS)
    monkeypatch.setattr(audit, "_WORTH_A_WORKER", 1000)
    monkeypatch.setattr("govgo.adapters.modcache.verify.os.sched_getaffinity", lambda pid: {0, 1, 2})
    # The thread that shows progress keeps nothing from forking.
    threads = [threading.current_thread(), threading.Thread(name=PROGRESS_THREAD)]
    monkeypatch.setattr("govgo.adapters.modcache.verify.threading.enumerate", lambda: threads)
    forked: list[int] = []
    fork = os.fork
    monkeypatch.setattr("govgo.adapters.modcache.verify.os.fork", lambda: forked.append(1) or fork())
    here = os.getpid()
    checked = CacheAudit(cache)
    if broken_child:
        check = checked.module_faults
        monkeypatch.setattr(checked, "module_faults", lambda mv: check(mv) if os.getpid() == here else os._exit(9))
    told: list[int] = []
    assert checked.faults(MODS, told.append) == serial
    assert len(forked) == 3
    assert sum(told) == len(MODS)
    assert [bool(each) for each in serial] == [False, True, False, False, True, False]


@pytest.fixture
def divided(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three processes are wanted for the work."""
    monkeypatch.setattr(audit, "_WORTH_A_WORKER", 1000)
    monkeypatch.setattr("govgo.adapters.modcache.verify.os.sched_getaffinity", lambda pid: {0, 1, 2})
    monkeypatch.setattr("govgo.adapters.modcache.verify.threading.enumerate", lambda: [threading.current_thread()])


@pytest.fixture
def forks(divided: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Three processes do the work; they are in the list, and have ended when the test has."""
    forked: list[int] = []
    fork = os.fork

    def counted() -> int:
        process = fork()
        if process:
            forked.append(process)
        return process

    monkeypatch.setattr("govgo.adapters.modcache.verify.os.fork", counted)
    yield forked
    assert len(forked) == 3
    for process in forked:
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)


@pytest.mark.parametrize("kind", campaigns.one_in(3, ["look", "zips", "faults"]))
def test_what_other_processes_find_is_not_found_again_here(
    kind: str, cache: ModCache, forks: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    facts, checked = CacheFacts(cache), CacheAudit(cache)
    work = {"look": facts.look, "zips": facts.zips, "faults": checked.faults}[kind]
    name = {"look": "_fields", "zips": "_zip_fields", "faults": "module_faults"}[kind]
    owner: object = checked if kind == "faults" else facts
    want = [getattr(owner, name)(mv) for mv in MODS]
    here, do = os.getpid(), getattr(owner, name)
    monkeypatch.setattr(owner, name, lambda mv: pytest.fail("done twice") if os.getpid() == here else do(mv))
    assert [tuple(each) for each in work(MODS)] == [tuple(each) for each in want]


@pytest.mark.usefixtures("divided")
@pytest.mark.parametrize("most", [0, 1])
def test_what_no_process_can_be_had_for_is_done_here(
    most: int, cache: ModCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries, fork = [], os.fork

    def bounded() -> int:
        tries.append(1)
        if len(tries) > most:
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        return fork()

    monkeypatch.setattr("govgo.adapters.modcache.verify.os.fork", bounded)
    descriptors = len(os.listdir("/proc/self/fd"))
    assert CacheAudit(cache).faults(MODS) == ((),) * len(MODS)
    assert len(os.listdir("/proc/self/fd")) == descriptors
    assert len(tries) == most + 1


def test_a_look_goes_on_while_nobody_waits_for_it(cache: ModCache, forks: list[int]) -> None:
    looking = CacheFacts(cache).begin(MODS)
    for process in forks:
        os.waitid(os.P_PID, process, os.WEXITED | os.WNOWAIT)
    assert [each.zip_hash[:3] for each in looking.facts()] == ["h1:"] * len(MODS)


def test_who_is_told_may_end_a_look(cache: ModCache, forks: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """Also while other processes work for long on one module."""
    facts, here = CacheFacts(cache), os.getpid()
    monkeypatch.setattr(facts, "_fields", lambda mv: os.getpid() == here or threading.Event().wait())
    told: list[int] = []

    def advanced(count: int) -> None:
        told.append(count)
        if len(told) == 2:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        facts.begin(MODS).facts(advanced)
    assert told == [0, 0]


def test_a_process_with_threads_is_not_forked(cache: ModCache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "_WORTH_A_WORKER", 1000)
    monkeypatch.setattr("govgo.adapters.modcache.verify.os.sched_getaffinity", lambda pid: {0, 1, 2})
    monkeypatch.setattr("govgo.adapters.modcache.verify.os.fork", lambda: pytest.fail("it has threads"))
    threads = [threading.current_thread(), threading.Thread(name="govgo_0")]
    monkeypatch.setattr("govgo.adapters.modcache.verify.threading.enumerate", lambda: threads)
    told: list[int] = []
    assert CacheAudit(cache).faults(MODS, told.append) == ((),) * len(MODS)
    assert told == [1] * len(MODS)
