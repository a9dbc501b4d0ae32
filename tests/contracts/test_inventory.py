# SPDX-License-Identifier: BSD-3-Clause
"""The inventory that reports are made of is that of `go list -m all`, in worlds that tools without Go get wrong.

What go says of them is recorded in `testdata/inventory.json`, and compared with a go command where one is found. The
recorded real projects are those of `test_real_projects.py`; with each of them is kept what go listed.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from bench.programs import unpack
from govgo import api
from govgo.cli.main import invoke
from govgo.core.module.escape import escape_path, escape_version
from govgo.core.resolution.resolution import Resolution
from govgo.load.session.session import Session
from govgo.load.targets.resolve import Resolved, resolve_all
from tests.simulators.repo import MemoryFiles, MemoryRepo, memory_session

RECORDED = Path(__file__).parents[2] / "testdata" / "inventory.json"
GO = shutil.which("go")


def module(path: str, go: str, *requires: str, more: str = "") -> str:
    """The text of a go.mod; `go` may be ""."""
    line = f"go {go}\n" if go else ""
    return f"module {path}\n{line}" + "".join(f"require {each}\n" for each in requires) + more


PSEUDO = "v0.0.0-20200102030405-0123456789ab"

MODULES = {
    "q.io/a@v1.0.0": module("q.io/a", "1.20", "q.io/b v1.1.0"),
    "q.io/a@v1.2.0": module("q.io/a", "1.20", "q.io/b v1.3.0", "q.io/c v1.0.0"),
    "q.io/b@v1.0.0": module("q.io/b", "1.20"),
    "q.io/b@v1.1.0": module("q.io/b", "1.20", "q.io/d v1.1.0"),
    "q.io/b@v1.3.0": module("q.io/b", "1.20"),
    "q.io/c@v1.0.0": module("q.io/c", "1.20", "q.io/d v1.0.0 // indirect"),
    "q.io/c@v1.1.0": module("q.io/c", "1.20", "q.io/big v1.0.0"),
    "q.io/d@v1.0.0": module("q.io/d", "1.20"),
    "q.io/d@v1.1.0": module("q.io/d", "1.20"),
    "q.io/fork@v1.5.0": module("q.io/a", "1.20", "q.io/c v1.1.0", more="replace q.io/c => q.io/d v1.1.0\n"),
    "q.io/old@v1.0.0": module("q.io/old", "1.16", "q.io/a v1.2.0", "q.io/noline v1.0.0"),
    "q.io/noline@v1.0.0": module("q.io/noline", "", "q.io/d v1.1.0"),
    "q.io/new@v1.0.0": module("q.io/new", "1.22.1", "q.io/b v1.1.0"),
    "q.io/big@v1.0.0": module("q.io/big", "1.20"),
    "q.io/big/v3@v3.0.1": module("q.io/big/v3", "1.20", "q.io/big v1.0.0", "q.io/inc v2.0.0+incompatible"),
    "q.io/Upper/Case@v1.0.0": module("q.io/Upper/Case", "1.20", "q.io/lower v0.1.0-Beta"),
    "q.io/lower@v0.1.0-Beta": module("q.io/lower", "1.20"),
    "q.io/inc@v2.0.0+incompatible": "module q.io/inc\n",
    f"q.io/commit@{PSEUDO}": module("q.io/commit", "1.20", "q.io/b v1.0.0"),
    "gopkg.in/x.v2@v2.1.0": module("gopkg.in/x.v2", "1.20"),
    "q.io/round@v1.0.0": module("q.io/round", "1.20", "m.io/m v0.9.0", "q.io/a v1.0.0"),
    "m.io/m@v0.9.0": module("m.io/m", "1.16", "q.io/big v1.0.0"),
}

FORK = {"fork/go.mod": module("q.io/a", "1.20", "q.io/big/v3 v3.0.1", more="replace q.io/big/v3 => ../nowhere\n")}
STRANGE = ("q.io/Upper/Case v1.0.0", "q.io/big/v3 v3.0.1", f"q.io/commit {PSEUDO}", "gopkg.in/x.v2 v2.1.0")


def main(go: str, *requires: str, more: str = "") -> str:
    return module("m.io/m", go, *requires, more=more)


WORLDS: Mapping[str, Mapping[str, str]] = {
    "tidy": {"go.mod": main("1.20", "q.io/a v1.0.0", "q.io/b v1.1.0 // indirect", "q.io/d v1.1.0 // indirect")},
    "untidy, raised by a dependency": {"go.mod": main("1.20", "q.io/a v1.2.0", "q.io/b v1.0.0")},
    "untidy, at go 1.16": {"go.mod": main("1.16", "q.io/a v1.2.0", "q.io/b v1.0.0", "q.io/d v1.0.0")},
    "without a go line": {"go.mod": main("", "q.io/a v1.2.0", "q.io/b v1.1.0")},
    "a dependency without graph pruning": {"go.mod": main("1.20", "q.io/old v1.0.0")},
    "a dependency that needs a newer go line": {"go.mod": main("1.20", "q.io/new v1.0.0")},
    "a version replaces another": {
        "go.mod": main("1.20", "q.io/a v1.0.0", more="replace q.io/a => q.io/fork v1.5.0\n")
    },
    "a directory replaces a version": {
        "go.mod": main("1.20", "q.io/a v1.0.0", more="replace q.io/a => ./fork\n"),
        **FORK,
    },
    "a replacement of a version that is not selected": {
        "go.mod": main("1.16", "q.io/a v1.2.0", "q.io/b v1.1.0", more="replace q.io/b v1.1.0 => q.io/c v1.1.0\n"),
    },
    "replacements for all versions and for one": {
        "go.mod": main(
            "1.16", "q.io/a v1.2.0", more="replace q.io/b => q.io/d v1.0.0\nreplace q.io/b v1.3.0 => q.io/c v1.1.0\n"
        ),
    },
    "a replaced module that nothing has": {
        "go.mod": main("1.20", "q.io/gone v1.7.0", more="replace q.io/gone => ./fork\n"),
        "fork/go.mod": module("q.io/gone", "1.20", "q.io/c v1.1.0"),
    },
    "an excluded version": {"go.mod": main("1.20", "q.io/a v1.0.0", "q.io/b v1.0.0", more="exclude q.io/b v1.1.0\n")},
    "an excluded version that others require": {
        "go.mod": main("1.16", "q.io/old v1.0.0", more="exclude q.io/d v1.1.0\n")
    },
    "strange names and versions": {"go.mod": main("1.20", *STRANGE)},
    "strange names at go 1.16": {"go.mod": main("1.16", *STRANGE)},
    "a dependency that requires the main module": {"go.mod": main("1.16", "q.io/round v1.0.0")},
    "a workspace": {
        "go.work": "go 1.20\nuse (\n./x\n./y\n)\n",
        "x/go.mod": module("m.io/x", "1.20", "q.io/a v1.2.0"),
        "y/go.mod": module("m.io/y", "1.20", "q.io/b v1.0.0", "q.io/old v1.0.0"),
    },
    "a workspace with replacements": {
        "go.work": "go 1.20\nuse (\n./x\n./y\n)\nreplace q.io/a => ./fork\n",
        "x/go.mod": module("m.io/x", "1.20", "q.io/a v1.2.0", more="replace q.io/a => q.io/fork v1.5.0\n"),
        "y/go.mod": module("m.io/y", "1.20", "q.io/b v1.0.0", more="replace q.io/b => ./b\n"),
        "y/b/go.mod": module("q.io/b", "1.20", "q.io/d v1.0.0"),
        **FORK,
    },
    "a workspace with an exclusion": {
        "go.work": "go 1.20\nuse (\n./x\n./y\n)\n",
        "x/go.mod": module("m.io/x", "1.20", "q.io/a v1.0.0", more="exclude q.io/b v1.1.0\n"),
        "y/go.mod": module("m.io/y", "1.20", "q.io/b v1.0.0"),
    },
}  # fmt: skip


def lines_of(resolution: Resolution) -> list[str]:
    """The lines that `go list -m all` prints."""
    assert resolution.error is None
    lines = []
    for mod in resolution.modules:
        new = resolution.replacement(mod)
        arrow = "" if new is None else f" => {new.path} {new.version}".rstrip()
        lines.append(f"{mod.path} {mod.version}".rstrip() + arrow)
    return lines


def recorded() -> Mapping[str, Sequence[str]]:
    document: dict[str, dict[str, list[str]]] = json.loads(RECORDED.read_text())
    return document["worlds"]


def session(files: Mapping[str, str]) -> Session:
    opened = memory_session(MemoryFiles({f"/src/{name}": text for name, text in files.items()}), MemoryRepo(MODULES))
    opened.settings = opened.settings._replace(cwd="/src")
    return opened


@pytest.mark.parametrize("name", WORLDS)
def test_the_inventory_is_that_of_go(name: str) -> None:
    (found,) = resolve_all(session(WORLDS[name]), [])
    assert isinstance(found, Resolved)
    assert lines_of(found.resolution) == recorded()[name]


def write_world(name: str, top: Path) -> dict[str, str]:
    """The files of a world and a proxy for it; the environment of a command there."""
    for file, text in WORLDS[name].items():
        target = top / "src" / file
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    for mod, text in MODULES.items():
        path, _, version = mod.partition("@")
        base = top / "proxy" / escape_path(path) / "@v"
        base.mkdir(parents=True, exist_ok=True)
        (base / f"{escape_version(version)}.mod").write_text(text)
        info = json.dumps({"Version": version, "Time": "2020-01-01T00:00:00Z"})
        (base / f"{escape_version(version)}.info").write_text(info)
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(top / "home"),
        "GOPATH": str(top / "go"),
        "GOENV": "off",
        "GOPROXY": f"file://{top}/proxy",
        "GOSUMDB": "off",
        "GOTOOLCHAIN": "local",
        "GOFLAGS": "-modcacherw",
    }


@pytest.mark.go
@pytest.mark.parametrize("name", WORLDS)
def test_go_says_what_is_recorded(name: str, tmp_path: Path) -> None:
    environ = write_world(name, tmp_path)
    mode = [] if "go.work" in WORLDS[name] else ["-mod=mod"]
    command = [GO or "go", "list", "-m", *mode, "all"]
    done = subprocess.run(command, cwd=tmp_path / "src", env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == recorded()[name]


@pytest.mark.parametrize("name", WORLDS)
def test_the_tree_holds_all_of_it(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for key, value in write_world(name, tmp_path).items():
        monkeypatch.setenv(key, value)
    monkeypatch.chdir(tmp_path / "src")
    assert invoke(["tree", "-json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["modules"]
    nodes = {f"{each['path']} {each['version']}".rstrip() for each in found["nodes"]}
    assert nodes == {line.partition(" => ")[0] for line in recorded()[name]}


def listed_by_go(project: Path, environ: Mapping[str, str]) -> list[str]:
    """What go listed when the project was recorded, else what it lists now; [] where nobody knows."""
    if (project / "list.txt").exists():
        return (project / "list.txt").read_text().splitlines()
    if GO is None:
        return []
    copy = project.with_name(f"{project.name}-copy")  # with -mod=mod, go would change go.mod
    shutil.copytree(project, copy)
    command = [GO, "list", "-m", "-e", "-mod=mod", "all"]  # -e: some .info files were not recorded
    done = subprocess.run(command, cwd=copy, env=environ, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


@pytest.mark.slow
def test_real_projects(tmp_path: Path) -> None:
    replay = os.environ.get("GOVGO_REPLAY", "")
    if not replay:
        pytest.skip("GOVGO_REPLAY names no folder with recorded projects")
    roots, projects = unpack(Path(replay), tmp_path)
    environ = {
        "HOME": str(tmp_path / "home"),
        "GOENV": "off",
        "GOPROXY": ",".join(f"file://{root}/download" for root in roots),
        "GOSUMDB": "off",
        "GOFLAGS": "-modcacherw",
        "GOTOOLCHAIN": "local",
        "PATH": os.environ["PATH"],
    }
    compared = 0
    for name, project in projects.items():
        expected = listed_by_go(project, environ)
        if expected:
            found = api.dependencies(str(project), environ=environ)
            assert lines_of(found.resolution) == expected, name
            compared += 1
    assert compared > 0
