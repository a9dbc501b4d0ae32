# SPDX-License-Identifier: BSD-3-Clause
"""The tokens of go.mod and go.work.

Source of the rules: Go Modules Reference, "Lexical elements", and the behaviour of the go command where
that is silent: nearly every printable character may stand in a word, quotes included; bytes that are not
UTF-8 count as printable; a backslash in an interpreted string may precede a line end.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate

from govgo.core.goquote import is_bad_byte, is_print, quote_char
from govgo.core.modfile.faults import LineFault, ModFileErrors
from govgo.core.modfile.syntax import Position

EOF = "end of file"
WORD = "word"
STRING = "string"
COMMENT = "comment"
SUFFIX = "end-of-line comment"
NEWLINE = "\n"
ENDS_LINE = frozenset({EOF, SUFFIX, NEWLINE})
"""Kinds of tokens that end a line. Other kinds are those above, or the punctuation mark itself."""

_TOKEN = re.compile(
    r"""[ \t\r]*+(?:
        (//[^\n]*+\n?)                                              # 1 comment
      | ([\n()\[\]{},])                                             # 2 punctuation
      | ("[^"\\\n]*+(?:\\[\s\S][^"\\\n]*+)*+" | `[^`\n]*+`)         # 3 string
      | ([^\x00-\x20\x7f()\[\]{},"`][^\x00-\x20\x7f()\[\]{},]*+)    # 4 word, perhaps a comment after it
    )?""",
    re.VERBOSE,
)
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
# The beginnings of strings that lack their closing quote.
_INTERPRETED = re.compile(r'"[^"\\\n]*+(?:\\[\s\S][^"\\\n]*+)*+')
_RAW = re.compile(r"`[^`\n]*+")


class Lexer:
    """A reader of `text` that stands on one token, already read, and knows its kind, text and offsets.

    Offsets count characters. Raises ModFileErrors with a single error at the first thing that is no token.
    """

    __slots__ = (
        "_byte_starts",
        "_line_starts",
        "_name",
        "_text",
        "at",
        "end",
        "kind",
        "start",
        "suffixes",
        "token",
    )

    def __init__(self, name: str, text: str) -> None:
        self._name = name
        self._text = text
        self._line_starts: list[int] = []
        self._byte_starts: list[int] = []
        self.at = 0
        self.kind = NEWLINE
        self.token = ""
        self.start = 0
        self.end = 0
        self.suffixes: list[tuple[int, str]] = []
        self.read()

    def read(self) -> None:
        """Step to the next token."""
        text = self._text
        match = _TOKEN.match(text, self.at)
        assert match is not None
        group = match.lastindex
        if group is None:
            self._odd(match.end())
            return
        self.start = start = match.start(group)
        self.end = self.at = match.end()
        if group == 4:
            self._word(match[4], start)
        elif group == 2:
            self.kind = self.token = match[2]
        elif group == 3:
            self.kind, self.token = STRING, match[3]
        else:
            self._comment(match[1], start)

    def position(self, offset: int) -> Position:
        """Line, column and byte of a character offset."""
        starts = self._line_starts
        if not starts:
            starts.append(0)
            starts.extend(match.end() for match in re.finditer("\n", self._text))
        line = bisect_right(starts, offset)
        start = starts[line - 1]
        return Position(line, offset - start + 1, self._byte(line - 1, start, offset))

    def fault(self, detail: str, offset: int | None = None) -> ModFileErrors:
        """An error at `offset`, or where reading has come to."""
        position = self.position(self.at if offset is None else offset)
        return ModFileErrors((LineFault(detail, file=self._name, position=position),))

    def _byte(self, line: int, start: int, offset: int) -> int:
        if self._text.isascii():
            return offset
        if not self._byte_starts:
            sizes = (len(row.encode("utf-8", "surrogateescape")) + 1 for row in self._text.split("\n"))
            self._byte_starts.extend(accumulate(sizes, initial=0))
        return self._byte_starts[line] + len(self._text[start:offset].encode("utf-8", "surrogateescape"))

    def _comment(self, token: str, start: int) -> None:
        text = token[:-2] if token.endswith("\r\n") else token.removesuffix("\n")
        self.token = text
        line_start = self._text.rfind("\n", 0, start) + 1
        if self._text[line_start:start].strip(" \t\r"):
            self.kind = SUFFIX
            self.suffixes.append((start, text))
        else:
            self.kind = COMMENT

    def _word(self, word: str, start: int) -> None:
        """A word ends before a comment and before a character that is not printable."""
        size = len(word)
        if "/" in word:
            slashes = word.find("//")
            star = word.find("/*", 0, size if slashes < 0 else slashes)
            size = star if star >= 0 else slashes if slashes >= 0 else size
        if not word.isascii():
            size = _printable(word, size)
            if size == 0:
                raise self._unexpected(start)
        if word.startswith("/*", size):
            raise self.fault("mod files must use // comments (not /* */ comments)", start + size)
        self.kind = WORD
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
    for match in _NOT_ASCII.finditer(word, 0, size):
        char = match[0]
        if not (is_print(char) or is_bad_byte(char)):
            return match.start()
    return size


def _string_end(text: str, at: int, mark: str) -> int:
    """Where an unfinished string breaks off: the offset of a line end, or the length of the text."""
    match = (_INTERPRETED if mark == '"' else _RAW).match(text, at)
    assert match is not None
    return len(text) if text.startswith("\\", match.end()) else match.end()
