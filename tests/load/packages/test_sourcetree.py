# SPDX-License-Identifier: BSD-3-Clause
"""Directories whose only Go files belong to no package, such as `_draft.go`; the outcomes are those of go 1.26."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from govgo.cli.main import invoke
from tests.simulators.world import World

MAIN = "module example.com/main\n\ngo 1.21\n"
ABSENT = "no required module provides package example.com/main/sub; to add it:"
PRESENT = "no Go source files"


@pytest.mark.parametrize("name", ["_draft.go", ".old.go"])
@pytest.mark.parametrize(("age_s", "says"), [(3600, ABSENT), (0, PRESENT)])
def test_a_package_of_the_main_module(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    name: str,
    age_s: int,
    says: str,
) -> None:
    """go has an index of directories that nobody has written to in the last two seconds; it lists other names alone."""
    with World(tmp_path) as world:
        main = world.main(
            MAIN, {"a.go": 'package m\n\nimport _ "example.com/main/sub"\n', f"sub/{name}": "package sub\n"}
        )
        written_s = time.time() - age_s + 10 * (age_s == 0)
        os.utime(main / "sub" / name, (written_s, written_s))
        world.use(monkeypatch)
        monkeypatch.chdir(main)
        assert invoke(["vendor"]) == 1
    assert says in capfd.readouterr().err


def test_a_module_of_a_workspace_that_has_no_package_at_its_root(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The module cache is always indexed, so that q.io/d@v1.0.0 names no package, and none is looked for.

    In the workspace v1.1.0 is selected, which lacks even the draft.
    """
    with World(tmp_path) as world:
        world.publish("q.io/d", "v1.0.0", files={"_draft.go": "package d\n", "core/a.go": "package core\n"})
        world.publish("q.io/d", "v1.1.0", files={"core/a.go": "package core\n"})
        other = "module example.com/other\n\ngo 1.21\n\nrequire q.io/d v1.1.0\n"
        main = world.main(MAIN, {"go.work": "go 1.21\n\nuse (\n\t.\n\t./other\n)\n", "other/go.mod": other})
        world.use(monkeypatch)
        monkeypatch.delenv("GOWORK", raising=False)
        monkeypatch.chdir(main)
        assert invoke(["get", "q.io/d@v1.0.0"]) == 0
    assert (main / "go.mod").read_text() == MAIN + "\nrequire q.io/d v1.0.0 // indirect\n"
    assert capfd.readouterr().err.endswith("added q.io/d v1.0.0\n")
