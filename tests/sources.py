# SPDX-License-Identifier: BSD-3-Clause
"""The sources of the package, each parsed once in a process for all the tests that look at them."""

from __future__ import annotations

import ast
import gc
from collections.abc import Iterator
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
    """All nodes of the tree of a file, its module first."""
    gc.disable()  # a collection of garbage while they are made would walk them all
    try:
        return tuple(ast.walk(tree_of(file)))
    finally:
        gc.enable()


def statements_of(file: Path) -> Iterator[ast.AST]:
    """The statements of a file, those inside of others too: few of its nodes, and quickly found."""
    waiting: list[ast.AST] = [tree_of(file)]
    while waiting:
        node = waiting.pop()
        yield node
        for field in ("body", "orelse", "finalbody", "handlers", "cases"):
            below = getattr(node, field, ())
            if isinstance(below, list):
                waiting += below
