# SPDX-License-Identifier: BSD-3-Clause
"""A check in Markdown, for a pull request's comment or a job's summary."""

from __future__ import annotations

from govgo.core.policy.checked import Checked
from govgo.report.check.text import checked_lines
from govgo.report.findings.markdown import markdown_report
from govgo.report.markdown import plain


def check_markdown(run: Checked) -> str:
    """The report, a newline at its end: the findings first, then what was checked."""
    lines = [f"- {plain(line)}" for line in checked_lines(run)]
    return markdown_report(run, lines)
