# SPDX-License-Identifier: BSD-3-Clause
"""The tokens of go.mod and go.work.

Source of the rules: Go Modules Reference, "Lexical elements", and the behaviour of the go command where
that is silent: nearly every printable character may stand in a word, quotes included; bytes that are not
UTF-8 count as printable; a backslash in an interpreted string may precede a line end.
"""

from __future__ import annotations

import re

from govgo.core.golib.quote import is_print, quote_char
from govgo.core.modfile.faults import LineFault, ModFileErrors
from govgo.core.modfile.syntax import Source

EOF = "end of file"
WORD = "word"
STRING = "string"
COMMENT = "comment"
SUFFIX = "end-of-line comment"
NEWLINE = "\n"
ENDS_LINE = frozenset({EOF, SUFFIX, NEWLINE})
"""Kinds of tokens that end a line. Other kinds are those above, or the punctuation mark itself."""

MAX_LINES = 250_000
MAX_TOKENS = 1_000_000
"""Lines and tokens of one file: some forty times what the largest files known have. go has no such limits; a hostile
file within go's 16 MiB would fill gigabytes.
"""

_TOKEN = re.compile(
    r"""[ \t\r]*+(?:
        (//[^\n]*+\n?)                                              # 1 comment
      | ([\n()\[\]{},])                                             # 2 punctuation
      | ("[^"\\\n]*+(?:\\[\s\S][^"\\\n]*+)*+" | `[^`\n]*+`)         # 3 string
      | ([^\x00-\x20\x7f()\[\]{},"`][^\x00-\x20\x7f()\[\]{},]*+)    # 4 word, perhaps a comment after it
    )?""",
    re.VERBOSE,
)
# Neither ASCII nor a byte that is not UTF-8.
_NOT_PLAIN = re.compile("[^\x00-\x7f\udc80-\udcff]")
# The beginnings of strings that lack their closing quote.
_INTERPRETED = re.compile(r'"[^"\\\n]*+(?:\\[\s\S][^"\\\n]*+)*+')
_RAW = re.compile(r"`[^`\n]*+")


class Lexer:
    """A reader of a text that stands on one token, already read, and knows its kind, text and offsets.

    Offsets count characters. `at` is where reading has come to. Raises ModFileErrors with a single error at the
    first thing that is no token, and after MAX_TOKENS.
    """

    __slots__ = ("_ascii", "_left", "_text", "at", "end", "kind", "source", "start", "token")

    def __init__(self, source: Source) -> None:
        self.source = source
        self._text = source.text
        self._ascii = source.text.isascii()
        self._left = MAX_TOKENS
        self.at = 0
        self.kind = NEWLINE
        self.token = ""
        self.start = 0
        self.end = 0
        self.read()

    def read(self) -> None:
        """Step to the next token."""
        match = _TOKEN.match(self._text, self.at)
        assert match is not None
        self._left -= 1
        if self._left < 0:
            raise self.fault(f"too many tokens (limit {MAX_TOKENS})")
        self.at = self.end = match.end()
        group = match.lastindex
        if group is None:
            self._odd(self.at)
            return
        token = match[group]
        self.start = self.at - len(token)
        self.token = token
        if group == 2:
            self.kind = token
        elif group == 4:
            self.kind = WORD
            if not self._ascii or "//" in token or "/*" in token:
                self._shorten(token, self.start)
        elif group == 3:
            self.kind = STRING
        else:
            self._comment(token, self.start)

    def fault(self, detail: str, offset: int | None = None) -> ModFileErrors:
        """An error at `offset`, or where reading has come to."""
        position = self.source.position(self.at if offset is None else offset)
        return ModFileErrors((LineFault(detail, file=self.source.name, position=position),))

    def _comment(self, token: str, start: int) -> None:
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
