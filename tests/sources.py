# SPDX-License-Identifier: BSD-3-Clause
"""The sources of the package, each parsed once for all the tests that look at them."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "govgo"
FILES = sorted(PACKAGE.rglob("*.py"))


@cache
def tree_of(file: Path) -> ast.Module:
    """The syntax tree of a file. No test changes it."""
    return ast.parse(file.read_bytes())


@cache
def nodes_of(file: Path) -> tuple[ast.AST, ...]:
    """All nodes of the tree of a file."""
    return tuple(ast.walk(tree_of(file)))
