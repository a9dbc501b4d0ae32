# SPDX-License-Identifier: BSD-3-Clause
"""A part of the requirement graph that a picture shows: module versions as nodes, requirements as arrows.

The whole graph has a node for each module version that any go.mod names; an arrow leads to the version that is asked
for. The graph of the selected versions (`Dependencies`) has a node for each module; an arrow leads to the selected
version, and knows which one was asked for. Go and its toolchain are not modules here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from govgo.core.modgraph.mvs import NONE
from govgo.core.module.moduleversion import ModuleVersion, is_toolchain
from govgo.core.records import NamedTuple
from govgo.core.resolution.dependencies import Dependencies


class Arrow(NamedTuple):
    """The node `source` requires `target`, both numbers in `View.nodes`; its go.mod asks for the version `asked`."""

    source: int
    target: int
    asked: str


class View(NamedTuple):
    """What a picture shows.

    Attributes:
        dependencies: of the whole module or workspace.
        nodes: breadth first from the main modules, then the others by name.
        arrows: in the order of their sources, then of the lines in go.mod.
        only_selected: the nodes are the selected versions.
    """

    dependencies: Dependencies
    nodes: tuple[ModuleVersion, ...]
    arrows: tuple[Arrow, ...]
    only_selected: bool

    def decides(self, arrow: Arrow) -> bool:
        """Whether the requirement suffices to select the version of its target's module."""
        resolution, target = self.dependencies.resolution, self.nodes[arrow.target]
        is_selected = resolution.selected(target.path) == arrow.asked
        return is_selected and not resolution.is_circular(self.nodes[arrow.source], target)

    def is_selected(self, mod: ModuleVersion) -> bool:
        """Whether a node is in the build list."""
        return self.dependencies.selected(mod.path) == mod


class ViewOptions(NamedTuple):
    """Which part of the graph is shown.

    Attributes:
        selected: selected versions alone.
        focus: paths of modules; what leads to one of them, and what they lead to. () for everything.
        depth: so many steps from the main modules; with `focus` from those modules, either way. None for all.
    """

    selected: bool = False
    focus: tuple[str, ...] = ()
    depth: int | None = None


def view_of(dependencies: Dependencies, options: ViewOptions) -> View:
    """The part of the graph that `options` describe."""
    below = _selected_arrows(dependencies) if options.selected else _all_arrows(dependencies)
    above: dict[ModuleVersion, int] = {}
    if options.focus:
        starts = [mod for mod in below if mod.path in options.focus]
        back: dict[ModuleVersion, list[tuple[ModuleVersion, str]]] = {mod: [] for mod in below}
        for source, targets in below.items():
            for target, asked in targets:
                back[target].append((source, asked))
        above = _steps(starts, back, options.depth)
        reached = _steps(starts, below, options.depth)
    elif options.depth is not None:
        reached = _steps(dependencies.resolution.mains, below, options.depth)
    else:
        reached = dict.fromkeys(below, 0)
    nodes = [mod for mod in below if mod in above or mod in reached]
    number = {mod: at for at, mod in enumerate(nodes)}
    last = _ALL if options.depth is None else options.depth
    arrows = (
        Arrow(number[mod], number[target], asked)
        for mod in nodes
        for target, asked in below[mod]
        # A step of the way, not what else stands between two nodes.
        if target in number and (reached.get(mod, last) < last or above.get(target, last) < last)
    )
    return View(dependencies, tuple(nodes), tuple(arrows), options.selected)


_ALL = 1 << 30
_Arrows = Mapping[ModuleVersion, Sequence[tuple[ModuleVersion, str]]]


def _all_arrows(dependencies: Dependencies) -> _Arrows:
    graph = dependencies.resolution.graph
    found: dict[ModuleVersion, list[tuple[ModuleVersion, str]]] = {}
    for mod in graph.breadth_first():
        if not is_toolchain(mod.path):
            targets = (t for t in graph.required_by(mod) or () if not is_toolchain(t.path) and t.version != NONE)
            found[mod] = [(target, target.version) for target in targets]
    return found


def _selected_arrows(dependencies: Dependencies) -> _Arrows:
    order = dependencies.reached
    rest = [mod for mod in dependencies.modules if mod not in order]
    return {mod: [(need.target, need.asked) for need in dependencies.needs(mod)] for mod in [*order, *rest]}


def _steps(starts: Collection[ModuleVersion], arrows: _Arrows, most: int | None) -> dict[ModuleVersion, int]:
    """What `arrows` lead to from `starts` in at most so many steps, and in how many."""
    found, edge = dict.fromkeys(starts, 0), list(starts)
    step = 0
    while edge and step != most:
        step += 1
        fresh: list[ModuleVersion] = []
        for mod in edge:
            for target, _ in arrows[mod]:
                if target not in found:
                    found[target] = step
                    fresh.append(target)
        edge = fresh
    return found
