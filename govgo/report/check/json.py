# SPDX-License-Identifier: BSD-3-Clause
"""A check as one JSON document, `govgo.check/1` (schema: `schemas/govgo.check-1.json`)."""

from __future__ import annotations

from govgo.core.policy.checked import Checked
from govgo.report.document import encode, heading
from govgo.report.findings.json import found_members

SCHEMA = "govgo.check/1"


def check_json(run: Checked) -> str:
    """The document, a newline at its end."""
    summary, entries = found_members(run)
    modules = [
        {
            "kind": module.kind,
            "path": module.path,
            "directory": module.directory,
            "selected": checked.modules,
            "policy": checked.policy,
            "rules": list(checked.rules),
        }
        for module, checked in zip(run.modules, run.checked, strict=True)
    ]
    summary = {**summary, "since": run.since, "offline": run.offline}
    return encode({**heading(SCHEMA), "summary": summary, "modules": modules, **entries})
