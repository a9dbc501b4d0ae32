# SPDX-License-Identifier: BSD-3-Clause
"""The order of lines inside blocks, and the removal of directives that say nothing new."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from functools import cmp_to_key
from typing import TypeVar

from govgo.core.modfile.directives import Directive, Exclude, Ignore, Replace, Tool
from govgo.core.modfile.syntax import FileSyntax, Line, LineBlock
from govgo.core.version import semver

_D = TypeVar("_D", bound=Directive)


def sort_lines(syntax: FileSyntax, *, by_version: bool = True, semantic_exclude: bool = False) -> None:
    """Sort the lines of every block by their tokens.

    Args:
        syntax: the file.
        by_version: order retractions by falling version.
        semantic_exclude: order exclusions of one module by version (go 1.21 and later,
        golang.org/issue/60028).
    """
    for statement in syntax.statements:
        if not isinstance(statement, LineBlock) or len(statement.lines) < 2:
            continue
        verb = statement.tokens[0]
        if verb == "retract" and by_version:
            statement.lines.sort(key=_INTERVAL)
        elif verb == "exclude" and semantic_exclude:
            statement.lines.sort(key=_EXCLUSION)
        else:
            statement.lines.sort(key=_words)


def _words(line: Line) -> list[bytes]:
    """Tokens as bytes: the order of UTF-8 text, also where it holds other bytes."""
    return [token.encode("utf-8", "surrogateescape") for token in line.tokens]


def _compare_exclusions(x: Line, y: Line) -> int:
    if len(x.tokens) == 2 and len(y.tokens) == 2 and x.tokens[0] == y.tokens[0]:
        return semver.compare(x.tokens[1], y.tokens[1])
    a, b = _words(x), _words(y)
    return (a > b) - (a < b)


def _compare_intervals(x: Line, y: Line) -> int:
    (low_x, high_x), (low_y, high_y) = _interval(x), _interval(y)
    return semver.compare(low_y, low_x) or semver.compare(high_y, high_x)


def _interval(line: Line) -> tuple[str, str]:
    match line.tokens:
        case [version]:
            return version, version
        case ["[", low, ",", high, "]"]:
            return low, high
    return "", ""


_EXCLUSION = cmp_to_key(_compare_exclusions)
_INTERVAL = cmp_to_key(_compare_intervals)


class DuplicateRemover:
    """Finds directives that repeat another one, and takes their lines out of a file.

    Of exclusions, tools and ignored directories the first stays, of replacements the last. Requirements are
    left to version selection; retractions may repeat, since their comments mean something.

    Cleared records have no line: they count as one line, so two of a kind go together and take others with
    them.
    """

    def __init__(self, syntax: FileSyntax) -> None:
        self._syntax = syntax
        self._doomed: set[Line | None] = set()

    def excludes(self, records: list[Exclude]) -> list[Exclude]:
        """The exclusions that stay."""
        return self._without(records, records, lambda record: record.mod)

    def replaces(self, records: list[Replace]) -> list[Replace]:
        """The replacements that stay."""
        return self._without(records, records[::-1], lambda record: record.old)

    def tools(self, records: list[Tool]) -> list[Tool]:
        """The tools that stay."""
        return self._without(records, records, lambda record: record.path)

    def ignores(self, records: list[Ignore]) -> list[Ignore]:
        """The ignored directories that stay."""
        return self._without(records, records, lambda record: record.path)

    def finish(self) -> None:
        """Take the lines out of the syntax tree, and blocks that are empty with them."""
        doomed, syntax = self._doomed, self._syntax
        for statement in syntax.statements:
            if doomed and isinstance(statement, LineBlock):
                statement.lines = [line for line in statement.lines if line not in doomed]
        syntax.statements = [
            statement
            for statement in syntax.statements
            if (statement.lines if isinstance(statement, LineBlock) else statement not in doomed)
        ]

    def _without(self, records: list[_D], by_right: Iterable[_D], key: Callable[[_D], Hashable]) -> list[_D]:
        seen: set[Hashable] = set()
        for record in by_right:
            name = key(record)
            if name in seen:
                self._doomed.add(_line(record))
            seen.add(name)
        return [record for record in records if _line(record) not in self._doomed]


def _line(record: Directive) -> Line | None:
    return record.syntax if record.alive else None
