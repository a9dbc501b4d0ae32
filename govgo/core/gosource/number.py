# SPDX-License-Identifier: BSD-3-Clause
"""Number literals of Go, malformed ones included.

Source of the rules: the Go specification, "Integer literals" to "Imaginary literals"; package go/scanner.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from govgo.core.golib.quote import quote_char

_BASES: Final = {"x": 16, "o": 8, "b": 2}
_NAMES: Final = {"x": "hexadecimal", "o": "octal", "0": "octal", "b": "binary"}


class Number(NamedTuple):
    """A literal: "INT", "FLOAT" or "IMAG", where it ends, and the (offset, complaint) pairs about it."""

    kind: str
    end: int
    faults: tuple[tuple[int, str], ...]


def is_digit(char: str, base: int) -> bool:
    """Whether `char` is a digit of `base` (at most 16)."""
    return char != "" and char in "0123456789abcdefABCDEF" and int(char, 16) < base


def scan_number(text: str, begin: int) -> Number:
    """Read the number that begins at `begin`, with a digit or with a point before one."""
    faults: list[tuple[int, str]] = []
    kind, base, prefix, digits, invalid, at = "INT", 10, "", "", -1, begin
    if text[at] == "0":
        letter = text[at + 1 : at + 2].lower()
        prefix = letter if letter in _BASES else "0"
        base = _BASES.get(letter, 8)
        digits = "0" if prefix == "0" else ""
        at += 1 if prefix == "0" else 2
    name = _NAMES.get(prefix, "decimal") + " literal"
    if text[begin] != ".":
        run, invalid = _digits(text, at, base)
        digits, at = digits + run, at + len(run)
    if text.startswith(".", at):
        kind = "FLOAT"
        if prefix in ("o", "b"):
            faults.append((at, f"invalid radix point in {name}"))
        run, late = _digits(text, at + 1, base)
        digits, at, invalid = digits + run, at + 1 + len(run), late if invalid < 0 else invalid
    if not digits.strip("_"):
        faults.append((at, f"{name} has no digits"))
    if text[at : at + 1].lower() in ("e", "p"):
        kind = "FLOAT"
        run, at = _exponent(text, at, prefix, faults)
        digits += run
    elif prefix == "x" and kind == "FLOAT":
        faults.append((at, "hexadecimal mantissa requires a 'p' exponent"))
    if text.startswith("i", at):
        kind, at = "IMAG", at + 1
    if kind == "INT" and invalid >= 0:
        faults.append((invalid, f"invalid digit {quote_char(text[invalid])} in {name}"))
    if "_" in digits and (separator := _bad_separator(text[begin:at])) >= 0:
        faults.append((begin + separator, "'_' must separate successive digits"))
    return Number(kind, at, tuple(faults))


def _exponent(text: str, at: int, prefix: str, faults: list[tuple[int, str]]) -> tuple[str, int]:
    """The digits of the exponent whose letter is at `at`, and where it ends."""
    letter = text[at]
    if letter in "eE" and prefix not in ("", "0"):
        faults.append((at, f"{quote_char(letter)} exponent requires decimal mantissa"))
    elif letter in "pP" and prefix != "x":
        faults.append((at, f"{quote_char(letter)} exponent requires hexadecimal mantissa"))
    at += 2 if text[at + 1 : at + 2] in ("+", "-") else 1
    digits, _ = _digits(text, at, 10)
    at += len(digits)
    if not digits.strip("_"):
        faults.append((at, "exponent has no digits"))
    return digits, at


def _digits(text: str, begin: int, base: int) -> tuple[str, int]:
    """The digits and underscores at `begin`, and the offset of the first digit that the base lacks, or -1."""
    end, invalid = begin, -1
    while text.startswith("_", end) or is_digit(text[end : end + 1], max(base, 10)):
        if invalid < 0 and text[end] != "_" and not is_digit(text[end], base):
            invalid = end
        end += 1
    return text[begin:end], invalid


def _bad_separator(text: str) -> int:
    """Where an underscore does not stand between digits, or the base's prefix and a digit; or -1."""
    prefix = text[1:2].lower() if text.startswith("0") and text[1:2].lower() in _BASES else ""
    before = "0" if prefix else "."
    for position in range(2 if prefix else 0, len(text)):
        char = text[position]
        digit = is_digit(char, 16 if prefix == "x" else 10)
        if char == "_" and before != "0":
            return position
        if char != "_" and not digit and before == "_":
            return position - 1
        before = "_" if char == "_" else "0" if digit else "."
    return len(text) - 1 if before == "_" else -1
