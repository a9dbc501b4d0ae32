# SPDX-License-Identifier: BSD-3-Clause
"""The build lists of a repository as one JSON document, `govgo.list/1` (schema: `schemas/govgo.list-1.json`)."""

from __future__ import annotations

from govgo.core.fleet.builds import Builds
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.resolution.resolution import Resolution
from govgo.report.document import build_members, encode, fault_entries, heading, module_members, module_or_null

SCHEMA = "govgo.list/1"


def builds_json(run: Builds) -> str:
    """The document, a newline at its end."""
    return encode(
        {
            **heading(SCHEMA),
            "summary": {
                "modules": len(run.modules),
                "selected": sum(len(_selected(each)) for each in run.modules),
                "errors": len(run.faults),
            },
            "modules": [_module(each) for each in run.modules],
            "errors": fault_entries(run.faults),
        }
    )


def _module(resolution: Resolution) -> dict[str, object]:
    return {
        **build_members(resolution),
        "selected": [
            {
                **module_members(mod),
                "direct": mod.path in resolution.direct,
                "replaced_by": module_or_null(resolution.replacement(mod)),
            }
            for mod in _selected(resolution)
        ],
    }


def _selected(resolution: Resolution) -> list[ModuleVersion]:
    return [mod for mod in resolution.modules if mod.version]
