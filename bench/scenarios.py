# SPDX-License-Identifier: BSD-3-Clause
"""The scenarios: which command is run, from which state, and which output it must have."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from programs import Program, Run, Source, digest, remove, tree_digest, zip_sizes, zips_digest


@dataclass(frozen=True, slots=True)
class Scenario:
    """A command line and where it starts.

    Attributes:
        own: what govgo is called with, where it has a verb of its own; of its JSON, what go says too is compared.
        args: for go and govgo alike; MODULE stands for the first requirement of the project.
        needs_zips: whether the project has to come with source and zips.
        cold: begins with empty caches; else `warm_up` has been run by the same program.
        go_sum: begins with the complete go.sum that go has written (as a CI job does).
        no_sum: begins without go.sum.
        untidy: go.mod and go.sum are made untidy before each run.
        fresh: begins in an empty module.
        workspace: the project is one of two modules of a workspace.
        growth: for the made-up world, which no database knows; else for the recorded projects.
    """

    args: Sequence[str]
    needs_zips: bool = False
    cold: bool = False
    go_sum: bool = False
    no_sum: bool = False
    untidy: bool = False
    fresh: bool = False
    workspace: bool = False
    growth: bool = False
    warm_up: Sequence[str] = ()
    own: Sequence[str] = ()


_LIST, _GRAPH, _TIDY = ("list", "-m", "all"), ("mod", "graph"), ("mod", "tidy")
_GET = ("get", "MODULE")
_ASKED = "golang.org/x/net"
_RESOLVED = ("list -m all", "mod graph")
_FETCHED = ("mod download", "mod tidy", "UNTIDY", "mod download")

SCENARIOS = {
    "cold-list": Scenario(_LIST, cold=True),
    "cold-list-sum": Scenario(_LIST, cold=True, go_sum=True),
    "cold-outdated": Scenario(("list", "-m", "-u", "all"), cold=True, own=("outdated", "-json")),
    "cold-graph": Scenario(_GRAPH, cold=True),
    "warm-list": Scenario(_LIST, warm_up=_RESOLVED),
    "warm-graph": Scenario(_GRAPH, warm_up=_RESOLVED),
    "warm-why": Scenario(_LIST, warm_up=_RESOLVED, own=("why", "-version", "-json", _ASKED)),
    "warm-tree": Scenario(_LIST, warm_up=_RESOLVED, own=("tree", "-prefix", "none")),
    "warm-diff": Scenario(_LIST, warm_up=("list -m all", "COMMIT"), own=("diff", "-json", "HEAD")),
    "cold-download": Scenario(("mod", "download"), needs_zips=True, cold=True),
    "warm-verify": Scenario(("mod", "verify"), needs_zips=True, warm_up=("mod download",)),
    "tidy-warm": Scenario(_TIDY, needs_zips=True, untidy=True, warm_up=_FETCHED),
    "get-cold": Scenario(_GET, needs_zips=True, cold=True, fresh=True),
    "get-warm": Scenario(_GET, needs_zips=True, fresh=True, warm_up=("FRESH", "get MODULE")),
    "tidy-cold": Scenario(_TIDY, needs_zips=True, cold=True),
    "tidy-cold-untidy": Scenario(_TIDY, needs_zips=True, cold=True, untidy=True),
    "tidy-cold-nosum": Scenario(_TIDY, needs_zips=True, cold=True, no_sum=True),
    "vendor-cold": Scenario(("mod", "vendor"), needs_zips=True, cold=True),
    "vendor-work": Scenario(("work", "vendor"), needs_zips=True, cold=True, workspace=True),
    "get-u": Scenario(("get", "-u", "./..."), needs_zips=True, cold=True),
    "get-t": Scenario(("get", "-t", "./..."), needs_zips=True, cold=True),
    "why-cold": Scenario(("mod", "why", "-m", "all"), needs_zips=True, cold=True),
    "growth-tidied": Scenario(_TIDY, needs_zips=True, growth=True, warm_up=("mod tidy",)),
    "growth-tidy": Scenario(_TIDY, needs_zips=True, cold=True, growth=True),
    "growth-vendor": Scenario(("mod", "vendor"), needs_zips=True, cold=True, go_sum=True, growth=True),
    "growth-get-u": Scenario(("get", "-u", "./..."), needs_zips=True, cold=True, growth=True),
}
"""The scenarios of docs/speed.md."""


class Runner:
    """Runs scenarios for several programs; warm states are made once for each program and project."""

    def __init__(self, projects: dict[str, Path], nearest: Source, reference: Program) -> None:
        """Prepare to run; nothing is run yet.

        Args:
            projects: directory by name.
            nearest: the proxy from which caches are warmed.
            reference: the program that writes the go.sum of `cold-list-sum`.
        """
        self._projects = projects
        self._nearest = nearest
        self._reference = reference
        self._warm: dict[tuple[str, str, Sequence[str]], Path] = {}

    def run_once(self, scenario: Scenario, project: str, program: Program, proxy: Source) -> tuple[Run, str]:
        """One measured run, and its outcome, which is the same for every program that does its work."""
        source = self._projects[project]
        if scenario.cold:
            state = Path(tempfile.mkdtemp(dir=program.directory))
            self._lay_out(source, state)
            if scenario.go_sum:
                before = "growth-tidied" if scenario.growth else "warm-list"
                done = self.warm_state(SCENARIOS[before], project, self._reference)
                for name in ("go.mod", "go.sum"):
                    shutil.copyfile(done / "src" / name, state / "src" / name)
        else:
            state = self.warm_state(scenario, project, program)
        if scenario.no_sum:
            (state / "src/go.sum").unlink()
        if scenario.workspace:
            _join_workspace(state)
        if scenario.untidy:
            _untidy(source, state)
        if scenario.fresh:
            _fresh(state)
        environ = program.environ(state, proxy.url)
        args = scenario.own if scenario.own and program.name == "govgo" else scenario.args
        if scenario.workspace:
            environ["GOFLAGS"] = ""  # -mod=mod is not for workspaces
        if scenario.growth:
            environ["GOSUMDB"] = "off"
        run = program.run(_filled(args, source), state / "src", environ, proxy)
        run = replace(run, zips=zip_sizes(state / "mod"))
        outcome = _outcome(scenario, run, state)
        if scenario.cold:
            remove(state)
        return run, outcome

    def fits(self, scenario: Scenario, project: str) -> bool:
        """Whether a scenario is for a project."""
        has_zips = (self._projects[project] / "main.go").exists()
        return has_zips == scenario.needs_zips and project.startswith("growth-") == scenario.growth

    def expected(self, scenario: Scenario, project: str) -> str | None:
        """What go printed when the corpus was recorded, where that is known."""
        file = {_LIST: "list.txt", _GRAPH: "graph.txt"}.get(tuple(scenario.args))
        return None if file is None or scenario.own else digest(self._projects[project] / file)

    def _lay_out(self, source: Path, state: Path) -> None:
        (state / "src").mkdir(parents=True)
        for name in ("go.mod", "go.sum", "main.go"):
            if (source / name).exists():
                shutil.copyfile(source / name, state / "src" / name)

    def warm_state(self, scenario: Scenario, project: str, program: Program) -> Path:
        key = program.name, project, scenario.warm_up
        if key not in self._warm:
            state = self._warm[key] = program.directory / f"warm-{len(self._warm)}"
            source = self._projects[project]
            self._lay_out(source, state)
            for step in scenario.warm_up:
                if step == "UNTIDY":
                    _untidy(source, state)
                    continue
                if step == "FRESH":
                    _fresh(state)
                    continue
                environ = program.environ(state, self._nearest.url)
                if step == "COMMIT":
                    _commit_less(state, partial(program.run, _LIST, state / "src", environ, self._nearest))
                    continue
                if scenario.growth:
                    environ["GOSUMDB"] = "off"
                run = program.run(_filled(step.split(), source), state / "src", environ, self._nearest)
                if run.code:
                    raise SystemExit(f"{program.name} {step} in {project}: exit {run.code}, see {run.out}.err")
        return self._warm[key]


def _untidy(source: Path, state: Path) -> None:
    for name in ("go.mod", "go.sum"):
        shutil.copyfile(source / "untidy" / name, state / "src" / name)


def _fresh(state: Path) -> None:
    """Make the project an empty module."""
    (state / "src/go.sum").unlink(missing_ok=True)
    (state / "src/go.mod").write_text("module example.com/fresh\n\ngo 1.21\n")


def _join_workspace(state: Path) -> None:
    """Put the project in a workspace, with a module that imports nothing."""
    tool = state / "src/tool"
    tool.mkdir()
    (tool / "go.mod").write_text("module example.com/tool\n\ngo 1.21\n")
    (tool / "tool.go").write_text("package tool\n")
    (state / "src/go.work").write_text("go 1.21\n\nuse (\n\t.\n\t./tool\n)\n")


def _commit_less(state: Path, resolve: Callable[[], object]) -> None:
    """Put the project in a git repository whose last commit lacks the first requirement of the project."""
    source = state / "src"
    before = {name: (source / name).read_bytes() for name in ("go.mod", "go.sum")}
    text = before["go.mod"].decode()
    (source / "go.mod").write_text(re.sub(r"^[ \t]+\S+\.\S+/\S+ v\S+\n", "", text, count=1, flags=re.MULTILINE))
    resolve()  # what that needs is cached, too
    who = ("-c", "user.name=bench", "-c", "user.email=bench@example.com")
    for words in (("init", "-q"), ("add", "go.mod", "go.sum"), (*who, "commit", "-qm", "less")):
        subprocess.run(["git", *words], cwd=source, check=True)
    for name, data in before.items():
        (source / name).write_bytes(data)


def _filled(args: Sequence[str], source: Path) -> list[str]:
    """A command line with the project's first requirement in the place of MODULE."""
    found = re.search(r"^(?:require)?[ \t]+(\S+\.\S+/\S+) (v\S+)", (source / "go.mod").read_text(), re.MULTILINE)
    assert found is not None
    return [f"{found[1]}@{found[2]}" if arg == "MODULE" else arg for arg in args]


