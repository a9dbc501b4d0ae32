# SPDX-License-Identifier: BSD-3-Clause
"""What reaches a terminal on standard error."""

from __future__ import annotations

import io

import pytest

from govgo.cli.console import ConsoleReporter, exit_code
from govgo.errors import (
    GovgoError,
    NetworkError,
    NotFoundError,
    QueryError,
    ReportedError,
    SumMismatchError,
    UsageError,
)


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


EVIDENCE = SumMismatchError("evidence")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NotFoundError("x"), 1),
        (UsageError("x"), 2),
        (NetworkError("x"), 3),
        (EVIDENCE, 4),
        (ZeroDivisionError(), 70),
        (QueryError("x", inner=NetworkError("y")), 3),
        (QueryError("x", inner=EVIDENCE), 4),
        (ReportedError((NotFoundError("x"), NetworkError("y"))), 3),
        (ReportedError((EVIDENCE, ZeroDivisionError())), 4),
        (ReportedError((NetworkError("x"), ReportedError((QueryError("y", inner=EVIDENCE),)))), 4),
        (QueryError("x", inner=ReportedError((EVIDENCE,))), 4),
    ],
)
def test_evidence_of_misbehaviour_decides_the_exit_code(error: GovgoError, code: int) -> None:
    assert exit_code(error) == code
