# SPDX-License-Identifier: BSD-3-Clause
"""An audit as findings, for the formats that CI systems read: SARIF, JUnit, GitHub annotations.

Each vulnerability of a module is a finding at the line of the requirement that brought the module in.
"""

from __future__ import annotations

from govgo.core.advisory.audit import Audit, AuditedModule
from govgo.core.advisory.findings import finding_of
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
        findings=tuple(finding_of(each) for each in module.exposures),
    )
