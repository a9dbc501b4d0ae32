# SPDX-License-Identifier: BSD-3-Clause
"""Directories that cannot be listed. The sentences are those of go 1.26.8 for the same files.

As root every directory can be read, so an overlay plays them: one that maps a file to a directory makes the listing of
the directory beside it fail. What chmod does was compared by hand.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.commands.conftest import Run

FILES = {
    "go.mod": "module m\n\ngo 1.21\n\nrequire x.io/dep v1.0.0\n\nreplace x.io/dep => ./dep\n",
    "m.go": 'package m\n\nimport _ "x.io/dep"\n',
    "sub/s.go": "package s\n",
    "dep/go.mod": "module x.io/dep\n\ngo 1.21\n",
    "dep/d.go": "package dep\n",
}
ROOT, SUB, DEP = (f"{place}: overlay maps child x.go to directory\n" for place in ("$D/", "$D/sub", "$D/dep"))
TOLD = {
    ("", "tidy"): f"m: read {ROOT.replace('$D/', '$D')}pattern all: read {ROOT}",
    ("", "get ./..."): f"./...: pattern m/...: read {ROOT}",
    ("sub", "tidy"): f"m/sub: read {SUB}pattern all: read {SUB}",
    ("sub", "get ./..."): f"./...: pattern m/...: read {SUB}",
    ("dep", "tidy"): f"m imports\n\tx.io/dep: read {DEP}",
    ("dep", "get ./..."): f"m imports\n\tx.io/dep: read {DEP}",
}
WHY = {
    "": "",
    "sub": "# m\nm\n\n# x.io/dep\nm\nx.io/dep\n",
    "dep": "# m\nm\n\n# m/sub\nm/sub\n\n# x.io/dep\nm\nx.io/dep\n",
}


def lay_out(tmp_path: Path, place: str) -> dict[str, str]:
    """The module, and the environment in which a directory of it cannot be listed."""
    work = tmp_path / "work"
    for name, text in FILES.items():
        file = work / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    overlay = tmp_path / "overlay.json"
    overlay.write_text(json.dumps({"Replace": {str(work / place / "x.go"): str(work / "sub")}}))
    return {"GOPROXY": "off", "GOFLAGS": f"-mod=mod -overlay={overlay}"}


@pytest.mark.parametrize(("place", "verb"), TOLD)
def test_a_directory_that_cannot_be_listed_is_a_fault_of_its_package(
    place: str, verb: str, tmp_path: Path, run: Run
) -> None:
    ran = run(*verb.split(), **lay_out(tmp_path, place))
    told = "".join(line.removeprefix("govgo: ") for line in ran.stderr.splitlines(keepends=True))
    assert told.replace(str(tmp_path / "work"), "$D") == TOLD[place, verb]
    assert ran.returncode == 3


@pytest.mark.parametrize("place", WHY)
def test_why_goes_on_without_it(place: str, tmp_path: Path, run: Run) -> None:
    ran = run("why", "all", **lay_out(tmp_path, place))
    assert (ran.stdout, ran.returncode) == (WHY[place], 0), ran.stderr


INIT = "creating new go.mod: module m\nupdating go.mod: "


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("init -modfile=m.go/z.mod m", f"{INIT}open m.go/z.mod: not a directory"),
        ("init -modfile=no/z.mod m", f"{INIT}open no/z.mod: no such file or directory"),
        ("work edit -go=1.20 m.go/w", "errors parsing m.go/w:\nreading go.work: open m.go/w: not a directory"),
        ("work edit -go=1.20 sub", "errors parsing sub:\nreading go.work: read sub: is a directory"),
        ("edit -go=1.20 sub", "read sub: is a directory"),
        ("edit -go=1.20 m.go/go.mod", "open m.go/go.mod: not a directory"),
    ],
)
def test_files_are_called_as_the_flag_calls_them(line: str, told: str, tmp_path: Path, run: Run) -> None:
    lay_out(tmp_path, "")
    ran = run(*line.split())
    assert ran.stderr.replace("govgo: ", "") == told + "\n"
    assert ran.returncode == 3
