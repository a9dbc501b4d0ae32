# SPDX-License-Identifier: BSD-3-Clause
"""A verification as workflow commands of GitHub Actions, which become annotations at the lines they name.

Format: GitHub Docs, "Workflow commands for GitHub Actions".
"""

from __future__ import annotations

from govgo.core.findings import Finding, ModuleReport, Verdict, Verification
from govgo.report.findings.text import closing, finding_lines
from govgo.report.visible import visible


def github_report(run: Verification) -> str:
    """A command for each finding, then one that sums up; each on a line of its own."""
    lines = [_command(run, module, finding) for module, finding in run.all_findings()]
    level = "notice" if run.verdict is Verdict.PASSED else "error"
    lines.append(f"::{level} title=govgo verify::{_data(closing(run))}")
    return "".join(f"{line}\n" for line in lines)


def _command(run: Verification, module: ModuleReport | None, finding: Finding) -> str:
    level = "warning" if finding.verdict is Verdict.UNCHECKED else "error"
    properties = []
    if finding.place is not None:
        properties.append(f"file={_property(finding.place.file)}")
        if finding.place.line:
            properties.append(f"line={finding.place.line}")
    properties.append(f"title={_property(finding.code)}")
    text = "\n".join(finding_lines(run, module, finding)).partition("]: ")[2]
    return f"::{level} {','.join(properties)}::{_data(text)}"


def _data(text: str) -> str:
    return visible(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
