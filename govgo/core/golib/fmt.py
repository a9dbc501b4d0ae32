# SPDX-License-Identifier: BSD-3-Clause
"""Go's fmt verbs for template values: Sprint, Sprintln and Sprintf.

    sprintf("%-8s|%q|%d", ("go", "a b", 7))      go      |"a b"|7
    sprintf("%d %z", (1, 2))                     1 %!z(int=2)        mistakes are shown in the text

Source of the rules: the documentation of package fmt, "Printing".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from math import inf, isnan

from govgo.core.golib.quote import quote, quote_char
from govgo.core.golib.template.values import Record, Value, kind, type_name
from govgo.core.late import late
from govgo.core.records import NamedTuple

_DIRECTIVE = late(
    r"%(?P<flags>[ +\-#0]*)"
    r"(?P<width>(?:\[\d+\])?\*|\d+)?"
    r"(?:\.(?P<precision>(?:\[\d+\])?\*|\d*))?"
    r"(?P<index>\[\d+\])?(?P<verb>.?)",
    re.DOTALL,
)
_BAD = -1_000_001  # below every width and precision: go allows them up to a million
_INTEGER_VERBS = {"d": "d", "v": "d", "b": "b", "o": "o", "x": "x", "X": "X"}
_REAL_VERBS = frozenset("eEfFgGv")


class _Flags(NamedTuple):
    text: str = ""
    width: int | None = None
    precision: int | None = None

    def has(self, flag: str) -> bool:
        return flag in self.text


_NONE = _Flags()


def sprint(values: Sequence[Value]) -> str:
    """The values in their default form, with a space between two neighbours when neither is a string."""
    out = ""
    previous: Value = ""
    for index, value in enumerate(values):
        if index and not isinstance(value, str) and not isinstance(previous, str):
            out += " "
        out += default_form(value)
        previous = value
    return out


def sprintln(values: Sequence[Value]) -> str:
    """The values in their default form, with spaces between them and a newline at the end."""
    return " ".join(default_form(value) for value in values) + "\n"


def default_form(value: Value) -> str:
    """A value as `%v` prints it."""
    return _format(value, "v", _NONE)


def sprintf(layout: str, values: Sequence[Value]) -> str:
    """The values as `layout` says; mistakes in it are shown in the text, as in Go."""
    return _Printf(values).run(layout)


class _Printf:
    """One call of Sprintf: which value is next, and whether explicit indexes were used."""

    def __init__(self, values: Sequence[Value]) -> None:
        self._values = values
        self._next = 0
        self._reordered = False

    def run(self, layout: str) -> str:
        out: list[str] = []
        position = 0
        for directive in _DIRECTIVE.finditer(layout):
            out.append(layout[position : directive.start()])
            out.append(self._directive(directive))
            position = directive.end()
        out.append(layout[position:])
        if not self._reordered and self._next < len(self._values):
            extra = ", ".join(_described(value) for value in self._values[self._next :])
            out.append(f"%!(EXTRA {extra})")
        return "".join(out)

    def _directive(self, directive: re.Match[str]) -> str:
        text, verb, complaints = directive["flags"], directive["verb"], ""
        width = self._count(directive["width"])
        if width == _BAD:
            complaints, width = "%!(BADWIDTH)", None
        if width is not None and width < 0:
            text, width = text + "-", -width
        precision = self._count(directive["precision"])
        if precision is not None and precision < 0:
            complaints, precision = complaints + "%!(BADPREC)", None
        is_indexed = self._go_to(directive["index"])
        if not verb:
            return complaints + "%!(NOVERB)"
        if verb == "%":
            return complaints + "%"
        if not is_indexed:
            return f"{complaints}%!{verb}(BADINDEX)"
        if self._next >= len(self._values):
            return f"{complaints}%!{verb}(MISSING)"
        value = self._values[self._next]
        self._next += 1
        return complaints + _format(value, verb, _Flags(text, width, precision))

    def _go_to(self, index: str | None) -> bool:
        """Make the value of an explicit index such as `[2]` the next one; False when there is no such value."""
        if index is None:
            return True
        self._reordered = True
        number = int(index[1:-1])
        if not 1 <= number <= len(self._values):
            return False
        self._next = number - 1
        return True

    def _count(self, text: str | None) -> int | None:
        """A width or precision: None when there is none, _BAD when the value for `*` is not a small integer."""
        if text is None:
            return None
        if not text.endswith("*"):
            return int(text or "0")
        if not self._go_to(text[:-1] or None) or self._next >= len(self._values):
            return _BAD
        value = self._values[self._next]
        self._next += 1
        return value if kind(value) == "int" and abs(value) <= 1_000_000 else _BAD


def _described(value: Value) -> str:
    return "<nil>" if value is None else f"{type_name(value)}={default_form(value)}"


def _wrong_verb(value: Value, verb: str) -> str:
    return f"%!{verb}({_described(value)})"


def _format(value: Value, verb: str, flags: _Flags) -> str:
    if verb == "T":
        return _padded(type_name(value), flags)
    match kind(value):
        case "invalid":
            return _padded("<nil>" if verb == "v" else f"%!{verb}(<nil>)", flags)
        case "bool":
            text = str(value).lower()
            return _padded(text, flags) if verb in "tv" else _wrong_verb(value, verb)
        case "int":
            return _integer(value, verb, flags)
        case "float":
            return _real(value, verb, flags)
        case "string":
            return _string(value, verb, flags)
        case "slice":
            return _slice(value, verb, flags)
    return _record(value, verb, flags)


def _padded(text: str, flags: _Flags, *, sign: int = 0) -> str:
    """Pad to the width; zeros are put after the sign, which is `sign` characters long."""
    if flags.width is None or len(text) >= flags.width:
        return text
    if flags.has("-"):
        return text.ljust(flags.width)
    if flags.has("0"):
        return text[:sign] + text[sign:].rjust(flags.width - sign, "0")
    return text.rjust(flags.width)


def _integer(value: int, verb: str, flags: _Flags) -> str:
    if verb in _INTEGER_VERBS:
        digits = format(abs(value), _INTEGER_VERBS[verb])
        if flags.precision is not None:
            digits = "" if flags.precision == 0 and value == 0 else digits.rjust(flags.precision, "0")
            flags = _Flags(flags.text.replace("0", ""), flags.width)
        if flags.has("#"):
            digits = {"b": "0b", "o": "0", "x": "0x", "X": "0X"}.get(verb, "") + digits
        sign = "-" if value < 0 else "+" if flags.has("+") else " " if flags.has(" ") else ""
        return _padded(sign + digits, flags, sign=len(sign))
    if verb in "cqU":
        char = chr(value) if 0 <= value <= 0x10FFFF and not 0xD800 <= value <= 0xDFFF else "\ufffd"
        return _padded({"c": char, "q": quote_char(char), "U": f"U+{value:04X}"}[verb], flags)
    if verb == "O":
        return _padded(f"0o{value:o}", flags)
    return _wrong_verb(value, verb)


def _real(value: float, verb: str, flags: _Flags) -> str:
    if verb not in _REAL_VERBS:
        return _wrong_verb(value, verb)
    if verb in "gGv" and flags.precision is None:
        text = _shortest(abs(value))
    else:
        precision = 6 if flags.precision is None else flags.precision
        text = format(abs(value), f".{precision}{verb.replace('v', 'g')}")
    if verb in "EG":
        text = text.upper()
    sign = "-" if str(value).startswith("-") else "+" if flags.has("+") else " " if flags.has(" ") else ""
    return _padded(sign + text, flags, sign=len(sign))


def _shortest(value: float) -> str:
    """The shortest decimal that reads back as `value`, with an exponent below 1e-4 and from 1e6 on."""
    if isnan(value):
        return "NaN"
    if value == inf:
        return "+Inf"
    digits = Decimal(repr(value))
    exponent = digits.adjusted()
    if value and not -4 <= exponent < 6:
        mantissa = format(digits.scaleb(-exponent).normalize(), "f")
        return f"{mantissa}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"
    text = format(digits, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _string(value: str, verb: str, flags: _Flags) -> str:
    if flags.precision is not None and verb not in "xX":
        value = value[: flags.precision]
    match verb:
        case "v" if flags.has("#"):
            return _padded(quote(value), flags)
        case "s" | "v":
            return _padded(value, flags)
        case "q":
            if flags.has("#") and "`" not in value and value.isprintable():
                return _padded(f"`{value}`", flags)
            return _padded(_ascii(quote(value)) if flags.has("+") else quote(value), flags)
        case "x" | "X":
            data = value.encode("utf-8", "surrogateescape")[: flags.precision]
            text = data.hex(" ") if flags.has(" ") else data.hex()
            return _padded(text if verb == "x" else text.upper(), flags)
    return _wrong_verb(value, verb)


def _ascii(text: str) -> str:
    """`text` with every character beyond ASCII as an escape."""
    return "".join(
        char if char.isascii() else f"\\u{ord(char):04x}" if char <= "\uffff" else f"\\U{ord(char):08x}"
        for char in text
    )


def _slice(value: tuple[str, ...], verb: str, flags: _Flags) -> str:
    if verb == "v" and flags.has("#"):
        items = ", ".join(quote(item) for item in value)
        return f"[]string{{{items}}}" if value else "[]string(nil)"
    return f"[{' '.join(_string(item, verb, flags) for item in value)}]"


def _record(value: Record, verb: str, flags: _Flags) -> str:
    if verb in "svqxX" and not flags.has("#"):
        text = value.text()
        if text is not None:
            return _string(text, verb, flags)
    if value.is_nil:
        return _padded("<nil>", flags) if verb == "v" else f"%!{verb}({value.type_name}=<nil>)"
    fields = []
    for name in value.type.fields:
        item = value.field(name)
        # Go prints a pointer within a struct as an address, which differs from run to run; its target is more useful.
        text = _format(item, verb, flags)
        fields.append(f"{name}:{text}" if flags.has("+") or flags.has("#") else text)
    ampersand = "&" if value.is_pointer else ""
    if flags.has("#"):
        return f"{ampersand}{value.type.name}{{{', '.join(fields)}}}"
    return f"{ampersand}{{{' '.join(fields)}}}"
