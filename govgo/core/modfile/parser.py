# SPDX-License-Identifier: BSD-3-Clause
"""From bytes to the syntax tree, with every comment hung on the node it belongs to."""

from __future__ import annotations

from govgo.core.modfile.faults import LineFault, ModFileErrors
from govgo.core.modfile.lexer import COMMENT, ENDS_LINE, EOF, MAX_LINES, NEWLINE, STRING, SUFFIX, Lexer
from govgo.core.modfile.syntax import (
    Comment,
    CommentBlock,
    Comments,
    Expr,
    FileSyntax,
    Line,
    LineBlock,
    Paren,
    Position,
    Source,
)


def parse_syntax(name: str, data: bytes) -> FileSyntax:
    """Parse a go.mod or go.work without asking what its verbs mean.

    Raises:
        ModFileErrors: with the one lexical or grammatical error where parsing stopped.
    """
    if data.count(b"\n") > MAX_LINES:
        raise ModFileErrors((LineFault(f"too many lines (limit {MAX_LINES})", file=name, position=Position()),))
    return _Parser(Source(name, data.decode("utf-8", "surrogateescape"))).parse()


class _Parser:
    """A descent over the two levels of the grammar.

    An end-of-line comment hangs on the last node that ended before it and lies on one line; so in `x ( y⏎ z ) // c`
    the comment goes to z. `_latest` is that node, and `_hanging` what hangs on it; before any node, comments go to
    the top of the file.
    """

    __slots__ = ("_file", "_hanging", "_latest", "_lexer", "_source")

    def __init__(self, source: Source) -> None:
        self._source = source
        self._lexer = Lexer(source)
        self._file = FileSyntax(source)
        self._latest: Expr | None = None
        self._hanging: list[Comment] = []

    def parse(self) -> FileSyntax:
        lexer, statements = self._lexer, self._file.statements
        pending: list[Comment] = []
        pending_at = 0
        while True:
            kind = lexer.kind
            if kind == COMMENT:
                if not pending:
                    pending_at = lexer.start
                pending.append(Comment(lexer.token))
                lexer.read()
                continue
            if kind in (NEWLINE, EOF):
                if pending:
                    block = CommentBlock(before=tuple(pending), source=self._source, offset=pending_at)
                    self._pass(block)
                    statements.append(block)
                    pending = []
                if kind == EOF:
                    self._pass(None)
                    return self._file
                lexer.read()
                continue
            statement = self._statement()
            if pending:
                statement.before = tuple(pending)
                pending = []
            statements.append(statement)

    def _statement(self) -> Line | LineBlock:
        lexer = self._lexer
        start = lexer.start
        tokens: list[str] = []
        spread = False
        while True:
            kind, token, at = lexer.kind, lexer.token, lexer.start
            if tokens and kind in ENDS_LINE:
                line = Line(tokens, source=self._source, offset=start)
                if not spread:
                    self._pass(line)
                self._end_line()
                return line
            lexer.read()
            if kind != "(" or not tokens:
                tokens.append(token)
                spread = spread or (kind == STRING and "\n" in token)
            elif lexer.kind in ENDS_LINE:
                return self._block(tokens, start, at)
            elif lexer.kind == ")":
                close = lexer.start
                lexer.read()
                if lexer.kind in ENDS_LINE:
                    return self._close(self._open(tokens, start, at), close, spread=spread)
                tokens += ["(", ")"]
            else:
                tokens.append("(")

    def _block(self, tokens: list[str], start: int, at: int) -> LineBlock:
        lexer = self._lexer
        block = self._open(tokens, start, at)
        comments: list[Comment] = []
        while True:
            kind = lexer.kind
            if kind == SUFFIX:
                self._end_line()
            elif kind == NEWLINE:
                # A blank line is kept as one empty comment, except at the beginning.
                lexer.read()
                if comments[-1].token if comments else block.lines:
                    comments.append(Comment())
            elif kind == COMMENT:
                comments.append(Comment(lexer.token))
                lexer.read()
            elif kind == EOF:
                position = block.start
                where = f"{self._source.name}:{position.line}:{position.column}"
                raise lexer.fault(f"syntax error (unterminated block started at {where})")
            elif kind == ")":
                close = lexer.start
                lexer.read()
                if len(comments) == 1 and not comments[0].token:
                    comments = []
                block.rparen.before = tuple(comments)
                if lexer.kind not in ENDS_LINE:
                    raise lexer.fault("syntax error (expected newline after closing paren)")
                return self._close(block, close, spread=True)
            else:
                block.lines.append(self._line(tuple(comments)))
                comments = []

    def _line(self, before: Comments) -> Line:
        lexer = self._lexer
        start = lexer.start
        tokens: list[str] = []
        spread = False
        while (kind := lexer.kind) not in ENDS_LINE:
            token = lexer.token
            tokens.append(token)
            spread = spread or (kind == STRING and "\n" in token)
            lexer.read()
        line = Line(tokens, in_block=True, before=before, source=self._source, offset=start)
        if not spread:
            self._pass(line)
        self._end_line()
        return line

    def _open(self, tokens: list[str], start: int, at: int) -> LineBlock:
        lparen = Paren("(", source=self._source, offset=at)
        self._pass(lparen)
        return LineBlock(tokens, source=self._source, offset=start, lparen=lparen)

    def _close(self, block: LineBlock, close: int, *, spread: bool) -> LineBlock:
        block.rparen.source, block.rparen.offset = self._source, close
        self._pass(block.rparen if spread else block)
        self._end_line()
        return block

    def _end_line(self) -> None:
        """Take the token that ends a line, and hang the comment that it may be."""
        lexer = self._lexer
        if lexer.kind == SUFFIX:
            self._hanging.append(Comment(lexer.token))
        lexer.read()

    def _pass(self, node: Expr | None) -> None:
        """Hang the comments read so far, and let later ones hang on `node`."""
        if self._hanging:
            comments = tuple(self._hanging)
            self._hanging.clear()
            if self._latest is None:
                self._file.before = comments
            else:
                self._latest.suffix = comments
        self._latest = node
