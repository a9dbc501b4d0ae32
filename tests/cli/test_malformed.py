# SPDX-License-Identifier: BSD-3-Clause
"""Malformed go.mod, go.sum, go.work and vendor/modules.txt: go's sentences, recorded in testdata/malformed.json."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from govgo.adapters.workspace.workspace import DiskWorkspace
from govgo.cli.main import invoke
from govgo.core.goenv import GoEnv
from govgo.core.gosum.lines import parse_gosum
from govgo.errors import GoSumError, InputError
from govgo.load.mainmodule.read import read_mod_file
from govgo.load.session.session import Session, Settings
from tests.simulators import campaigns

RECORDED: dict[str, Any] = json.loads((Path(__file__).parents[2] / "testdata" / "malformed.json").read_text())
Case = dict[str, Any]
IDS = [f"{case['name']}: {case['verbs'][0]}" for case in RECORDED["cases"]]
NO, USAGE, UNFINISHED = 1, 2, 3


def set_up(case: Case, directory: Path) -> Path:
    root = directory / "m"
    for name, text in case["files"].items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, newline="")
    return root


def tree(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def exit_code(err: str) -> int:
    """By the table: what a file says is an answer; a file that cannot be opened is trouble with the disk."""
    if "no such file" in err:
        return UNFINISHED
    return USAGE if "-mod=readonly to bypass" in err else NO


@pytest.mark.parametrize("case", campaigns.one_in(4, RECORDED["cases"]), ids=IDS)
def test_refused_as_go_does(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("GOFLAGS", "GOWORK", "GO111MODULE"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("GOENV", "off")
    monkeypatch.setenv("GOTOOLCHAIN", "local")
    monkeypatch.setenv("GOPROXY", "off")
    monkeypatch.setenv("GOPATH", str(tmp_path / "gopath"))
    root = set_up(case, tmp_path)
    before = tree(root)
    monkeypatch.chdir(root)
    for verb in case["verbs"]:
        code = invoke(verb.split())
        out, err = capsys.readouterr()
        told = err.replace(str(root), "$MAIN").replace("govgo: ", "go: ")
        assert (verb, code, out, told) == (verb, exit_code(case["err"]), "", case["err"])
    assert tree(root) == before


@pytest.mark.wide  # it changes with a release of Go alone
@pytest.mark.go
def test_go_still_says_what_is_recorded(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Of each case one verb, in turn; all of them with --slow."""
    go = shutil.which("go")
    assert go is not None
    env = {name: value for name, value in os.environ.items() if not name.startswith("GO")}
    env |= {"GOENV": "off", "GOFLAGS": "", "GOPROXY": "off", "GOSUMDB": "off", "GOTOOLCHAIN": "local"}
    env |= {"GOPATH": str(tmp_path / "gopath"), "GOCACHE": str(tmp_path / "cache"), "HOME": str(tmp_path)}
    if subprocess.run([go, "env", "GOVERSION"], env=env, capture_output=True, text=True).stdout.strip() != "go1.26.8":
        pytest.skip("recorded from another release")
    for number, case in enumerate(RECORDED["cases"]):
        root = set_up(case, tmp_path / str(number))
        verbs = case["verbs"]
        for verb in verbs if request.config.getoption("--slow") else [verbs[number % len(verbs)]]:
            ran = subprocess.run([go, *verb.split()], cwd=root, env=env, capture_output=True, text=True)
            got = ran.returncode != 0, ran.stdout, ran.stderr.replace(str(root), "$MAIN")
            assert got == (True, "", case["err"]), (case["name"], verb)


MARKERS = "a merge has left its markers in go.mod: delete them, keep what both sides have, then run `govgo tidy`"
HINTS = [
    ("module m\n\n<<<<<<< HEAD\n", MARKERS),
    ("module m\n\nrequire (\n=======\n)\n", MARKERS),
    ("module m\n\ngo x\n", "mend go.mod by hand: nothing has been changed"),
]


@pytest.mark.parametrize(("text", "hint"), HINTS, ids=["marker", "marker in a block", "line"])
def test_hints_for_go_mod(text: str, hint: str, tmp_path: Path) -> None:
    (tmp_path / "go.mod").write_text(text)
    unused: Any = None
    settings = Settings(cwd=str(tmp_path), env=GoEnv())
    session = Session(settings=settings, repo=unused, files=DiskWorkspace(), report=unused, clock=unused)
    with pytest.raises(InputError) as caught:
        read_mod_file(session, str(tmp_path / "go.mod"))
    assert caught.value.hint == hint


@pytest.mark.parametrize(
    ("line", "command"),
    [("<<<<<<< HEAD", "govgo sum merge -install"), ("=======", "govgo tidy"), ("a v1", "govgo verify --only lint")],
)
def test_hints_for_go_sum(line: str, command: str) -> None:
    with pytest.raises(GoSumError) as caught:
        parse_gosum("go.sum", f"{line}\n".encode())
    assert f"`{command}`" in caught.value.hint
