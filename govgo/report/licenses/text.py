# SPDX-License-Identifier: BSD-3-Clause
"""Licences for people: a table of modules, then what is unknown."""

from __future__ import annotations

from collections import Counter

from govgo.core.licenses.licenses import Licenses, ModuleLicense
from govgo.core.licenses.texts import LICENSE, declaring
from govgo.core.safetext import one_line
from govgo.report.findings.text import styled_report
from govgo.report.style import Style, table
from govgo.report.words import titled

UNKNOWN = "unknown"
COLUMNS = ("MODULE", "VERSION", "LICENCE", "FROM")


def licenses_text(run: Licenses, style: Style) -> str:
    """A table for each build list, how often each licence is there, and the findings; a newline at the end."""
    parts: list[str] = []
    for build in run.builds:
        if len(run.builds) > 1:
            parts.append(style.paint(one_line(titled(build)), "bold") + "\n")
        if build.modules:
            parts.append(table(COLUMNS, [_row(each, style) for each in build.modules], style) + "\n")
    counts = Counter(each.expression or UNKNOWN for build in run.builds for each in build.modules)
    if counts:
        summary = ", ".join(f"{number} {name}" for name, number in sorted(counts.items(), key=_most_first))
        parts.append(f"{one_line(summary)}\n")
    return "".join(parts) + styled_report(run, style)


def _most_first(entry: tuple[str, int]) -> tuple[int, str]:
    return -entry[1], entry[0]


def _row(each: ModuleLicense, style: Style) -> tuple[str, str, str, str]:
    shown = one_line(license_cell(each))
    if not each.expression:
        shown = style.paint(shown, "yellow")
    return one_line(each.module.path), one_line(version_cell(each)), shown, one_line(origin(each))


def version_cell(each: ModuleLicense) -> str:
    """The version, and what replaces it."""
    if each.replacement is None:
        return each.module.version
    return f"{each.module.version} => {' '.join(part for part in each.replacement if part)}"


def license_cell(each: ModuleLicense) -> str:
    """The licence, and in brackets what nested directories add."""
    own = declaring(each.texts)
    nested = {text.expression or UNKNOWN for text in each.texts if text.kind == LICENSE and text not in own}
    added = "" if each.reason else ", ".join(sorted(nested - {each.expression}))
    return (each.expression or UNKNOWN) + (f" (nested: {added})" if added else "")


def origin(each: ModuleLicense) -> str:
    """What says so: the licence files of the module as a whole, or the reason of an override."""
    if each.reason:
        return f"govgo.toml: {each.reason}"
    return ", ".join(text.name for text in declaring(each.texts)) or "no file"
