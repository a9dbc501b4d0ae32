# SPDX-License-Identifier: BSD-3-Clause
"""Strings as tokens of go.mod: when they need quotes, and which string a token stands for.

    example.com/m      "a path with blanks"      `reserved for later`

Source of the rules: Go Modules Reference, "Lexical elements" and "go.mod files: replace directive".
"""

from __future__ import annotations

from govgo.core.golib.quote import is_bad_byte, quote, unquote
from govgo.core.golib.unicode import is_print
from govgo.errors import InputError

_QUOTED = frozenset(" \"'`")
_ALONE = frozenset("()[]{},")
_SPECIAL = _QUOTED | _ALONE


def must_quote(text: str) -> bool:
    """Whether `text` has to be quoted to be one token of a line."""
    if not text or "//" in text or "/*" in text:
        return True
    if text.isascii() and text.isprintable() and _SPECIAL.isdisjoint(text):
        return False  # as nearly all tokens are
    for char in text:
        if char in _QUOTED:
            return True
        if char in _ALONE:
            if len(text) > 1:
                return True
        elif not (is_print(char) or is_bad_byte(char)):
            return True
    return False


def auto_quote(text: str) -> str:
    """`text` as one token: unchanged, or quoted if it has to be."""
    return quote(text) if must_quote(text) else text


def legacy_go_mod(path: str) -> bytes:
    """The go.mod that go makes up for a module without one, its path alone (cmd/go's modfetch.LegacyGoMod)."""
    return f"module {auto_quote(path)}\n".encode()


def token_value(token: str) -> str:
    """The string that a token stands for.

    Raises:
        InputError: a malformed interpreted string, a raw string (reserved by go), or a quote within a word.
    """
    if token.startswith('"'):
        value = unquote(token)
        if value is None:
            raise InputError("invalid syntax")
        return value
    if "'" in token or "`" in token or '"' in token:
        raise InputError("unquoted string cannot contain quote")
    return token


def is_directory_path(path: str) -> bool:
    """Whether a replacement is a directory: absolute, or beginning with `.` or `..`, on Unix or on Windows."""
    if path in (".", "..") or path.startswith(("./", ".\\", "../", "..\\", "/", "\\")):
        return True
    return len(path) >= 2 and path[1] == ":" and path[0].isascii() and path[0].isalpha()
