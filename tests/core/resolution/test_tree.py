# SPDX-License-Identifier: BSD-3-Clause
"""The order of the lines of a tree, on graphs worked out by hand. Levels are drawn by dots."""

from __future__ import annotations

import random
import sys
import tracemalloc
from collections import Counter
from typing import Any

import pytest

from govgo.core.resolution.dependencies import Dependencies
from govgo.core.resolution.tree import Tree, TreeOptions
from tests.core.resolution.test_dependencies import dependencies

#        m ─► a ─► b ─► c ─► a        a circle; d is required twice, by m and by c
CIRCLE = ("a@v1.0.0 d@v1.0.0 b@v1.0.0!", "a@v1.0.0 b@v1.0.0", "b@v1.0.0 c@v1.0.0", "c@v1.0.0 a@v1.0.0 d@v1.0.0",
          "d@v1.0.0 e@v1.0.0", "e@v1.0.0")  # fmt: skip


def lines(graph: tuple[str, ...], **options: object) -> str:
    tree = Tree(dependencies(*graph), TreeOptions(**options))  # type: ignore[arg-type]
    groups = [
        " ".join(
            f"{'.' * each.depth}{each.mod.path if each.mod else '?'}{'*' if each.is_repeated else ''}" for each in group
        )
        for group in tree.groups()
    ]
    return " | ".join(groups)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, "m .a ..b ...c ....a* ....d .....e .d*"),
        ({"redundant": True}, "m .a ..b ...c ....a* ....d .....e .d* .b*"),
        ({"depth": 0}, "m"),
        ({"depth": 1}, "m .a .d"),
        # The branch to d is longer where d stands higher, so that there it is shown once more.
        ({"depth": 4}, "m .a ..b ...c ....a* ....d .d ..e"),
        ({"prune": ("c",)}, "m .a ..b .d ..e"),
        ({"prune": ("a", "d")}, "m"),
        ({"repeats": True}, "m .a ..b ...c ....a* ....d .....e .d ..e"),
        ({"invert": ("d",)}, "d .m .c ..b ...a ....m ....c*"),
        ({"invert": ("d", "e")}, "d .m .c ..b ...a ....m ....c* | e .d*"),
        ({"invert": ("d",), "depth": 1}, "d .m .c"),
        ({"invert": ("e",), "prune": ("m",)}, "e .d ..c ...b ....a .....c*"),
        ({"invert": ("nothing",)}, ""),
        ({"duplicates": True}, ""),
    ],
)  # fmt: skip
def test_lines(options: dict[str, object], expected: str) -> None:
    assert lines(CIRCLE, **options) == expected


def test_what_no_selected_version_requires_stands_by_itself() -> None:
    graph = ("a@v1.1.0 b@v1.0.0", "b@v1.0.0 a@v1.2.0", "a@v1.1.0 x@v1.0.0", "a@v1.2.0", "x@v1.0.0 y@v1.0.0", "y@v1.0.0")
    assert lines(graph) == "m .a .b ..a | ? .x ..y"
    assert lines(graph, prune=("x",)) == "m .a .b ..a"
    assert lines(graph, depth=1) == "m .a .b | ? .x"


def test_what_decides_is_among_the_answers_to_who_requires_a_module() -> None:
    # m marks b // indirect and a leads to it, but the line of m decides; that of d, lower and redundant, does not.
    graph = ("a@v1.0.0 b@v1.2.0! d@v1.0.0", "a@v1.0.0 b@v1.1.0", "b@v1.2.0", "d@v1.0.0 b@v1.0.0! a@v1.0.0", "b@v1.1.0")
    assert lines(graph) == "m .a ..b .d ..a*"
    assert lines(graph, invert=("b",), depth=1) == "b .m .a"
    assert lines(graph, invert=("b",), depth=1, redundant=True) == "b .m .a .d"


def test_duplicates_are_groups_of_majors_and_what_requires_them() -> None:
    graph = ("x.io/a@v1.0.0 b@v1.0.0 y.io/c@v1.0.0", "b@v1.0.0 x.io/a/v2@v2.0.0 y.io/c/v2@v2.0.0", "x.io/a@v1.0.0")
    assert lines(graph, duplicates=True) == (
        "x.io/a .m x.io/a/v2 .b ..m | y.io/c .m y.io/c/v2 .b*"
    )  # fmt: skip
    assert lines(graph, duplicates=True, invert=("y.io/c",)) == "y.io/c .m y.io/c/v2 .b ..m"


def test_the_last_line_below_another_is_told() -> None:
    (group,) = Tree(dependencies(*CIRCLE), TreeOptions(depth=2)).groups()
    assert [(each.depth, each.is_last, each.has_below) for each in group] == [
        (0, False, True), (1, False, True), (2, True, False), (1, True, True), (2, True, False),
    ]  # fmt: skip


def chain(length: int) -> Dependencies:
    return dependencies("a0@v1.0.0", *(f"a{at}@v1.0.0 a{at + 1}@v1.0.0" for at in range(length)))


def test_a_long_chain_takes_no_recursion_and_little_memory() -> None:
    (group,) = Tree(chain(2000), TreeOptions()).groups()
    tracemalloc.start()
    shown = len(list(group))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert shown == 2002
    assert peak < 4_000_000  # each line with what it stands below took 17,000,000


def test_the_work_grows_with_the_lines_alone() -> None:
    """Lines of code that run: twice as many for a chain of twice the length, not four times."""
    counts = [steps(chain(length)) for length in (100, 200)]
    assert counts[1] < 2.2 * counts[0]


def steps(graph: Dependencies) -> int:
    """How many lines of code run while it is asked of each line of the tree what decides."""
    count = 0

    def trace(frame: object, event: str, argument: object) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        for group in Tree(graph, TreeOptions()).groups():
            for each in group:
                if each.need is not None:
                    graph.decides(each.need)
    finally:
        sys.settrace(before)
    return count


def test_a_tree_has_the_whole_build_list_whatever_is_marked_indirect() -> None:
    """On 300 graphs: in full each module once, and nothing else; every arrow in the tree of all of them."""
    dice = random.Random(20261128)
    for _ in range(300):
        names = [f"{path}@v1.{minor}.0" for path in "abcdefg" for minor in range(dice.randrange(1, 4))]
        lines = [
            " ".join([name, *(other + dice.choice(("", "!")) for other in dice.sample(names, dice.randrange(4)))])
            for name in names
        ]
        go_mod = " ".join(name + dice.choice(("", "!")) for name in dice.sample(names, 3))
        found = dependencies(go_mod, *closed(go_mod, lines))
        for redundant in (False, True):
            tree = Tree(found, TreeOptions(redundant=redundant))
            shown = [each for group in tree.groups() for each in group]
            in_full = [each.mod for each in shown if each.mod is not None and not each.is_repeated]
            assert set(in_full) == set(found.modules)
            # Only what has nothing below it may stand there again without a mark.
            again = [mod for mod, count in Counter(in_full).items() if count > 1]
            assert all(each.has_below is False for each in shown if each.mod in again)
        arrows = {each.need for each in shown if each.need is not None}
        assert arrows == {need for mod in found.modules for need in found.needs(mod)}


def closed(go_mod: str, lines: list[str]) -> list[str]:
    """Those of the lines that `go_mod` leads to, each after one that leads to it."""
    by_name = {line.split()[0]: line for line in lines}
    queue = list(dict.fromkeys(word.rstrip("!") for word in go_mod.split()))
    for name in queue:
        queue += [word.rstrip("!") for word in by_name[name].split()[1:] if word.rstrip("!") not in queue]
    return [by_name[name] for name in dict.fromkeys(queue)]
