# SPDX-License-Identifier: BSD-3-Clause
"""go/build/constraint, and go/build's MatchFile."""

from __future__ import annotations

import pytest

from govgo.core.gosource import constraint
from govgo.core.gosource.buildtags import TagSet, build_tags
from govgo.core.gosource.directory import match_source
from tests.conformance.vectors import Case, check, differ, ops, outcome, raw, runner


def expr(case: Case) -> str:
    parsed = outcome(constraint.parse_constraint, case["line"])
    if parsed["err"] or case["err"]:
        return differ(parsed["err"], case["err"])
    program = parsed["out"]
    plus_build = outcome(constraint.plus_build_lines, program)
    got = {
        "string": constraint.expression_text(program),
        "eval": [int(constraint.evaluate(program, TagSet(frozenset(tags)).match)) for tags in case["tag_sets"]],
        "go_version": constraint.go_version_of(program),
        "plus_build": plus_build["out"] or None,
        "plus_build_err": plus_build["err"],
    }
    return differ(got, {name: case.get(name) for name in got})


def line(case: Case) -> str:
    got = (constraint.is_go_build(case["line"]), constraint.is_plus_build(case["line"]))
    return differ(got, (case["is_go_build"], case["is_plus_build"]))


def filename(case: Case) -> str:
    platforms = [platform.split("/") for platform in case["platforms"]]
    got = [
        int(match_source(case["name"], b"package p\n", build_tags(goos, goarch, cgo=False)))
        for goos, goarch in platforms
    ]
    return differ(got, case["match"])


def matchfile(case: Case) -> str:
    tags = build_tags(
        case["goos"],
        case["goarch"],
        cgo=case["cgo"],
        extra=case["tags"],
        compiler=case.get("compiler", "gc"),
        release=case["release"],
        tool_tags=(),
    )

    def match() -> bool:
        use_all = case.get("use_all_files", False)
        return match_source("/d/" + case["name"], raw(case["source"]), tags, use_all=use_all)

    # Go's MatchFile also returns true beside some errors; here an error is raised and there is no value.
    got = outcome(match, empty=case["match"])
    return differ(got, {"out": case["match"], "err": case["err"]})


RUNNERS = {"expr": expr, "line": line, "filename": filename, "matchfile": matchfile}


@pytest.mark.parametrize("op", ops("buildconstraint"))
def test_buildconstraint(op: str) -> None:
    check("buildconstraint", op, runner("buildconstraint", op, RUNNERS))
