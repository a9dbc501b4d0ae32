# SPDX-License-Identifier: BSD-3-Clause
"""Reports in Markdown stay below what GitHub takes for a step's summary: 1 MiB (GitHub Docs, "Job summaries")."""

from __future__ import annotations

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
