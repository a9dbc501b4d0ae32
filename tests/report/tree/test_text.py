# SPDX-License-Identifier: BSD-3-Clause
"""Trees as people see them, drawn by hand."""

from __future__ import annotations

import pytest

from govgo.core.resolution.dependencies import Audited, Dependencies
from govgo.core.resolution.tree import TreeOptions
from govgo.report.style import PLAIN, Style
from govgo.report.tree import text
from govgo.report.tree.text import counts_text, tree_text
from tests.core.resolution.test_dependencies import dependencies


def drawn(module: Dependencies, style: Style = PLAIN, **options: object) -> str:
    shape = {name: options.pop(name) for name in ("charset", "prefix") if name in options}
    return tree_text(Audited((module,)), TreeOptions(**options), style, **shape)  # type: ignore[arg-type]


GRAPH = dependencies(
    "a@v1.2.0 b@v1.0.0 r@v1.0.0 i@v1.0.0!",
    "b@v1.0.0 a@v1.3.0 c@v1.0.0 m@v0.9.0",
    "a@v1.2.0 old@v1.0.0",
    "a@v1.3.0 b@v1.0.0",
    "r@v1.0.0 a@v1.1.0",
    "a@v1.1.0",
    "i@v1.0.0",
    "old@v1.0.0",
    retracted={"r": "broken\x1b[31m\nand more", "i": ""},
)


def test_a_tree() -> None:
    assert drawn(GRAPH) == (
        "m\n"
        "├── a v1.3.0 (asked v1.2.0, raised by b v1.0.0)\n"
        "│   └── b v1.0.0\n"
        "│       ├── a v1.3.0 (*)\n"
        "│       ├── c v1.0.0 (pruned)\n"
        "│       └── m (asked v0.9.0, a main module) (*)\n"
        "├── b v1.0.0 (*)\n"
        "├── r v1.0.0 => ../r (retracted: broken\\x1b[31m)\n"
        "│   └── a v1.3.0 (asked v1.1.0, raised by b v1.0.0) (*)\n"
        "└── i v1.0.0 (indirect; retracted)\n"
        "\n"
        "(required by no selected version)\n"
        "└── old v1.0.0 (required by a v1.2.0, not selected)\n"
    )


def test_upwards() -> None:
    assert drawn(GRAPH, invert=("a",), depth=1) == (
        "a v1.3.0\n"
        "├── m (asks v1.2.0 in go.mod:1)\n"
        "├── b v1.0.0 (asks v1.3.0, decides)\n"
        "└── r v1.0.0 => ../r (asks v1.1.0; retracted: broken\\x1b[31m)\n"
    )
    assert drawn(GRAPH, invert=("old",)) == "old v1.0.0 (required by a v1.2.0, not selected)\n"


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ({"charset": "ascii"}, "m\n|-- r v1.0.0 => ../r\n`-- i v1.0.0 (indirect)\n"),
        ({"prefix": "depth"}, "0 m\n1 r v1.0.0 => ../r\n1 i v1.0.0 (indirect)\n"),
        ({"prefix": "none"}, "m\nr v1.0.0 => ../r\ni v1.0.0 (indirect)\n"),
    ],
)
def test_what_stands_before_a_line(shape: dict[str, object], expected: str) -> None:
    assert drawn(dependencies("r@v1.0.0 i@v1.0.0!", "r@v1.0.0", "i@v1.0.0"), **shape) == expected


def test_on_a_terminal_a_long_line_goes_on_beside_the_drawing() -> None:
    found = dependencies("a@v1.2.0 b@v1.0.0", "b@v1.0.0 a@v1.3.0", "a@v1.2.0", "a@v1.3.0 c@v1.0.0", "c@v1.0.0")
    assert drawn(found, Style(width=24)) == (
        "m\n"
        "├── a v1.3.0 (asked\n"
        "│   │     v1.2.0, raised\n"
        "│   │     by b v1.0.0)\n"
        "│   └── c v1.0.0\n"
        "└── b v1.0.0\n"
        "    └── a v1.3.0 (*)\n"
    )


def test_colours_say_nothing_that_the_words_do_not() -> None:
    coloured = drawn(GRAPH, Style(has_colours=True))
    assert "\x1b[31m" in coloured
    bare = coloured
    for code in ("0", "1", "2", "31", "33", "36"):
        bare = bare.replace(f"\x1b[{code}m", "")
    assert bare == drawn(GRAPH)


def test_several_modules_upwards_are_told_apart() -> None:
    both = Audited((GRAPH, GRAPH))
    assert (
        tree_text(both, TreeOptions(invert=("c",), depth=0)) == "# m\n\nc v1.0.0 (pruned)\n\n# m\n\nc v1.0.0 (pruned)\n"
    )


def test_a_tree_without_end_is_cut_visibly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "MOST_LINES", 3)
    assert drawn(GRAPH).splitlines()[2:] == [
        "│   └── b v1.0.0",
        "... more than 3 lines: --depth and --prune give fewer",
    ]


def test_the_drawing_of_a_deep_tree_is_cut_visibly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "MOST_CHARACTERS", 60)
    deep = dependencies("a@v1.0.0", "a@v1.0.0 b@v1.0.0", "b@v1.0.0 c@v1.0.0", "c@v1.0.0 d@v1.0.0", "d@v1.0.0")
    assert drawn(deep).splitlines() == [
        "m",
        "└── a v1.0.0",
        "    └── b v1.0.0",
        "        └── c v1.0.0",
        "... more than 60 characters: --depth and --prune give fewer",
    ]
    assert drawn(deep, prefix="none").splitlines()[-1] == "d v1.0.0"


def test_counts() -> None:
    assert counts_text(GRAPH) == (
        "m: 6 modules, 3 direct, 9 requirements, 1 replaced, 2 retracted, 1 pruned, 1 required by no selected version"
    )
    assert counts_text(dependencies("a@v1.0.0", "a@v1.0.0")) == "m: 1 module, 1 direct, 1 requirement"
