# SPDX-License-Identifier: BSD-3-Clause
"""The order of the lines of a tree, on graphs worked out by hand. Levels are drawn by dots."""

from __future__ import annotations

import pytest

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


def test_duplicates_are_groups_of_majors_and_what_requires_them() -> None:
    graph = ("x.io/a@v1.0.0 b@v1.0.0 y.io/c@v1.0.0", "b@v1.0.0 x.io/a/v2@v2.0.0 y.io/c/v2@v2.0.0", "x.io/a@v1.0.0")
    assert lines(graph, duplicates=True) == (
        "x.io/a .m x.io/a/v2 .b ..m | y.io/c .m y.io/c/v2 .b*"
    )  # fmt: skip
    assert lines(graph, duplicates=True, invert=("y.io/c",)) == "y.io/c .m y.io/c/v2 .b ..m"


def test_ends_tell_where_lines_of_a_drawing_stop() -> None:
    (group,) = Tree(dependencies(*CIRCLE), TreeOptions(depth=2)).groups()
    assert [(each.ends, each.has_below) for each in group] == [
        ((), True), ((False,), True), ((False, True), False), ((True,), True), ((True, True), False),
    ]  # fmt: skip


def test_a_long_chain_takes_no_recursion() -> None:
    chain = [f"a{at}@v1.0.0 a{at + 1}@v1.0.0" for at in range(5000)]
    (group,) = Tree(dependencies("a0@v1.0.0", *chain), TreeOptions()).groups()
    assert sum(1 for _ in group) == 5002
