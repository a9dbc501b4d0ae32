# SPDX-License-Identifier: BSD-3-Clause
"""The syntax tree of go.mod and go.work: statements, their tokens and every comment.

    FileSyntax
      CommentBlock      // lines that stand alone
      Line              verb token token …            // suffix
      LineBlock         verb (                        // suffix of the left parenthesis
        Line              token token …
      )

A tree is edited in place. An edit that deletes a line only takes its tokens away; `FileSyntax.cleanup` then removes the
lines without tokens, so that a thousand edits cost one pass.

Texts are `str`. A byte that is not UTF-8 is a lone surrogate (`surrogateescape`), and so one character, as it is one
rune for Go.

Source of the grammar: Go Modules Reference, "Lexical elements" and "Grammar".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate

from govgo.core.golib.quote import GO_SPACE
from govgo.core.records import NamedTuple


class Position(NamedTuple):
    """A place in a file: `line` and `column` (in characters) start at 1, `byte` at 0; all are 0 for no place."""

    line: int = 0
    column: int = 0
    byte: int = 0


class Source:
    """The text of a file, and the positions in it. Lines are counted when a position is first asked for."""

    __slots__ = ("_byte_starts", "_line_starts", "name", "text")

    def __init__(self, name: str = "", text: str = "") -> None:
        self.name = name
        self.text = text
        self._line_starts: list[int] = []
        self._byte_starts: list[int] = []

    def position(self, offset: int) -> Position:
        """Line, column and byte of a character offset; no position for a negative one."""
        if offset < 0:
            return Position()
        from bisect import bisect_right  # most commands ask for no position

        if not self._line_starts:
            self._line_starts.extend(accumulate((len(row) + 1 for row in self.text.split("\n")), initial=0))
        line = bisect_right(self._line_starts, offset)
        start = self._line_starts[line - 1]
        return Position(line, offset - start + 1, self._byte(line - 1, start, offset))

    def _byte(self, line: int, start: int, offset: int) -> int:
        if self.text.isascii():
            return offset
        if not self._byte_starts:
            sizes = (len(row.encode("utf-8", "surrogateescape")) + 1 for row in self.text.split("\n"))
            self._byte_starts.extend(accumulate(sizes, initial=0))
        return self._byte_starts[line] + len(self.text[start:offset].encode("utf-8", "surrogateescape"))


_NO_SOURCE = Source()


class Comment:
    """One `//` comment without its line end. The empty text stands for a blank line in a block, which is kept."""

    __slots__ = ("token",)

    def __init__(self, token: str = "") -> None:
        self.token = token

    @property
    def text(self) -> str:
        """The comment's words, without slashes and surrounding space."""
        return self.token.removeprefix("//").strip(GO_SPACE)


Comments = tuple[Comment, ...]


class Expr:
    """A node of the tree, with the comments that belong to it.

    Attributes:
        before: whole-line comments above it.
        suffix: comments at the end of its line.
        after: whole-line comments below it.
        source: the text that it was parsed from.
        offset: where it begins there, in characters; -1 for a node that was added later.
    """

    __slots__ = ("after", "before", "offset", "source", "suffix")

    def __init__(self, *, before: Comments = (), source: Source = _NO_SOURCE, offset: int = -1) -> None:
        self.before = before
        self.suffix: Comments = ()
        self.after: Comments = ()
        self.source = source
        self.offset = offset

    @property
    def start(self) -> Position:
        """Where the node begins in the file that was parsed; no position for a node that was added later."""
        return self.source.position(self.offset)


class CommentBlock(Expr):
    """Comment lines that belong to no statement."""

    __slots__ = ()


class Line(Expr):
    """One line of tokens. In a block the verb is among the tokens of the block. A line without tokens is deleted."""

    __slots__ = ("in_block", "tokens")

    def __init__(
        self,
        tokens: Iterable[str] = (),
        *,
        in_block: bool = False,
        before: Comments = (),
        source: Source = _NO_SOURCE,
        offset: int = -1,
    ) -> None:
        self.before = before
        self.suffix = ()
        self.after = ()
        self.source = source
        self.offset = offset
        self.tokens = list(tokens)
        self.in_block = in_block

    def __repr__(self) -> str:
        return f"Line({self.tokens!r}, in_block={self.in_block})"

    def mark_removed(self) -> None:
        """Delete the line and its end-of-line comment at the next cleanup."""
        self.tokens = []
        self.suffix = ()

    def update(self, *tokens: str) -> None:
        """Replace the tokens; the first, the verb, is dropped when the line is in a block."""
        self.tokens = list(tokens[1:] if self.in_block else tokens)

    def copy(self) -> Line:
        """A line with the same tokens and comments."""
        line = Line(self.tokens, in_block=self.in_block, before=self.before, source=self.source, offset=self.offset)
        line.suffix, line.after = self.suffix, self.after
        return line


