# SPDX-License-Identifier: BSD-3-Clause
"""A comparison in Markdown, for a pull request's comment, which may have 65,536 characters.

Nothing that comes from files or servers can leave its cell or code block (GitHub Flavored Markdown).
"""

from __future__ import annotations

from collections.abc import Iterator

from govgo.core.resolution.compare import Comparison, TargetChanges
from govgo.core.safetext import visible
from govgo.report.diff.text import (
    TITLES,
    closing,
    notable_text,
    remark_lines,
    row,
    side_names,
    source_title,
    summary,
)
from govgo.report.markdown import fault_section, fenced, plain, table_row
from govgo.report.words import titled

MOST_CHARACTERS = 60_000
"""Of a report; what does not fit is left out, and the report says so."""


def markdown_report(run: Comparison) -> str:
    """The report, a newline at its end."""
    lines: list[str] = []
    left = MOST_CHARACTERS - _RESERVE
    blocks = list(_blocks(run))
    shown = 0
    for block in blocks:
        size = sum(len(line) + 1 for line in block)
        if size > left:
            break
        left -= size
        lines += block
        shown += 1
    if shown < len(blocks):
        lines += [
            "",
            f"… cut off here, since comments are limited: {len(blocks) - shown} more parts in the text report.",
        ]
    return "".join(f"{line}\n" for line in lines)


_RESERVE = 200
"""Characters for the note that something was left out."""
_ROWS = 100
"""Rows of a table that are kept or left out together."""


def _blocks(run: Comparison) -> Iterator[list[str]]:
    """Parts of the report that are kept or left out as a whole, the most important first."""
    sides = [f"{plain(side_names(run))}: **{plain(closing(run))}**"] if run.old.name else []
    yield ["## govgo diff", *(["", *sides] if sides else [])]
    for finding in run.findings:
        yield fault_section(finding)
    remarks = [*remark_lines(run), *(f"note: {note}" for note in run.notes)]
    for first, line in enumerate(remarks):
        yield [*([] if first else [""]), f"- {plain(line)}"]
    for target in run.targets:
        if target.is_different:
            yield from _target(run, target)
    for source in run.sources:
        yield ["", f"### {plain(source_title(source))}"]
        for first, each in enumerate(source.notable):
            yield [*([] if first else [""]), f"- {plain(notable_text(each))}"]
        for file in source.files:
            shown = file.text or f"{file.change} {file.name}: {file.note}"
            yield ["", *fenced(visible(shown).splitlines(), "diff")]


def _target(run: Comparison, target: TargetChanges) -> Iterator[list[str]]:
    yield ["", f"### {plain(titled(target))}", "", plain(summary(run, target))]
    head = ["", f"| {' | '.join(TITLES)} |", f"|{' --- |' * len(TITLES)}"]
    for first in range(0, len(target.modules), _ROWS):
        rows = [row(run, each) for each in target.modules[first : first + _ROWS]]
        yield [*(head if not first else []), *map(table_row, rows)]
    for file in target.files:
        changed = [*(f"- {line}" for line in file.removed), *(f"+ {line}" for line in file.added)]
        yield ["", plain(file.file), "", *fenced([visible(line) for line in changed], "diff")]
