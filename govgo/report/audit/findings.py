# SPDX-License-Identifier: BSD-3-Clause
"""An audit as findings, for the formats that CI systems read: SARIF, JUnit, GitHub annotations.

Each vulnerability of a module is a finding at the line of the requirement that brought the module in.
"""

from __future__ import annotations

from govgo.core.advisory.audit import Audit, AuditedModule, Exposure
from govgo.core.advisory.findings import finding_of
from govgo.core.advisory.fixplan import Flaw
from govgo.core.findings import Inspection, ModuleReport
from govgo.report.audit.text import closing


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
        findings=tuple(finding_of(each, _planned(module, each)) for each in module.exposures),
    )


def _planned(module: AuditedModule, exposure: Exposure) -> str:
    """What the plan raises to clear an exposure, as `get` is told it; "" where there is no plan, or nothing helps."""
    flaw = Flaw(exposure.module.path, exposure.vulnerability.id)
    bumps = (bump for plan in module.fixes for bump in plan.bumps if flaw in bump.clears)
    return next((f"{bump.path}@{bump.new}" for bump in bumps), "")
