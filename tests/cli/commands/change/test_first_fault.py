# SPDX-License-Identifier: BSD-3-Clause
"""Lines with several faults, or an odd one: which sentence go 1.26.8 says."""

from __future__ import annotations

from pathlib import Path

import pytest

from govgo.cli.main import invoke

NOSUCH = "flag provided but not defined: -nosuch\n"


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in "a", "b":
        (tmp_path / name).mkdir()
        (tmp_path / name / "go.mod").write_text(f"module q.io/{name}\n\ngo 1.20\n")
    (tmp_path / "go.work").write_text("go 1.21\n\nuse ./a\n")
    (tmp_path / "f").write_text("")
    for name, value in {"HOME": str(tmp_path), "GOENV": "off", "GOFLAGS": "", "GOWORK": ""}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("args", "told"),
    [
        ("mod edit -replace=x=y -nosuch", "govgo: -replace=x=y: unversioned new path must be local directory"),
        ("mod edit -nosuch -replace=x=y", NOSUCH),
        ("mod edit -replace=x=y -C=sub", "govgo: -replace=x=y: unversioned new path must be local directory"),
        ("mod edit -go=x -exclude=bad", "govgo: -exclude=bad: need path@version"),
        ("mod edit -toolchain=x -nosuch", NOSUCH),
        ("mod edit -require=x -require", "govgo: -require=x: need path@version"),
        ("work edit -dropuse= -nosuch", NOSUCH),
        ("work edit -replace=x -nosuch", "govgo: -replace=x: need old[@v]=new[@w] (missing =)"),
        ("mod -x", "govgo mod: unknown command\n"),
        ("work -x tidy", "govgo work: unknown command\n"),
    ],
)
def test_the_first_fault_of_a_line(workspace: Path, capsys: pytest.CaptureFixture[str], args: str, told: str) -> None:
    assert invoke(args.split()) == 2
    assert capsys.readouterr().err.startswith(told)


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["mod", "edit", "-fmt", ""], "govgo: open : no such file or directory\n"),
        (["work", "edit", "-fmt", ""], "govgo: no go.work file found\n"),
    ],
)
def test_a_file_without_a_name(
    workspace: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    args: list[str],
    told: str,
) -> None:
    monkeypatch.chdir(workspace / "a")
    assert invoke(args) != 0
    assert capsys.readouterr().err.startswith(told)


def test_a_directory_named_twice_is_told_before_one_that_cannot_be_used(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = str(workspace / "a")
    assert invoke(["work", "use", "f", "./a", there, "./none"]) != 0
    told = [f'already added "{there}" as "./a"', "f is not a directory", "directory none does not exist"]
    assert capsys.readouterr().err == "".join(f"govgo: {sentence}\n" for sentence in told)
    assert (workspace / "go.work").read_text() == "go 1.21\n\nuse ./a\n"
