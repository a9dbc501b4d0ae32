# SPDX-License-Identifier: BSD-3-Clause
"""A check for people: which rules of which govgo.toml were checked, then what was found."""

from __future__ import annotations

from collections.abc import Iterator

from govgo.core.policy.checked import Checked
from govgo.core.safetext import one_line
from govgo.report.findings.text import styled_report
from govgo.report.style import PLAIN, Style
from govgo.report.words import many, titled


def check_text(run: Checked, style: Style = PLAIN) -> str:
    """The report, a newline at its end."""
    return "".join(f"{one_line(line)}\n" for line in checked_lines(run)) + styled_report(run, style)


def checked_lines(run: Checked) -> Iterator[str]:
    """A line for each module: its build list, and the rules that it was checked by."""
    for module, checked in zip(run.modules, run.checked, strict=True):
        size = many(checked.modules, "module") if checked.modules is not None else "not resolved"
        since = f", what has come since {run.since}" if run.since else ""
        yield f"{titled(module)}: {size}{since}; {checked.policy}: {', '.join(checked.rules) or 'no rule'}"
