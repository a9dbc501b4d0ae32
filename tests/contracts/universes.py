# SPDX-License-Identifier: BSD-3-Clause
"""What `why --version` and `what-if` say of random module universes, against what go does.

GOVGO_UNIVERSES names the folder of a Python package that makes universes of modules and projects that require them. It
has to have these modules: `universe` (make_universe), `project` (make_project), `mutate` (mutate), `proxytree`
(write_proxy), `targets` (Targets) and `versions` (order).

    GOVGO_UNIVERSES=DIR python -m tests.contracts.universes --worlds 100 --modules 5 --cases 5

Every world is one universe with two projects. It prints what differs, and in the end what was compared.
"""

from __future__ import annotations

import argparse
import importlib
import io
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

from govgo.cli.main import invoke
from tests.app.test_whatif import said_is_done
from tests.script.proxytree import escaped

PROJECTS = 2
"""How many projects stand before each universe."""
_REQUIREMENT = re.compile(r'^\s*(?:require\s+)?"?([^\s"()]+)"?\s+(v[^\s]+)')
_REPLACEMENT = re.compile(r'^\s*(?:replace\s+)?"?([^\s"()]+)"?(?:\s+(v\S+))?\s*=>\s*"?([^\s"]+)"?(?:\s+(v\S+))?')

Line = tuple[str, str, str]
"""A go.mod, a path that it requires, and the version."""


class Generator:
    """The package that makes universes."""

    def __init__(self, folder: Path) -> None:
        """Load it.  Raises ImportError where it lacks something."""
        if str(folder.parent) not in sys.path:
            sys.path.insert(0, str(folder.parent))

        def load(name: str) -> Any:
            return importlib.import_module(f"{folder.name}.{name}")

        self.make_universe = load("universe").make_universe
        self.make_project = load("project").make_project
        self.mutate = load("mutate").mutate
        self.write_proxy = load("proxytree").write_proxy
        self.targets = load("targets").Targets
        self.order = load("versions").order


class Answer(NamedTuple):
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str


