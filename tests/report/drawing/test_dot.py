# SPDX-License-Identifier: BSD-3-Clause
"""Graphs in the language of Graphviz."""

from __future__ import annotations

import re

from govgo.core.resolution.view import ViewOptions, view_of
from govgo.report.drawing.dot import dot_text
from tests.core.resolution.test_dependencies import dependencies
from tests.report.drawing.hostile import HOSTILE, hostile_graph

GRAPH = dependencies("a@v1.2.0 r@v1.0.0", "r@v1.0.0 a@v1.3.0", "a@v1.2.0", "a@v1.3.0")


def test_selected_versions() -> None:
    assert dot_text(view_of(GRAPH, ViewOptions(selected=True))) == (
        'digraph "m" {\n'
        "  rankdir=LR;\n"
        '  node [shape=ellipse, fontname="sans-serif", fontsize=10];\n'
        '  n0 [label="m", shape=box, penwidth=2];\n'
        '  n1 [label="a\\nv1.3.0", penwidth=2];\n'
        '  n2 [label="r\\nv1.0.0\\n=> ../r", penwidth=2, style=dashed];\n'
        '  n0 -> n1 [style=dashed, color=gray50, label="v1.2.0"];\n'
        "  n0 -> n2 [penwidth=2];\n"
        "  n2 -> n1 [penwidth=2];\n"
        "}\n"
    )


def test_all_versions() -> None:
    text = dot_text(view_of(GRAPH, ViewOptions()))
    assert '  n1 [label="a\\nv1.2.0", fontcolor=gray50, color=gray50];\n' in text
    assert "  n0 -> n1 [style=dashed, color=gray50];\n" in text


def test_text_of_strangers_stays_in_its_quotes() -> None:
    text = dot_text(view_of(hostile_graph(), ViewOptions()))
    labels = re.findall(r'label="((?:[^"\\]|\\.)*)"', text)
    assert len(labels) == 1 + len(HOSTILE)
    # What is left without the strings is ours: no name, bracket or line of a stranger.
    rest = re.sub(r'"(?:[^"\\]|\\.)*"', "S", text)
    assert re.fullmatch(r"digraph S \{\n(?:  [\w=;, >\[\]-]+;\n)+\}\n", rest), rest
