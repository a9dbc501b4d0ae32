# SPDX-License-Identifier: BSD-3-Clause
"""What go.mod and go.work share: directives and edits, the order of lines in blocks, and repeated directives.

Edits mark lines of the syntax tree as deleted; `cleanup` then removes them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable
from functools import cmp_to_key

from govgo.core.golib.quote import quote
from govgo.core.golib.unicode import DIGITS, LOWER
from govgo.core.modfile.directives import Directive, Exclude, Go, Godebug, Ignore, Replace, Tool, Toolchain
from govgo.core.modfile.quote import auto_quote
from govgo.core.modfile.syntax import Comment, CommentBlock, FileSyntax, Line, LineBlock
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.typehints import TypeVar
from govgo.core.version import semver
from govgo.core.version.semver import is_number
from govgo.errors import InvalidVersionError

_D = TypeVar("_D", bound=Directive)


def sort_lines(syntax: FileSyntax, *, by_version: bool = True, semantic_exclude: bool = False) -> None:
    """Sort the lines of every block by their tokens.

    Args:
        syntax: the file.
        by_version: order retractions by version, the highest first.
        semantic_exclude: order exclusions of one module by version (go 1.21 and later, golang.org/issue/60028).
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
    """Tokens as bytes. Go compares bytes; the lone surrogates that stand for bad bytes would order otherwise."""
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

    Of equal exclusions, tools and ignored directories the first stays, of equal replacements the last. Requirements may
    repeat, since version selection chooses among them, and retractions, since their comments may differ.

    As in go, all cleared records have the same line, none: if two of them are equal, all are taken out.
    """

    def __init__(self, syntax: FileSyntax) -> None:
        self._syntax = syntax
        self._repeated: set[Line | None] = set()

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
        """Take the lines out of the syntax tree, and the blocks that are then empty."""
        repeated, syntax = self._repeated, self._syntax
        for statement in syntax.statements:
            if repeated and isinstance(statement, LineBlock):
                statement.lines = [line for line in statement.lines if line not in repeated]
        syntax.statements = [
            statement
            for statement in syntax.statements
            if (statement.lines if isinstance(statement, LineBlock) else statement not in repeated)
        ]

    def _without(self, records: list[_D], by_rank: Iterable[_D], key: Callable[[_D], Hashable]) -> list[_D]:
        seen: set[Hashable] = set()
        for record in by_rank:
            name = key(record)
            if name in seen:
                self._repeated.add(_line(record))
            seen.add(name)
        return [record for record in records if _line(record) not in self._repeated]


def _line(record: Directive) -> Line | None:
    return record.syntax if record.alive else None


def is_go_version(version: str) -> bool:
    """Whether a go line may have `version` (modfile.GoVersionRE): "1.21", "1.21.3", "1.21rc2", "1.21.0rc1"."""
    named = version.rstrip(DIGITS)
    numbers = named.rstrip(LOWER)
    if numbers == named or named == version:
        numbers = version  # no kind with a number behind it
    parts = numbers.split(".")
    return 2 <= len(parts) <= 3 and version.isascii() and all(map(is_number, parts)) and parts[0] != "0"


def is_toolchain_name(name: str) -> bool:
    """Whether a toolchain line may have `name`; names that later releases may use are allowed (modfile.ToolchainRE)."""
    return name in ("default", "go1") or name.startswith("go1.")


class DirectiveFile(ABC):
    """The directives that both files have, in the order of their lines, and the syntax tree with the lines."""

    __slots__ = ("go", "godebug", "replace", "syntax", "toolchain")

    def __init__(self, syntax: FileSyntax | None = None) -> None:
        self.syntax = syntax if syntax is not None else FileSyntax()
        self.go: Go | None = None
        self.toolchain: Toolchain | None = None
        self.godebug: list[Godebug] = []
        self.replace: list[Replace] = []

    def format(self) -> bytes:
        """The file's text in standard layout."""
        from govgo.core.modfile.printer import format_file  # most commands write no file

        return format_file(self.syntax)

    def add_comment(self, text: str) -> None:
        """Add a comment that stands alone at the end of the file; `text` includes the slashes."""
        self.syntax.statements.append(CommentBlock(before=(Comment(text),)))

    def add_go_stmt(self, version: str) -> None:
        """Set the go line, adding it where there is none.

        Raises:
            InvalidVersionError: `version` is not a Go version.
        """
        if not is_go_version(version):
            raise InvalidVersionError(f"invalid language version {quote(version)}", version=version)
        if self.go is None:
            self.go = Go(version, syntax=self._place_go("go", version))
        else:
            self.go.version = version
            self.go.syntax.update("go", version)

    def drop_go_stmt(self) -> None:
        """Delete the go line."""
        if self.go is not None:
            self.go.syntax.mark_removed()
            self.go = None

    def add_toolchain_stmt(self, name: str) -> None:
        """Set the toolchain line, adding it after the go line where there is none.

        Raises:
            InvalidVersionError: `name` is not the name of a toolchain.
        """
        if not is_toolchain_name(name):
            raise InvalidVersionError(f"invalid toolchain name {quote(name)}", version=name)
        if self.toolchain is None:
            self.toolchain = Toolchain(name, syntax=self._place_toolchain("toolchain", name))
        else:
            self.toolchain.name = name
            self.toolchain.syntax.update("toolchain", name)

    def drop_toolchain_stmt(self) -> None:
        """Delete the toolchain line."""
        if self.toolchain is not None:
            self.toolchain.syntax.mark_removed()
            self.toolchain = None

    def add_godebug(self, key: str, value: str) -> None:
        """Set the first godebug line of `key` and delete the others; add one to the last block when there is none."""
        same = [record for record in self.godebug if record.key == key]
        if not same:
            line = self.syntax.add_line(None, "godebug", f"{key}={value}")
            self.godebug.append(Godebug(key, value, syntax=line))
            return
        same[0].value = value
        same[0].syntax.update("godebug", f"{key}={value}")
        for record in same[1:]:
            record.clear()

    def drop_godebug(self, key: str) -> None:
        """Delete the godebug lines of `key`."""
        for record in self.godebug:
            if record.key == key:
                record.clear()

    def add_replace(self, old_path: str, old_version: str, new_path: str, new_version: str) -> None:
        """Replace `old_path` at `old_version`, or at every version when that is "".

        The first replacement of this path and version is changed and the others are deleted; with the version "", that
        is every replacement of the path. If there is none, a line is added after the last replacement of the path, or
        else at the end of the file.
        """
        new = ModuleVersion(new_path, new_version)
        right = ("=>", auto_quote(new_path), *([new_version] if new_version else []))
        left = ("replace", auto_quote(old_path), *([old_version] if old_version else []))
        hint: Line | None = None
        found = False
        for record in self.replace:
            if record.old.path != old_path:
                continue
            if old_version in ("", record.old.version):
                if found:
                    record.clear()
                    continue
                found = True
                record.new = new
                record.syntax.update(*left, *right)
            else:
                hint = record.syntax
        if not found:
            line = self.syntax.add_line_after(hint, *left, *right)
            self.replace.append(Replace(ModuleVersion(old_path, old_version), new, syntax=line))

    def drop_replace(self, old_path: str, old_version: str) -> None:
        """Delete the replacements of exactly this path and version."""
        for record in self.replace:
            if record.old == (old_path, old_version):
                record.clear()

    @abstractmethod
    def _place_go(self, *tokens: str) -> Line:
        """Add the go line where it belongs in this kind of file."""

    @abstractmethod
    def _place_toolchain(self, *tokens: str) -> Line:
        """Add the toolchain line where it belongs in this kind of file."""
