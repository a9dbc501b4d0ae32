# SPDX-License-Identifier: BSD-3-Clause
"""From the bytes of a go.mod or go.work to its syntax tree, with every comment at the node that it belongs to.

    file      = { line | block } .
    line      = word { word } newline .
    block     = word { word } "(" newline { line } ")" newline .

Source of the rules: Go Modules Reference, "Lexical elements" and "Grammar", and the behaviour of the go command where
these are silent: a word may have nearly every printable character, quotes included; bytes that are not UTF-8 count
as printable; a backslash in an interpreted string may precede a line end.
"""

from __future__ import annotations

from govgo.core.golib.quote import quote_char
from govgo.core.golib.unicode import is_print
from govgo.core.lazyregex import late
from govgo.core.modfile.faults import LineFault, ModFileErrors
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

EOF = "end of file"
WORD = "word"
STRING = "string"
COMMENT = "comment"
SUFFIX = "end-of-line comment"
NEWLINE = "\n"
ENDS_LINE = frozenset({EOF, SUFFIX, NEWLINE})
"""The kinds of tokens that end a line. Punctuation marks are kinds of their own."""

MAX_LINES = 100_000
MAX_TOKENS = 400_000
MAX_WORD = 4096
"""Limits for one file: lines and tokens some sixteen times what the largest known files have, and the characters of a
word, which no path of a file system exceeds. go has none; here a hostile file of 16 MiB, the most that go reads, would
otherwise fill gigabytes, or come back whole in an error's text.
"""

_BLANKS = frozenset(" \t\r")
_QUOTES = frozenset('"`')
_PUNCTUATION = frozenset("\n()[]{},")
_ENDS_WORD = dict.fromkeys([*range(0x21), 0x7F, *map(ord, _PUNCTUATION)], " ")
"""Takes what ends a word to a blank: blanks, control characters and punctuation marks."""

# By possessive quantifiers, which keep the time linear for hostile files.
_STRING = late(r'"[^"\\\n]*+(?>(?:\\[\s\S][^"\\\n]*+)*)"|`[^`\n]*+`')
# Neither ASCII nor a byte that is not UTF-8.
_NOT_PLAIN = late("[^\x00-\x7f\udc80-\udcff]")
# The beginnings of strings that lack their closing quote.
_INTERPRETED = late(r'"[^"\\\n]*+(?>(?:\\[\s\S][^"\\\n]*+)*)')
_RAW = late(r"`[^`\n]*+")


