# SPDX-License-Identifier: BSD-3-Clause
"""An audit as findings, for the formats that CI systems read: SARIF, JUnit, GitHub annotations.

Each vulnerability of a module is a finding at the line of the requirement that brought the module in.
"""

from __future__ import annotations

from govgo.core.advisory.auditresult import Audit, AuditedModule, Exposure
from govgo.core.advisory.findings import finding_of, get_command, stale_entries, unmatched_finding
from govgo.core.advisory.fixplan import Flaw
from govgo.core.findings import Finding, Inspection, ModuleReport, Place
from govgo.report.audit.text import closing, level


def audit_findings(run: Audit) -> Inspection:
    """The run as findings."""
    return Inspection(
        verb="audit",
        passed=closing(run),
        failed=f"vulnerable ({level(run)})",
        modules=tuple(_module(run, module) for module in run.modules),
        findings=(*run.faults, *dict.fromkeys(each for module in run.modules for each in stale_entries(module))),
        started=run.now,
        duration_s=0,
        here=run.here,
    )


def _module(run: Audit, module: AuditedModule) -> ModuleReport:
    return ModuleReport(
        kind=module.kind,
        path=module.path,
        directory=module.directory,
        files=(),
        claims=(),
        findings=(
            *(_finding(run, module, each) for each in module.exposures),
            *map(unmatched_finding, module.unmatched),
        ),
    )


def _finding(run: Audit, module: AuditedModule, exposure: Exposure) -> Finding:
    """An exposure with the command of the plan where there is one; with none where the plan says that nothing helps."""
    flaw = Flaw(exposure.module.path, exposure.vulnerability.id)
    bumps = ((plan, bump) for plan in module.fixes for bump in plan.bumps if flaw in bump.clears)
    planned = next((get_command(Place(plan.mod_file), run.here, f"{bump.path}@{bump.new}") for plan, bump in bumps), "")
    stays = not planned and any(each.flaw == flaw for plan in module.fixes for each in plan.unfixable)
    found = finding_of(exposure, planned, here=run.here)
    return found._replace(fix="") if stays or any(each.flaw == flaw for each in module.unfixable) else found
