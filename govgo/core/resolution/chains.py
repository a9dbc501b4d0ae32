# SPDX-License-Identifier: BSD-3-Clause
"""All ways in which a main module comes to require a module version: chains that visit nothing twice."""

from __future__ import annotations

from collections import deque

from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.records import NamedTuple
from govgo.core.resolution.resolution import Resolution

Chain = tuple[ModuleVersion, ...]

MOST_COUNTED = 1000
"""How many chains are counted."""
_MOST_STEPS = 200_000
"""How many beginnings of chains are looked at."""


class Chains(NamedTuple):
    """Some of the chains to a module version, the shortest first.

    Attributes:
        first: those that are shown.
        counted: how many were found.
        is_all: there are no more than `counted`.
    """

    first: tuple[Chain, ...]
    counted: int
    is_all: bool


def find_chains(resolution: Resolution, goal: ModuleVersion, most: int) -> Chains:
    """Chains from a main module to `goal`, breadth first in the order of requirements.

    Args:
        resolution: the graph.
        goal: where they end.
        most: how many to return.
    """
    leads = _leading_to(resolution, goal)
    found: list[Chain] = []
    queue: deque[Chain] = deque((main,) for main in resolution.mains if main in leads)
    steps = 0
    while queue:
        chain = queue.popleft()
        if chain[-1] == goal:
            found.append(chain)
        if len(found) == MOST_COUNTED or steps == _MOST_STEPS:
            return Chains(tuple(found[:most]), len(found), is_all=not queue)
        steps += 1
        if chain[-1] != goal:
            onward = (each for each in resolution.required_by(chain[-1]) if each in leads and each not in chain)
            queue.extend((*chain, each) for each in onward)
    return Chains(tuple(found[:most]), len(found), is_all=True)


def _leading_to(resolution: Resolution, goal: ModuleVersion) -> set[ModuleVersion]:
    """The module versions that require `goal`, directly or not, and `goal` itself."""
    found, stack = {goal}, [goal]
    while stack:
        mod = stack.pop()
        for each in resolution.requirements_on(mod.path):
            if each.target == mod and each.source not in found:
                found.add(each.source)
                stack.append(each.source)
    return found
