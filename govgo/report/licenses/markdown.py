# SPDX-License-Identifier: BSD-3-Clause
"""Licences as Markdown: a table for each build list, then the findings."""

from __future__ import annotations

from govgo.core.licenses.licenses import Licenses
from govgo.report.findings.markdown import markdown_report
from govgo.report.licenses.text import license_cell, origin, version_cell
from govgo.report.markdown import document, plain, table_row


def licenses_markdown(run: Licenses) -> str:
    """The report, a newline at its end."""
    lines: list[str] = []
    for build in run.builds:
        lines += [
            f"## Licences of {plain(build.name)}",
            "",
            "| module | version | licence | from |",
            "| - | - | - | - |",
        ]
        for each in build.modules:
            cells = (each.module.path, version_cell(each), license_cell(each), origin(each))
            lines.append(table_row(cells))
        lines.append("")
    return document([*lines, *markdown_report(run).splitlines()])
