# SPDX-License-Identifier: BSD-3-Clause
"""From bytes to the syntax tree, with every comment hung on the node it belongs to."""

from __future__ import annotations

from govgo.core.modfile.lexer import COMMENT, ENDS_LINE, EOF, NEWLINE, SUFFIX, Lexer
from govgo.core.modfile.syntax import (
    Comment,
    CommentBlock,
    Comments,
    Expr,
    FileSyntax,
    Line,
    LineBlock,
    Position,
)


def parse_syntax(name: str, data: bytes) -> FileSyntax:
    """Parse a go.mod or go.work without asking what its verbs mean.

    Raises:
        ModFileErrors: with the one lexical or grammatical error where parsing stopped.
    """
    return _Parser(name, data.decode("utf-8", "surrogateescape")).parse()


class _Parser:
    __slots__ = ("_file", "_lexer", "_name", "_nodes", "_text")

    def __init__(self, name: str, text: str) -> None:
        self._name = name
        self._text = text
        self._lexer = Lexer(name, text)
        self._file = FileSyntax(name=name)
        # Nodes in the order of their ends, with their first and last offset.
        self._nodes: list[tuple[Expr, int, int]] = []

    def parse(self) -> FileSyntax:
        lexer, statements = self._lexer, self._file.statements
        pending: list[Comment] = []
        pending_at = Position()
        while True:
            kind = lexer.kind
            if kind == COMMENT:
                if not pending:
                    pending_at = lexer.position(lexer.start)
                pending.append(Comment(lexer.token))
                lexer.read()
                continue
            if kind in (NEWLINE, EOF):
                if pending:
                    statements.append(CommentBlock(before=tuple(pending), start=pending_at))
                    pending = []
                if kind == EOF:
                    break
                lexer.read()
                continue
            statement = self._statement()
            statement.before = tuple(pending)
            pending = []
            statements.append(statement)
        self._hang_suffixes()
        return self._file

    def _statement(self) -> Line | LineBlock:
        lexer = self._lexer
        start, end = lexer.start, lexer.end
        position = lexer.position(start)
        tokens = [lexer.token]
        lexer.read()
        while True:
            kind, token, at, token_end = lexer.kind, lexer.token, lexer.start, lexer.end
            lexer.read()
            if kind in ENDS_LINE:
                line = Line(start=position, tokens=tokens)
                self._nodes.append((line, start, end))
                return line
            if kind != "(":
                tokens.append(token)
                end = token_end
            elif lexer.kind in ENDS_LINE:
                return self._block(position, tokens, start, at)
            elif lexer.kind == ")":
                close = lexer.start
                lexer.read()
                if lexer.kind in ENDS_LINE:
                    block = self._open(position, tokens, at)
                    lexer.read()
                    return self._close(block, start, close)
                tokens += ["(", ")"]
            else:
                tokens.append("(")

    def _open(self, position: Position, tokens: list[str], at: int) -> LineBlock:
        block = LineBlock(start=position, tokens=tokens)
        block.lparen.start = self._lexer.position(at)
        self._nodes.append((block.lparen, at, at + 1))
        return block

    def _close(self, block: LineBlock, start: int, close: int) -> LineBlock:
        block.rparen.start = self._lexer.position(close)
        self._nodes.append((block.rparen, close, close + 1))
        self._nodes.append((block, start, close + 1))
        return block

    def _block(self, position: Position, tokens: list[str], start: int, at: int) -> LineBlock:
        lexer = self._lexer
        block = self._open(position, tokens, at)
        comments: list[Comment] = []
        while True:
            kind = lexer.kind
            if kind == SUFFIX:
                lexer.read()
            elif kind == NEWLINE:
                # A blank line is kept as one empty comment, except at the beginning.
                lexer.read()
                if comments[-1].token if comments else block.lines:
                    comments.append(Comment())
            elif kind == COMMENT:
                comments.append(Comment(lexer.token))
                lexer.read()
            elif kind == EOF:
                where = f"{self._name}:{position.line}:{position.column}"
                raise lexer.fault(f"syntax error (unterminated block started at {where})")
            elif kind == ")":
                close = lexer.start
                lexer.read()
                if len(comments) == 1 and not comments[0].token:
                    comments = []
                block.rparen.before = tuple(comments)
                if lexer.kind not in ENDS_LINE:
                    raise lexer.fault("syntax error (expected newline after closing paren)")
                lexer.read()
                return self._close(block, start, close)
            else:
                block.lines.append(self._line(tuple(comments)))
                comments = []

    def _line(self, before: Comments) -> Line:
        lexer = self._lexer
        start, end = lexer.start, lexer.end
        tokens = [lexer.token]
        lexer.read()
        while lexer.kind not in ENDS_LINE:
            tokens.append(lexer.token)
            end = lexer.end
            lexer.read()
        line = Line(before=before, start=lexer.position(start), tokens=tokens, in_block=True)
        self._nodes.append((line, start, end))
        lexer.read()
        return line

    def _hang_suffixes(self) -> None:
        """Hang each end-of-line comment on the last node that ends before it and lies on one line.

        So in `x ( y⏎ z ) // why` the comment goes to z. What finds no node goes to the top of the file.
        """
        suffixes = self._lexer.suffixes
        for node, start, end in reversed(self._nodes):
            if not suffixes:
                return
            if end > suffixes[-1][0] or self._text.find("\n", start, end) >= 0:
                continue
            found: list[Comment] = []
            while suffixes and end <= suffixes[-1][0]:
                found.append(Comment(suffixes.pop()[1]))
            node.suffix = tuple(reversed(found))
        self._file.before = tuple(Comment(text) for _, text in suffixes)
