# SPDX-License-Identifier: BSD-3-Clause
"""golang.org/x/mod/semver."""

from __future__ import annotations

import pytest

from govgo.core.version import semver
from tests.conformance.vectors import Case, check, differ, ops, runner


def props(case: Case) -> str:
    v = case["v"]
    got = {
        "valid": semver.is_valid(v),
        "canonical": semver.canonical(v),
        "major": semver.major(v),
        "major_minor": semver.major_minor(v),
        "prerelease": semver.prerelease(v),
        "build": semver.build(v),
    }
    return differ(got, {name: case[name] for name in got})


def compare(case: Case) -> str:
    got = [semver.compare(case["v"], w) for w in case["ws"]]
    by_key = [(semver.key(case["v"]) > semver.key(w)) - (semver.key(case["v"]) < semver.key(w)) for w in case["ws"]]
    return differ(got, case["cmp"]) or differ(by_key, case["cmp"])


def sort(case: Case) -> str:
    return differ(semver.sort(case["in"]), case["out"])


def max_(case: Case) -> str:
    return differ(semver.max_version(case["v"], case["w"]), case["out"])


RUNNERS = {"props": props, "compare": compare, "sort": sort, "max": max_}


@pytest.mark.parametrize("op", ops("semver"))
def test_semver(op: str) -> None:
    check("semver", op, runner("semver", op, RUNNERS))
