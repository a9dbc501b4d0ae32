# SPDX-License-Identifier: BSD-3-Clause
"""The catalogue of attacks names tests that exist, and every check that the mutants take out."""

from __future__ import annotations

import re
from pathlib import Path

from tests.attacks.mutants import MUTANTS

ROOT = Path(__file__).parents[2]
CATALOGUE = (ROOT / "docs/design/attacks.md").read_text()


def test_every_test_named_is_there() -> None:
    files = list((ROOT / "tests").rglob("*.py"))
    known = {name for file in files for name in re.findall(r"^def (test_\w+)", file.read_text(), re.MULTILINE)}
    known |= {file.stem for file in files}
    named = set(re.findall(r"`(?:\S*/)?(test_\w+)", CATALOGUE))
    assert len(named) > 60
    assert named - known == set()


def test_every_mutant_is_listed() -> None:
    missing = [
        name
        for name, mutant in MUTANTS.items()
        if f"| {mutant.rule} | {mutant.check} | `{mutant.file}` | " not in CATALOGUE
        or any(f"`{test.partition('::')[2]}`" not in CATALOGUE for test in mutant.tests)
    ]
    assert missing == []


def test_tests_of_mutants_are_where_the_table_says() -> None:
    """Else pytest would find none to run, and nobody would notice before the long campaigns."""
    missing = []
    for test in {test for mutant in MUTANTS.values() for test in mutant.tests}:
        file, _, name = test.partition("::")
        if not re.search(rf"^def {name}\(", (ROOT / file).read_text(), re.MULTILINE):
            missing.append(test)
    assert missing == []


def test_each_mutant_changes_one_place() -> None:
    sources = {mutant.file: (ROOT / "govgo" / mutant.file).read_text() for mutant in MUTANTS.values()}
    assert [name for name, mutant in MUTANTS.items() if sources[mutant.file].count(mutant.old) != 1] == []
