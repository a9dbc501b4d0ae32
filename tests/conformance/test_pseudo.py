# SPDX-License-Identifier: BSD-3-Clause
"""golang.org/x/mod/module: pseudo-versions."""

from __future__ import annotations

from datetime import datetime

import pytest

from govgo.core.version import pseudo
from tests.conformance.vectors import Case, check, differ, ops, outcome, panicking, runner


def make(case: Case) -> str:
    time = datetime.fromisoformat(case["time"])
    return differ(panicking(pseudo.pseudo_version, case["major"], case["older"], time, case["rev"]), case["out"])


def zero(case: Case) -> str:
    return differ(pseudo.zero_pseudo_version(case["major"]), case["out"])


def rfc3339(v: str) -> str:
    time = pseudo.pseudo_time(v)
    return f"{time.year:04d}{time:-%m-%dT%H:%M:%SZ}"


def parse(case: Case) -> str:
    v = case["version"]
    got = {
        "is_pseudo": pseudo.is_pseudo(v),
        "is_zero": pseudo.is_zero_pseudo(v),
        "time": outcome(rfc3339, v),
        "rev": outcome(pseudo.pseudo_rev, v),
        "base": outcome(pseudo.pseudo_base, v),
    }
    return differ(got, {name: case[name] for name in got})


RUNNERS = {"make": make, "zero": zero, "parse": parse}


@pytest.mark.parametrize("op", ops("pseudo"))
def test_pseudo(op: str) -> None:
    check("pseudo", op, runner("pseudo", op, RUNNERS))
