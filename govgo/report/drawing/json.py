# SPDX-License-Identifier: BSD-3-Clause
"""The graph as one JSON document, `govgo.graph/1` (schema: `schemas/govgo.graph-1.json`)."""

from __future__ import annotations

from collections.abc import Iterable

from govgo.core.findings import Finding
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.resolution.view import View
from govgo.core.safetext import visible
from govgo.report.document import build_members, encode, fault_entries, heading, module_members, module_or_null

SCHEMA = "govgo.graph/1"


def graph_json(view: View | None, faults: Iterable[Finding]) -> str:
    """The document, a newline at its end; `view` is None for a run that failed."""
    graph = None if view is None else _graph(view)
    return encode({**heading(SCHEMA), "graph": graph, "errors": fault_entries(faults)})


def _graph(view: View) -> dict[str, object]:
    resolution = view.dependencies.resolution
    return {
        **build_members(resolution),
        "only_selected": view.only_selected,
        "nodes": [_node(view, mod) for mod in view.nodes],
        "requirements": [
            {"from": arrow.source, "to": arrow.target, "asked": arrow.asked, "decides": view.decides(arrow)}
            for arrow in view.arrows
        ],
    }


def _node(view: View, mod: ModuleVersion) -> dict[str, object]:
    dependencies = view.dependencies
    replacement = dependencies.resolution.replacement(mod)
    is_selected = view.is_selected(mod)
    reason = dependencies.retracted.get(mod.path) if is_selected else None
    return {
        **module_members(mod),
        "main": not mod.version,
        "selected": is_selected,
        "direct": mod.path in dependencies.resolution.direct,
        "replaced_by": module_or_null(replacement),
        "retracted": None if reason is None else visible(reason),
        "pruned": dependencies.is_pruned(mod),
    }
