# SPDX-License-Identifier: BSD-3-Clause
"""Go's quoting. Expected values: strconv.Quote, QuoteRune and Unquote of go 1.26.8."""

from __future__ import annotations

import pytest

from govgo.core.golib.quote import quote, quote_char, unquote

QUOTED = [
    ("", '""'),
    ("abc", '"abc"'),
    ("é ü", '"é ü"'),
    ('a"b\\c', r'"a\"b\\c"'),
    ("'", '"\'"'),
    ("\a\b\f\n\r\t\v\x00\x7f", r'"\a\b\f\n\r\t\v\x00\x7f"'),
    ("\u2028\xa0\ufeff", r'"\u2028\u00a0\ufeff"'),
    ("\U000e0001\U0001f600", '"\\U000e0001\U0001f600"'),
    ("\udcff\udc80", r'"\xff\x80"'),
]


@pytest.mark.parametrize(("text", "quoted"), QUOTED)
def test_quote_and_back(text: str, quoted: str) -> None:
    assert quote(text) == quoted
    assert unquote(quoted) == text


@pytest.mark.parametrize(
    ("char", "quoted"), [("'", r"'\''"), ('"', "'\"'"), ("é", "'é'"), ("\n", r"'\n'"), ("\udcff", "'\ufffd'")]
)
def test_quote_char(char: str, quoted: str) -> None:
    assert quote_char(char) == quoted


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        ("`a\\n\r\n`", "a\\n\n"),
        (r'"\x41\101\u00e9\U0001F600"', "AA\xe9\U0001f600"),
        (r'"\xff"', "\udcff"),
        (r'"\xc3\xa9"', "é"),
        ('"\udcff"', "\ufffd"),
        (r"'\''", "'"),
        (r"'\x41'", "A"),
        (r'"\'"', None),
        (r"'\"'", None),
        ('"a', None),
        ('"a"b"', None),
        ('"a\nb"', None),
        (r'"\q"', None),
        (r'"\x4"', None),
        (r'"\400"', None),
        (r'"\ud800"', None),
        (r'"\U00110000"', None),
        ("`a`b`", None),
        ("'ab'", None),
        ("abc", None),
        ("", None),
    ],
)
def test_unquote(literal: str, value: str | None) -> None:
    assert unquote(literal) == value
