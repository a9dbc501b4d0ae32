# SPDX-License-Identifier: BSD-3-Clause
r"""Go's quoted form of strings and characters (`%q`), and the values of Go's string literals.

    a"b⏎    "a\"b\n"         the byte ff    "\xff"

A string decoded from bytes that are not UTF-8 has a lone surrogate for each bad byte (Python's `surrogateescape`);
`quote` prints such a byte as `\xNN`, as Go does.

Source of the rules: the Go specification, "Rune literals" and "String literals"; package strconv.
"""

from __future__ import annotations

from govgo.core.golib.unicode import is_print
from govgo.core.lazyregex import late

#: White space in Go's sense (Unicode's White_Space), for str.strip and for character classes. Python's own also has the
#: separators U+001C to U+001F.
GO_SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)

_SIMPLE = {
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
    "\\": "\\\\",
}
_UNESCAPED = {"a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11, "\\": 92, "'": 39, '"': 34}
_WIDTHS = {"x": 2, "u": 4, "U": 8}
_HEX = late(r"[0-9A-Fa-f]+\Z")
_OCTAL = late(r"[0-7]{3}\Z")


def quote(text: str) -> str:
    """`text` as a double-quoted Go string literal (strconv.Quote)."""
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return '"' + "".join('\\"' if char == '"' else _escaped(char) for char in text) + '"'


def quote_char(char: str) -> str:
    """One character as a single-quoted Go rune literal (strconv.QuoteRune); a bad byte is U+FFFD."""
    if is_bad_byte(char):
        char = "\ufffd"
    return "'" + ("\\'" if char == "'" else _escaped(char)) + "'"


def is_bad_byte(char: str) -> bool:
    """Whether `char` stands for a byte that was not UTF-8."""
    return "\ud800" <= char <= "\udfff"


def is_utf8(text: str) -> bool:
    """Whether the bytes that `text` stands for are valid UTF-8."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def unquote(literal: str) -> str | None:
    """The value of a Go string literal, interpreted or raw, or of a rune literal; None when malformed.

    Byte escapes that do not form UTF-8 come back as lone surrogates; bytes of an interpreted literal that are not
    UTF-8 come back as U+FFFD.
    """
    if len(literal) < 2 or literal[0] != literal[-1]:
        return None
    mark, body = literal[0], literal[1:-1]
    if mark == "`":
        return None if "`" in body else body.replace("\r", "")
    if mark not in "\"'" or "\n" in body:
        return None
    if mark == '"' and "\\" not in body and is_utf8(body):
        return None if '"' in body else body
    value = _unescape(body, mark)
    if value is None:
        return None
    text = value.decode("utf-8", "surrogateescape")
    return text if mark == '"' or len(text) <= 1 else None


def _escaped(char: str) -> str:
    if char in _SIMPLE:
        return _SIMPLE[char]
    if is_print(char):
        return char
    code = ord(char)
    if code < 0x80:
        return f"\\x{code:02x}"
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _unescape(body: str, mark: str) -> bytes | None:
    out = bytearray()
    position, end = 0, len(body)
    while position < end:
        char = body[position]
        position += 1
        if char == mark:
            return None
        if char != "\\":
            out += char.encode("utf-8") if not is_bad_byte(char) else b"\xef\xbf\xbd"
            continue
        if position == end:
            return None
        kind = body[position]
        if kind in _UNESCAPED and kind != ("'" if mark == '"' else '"'):
            out.append(_UNESCAPED[kind])
            position += 1
        elif kind in _WIDTHS:
            digits = body[position + 1 : position + 1 + _WIDTHS[kind]]
            if len(digits) != _WIDTHS[kind] or not _HEX.match(digits):
                return None
            code = int(digits, 16)
            position += 1 + len(digits)
            if kind == "x" and mark == '"':
                out.append(code)
            elif code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
                return None
            else:
                out += chr(code).encode()
        else:
            digits = body[position : position + 3]
            if not _OCTAL.match(digits) or int(digits, 8) > 255:
                return None
            position += 3
            if mark == '"':
                out.append(int(digits, 8))
            else:
                out += chr(int(digits, 8)).encode()
    return bytes(out)
