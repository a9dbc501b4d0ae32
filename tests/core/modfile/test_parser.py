# SPDX-License-Identifier: BSD-3-Clause
"""go.mod files from a hostile server: any bytes end in an answer or in ModFileErrors, in bounded work."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govgo.core.modfile import LineFault, ModFileErrors, module_path, parse, parse_lax, parse_work
from govgo.core.modfile.faults import MAX_FAULTS
from govgo.core.modfile.parser import MAX_LINES, MAX_TOKENS, MAX_WORD
from govgo.core.modfile.quickread import summarize
from tests.simulators import campaigns

WORDS = st.sampled_from(
    [
        *(b"module", b"go 1.21", b"require", b"retract", b"replace", b"(", b")", b"[", b"]", b",", b"=>", b'"', b"`"),
        *(b"\\", b"\n", b"\r\n", b" ", b"\t", b"// c", b"/*", b"a.io/x", b"v1.0.0", b"\xff", b"\xed\xa0\x80", b"\x00"),
    ]
)
TEXTS = st.one_of(st.binary(max_size=80), st.lists(WORDS, max_size=25).map(b"".join))


def faults(read: Callable[[str, bytes], object], data: bytes) -> tuple[LineFault, ...]:
    """The errors of reading `data`; no other exception is expected."""
    try:
        read("go.mod", data)
    except ModFileErrors as error:
        return error.errors
    return ()


@campaigns.thirds
@settings(max_examples=100, deadline=None)
@given(data=TEXTS)
def test_any_bytes(third: int, data: bytes) -> None:
    for read in (parse, parse_lax, parse_work, summarize):
        assert all(fault.line >= 1 and fault.column >= 1 for fault in faults(read, data))
    module_path(data)


@campaigns.thirds
@settings(max_examples=70, deadline=None)
@given(data=TEXTS)
def test_formatting_is_a_fixed_point(third: int, data: bytes) -> None:
    """What is printed parses again, and prints the same."""
    try:
        once = parse_lax("go.mod", data).format()
    except ModFileErrors:
        return
    assert parse_lax("go.mod", once).format() == once


@pytest.mark.parametrize("line", [b"require a.io/x v1.0.0\n", b"x\n", b"//\n", b"\n"])
def test_a_million_lines_are_refused_at_once(line: bytes) -> None:
    (fault,) = faults(summarize, line * 1_000_000)
    assert str(fault) == f"go.mod: too many lines (limit {MAX_LINES})"


@pytest.mark.wide
def test_a_million_words_are_refused() -> None:
    (fault,) = faults(summarize, b"x " * (MAX_TOKENS + 1))
    assert (fault.line, fault.column) == (1, 2 * MAX_TOKENS)
    assert fault.detail == f"too many tokens (limit {MAX_TOKENS})"


@pytest.mark.parametrize(
    "data",
    campaigns.one_in(
        3,
        [
            b" " * (1 << 20),
            b"a" * (1 << 20),
            b"a/" * (1 << 19),
            b"\xff" * (1 << 20),
            b'x "' + b"\\a" * (1 << 19) + b'"\n',
            b'x "' + b"\\a" * (1 << 19),
            b"//" * (1 << 19),
            b"\n" * (1 << 16),
            b"//\n" * (1 << 16),
        ],
    ),
    ids=["spaces", "word", "slashes", "bytes", "escapes", "open", "comment", "blank", "comments"],
)
def test_large_files_of_few_tokens_take_linear_time(data: bytes) -> None:
    began = time.process_time()
    assert len(faults(summarize, data)) <= 1
    assert time.process_time() - began < 2


LONGEST = "a.io/" + "a" * (MAX_WORD - 5)


def test_the_longest_word_is_read() -> None:
    for reader in (summarize, parse_lax):
        assert faults(reader, f"module {LONGEST} // {'c' * 100_000}\n".encode()) == ()


@pytest.mark.parametrize(
    "text", [f"module {LONGEST}a", f'module "{LONGEST}"', f"x\nrequire m v1.0.0-{'a.' * 4000}b // c"]
)
def test_a_longer_word_is_refused(text: str) -> None:
    """Otherwise one version of 16 MiB has eight million identifiers to compare, and comes back in an error's text."""
    for reader in (summarize, parse_lax):
        (fault,) = faults(reader, text.encode())
        assert fault.detail == f"word too long (limit {MAX_WORD} characters)"


def test_the_text_of_an_error_has_an_end() -> None:
    (fault,) = faults(parse_lax, b"require a.io/a v1.x" + b"y" * 4000)
    assert fault.detail.startswith('require a.io/a: version "v1.xyyy')
    assert len(fault.detail) == 1003


def test_the_lines_of_a_block_share_its_comment() -> None:
    """Forty thousand lines of comment above ten thousand retractions were 2 GB, if each had a text of its own."""
    data = b"module m.io/x\n" + b"// c\n" * 4_000 + b"retract (\n" + b"\tv1.0.0\n" * 1_000 + b")\n"
    for texts in (
        [each.rationale for each in parse_lax("go.mod", data).retract],
        [each.rationale for each in summarize("go.mod", data).retract],
        [each.rationale for each in summarize("go.mod", data + b"unknown\n").retract],
    ):
        assert len(texts) == 1_000
        assert len({id(text) for text in texts}) == 1


def test_errors_are_kept_up_to_a_limit() -> None:
    assert len(faults(parse_lax, b"go\n" * (MAX_FAULTS + 10))) == MAX_FAULTS


def test_end_of_line_comments_that_pile_up_take_linear_time() -> None:
    # None of these lines may have a comment, so all of them go to the first one.
    data = b"x // c\n" + b'"a\\\nb" // c\n' * 10_000
    began = time.process_time()
    assert parse_lax("go.mod", data).format().count(b"// c") == 10_001
    assert time.process_time() - began < 5
