# SPDX-License-Identifier: BSD-3-Clause
"""go/version, and internal/gover beneath it."""

from __future__ import annotations

import pytest

from govgo.core.version import goversion
from tests.conformance.vectors import Case, check, differ, ops


def props(case: Case) -> str:
    x = case["x"]
    got = (goversion.with_prefix_is_valid(x), goversion.with_prefix_lang(x))
    return differ(got, (case["valid"], case["lang"]))


def compare(case: Case) -> str:
    return differ([goversion.with_prefix_compare(case["x"], y) for y in case["ys"]], case["cmp"])


JUDGES = {"props": props, "compare": compare}


@pytest.mark.parametrize("op", ops("goversion"))
def test_goversion(op: str) -> None:
    check("goversion", op, JUDGES[op])
