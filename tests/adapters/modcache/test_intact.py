# SPDX-License-Identifier: BSD-3-Clause
"""`govgo mod verify`: modified zips and trees are found, in go's words."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from govgo.adapters.modcache import intact as audit
from govgo.adapters.modcache.cache import ModCache
from govgo.adapters.modcache.intact import CacheAudit
from govgo.core.module.moduleversion import ModuleVersion
from govgo.ports.talk import PROGRESS_THREAD
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


def test_partial_tree_is_not_checked(cache: ModCache) -> None:
    Path(cache.root, "m.io/x0@v1.0.0/x.go").unlink()
    Path(cache.file(MODS[0], "partial")).touch()
    assert faults(cache, MODS[0]) == ()


def test_tree_that_cannot_be_read(cache: ModCache) -> None:
    link = Path(cache.root, "m.io/x0@v1.0.0/dangling")
    link.symlink_to("nowhere")
    assert faults(cache, MODS[0]) == (f"m.io/x0 v1.0.0: open {link}: no such file or directory",)


@pytest.mark.parametrize("broken_child", [False, True])
def test_several_processes_give_the_answers_of_one(
    broken_child: bool, cache: ModCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path(cache.zip_path(MODS[4])).write_bytes(b"")
    os.unlink(cache.file(MODS[1], "ziphash"))
    serial = tuple(faults(cache, mv) for mv in MODS)
    monkeypatch.setattr(audit, "_WORTH_A_WORKER", 1000)
    monkeypatch.setattr("govgo.adapters.modcache.intact.os.sched_getaffinity", lambda pid: {0, 1, 2})
    # The thread that shows progress keeps nothing from forking.
    threads = [threading.current_thread(), threading.Thread(name=PROGRESS_THREAD)]
    monkeypatch.setattr("govgo.adapters.modcache.intact.threading.enumerate", lambda: threads)
    forked: list[int] = []
    fork = os.fork
    monkeypatch.setattr("govgo.adapters.modcache.intact.os.fork", lambda: forked.append(1) or fork())
    here = os.getpid()
    checked = CacheAudit(cache)
    if broken_child:
        check = checked.module_faults
        monkeypatch.setattr(checked, "module_faults", lambda mv: check(mv) if os.getpid() == here else os._exit(9))
    told: list[int] = []
    assert checked.faults(MODS, told.append) == serial
    assert len(forked) == 2
    assert sum(told) == len(MODS)
    assert [bool(each) for each in serial] == [False, True, False, False, True, False]


def test_a_process_with_threads_is_not_forked(cache: ModCache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "_WORTH_A_WORKER", 1000)
    monkeypatch.setattr("govgo.adapters.modcache.intact.os.sched_getaffinity", lambda pid: {0, 1, 2})
    monkeypatch.setattr("govgo.adapters.modcache.intact.os.fork", lambda: pytest.fail("it has threads"))
    threads = [threading.current_thread(), threading.Thread(name="govgo_0")]
    monkeypatch.setattr("govgo.adapters.modcache.intact.threading.enumerate", lambda: threads)
    told: list[int] = []
    assert CacheAudit(cache).faults(MODS, told.append) == ((),) * len(MODS)
    assert told == [1] * len(MODS)
