# SPDX-License-Identifier: BSD-3-Clause
"""The lines of the keys of a TOML document, which the library's parser does not tell.

    [check]                                     check: 1
    warn = ["deprecated"]                       check.warn: 2
    waivers = [
        { rule = "too-young" },                 check.waivers[0]: 4, check.waivers[0].rule: 4
    ]

Format: https://toml.io/en/v1.0.0.
"""

from __future__ import annotations

import json
import re
from enum import Enum

from govgo.core.lazyregex import late
from govgo.core.records import NamedTuple

# Strings of three quotes end with three to five of them.
_TOKENS = late(
    r"""'''(?>(?:[^']++|'(?!''))*)'{3,5}|\"{3}(?>(?:[^"\\]++|\\.|"(?!""))*)"{3,5}|'[^'\n]*+'|"(?>(?:[^"\\\n]++|\\.)*)\""""
    r"|\n|#[^\n]*+|[ \t\r]++|[\[\]{}=,.]|[^\s\[\]{}=,.#\"']++",
    re.DOTALL,
)


class _State(Enum):
    """What the scanner expects at the next character."""

    KEY = 0
    HEADER = 1
    VALUE = 2
    AFTER = 3


class _Open(NamedTuple):
    """An array or an inline table that has not ended: its name, and the number of its element, -1 for a table."""

    name: str
    number: int


class KeyLines:
    """The lines of a document that the library's parser has read without a fault."""

    def __init__(self, text: str) -> None:
        self._lines: dict[str, int] = {}
        self._tables: dict[str, int] = {}  # how many tables an array of [[tables]] has, by its name
        self._table = ""
        self._open: list[_Open] = []
        self._parts: list[str] = []
        self._state = _State.KEY
        line = 1
        for found in _TOKENS.finditer(text):
            token = found[0]
            if token[0] not in " \t\r#":
                self._take(token, line)
            line += token.count("\n")

    def of(self, key: str) -> int:
        """The line of a key, else of the nearest one above it; 0 where there is none."""
        while key and key not in self._lines:
            cut = max(key.rfind("."), key.rfind("["))
            key = key[:cut] if cut > 0 else ""
        return self._lines.get(key, 0)

    def _take(self, token: str, line: int) -> None:
        if self._state is _State.HEADER:
            self._take_of_header(token, line)
        elif self._state is _State.KEY:
            self._take_of_key(token, line)
        elif self._state is _State.VALUE:
            self._take_of_value(token, line)
        elif token == "\n" and not self._open:
            self._state = _State.KEY
        elif token == "," and self._open:
            name, number = self._open.pop()
            self._open.append(_Open(name, number + (number >= 0)))
            self._state = _State.VALUE if number >= 0 else _State.KEY
        elif token in "]}" and self._open:
            self._open.pop()

    def _take_of_key(self, token: str, line: int) -> None:
        if token == "[" and not self._open:
            self._state = _State.HEADER
        elif token == "}":
            self._open.pop()
            self._state = _State.AFTER
        elif token == "=":
            base = self._open[-1].name if self._open else self._table
            self._note(_joined(base, self._parts), line)
            self._state = _State.VALUE
            return
        elif token not in "\n.":
            self._parts.append(_unquoted(token))
            return
        if token != ".":
            self._parts = []

    def _take_of_header(self, token: str, line: int) -> None:
        if token == "[":
            self._parts.append("")  # an array of tables
        elif token == "]":
            is_array = self._parts[:1] == [""]
            *above, last = self._parts[is_array:]
            name = ""
            for part in above:
                name = _joined(name, [part])
                if name in self._tables:
                    name = f"{name}[{self._tables[name] - 1}]"
            name = _joined(name, [last])
            if is_array:
                self._note(name, line)
                number = self._tables[name] = self._tables.get(name, 0) + 1
                name = f"{name}[{number - 1}]"
            self._note(name, line)
            self._table, self._parts, self._state = name, [], _State.AFTER
        elif token != ".":
            self._parts.append(_unquoted(token))

    def _take_of_value(self, token: str, line: int) -> None:
        if token == "\n":
            return
        if token == "]":  # of an empty array, or after a last comma
            self._open.pop()
            self._state = _State.AFTER
            return
        name = _joined(self._table, self._parts) if not self._open else self._open[-1].name
        if self._open:
            inner = self._open[-1]
            name = f"{inner.name}[{inner.number}]" if inner.number >= 0 else _joined(inner.name, self._parts)
        self._note(name, line)
        self._parts = []
        self._state = _State.AFTER
        if token == "[":
            self._open.append(_Open(name, 0))
            self._state = _State.VALUE
        elif token == "{":
            self._open.append(_Open(name, -1))
            self._state = _State.KEY

    def _note(self, name: str, line: int) -> None:
        self._lines.setdefault(name, line)


def _joined(base: str, parts: list[str]) -> str:
    return ".".join([*([base] if base else []), *parts])


def _unquoted(token: str) -> str:
    """A part of a key."""
    if token[0] == "'":
        return token[1:-1]
    if token[0] == '"':
        try:
            return str(json.loads(token))
        except ValueError:  # an escape that JSON lacks: no key of ours has one
            return token[1:-1]
    return token
