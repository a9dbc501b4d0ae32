# SPDX-License-Identifier: BSD-3-Clause
"""JSON as Go's encoding/json prints it: fields in a fixed order, tabs, and `<`, `>`, `&` escaped.

Characters that a terminal or a log would take as a command are escaped as well, which encoding/json leaves as they are.

Source of the rules: the documentation of json.Marshal and json.MarshalIndent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from govgo.core.foreign import UNSAFE
from govgo.core.golib.time import nanosecond

Value = str | bool | int | None | Mapping[str, "Value"] | Sequence["Value"]

# Outside of strings none of these characters stands in JSON.
_UNSAFE = re.compile(f"[{UNSAFE}]|(?<=#)#(?=\\[)")
_SPECIAL = re.compile('[\\x00-\\x1f"\\\\<>&\\u2028\\u2029\\ud800-\\udfff]')
_SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}


def encode(value: Value, *, indent: str = "\t", prefix: str = "") -> str:
    """`value` as json.MarshalIndent(value, prefix, indent) prints it; no newline at the end.

    Args:
        indent: for each level; "" for json.Marshal's compact form.
        prefix: what every line but the first begins with.
    """
    return safe(_encode(value, indent, "\n" + prefix if indent else ""))


def _encode(value: Value, indent: str, newline: str) -> str:
    match value:
        case None:
            return "null"
        case True:
            return "true"
        case False:
            return "false"
        case str():
            return quote(value)
        case int():
            return str(value)
        case Mapping():
            colon = ": " if indent else ":"
            items = [f"{quote(key)}{colon}{_encode(item, indent, newline + indent)}" for key, item in value.items()]
            return _wrapped("{", items, "}", indent, newline)
    return _wrapped("[", [_encode(item, indent, newline + indent) for item in value], "]", indent, newline)


def _wrapped(opening: str, items: Sequence[str], closing: str, indent: str, newline: str) -> str:
    if not items:
        return opening + closing
    inner = newline + indent
    return f"{opening}{inner}{f',{inner}'.join(items)}{newline}{closing}"


def safe(text: str) -> str:
    r"""JSON that means the same as `text`, with `\u` escapes for what a terminal or a log would take as a command.

    A byte that was not UTF-8 (a lone surrogate) becomes U+FFFD.
    """
    return _UNSAFE.sub(_by_number, text)


def _by_number(match: re.Match[str]) -> str:
    code = ord(match[0])
    if 0xD800 <= code <= 0xDFFF:
        return "\\ufffd"
    if code < 0x10000:
        return f"\\u{code:04x}"
    return f"\\u{0xD7C0 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"


def quote(text: str) -> str:
    """`text` as a JSON string; a byte that was not UTF-8 (a lone surrogate) becomes U+FFFD."""
    return f'"{_SPECIAL.sub(_escape, text)}"'


def _escape(match: re.Match[str]) -> str:
    char = match[0]
    if char >= "\ud800":
        return "\\ufffd"
    return _SHORT.get(char) or f"\\u{ord(char):04x}"


def rfc3339(time: datetime) -> str:
    """`time` as time.Time is marshalled: RFC 3339, fractions of a second only where there are any."""
    text = f"{time.year:04d}-{time:%m-%dT%H:%M:%S}"
    if fraction := nanosecond(time):
        text += f".{fraction:09d}".rstrip("0")
    offset = time.utcoffset() or timedelta()
    if not offset:
        return text + "Z"
    minutes = int(offset.total_seconds() // 60)
    sign, minutes = ("-", -minutes) if minutes < 0 else ("+", minutes)
    return f"{text}{sign}{minutes // 60:02d}:{minutes % 60:02d}"
