# SPDX-License-Identifier: BSD-3-Clause
"""The inventory that reports are made of is that of `go list -m all`, in worlds that tools without Go get wrong.

What go says of them is recorded in `testdata/inventory.json`, and compared with a go command where one is found. The
recorded real projects are those of `test_real_projects.py`; with each of them is kept what go listed.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from bench.programs import unpack
from govgo import api
from govgo.cli.main import invoke
from govgo.core.modfile import module_path
from govgo.core.resolution.resolution import Resolution
from govgo.core.version import semver
from govgo.load.session.session import Session
from govgo.load.targets.resolve import Resolved, resolve_all
from tests.script.proxytree import add_version
from tests.simulators import campaigns
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
        add_version(top / "proxy", path, version, {"go.mod": text, "a.go": "package a\n"}, listed=version != PSEUDO)
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


@pytest.mark.wide  # it changes with a release of Go alone
@pytest.mark.go
@pytest.mark.parametrize("name", WORLDS)
def test_go_says_what_is_recorded(name: str, tmp_path: Path) -> None:
    environ = write_world(name, tmp_path)
    mode = [] if "go.work" in WORLDS[name] else ["-mod=mod"]
    command = [GO or "go", "list", "-m", *mode, "all"]
    done = subprocess.run(command, cwd=tmp_path / "src", env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == recorded()[name]


def line_of(path: str, version: str, replacement: Mapping[str, str] | None) -> str:
    """A line of `go list -m all`."""
    arrow = "" if replacement is None else f" => {replacement['path']} {replacement['version']}".rstrip()
    return f"{path} {version}".rstrip() + arrow


def lines_in(entries: Iterable[Mapping[str, Any]], name: str = "path", by: str = "replaced_by") -> list[str]:
    """Modules of a JSON document as lines of `go list -m all`."""
    found = []
    for each in entries:
        new = each[by] and {"path": each[by][name], "version": each[by]["version"]}
        found.append(line_of(each[name], each["version"], new))
    return found


Say = Callable[..., Any]
"""Runs a command, and returns its JSON; the exit code may be one of findings."""


def by_tree(say: Say) -> list[str]:
    return lines_in(say("tree", "-json")["modules"][0]["nodes"])


def by_graph(say: Say) -> list[str]:
    return lines_in(say("graph", "-selected", "-format", "json")["graph"]["nodes"])


def by_outdated(say: Say) -> list[str]:
    return lines_in(say("outdated", "-all", "-json")["modules"][0]["dependencies"])


def by_sbom(say: Say) -> list[str]:
    return lines_in(say("sbom", "-json")["documents"][0]["components"])


def by_licenses(say: Say) -> list[str]:
    return lines_in(say("licenses", "-json")["modules"][0]["licenses"], "module")


def by_api(say: Say) -> list[str]:
    found = api.dependencies(".")
    return [
        line_of(each.path, each.version, None if (new := found.resolution.replacement(each)) is None else new._asdict())
        for each in found.modules
    ]


def by_why(say: Say) -> list[str]:
    wanted = [line.split()[0] for line in by_tree(say)]
    found = []
    for each in say("why", "-version", "-json", *wanted)["results"]:
        found.append(line_of(each["path"], each["selected"], each["replacement"]))
    return found


def by_diff(say: Say) -> list[str]:
    """All that is added to a module that requires nothing."""
    if Path("go.work").exists():
        with tarfile.open("before.tar", "w") as archive:
            for name in ("go.work", *map(str, Path().glob("*/go.mod"))):
                text = (
                    Path(name).read_text() if name == "go.work" else f"module {module_path(Path(name).read_bytes())}\n"
                )
                entry = tarfile.TarInfo(name)
                entry.size = len(text)
                archive.addfile(entry, io.BytesIO(text.encode()))
        (target,) = say("diff", "-json", "before.tar")["results"]
    else:
        Path("before.mod").write_text(f"module {module_path(Path('go.mod').read_bytes())}\n")
        (target,) = say("diff", "-json", "before.mod")["results"]
    new = [{"path": each["path"], **each["new"]} for each in target["modules"]]
    assert {each["change"] for each in target["modules"]} <= {"added"}
    assert target["build_list"]["new"] == len(new) + target["build_list"]["old"]
    return lines_in(new, by="replacement")


def by_audit(say: Say) -> list[str]:
    """All of them are vulnerable; a directory has no version that could be matched, and is told as such."""
    paths = {each for line in by_tree(say) for each in line.split() if "." in each and not semver.is_valid(each)}
    affected = [
        {
            "package": {"ecosystem": "Go", "name": path},
            "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}]}],
        }
        for path in sorted(paths)
    ]
    advisory = {"id": "GO-1", "modified": "2026-11-01T00:00:00Z", "affected": affected}
    Path("db").mkdir()
    Path("db/GO-1.json").write_text(json.dumps(advisory))
    run = say("audit", "-db", "db", "-json")
    directories = [{**each, "replaced_by": {"module": ".", "version": ""}} for each in run["modules"][0]["unmatched"]]
    return lines_in([*run["results"], *directories], "module")


def by_fleet(say: Say) -> list[str]:
    say("fleet", "list", ".", "-engine", "serial", "-out", "../fleet", "-json")
    rows = map(json.loads, Path("../fleet/tables/selected.jsonl").read_text().splitlines())
    found = []
    for row in rows:
        if row["directory"] == ".":
            new = row["replaced_by"] and {"path": row["replaced_by"], "version": row["replaced_version"]}
            found.append(line_of(row["module"], row["version"], new))
    return found


VERBS: Mapping[str, Callable[[Say], list[str]]] = {
    "tree": by_tree,
    "graph -selected": by_graph,
    "outdated -all": by_outdated,
    "sbom": by_sbom,
    "licenses": by_licenses,
    "why -version": by_why,
    "diff": by_diff,
    "audit": by_audit,
    "fleet list": by_fleet,
    "api.dependencies": by_api,
}
"""What each verb says is in the build list; those that leave out main modules do so."""
WITH_MAIN = ("tree", "graph -selected", "sbom", "why -version", "api.dependencies")


@pytest.mark.parametrize("name", campaigns.one_in(3, WORLDS))
def test_every_verb_has_all_of_it(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for key, value in write_world(name, tmp_path).items():
        monkeypatch.setenv(key, value)
    monkeypatch.chdir(tmp_path / "src")

    def say(*words: str) -> Any:
        capsys.readouterr()
        assert invoke(list(words)) in (0, 1, 3)
        return json.loads(capsys.readouterr().out)

    want = recorded()[name]
    assert invoke(["list", "-m", *([] if Path("go.work").exists() else ["-mod=mod"]), "all"]) == 0
    assert capsys.readouterr().out.splitlines() == want
    for verb in VERBS:
        compare(verb, say, want)


def compare(verb: str, say: Say, want: Sequence[str]) -> None:
    """That a verb has the modules of these lines, but perhaps for main modules."""
    mains = {line for line in want if " " not in line}
    told = [line for line in want if verb in WITH_MAIN or line not in mains]
    if verb == "audit":
        told = [re.sub(r" => \..*", " => .", line) for line in told]
    assert sorted(VERBS[verb](say)) == sorted(told), verb


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
def test_real_projects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
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
    for key, value in environ.items():
        monkeypatch.setenv(key, value)

    def say(*words: str) -> Any:
        capsys.readouterr()
        assert invoke(list(words)) in (0, 1, 3)
        return json.loads(capsys.readouterr().out)

    compared = 0
    for name, project in projects.items():
        expected = listed_by_go(project, environ)
        if expected:
            found = api.dependencies(str(project), environ=environ)
            assert lines_of(found.resolution) == expected, name
            compared += 1
            place = tmp_path / "places" / name
            place.mkdir(parents=True)
            shutil.copy(project / "go.mod", place)
            monkeypatch.chdir(place)
            shutil.rmtree(place.parent / "fleet", ignore_errors=True)
            for verb in VERBS:
                if verb == "licenses":
                    continue  # no zips were recorded but those of packages that are needed
                if verb == "why -version":
                    continue  # for each of a thousand modules it would look for what lowers it
                compare(verb, say, expected)
    assert compared > 0
