# SPDX-License-Identifier: BSD-3-Clause
"""golang.org/x/mod/module: escaped paths and versions."""

from __future__ import annotations

import pytest

from govgo.core.module import escape
from tests.conformance.vectors import Case, check, differ, ops, outcome

CALLS = {
    "escape_path": escape.escape_path,
    "unescape_path": escape.unescape_path,
    "escape_version": escape.escape_version,
    "unescape_version": escape.unescape_version,
}


@pytest.mark.parametrize("op", ops("escape"))
def test_escape(op: str) -> None:
    def run_case(case: Case) -> str:
        return differ(outcome(CALLS[op], case["in"]), {"out": case["out"], "err": case["err"]})

    check("escape", op, run_case)
