# SPDX-License-Identifier: BSD-3-Clause
"""`govgo diff OLD NEW` of two Go binaries. What has changed is read off the two lists of modules below."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.simulators import binaries
from tests.simulators import run as runs
from tests.simulators.world import World

EMPTY = "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
OTHER = "h1:U1hPZKmBbMNahiBKFy5HrXp6adAjACjK9JXDnKaTXpA="
OLD = f"""\
path\texample.com/app
mod\texample.com/app\tv1.0.0\t
dep\tq.io/gone\tv1.0.0\t{EMPTY}
dep\tq.io/low\tv1.2.0\t{EMPTY}
dep\tq.io/moved\tv1.0.0
=>\tq.io/fork\tv1.0.0\t{EMPTY}
dep\tq.io/same\tv1.0.0\t{EMPTY}
dep\tq.io/up\tv1.9.0\t{EMPTY}
build\t-buildmode=exe
build\tvcs.revision=aaaa
"""
NEW = f"""\
path\texample.com/app
mod\texample.com/app\tv1.1.0\t
dep\tq.io/came\tv1.0.0\t{EMPTY}
dep\tq.io/low\tv1.1.0\t{EMPTY}
dep\tq.io/moved\tv1.0.0
=>\t../fork\t(devel)\t
dep\tq.io/same\tv1.0.0\t{EMPTY}
dep\tq.io/up\tv1.10.0\t{EMPTY}
build\t-buildmode=exe
build\tvcs.revision=bbbb
build\tvcs.modified=true
"""


class Run(runs.Run):
    """One run: its exit code and what it printed."""

    command = ("diff",)
    schema = "govgo.diff-1.json"


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A directory with two binaries, and no go.mod."""
    with World(tmp_path) as world:
        for name in ("came v1.0.0", "up v1.9.0", "low v1.2.0", "low v1.1.0", "gone v1.0.0"):
            path, version = name.split()
            world.publish(f"q.io/{path}", version)
        retracting = "module q.io/up\n\nretract v1.10.0 // too soon\n"
        world.publish("q.io/up", "v1.10.0")
        world.publish("q.io/up", "v1.11.0", retracting)
        world.use(monkeypatch)
        work = tmp_path / "work"
        work.mkdir()
        (work / "old").write_bytes(binaries.elf(binaries.inline("go1.25.0", OLD)))
        (work / "new.exe").write_bytes(binaries.pe(binaries.inline("go1.26.8", NEW)))
        monkeypatch.chdir(work)
        yield world


@pytest.fixture
def diff(capsys: pytest.CaptureFixture[str]) -> Any:
    return lambda *args: Run(capsys, *args)


def test_what_has_changed(world: World, diff: Any) -> None:
    run = diff("old", "new.exe", "-json")
    told = run.json
    assert (run.code, run.err, told["errors"]) == (0, "", [])
    assert (told["old"], told["new"]) == (
        {"kind": "binary", "name": "old", "commit": None},
        {"kind": "binary", "name": "new.exe", "commit": None},
    )
    (target,) = told["results"]
    assert (target["kind"], target["path"], target["directory"]) == ("binary", "example.com/app", "new.exe")
    assert target["build_list"] == {"old": 5, "new": 5}
    assert [(each["change"], each["path"]) for each in target["modules"]] == [
        ("added", "q.io/came"),
        ("removed", "q.io/gone"),
        ("lowered", "q.io/low"),
        ("replaced", "q.io/moved"),
        ("raised", "q.io/up"),
    ]
    (up,) = [each["new"] for each in target["modules"] if each["path"] == "q.io/up"]
    assert (up["version"], up["direct"], up["retracted"], up["retractions"]) == ("v1.10.0", None, True, ["too soon"])
    assert target["files"] == [
        {
            "file": "build information",
            "removed": ["go go1.25.0", "mod example.com/app v1.0.0", "vcs.revision aaaa"],
            "added": ["go go1.26.8", "mod example.com/app v1.1.0", "vcs.revision bbbb", "vcs.modified true"],
        }
    ]


def test_text_and_exit_codes(world: World, diff: Any) -> None:
    run = diff("old", "new.exe", "-exit-code")
    assert run.code == 1
    assert "\nexample.com/app (new.exe): 1 added, 1 removed, 1 raised, 1 lowered, 1 replaced\n" in run.out
    assert "q.io/moved  v1.0.0 => q.io/fork v1.0.0  v1.0.0 => ../fork" in run.out
    assert "retracted: q.io/up v1.10.0: too soon\n" in run.out
    assert run.out.endswith("\nthe binaries differ\n")
    same = diff("old", "old", "-exit-code")
    assert (same.code, same.out) == (0, "old => old\n\nno differences\n")
    world.proxy.asked.clear()
    assert diff("old", "new.exe", "-offline").code == 0
    assert world.proxy.asked == []


def test_one_version_with_two_hashes_is_a_contradiction(world: World, diff: Any) -> None:
    Path("forged").write_bytes(binaries.elf(binaries.inline("go1.25.0", OLD.replace(EMPTY, OTHER, 1))))
    run = diff("old", "forged", "-json")
    assert run.code == 4
    (error,) = run.json["errors"]
    why = "q.io/gone@v1.0.0: the binaries were built from two modules of this version: "
    assert (error["code"], error["text"]) == ("sum-mismatch", f"{why}old {EMPTY}, forged {OTHER}")
    assert why in diff("old", "forged").err


@pytest.mark.parametrize("words", [["old"], ["old", "go.mod"], ["old", "HEAD"], ["old", "text"], ["old", "old", "old"]])
def test_a_binary_is_compared_with_another_alone(world: World, diff: Any, words: list[str]) -> None:
    Path("go.mod").write_text("module m\n")
    Path("text").write_text("no binary\n")
    assert diff(*words).code == 2