def _outcome(scenario: Scenario, run: Run, state: Path) -> str:
    if run.code:
        return f"exit {run.code}: {run.out.with_suffix('.err').read_text(errors='replace')[-300:]}"
    if scenario.own:
        return _SAID[scenario.own[0]](run.out.read_text(), (state / "src/go.mod").read_text())
    files = [digest(state / "src" / name) for name in ("go.mod", "go.sum", "go.work.sum")]
    verb = scenario.args[1]
    if verb == "vendor":
        return " ".join([tree_digest(state / "src/vendor"), *files])
    if verb == "download":
        return " ".join([zips_digest(state / "mod"), *files])
    if verb == "why":
        return " ".join([digest(run.out), *files])
    if scenario.args[0] == "get" or verb == "tidy":
        return " ".join(files)
    return digest(run.out)


def _updates(out: str, gomod: str) -> str:
    """The newer versions of direct requirements, as `list -m -u` or `outdated -json` prints them."""
    direct = set(re.findall(r"^(?:require)?[ \t]+(\S+\.\S+) v\S+$", gomod, re.MULTILINE))
    if out.startswith("{"):
        every = [each for module in json.loads(out)["modules"] for each in module["dependencies"]]
        newer = [each for each in every if each["newest"] and not each["replaced_by"]]
        found = {each["path"]: each["newest"]["version"] for each in newer}
    else:
        found = dict(re.findall(r"^(\S+) \S+ \[(\S+)\]", out, re.MULTILINE))
    return " ".join(f"{path}@{version}" for path, version in sorted(found.items()) if path in direct)


