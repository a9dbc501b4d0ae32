# SPDX-License-Identifier: BSD-3-Clause
"""Which go.mod files the loader asks for under graph pruning (Go Modules Reference, "Graph pruning")."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from govgo.core.modgraph.loader import GraphLoader, Pruning, pruning_for
from govgo.core.modgraph.mvs import Graph
from govgo.core.module.moduleversion import ModuleVersion, compare_selected
from govgo.errors import NotFoundError

MAIN = ModuleVersion("main", "")


@dataclass(frozen=True)
class Summary:
    require: tuple[ModuleVersion, ...]
    pruning: Pruning


def mv(text: str) -> ModuleVersion:
    path, version = text.split("@")
    return ModuleVersion(path, version if version == "none" else f"v1.{version}.0")


def mods(text: str) -> dict[ModuleVersion, Summary]:
    """Lines `path@minor old|new: requirements`; old is below go 1.17."""
    found = {}
    for line in text.strip().splitlines():
        head, _, reqs = line.partition(":")
        name, age = head.split()
        pruning = Pruning.UNPRUNED if age == "old" else Pruning.PRUNED
        found[mv(name)] = Summary(tuple(map(mv, reqs.split())), pruning)
    return found


def load(
    known: dict[ModuleVersion, Summary], roots: str, pruning: Pruning, unprune: str = ""
) -> tuple[GraphLoader, list[str]]:
    """Load to the end; the loader, and what it asked for."""
    listed = tuple(map(mv, roots.split()))
    graph = Graph(compare_selected, [MAIN])
    graph.require(MAIN, listed)
    loader = GraphLoader(graph, listed, pruning, set(map(mv, unprune.split())))
    asked: list[str] = []
    while wanted := loader.wanted():
        for each in reversed(wanted):  # any order will do
            asked.append(f"{each.path}@{each.version[3:-2]}")
            loader.tell(each, known.get(each) or NotFoundError(f"{each}: missing"))
    assert loader.done
    return loader, sorted(asked)


CHAIN = "a@1 new: b@1\nb@1 new: c@1\nc@1 new: d@1\nd@1 new:"
OLD_LINK = "a@1 new: b@1\nb@1 old: c@1\nc@1 new: d@1\nd@1 new:"
OLD_ROOT = "a@1 old: b@1\nb@1 new: c@1\nc@1 new: d@1\nd@1 new: e@1\ne@1 new:"


@pytest.mark.parametrize(
    ("graph", "roots", "pruning", "asked"),
    [
        (CHAIN, "a@1", Pruning.PRUNED, "a@1"),
        (CHAIN, "a@1 b@1", Pruning.PRUNED, "a@1 b@1"),
        (CHAIN, "a@1", Pruning.UNPRUNED, "a@1 b@1 c@1 d@1"),
        # A new module's requirements are followed one step, under their own rules.
        (CHAIN, "a@1", Pruning.WORKSPACE, "a@1 b@1"),
        # b is not read: whether it is old makes no difference.
        (OLD_LINK, "a@1", Pruning.PRUNED, "a@1"),
        # Below an old root everything is followed.
        (OLD_ROOT, "a@1", Pruning.PRUNED, "a@1 b@1 c@1 d@1 e@1"),
        ("a@1 new: b@none\nb@1 new:", "a@1 b@none", Pruning.PRUNED, "a@1"),
    ],
)
def test_what_is_asked_for(graph: str, roots: str, pruning: Pruning, asked: str) -> None:
    assert load(mods(graph), roots, pruning)[1] == asked.split()


def test_unpruned_versions_are_followed() -> None:
    loader, asked = load(mods(CHAIN), "a@1", Pruning.PRUNED, unprune="b@1")
    assert asked == ["a@1", "b@1"]
    assert loader.graph.selected("c") == "v1.1.0"


def test_a_version_reached_again_without_pruning_is_followed_further() -> None:
    graph = mods("a@1 new: b@1\nb@1 new: c@1\nc@1 new: d@1\nd@1 new:\no@1 old: b@1")
    _, asked = load(graph, "a@1 b@1 o@1", Pruning.PRUNED)
    assert asked == ["a@1", "b@1", "c@1", "d@1", "o@1"]


def test_cycles_end() -> None:
    graph = mods("a@1 old: b@1\nb@1 old: a@2\na@2 old: b@2\nb@2 old: a@1")
    loader, asked = load(graph, "a@1", Pruning.UNPRUNED)
    assert asked == ["a@1", "a@2", "b@1", "b@2"]
    assert [loader.graph.selected(path) for path in "ab"] == ["v1.2.0", "v1.2.0"]


def test_errors_leave_the_rest_of_the_graph() -> None:
    loader, asked = load(mods("a@1 old: b@1 c@1\nc@1 old: d@1\nd@1 old:"), "a@1", Pruning.UNPRUNED)
    assert asked == ["a@1", "b@1", "c@1", "d@1"]
    assert list(loader.errors) == [mv("b@1")]
    assert loader.graph.selected("d") == "v1.1.0"
    assert loader.graph.find_path(loader.errors.__contains__) == (MAIN, mv("a@1"), mv("b@1"))


def test_answers_may_come_late() -> None:
    known = mods(OLD_ROOT)
    graph = Graph(compare_selected, [MAIN])
    roots = (mv("a@1"), mv("b@1"))
    graph.require(MAIN, roots)
    loader = GraphLoader(graph, roots, Pruning.PRUNED)
    assert loader.wanted() == list(roots)
    loader.tell(mv("b@1"), known[mv("b@1")])
    assert loader.wanted() == []
    assert not loader.done
    loader.tell(mv("a@1"), known[mv("a@1")])  # old: what is below b counts after all
    assert loader.wanted() == [mv("c@1")]


@pytest.mark.parametrize(
    ("go", "pruning"),
    [
        ("", Pruning.UNPRUNED),
        ("1.16", Pruning.UNPRUNED),
        ("1.17", Pruning.PRUNED),
        ("1.17rc1", Pruning.UNPRUNED),
        ("1.26.8", Pruning.PRUNED),
    ],
)
def test_pruning_for(go: str, pruning: Pruning) -> None:
    assert pruning_for(go) is pruning
