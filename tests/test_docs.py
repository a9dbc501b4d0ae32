# SPDX-License-Identifier: BSD-3-Clause
"""What the documents name is there: files, folders and the pages that they link to."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def exists(path: str) -> bool:
    return any((base / path).exists() for base in (ROOT, ROOT / "govgo", ROOT / "tests"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_files_that_a_page_names_exist(page: Path) -> None:
    text = page.read_text()
    named = set(re.findall(r"`((?:[\w-]+/)+[\w-]+\.(?:py|json|md|txt))`", text))
    linked = {target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in target}
    missing = [name for name in named if not exists(name)]
    missing += [target for target in linked if target and not (page.parent / target).exists()]
    assert not missing


def test_every_room_stands_in_the_architecture() -> None:
    """A folder of the package that holds code has its line in the table of rooms."""
    page = (ROOT / "docs/design/architecture.md").read_text()
    rooms = {file.parent.relative_to(ROOT / "govgo").as_posix() for file in (ROOT / "govgo").rglob("*.py")}
    rings = {".", "core", "adapters", "load", "app", "report", "cli", "ports", "wiring"}
    verbs = {room for room in rooms if room.startswith("app/")}
    assert [room for room in rooms - rings - verbs - {"core/golib/template"} if f"`{room}`" not in page] == []
    assert [verb for verb in verbs if verb.removeprefix("app/") not in page] == []
