# SPDX-License-Identifier: BSD-3-Clause
"""golang.org/x/mod/module: MatchPrefixPatterns."""

from __future__ import annotations

import pytest

from govgo.core.module.patterns import match_prefix_patterns
from tests.conformance.vectors import Case, check, differ, ops


def run_case(case: Case) -> str:
    return differ(match_prefix_patterns(case["globs"], case["target"]), case["match"])


@pytest.mark.parametrize("op", ops("patterns"))
def test_patterns(op: str) -> None:
    check("patterns", op, run_case)
