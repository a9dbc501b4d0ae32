# SPDX-License-Identifier: BSD-3-Clause
"""Minimal version selection on small graphs.

A graph is text: on each line a module version (a letter and a number) and what it requires; the main module A has no
number. The first graph and its answers are the running example of research.swtch.com/vgo-mvs.
"""

from __future__ import annotations

import random
from collections import deque

import pytest

from govgo.core.modgraph import mvs
from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import GovgoError, NotFoundError, SumMismatchError

PAPER = """
    A: B2 C2
    B1: D1
    B2: D3
    C1:
    C2: D4
    C3: F1
    D1: E1
    D2: E1
    D3: E2
    D4: E2
    E1:
    E2:
    E3:
    F1: G1
    G1: F1
"""


def parse(name: str) -> ModuleVersion:
    return ModuleVersion(name[:1], name[1:])


def show(mods: tuple[ModuleVersion, ...]) -> str:
    return " ".join(mv.path + mv.version for mv in mods)


def compare(path: str, v: str, w: str) -> int:
    """Numbers; "none" below all, "" (the main module) above all."""

    def rank(version: str) -> int:
        return {"none": -1, "": 1000}.get(version) or int(version or 1000)

    return rank(v) - rank(w)


class TextReqs:
    """A graph in the notation above; a version that it does not define cannot be read."""

    def __init__(self, text: str) -> None:
        self.mods: dict[ModuleVersion, tuple[ModuleVersion, ...]] = {}
        for line in text.strip().splitlines():
            name, _, reqs = line.partition(":")
            self.mods[parse(name.strip())] = tuple(map(parse, reqs.split()))

    def required(self, mv: ModuleVersion) -> tuple[ModuleVersion, ...]:
        if mv not in self.mods:
            raise NotFoundError(f"{mv}: missing")
        return self.mods[mv]

    def compare(self, path: str, v: str, w: str) -> int:
        return compare(path, v, w)


MAIN = ModuleVersion("A", "")


@pytest.mark.parametrize(
    ("graph", "answer"),
    [
        (PAPER, "A B2 C2 D4 E2"),
        ("A: B1 B3\nB1: C2\nB3: C1\nC1:\nC2:", "A B3 C2"),  # an older requirement still counts
        ("A: B1\nB1: A9 C1\nA9: D1\nC1:\nD1:", "A B1 C1 D1"),  # a way back to the main module
        ("A: B1\nB1: C1\nC1: B2\nB2: C2\nC2:", "A B2 C2"),  # a cycle that pulls itself up
        ("A: Bnone C1\nC1:", "A C1"),  # "none" selects nothing
        ("A: C1 B1\nB1: \nC1: ", "A B1 C1"),  # sorted by path
    ],
)
def test_build_list(graph: str, answer: str) -> None:
    assert show(mvs.build_list([MAIN], TextReqs(graph))) == answer


@pytest.mark.parametrize(
    ("graph", "base", "answer"),
    [
        (PAPER, "", "B2 C2"),
        (PAPER, "D", "B2 C2 D4"),
        (PAPER, "E E B", "B2 C2 E2"),
        ("A: B1 C1 D1\nB1: C1 D1\nC1: D1\nD1:", "", "B1"),
        ("A: B1 C1 D1\nB1: C1 D1\nC1: D1\nD1:", "C", "B1 C1"),
        ("A: B1 C2\nB1: C1\nC1:\nC2:", "", "B1 C2"),
        ("A: B1 C1\nB1: C1\nC1: B1", "", "B1"),  # either of a cycle would do; the one that comes last in postorder
    ],
)
def test_req_lists_no_more_than_needed(graph: str, base: str, answer: str) -> None:
    assert show(mvs.req(MAIN, base.split(), TextReqs(graph))) == answer


def test_errors_tell_the_shortest_way() -> None:
    graph = "A: B1 D1\nB1: C1\nC1: X1\nD1: X1"
    with pytest.raises(mvs.UnsatisfiedError) as caught:
        mvs.build_list([MAIN], TextReqs(graph))
    assert show(caught.value.path) == "A D1 X1"
    assert str(caught.value.error) == "X@1: missing"


