# SPDX-License-Identifier: BSD-3-Clause
"""`govgo check -since` where modules have moved. What is new is worked out by hand from the go.mod files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tests.cli.commands.trust.test_check import MAIN, check, git, policy, world
from tests.simulators.world import World

__all__ = ["check", "world"]  # fixtures

RULES = "modules.deny = ['q.io/com', 'q.io/y']\ntidy = true\nverify = ['complete']"


@pytest.mark.parametrize("is_inside", [False, True])
def test_a_module_that_has_moved_brings_nothing_in(world: World, check: Any, *, is_inside: bool) -> None:
    """The same findings were there, in another directory; a requirement that came since is told."""
    before = MAIN.replace("module example.com/app", "module example.com/moved")
    for line in ("\tq.io/y v1.0.0\n", "\tq.io/dir v1.0.0\n", "replace q.io/dir => ../dir\n"):
        before = before.replace(line, "")
    world.main(before, name="main/old")
    world.main("module example.com/stays\n\ngo 1.21\n", name="main/stays")
    policy(RULES)
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "before")
    os.renames("old", "cmd/new")
    directory = Path("cmd/new") if is_inside else Path()
    args = ("--json", *(() if is_inside else ("./...",)))
    os.chdir(directory)
    assert {code for code, _ in check(*args).found} >= {"module-denied", "missing-sum", "untidy"}
    assert check(*args, "--since", "HEAD").found == []
    world.main(before.replace("require (\n", "require (\n\tq.io/y v1.0.0\n"), name="main/cmd/new")
    assert ("module-denied", "q.io/y") in {
        (each["code"], each["module"]) for each in check(*args, "--since", "HEAD").json["results"]
    }
