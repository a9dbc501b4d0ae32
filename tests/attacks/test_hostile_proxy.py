# SPDX-License-Identifier: BSD-3-Clause
"""Whole commands, and a proxy whose answers two readers may take in two ways. Right is what go 1.26.8 does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from govgo.cli.main import invoke
from tests.simulators.world import World

BASE = "/q.io/a/@v"


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with World(tmp_path) as world:
        world.publish("q.io/a", "v1.0.0")
        world.publish("q.io/a", "v1.1.0")
        world.use(monkeypatch)
        monkeypatch.chdir(world.main("module m\n\ngo 1.21\n"))
        yield world


@pytest.mark.parametrize("version", ["main", "V1.0.0", "v01.0.0", "v1.0.0-"])
def test_attack_a_branch_that_is_no_version(world: World, capsys: pytest.CaptureFixture[str], version: str) -> None:
    world.proxy.files[f"{BASE}/main.info"] = json.dumps({"Version": version}).encode()
    assert invoke(["list", "-m", "q.io/a@main"]) == 1
    out, err = capsys.readouterr()
    assert (out, err) == ("", f"govgo: internal error: q.io/a@{version}: unexpected invalid semantic version\n")


def test_attack_a_branch_with_two_versions(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.proxy.files[f"{BASE}/main.info"] = b'{"Version":"v1.0.0","version":"v1.1.0"}'
    assert invoke(["list", "-m", "q.io/a@main"]) == 0
    assert capsys.readouterr().out == "q.io/a v1.1.0\n"


def test_attack_a_version_behind_a_separator_that_is_no_space(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.proxy.files[f"{BASE}/list"] = b"v1.0.0\nv1.1.0\x1cv0.0.1\n"
    assert invoke(["list", "-m", "q.io/a@latest"]) == 0
    assert capsys.readouterr().out == "q.io/a v1.0.0\n"
