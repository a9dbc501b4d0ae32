# SPDX-License-Identifier: BSD-3-Clause
"""The scripts of a checkout, and the first commands of the README."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="no bash on this machine")


def run(command: str, cwd: Path, **environ: str) -> tuple[int, str, str]:
    done = subprocess.run(
        ["bash", "-euc", command], cwd=cwd, env={**os.environ, **environ}, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


def needs_environment() -> None:
    """Skip where the scripts would first make .venv, which takes the network and minutes."""
    made_from = ROOT / ".venv/.made-from"
    if not made_from.exists() or made_from.read_bytes() != (ROOT / "pyproject.toml").read_bytes():
        pytest.skip("the tests run in another environment than .venv")


def state() -> str:
    done = subprocess.run(["git", "status", "--porcelain"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("no git checkout")
    return done.stdout


@pytest.mark.wide
def test_the_first_commands_of_the_readme_leave_the_checkout_as_it_was(tmp_path: Path) -> None:
    needs_environment()
    before = state()
    block = (ROOT / "README.md").read_text().partition("## Try it")[2]
    commands = "\n".join(re.findall(r"(?m)^    (.*)$", block.partition("The first run")[0]))
    assert "scripts/govgo get" in commands
    code, out, err = run(commands, ROOT, TMPDIR=str(tmp_path), HOME=str(tmp_path), GOENV="off", GOFLAGS="")
    assert (code, out) == (0, ""), err
    assert "added rsc.io/quote v1.5.2" in err
    (sums,) = tmp_path.glob("*/hello/go.sum")
    assert "rsc.io/quote v1.5.2 h1:w5fcysjrx7yqtD/aO+QwRjYZOKnaM9Uh2b40tElTs3Y=" in sums.read_text()
    assert state() == before


def test_govgo_through_symbolic_links(tmp_path: Path) -> None:
    needs_environment()
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/govgo").symlink_to(ROOT / "scripts/govgo")
    (tmp_path / "again").symlink_to("bin/govgo")
    assert run("./again version", tmp_path)[:2] == run(f"{ROOT}/scripts/govgo version", tmp_path)[:2]
    assert run("PATH=bin:$PATH; govgo version", tmp_path)[0] == 0


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout without environment, on a machine without uv."""
    root = tmp_path / "checkout"
    shutil.copytree(ROOT / "scripts", root / "scripts")
    shutil.copy(ROOT / "pyproject.toml", root)
    (tmp_path / "bin").mkdir()
    for name in ("bash", "dirname", "realpath", "sed", "cmp", "flock", "env"):
        if program := shutil.which(name):
            (tmp_path / "bin" / name).symlink_to(program)
    return root


def fake_python(path: Path, version: str) -> str:
    """A program that is this version of Python as far as the scripts ask: it fails the comparison of versions."""
    path.write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo "Python {version}" && exit\nexit 1\n')
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize("script", ["govgo", "test"])
def test_a_python_that_is_too_old_is_told_before_anything_is_made(checkout: Path, script: str) -> None:
    bin_ = checkout.parent / "bin"
    old = fake_python(bin_ / "python3", "3.8.10")
    for environ, name in (({"PYTHON": ""}, "python3"), ({"PYTHON": old}, old)):
        code, out, err = run(f"scripts/{script} version", checkout, PATH=str(bin_), **environ)
        assert (code, out) == (2, "")
        assert err == (
            f"govgo: Python 3.11 or newer is needed, and {name} is Python 3.8.10\n"
            f"hint: name another one, as in PYTHON=/usr/bin/python3.11 scripts/{script}\n"
        )
    assert sorted(path.name for path in checkout.iterdir()) == ["pyproject.toml", "scripts"]


def test_a_python_that_is_not_there_is_told(checkout: Path) -> None:
    code, _, err = run("scripts/govgo version", checkout, PATH=str(checkout.parent / "bin"), PYTHON="/no/python")
    assert code == 2
    assert err.startswith("govgo: Python 3.11 or newer is needed, and /no/python is not there\n")
