# SPDX-License-Identifier: BSD-3-Clause
"""A run that is killed at any moment leaves a mirror that every later run can do with, and damage is mended."""

from __future__ import annotations

import itertools
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from govgo.cli.main import invoke
from tests.cli.commands.serve.test_mirror import Run, files, mirror, world
from tests.simulators.kills import killed_at
from tests.simulators.proxy import Body, Status
from tests.simulators.storage import Killed, MemoryStorage
from tests.simulators.world import World
from tests.simulators.zips import module_zip

__all__ = ["mirror", "world"]  # fixtures

SENTENCE = "a run that changes this mirror is about to end, or was killed"


@pytest.fixture
def storage(world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> MemoryStorage:
    """A mirror in memory, of all that main needs; there is news for it."""
    storage = MemoryStorage()
    monkeypatch.setattr("govgo.wiring.mirror.named_storage", lambda session, name: storage)
    assert Run(capsys, "add", "mirror").code == 0
    world.publish("q.io/c", "v1.0.1")
    world.publish("q.io/untagged", "v0.0.0-20240102030405-0123456789ab")
    world.publish("q.io/untagged", "v0.0.0-20250102030405-0123456789ab")
    assert Run(capsys, "add", "mirror", "q.io/untagged@v0.0.0-20240102030405-0123456789ab").code == 0
    world.log.grow(300)
    return storage


NEWS = ("q.io/c@v1.0.1", "q.io/untagged@v0.0.0-20250102030405-0123456789ab")


def kill(storage: MemoryStorage, count: int) -> bool:
    """Run `mirror add`, and kill it before the change of that number; whether it was that long."""
    storage.die_at(count)
    try:
        invoke(["mirror", "add", "mirror", *NEWS])
    except Killed:
        return True
    finally:
        storage.live()
    return False


LAST = 6
"""Among so many changes at the end are all to files that the manifest names."""


@pytest.mark.parametrize("last", [True, pytest.param(False, marks=pytest.mark.wide)])
def test_a_run_that_is_killed_at_any_moment(
    last: bool, storage: MemoryStorage, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every later run succeeds or says what to do; an addition of anything mends what is left."""
    before, tags = dict(storage.files), dict(storage._tags)
    steps: list[str] = []
    storage.before = lambda operation, key: steps.append(key)
    assert invoke(["mirror", "add", "mirror", *NEWS]) == 0
    total = len(steps)
    told = 0
    for count in range(total - LAST, total) if last else range(total - LAST):
        storage.files, storage._tags = dict(before), dict(tags)
        assert kill(storage, count)
        verify = Run(capsys, "verify", "mirror")
        assert verify.code == 0 or (verify.code == 1 and SENTENCE in verify.out), verify.out
        export = Run(capsys, "export", "mirror", str(tmp_path / str(count)))
        assert export.code == 0 or (export.code == 3 and SENTENCE in export.err), export.err
        told += verify.code
        assert Run(capsys, "add", "-alone", "mirror", "q.io/c@v1.0.0").code == 0
        assert Run(capsys, "verify", "mirror").code == 0, (count, storage.history[-1][0])
        assert not [key for key in storage.files if key.startswith("govgo/unfinished")]
        if storage.files["govgo/manifest"] == before["govgo/manifest"]:
            assert {key: storage.files[key] for key in before} == before
        assert not kill(storage, 2 * total)
        assert Run(capsys, "verify", "mirror").code == 0
    assert (told >= 3) is last, "a list, a latest version and the tree head had changed"


def test_who_mends_and_whoever_is_still_at_work_end_with_one_mirror(
    storage: MemoryStorage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another run takes one that is about to write the manifest for one that was killed."""
    steps = [0]
    while True:
        before, tags = dict(storage.files), dict(storage._tags)
        count, other = [0], [0]

        def meet(operation: str, key: str, count: list[int] = count, other: list[int] = other) -> None:
            if any(each.startswith("govgo/unfinished") for each in storage.files) and not other[0]:
                count[0] += 1
                if count[0] == steps[0] + 1:
                    other[0] = 1
                    storage.live()
                    assert invoke(["mirror", "add", "-alone", "mirror", "q.io/c@v1.0.0"]) == 0

        storage.before = meet
        assert invoke(["mirror", "add", "mirror", *NEWS]) == 0
        storage.live()
        assert Run(capsys, "verify", "mirror").code == 0, steps
        if not other[0]:
            break
        steps[0] += 1
        storage.files, storage._tags = dict(before), dict(tags)
    assert steps[0] > 3


@pytest.mark.parametrize("share", [(2, 4), *(pytest.param((n, 4), marks=pytest.mark.wide) for n in (0, 1, 3))])
def test_of_two_runs_at_once_one_leaves_nothing_of_its_own(
    share: tuple[int, int], storage: MemoryStorage, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both write a first list and a lookup of one module, under different heads; `share` of the moments are tried."""
    before, tags = dict(storage.files), dict(storage._tags)
    world.publish("q.io/d", "v1.0.0")
    world.publish("q.io/d", "v1.1.0")
    assert invoke(["download", "q.io/d@v1.0.0", "q.io/d@v1.1.0"]) == 0
    lost, step, ran = 0, share[0], True
    while ran:
        storage.files, storage._tags = dict(before), dict(tags)
        count, ran = itertools.count(), False

        def meet(operation: str, key: str, count: Iterator[int] = count, step: int = step) -> None:
            nonlocal ran
            if next(count) == step:
                ran = True
                storage.live()
                world.log.grow(3)
                assert invoke(["mirror", "add", "-alone", "mirror", "q.io/d@v1.0.0", "q.io/c@v1.0.1"]) == 0

        storage.before = meet
        code = invoke(["mirror", "add", "-alone", "mirror", "q.io/d@v1.1.0", "q.io/c@v1.0.1"])
        storage.live()
        lost += code == 3
        assert code in (0, 3), capsys.readouterr().err
        verify = Run(capsys, "verify", "mirror")
        assert verify.code == 0, (step, [line for line in verify.out.splitlines() if ": " in line])
        step += share[1]
    assert lost


# damage


def test_repair_has_anew_what_is_damaged(world: World, mirror: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each file that the manifest names, missing or with other bytes, comes to what it was."""
    before = {name: (mirror / name).read_bytes() for name in files(mirror)}
    for number, name in enumerate(sorted(before.keys() - {"govgo/manifest"})):
        if number % 2:
            (mirror / name).write_bytes(before[name] + b"x")
        else:
            (mirror / name).unlink()
    assert "hint: where the network is, `govgo mirror add -repair`" in Run(capsys, "verify", str(mirror)).out
    assert Run(capsys, "add", str(mirror)).out.startswith("nothing was missing"), "the manifest says that all is there"
    planned = Run(capsys, "add", "-n", "-repair", str(mirror))
    assert (planned.code, planned.out.splitlines()[-2]) == (0, f"{len(before) - 1} files damaged or missing")
    run = Run(capsys, "add", "-repair", str(mirror))
    assert (run.code, run.err.count("error")) == (0, 0)
    assert f"mended {len(before) - 1} files\n" in run.out
    assert {name: (mirror / name).read_bytes() for name in files(mirror)} == before
    assert Run(capsys, "add", "-repair", str(mirror)).out.startswith("nothing was missing")


def test_repair_without_a_module_and_of_what_cannot_be_had(
    world: World, mirror: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing else is added; what upstream no longer has stays damaged, and is reported."""
    (mirror / "q.io/a/@v/list").write_bytes(b"")
    (mirror / "q.io/b/@v/v0.9.0.mod").write_bytes(b"")
    shutil.rmtree(world.cache)
    world.proxy.script("/q.io/b/@v/v0.9.0.mod", Status(404))
    world.root.joinpath("nowhere").mkdir()
    monkeypatch.chdir(world.root / "nowhere")
    run = Run(capsys, "add", "-repair", str(mirror))
    assert run.code == 3
    assert run.out.splitlines()[0] == "mended 1 file; 1 file still damaged or missing"
    assert "q.io/b@v0.9.0" in run.err
    verify = Run(capsys, "verify", str(mirror))
    assert verify.out.startswith("integrity: q.io/b/@v/v0.9.0.mod: the file is damaged")


def test_repair_of_an_archive(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    archive = world.root / "mirror.tar"
    assert Run(capsys, "add", str(archive)).code == 0
    data = archive.read_bytes()
    assert data.count(b"\0v1.1.0\n\0") == 1, "the list of q.io/a"
    archive.write_bytes(data.replace(b"\0v1.1.0\n\0", b"\0v1.1.1\n\0"))
    assert Run(capsys, "verify", str(archive)).code == 1
    assert Run(capsys, "add", "-repair", str(archive)).code == 0
    assert archive.read_bytes() == data


# a version never changes


def test_a_private_module_whose_tag_was_moved_is_refused(
    world: World, mirror: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its go.mod was mirrored alone; the zip that comes later is of another commit."""
    monkeypatch.setenv("GONOSUMDB", "q.io/private")
    world.publish("q.io/private", "v1.0.0", "module q.io/private\n")
    world.proxy.script("/q.io/private/@v/v1.0.0.zip", Status(404))
    assert Run(capsys, "add", "-alone", str(mirror), "q.io/private@v1.0.0").code == 3
    kept = (mirror / "q.io/private/@v/v1.0.0.mod").read_bytes()
    moved = "module q.io/private\n\ngo 1.22\n"
    world.proxy.files["/q.io/private/@v/v1.0.0.mod"] = moved.encode()
    world.proxy.script(
        "/q.io/private/@v/v1.0.0.zip", Body(module_zip("q.io/private@v1.0.0", {"go.mod": moved.encode()}))
    )
    shutil.rmtree(world.cache)
    run = Run(capsys, "add", "-alone", str(mirror), "q.io/private@v1.0.0")
    assert run.code == 3
    assert "with another content: a version never changes" in run.err
    assert (mirror / "q.io/private/@v/v1.0.0.mod").read_bytes() == kept
    assert Run(capsys, "verify", str(mirror)).code == 0


@pytest.mark.wide
def test_temporary_files_of_killed_runs_go(
    world: World, mirror: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Those of another run that is still at work stay, and so do files of others."""
    (mirror / "notes1.tmp").touch()
    left: set[Path] = set()
    step, killed = 0, True
    while killed:
        world.publish("q.io/late", f"v1.{step}.0")
        killed = killed_at(step, ["mirror", "add", str(mirror), f"q.io/late@v1.{step}.0"], dict(os.environ))
        left |= set(mirror.rglob("*.tmp"))
        step += 7
    assert len(left) > 2
    live = mirror / "q.io/a/@v/v1.1.0.zip5.tmp"
    for path in (*mirror.rglob("*.tmp"), mirror / "govgo/manifest"):
        os.utime(path, (time.time() - 25 * 3600,) * 2)
    live.touch()
    assert Run(capsys, "add", "-alone", str(mirror), "q.io/c@v1.0.0").code == 0
    assert set(mirror.rglob("*.tmp")) == {mirror / "notes1.tmp", live}
    assert Run(capsys, "verify", str(mirror)).code == 0
