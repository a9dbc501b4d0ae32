# SPDX-License-Identifier: BSD-3-Clause
"""The sources of the package, each parsed once in a process for all the tests that look at them."""

from __future__ import annotations

import ast
import gc
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "govgo"
FILES = sorted(PACKAGE.rglob("*.py"))


def tree_of(file: Path) -> ast.Module:
    """The syntax tree of a file. No test changes it."""
    tree = nodes_of(file)[0]
    assert isinstance(tree, ast.Module)
    return tree


@cache
def nodes_of(file: Path) -> tuple[ast.AST, ...]:
    """All nodes of the tree of a file, its module first."""
    gc.disable()  # a collection of garbage while they are made would walk them all
    try:
        return tuple(ast.walk(ast.parse(file.read_bytes())))
    finally:
        gc.enable()
