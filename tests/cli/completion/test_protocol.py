# SPDX-License-Identifier: BSD-3-Clause
"""What the scripts send and get."""

from __future__ import annotations

import doctest

import pytest

from govgo.cli.completion import protocol
from govgo.cli.completion.candidates import Answer, Candidate
from govgo.cli.completion.protocol import answer_text, split_line, words_at_cursor


def test_examples() -> None:
    assert doctest.testmod(protocol).failed == 0


@pytest.mark.parametrize(
    ("line", "want"),
    [
        ("govgo ", ["govgo", ""]),
        ("govgo  list  -m", ["govgo", "list", "-m"]),
        ("govgo list -f '{{.Path}} x", ["govgo", "list", "-f", "{{.Path}} x"]),
        ('govgo list -f "a b" ', ["govgo", "list", "-f", "a b", ""]),
        ("govgo verify my\\ dir", ["govgo", "verify", "my dir"]),
        ("govgo -C my\\  list", ["govgo", "-C", "my ", "list"]),
        (r'govgo list -f "a\"b\n" x', ["govgo", "list", "-f", r'a"b\n', "x"]),
        ("govgo list -f 'a\\' x", ["govgo", "list", "-f", "a\\", "x"]),
        ("govgo -C '' list", ["govgo", "-C", "", "list"]),
        ("", [""]),
    ],
)
def test_words_of_an_unfinished_line(line: str, want: list[str]) -> None:
    assert split_line(line) == want


@pytest.mark.parametrize(
    ("line", "own", "words", "left_out"),
    [
        ("govgo get rsc.io/q", "rsc.io/q", ["get", "rsc.io/q"], 0),
        ("govgo get rsc.io/quote@", "@", ["get", "rsc.io/quote@"], 12),
        ("govgo get rsc.io/quote@v1", "v1", ["get", "rsc.io/quote@v1"], 12),
        ("govgo list -mod=", "=", ["list", "-mod="], 5),
        ("govgo list -mod=re", "re", ["list", "-mod=re"], 5),
        ("govgo verify -o sarif:out", "out", ["verify", "-o", "sarif:out"], 6),
        ("govgo ", "", [""], 0),
    ],
)
def test_words_that_bash_cuts(line: str, own: str, words: list[str], left_out: int) -> None:
    assert words_at_cursor("bash", [line, own]) == (words, left_out)


def test_answers_are_lines_without_control_characters() -> None:
    answer = Answer((Candidate("-mod=mod", "a\tb\n\x1b[31m"), Candidate("-mod=vendor")), open=True, kept="-mod=")
    assert answer_text(answer, 5) == "open kept=5\nmod\ta\\tb\\n\\x1b[31m\nvendor\n"
    assert answer_text(Answer()) == "\n"


def test_what_a_shell_would_not_take_as_a_word_is_left_out() -> None:
    """One of each character with a meaning (XCU 2.2), of history expansion, and those that a terminal obeys."""
    hostile = [f"q.io/x{char}y" for char in "|&;<>()$`\\\"' \t\n*?[]#{}!\x1b\x00\u202eé"]
    plain = ["q.io/x", "q.io/x@v1.0.0-rc.1+incompatible", "-mod=mod", "sarif:", "./...", "gopkg.in/yaml.v3", "x.y/~u/z"]
    answer = Answer([Candidate(word) for word in [*hostile, *plain]])
    assert answer_text(answer) == "\n" + "".join(f"{word}\n" for word in plain)
