# SPDX-License-Identifier: BSD-3-Clause
"""Outdated dependencies in Markdown, for an issue or a pull request's comment."""

from __future__ import annotations

from collections.abc import Iterator

from govgo.core.resolution.outdated import Audited, Outdated
from govgo.report.markdown import document, fault_section, plain, table_row
from govgo.report.outdated.text import cells, closing, is_listed, remark_lines, title, titles, told_faults


def markdown_report(run: Outdated) -> str:
    """The report, a newline at its end."""
    lines = ["## Outdated dependencies"]
    for fault in told_faults(run):
        lines += fault_section(fault)
    for module in run.modules:
        if module.dependencies or not module.faults:
            lines += _module(run, module)
    return document(lines)


def _module(run: Outdated, module: Audited) -> Iterator[str]:
    yield ""
    yield f"### {plain(title(module))}"
    listed = [each for each in module.dependencies if is_listed(each)]
    if listed:
        head = titles(run)
        yield from ("", f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}")
        for each in listed:
            yield table_row(cells(run, each))
    remarks = [f"- **{word}**: {plain(rest)}" for word, rest in remark_lines(run, module)]
    yield from (["", *remarks] if remarks else ())
    yield ""
    yield f"{plain(closing(run, module))}"
