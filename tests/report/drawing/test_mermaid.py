# SPDX-License-Identifier: BSD-3-Clause
"""Mermaid flowcharts, and where they stop."""

from __future__ import annotations

import re

from govgo.core.resolution.view import ViewOptions, view_of
from govgo.report.drawing.mermaid import MOST_CHARACTERS, MOST_EDGES, left_out, mermaid_text
from tests.core.resolution.test_dependencies import dependencies
from tests.report.drawing.hostile import HOSTILE, hostile_graph

GRAPH = dependencies("a@v1.2.0 r@v1.0.0", "r@v1.0.0 a@v1.3.0", "a@v1.2.0", "a@v1.3.0")
CLASSES = "  classDef main stroke-width:3px\n  classDef other stroke-dasharray:4\n"


def test_selected_versions() -> None:
    view = view_of(GRAPH, ViewOptions(selected=True))
    assert mermaid_text(view) == (
        "flowchart LR\n"
        '  n0["m"]:::main\n'
        '  n1(["a v1.3.0"])\n'
        '  n0 -. "v1.2.0" .-> n1\n'
        '  n2(["r v1.0.0 =#62; ../r"])\n'
        "  n0 ==> n2\n"
        "  n2 ==> n1\n" + CLASSES
    )
    assert left_out(view) == 0


def test_all_versions() -> None:
    text = mermaid_text(view_of(GRAPH, ViewOptions()))
    assert '  n1(["a v1.2.0"]):::other\n  n0 -.-> n1\n' in text


def test_a_graph_without_arrows_has_its_nodes() -> None:
    text = mermaid_text(view_of(dependencies(""), ViewOptions()))
    assert text == 'flowchart LR\n  n0["m"]:::main\n' + CLASSES


def test_a_large_graph_stops_at_the_limits_of_mermaid_and_says_so() -> None:
    many = dependencies(" ".join(f"q.io/a{at}@v1.0.0" for at in range(700)))
    view = view_of(many, ViewOptions())
    text = mermaid_text(view)
    assert len(re.findall(r"==>|-\.->", text)) == MOST_EDGES == 500
    assert left_out(view) == 200
    assert '  more["200 more requirements are not shown: Mermaid draws no larger graph"]\n' in text

    long = dependencies(" ".join(f"q.io/{'x' * 200}{at}@v1.0.0" for at in range(300)))
    text = mermaid_text(view_of(long, ViewOptions()))
    assert len(text) <= MOST_CHARACTERS == 50_000
    arrows = len(re.findall("==>", text))
    assert arrows > 200
    assert f"{300 - arrows} more requirements are not shown" in text


def test_text_of_strangers_stays_in_its_quotes() -> None:
    text = mermaid_text(view_of(hostile_graph(), ViewOptions()))
    rest = re.sub(r'"[A-Za-z0-9 ./@_+~=,:#;-]*"', "S", text)
    assert rest.count("S") == 1 + len(HOSTILE)
    body = rest.removeprefix("flowchart LR\n").removesuffix(CLASSES)
    for line in body.splitlines():
        assert re.fullmatch(r"  n\d+(?:\[S\]:::main|\(\[S\]\)| ==> n\d+)", line), line
