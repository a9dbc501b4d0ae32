# SPDX-License-Identifier: BSD-3-Clause
"""Reports in Markdown: blocks end where they end, and a summary has less than 1 MiB (GitHub Docs, "Job summaries")."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from govgo.core.findings import Finding, Inspection, ModuleReport, Place, Verdict
from govgo.report.findings.markdown import markdown_report
from govgo.report.markdown import document, fenced


def test_a_small_report_is_whole() -> None:
    assert document(["a", "", "b"]) == "a\n\nb\n"


def test_a_large_report_is_cut_at_a_line_and_says_so() -> None:
    report = document(["é" * 99] * 10_000)
    assert 1_000_000 < len(report.encode()) < 1 << 20
    *lines, empty, last = report.splitlines()
    assert set(lines) == {"é" * 99}
    assert (empty, last) == (
        "",
        f"… cut off here, since a summary is limited: {10_000 - len(lines):,} more lines in the text report.",
    )


def test_a_block_that_is_cut_ends() -> None:
    report = document(["before", *fenced(["```", "x" * 1000] * 2000)])
    assert len(report.encode()) < 1 << 20
    lines = report.splitlines()
    assert (lines[1], lines[-3]) == ("````text", "````")
    assert lines[-1].startswith("… cut off here")


@pytest.mark.wide
def test_a_hundred_thousand_findings() -> None:
    """As from a database that has gone mad: the worst case of a summary, with texts as long as foreign ones get."""
    found = tuple(
        Finding(
            "vulnerable-module", None, Verdict.FINDING, f"GO-{number}: é|<b> " + "x" * 200, place=Place("go.mod", 3)
        )
        for number in range(100_000)
    )
    module = ModuleReport("module", "example.com/app", ".", (), (), found)
    report = markdown_report(Inspection("check", "as", "no", (module,), (), datetime(2026, 1, 1, tzinfo=UTC), 1.0))
    assert len(report.encode()) < 1 << 20
    assert "GO-0: " in report
    assert "100,000" in report
    assert "99,950 more" in report


def test_attack_a_line_that_would_end_a_block() -> None:
    """A fence ends with at least as many backticks as it begins with (CommonMark 0.31.2, section 4.5)."""
    assert fenced(["a", "```", "b"]) == ["````text", "a", "```", "b", "````"]
    assert fenced(["`" * 40, "```"]) == ["`" * 41 + "text", "`" * 40, "```", "`" * 41]
    assert fenced(["a `` b"]) == ["```text", "a `` b", "```"]
