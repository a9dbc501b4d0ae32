# SPDX-License-Identifier: BSD-3-Clause
"""Packages of main modules inside GOROOT/src, which the standard library has, too."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.cli.commands.conftest import Run

FILES = {
    "go.mod": "module cmd\n\ngo 1.26\n",
    "go/main.go": 'package main\n\nimport _ "cmd/internal/objabi"\n',
    "internal/objabi/a.go": 'package objabi\n\nimport _ "errors"\n',
}


@pytest.mark.parametrize(
    ("place", "answer"),
    [
        # inside GOROOT/src cmd is the main module's, and so its imports are followed
        ("src/cmd", "# errors\ncmd/internal/objabi\nerrors\n"),
        ("elsewhere", "# errors\n(main module does not need package errors)\n"),
    ],
)
def test_packages_of_cmd(place: str, answer: str, tmp_path: Path, run: Run) -> None:
    """go 1.26.8 finds a package first in a main module that is inside GOROOT/src (cmd/go, importFromModules)."""
    goroot = tmp_path / "goroot"
    for name, text in FILES.items():
        file = goroot / place / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    ran = run("-C", str(goroot / place), "why", "errors", GOROOT=str(goroot))
    assert ran.stdout == answer, ran.stderr


@pytest.mark.go
@pytest.mark.wide
@pytest.mark.parametrize(
    "words", [["golang.org/x/mod/semver"], ["cmd/go"], ["archive/tar"], ["-m", "golang.org/x/mod"]]
)
def test_go_says_the_same_of_its_own_sources(words: list[str], run: Run) -> None:
    goroot = subprocess.run(["go", "env", "GOROOT"], capture_output=True, text=True, check=True).stdout.strip()
    told = subprocess.run(
        ["go", "mod", "why", *words], cwd=f"{goroot}/src/cmd", capture_output=True, text=True, check=True
    )
    ran = run("-C", f"{goroot}/src/cmd", "why", *words, GOROOT=goroot)
    assert (ran.stdout, ran.returncode) == (told.stdout, 0)
