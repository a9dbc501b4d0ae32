# SPDX-License-Identifier: BSD-3-Clause
"""`mod edit` and `work edit`: every flag, as recorded from the real go in testdata/edit/flags.json."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from govgo.adapters.workspace.workspace import DiskWorkspace
from govgo.app.edit.edit import edit_mod, write_mod
from govgo.cli.main import invoke
from govgo.core.goenv import GoEnv
from govgo.errors import ConflictError, DiskError, InputError
from govgo.load.session.session import Session, Settings
from tests.simulators import campaigns

RECORDED: dict[str, Any] = json.loads((Path(__file__).parents[3] / "testdata" / "edit" / "flags.json").read_text())
Case = dict[str, Any]


def case_id(case: Case) -> str:
    return f"{case['file']} {' '.join(case['args'])}"


def set_up(case: Case, directory: Path) -> Path:
    name: str = case["file"]
    file = directory / name
    file.write_text(case.get("text", RECORDED["base"][name]))
    if "other.mod" in case["args"]:
        (directory / "other.mod").write_text("module other\n")
    return file


def group(case: Case) -> str:
    return "mod" if case["file"] == "go.mod" else "work"


@pytest.fixture
def quiet_env(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GOFLAGS", "GOWORK", "GO111MODULE"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("GOENV", "off")
    monkeypatch.setenv("GOTOOLCHAIN", "local")
    monkeypatch.setenv("GOPATH", str(tmp_path / "gopath"))


@pytest.mark.usefixtures("quiet_env")
@pytest.mark.parametrize("case", campaigns.one_in(3, RECORDED["cases"]), ids=case_id)
def test_flags(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    file = set_up(case, tmp_path)
    before = file.read_text()
    ok = invoke([group(case), "edit", *case["args"]]) == 0
    out, err = capsys.readouterr()
    assert (ok, out) == (case["ok"], case["out"])
    assert err.replace(str(tmp_path), "$MAIN").replace("govgo", "go") == case["err"]
    assert file.read_text() == case.get("after", before)


@pytest.mark.go
@pytest.mark.wide  # it changes with a release of Go alone
def test_go_still_does_what_is_recorded(tmp_path: Path) -> None:
    go = shutil.which("go")
    assert go is not None
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path / "home"), "GOENV": "off", "GOTOOLCHAIN": "local"}
    version = subprocess.run([go, "version"], env=env, capture_output=True, text=True, check=True).stdout
    if RECORDED["source"] not in version.split():
        pytest.skip(f"recorded from {RECORDED['source']}, not from {version.strip()}")
    for number, case in enumerate(RECORDED["cases"]):
        directory = tmp_path / str(number)
        directory.mkdir()
        file = set_up(case, directory)
        before = file.read_text()
        ran = subprocess.run(
            [go, group(case), "edit", *case["args"]], cwd=directory, env=env, capture_output=True, text=True
        )
        got = ran.returncode == 0, ran.stdout, ran.stderr.replace(str(directory), "$MAIN"), file.read_text()
        assert got == (case["ok"], case["out"], case["err"], case.get("after", before)), case_id(case)


def session(directory: Path) -> Session:
    unused: Any = None
    settings = Settings(cwd=str(directory), env=GoEnv())
    return Session(settings=settings, repo=unused, files=DiskWorkspace(), report=unused, clock=unused)


def test_a_file_changed_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "go.mod"
    file.write_text("module m\n")
    current = session(tmp_path)
    edited = edit_mod(current, module="n")
    file.write_text("module other\n")
    with pytest.raises(ConflictError, match=r"^go\.mod changed during editing; not overwriting$"):
        write_mod(current, edited)
    assert file.read_text() == "module other\n"


def test_a_named_file_is_taken_from_the_working_directory(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.mod").write_text("module  m\n")
    current = session(tmp_path)
    write_mod(current, edit_mod(current, named_file="a/x.mod"))
    assert (tmp_path / "a" / "x.mod").read_text() == "module m\n"
    with pytest.raises(DiskError, match=r"^open a/y.mod: no such file or directory$"):
        edit_mod(current, named_file="a/y.mod")
    (tmp_path / "a" / "x.mod").write_text("frob\n")
    with pytest.raises(InputError, match=r"^errors parsing a/x.mod:\na/x.mod:1: unknown directive: frob$"):
        edit_mod(current, named_file="a/x.mod")


@pytest.mark.usefixtures("quiet_env")
def test_bytes_that_are_not_utf8_survive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "go.mod").write_bytes(b"module m // \xff\xc3\xa9\n")
    assert invoke(["mod", "edit", "-print"]) == 0
    assert capsysbinary.readouterr().out == b"module m // \xff\xc3\xa9\n"
    assert invoke(["edit", "-module=n"]) == 0
    assert (tmp_path / "go.mod").read_bytes() == b"module n // \xff\xc3\xa9\n"
