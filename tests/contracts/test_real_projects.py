# SPDX-License-Identifier: BSD-3-Clause
"""Recorded real projects: govgo and go answer alike, apart and taking turns on one module cache.

Needs a go command and a folder with a replay server's source and recorded modules; the variable GOVGO_REPLAY names it.
It takes minutes, so it is marked slow, too. Nothing leaves the machine.
"""

from __future__ import annotations

import difflib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench.programs import Program, Proxy, build, remove, unpack

pytestmark = [pytest.mark.go, pytest.mark.slow]

WITH_SOURCES = ("zcobra", "zgin", "zviper")
"""Small programs whose modules are recorded with their zips."""
WITHOUT_SOURCES = ("cobra", "containerd", "etcd", "gin", "gocloud", "helm", "hugo", "prometheus", "vault")
"""Large projects of which go.mod files are recorded alone: what needs a zip or a package fails, in both alike."""

GRAPH = (
    "list -m all",
    "list -m -json all",
    "list -m -u all",
    "list -m -u -json all",
    "mod graph",
    "mod graph -go=1.16",
)
SOURCES = (
    "mod download",
    "mod download -json",
    "mod verify",
    "mod why all",
    "mod why -m all",
    "mod tidy",
    "mod vendor",
)
NEEDS_NO_INFO = ("list -m all", "list -m -u all")
"""Where an .info file cannot be had, go fails and govgo, which does not print what is in it, does not ask for it."""
STEPS = (
    *GRAPH,
    *SOURCES,
    "mod verify",
    "mod why -m -vendor all",
    "list -m -mod=vendor all",
    *GRAPH,
    "mod download -json",
)


def steps(project: str, lines: Sequence[str]) -> list[str]:
    """Those of `lines` that the project's recording is complete enough for."""
    return [line for line in lines if line not in NEEDS_NO_INFO or project in WITHOUT_SOURCES]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command left: whether it succeeded, its standard output, and every file of the project."""

    succeeded: bool
    stdout: str
    files: dict[str, bytes]

    def differences(self, other: Outcome) -> list[str]:
        """In what `other`, of the go command, is different."""
        found = [] if self.succeeded == other.succeeded else [f"success: {self.succeeded}, of go: {other.succeeded}"]
        theirs, ours = other.stdout.splitlines(), self.stdout.splitlines()
        found += list(difflib.unified_diff(theirs, ours, "go", "govgo", lineterm="", n=1))[:40]
        names = sorted(self.files.keys() | other.files.keys())
        return found + [name for name in names if self.files.get(name) != other.files.get(name)]


class Box:
    """A copy of a project and an empty module cache, on which programs take turns."""

    def __init__(self, directory: Path, project: Path, proxy: Proxy, programs: Sequence[Program]) -> None:
        self.directory = directory
        self.proxy = proxy
        self.programs = programs
        self.turn = 0
        self.app = directory / "app"
        start = project / "untidy" if (project / "untidy").is_dir() else project
        shutil.copytree(start, self.app, ignore=shutil.ignore_patterns("*.txt"))
        for source in project.glob("*.go"):
            shutil.copy(source, self.app)

    def run(self, line: str) -> Outcome:
        program = self.programs[self.turn % len(self.programs)]
        self.turn += 1
        done = subprocess.run(
            [*program.command, *line.split()],
            cwd=self.app,
            env=program.environ(self.directory, self.proxy.url),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        files = {
            str(path.relative_to(self.app)): path.read_bytes() for path in sorted(self.app.rglob("*")) if path.is_file()
        }
        stdout = done.stdout.decode().replace(str(self.directory), "$BOX")
        return Outcome(done.returncode == 0, stdout, files)


class Stage:
    """The recorded world: a proxy, projects, and both programs."""

    def __init__(self, top: Path, replay: Path) -> None:
        roots, self.projects = unpack(replay, top)
        self.proxy = Proxy.start(build(replay, top), roots, ())
        self.top = top
        root = str(Path(__file__).parents[2])
        self.go = Program("go", ("go",), top)
        self.govgo = Program("govgo", (sys.executable, "-m", "govgo"), top, {"PYTHONPATH": root})
        self.made = 0

    def box(self, project: str, *programs: Program) -> Box:
        self.made += 1
        return Box(self.top / f"box{self.made}", self.projects[project], self.proxy, programs)

    def clear(self) -> None:
        for box in self.top.glob("box*"):
            remove(box)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    replay = os.environ.get("GOVGO_REPLAY", "")
    if not replay:
        pytest.skip("GOVGO_REPLAY names no folder with recorded projects")
    stage = Stage(tmp_path_factory.mktemp("replay"), Path(replay))
    yield stage
    stage.proxy.stop()


@pytest.fixture
def stage(world: Stage) -> Iterator[Stage]:
    yield world
    world.clear()


@pytest.mark.parametrize("project", [*WITH_SOURCES, *WITHOUT_SOURCES])
def test_apart_and_in_turns(stage: Stage, project: str) -> None:
    alone, own, first, second = (
        stage.box(project, *programs)
        for programs in ((stage.go,), (stage.govgo,), (stage.govgo, stage.go), (stage.go, stage.govgo))
    )
    for number, line in enumerate(steps(project, STEPS)):
        expected = alone.run(line)
        for name, box in (("govgo alone", own), ("govgo first", first), ("go first", second)):
            found = box.run(line).differences(expected)
            assert not found, "\n".join((f"{name}, step {number}, {line}:", *found))


@pytest.mark.parametrize("project", [*WITH_SOURCES, *WITHOUT_SOURCES])
def test_from_an_empty_cache(stage: Stage, project: str) -> None:
    for line in steps(project, (*GRAPH, *SOURCES)):
        expected = stage.box(project, stage.go).run(line)
        found = stage.box(project, stage.govgo).run(line).differences(expected)
        assert not found, "\n".join((f"{line}:", *found))
        stage.clear()


@pytest.mark.parametrize("project", [*WITH_SOURCES, *WITHOUT_SOURCES])
def test_trees_and_drawings_are_made_of_what_go_knows(stage: Stage, project: str) -> None:
    """A tree has every module of go's build list and no other; a drawing has the arrows of `go mod graph`."""
    box = stage.box(project, stage.go, stage.go, stage.govgo)
    listed = box.run("list -m all").stdout.splitlines()
    told = box.run("mod graph").stdout.splitlines()
    modules = {tuple(line.split()[:2]) for line in listed}
    for line in ("tree -json", "tree -json -edges all"):
        box.turn = 2
        (tree,) = json.loads(box.run(line).stdout)["modules"]
        assert {tuple(f"{node['path']} {node['version']}".split()) for node in tree["nodes"]} == modules
    box.turn = 2
    graph = json.loads(box.run("graph -json").stdout)["graph"]
    names = [f"{node['path']}@{node['version']}".rstrip("@") for node in graph["nodes"]]
    arrows = [f"{names[each['from']]} {names[each['to']]}" for each in graph["requirements"]]
    assert arrows == [line for line in told if not re.search(r"(?:^| )(?:go|toolchain)@", line)]
