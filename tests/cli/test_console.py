# SPDX-License-Identifier: BSD-3-Clause
"""What reaches a terminal on standard error."""

from __future__ import annotations

import io

import pytest

from govgo.cli.console import ConsoleReporter
from govgo.errors import QueryError


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\ttext\nof two lines, é", "plain\ttext\nof two lines, é"),
        ("\x1b[31mred\x07", "\\x1b[31mred\\x07"),
        ("back\rto the start", "back\\x0dto the start"),
        ("csi \x9b and a byte \udc9b", "csi \\x9b and a byte \\x9b"),
    ],
)
def test_control_characters_are_shown_as_escapes(text: str, shown: str) -> None:
    stream = io.StringIO()
    reporter = ConsoleReporter(stream)
    reporter.raw(text)
    reporter.note(text)
    reporter.failure(QueryError(text))
    assert stream.getvalue() == f"{shown}\ngovgo: {shown}\ngovgo: {shown}\n"


def test_a_sentence_may_bring_its_line_end() -> None:
    stream = io.StringIO()
    reporter = ConsoleReporter(stream)
    reporter.note("checksum mismatch\n")
    reporter.failure(QueryError("checksum mismatch\n"))
    assert stream.getvalue() == "govgo: checksum mismatch\n" * 2
