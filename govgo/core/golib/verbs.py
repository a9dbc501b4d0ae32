# SPDX-License-Identifier: BSD-3-Clause
"""One value of a template, printed by one of Go's fmt verbs with its flags, width and precision.

    printed("go", "s", Flags(minus=True, width=5))      "go   "
    printed(255, "x", Flags(sharp=True))                "0xff"
    printed(255, "z", Flags())                          "%!z(int=255)"       a mistake is shown in the text

Source of the rules: the documentation of package fmt, "Printing".
"""

from __future__ import annotations

from govgo.core.golib.quote import is_bad_byte, is_utf8, quote, quote_char
from govgo.core.golib.realtext import real_text
from govgo.core.golib.template.values import Byte, Record, Value, kind, type_name
from govgo.core.golib.unicode import is_print
from govgo.core.records import NamedTuple

_BASES = {"d": "d", "v": "d", "b": "b", "o": "o", "O": "o", "x": "x", "X": "X"}
_PREFIXES = {"b": "0b", "x": "0x", "X": "0X"}


class Flags(NamedTuple):
    """The flags of a directive.

    `names` and `syntax` are + and # before the verb v: names of fields, and values as in Go source. `methods`: a
    String method is called; it is not within the text of a mistake.
    """

    plus: bool = False
    minus: bool = False
    sharp: bool = False
    space: bool = False
    zero: bool = False
    width: int | None = None
    precision: int | None = None
    names: bool = False
    syntax: bool = False
    methods: bool = True


def printed(value: Value, verb: str, flags: Flags) -> str:
    """`value` as `%` and `verb` print it."""
    if verb == "T":
        return _padded(type_name(value)[: flags.precision], flags)
    if value is None:
        return _padded("<nil>", flags) if verb == "v" else _wrong_verb(value, verb, flags)
    return _printed(value, verb, flags)


def _printed(value: Value, verb: str, flags: Flags) -> str:
    match kind(value):
        case "bool":
            text = str(value).lower()
            return _padded(text, flags) if verb in "tv" else _wrong_verb(value, verb, flags)
        case "int":
            return _integer(value, value, verb, flags)
        case "float":
            return _real(value, verb, flags)
        case "string":
            return _string(value, value, verb, flags)
        case "slice":
            return _slice(value, verb, flags)
    return _record(value, verb, flags)


def described(value: Value, flags: Flags) -> str:
    """A value with its type, as in the text of a mistake."""
    return "<nil>" if value is None else f"{type_name(value)}={_printed(value, 'v', flags)}"


def _wrong_verb(value: Value, verb: str, flags: Flags) -> str:
    return f"%!{verb}({described(value, flags._replace(methods=False))})"


def _padded(text: str, flags: Flags, *, sign: int = 0) -> str:
    """Pad to the width; zeros, which stand on the left alone, are put after the sign of `sign` characters."""
    if flags.width is None:
        return text
    if flags.minus:
        return text.ljust(flags.width)
    if flags.zero:
        return text[:sign] + text[sign:].rjust(flags.width - sign, "0")
    return text.rjust(flags.width)


def _integer(value: Value, number: int, verb: str, flags: Flags) -> str:
    if verb == "v" and flags.syntax and isinstance(value, Byte):
        verb, flags = "x", flags._replace(sharp=True)
    if verb in _BASES:
        return _padded(_digits(number, verb, flags), flags._replace(zero=False))
    char = chr(number) if 0 <= number <= 0x10FFFF and not 0xD800 <= number <= 0xDFFF else "\ufffd"
    if verb == "c":
        return _padded(char, flags)
    if verb == "q":
        return _padded(_ascii(quote_char(char)) if flags.plus else quote_char(char), flags)
    if verb == "U":
        text = "U+" + format(number % (1 << 64), "X").rjust(max(4, flags.precision or 0), "0")
        if flags.sharp and 0 <= number <= 0x10FFFF and is_print(chr(number)):
            text += f" '{char}'"
        return _padded(text, flags._replace(zero=False))
    return _wrong_verb(value, verb, flags)


def _digits(number: int, verb: str, flags: Flags) -> str:
    """A whole number with what stands before it. Zeros to fill the width count as a precision, but for a prefix."""
    sign = "-" if number < 0 else "+" if flags.plus else " " if flags.space else ""
    least = flags.precision
    if least == 0 and number == 0:
        return ""
    if least is None:
        least = (flags.width or 0) - len(sign) if flags.zero and not flags.minus else 0
    digits = format(abs(number), _BASES[verb]).rjust(least, "0")
    if flags.sharp:
        if verb in "oO" and not digits.startswith("0"):
            digits = "0" + digits
        digits = _PREFIXES.get(verb, "") + digits
    return sign + ("0o" if verb == "O" else "") + digits


