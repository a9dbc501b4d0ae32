# SPDX-License-Identifier: BSD-3-Clause
"""The tokens of a Go template: text, and what is between `{{` and `}}`.

`{{- ` and ` -}}` also remove the white space before and after the action.

Source of the rules: the documentation of package text/template, "Text and spaces", "Actions" and "Arguments".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum, auto

from govgo.core.golib.quote import quote
from govgo.core.lazyregex import late
from govgo.core.records import NamedTuple

_SPACES = " \t\r\n"
_RIGHT = late(r"[ \t\r\n]-\}\}|\}\}")
_SPACE = late(r"[ \t\r\n]+?(?=[ \t\r\n]-\}\})|[ \t\r\n]+")
_WORD = late(r"\w+")
_NAME = late(r"\w*")
_NUMBER = late(
    r"""[+-]?(?:
          0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?
        | 0[oO][0-7_]*(?:\.[0-7_]*)?
        | 0[bB][01_]*(?:\.[01_]*)?
        | [0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?
        )i?""",
    re.VERBOSE,
)
_TERMINATORS = frozenset(" \t\r\n.,|:)(")


class Kind(Enum):
    """The kinds of tokens."""

    TEXT = auto()
    LEFT = auto()
    RIGHT = auto()
    SPACE = auto()
    FIELD = auto()
    VARIABLE = auto()
    DOT = auto()
    WORD = auto()
    KEYWORD = auto()
    NIL = auto()
    BOOL = auto()
    NUMBER = auto()
    CHARACTER = auto()
    STRING = auto()
    ASSIGN = auto()
    DECLARE = auto()
    PIPE = auto()
    OPEN = auto()
    CLOSE = auto()
    OTHER = auto()
    ERROR = auto()
    END = auto()


KEYWORDS = frozenset({"block", "break", "continue", "define", "else", "end", "if", "range", "template", "with"})


class Token(NamedTuple):
    """A piece of a template; `pos` is an index into the text, `line` begins at 1."""

    kind: Kind
    text: str
    pos: int
    line: int

    def __str__(self) -> str:
        if self.kind is Kind.END:
            return "EOF"
        if self.kind is Kind.ERROR:
            return self.text
        if self.kind in (Kind.KEYWORD, Kind.NIL, Kind.DOT):
            return f"<{self.text}>"
        if len(self.text) > 10:
            return f"{quote(self.text[:10])}..."
        return quote(self.text)


class _Fault(Exception):
    """A malformed token that begins at `pos`."""

    def __init__(self, text: str, pos: int) -> None:
        super().__init__(text)
        self.pos = pos


def tokens(text: str) -> Iterator[Token]:
    """The tokens of a template; the last one is END or ERROR."""
    lexer = _Lexer(text)
    try:
        yield from lexer.run()
    except _Fault as fault:
        yield Token(Kind.ERROR, str(fault), fault.pos, lexer.line(fault.pos))
        return
    yield Token(Kind.END, "EOF", len(text), lexer.line(len(text)))


class _Lexer:
    def __init__(self, text: str) -> None:
        self.text = text
        self.pos = 0
        self.depth = 0

    def line(self, pos: int) -> int:
        return 1 + self.text.count("\n", 0, pos)

    def token(self, kind: Kind, end: int) -> Token:
        start, self.pos = self.pos, end
        return Token(kind, self.text[start:end], start, self.line(start))

    def run(self) -> Iterator[Token]:
        text = self.text
        while True:
            cut = text.find("{{", self.pos)
            if cut < 0:
                if self.pos < len(text):
                    yield self.token(Kind.TEXT, len(text))
                return
            trims = text[cut + 2 : cut + 3] == "-" and text[cut + 3 : cut + 4] in tuple(_SPACES)
            end = self.pos + len(text[self.pos : cut].rstrip(_SPACES)) if trims else cut
            if end > self.pos:
                yield self.token(Kind.TEXT, end)
            self.pos = cut
            after = cut + (4 if trims else 2)
            if text.startswith("/*", after):
                self._skip_comment(after)
                continue
            yield self.token(Kind.LEFT, cut + 2)
            self.pos = after
            self.depth = 0
            yield from self._action()

    def _skip_comment(self, start: int) -> None:
        end = self.text.find("*/", start + 2)
        if end < 0:
            raise _Fault("unclosed comment", start)
        right = _RIGHT.match(self.text, end + 2)
        if right is None:
            raise _Fault("comment ends before closing delimiter", start)
        self._finish(right)

    def _finish(self, right: re.Match[str]) -> None:
        """Move past a right delimiter, and past the white space that it trims."""
        self.pos = right.end()
        if len(right[0]) > 2:
            while self.pos < len(self.text) and self.text[self.pos] in _SPACES:
                self.pos += 1

    def _action(self) -> Iterator[Token]:
        while True:
            right = _RIGHT.match(self.text, self.pos)
            if right is not None:
                if self.depth:
                    raise _Fault("unclosed left paren", self.pos)
                self.pos = right.end() - 2
                yield self.token(Kind.RIGHT, right.end())
                self._finish(right)
                return
            yield self._one()

    def _one(self) -> Token:
        text, start = self.text, self.pos
        char = text[start : start + 1]
        if not char:
            raise _Fault("unclosed action", start)
        if space := _SPACE.match(text, start):
            return self.token(Kind.SPACE, space.end())
        if char in "=|":
            return self.token(Kind.ASSIGN if char == "=" else Kind.PIPE, start + 1)
        if char == ":":
            if text[start + 1 : start + 2] != "=":
                raise _Fault("expected :=", start)
            return self.token(Kind.DECLARE, start + 2)
        if char in "\"'":
            return self._quoted(char)
        if char == "`":
            end = text.find("`", start + 1)
            if end < 0:
                raise _Fault("unterminated raw quoted string", start)
            return self.token(Kind.STRING, end + 1)
        if char == "$":
            return self._name(Kind.VARIABLE, start + 1)
        if char == "." and text[start + 1 :] and not "0" <= text[start + 1] <= "9":
            return self._name(Kind.FIELD, start + 1)
        if char in "+-." or "0" <= char <= "9":
            return self._number()
        if word := _WORD.match(text, start):
            return self._word(word.end())
        if char == "(":
            self.depth += 1
            return self.token(Kind.OPEN, start + 1)
        if char == ")":
            self.depth -= 1
            if self.depth < 0:
                raise _Fault("unexpected right paren", start)
            return self.token(Kind.CLOSE, start + 1)
        if char.isascii() and char.isprintable():
            return self.token(Kind.OTHER, start + 1)
        raise _Fault(f"unrecognized character in action: {_code_point(char)}", start)

    def _quoted(self, mark: str) -> Token:
        pos = self.pos + 1
        while (char := self.text[pos : pos + 1]) != mark:
            if char == "\\":
                pos += 1
                char = self.text[pos : pos + 1]
            if char in ("", "\n"):
                what = "quoted string" if mark == '"' else "character constant"
                raise _Fault(f"unterminated {what}", self.pos)
            pos += 1
        return self.token(Kind.STRING if mark == '"' else Kind.CHARACTER, pos + 1)

    def _at_end_of_name(self, pos: int) -> bool:
        char = self.text[pos : pos + 1]
        return not char or char in _TERMINATORS or self.text.startswith("}}", pos)

    def _name(self, kind: Kind, start: int) -> Token:
        name = _NAME.match(self.text, start)
        assert name is not None
        end = name.end()
        if not self._at_end_of_name(end):
            raise _Fault(f"bad character {_code_point(self.text[end])}", self.pos)
        return self.token(Kind.DOT if kind is Kind.FIELD and end == start else kind, end)

    def _word(self, end: int) -> Token:
        if not self._at_end_of_name(end):
            raise _Fault(f"bad character {_code_point(self.text[end])}", self.pos)
        word = self.text[self.pos : end]
        if word in KEYWORDS:
            return self.token(Kind.KEYWORD, end)
        if word == "nil":
            return self.token(Kind.NIL, end)
        return self.token(Kind.BOOL if word in ("true", "false") else Kind.WORD, end)

    def _number(self) -> Token:
        number = _NUMBER.match(self.text, self.pos)
        assert number is not None
        end = number.end()
        following = self.text[end : end + 1]
        if following in ("+", "-"):
            # The second half of a complex constant.
            half = _NUMBER.match(self.text, end)
            assert half is not None
            if not half[0].endswith("i") or _WORD.match(self.text, half.end()):
                raise _Fault(f"bad number syntax: {quote(self.text[self.pos : half.end()])}", self.pos)
            return self.token(Kind.NUMBER, half.end())
        if _WORD.match(following):
            raise _Fault(f"bad number syntax: {quote(self.text[self.pos : end + 1])}", self.pos)
        return self.token(Kind.NUMBER, end)


def _code_point(char: str) -> str:
    """A character as Go's %#U prints it."""
    code = f"U+{ord(char):04X}"
    return f"{code} '{char}'" if char.isprintable() else code
