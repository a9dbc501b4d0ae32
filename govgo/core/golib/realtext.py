# SPDX-License-Identifier: BSD-3-Clause
"""Floating-point numbers as Go's fmt and strconv write them, without a sign.

    real_text(1e6, "g", None)      1e+06          the shortest that reads back as the number
    real_text(1.5, "x", None)      0x1.8p+00      in hexadecimal
    real_text(1.5, "b", None)      6755399441055744p-52

Source of the rules: the documentation of strconv.FormatFloat, and of package fmt about the flag #.
"""

from __future__ import annotations

from decimal import Decimal
from math import frexp

_MANTISSA_BITS = 53
_LEAST_EXPONENT = -1074
"""Of the last bit of the smallest numbers."""


def real_text(value: float, verb: str, precision: int | None, *, sharp: bool) -> str:
    """A number that is not negative.

    Args:
        value: the number.
        verb: one of b, e, E, f, g, G, x and X.
        precision: the digits after the point, or for g and G all that count; None for as many as it takes.
        sharp: keep the point and the zeros behind it, also where they say nothing.
    """
    if verb == "b":
        mantissa, exponent = _parts(value)
        return f"{mantissa}p{exponent:+d}"
    if verb in "xX":
        text = _hexadecimal(value, precision)
    elif precision is None:
        text = _shortest(value)
    else:
        text = format(value, f".{precision}{verb.lower()}")
    text = _with_point(text, verb, precision) if sharp else text
    return text.upper() if verb in "EGX" else text


def _parts(value: float) -> tuple[int, int]:
    """The number as a whole number and a power of two, the former with all bits that a float has."""
    if value == 0:
        return 0, _LEAST_EXPONENT
    exponent = max(frexp(value)[1] - _MANTISSA_BITS, _LEAST_EXPONENT)
    numerator, denominator = value.as_integer_ratio()
    return (numerator << -exponent) // denominator if exponent < 0 else numerator >> exponent, exponent


def _hexadecimal(value: float, precision: int | None) -> str:
    """`0x1.8p+00`: one bit before the point, rounded to even where there is a precision."""
    mantissa, exponent = _parts(value)
    leading, digits = 0, ""
    if mantissa == 0:
        exponent = 0
    else:
        bits = mantissa.bit_length() - 1
        exponent += bits
        mantissa <<= 60 - bits
        if precision is not None and precision < 15:
            drop = 60 - 4 * precision
            kept, rest = mantissa >> drop, mantissa & ((1 << drop) - 1)
            half = 1 << (drop - 1)
            mantissa = (kept + (rest > half or (rest == half and kept & 1 == 1))) << drop
            if mantissa >> 61:
                mantissa, exponent = mantissa >> 1, exponent + 1
        leading = mantissa >> 60
        digits = format(mantissa & ((1 << 60) - 1), "015x").rstrip("0")
    if precision is not None:
        digits = digits.ljust(precision, "0")
    return f"0x{leading}{'.' if digits else ''}{digits}p{exponent:+03d}"


def _shortest(value: float) -> str:
    """The shortest decimal that reads back as `value`, with an exponent below 1e-4 and from 1e6 on."""
    digits = Decimal(repr(value))
    exponent = digits.adjusted()
    if value and not -4 <= exponent < 6:
        mantissa = format(digits.scaleb(-exponent).normalize(), "f")
        return f"{mantissa}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"
    text = format(digits, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _with_point(text: str, verb: str, precision: int | None) -> str:
    """With a point, and for g, G and x with the zeros that fill the precision (six digits where there is none)."""
    marks = "p" if verb in "xX" else "e"
    body, mark, tail = text.partition(marks)
    missing = (6 if precision is None else precision) if verb in "gGx" else 0
    missing -= len(body.replace(".", "").lstrip("0"))
    if "." not in body:
        missing -= body == "0"
        body += "."
    return body + "0" * missing + mark + tail
