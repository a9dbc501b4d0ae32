# SPDX-License-Identifier: BSD-3-Clause
"""The likely cause of a finding and what to do about it, in words."""

from __future__ import annotations

import pytest

from govgo.core.findings import Cause, Claim, Finding, Place, Remedy, Verdict
from govgo.core.module.moduleversion import ModuleVersion
from govgo.report.findings.advice import cause_text, hint_text

FINDING = Finding(
    "sum-mismatch", Claim.DATABASE, Verdict.CONTRADICTION, "text", ModuleVersion("q.io/a", "v1.0.0/go.mod")
)
AT_LATEST = "a re-tagged release? move to another version: `govgo get q.io/a@latest`"


@pytest.mark.parametrize(
    ("cause", "place", "text", "hint"),
    [
        (Cause.MOVED_TAG, Place("go.sum", 3), "moved tag: ", AT_LATEST),
        (Cause.OTHER_SOURCE, Place("go.sum", 3), "moved tag or odd proxy: ", AT_LATEST),
        (Cause.EDITED, Place("go.sum", 3), "edited go.sum: ", "see who changed the line: `git log -L3,3:go.sum`"),
        (Cause.TYPO, Place("go.sum", 3), "edited go.sum: ", "see who changed the line: `git log -L3,3:go.sum`"),
        (Cause.TYPO, Place("/cache/x.zip"), "edited go.sum: ", AT_LATEST),
        (
            *(Cause.BAD_CACHE, Place("go.sum", 3), "bad cache: "),
            "move the cached copy aside and fetch it again, proved: `govgo download q.io/a@v1.0.0`",
        ),
    ],
)
def test_causes(cause: Cause, place: Place, text: str, hint: str) -> None:
    finding = FINDING._replace(cause=cause, place=place, hint="overruled")
    assert cause_text(finding).startswith(text)
    assert hint_text(finding) == hint


def test_odd_proxies_are_named() -> None:
    finding = FINDING._replace(cause=Cause.ODD_PROXY, odd_proxies=("https://p.example", "https://q.example"))
    assert cause_text(finding) == (
        "odd proxy: https://p.example, https://q.example serves other bytes than those that the checksum database"
        " recorded"
    )
    assert hint_text(finding) == AT_LATEST


@pytest.mark.parametrize("cause", Cause)
def test_each_cause_has_a_text(cause: Cause) -> None:
    assert cause_text(FINDING._replace(cause=cause))


@pytest.mark.parametrize("remedy", Remedy)
def test_each_remedy_has_a_hint(remedy: Remedy) -> None:
    assert hint_text(FINDING._replace(remedy=remedy))


def test_without_a_cause_the_error_speaks() -> None:
    assert (cause_text(FINDING), hint_text(FINDING)) == ("", "")
    assert hint_text(FINDING._replace(hint="wait")) == "wait"
