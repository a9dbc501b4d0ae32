# SPDX-License-Identifier: BSD-3-Clause
"""An audit as findings, for the formats that CI systems read: SARIF, JUnit, GitHub annotations.

Each vulnerability of a module is a finding at the line of the requirement that brought the module in.
"""

from __future__ import annotations

from govgo.core.advisory.audit import Audit, AuditedModule, Exposure
from govgo.core.advisory.fixplan import Flaw
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
        findings=tuple(_finding(each, _planned(module, each)) for each in module.exposures),
    )


def _planned(module: AuditedModule, exposure: Exposure) -> str:
    """What the plan raises to clear an exposure, as `get` is told it; "" where there is no plan, or nothing helps."""
    flaw = Flaw(exposure.module.path, exposure.vulnerability.id)
    bumps = (bump for plan in module.fixes for bump in plan.bumps if flaw in bump.clears)
    return next((f"{bump.path}@{bump.new}" for bump in bumps), "")


def _finding(exposure: Exposure, planned: str) -> Finding:
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
        fix=f"govgo get {planned or f'{exposure.module.path}@{fix}'}" if planned or can_get else "",
    )
