# SPDX-License-Identifier: BSD-3-Clause
"""Variables that make no sense, in go's sentences (go 1.26.8). Port 1 of this machine refuses every connection."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from govgo.cli.main import invoke

USAGE, UNFINISHED = 2, 3
GIT = "GOAUTH=git dir method requires an absolute path to the git working directory"
HTTPS = {"GOPROXY": "https://127.0.0.1:1"}
REFUSED = "dial tcp 127.0.0.1:1: connect: connection refused"

CASES: list[tuple[dict[str, str], int, str]] = [
    (HTTPS | {"GOAUTH": each}, USAGE, text)
    for each, text in {
        "off;netrc": "GOAUTH=off cannot be combined with other authentication commands (GOAUTH=off;netrc)",
        "netrc; ;off": "GOAUTH=off cannot be combined with other authentication commands (GOAUTH=netrc; ;off)",
        ";": "GOAUTH encountered an empty command (GOAUTH=;)",
        "git": GIT,
        "git x": GIT + ", dir is not absolute",
        "git /dev/null": GIT + ", dir is not a directory",
        "git /no": "GOAUTH=git encountered an error; cannot stat /no: stat /no: no such file or directory",
    }.items()
]
CASES += [
    # Only HTTPS needs credentials, and a fault of one command is none of the variable.
    (
        {"GOPROXY": "http://127.0.0.1:1", "GOAUTH": "off;netrc"},
        UNFINISHED,
        f'q.io/a@v1.0.0: Get "http://127.0.0.1:1/q.io/a/@v/v1.0.0.info": {REFUSED}',
    ),
    (
        HTTPS | {"GOAUTH": "'x"},
        UNFINISHED,
        f'q.io/a@v1.0.0: Get "https://127.0.0.1:1/q.io/a/@v/v1.0.0.info": {REFUSED}',
    ),
    # A fallback does not help.
    (
        {"GOPROXY": "https://127.0.0.1:1|https://localhost:1|off", "GOAUTH": ";"},
        USAGE,
        "GOAUTH encountered an empty command (GOAUTH=;)",
    ),
]


def environment(tmp_path: Path, given: dict[str, str]) -> dict[str, str]:
    fixed = {"GOENV": "off", "GOFLAGS": "", "GOSUMDB": "off", "GOTOOLCHAIN": "local", "GOPATH": str(tmp_path)}
    return {**fixed, "HOME": str(tmp_path), **given}


@pytest.mark.parametrize(("given", "code", "told"), CASES, ids=lambda value: str(value))
def test_told_as_go_tells_it(
    given: dict[str, str],
    code: int,
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in environment(tmp_path, given).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    assert invoke(["list", "-m", "q.io/a@v1.0.0"]) == code
    assert capsys.readouterr().err == f"govgo: {told}\n"


@pytest.mark.go
@pytest.mark.parametrize(("given", "code", "told"), CASES, ids=lambda value: str(value))
def test_go_still_tells_it_so(given: dict[str, str], code: int, told: str, tmp_path: Path) -> None:
    go = shutil.which("go")
    if go is None:
        pytest.skip("no go command on this machine")
    env = {"PATH": os.environ["PATH"], "GOCACHE": str(tmp_path / "cache"), **environment(tmp_path, given)}
    ran = subprocess.run([go, "list", "-m", "q.io/a@v1.0.0"], cwd=tmp_path, env=env, capture_output=True, text=True)
    assert ran.stderr == f"go: {told}\n"