class Paren(Expr):
    """A parenthesis of a block, which may carry comments; `mark` is the parenthesis."""

    __slots__ = ("mark",)

    def __init__(self, mark: str, *, source: Source = _NO_SOURCE, offset: int = -1) -> None:
        super().__init__(source=source, offset=offset)
        self.mark = mark


class LineBlock(Expr):
    """A verb and its lines between parentheses."""

    __slots__ = ("lines", "lparen", "rparen", "tokens")

    def __init__(
        self,
        tokens: Iterable[str] = (),
        lines: Iterable[Line] = (),
        *,
        source: Source = _NO_SOURCE,
        offset: int = -1,
        lparen: Paren | None = None,
    ) -> None:
        super().__init__(source=source, offset=offset)
        self.tokens = list(tokens)
        self.lines = list(lines)
        self.lparen = lparen if lparen is not None else Paren("(")
        self.rparen = Paren(")")


Statement = CommentBlock | Line | LineBlock


class FileSyntax(Expr):
    """A whole file."""

    __slots__ = ("statements",)

    def __init__(self, source: Source = _NO_SOURCE) -> None:
        super().__init__(source=source)
        self.statements: list[Statement] = []

    def add_line(self, hint: Statement | None, *tokens: str) -> Line:
        """Add a line near `hint`, and return it.

        If the hint has the same verb, the line joins its block, right after the hint when that is a line of the block;
        a hint that is a single line becomes a block of two. If the hint has another verb, the line follows its
        statement. Without a hint the line joins the last statement of its verb, or else is the last of the file.
        """
        if hint is None:
            hint = self._last(tokens[0])
        if hint is not None:
            for index, statement in enumerate(self.statements):
                if statement is hint:
                    return self._add_near(index, tokens)
                if not isinstance(statement, LineBlock) or not isinstance(hint, Line) or not hint.in_block:
                    continue
                at = next((i for i, line in enumerate(statement.lines) if line is hint), -1)
                if at >= 0:
                    return self._add_inside(index, at, tokens)
        return self.append_line(*tokens)

    def append_line(self, *tokens: str) -> Line:
        """Add a line at the end of the file."""
        line = Line(tokens)
        self.statements.append(line)
        return line

    def add_line_after(self, hint: Line | None, *tokens: str) -> Line:
        """Add a line near `hint`; without a hint at the end of the file, even if blocks of the verb exist."""
        return self.append_line(*tokens) if hint is None else self.add_line(hint, *tokens)

    def _last(self, verb: str) -> Line | LineBlock | None:
        for statement in reversed(self.statements):
            if isinstance(statement, (Line, LineBlock)) and statement.tokens[:1] == [verb]:
                return statement
        return None

    def _add_near(self, index: int, tokens: Sequence[str]) -> Line:
        """Add to the statement itself where the verb is the same, after it otherwise."""
        statement = self.statements[index]
        if isinstance(statement, CommentBlock) or statement.tokens[:1] != [tokens[0]]:
            line = Line(tokens)
            self.statements.insert(index + 1, line)
            return line
        line = Line(tokens[1:], in_block=True)
        if isinstance(statement, LineBlock):
            statement.lines.append(line)
        else:
            self.statements[index] = LineBlock(statement.tokens[:1], [statement, line])
            statement.in_block = True
            statement.tokens = statement.tokens[1:]
        return line

    def _add_inside(self, index: int, at: int, tokens: Sequence[str]) -> Line:
        """Add after line `at` of the block where the verb is the same, after the block otherwise."""
        block = self.statements[index]
        assert isinstance(block, LineBlock)
        if block.tokens[:1] != [tokens[0]]:
            line = Line(tokens)
            self.statements.insert(index + 1, line)
        else:
            line = Line(tokens[1:], in_block=True)
            block.lines.insert(at + 1, line)
        return line

    def cleanup(self) -> None:
        """Remove deleted lines and empty blocks; a block of one line becomes that line, unless `)` has comments."""
        kept: list[Statement] = []
        for statement in self.statements:
            if isinstance(statement, Line) and not statement.tokens:
                continue
            if isinstance(statement, LineBlock):
                statement.lines = [line for line in statement.lines if line.tokens]
                if not statement.lines:
                    continue
                if len(statement.lines) == 1 and not statement.rparen.before:
                    kept.append(_collapse(statement))
                    continue
            kept.append(statement)
        self.statements = kept


def _collapse(block: LineBlock) -> Line:
    """The only line of `block`, with the block's verb and comments; the same object, since directives refer to it."""
    line = block.lines[0]
    line.before = block.before + line.before
    line.suffix = line.suffix + block.suffix
    line.after = line.after + block.after
    line.tokens = block.tokens + line.tokens
    line.in_block = False
    line.offset = -1
    return line
