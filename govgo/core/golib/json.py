# SPDX-License-Identifier: BSD-3-Clause
"""JSON as Go's encoding/json reads it, with its sentences about what is not JSON.

    unmarshal(b'{"a":1,}')        InputError: invalid character '}' looking for beginning of object key string

Python's own parser reads what is valid; only where it stops, the text is scanned again for Go's sentence.
Source of the rules: encoding/json, scanner.go.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from govgo.core.golib.quote import quote
from govgo.core.lazyregex import late
from govgo.errors import InputError

_BAD_BYTE = late("[\udc80-\udcff]")
_SPACE = late(rb"[ \t\r\n]*")
_STRING = late(rb'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*')
_NUMBER = late(rb"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_NUMBER_PARTS = (
    (late(rb"-"), late(rb"[0-9]"), "in numeric literal"),
    (late(rb"-?(?:0|[1-9][0-9]*)\."), late(rb"[0-9]"), "after decimal point in numeric literal"),
    (
        late(rb"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?[eE][+-]?"),
        late(rb"[0-9]"),
        "in exponent of numeric literal",
    ),
)
_BRACKET = late(r'"(?>(?:[^"\\]|\\.)*)"?|[\[\]{}]', re.DOTALL)
_PIECE = 1 << 13
_MAX_DEPTH = 10_000  # encoding/json, maxNestingDepth
_LITERALS = (b"true", b"false", b"null")
_DECODER_END = "unexpected EOF"
_VALUE = "looking for beginning of value"
_KEY = "looking for beginning of object key string"

MakeObject = Callable[[list[tuple[str, object]]], object]


def unmarshal(data: bytes, make: MakeObject | None = None) -> object:
    """The one value that `data` is (json.Unmarshal). Numbers come as floats; half a surrogate pair stays one.

    Args:
        data: the text.
        make: makes an object of its members in their order; else it is a dictionary, where the last of a name counts.

    Raises:
        InputError: it is not JSON, or more than one value.
    """
    value, end = _decode(data, 0, at_end="unexpected end of JSON input", make=make)
    end = _after_space(data, end)
    if end < len(data):
        raise InputError(_invalid(data, end, "after top-level value"))
    return value


def stream(data: bytes) -> Iterator[object]:
    """The values in `data`, which follow each other (json.Decoder).

    Raises:
        InputError: what follows is not JSON.
    """
    position, size = _after_space(data, 0), _PIECE
    while position < len(data):
        piece = data[position : position + size]  # not all that follows, anew for each value
        is_last = position + size >= len(data)
        try:
            value, end = _decode(piece, 0, at_end=_DECODER_END)
        except InputError:
            if is_last:
                raise
            end = len(piece)
        if end > len(piece) - len("e+1") and not is_last:
            size *= 2  # the value ends behind the piece, or it is a number that may
            continue
        yield value
        position = _after_space(data, position + end)


def kind(value: object) -> str:
    """What encoding/json calls the type of a JSON value."""
    match value:
        case bool():
            return "bool"
        case str():
            return "string"
        case int() | float():
            return "number"
        case list():
            return "array"
        case _:
            return "object"


def _decode(data: bytes, start: int, *, at_end: str, make: MakeObject | None = None) -> tuple[object, int]:
    """The value at `start`, and where it ends."""
    from json import JSONDecodeError, JSONDecoder

    def refuse(name: str) -> object:  # NaN and the like, which Python reads
        raise JSONDecodeError("", name, 0)

    start = _after_space(data, start)
    # Numbers mean nothing here. Python refuses integers of more than 4,300 digits; a float may have any number.
    decoder = JSONDecoder(parse_int=float, parse_constant=refuse, object_pairs_hook=make)
    # A byte that is not UTF-8 is one character here, and U+FFFD to Go.
    text = data[start:].decode("utf-8", "surrogateescape")
    if text.count("[") + text.count("{") > _MAX_DEPTH and _is_too_deep(text):
        raise InputError("exceeded max depth")
    try:
        value, length = decoder.raw_decode(_BAD_BYTE.sub("\ufffd", text))
    except JSONDecodeError:
        # json.Unmarshal tries a space at the end of the text, json.Decoder does not.
        ending = b"" if at_end == _DECODER_END else b" "
        raise InputError(_fault(data + ending, start) or at_end) from None
    except RecursionError:
        raise InputError("exceeded max depth") from None
    return value, start + len(text[:length].encode("utf-8", "surrogateescape"))


def _is_too_deep(text: str) -> bool:
    """Whether arrays and objects are nested deeper than Go reads them, with brackets that match or not.

    Python's parser is written in C, and relies on the recursion limit, which may be high. From 3.12 on C code has a
    limit of its own, 1,500 or more; what is nested deeper than that is refused there, although Go would read it.
    """
    depth = 0
    for found in _BRACKET.finditer(text):
        if found[0] in "[{":
            depth += 1
            if depth > _MAX_DEPTH:
                return True
        elif found[0] in "]}":
            depth -= 1
    return False


def _after_space(data: bytes, position: int) -> int:
    found = _SPACE.match(data, position)
    assert found is not None
    return found.end()


def _fault(data: bytes, position: int) -> str:
    """Go's sentence for the first fault of the value at `position`, "" where the text ends too early."""
    open_: list[bytes] = []
    expected = "value"
    while True:
        position = _after_space(data, position)
        if position >= len(data):
            return ""
        byte = data[position : position + 1]
        if expected in ("value", "value or ]"):
            if byte == b"]" and expected == "value or ]":
                open_.pop()
                position += 1
                expected = "end"
            elif byte in (b"{", b"["):
                open_.append(byte)
                position += 1
                expected = "key or }" if byte == b"{" else "value or ]"
            else:
                fault, position = _scalar(data, position)
                if fault is not None:
                    return fault
                expected = "end"
        elif expected in ("key", "key or }"):
            if byte == b"}" and expected == "key or }":
                open_.pop()
                position += 1
                expected = "end"
            elif byte != b'"':
                return _invalid(data, position, _KEY)
            else:
                fault, position = _scalar(data, position)
                if fault is not None:
                    return fault
                expected = "colon"
        elif expected == "colon":
            if byte != b":":
                return _invalid(data, position, "after object key")
            position += 1
            expected = "value"
        elif not open_:
            return ""  # a whole value, which Python should have read
        elif byte == b",":
            position += 1
            expected = "key" if open_[-1] == b"{" else "value"
        elif byte == (b"}" if open_[-1] == b"{" else b"]"):
            open_.pop()
            position += 1
        else:
            return _invalid(
                data, position, "after object key:value pair" if open_[-1] == b"{" else "after array element"
            )


