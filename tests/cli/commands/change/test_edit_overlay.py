# SPDX-License-Identifier: BSD-3-Clause
"""`govgo mod edit` through an overlay. As go 1.26.8 does it: the overlay decides where go.mod is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from govgo.cli.main import invoke

NONE = "govgo: go.mod file not found in current directory or any parent directory; see 'go help modules'\n"


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    directory = tmp_path / "m"
    directory.mkdir()
    (directory / "go.mod").write_text("module q.io/m\n\ngo 1.21\n")
    (tmp_path / "other.mod").write_text("module q.io/other\n\ngo 1.22\n")
    for name, value in {"HOME": str(tmp_path), "GOENV": "off", "GOFLAGS": "", "GOWORK": "off"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(directory)
    return directory


@pytest.mark.parametrize(
    ("target", "args", "code", "err", "go"),
    [
        ("", ("-go=1.20",), 2, NONE, "1.21"),
        ("absent.mod", ("-go=1.20",), 2, NONE, "1.21"),
        ("other.mod", ("-go=1.20",), 0, "", "1.20"),
        ("", ("-go=1.20", "go.mod"), 0, "", "1.20"),  # a file that is named is not looked for
    ],
)
def test_an_overlay_says_where_go_mod_is(
    module: Path,
    capsys: pytest.CaptureFixture[str],
    target: str,
    args: tuple[str, ...],
    code: int,
    err: str,
    go: str,
) -> None:
    hidden = str(module.parent / target) if target else ""
    overlay = module.parent / "overlay.json"
    overlay.write_text(json.dumps({"Replace": {str(module / "go.mod"): hidden}}))
    assert invoke(["mod", "edit", "-overlay", str(overlay), *args]) == code
    assert capsys.readouterr().err == err
    assert (module / "go.mod").read_text() == f"module q.io/m\n\ngo {go}\n"
    assert (module.parent / "other.mod").read_text() == "module q.io/other\n\ngo 1.22\n"
