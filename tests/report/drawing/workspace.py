# SPDX-License-Identifier: BSD-3-Clause
"""A workspace of three main modules, of which one requires another, as Go's rules resolve it by hand.

x requires a v1.0.0; y requires x v1.0.0 and b v1.0.0; z requires c v1.0.0
b v1.0.0 requires a v1.1.0; a v1.1.0 requires c v1.1.0, a v1.0.0 and x v1.0.0 require c v1.0.0
selected: x, y and z themselves, a v1.1.0, b v1.0.0, c v1.1.0
"""

from __future__ import annotations

from govgo.core.findings import Place
from govgo.core.modgraph.mvs import Graph
from govgo.core.module.moduleversion import ModuleVersion, compare_selected
from govgo.core.resolution.dependencies import Dependencies
from govgo.core.resolution.resolution import Resolution, Stated

_STATED = {"x": ["a@v1.0.0"], "y": ["x@v1.0.0", "b@v1.0.0"], "z": ["c@v1.0.0"]}
_REQUIRED = {"a@v1.0.0": ["c@v1.0.0"], "x@v1.0.0": ["c@v1.0.0"], "b@v1.0.0": ["a@v1.1.0"], "a@v1.1.0": ["c@v1.1.0"]}


def workspace_graph() -> Dependencies:
    """The graph above; each main module has its requirements from line 5 of its go.mod on."""
    mains = {name: ModuleVersion(name) for name in _STATED}
    graph = Graph(compare_selected, [*mains.values()])
    for name, targets in _STATED.items():
        graph.require(mains[name], tuple(map(_mod, targets)))
    for source, targets in _REQUIRED.items():
        graph.require(_mod(source), tuple(map(_mod, targets)))
    for leaf in ("c@v1.0.0", "c@v1.1.0"):
        graph.require(_mod(leaf), ())
    resolution = Resolution(
        kind="workspace",
        path="",
        directory=".",
        mod_file="go.work",
        mains=tuple(mains.values()),
        graph=graph,
        stated=tuple(
            Stated(mains[name], _mod(target), Place(f"{name}/go.mod", line), False)
            for name, targets in _STATED.items()
            for line, target in enumerate(targets, 5)
        ),
        replacements={},
        go_version="1.21",
    )
    return Dependencies(resolution, {})


def _mod(text: str) -> ModuleVersion:
    path, _, version = text.partition("@")
    return ModuleVersion(path, version)
