# SPDX-License-Identifier: BSD-3-Clause
"""What becomes of text that a terminal, a log or the runner of GitHub Actions would not take as text."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govgo.core.safetext import UNSAFE, joined, one_line, visible, why_malformed

OTHER_KIND = "a value is of another kind than it has to be"
SAFE = ["", "plain", "a\tb\nc", "grün, 中文, ∂", "a::b", "a ::error::b", "# [x]", "## [x]", "C:\\x1b", "12:00:00"]


@pytest.mark.parametrize("text", SAFE)
def test_what_is_safe_stays(text: str) -> None:
    assert visible(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x07", "\\x1b[31mred\\x07"),
        ("a\r\nb", "a\\x0d\nb"),
        ("\x85\x9b\xad\x7f", "\\x85\\x9b\\xad\\x7f"),
        ("a byte \udcff, half of a pair \ud83d", "a byte \\xff, half of a pair \\ud83d"),
        # UTR 36, table 4: embeddings, overrides and isolates
        ("\u202a\u202b\u202c\u202d\u202e", "\\u202a\\u202b\\u202c\\u202d\\u202e"),
        ("\u2066\u2067\u2068\u2069\u200e\u061c", "\\u2066\\u2067\\u2068\\u2069\\u200e\\u061c"),
        ("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"),
        ("tag \U000e0041", "tag \\U000e0041"),
        ("line\u2028paragraph\u2029", "line\\u2028paragraph\\u2029"),
        # as actions/runner finds commands
        ("::error::x", "\\x3a:error::x"),
        ("a\n \t\u3000::error::x\nb", "a\n \t\u3000\\x3a:error::x\nb"),
        ("a\n\n\n::x\n:::y", "a\n\n\n\\x3a:x\n\\x3a::y"),
        ("\u2028::error::x", "\\u2028::error::x"),  # what stands there now is not white space
        (" \x0b\r\x85 ::x", " \\x0b\\x0d\\x85 \\x3a:x"),
        ("x ##[error]y", "x #\\x23[error]y"),
        ("###[z]", "##\\x23[z]"),
    ],
)
def test_what_is_not_safe_is_shown(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_a_value_within_a_line_has_one_line() -> None:
    assert one_line("a\n::error::b\tc\r") == "a\\n::error::b\\tc\\x0d"
    assert one_line("::error::a") == "\\x3a:error::a"


@given(st.text(st.one_of(st.sampled_from("\n\t :#[]\\\x1b\u202e\r"), st.characters())))
def test_nothing_unsafe_is_left(text: str) -> None:
    shown = visible(text)
    assert re.search(f"[{UNSAFE}]", shown) is None
    assert not any(line.lstrip().startswith("::") for line in shown.split("\n"))
    assert "##[" not in shown
    assert visible(shown) == shown
    assert "\n" not in one_line(text)
    assert visible(one_line(text)) == one_line(text)


@pytest.mark.parametrize(
    ("read", "text", "why"),
    [
        (json.loads, "[" * 100_000, "nested too deep"),
        (tomllib.loads, "a = " + "[" * 100_000, "nested too deep"),
        (lambda text: json.loads(text)["id"], "{}", "no field 'id'"),
        (lambda text: json.loads(text).get("id"), "[]", OTHER_KIND),
        (lambda text: json.loads(text)["id"], "1", OTHER_KIND),
        (lambda text: json.loads(text)["id"], '""', OTHER_KIND),
        (lambda text: json.loads(text)["id"], "[]", OTHER_KIND),
        (json.loads, "{x", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
    ],
    ids=["JSON", "TOML", "a field", "a list", "a number", "a text", "no object", "a word of the library"],
)
def test_why_a_document_is_malformed(read: Callable[[str], object], text: str, why: str) -> None:
    with pytest.raises((ValueError, KeyError, TypeError, AttributeError, RecursionError)) as caught:
        read(text)
    assert why_malformed(caught.value) == why


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("no such directory", "no such directory"),
        ("errors parsing go.mod:\ngo.mod:5: a\ngo.mod:5: a\n", "errors parsing go.mod: go.mod:5: a; go.mod:5: a"),
        ("exit status 128:\n\tfatal: no\r\n\n\thint: \x1b", "exit status 128: fatal: no; hint: \\x1b"),
        ("", ""),
    ],
)
def test_lines_as_one_sentence(text: str, sentence: str) -> None:
    assert joined(text) == sentence


@pytest.mark.parametrize("error", [ValueError, KeyError])
def test_attack_a_document_whose_fault_is_a_word_without_end(error: type[Exception]) -> None:
    """What is told has an end, and still says where: tomllib puts a key of any length before that."""
    why = why_malformed(error(f"Cannot overwrite {'[' * 70_000}\x1b (at line 7, column 9)"))
    assert len(why) < 1_100
    assert "Cannot overwrite [[" in why
    assert "\\x1b (at line 7, column 9)" in why
