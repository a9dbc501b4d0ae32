# SPDX-License-Identifier: BSD-3-Clause
"""The summary of a fleet in Markdown."""

from __future__ import annotations

from govgo.core.fleet.summary import Summary
from govgo.report.fleet.sections import closing, sections_of
from govgo.report.markdown import document, plain, table_row

_MOST_ROWS = 25


def summary_markdown(summary: Summary) -> str:
    """The summary, a newline at its end."""
    lines = ["## govgo fleet", "", f"**{plain(closing(summary))}**"]
    for section in sections_of(summary, _MOST_ROWS):
        lines += ["", f"### {plain(section.title)}", ""]
        if section.note:
            lines += [plain(section.note), ""]
        if section.rows:
            lines.append(table_row(section.columns))
            marks = ("---:" if at in section.numbers else "---" for at in range(len(section.columns)))
            lines.append(f"| {' | '.join(marks)} |")
            lines += map(table_row, section.rows)
        if section.left_out:
            lines += ["", f"… and {section.left_out:,} more."]
    return document(lines)
