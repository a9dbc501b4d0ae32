# SPDX-License-Identifier: BSD-3-Clause
"""Chains of requirements, on graphs in which they can be counted by hand."""

from __future__ import annotations

from math import comb

import pytest

from govgo.core.modgraph.mvs import Graph
from govgo.core.module.moduleversion import compare_selected
from govgo.core.resolution.chains import MOST_COUNTED, find_chains
from tests.core.resolution.test_resolution import M, mv, resolution


def shown(chains: tuple[tuple[object, ...], ...]) -> list[str]:
    return [" ".join(map(str, chain[1:])) for chain in chains]


def test_all_chains_the_shortest_first() -> None:
    edges = {"a@v1.0.0": "b@v1.0.0 d@v1.0.0", "b@v1.0.0": "c@v1.0.0 a@v1.0.0", "c@v1.0.0": "d@v1.0.0", "d@v1.0.0": ""}
    found = find_chains(resolution(edges, {"a@v1.0.0": 5, "b@v1.0.0": 6}), mv("d@v1.0.0"), 10)
    assert shown(found.first) == [
        "a@v1.0.0 d@v1.0.0",
        "b@v1.0.0 c@v1.0.0 d@v1.0.0",
        "b@v1.0.0 a@v1.0.0 d@v1.0.0",
        "a@v1.0.0 b@v1.0.0 c@v1.0.0 d@v1.0.0",
    ]
    assert (found.counted, found.is_all) == (4, True)


def grid(size: int) -> dict[str, str]:
    """Each module requires its right and its lower neighbour: C(2n, n) chains lead from corner to corner."""
    edges = {}
    for x in range(size + 1):
        for y in range(size + 1):
            near = [(x + 1, y)] * (x < size) + [(x, y + 1)] * (y < size)
            edges[f"g{x}/{y}@v1.0.0"] = " ".join(f"g{i}/{j}@v1.0.0" for i, j in near)
    return edges


def test_chains_are_counted() -> None:
    found = find_chains(resolution(grid(4), {"g0/0@v1.0.0": 5}), mv("g4/4@v1.0.0"), 3)
    assert (len(found.first), found.counted, found.is_all) == (3, comb(8, 4), True)


@pytest.mark.wide
def test_counting_ends() -> None:
    found = find_chains(resolution(grid(12), {"g0/0@v1.0.0": 5}), mv("g12/12@v1.0.0"), 3)
    assert (found.counted, found.is_all) == (MOST_COUNTED, False) or not found.is_all


def test_a_chain_through_what_a_go_mod_states_and_the_graph_has_raised() -> None:
    # Written is a v1.2.0, which leads to d; the graph has read a v1.3.0 alone.
    stated = {"a@v1.2.0": 5, "b@v1.0.0": 6}
    found = resolution({"b@v1.0.0": "a@v1.3.0", "a@v1.3.0": ""}, stated)
    written = {"a@v1.2.0": "c@v1.0.0", "c@v1.0.0": "d@v1.0.0", "b@v1.0.0": "a@v1.3.0"}
    found.written = resolution(written, stated).graph
    goal = mv("d@v1.0.0")
    assert find_chains(found, goal, 3).first == (found.chain(goal),) == ((M, mv("a@v1.2.0"), mv("c@v1.0.0"), goal),)


def test_no_chain() -> None:
    assert find_chains(resolution({}, {}), mv("d@v1.0.0"), 3) == ((), 0, True)
    assert Graph(compare_selected, [M]).selected("d") == "none"
