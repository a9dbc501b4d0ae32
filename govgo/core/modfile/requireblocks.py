# SPDX-License-Identifier: BSD-3-Clause
"""Changing all requirements of a go.mod at once, while blocks, comments and order stay as far as they can.

From go 1.17 on, direct and indirect requirements stand in two blocks. A requirement that changes sides
moves to the last block of its side that has no comments; lines that people have annotated stay where they
are.
"""

from __future__ import annotations

from collections.abc import Iterable

from govgo.core.modfile.directives import Require, is_indirect
from govgo.core.modfile.quote import auto_quote
from govgo.core.modfile.syntax import Comment, CommentBlock, Comments, Expr, FileSyntax, Line, LineBlock

VERB = "require"


def add_require_line(syntax: FileSyntax, wanted: Require) -> Require:
    """Add a requirement at the end of the last block of them, and return its record."""
    path, version = wanted.mod
    record = Require(wanted.mod, syntax=syntax.add_line(None, VERB, auto_quote(path), version))
    record.set_indirect(wanted.indirect)
    return record


def set_all(syntax: FileSyntax, records: list[Require], wanted: Iterable[Require]) -> None:
    """Make the requirements exactly `wanted`, changing versions in place; new ones join the last block."""
    need: dict[str, Require] = {}
    for require in wanted:
        path, version = require.mod
        if need.setdefault(path, require).mod.version != version:
            raise ValueError(f"conflicting versions for path {path}: {need[path].mod.version} and {version}")
        need[path] = require
    for record in records:
        require_or_none = need.pop(record.mod.path, None)
        if require_or_none is None:
            record.clear()
        else:
            record.set_version(require_or_none.mod.version)
            record.set_indirect(require_or_none.indirect)
    records.extend(add_require_line(syntax, require) for require in need.values())


def set_separately(syntax: FileSyntax, records: list[Require], wanted: Iterable[Require], *, at_most_two: bool) -> None:
    """Make the requirements exactly `wanted`, direct and indirect ones in blocks of their own.

    Args:
        syntax: the file.
        records: its requirements; changed in place.
        wanted: the last one of a path counts.
        at_most_two: move every requirement, annotated or not, so that two blocks remain; the comments of the
            other blocks are gathered above these two.
    """
    need = {require.mod.path: require for require in wanted}
    layout = _Layout(syntax)
    if at_most_two:
        layout.gather_comments(
            {record.syntax: need[record.mod.path].indirect for record in records if record.mod.path in need}
        )
    layout.make_blocks()
    have: set[str] = set()
    for record in records:
        require = need.get(record.mod.path)
        if require is None or record.mod.path in have:
            record.clear()
            continue
        have.add(record.mod.path)
        record.set_version(require.mod.version)
        record.set_indirect(require.indirect)
        target, other = layout.sides(require.indirect)
        if at_most_two or layout.one_flat_block or layout.home.get(record.syntax) is other:
            _move(record, target)
    for path, require in need.items():
        if path not in have:
            line = Line([auto_quote(path), require.mod.version], in_block=True)
            record = Require(require.mod, syntax=line)
            record.set_indirect(require.indirect)
            layout.sides(require.indirect)[0].lines.append(line)
            records.append(record)


def _move(record: Require, block: LineBlock) -> None:
    """Let a copy of the line, with its comments, stand at the end of `block` in its place."""
    line = record.syntax.copy()
    if not line.in_block and line.tokens[:1] == [VERB]:
        del line.tokens[0]
    line.in_block = True
    record.syntax.tokens = []
    record.syntax = line
    block.lines.append(line)


def _annotated(node: Expr) -> bool:
    """Whether a node has comments other than "// indirect"."""
    if node.before or node.after or len(node.suffix) > 1:
        return True
    return len(node.suffix) == 1 and node.suffix[0].text != "indirect"