def _real(value: float, verb: str, flags: Flags) -> str:
    if verb not in "vbgGxXfFeE":
        return _wrong_verb(value, verb, flags)
    precision = flags.precision
    if precision is None and verb in "fFeE":
        precision = 6
    negative = str(value).startswith("-")
    text = real_text(abs(value), {"v": "g", "F": "f"}.get(verb, verb), precision, sharp=flags.sharp)
    sign = "-" if negative else "+" if flags.plus else " " if flags.space else ""
    return _padded(sign + text, flags, sign=len(sign))


def _string(value: Value, text: str, verb: str, flags: Flags) -> str:
    if verb in "xX":
        return _padded(_hex(text, verb, flags), flags)
    text = text[: flags.precision]
    if verb == "s" or (verb == "v" and not flags.syntax):
        return _padded(text, flags)
    if verb not in "qv":
        return _wrong_verb(value, verb, flags)
    if flags.sharp and _can_backquote(text):
        return _padded(f"`{text}`", flags)
    return _padded(_ascii(quote(text)) if flags.plus else quote(text), flags)


def _hex(text: str, verb: str, flags: Flags) -> str:
    data = text.encode("utf-8", "surrogateescape")[: flags.precision]
    digits = "02x" if verb == "x" else "02X"
    prefix = f"0{verb}" if flags.sharp and data else ""
    if flags.space:
        return " ".join(prefix + format(byte, digits) for byte in data)
    return prefix + "".join(format(byte, digits) for byte in data)


def _can_backquote(text: str) -> bool:
    """Whether `text` can stand between back quotes in Go source, on one line (strconv.CanBackquote)."""
    return is_utf8(text) and not any(char in "`\x7f\ufeff" or (char < " " and char != "\t") for char in text)


def _ascii(text: str) -> str:
    """A quoted text with every character beyond ASCII as an escape."""
    return "".join(
        char
        if char.isascii() or is_bad_byte(char)
        else f"\\u{ord(char):04x}"
        if char <= "\uffff"
        else f"\\U{ord(char):08x}"
        for char in text
    )


def _slice(value: tuple[str, ...], verb: str, flags: Flags) -> str:
    if verb == "w" and flags.methods:
        return _wrong_verb(value, verb, flags)
    if verb == "p" and not value:
        return _no_address(value, flags)
    if verb == "v" and flags.syntax:
        items = ", ".join(_string(item, item, verb, flags) for item in value)
        return f"[]string{{{items}}}" if value else "[]string(nil)"
    return f"[{' '.join(_string(item, item, verb, flags) for item in value)}]"


def _record(value: Record, verb: str, flags: Flags) -> str:
    if flags.methods and verb == "w":
        return _wrong_verb(value, verb, flags)
    if flags.methods and verb in "svqxX" and not flags.syntax:
        text = value.text()
        if text is not None:
            return text if value.is_nil else _string(value, text, verb, flags)
    if value.is_nil:
        return _nil(value, verb, flags)
    if isinstance(value.source, int):  # a month or a day of the week
        return _integer(value, value.source, verb, flags)
    fields = []
    for name in value.type.fields:
        # Go prints a pointer within a struct as an address, which differs from run to run; its target is more useful.
        text = _printed(value.field(name), verb, flags)
        fields.append(f"{name}:{text}" if flags.names or flags.syntax else text)
    ampersand = "&" if value.is_pointer else ""
    if flags.syntax:
        return f"{ampersand}{value.type.name}{{{', '.join(fields)}}}"
    return f"{ampersand}{{{' '.join(fields)}}}"


def _nil(value: Record, verb: str, flags: Flags) -> str:
    """A nil pointer: text for %v, a number for the verbs of numbers."""
    if verb == "v":
        return f"({value.type_name})(nil)" if flags.syntax else _padded("<nil>", flags)
    if verb == "p":
        return _no_address(value, flags)
    if verb in "bodxX":
        return _integer(value, 0, verb, flags)
    return _wrong_verb(value, verb, flags)


def _no_address(value: Value, flags: Flags) -> str:
    """What %p prints of nil; # takes the 0x away."""
    return _integer(value, 0, "x", flags._replace(sharp=not flags.sharp))