def _scalar(data: bytes, position: int) -> tuple[str | None, int]:
    """The fault in the string, number or literal at `position` ("" for an early end), else where it ends."""
    byte = data[position : position + 1]
    if byte == b'"':
        return _string(data, position)
    for literal in _LITERALS:
        if byte == literal[:1]:
            for offset, char in enumerate(literal[1:], 1):
                if position + offset >= len(data):
                    return "", position
                if data[position + offset] != char:
                    where = f"in literal {literal.decode()} (expecting {_char(char)})"
                    return _invalid(data, position + offset, where), position
            return None, position + len(literal)
    if byte != b"-" and not byte.isdigit():
        return _invalid(data, position, _VALUE), position
    for begins, next_, where in _NUMBER_PARTS:
        found = begins.match(data, position)
        if found is not None and next_.match(data, found.end()) is None:
            return ("" if found.end() >= len(data) else _invalid(data, found.end(), where)), position
    number = _NUMBER.match(data, position)
    assert number is not None
    return None, number.end()


def _string(data: bytes, position: int) -> tuple[str | None, int]:
    found = _STRING.match(data, position)
    assert found is not None
    end = found.end()
    if data[end : end + 1] == b'"':
        return None, end + 1
    where = "in string literal"
    if data[end : end + 1] == b"\\":
        end += 1
        where = "in string escape code"
        if data[end : end + 1] == b"u":
            end += 1
            where = "in \\u hexadecimal character escape"
            while data[end : end + 1] and data[end : end + 1] in b"0123456789abcdefABCDEF":
                end += 1
    return ("" if end >= len(data) else _invalid(data, end, where)), position


def _invalid(data: bytes, position: int, where: str) -> str:
    return f"invalid character {_char(data[position])} {where}"


def _char(byte: int) -> str:
    """A byte in single quotes, as the character of that number (encoding/json, quoteChar)."""
    if byte == ord("'"):
        return "'\\''"
    if byte == ord('"'):
        return "'\"'"
    return f"'{quote(chr(byte))[1:-1]}'"
