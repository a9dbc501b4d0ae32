# SPDX-License-Identifier: BSD-3-Clause
"""Parts of a graph, worked out by hand."""

from __future__ import annotations

import pytest

from govgo.core.resolution.view import View, ViewOptions, view_of
from tests.core.resolution.test_dependencies import dependencies

#        m ─► a v1.2 (raised to v1.3 by b) ─► old;  m ─► b ─► a v1.3 ─► c
GRAPH = dependencies("a@v1.2.0 b@v1.0.0", "b@v1.0.0 a@v1.3.0 go@1.20", "a@v1.2.0 old@v1.0.0", "a@v1.3.0 c@v1.0.0",
                     "old@v1.0.0", "c@v1.0.0")  # fmt: skip


def arrows(view: View) -> str:
    def name(number: int) -> str:
        return str(view.nodes[number]).replace("@v", "")

    return " ".join(
        f"{name(each.source)}{'=>' if view.decides(each) else '->'}{name(each.target)}"
        + (f"({each.asked})" if each.asked != view.nodes[each.target].version else "")
        for each in view.arrows
    )


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (ViewOptions(), "m->a1.2.0 m=>b1.0.0 a1.2.0=>old1.0.0 b1.0.0=>a1.3.0 a1.3.0=>c1.0.0"),
        (ViewOptions(depth=1), "m->a1.2.0 m=>b1.0.0"),
        (ViewOptions(depth=0), ""),
        (ViewOptions(focus=("a",)), "m->a1.2.0 m=>b1.0.0 a1.2.0=>old1.0.0 b1.0.0=>a1.3.0 a1.3.0=>c1.0.0"),
        (ViewOptions(focus=("c",)), "m=>b1.0.0 b1.0.0=>a1.3.0 a1.3.0=>c1.0.0"),
        (ViewOptions(focus=("b",), depth=1), "m=>b1.0.0 b1.0.0=>a1.3.0"),
        (ViewOptions(selected=True), "m->a1.3.0(v1.2.0) m=>b1.0.0 a1.3.0=>c1.0.0 b1.0.0=>a1.3.0"),
        # One step from a there are m, b and c; that m requires b is not a step from a.
        (ViewOptions(selected=True, focus=("a",), depth=1), "m->a1.3.0(v1.2.0) a1.3.0=>c1.0.0 b1.0.0=>a1.3.0"),
        (ViewOptions(selected=True, focus=("old",)), ""),
    ],
)
def test_arrows(options: ViewOptions, expected: str) -> None:
    assert arrows(view_of(GRAPH, options)) == expected


def test_nodes_without_arrows_are_there() -> None:
    view = view_of(GRAPH, ViewOptions(selected=True))
    assert [str(mod) for mod in view.nodes] == ["m", "a@v1.3.0", "b@v1.0.0", "c@v1.0.0", "old@v1.0.0"]
    assert [str(mod) for mod in view.nodes if not view.is_selected(mod)] == []
    assert [str(mod) for mod in view_of(GRAPH, ViewOptions(depth=0)).nodes] == ["m"]


def test_a_circle_ends() -> None:
    # b alone does not select a: it is there only because of a.
    circle = dependencies("a@v1.0.0", "a@v1.0.0 b@v1.0.0", "b@v1.0.0 a@v1.0.0")
    assert arrows(view_of(circle, ViewOptions(focus=("a",)))) == "m=>a1.0.0 a1.0.0=>b1.0.0 b1.0.0->a1.0.0"
