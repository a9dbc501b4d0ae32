# SPDX-License-Identifier: BSD-3-Clause
"""Which requirements decide, on graphs worked out by hand."""

from __future__ import annotations

from govgo.core.findings import Place
from govgo.core.modgraph.mvs import Graph
from govgo.core.module.moduleversion import ModuleVersion, compare_selected
from govgo.core.resolution.resolution import Resolution, Stated
from tests.simulators.modversions import mv, resolved

M = ModuleVersion("m.io/m")


def resolution(
    edges: dict[str, str], stated: dict[str, int], raised: str = "", unpruned: str | None = None
) -> Resolution:
    """`edges` by module version; `stated` has the line of each requirement of m.io/m, `raised` what it needs beside.

    `unpruned` are those with a go line below 1.17, None where there is no graph pruning.
    """
    graph = Graph(compare_selected, [M])
    graph.require(M, (*map(mv, stated), *map(mv, raised.split()), ModuleVersion("go", "1.21")))
    for source, targets in edges.items():
        graph.require(mv(source), tuple(map(mv, targets.split())))
    return resolved(
        M,
        graph,
        (Stated(M, mv(each), Place("go.mod", line), line > 6) for each, line in stated.items()),
        {mv("a@v1.3.0"): ModuleVersion("../a")},
        is_unpruned=None if unpruned is None else set(map(mv, unpruned.split())).__contains__,
    )


EDGES = {"b@v1.0.0": "a@v1.3.0 go@1.20", "a@v1.2.0": "c@v1.0.0", "a@v1.3.0": "", "c@v1.0.0": ""}
STATED = {"a@v1.2.0": 5, "b@v1.0.0": 6, "c@v1.0.0": 7}


def test_the_highest_requirement_decides() -> None:
    found = resolution(EDGES, STATED)
    assert [str(mod) for mod in found.modules] == ["m.io/m", "a@v1.3.0", "b@v1.0.0", "c@v1.0.0"]
    rows = [(each.target.version, str(each.source), str(each.place or "")) for each in found.requirements_on("a")]
    assert rows == [("v1.3.0", "b@v1.0.0", ""), ("v1.2.0", "m.io/m", "go.mod:5")]
    assert [str(each.source) for each in found.deciding("a")] == ["b@v1.0.0"]
    assert found.chain(mv("a@v1.3.0")) == (M, mv("b@v1.0.0"), mv("a@v1.3.0"))
    assert found.replacement(mv("a@v1.3.0")) == ModuleVersion("../a")
    assert found.direct == {"a", "b"}


def test_versions_that_are_not_selected_require_too() -> None:
    # a v1.2.0 is not selected, and what it requires counts all the same.
    found = resolution(EDGES, {"a@v1.2.0": 5, "b@v1.0.0": 6})
    assert found.selected("c") == "v1.0.0"
    assert [str(each.source) for each in found.deciding("c")] == ["a@v1.2.0"]


def test_what_is_read_only_because_of_a_version_does_not_decide_it() -> None:
    """With graph pruning p alone does not lead to what b requires; a v1.3.0 does, which has none."""
    edges = {"p@v1.0.0": "b@v1.0.0", "a@v1.3.0": "b@v1.0.0", "b@v1.0.0": "a@v1.3.0"}
    stated = {"p@v1.0.0": 5, "a@v1.3.0": 6}

    def deciding(found: Resolution) -> list[str]:
        return [str(each.source) for each in found.deciding("a")]

    assert deciding(resolution(edges, stated, unpruned="a@v1.3.0")) == ["m.io/m"]
    assert deciding(resolution(edges, stated, unpruned="a@v1.3.0 p@v1.0.0")) == ["m.io/m", "b@v1.0.0"]
    assert deciding(resolution(edges, stated)) == ["m.io/m", "b@v1.0.0"]
    # A line of our own, at whatever version, has the go.mod of the selected one read.
    stated["b@v0.9.0"] = 7
    assert deciding(resolution(edges, stated, unpruned="a@v1.3.0")) == ["m.io/m", "b@v1.0.0"]


def test_several_requirements_may_decide_main_modules_first() -> None:
    found = resolution(EDGES, STATED)
    assert [str(each.source) for each in found.deciding("c")] == ["m.io/m", "a@v1.2.0"]


def test_what_is_there_only_because_of_a_version_does_not_decide_it() -> None:
    # Without the line of m.io/m there is no a v1.3.0, and so no c, whatever c requires.
    circle = {"a@v1.3.0": "c@v1.0.0", "c@v1.0.0": "a@v1.3.0", "b@v1.0.0": ""}
    found = resolution(circle, {"a@v1.3.0": 5, "b@v1.0.0": 6})
    assert [str(each.source) for each in found.requirements_on("a")] == ["m.io/m", "c@v1.0.0"]
    assert [str(each.source) for each in found.deciding("a")] == ["m.io/m"]
    # Where another way leads to c, its requirement suffices.
    found = resolution({**circle, "b@v1.0.0": "c@v1.0.0"}, {"a@v1.3.0": 5, "b@v1.0.0": 6})
    assert [str(each.source) for each in found.deciding("a")] == ["m.io/m", "c@v1.0.0"]
    assert [str(each.source) for each in found.deciding("c")] == ["a@v1.3.0", "b@v1.0.0"]


def test_many_paths_have_the_requirements_that_each_has_alone() -> None:
    edges = {f"p{n}@v1.0.0": f"p{n + 1}@v1.0.0 q@v1.{n}.0" for n in range(40)}
    found = resolution(edges, {"p0@v1.0.0": 5})
    every = {path: found.requirements_on(path) for path in [f"p{n}" for n in range(41)] + ["q"]}
    for path, requirements in every.items():
        assert resolution(edges, {"p0@v1.0.0": 5}).requirements_on(path) == requirements
    assert [len(each) for each in every.values()] == [1] * 41 + [40]


def test_a_go_mod_that_is_not_tidy_counts_as_it_is_written() -> None:
    # Its requirement on a was raised to v1.3.0 to agree with b: b decides, not the line that says v1.2.0.
    found = resolution(EDGES, STATED, raised="a@v1.3.0")
    assert [str(each.source) for each in found.deciding("a")] == ["b@v1.0.0"]
    assert [str(each.place) for each in found.requirements_on("a") if each.place] == ["go.mod:5"]


def test_a_path_that_nothing_requires() -> None:
    found = resolution(EDGES, STATED)
    assert found.selected("d") == "none"
    assert found.requirements_on("d") == ()
    assert found.chain(mv("d@v1.0.0")) == ()
