# SPDX-License-Identifier: BSD-3-Clause
"""The sources of the package, each parsed once for all the tests that look at them."""

from __future__ import annotations

import ast
import gc
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "govgo"
FILES = sorted(PACKAGE.rglob("*.py"))


@cache
def _parsed() -> dict[Path, tuple[ast.AST, ...]]:
    """The nodes of every file, its module first. A collection of garbage while they are made would walk them all."""
    gc.disable()
    try:
        return {file: tuple(ast.walk(ast.parse(file.read_bytes()))) for file in FILES}
    finally:
        gc.enable()


def tree_of(file: Path) -> ast.Module:
    """The syntax tree of a file. No test changes it."""
    tree = nodes_of(file)[0]
    assert isinstance(tree, ast.Module)
    return tree


def nodes_of(file: Path) -> tuple[ast.AST, ...]:
    """All nodes of the tree of a file."""
    return _parsed()[file]
