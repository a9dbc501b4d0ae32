# SPDX-License-Identifier: BSD-3-Clause
"""What is wrong with a command beside an overlay that is missing: which of the two go 1.26.8 tells."""

from __future__ import annotations

from pathlib import Path

import pytest

from govgo.cli.main import invoke

OVERLAY = "govgo: reading overlay: open none.json: no such file or directory\n"
UNKNOWN = "govgo: unknown environment setting GO111MODULE=x\n"
DISABLED = "govgo: modules disabled by GO111MODULE=off; see 'go help modules'\n"


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "go.mod").write_text("module q.io/m\n\ngo 1.21\n")
    for name, value in {"HOME": str(tmp_path), "GOENV": "off", "GOFLAGS": "", "GOWORK": "off"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(("mode", "told"), [("x", UNKNOWN), ("off", DISABLED), ("auto", OVERLAY), ("on", OVERLAY)])
@pytest.mark.parametrize("verb", ["mod tidy", "get", "mod init", "mod edit -fmt"])
def test_verbs_that_look_at_the_mode_first(
    module: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], verb: str, mode: str, told: str
) -> None:
    monkeypatch.setenv("GO111MODULE", mode)
    assert invoke([*verb.split(), "-overlay=none.json"]) == 2
    assert capsys.readouterr().err == told


@pytest.mark.parametrize("mode", ["x", "off", "on"])
@pytest.mark.parametrize("verb", ["list -m", "mod graph", "mod vendor", "mod why", "mod verify", "mod download"])
def test_verbs_that_look_for_go_work_first(
    module: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], verb: str, mode: str
) -> None:
    monkeypatch.setenv("GO111MODULE", mode)
    assert invoke([*verb.split(), "-overlay=none.json"]) == 2
    assert capsys.readouterr().err == OVERLAY


@pytest.mark.parametrize(
    ("args", "told"),
    [
        ("mod tidy x", "govgo: 'go mod tidy' accepts no arguments\n"),
        ("mod init a b", "govgo: 'go mod init' accepts at most one argument\n"),
        ("get -insecure", "govgo: -insecure flag is no longer supported; use GOINSECURE instead\n"),
        ("get -d=false", "govgo: -d flag may not be set to false\n"),
        ("get -fix", "govgo: -fix flag is a no-op\n" + OVERLAY),
        ("list -m -f=x -json", OVERLAY),
        ("mod graph x", OVERLAY),
        ("mod edit -fmt nowhere", "govgo: open nowhere: no such file or directory\n"),
    ],
)
def test_other_faults(module: Path, capsys: pytest.CaptureFixture[str], args: str, told: str) -> None:
    words = args.split()
    place = 1 if words[0] == "get" else 2
    invoke([*words[:place], "-overlay=none.json", *words[place:]])
    assert capsys.readouterr().err == told


def test_a_file_that_is_named_is_read_through_no_overlay(module: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["mod", "edit", "-overlay=none.json", "-go=1.20", "go.mod"]) == 0
    assert (module / "go.mod").read_text() == "module q.io/m\n\ngo 1.20\n"
    assert capsys.readouterr().err == ""