class World:
    """A universe behind a file:// proxy, and directories for projects."""

    def __init__(self, generator: Generator, seed: int, number: int, top: Path) -> None:
        self.generator = generator
        self.seed = seed
        self.number = number
        self.top = top
        self.universe = generator.make_universe(seed, number)
        self.proxy = top / "proxy"
        generator.write_proxy(self.universe, self.proxy)
        self.caches = 0

    def environ(self, cache: str) -> dict[str, str]:
        """The environment of a command with the module cache `cache`."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.top / "home"),
            "GOPATH": str(self.top / "path"),
            "GOCACHE": str(self.top / "build"),
            "GOMODCACHE": str(self.top / cache),
            "GOENV": "off",
            "GOFLAGS": "-modcacherw",
            "GOPROXY": self.proxy.as_uri(),
            "GOSUMDB": "off",
            "GOTOOLCHAIN": "local",
        }

    def go(self, args: Sequence[str], cwd: Path, cache: str = "of-go", **more: str) -> Answer:
        """Run go."""
        done = subprocess.run(
            ["go", *args],
            cwd=cwd,
            env={**self.environ(cache), **more},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    def govgo(self, args: Sequence[str], cwd: Path) -> Answer:
        """Run govgo in this process, with a module cache of its own."""
        with chdir(cwd), patch.dict(os.environ, self.environ("of-govgo"), clear=True), captured() as (out, err):
            code = invoke(list(args))
        return Answer(code, out(), err())

    def project(self, index: int) -> tuple[Any, dict[str, bytes]]:
        """A project, and its files: made, put in order by go, and perhaps damaged."""
        chance = random.Random(f"project/{self.seed}/{self.number}/{index}")
        project = self.generator.make_project(chance, self.universe)
        files: dict[str, bytes] = project.files
        if project.preparation != "raw":
            source = self.lay_out(files, f"prepared{index}")
            args = ["mod", "tidy", "-e"] if project.preparation == "tidy" else ["get", "./..."]
            for directory in project.module_dirs:
                self.go(args, source / directory, GOWORK="off")
            found = (path for path in source.rglob("*") if path.is_file())
            files = {path.relative_to(source).as_posix(): path.read_bytes() for path in found}
        return project, self.generator.mutate(chance, self.universe, project, files)

    def lay_out(self, files: Mapping[str, bytes], name: str) -> Path:
        """Write files into a new directory."""
        source = self.top / name
        shutil.rmtree(source, ignore_errors=True)
        for file, data in files.items():
            target = source / file
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        return source

    def fresh_cache(self) -> str:
        """The name of an empty module cache; the last one is removed."""
        shutil.rmtree(self.top / f"cache{self.caches}", ignore_errors=True)
        self.caches += 1
        return f"cache{self.caches}"


@contextmanager
def captured() -> Iterator[tuple[Any, Any]]:
    """What is written to the standard streams within the block, as two functions that return it."""
    streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2)]

    def text_of(stream: io.TextIOWrapper) -> Any:
        return lambda: stream.buffer.getvalue().decode()  # type: ignore[attr-defined]

    with redirect_stdout(streams[0]), redirect_stderr(streams[1]):
        yield text_of(streams[0]), text_of(streams[1])


class Why:
    """What decides the versions of one project: what govgo says, tried with go on copies."""

    def __init__(self, world: World, files: Mapping[str, bytes], *, workspace: bool) -> None:
        self.world = world
        self.files = {name: data for name, data in files.items() if not name.endswith((".sum", ".go"))}
        self.main_files = list(self._main_files()) if workspace else ["app/go.mod"]
        self.list_all = ["list", "-m", *([] if workspace else ["-mod=mod"]), "all"]
        self.replacements = dict(self._replacements())
        self.start: dict[str, str] = {}

    def listed(self, changed: Mapping[str, bytes], mods: Mapping[Path, str], cache: str) -> dict[str, str]:
        """The versions that go selects with these files of the project and of the proxy; {} where it cannot."""
        source = self.world.lay_out({**self.files, **changed}, "tried")
        before = {path: path.read_bytes() for path in mods}
        try:
            for path, text in mods.items():
                path.write_text(text)
            answer = self.world.go(self.list_all, source / "app", cache)
        finally:
            for path, data in before.items():
                path.write_bytes(data)
        if answer.code:
            return {}
        lines = (line.partition(" => ")[0].split() for line in answer.out.splitlines())
        return {words[0]: words[1] if len(words) > 1 else "" for words in lines}

    def check(self, count: int, chance: random.Random, tally: Counter[str]) -> Iterator[str]:
        """Try what is said of up to `count` modules; a line for each fault."""
        start = self.start = self.listed({}, {}, "of-go")
        candidates = sorted(path for path, version in start.items() if version)
        if not candidates:
            tally["why: projects that go cannot list, or without dependencies"] += 1
            return
        wanted = chance.sample(candidates, min(count, len(candidates)))
        source = self.world.lay_out(self.files, "asked")
        answer = self.world.govgo(["why", "-version", "-json", *wanted], source / "app")
        if answer.code:
            yield f"why exits with {answer.code}: {answer.err}"
            return
        for result in json.loads(answer.out)["results"]:
            tally["why: modules"] += 1
            path, version = result["path"], result["selected"]
            if version != start[path]:
                yield f"{path}: selected {version}, go says {start[path]}"
                continue
            required = [(self._line(each, path), each["decides"]) for each in result["requirements"]]
            yield from self._check_one(path, version, required, tally)

    def _line(self, requirement: Mapping[str, Any], path: str) -> Line:
        """The go.mod in which a requirement stands."""
        if requirement["file"] is not None:
            return f"app/{requirement['file']}", path, requirement["version"]
        source = requirement["source"]["path"], requirement["source"]["version"]
        new = self.replacements.get(source, self.replacements.get((source[0], None)))
        if new is None:
            new = source
        path_of, version_of = new
        if version_of is None:
            return os.path.normpath(f"{path_of}/go.mod"), path, requirement["version"]
        mod = self.world.proxy / escaped(path_of) / "@v" / f"{escaped(version_of)}.mod"
        return str(mod), path, requirement["version"]

    def _main_files(self) -> Iterator[str]:
        """The go.work file, and the go.mod files of the modules that it uses."""
        yield "app/go.work"
        for keyword, _, line in statements(self.files["app/go.work"].decode()):
            if keyword == "use" and (words := line.removeprefix("use").split()):
                yield os.path.normpath(f"app/{words[0]}/go.mod")

    def _is_raised(self) -> bool:
        """Whether a main module states another version than go selects: what that version leads to is in no graph."""
        for name in self.main_files:
            for keyword, _, line in statements(self.files.get(name, b"").decode()):
                match = _REQUIREMENT.match(line) if keyword == "require" else None
                if match is not None and self.start.get(match[1], match[2]) != match[2]:
                    return True
        return False

    def _replacements(self) -> Iterator[tuple[tuple[str, str | None], tuple[str, str | None]]]:
        """What is replaced, by what; those of go.work come last, and so count more."""
        for name in sorted(self.main_files, key=lambda name: name.endswith("go.work")):
            if name in self.files:
                for keyword, _, line in statements(self.files[name].decode()):
                    if keyword == "replace" and (match := _REPLACEMENT.match(line)):
                        old, version, new, of = match.groups()
                        if of is None:
                            new = f"{name.rpartition('/')[0]}/{new}"
                        yield (old, version), (new, of)

    def _check_one(self, path: str, version: str, required: Sequence[tuple[Line, bool]], tally: Counter[str]) -> Any:
        deciding = [line for line, decides in required if decides]
        if not deciding or any(line[2] != version for line in deciding):
            yield f"{path} {version}: {deciding} decide"
            return
        where = f"{path} {version} in world {self.world.number}"
        lower = self._lower_than(path, version)
        for new in (lower, "none") if lower else ("none",):
            after = self._changed(deciding, new)
            if after is None:
                yield f"{where}: no such line among {deciding}"
                return
            if not after and new != "none":
                tally["why: lower versions that go cannot load; the requirements were dropped in their place"] += 1
                continue
            if self._is_lower(path, after.get(path, "none"), version):
                tally["why: lowered with what decides" if new != "none" else "why: gone with what decides"] += 1
                break
            if new == "none" and self._is_raised():
                tally["why: a version that was stated, and raised, leads to it where what decides is gone"] += 1
            elif new == "none":
                yield f"{where}: still {after.get(path)} without {deciding}"
            else:
                tally["why: lower versions that lead to the selected one again"] += 1
        # Each alone suffices, too; of many, some are tried.
        for kept in deciding[:3] if len({line[0] for line in deciding}) > 1 else ():
            others = [line for line, _ in required if line[2] == version and line[0] != kept[0]]
            after = self._changed(others, "none")
            tally["why: one of several decides"] += 1
            if after is None or after.get(path) != version:
                yield f"{where}: {after.get(path) if after else after} where of {deciding} only {kept} is left"

    def _changed(self, lines: Iterable[Line], new: str) -> dict[str, str] | None:
        """The versions selected where requirements are at another version, or gone; None where there are none such."""
        changed: dict[str, bytes] = {}
        mods: dict[Path, str] = {}
        for file, path, version in dict.fromkeys(lines):
            is_own = not file.startswith("/")
            text = self.files[file].decode() if is_own else Path(file).read_text()
            edited = with_requirement(text, path, version, new)
            if edited == text:
                return None
            if is_own:
                changed[file] = edited.encode()
            else:
                mods[Path(file)] = edited
        return self.listed(changed, mods, self.world.fresh_cache())

    def _lower_than(self, path: str, version: str) -> str | None:
        order = self.world.generator.order
        known = [each.version for each in self.world.universe.modules.get(path, ())]
        return max((each for each in known if order(each) < order(version)), key=order, default=None)

    def _is_lower(self, path: str, one: str, other: str) -> bool:
        order = self.world.generator.order
        return one == "none" or order(one) < order(other)


def statements(text: str) -> Iterator[tuple[str, int, str]]:
    """(keyword, number of the line from 0, line) of the statements of a go.mod or go.work, by a rough reading."""
    keyword = ""
    for number, line in enumerate(text.split("\n")):
        words = line.split()
        if not words or words[0].startswith("//"):
            continue
        if words[0] == ")":
            keyword = ""
        elif len(words) > 1 and words[1].startswith("("):
            keyword = words[0]
        else:
            yield keyword or words[0], number, line


def with_requirement(text: str, path: str, version: str, new: str) -> str:
    """A go.mod in which the requirements on a version of `path` name another version, or are gone for "none"."""
    lines = text.split("\n")
    for keyword, number, line in statements(text):
        match = _REQUIREMENT.match(line) if keyword == "require" else None
        if match is not None and match.groups() == (path, version):
            lines[number] = "" if new == "none" else f"{line[: match.start(2)]}{new}{line[match.end(2) :]}"
    return "\n".join(lines)


def random_step(chance: random.Random, targets: Any) -> str:
    """A step of `what-if` about a universe."""
    path = targets.module(chance)
    version = targets.version(chance, path)
    other = targets.module(chance)
    return chance.choice(
        (
            f"get {path}@{version}",
            f"get {path}@{version}",
            f"get {path}@none",
            f"get {path}",
            "get -u ./...",
            "get -u=patch",
            "tidy",
            f"drop {path}",
            f"require {path}@{version}",
            f"exclude {path}@{version}",
            f"replace {path}=>{path}@{version}",
            f"replace {path}=>{other}@{targets.version(chance, other)}",
            f"replace {path}=>./fork",
        )
    )


def check_steps(world: World, index: int, count: int, tally: Counter[str]) -> Iterator[str]:
    """Play `count` lists of steps on a project; a line for each that go does otherwise."""
    project, files = world.project(index)
    if project.workspace:
        tally["what-if: workspaces, left out"] += 1
        return
    chance = random.Random(f"steps/{world.seed}/{world.number}/{index}")
    targets = world.generator.targets(world.universe, project)
    for _ in range(count):
        steps = [random_step(chance, targets) for _ in range(chance.randint(1, 3))]
        source = world.lay_out(files, "played")

        def say(args: list[str], source: Path = source) -> tuple[int, str]:
            return world.govgo(args, source / "app")[:2]

        def do(args: list[str], source: Path = source) -> tuple[int, str]:
            return world.go(args, source / "app")[:2]

        tally["what-if: cases"] += 1
        try:
            if said_is_done(source / "app", steps, say, do):
                tally["what-if: cases that end well"] += 1
        except AssertionError as error:
            yield f"world {world.number}, project {index}, {steps}: {str(error)[:3000]}"


def play(generator: Generator, seed: int, number: int, modules: int, cases: int, tally: Counter[str]) -> Iterator[str]:
    """Compare all of one world: of each project up to `modules` modules, and `cases` lists of steps."""
    top = Path(tempfile.mkdtemp(prefix="govgo-universe-")).resolve()
    try:
        world = World(generator, seed, number, top)
        for index in range(PROJECTS):
            if modules:
                project, files = world.project(index)
                chance = random.Random(f"why/{seed}/{number}/{index}")
                yield from Why(world, files, workspace=project.workspace).check(modules, chance, tally)
            if cases:
                yield from check_steps(world, index, cases, tally)
    finally:
        shutil.rmtree(top, ignore_errors=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", type=int, default=0, help="number of the first world")
    parser.add_argument("--worlds", type=int, default=10)
    parser.add_argument("--modules", type=int, default=5, help="modules asked about in each project")
    parser.add_argument("--cases", type=int, default=5, help="lists of steps played on each project")
    options = parser.parse_args()
    folder = os.environ.get("GOVGO_UNIVERSES", "")
    if not folder:
        raise SystemExit("GOVGO_UNIVERSES names no folder of a package that makes universes")
    generator, tally, faults = Generator(Path(folder)), Counter[str](), 0
    for number in range(options.start, options.start + options.worlds):
        for fault in play(generator, options.seed, number, options.modules, options.cases, tally):
            faults += 1
            print(fault, flush=True)
    for name, times in sorted(tally.items()):
        print(f"{times:7} {name}")
    print(f"{faults} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
