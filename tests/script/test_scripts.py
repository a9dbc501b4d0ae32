# SPDX-License-Identifier: BSD-3-Clause
"""Every text in testdata/script, run as a user would type it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.script.conftest import TESTDATA
from tests.script.engine import Script
from tests.simulators import campaigns

SCRIPTS = sorted((TESTDATA / "script").glob("*.txt"))


@pytest.mark.parametrize("script", campaigns.one_in(2, SCRIPTS), ids=lambda path: path.stem)
def test_script(
    script: Path,
    tmp_path: Path,
    proxy: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert SCRIPTS
    Script(tmp_path, proxy, capsys, monkeypatch).run(script.read_text(), script.name)


@pytest.mark.wide  # it changes with a release of Go alone
@pytest.mark.go
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_script_says_what_go_does(
    script: Path,
    tmp_path: Path,
    proxy: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The expectations are go's own behaviour: the real go passes the same scripts."""
    go = shutil.which("go")
    assert go is not None
    if script.name.startswith("own_"):
        pytest.skip("a verb that go does not have")
    Script(tmp_path, proxy, capsys, monkeypatch, go=go).run(script.read_text(), script.name)
