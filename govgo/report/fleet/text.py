# SPDX-License-Identifier: BSD-3-Clause
"""The summary of a fleet for a person."""

from __future__ import annotations

from collections.abc import Sequence

from govgo.core.fleet.summary import Summary
from govgo.core.safetext import one_line
from govgo.report.fleet.sections import closing, sections_of
from govgo.report.style import Style, table

_MOST_ROWS = 10
_MOST_ANSWERS = 1_000_000
"""Who asks for a list gets the list."""


def summary_text(summary: Summary, style: Style) -> str:
    """The summary, a newline at its end."""
    parts = []
    is_list = summary.below is not None
    for section in sections_of(summary, _MOST_ANSWERS if is_list else _MOST_ROWS):
        lines = filter(None, (style.paint(section.title, "bold"), section.note))
        text = "".join(f"{line}\n" for line in lines)
        if section.rows:
            text += table(section.columns, [_aligned(row, section.numbers) for row in section.rows], style)
        if section.left_out:
            text += f"… and {section.left_out:,} more\n"
        parts.append(text)
    end = one_line(closing(summary))
    if summary.directory and not is_list:
        end += f"\nresults: {one_line(summary.directory)}"
    return "\n".join([*parts, f"{end}\n"])


def _aligned(row: Sequence[str], numbers: frozenset[int]) -> list[str]:
    return [cell.rjust(5) if at in numbers else cell for at, cell in enumerate(row)]
