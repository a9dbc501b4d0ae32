# SPDX-License-Identifier: BSD-3-Clause
"""The declared dependencies are the third-party packages that some file imports: no more, no less."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from pathlib import Path

from tests.sources import FILES, statements_of

ROOT = Path(__file__).parents[1]
MODULES = {"cyclonedx-python-lib": "cyclonedx", "packageurl-python": "packageurl"}


def imported() -> set[str]:
    """The top-level names of every import in the package, those inside functions too."""
    names: set[str] = set()
    ours = sys.stdlib_module_names | {"govgo"}
    for file in FILES:
        if ours.issuperset(re.findall(r"^\s*(?:from|import)\s+(\w+)", file.read_text(), re.MULTILINE)):
            continue  # to parse all of them takes seconds
        for node in statements_of(file):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names.add((node.module or "").partition(".")[0])
    return names - ours


def test_dependencies_are_those_that_are_imported() -> None:
    project = tomllib.loads(ROOT.joinpath("pyproject.toml").read_text())["project"]
    lines = [*project["dependencies"], *(line for extra in project["optional-dependencies"].values() for line in extra)]
    names = [re.match(r"[A-Za-z0-9_.-]+", line)[0] for line in lines]  # type: ignore[index]
    # Each other distribution here is named as the module that it brings, but for dashes.
    assert {MODULES.get(name, name.replace("-", "_")) for name in names} == imported()
