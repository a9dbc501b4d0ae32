# SPDX-License-Identifier: BSD-3-Clause
"""Letters, digits and printable characters are those of Unicode 15.0, whatever Python's own tables say."""

from __future__ import annotations

import sys
import unicodedata

import pytest

from govgo.core.golib.unicode import is_digit, is_letter, is_print

PRINTABLE_IN_GO_1_26 = 148_998
"""Counted with Go 1.26.8's unicode.IsPrint over all runes."""


@pytest.mark.wide
def test_count() -> None:
    assert sum(is_print(chr(code)) for code in range(sys.maxunicode + 1)) == PRINTABLE_IN_GO_1_26


@pytest.mark.parametrize(
    ("char", "expected"),
    [
        *((char, True) for char in "a ~\xa1\xe9\u0301\u20ac\u4e2d\ufffd\U0001f600"),
        # New in Unicode 15.0.
        *((char, True) for char in "\u0cf3\u0ece\U00011f00\U0001f6dc\U000323af"),
        # New in Unicode 15.1.
        *((char, False) for char in "\u2ffc\u31ef\U0002ebf0"),
        # Controls, spaces, format characters, private use, bad bytes, unassigned.
        *((char, False) for char in "\0\n\x7f\x85\xa0\xad\u2028\u3000\ufeff\ue000\udc80\uffff\U0010ffff"),
    ],
)
def test_samples(char: str, expected: bool) -> None:
    assert is_print(char) is expected


def test_categories_of_old_characters() -> None:
    """Of Unicode 3.2, letters, marks, numbers, punctuation and symbols; the soft hyphen changed sides later."""
    old = unicodedata.ucd_3_2_0
    for code in range(0x80, 0x10000):
        char = chr(code)
        if old.category(char) != "Cn" and char != "\xad":
            assert is_print(char) == (old.category(char)[0] in "LMNPS"), hex(code)


@pytest.mark.parametrize(
    ("char", "letter", "digit", "printing"),
    [
        ("a", 1, 0, 1),
        ("_", 0, 0, 1),
        ("٣", 0, 1, 1),
        ("²", 0, 0, 1),
        (" ", 0, 0, 1),
        ("\xa0", 0, 0, 0),
        ("\u0301", 0, 0, 1),
        ("\U00031350", 1, 0, 1),  # new in Unicode 15.0
        ("\U0001e4f0", 0, 1, 1),  # new in 15.0
        ("\U0002ebf0", 0, 0, 0),  # new in 15.1
        ("\U00010d40", 0, 0, 0),  # new in 16.0
        ("\udcff", 0, 0, 0),
    ],
)
def test_characters_are_those_of_unicode_15(char: str, letter: int, digit: int, printing: int) -> None:
    assert (int(is_letter(char)), int(is_digit(char)), int(is_print(char))) == (letter, digit, printing)
