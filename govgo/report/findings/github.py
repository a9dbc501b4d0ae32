# SPDX-License-Identifier: BSD-3-Clause
"""A run as workflow commands of GitHub Actions, which become annotations at the lines they name.

Format: GitHub Docs, "Workflow commands for GitHub Actions".
"""

from __future__ import annotations

from collections import Counter

from govgo.core.findings import Finding, ModuleReport, Run, Verdict, all_findings
from govgo.core.safetext import visible
from govgo.report.findings.text import body_lines, closing

MOST_SHOWN = 10
"""Annotations of one level that GitHub shows for a step; it drops the others."""

_LEVELS = {
    Verdict.PASSED: "notice",
    Verdict.FINDING: "error",
    Verdict.UNCHECKED: "warning",
    Verdict.CONTRADICTION: "error",
}


def github_report(run: Run) -> str:
    """A command for each finding, the worst first where not all can be shown, each on a line.

    A notice sums up, and says how many are not shown.
    """
    left = Counter(dict.fromkeys(_LEVELS.values(), MOST_SHOWN))
    left["notice"] -= 1  # for the one that sums up
    shown: set[int] = set()
    found = list(all_findings(run))
    for number in sorted(range(len(found)), key=lambda number: -found[number][1].verdict):
        level = _LEVELS[found[number][1].verdict]
        if left[level]:
            left[level] -= 1
            shown.add(number)
    lines = [_command(run, *found[number]) for number in sorted(shown)]
    more = len(found) - len(shown)
    hidden = f" ({more} more: `govgo {run.verb}` shows all)" if more else ""
    lines.append(f"::notice title=govgo {run.verb}::{_data(closing(run) + hidden)}")
    return "".join(f"{line}\n" for line in lines)


def _command(run: Run, module: ModuleReport | None, finding: Finding) -> str:
    properties = []
    if finding.place is not None:
        properties.append(f"file={_property(finding.place.file)}")
        if finding.place.line:
            properties.append(f"line={finding.place.line}")
    properties.append(f"title={_property(finding.code)}")
    text = "\n".join(body_lines(run, module, finding))
    return f"::{_LEVELS[finding.verdict]} {','.join(properties)}::{_data(text)}"


def _data(text: str) -> str:
    return visible(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
