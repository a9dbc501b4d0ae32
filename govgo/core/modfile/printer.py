# SPDX-License-Identifier: BSD-3-Clause
"""The standard layout of go.mod and go.work.

A blank line separates statements, the lines of a block are indented by one tab, and comments keep their place. The file
that go writes is in this layout, so that one edit changes no other line.
"""

from __future__ import annotations

from collections.abc import Iterable

from govgo.core.golib.quote import GO_SPACE
from govgo.core.modfile.syntax import (
    Comment,
    CommentBlock,
    Expr,
    FileSyntax,
    Line,
    LineBlock,
    Paren,
)

_TIGHT_BEFORE = frozenset(",)]}")
_TIGHT_AFTER = frozenset("([{")


def format_file(syntax: FileSyntax) -> bytes:
    """The file in standard layout; parsing it and formatting again gives the same bytes."""
    page = _Page()
    page.comments(syntax.before)
    last = len(syntax.statements) - 1
    for index, statement in enumerate(syntax.statements):
        page.expr(statement)
        if not isinstance(statement, CommentBlock):
            page.newline()
        page.comments(statement.after)
        if index < last:
            page.newline()
    text = page.text()
    body = text.rstrip("\n")
    return (body + "\n" if body and body != text else body).encode("utf-8", "surrogateescape")


class _Page:
    """The finished lines, the line that is being written, and the end-of-line comments to write at its end."""

    __slots__ = ("_line", "_lines", "_margin", "_waiting")

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line = ""
        self._margin = 0
        self._waiting: list[Comment] = []

    def text(self) -> str:
        return "\n".join([*self._lines, self._line])

    def expr(self, node: Expr) -> None:
        if node.before:
            self._trim()
            if self._line:
                self._end_line()
            self._line += "\t" * self._margin
            self.comments(node.before)
        if isinstance(node, Line):
            self._tokens(node.tokens)
        elif isinstance(node, Paren):
            self._write(node.mark)
        elif isinstance(node, LineBlock):
            self._tokens(node.tokens)
            self._write(" ")
            self.expr(node.lparen)
            self._margin += 1
            for line in node.lines:
                self.newline()
                self.expr(line)
            self._margin -= 1
            self.newline()
            self.expr(node.rparen)
        self._waiting.extend(node.suffix)

    def comments(self, comments: Iterable[Comment]) -> None:
        for comment in comments:
            self._write(comment.token.strip(GO_SPACE))
            self.newline()

    def newline(self) -> None:
        """End the line with its comments. No blank line is written at the top or after another."""
        if self._waiting:
            self._write(" ")
            for index, comment in enumerate(self._waiting):
                if index > 0:
                    self._trim()
                    self._end_line()
                    self._write("\t" * self._margin)
                self._write(comment.token.strip(GO_SPACE))
            self._waiting.clear()
        self._trim()
        lines = self._lines
        if self._line or (lines and (lines[-1] or len(lines) == 1)):
            self._end_line()
        self._line += "\t" * self._margin

    def _end_line(self) -> None:
        self._lines.append(self._line)
        self._line = ""

    def _trim(self) -> None:
        self._line = self._line.rstrip("\t ")

    def _write(self, text: str) -> None:
        if "\n" in text:
            first, *rest = text.split("\n")
            self._lines.append(self._line + first)
            self._lines.extend(rest[:-1])
            self._line = rest[-1]
        else:
            self._line += text

    def _tokens(self, tokens: Iterable[str]) -> None:
        pieces: list[str] = []
        gap = ""
        for token in tokens:
            pieces.append(token if token in _TIGHT_BEFORE else gap + token)
            gap = "" if token in _TIGHT_AFTER else " "
        self._write("".join(pieces))
