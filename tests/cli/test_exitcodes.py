# SPDX-License-Identifier: BSD-3-Clause
"""Which exit code an error ends with, by the table of `govgo help exit-codes`."""

from __future__ import annotations

import pytest

from govgo.cli.exitcodes import exit_code
from govgo.errors import (
    GovgoError,
    NetworkError,
    NotFoundError,
    QueryError,
    ReportedError,
    SumMismatchError,
    UsageError,
)

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
