# SPDX-License-Identifier: BSD-3-Clause
"""Each attack test fails when its check is taken out: the checks of `mutants`, one by one, in a copy of the sources."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.attacks.mutants import MUTANTS, Mutant
from tests.simulators import campaigns

ROOT = Path(__file__).parents[2]
ONCE = ("-p", "tests.attacks.mutants.once")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository, sources and tests copied; with bytecode, or each process of a test would compile all anew."""
    directory = tmp_path_factory.mktemp("mutants") / "repository"
    ignored = shutil.ignore_patterns("__pycache__")
    for name in ("govgo", "tests"):
        shutil.copytree(ROOT / name, directory / name, ignore=ignored)
    for name in ("pyproject.toml", "LICENSE"):
        shutil.copy(ROOT / name, directory)
    (directory / "testdata").symlink_to(ROOT / "testdata")
    subprocess.run([sys.executable, "-m", "compileall", "-q", "govgo", "tests"], cwd=directory, check=True)
    return directory


def failing(directory: Path, tests: tuple[str, ...]) -> set[str]:
    """Which of the tests fail."""
    done = subprocess.run(
        [*(sys.executable, "-m", "pytest", "-q", "--wide", "-p", "no:cacheprovider", "--tb=no", "-rfE"), *ONCE, *tests],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": str(directory), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    failed = [
        line.split()[1].partition("[")[0] for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))
    ]
    return set(failed)


@pytest.mark.parametrize("name", MUTANTS)
def test_a_missing_check_is_noticed(copy: Path, name: str) -> None:
    mutant: Mutant = MUTANTS[name]
    file = copy / "govgo" / mutant.file
    source = file.read_text()
    assert source.count(mutant.old) == 1, f"{mutant.file} has changed: the mutant is to be brought up to date"
    facts = file.stat()
    file.write_text(source.replace(mutant.old, mutant.new))
    os.utime(file, (facts.st_atime, facts.st_mtime + 60))  # so that the bytecode is no longer that of the file
    try:
        assert failing(copy, mutant.tests) == set(mutant.tests)
    finally:
        file.write_text(source)
        os.utime(file, ns=(facts.st_atime_ns, facts.st_mtime_ns))


def test_without_a_mutant_nothing_fails(copy: Path) -> None:
    tried = campaigns.spread(list(MUTANTS.values()))
    assert failing(copy, tuple(dict.fromkeys(test for mutant in tried for test in mutant.tests))) == set()
