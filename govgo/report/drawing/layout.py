# SPDX-License-Identifier: BSD-3-Clause
"""Where the nodes of the page stand: layers from left to right, by the number of steps from the main modules.

A step is a requirement that import statements stand behind (not marked `// indirect`), so that a go.mod that lists
everything does not put everything into one layer. Within a layer, a module stands near the mean height of those beside
it that it is joined to; a few sweeps back and forth bring that about (Sugiyama, Tagawa and Toda, 1981). A layer of many
nodes has several columns. Equal graphs have equal pictures: nothing is left to chance.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.resolution.dependencies import Dependencies

SWEEPS = 8
ASPECT = 1.7
"""Width of the picture by its height."""
_BETWEEN_LAYERS = 2.5
"""In widths of a column."""
_COLUMN = 3.0
"""The width of a column, in heights of a row."""
_MOST_SPREAD = 6.0
"""Heights of a row between two nodes of a small layer."""


def layers_of(dependencies: Dependencies) -> list[list[ModuleVersion]]:
    """The build list by layers: main modules first; last what no selected version requires, and what that leads to."""
    layers: list[list[ModuleVersion]] = []
    seen: set[ModuleVersion] = set()
    starts: Sequence[ModuleVersion] = dependencies.resolution.mains
    for layer in (starts, dependencies.left_over):
        edge = [mod for mod in layer if mod not in seen]
        while edge:
            seen.update(edge)
            layers.append(edge)
            below = (
                need.target for mod in edge for need in dependencies.needs(mod) if not dependencies.is_redundant(need)
            )
            edge = [mod for mod in dict.fromkeys(below) if mod not in seen]
    return layers


def ordered(layers: Sequence[Sequence[ModuleVersion]], dependencies: Dependencies) -> list[list[ModuleVersion]]:
    """The layers with joined modules at equal heights, as far as that can be obtained."""
    joined: dict[ModuleVersion, list[ModuleVersion]] = {}
    for mod in dependencies.modules:
        for need in dependencies.needs(mod):
            if not dependencies.is_redundant(need):
                joined.setdefault(mod, []).append(need.target)
                joined.setdefault(need.target, []).append(mod)
    found = [list(layer) for layer in layers]
    place = {mod: number for number, layer in enumerate(found) for mod in layer}
    height = {mod: _height(at, layer) for layer in found for at, mod in enumerate(layer)}
    for sweep in range(SWEEPS):
        numbers = range(1, len(found)) if sweep % 2 == 0 else range(len(found) - 2, -1, -1)
        step = -1 if sweep % 2 == 0 else 1
        for number in numbers:
            layer = found[number]
            means: dict[ModuleVersion, float] = {}
            for mod in layer:
                heights = [height[each] for each in joined.get(mod, ()) if place[each] == number + step]
                means[mod] = sum(heights) / len(heights) if heights else height[mod]
            layer.sort(key=lambda mod: (means[mod], mod))
            for at, mod in enumerate(layer):
                height[mod] = _height(at, layer)
    return found


def _height(at: int, layer: Sequence[ModuleVersion]) -> float:
    return (at + 0.5) / len(layer)


def positions(layers: Sequence[Sequence[ModuleVersion]]) -> Mapping[ModuleVersion, tuple[int, int]]:
    """(x, y) of each node, in hundredths of the height of a row; y grows upwards, and the first node is on top."""
    rows = _rows(layers)
    places: dict[ModuleVersion, tuple[float, float]] = {}
    left = 0.0
    for layer in layers:
        columns = math.ceil(len(layer) / rows)
        # Neighbours stand in different columns and each a little lower, so that their labels do not meet.
        step = min(rows / len(layer), _MOST_SPREAD)
        for at, mod in enumerate(layer):
            x = left + (at % columns) * _COLUMN
            y = ((len(layer) - 1) / 2 - at) * step
            places[mod] = (x, y)
        left += (columns - 1 + _BETWEEN_LAYERS) * _COLUMN
    # A small graph has few rows and is stretched to the shape of a screen.
    height = 2 * max((y for _, y in places.values()), default=0.0)
    width = max((x for x, _ in places.values()), default=0.0)
    stretch = max(1.0, width / ASPECT / height) if height else 1.0
    return {mod: (round(x * 100), round(y * 100 * stretch)) for mod, (x, y) in places.items()}


def _rows(layers: Sequence[Sequence[ModuleVersion]]) -> int:
    """How many rows bring the picture nearest to `ASPECT`."""
    longest = max(map(len, layers), default=1)

    def aspect(rows: int) -> float:
        columns = sum(math.ceil(len(layer) / rows) - 1 + _BETWEEN_LAYERS for layer in layers)
        return columns * _COLUMN / max(rows, 1)

    return min(range(1, longest + 1), key=lambda rows: abs(math.log(aspect(rows) / ASPECT)), default=1)