def _build_list(out: str) -> dict[str, str]:
    """The versions at the beginnings of lines, as `list -m all` prints them; "" for the main module."""
    words = (line.split(maxsplit=2) for line in out.splitlines() if line)
    return {each[0]: each[1] if each[1:] and each[1].startswith("v") else "" for each in words}


def _inventory(out: str, _: str) -> str:
    """SHA-256 of all selected versions, as `list -m all` or `tree -prefix none` has them, each more than once."""
    found = sorted(each for each in _build_list(out).items() if not each[0].startswith("("))
    return hashlib.sha256(repr(found).encode()).hexdigest()


def _selected(out: str, _: str) -> str:
    """The selected version of golang.org/x/net, by `list -m all` or `why -version -json`."""
    found: str = json.loads(out)["results"][0]["selected"] if out.startswith("{") else _build_list(out)[_ASKED]
    return found


def _size(out: str, _: str) -> str:
    """How many modules the build list has, by `list -m all` or as the new side of `diff -json`."""
    return str(json.loads(out)["results"][0]["build_list"]["new"] if out.startswith("{") else len(_build_list(out)))


_SAID: Mapping[str, Callable[[str, str], str]] = {
    "outdated": _updates,
    "tree": _inventory,
    "why": _selected,
    "diff": _size,
}
"""What go and a verb of govgo's own both say: of standard output and go.mod."""
