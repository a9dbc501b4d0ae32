# SPDX-License-Identifier: BSD-3-Clause
"""A run as GitLab's Code Quality report: a list of issues, which a merge request shows at the lines they name.

Format: GitLab Docs, "Code Quality", "Import Code Quality results from a CI/CD job". An issue needs a file and a line,
and a fingerprint that no other issue of the report has.
"""

from __future__ import annotations

import json
import posixpath
from collections import Counter

from govgo.core.findings import Finding, ModuleReport, Run, Verdict, all_findings
from govgo.core.safetext import visible
from govgo.report.findings.sarif import fingerprint
from govgo.report.findings.text import body_lines
from govgo.report.gojson import safe

_SEVERITIES = {
    Verdict.PASSED: "info",
    Verdict.FINDING: "major",
    Verdict.UNCHECKED: "critical",
    Verdict.CONTRADICTION: "blocker",
}


def gitlab_report(run: Run) -> str:
    """The document, a newline at its end."""
    seen: Counter[str] = Counter()
    issues = []
    for module, finding in all_findings(run):
        mark = fingerprint(finding)
        seen[mark] += 1
        issues.append(_issue(run, module, finding, mark if seen[mark] == 1 else f"{mark}-{seen[mark]}"))
    return safe(json.dumps(issues, indent=2, ensure_ascii=False)) + "\n"


def _issue(run: Run, module: ModuleReport | None, finding: Finding, mark: str) -> dict[str, object]:
    place = finding.place
    if place is None:
        file, line = (
            posixpath.normpath(posixpath.join(module.directory if module is not None else run.here, "go.mod")),
            0,
        )
    else:
        file, line = place
    return {
        "description": visible("\n".join(body_lines(run, module, finding))),
        "check_name": finding.code,
        "fingerprint": mark,
        "severity": _SEVERITIES[finding.verdict],
        "location": {"path": file, "lines": {"begin": line or 1}},
    }
