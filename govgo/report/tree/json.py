# SPDX-License-Identifier: BSD-3-Clause
"""A tree as one JSON document, `govgo.tree/1` (schema: `schemas/govgo.tree-1.json`): each module and arrow once."""

from __future__ import annotations

from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.resolution.dependencies import Audited, Dependencies, Need
from govgo.core.resolution.resolution import Requirement
from govgo.core.resolution.tree import Tree, TreeOptions
from govgo.core.safetext import visible
from govgo.report.document import (
    build_members,
    encode,
    fault_entries,
    heading,
    module_members,
    module_or_null,
    place_members,
)

SCHEMA = "govgo.tree/1"


def tree_json(run: Audited, options: TreeOptions) -> str:
    """The document, a newline at its end; `options` say what of the requirements is in it."""
    modules = [_module(module, options._replace(repeats=False)) for module in run.modules]
    return encode({**heading(SCHEMA), "modules": modules, "errors": fault_entries(run.faults)})


def _module(module: Dependencies, options: TreeOptions) -> dict[str, object]:
    resolution = module.resolution
    depths: dict[ModuleVersion, int] = {}
    needs: dict[Need, None] = {}
    roots: list[str] = []
    for group in Tree(module, options).groups():
        for branch in group:
            if branch.mod is not None:
                depths[branch.mod] = min(branch.depth, depths.get(branch.mod, branch.depth))
                if branch.depth == 0:
                    roots.append(branch.mod.path)
            if branch.need is not None:
                needs[branch.need] = None
    reached = module.reached
    return {
        **build_members(resolution),
        "selected": len([mod for mod in module.modules if mod.version]),
        "roots": roots,
        "nodes": [_node(module, mod, depth, is_reached=mod in reached) for mod, depth in depths.items()],
        "requirements": [_need(need, decides=module.decides(need)) for need in needs],
    }


def _node(module: Dependencies, mod: ModuleVersion, depth: int, *, is_reached: bool) -> dict[str, object]:
    replacement = module.resolution.replacement(mod)
    reason = module.retracted.get(mod.path)
    return {
        **module_members(mod),
        "depth": depth,
        "main": not mod.version,
        "direct": mod.path in module.resolution.direct,
        "replaced_by": module_or_null(replacement),
        "retracted": None if reason is None else visible(reason),
        "pruned": module.is_pruned(mod),
        "required_by_selected": is_reached,
        "decided_by": _requirement(module.raised_by(mod)),
    }


def _requirement(found: Requirement | None) -> dict[str, object] | None:
    if found is None:
        return None
    return {**module_members(found.source), **place_members(found.place)}


def _need(need: Need, *, decides: bool) -> dict[str, object]:
    return {
        "from": need.source.path,
        "to": need.target.path,
        "asked": need.asked,
        "selected": need.target.version,
        "decides": decides,
        "indirect": need.is_indirect,
        **place_members(need.place),
    }
