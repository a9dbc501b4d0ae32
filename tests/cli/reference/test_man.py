# SPDX-License-Identifier: BSD-3-Clause
"""The man pages, as man and mandoc read them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from govgo.cli.group import COMMANDS
from govgo.cli.reference.man import man_pages
from govgo.core.codes.codes import EXPLANATIONS


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("man")
    for name, text in man_pages("1.2.3"):
        (directory / name).write_text(text)
    return directory


def shown(page: Path) -> str:
    """The page as `man` prints it into a pipe."""
    environ = {"PATH": "/usr/bin:/bin", "MANWIDTH": "100", "LC_ALL": "C.UTF-8", "MANROFFOPT": "-c", "HOME": "/"}
    command = ["man", "--warnings", "-l", str(page)]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return subprocess.run(["col", "-bx"], input=done.stdout, capture_output=True, text=True, check=True).stdout


def test_every_command_has_its_page(pages: Path) -> None:
    names = {path.name for path in pages.iterdir()}
    assert {f"govgo-{name}.1" for name in COMMANDS} <= names
    assert {"govgo.1", "govgo-work-sync.1", "govgo-sum-merge.1", "govgo-codes.7"} <= names
    assert not any(name.startswith(("govgo-mod", "govgo-__")) for name in names)


@pytest.mark.skipif(shutil.which("man") is None or shutil.which("col") is None, reason="no man on this machine")
def test_man_shows_the_page_of_a_command(pages: Path) -> None:
    text = shown(pages / "govgo-get.1")
    assert "govgo-get - Add, upgrade, downgrade or remove requirements" in text
    assert "govgo get rsc.io/quote@v1.5.2" in text
    assert "-min-age AGE" in text
    assert "EXIT STATUS" in text


@pytest.mark.skipif(shutil.which("man") is None or shutil.which("col") is None, reason="no man on this machine")
def test_man_shows_every_code_and_variable(pages: Path) -> None:
    text = shown(pages / "govgo-codes.7")
    assert [code for code in EXPLANATIONS if code not in text] == []
    assert "GOVGO_TIMEOUT" in shown(pages / "govgo.1")


@pytest.mark.skipif(shutil.which("mandoc") is None, reason="no mandoc on this machine")
def test_mandoc_finds_no_fault(pages: Path) -> None:
    done = subprocess.run(
        ["mandoc", "-T", "lint", "-W", "warning", *sorted(map(str, pages.iterdir()))],
        capture_output=True,
        text=True,
        check=False,
    )
    faults = [line for line in done.stdout.splitlines() if "missing date" not in line]  # the pages have no date
    assert faults == []