class _Layout:
    """Where the requirements of a file stand, and the two blocks that new and moved ones go to.

    Attributes:
        direct_at: the last statement of direct requirements without comments, -1 for none.
        indirect_at: likewise of indirect ones.
        last_at: the last statement of requirements, -1 for none.
        one_flat_block: whether all requirements stand in one statement without comments.
        home: the block of each line that was in one.
        direct: the block for direct requirements, after `make_blocks`.
        indirect: likewise for indirect ones.
    """

    def __init__(self, syntax: FileSyntax) -> None:
        self.syntax = syntax
        self.direct_at = self.indirect_at = self.last_at = -1
        self.home: dict[Line, LineBlock] = {}
        self.direct = self.indirect = LineBlock()
        self.direct_comments: Comments = ()
        self.indirect_comments: Comments = ()
        count = 0
        for index, statement in enumerate(self.syntax.statements):
            if isinstance(statement, CommentBlock) or statement.tokens[:1] != [VERB]:
                continue
            count += 1
            self.last_at = index
            direct, indirect = self._kinds(statement)
            if direct:
                self.direct_at = index
            if indirect:
                self.indirect_at = index
        self.one_flat_block = count == 1 and not _annotated(self.syntax.statements[self.last_at])

    def _kinds(self, statement: Line | LineBlock) -> tuple[bool, bool]:
        """Whether a statement without comments holds direct, or indirect, requirements only."""
        lines = [statement]
        if isinstance(statement, LineBlock):
            self.home.update(dict.fromkeys(statement.lines, statement))
            lines = [*statement.lines]
        if not lines or _annotated(statement) or any(map(_annotated, lines)):
            return False, False
        marks = {is_indirect(line) for line in lines if isinstance(line, Line)}
        return marks == {False}, marks == {True}

    def gather_comments(self, marks: dict[Line, bool]) -> None:
        """Take the comments above all blocks; `marks` tells which lines will be indirect."""
        for statement in self.syntax.statements:
            if not isinstance(statement, LineBlock) or statement.tokens[:1] != [VERB]:
                continue
            before, statement.before = statement.before, ()
            if statement.lines and all(marks.get(line, True) for line in statement.lines):
                self.indirect_comments = _join(self.indirect_comments, before)
            else:
                self.direct_comments = _join(self.direct_comments, before)

    def make_blocks(self) -> None:
        """Find or insert the two blocks; those that stay empty or with one line, cleanup takes back."""
        if self.direct_at >= 0:
            self.direct = self._as_block(self.direct_at)
        else:
            if self.indirect_at >= 0:
                self.direct_at = self.indirect_at
                self.indirect_at += 1
            elif self.last_at >= 0:
                self.direct_at = self.last_at + 1
            else:
                self.direct_at = len(self.syntax.statements)
            self.direct = self._insert(self.direct_at)
        if self.indirect_at >= 0:
            self.indirect = self._as_block(self.indirect_at)
        else:
            self.indirect = self._insert(self.direct_at + 1)
        self.direct.before += self.direct_comments
        self.indirect.before += self.indirect_comments

    def sides(self, indirect: bool) -> tuple[LineBlock, LineBlock]:
        """The block for requirements of this kind, and the other one."""
        return (self.indirect, self.direct) if indirect else (self.direct, self.indirect)

    def _insert(self, index: int) -> LineBlock:
        block = LineBlock([VERB])
        self.syntax.statements.insert(index, block)
        return block

    def _as_block(self, index: int) -> LineBlock:
        statement = self.syntax.statements[index]
        if isinstance(statement, LineBlock):
            return statement
        assert isinstance(statement, Line)
        block = LineBlock([VERB], [statement])
        statement.tokens = statement.tokens[1:]
        statement.in_block = True
        self.syntax.statements[index] = block
        return block


def _join(gathered: Comments, more: Comments) -> Comments:
    return (*gathered, Comment("//"), *more) if gathered and more else gathered + more