def test_evidence_of_tampering_is_not_taken_for_an_unreadable_version() -> None:
    class Tampered(TextReqs):
        def required(self, mv: ModuleVersion) -> tuple[ModuleVersion, ...]:
            if mv == parse("B1"):
                raise SumMismatchError("B@1: checksum mismatch")
            return super().required(mv)

    with pytest.raises(SumMismatchError):
        mvs.build_list([MAIN], Tampered("A: B1"))


def test_graph_is_incremental() -> None:
    graph = mvs.Graph(compare, [MAIN])
    assert graph.selected("B") == "none"
    graph.require(MAIN, (parse("B1"), parse("C1"), parse("B1")))
    assert graph.selected("B") == "1"
    assert graph.required_by(parse("B1")) is None
    graph.require(parse("C1"), (parse("B2"),))
    assert graph.selected("B") == "2"
    assert graph.required_by(MAIN) == (parse("B1"), parse("C1"), parse("B1"))
    assert graph.required_by(parse("Z1")) is None
    assert show(tuple(graph.breadth_first())) == "A B1 C1 B2"
    assert show(graph.find_path(lambda mv: mv == parse("B2"))) == "A C1 B2"
    assert graph.find_path(lambda mv: mv.path == "Z") == ()
    edges = [(name, names) for name, names in graph.edge_names(lambda mv: mv.path + mv.version) if names]
    assert edges == [("A", ["B1", "C1", "B1"]), ("C1", ["B2"])]


def test_roots_take_part_and_come_first() -> None:
    graph = mvs.Graph(compare, [parse("C1"), parse("B1"), parse("C2"), parse("Dnone")])
    graph.require(parse("B1"), (parse("A5"), parse("D1")))
    assert show(graph.build_list()) == "C2 B1 D1 A5"
    assert show(tuple(graph.breadth_first())) == "C1 B1 C2 A5 D1"


def test_deep_graphs_need_no_deep_stack() -> None:
    depth = 5_000
    mods: dict[ModuleVersion, tuple[ModuleVersion, ...]] = {MAIN: (ModuleVersion("m0", "1"),)}
    for i in range(depth):
        mods[ModuleVersion(f"m{i}", "1")] = (ModuleVersion(f"m{i + 1}", "1"),) if i + 1 < depth else ()
    reqs = TextReqs("A:")
    reqs.mods = mods
    built = mvs.build_list([MAIN], reqs)
    assert len(built) == depth + 1
    assert mvs.req(MAIN, (), reqs) == (ModuleVersion("m0", "1"),)


def _reachable(mods: dict[ModuleVersion, tuple[ModuleVersion, ...]]) -> set[ModuleVersion]:
    queue, seen = deque([MAIN]), {MAIN}
    while queue:
        for mv in mods[queue.popleft()]:
            if mv not in seen:
                seen.add(mv)
                queue.append(mv)
    return seen


def test_random_graphs_by_the_definition() -> None:
    rng = random.Random(20260829)
    for _ in range(300):
        names = [ModuleVersion(path, str(v)) for path in "BCDEF" for v in range(1, 4)]
        mods = {mv: tuple(rng.sample(names, rng.randrange(4))) for mv in (MAIN, *names)}
        reqs = TextReqs("A:")
        reqs.mods = mods
        highest: dict[str, int] = {}
        for mv in _reachable(mods) - {MAIN}:
            highest[mv.path] = max(highest.get(mv.path, 0), int(mv.version))
        want = (MAIN, *(ModuleVersion(path, str(highest[path])) for path in sorted(highest)))
        assert mvs.build_list([MAIN], reqs) == want
        # A least list gives the same build list, and none of its items can be left out.
        least = mvs.req(MAIN, (), reqs)
        for listed in (least, *(tuple(x for x in least if x != mv) for mv in least)):
            reqs.mods = {**mods, MAIN: listed}
            assert (mvs.build_list([MAIN], reqs) == want) == (listed == least)


def test_only_faults_of_modules_are_gathered() -> None:
    class Broken(TextReqs):
        def required(self, mv: ModuleVersion) -> tuple[ModuleVersion, ...]:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        mvs.build_list([MAIN], Broken("A:"))
    assert issubclass(mvs.UnsatisfiedError, GovgoError)
