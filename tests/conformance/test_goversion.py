# SPDX-License-Identifier: BSD-3-Clause
"""go/version, and internal/gover beneath it."""

from __future__ import annotations

import pytest

from govgo.core.version import goversion
from tests.conformance.vectors import Case, check, differ, ops, runner


def bare(x: str) -> str:
    """The unchecked version in "go1.21.3-custom", as package go/version reads it; "" without the prefix."""
    version = x.partition("-")[0]
    return version[2:] if version.startswith("go") else ""


def props(case: Case) -> str:
    x = bare(case["x"])
    language = goversion.lang(x)
    got = (goversion.is_valid(x), f"go{language}" if language else "")
    return differ(got, (case["valid"], case["lang"]))


def compare(case: Case) -> str:
    return differ([goversion.compare(bare(case["x"]), bare(y)) for y in case["ys"]], case["cmp"])


RUNNERS = {"props": props, "compare": compare}


@pytest.mark.parametrize("op", ops("goversion"))
def test_goversion(op: str) -> None:
    check("goversion", op, runner("goversion", op, RUNNERS))
