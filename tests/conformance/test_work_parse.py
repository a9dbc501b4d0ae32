# SPDX-License-Identifier: BSD-3-Clause
"""golang.org/x/mod/modfile: ParseWork, Format, Cleanup and SortBlocks of go.work."""

from __future__ import annotations

from govgo.core.modfile import parse_work
from tests.conformance.modfileview import parsed
from tests.conformance.test_modfile_parse import cleaned, resolve
from tests.conformance.vectors import Case, check, differ, raw


def parsing(case: Case) -> str:
    data = raw(case["text"])
    want = case["parse"]
    file, got = parsed(lambda: parse_work("go.work", data))
    faults = [
        differ(got, want),
        differ(parsed(lambda: parse_work("go.work", data, resolve))[1], case.get("fix", want)),
    ]
    return "; ".join(filter(None, [*faults, *cleaned(file, case)]))


def test_work_parse() -> None:
    check("work_parse", "", parsing)
