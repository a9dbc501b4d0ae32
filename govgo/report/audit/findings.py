# SPDX-License-Identifier: BSD-3-Clause
"""An audit as findings, for the formats that CI systems read: SARIF, JUnit, GitHub annotations.

Each vulnerability of a module is a finding at the line of the requirement that brought the module in.
"""

from __future__ import annotations

from govgo.core.advisory.audit import Audit, AuditedModule, Exposure
from govgo.core.findings import Finding, Inspection, ModuleReport, Verdict
from govgo.core.module.moduleversion import is_toolchain
from govgo.report.audit.text import chain_text, closing, fix_text, subject

VULNERABLE = "vulnerable-module"
RULES = {
    VULNERABLE: "An advisory names the selected version of a module as vulnerable.",
    "stale-database": "A database of advisories is older than -max-db-age allows.",
}
"""What each code means; codes that are not here are those of `govgo.errors`."""


def audit_findings(run: Audit) -> Inspection:
    """The run as findings."""
    return Inspection(
        verb="audit",
        passed=closing(run),
        failed="vulnerable",
        modules=tuple(_module(module) for module in run.modules),
        findings=run.faults,
        started=run.now,
        duration_s=0,
    )


def _module(module: AuditedModule) -> ModuleReport:
    return ModuleReport(
        kind=module.kind,
        path=module.path,
        directory=module.directory,
        files=(),
        claims=(),
        findings=tuple(_finding(each) for each in module.exposures),
    )


def _finding(exposure: Exposure) -> Finding:
    vulnerability = exposure.vulnerability
    names = ", ".join((vulnerability.id, *vulnerability.aliases))
    summary = vulnerability.advisories[0].summary
    fix = vulnerability.fixed_in
    text = f"{subject(exposure)}: {names}{': ' * bool(summary)}{summary}"
    can_get = fix and exposure.chain and exposure.replacement is None and not is_toolchain(exposure.module.path)
    return Finding(
        VULNERABLE,
        None,
        Verdict.FINDING,
        f"{text}; {fix_text(exposure)}",
        module=exposure.module,
        place=exposure.place,
        needed_by=tuple(chain_text(exposure)) if exposure.chain else (),
        fix=f"govgo get {exposure.module.path}@{fix}" if can_get else "",
    )