class Lexer:
    """Reads tokens one by one. The attributes describe the token that was read last.

    Offsets count characters; `at` is where the next token is looked for. Raises ModFileErrors with a single error at
    the first character that begins no token, and after MAX_TOKENS.
    """

    __slots__ = ("_ascii", "_left", "_text", "_words", "at", "end", "kind", "source", "start", "token")

    def __init__(self, source: Source) -> None:
        self.source = source
        self._text = source.text
        self._words = source.text.translate(_ENDS_WORD)
        self._ascii = source.text.isascii()
        self._left = MAX_TOKENS
        self.at = 0
        self.kind = NEWLINE
        self.token = ""
        self.start = 0
        self.end = 0
        self.read()

    def read(self) -> None:
        """Read the next token."""
        self._left -= 1
        if self._left < 0:
            raise self.fault(f"too many tokens (limit {MAX_TOKENS})")
        text, at = self._text, self.at
        while (char := text[at : at + 1]) in _BLANKS:
            at += 1
        if char in _PUNCTUATION:
            self.kind, end = char, at + 1
        elif char == "/" and text.startswith("//", at):
            self._comment(at)
            return
        elif char in _QUOTES:
            string = _STRING.match(text, at)
            if string is None:
                self._odd(at)
                return
            self.kind, end = STRING, string.end()
        elif char and self._words[at] != " ":
            self.kind, end = WORD, self._words.find(" ", at)
            if end < 0:
                end = len(text)
        else:
            self._odd(at)
            return
        self.token = text[at:end]
        self.start = at
        self.at = self.end = end
        if self.kind == WORD and (not self._ascii or "//" in self.token or "/*" in self.token):
            self._shorten(self.token, at)
        if end - at > MAX_WORD and len(self.token) > MAX_WORD:
            raise self.fault(f"word too long (limit {MAX_WORD} characters)", at)

    def fault(self, detail: str, offset: int | None = None) -> ModFileErrors:
        """An error at `offset`, or at the end of the token read last."""
        position = self.source.position(self.at if offset is None else offset)
        return ModFileErrors((LineFault(detail, file=self.source.name, position=position),))

    def _comment(self, start: int) -> None:
        line_end = self._text.find("\n", start) + 1 or len(self._text)
        token = self._text[start:line_end]
        self.start = start
        self.at = self.end = line_end
        self.token = token[:-2] if token.endswith("\r\n") else token.removesuffix("\n")
        line_start = self._text.rfind("\n", 0, start) + 1
        self.kind = SUFFIX if self._text[line_start:start].strip(" \t\r") else COMMENT

    def _shorten(self, word: str, start: int) -> None:
        """End a word before a comment, or before a character that is not printable."""
        size = len(word)
        slashes = word.find("//")
        star = word.find("/*", 0, size if slashes < 0 else slashes)
        size = star if star >= 0 else slashes if slashes >= 0 else size
        if size > 0 and not word.isascii():
            size = _printable(word, size)
            if size == 0:
                raise self._unexpected(start)
        if word.startswith("/*", size):
            raise self.fault("mod files must use // comments (not /* */ comments)", start + size)
        self.token = word[:size]
        self.end = self.at = start + size

    def _odd(self, at: int) -> None:
        """The end of the file, an unfinished string, or a character that starts no token."""
        self.start = self.end = self.at = at
        self.token = ""
        if at == len(self._text):
            self.kind = EOF
            return
        mark = self._text[at]
        if mark not in '"`':
            raise self._unexpected(at)
        end = _string_end(self._text, at, mark)
        if end < len(self._text):
            raise self.fault("unexpected newline in string", end)
        raise self.fault("unexpected EOF in string", at)

    def _unexpected(self, at: int) -> ModFileErrors:
        return self.fault(f"unexpected input character {quote_char(self._text[at])}", at)


def _printable(word: str, size: int) -> int:
    """How many of the first `size` characters come before one that no word may hold."""
    for match in _NOT_PLAIN.finditer(word, 0, size):
        if not is_print(match[0]):
            return match.start()
    return size


def _string_end(text: str, at: int, mark: str) -> int:
    """Where an unfinished string breaks off: the offset of a line end, or the length of the text."""
    match = (_INTERPRETED if mark == '"' else _RAW).match(text, at)
    assert match is not None
    return len(text) if text.startswith("\\", match.end()) else match.end()


def parse_syntax(name: str, data: bytes) -> FileSyntax:
    """Parse a go.mod or go.work; any word may be a verb.

    Raises:
        ModFileErrors: with the one lexical or grammatical error where parsing stopped.
    """
    if data.count(b"\n") > MAX_LINES:
        raise ModFileErrors((LineFault(f"too many lines (limit {MAX_LINES})", file=name, position=Position()),))
    return _Parser(Source(name, data.decode("utf-8", "surrogateescape"))).parse()


class _Parser:
    """Reads the two levels of the grammar by descent.

    An end-of-line comment belongs to the last node before it that lies on one line: in `x ( y⏎ z ) // c` that is z.
    `_latest` is that node, and `_hanging` are its comments so far. Comments before any node belong to the file.
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
        """Read past the token that ends a line, and keep it if it is a comment."""
        lexer = self._lexer
        if lexer.kind == SUFFIX:
            self._hanging.append(Comment(lexer.token))
        lexer.read()

    def _pass(self, node: Expr | None) -> None:
        """Give the comments read so far to their node; those that follow belong to `node`."""
        if self._hanging:
            comments = tuple(self._hanging)
            self._hanging.clear()
            if self._latest is None:
                self._file.before = comments
            else:
                self._latest.suffix = comments
        self._latest = node
