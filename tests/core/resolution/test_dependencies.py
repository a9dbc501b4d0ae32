# SPDX-License-Identifier: BSD-3-Clause
"""Who requires whom among the selected versions, on graphs worked out by hand."""

from __future__ import annotations

from govgo.core.findings import Place
from govgo.core.modgraph.mvs import Graph
from govgo.core.module.moduleversion import ModuleVersion, compare_selected
from govgo.core.resolution.dependencies import Dependencies
from govgo.core.resolution.resolution import Stated
from tests.simulators.modversions import mv, resolved

M = ModuleVersion("m")


def dependencies(go_mod: str, *lines: str, retracted: dict[str, str] | None = None) -> Dependencies:
    """A graph in a small language: `a@v1 b@v1!` is a requirement, "!" marks `// indirect`; `go_mod` is that of m."""
    graph = Graph(compare_selected, [M])
    stated = [(mv(word.rstrip("!")), word.endswith("!")) for word in go_mod.split()]
    graph.require(M, tuple(mod for mod, _ in stated))
    indirect: dict[ModuleVersion, set[ModuleVersion]] = {}
    for line in lines:
        source, *targets = line.split()
        graph.require(mv(source), tuple(mv(target.rstrip("!")) for target in targets))
        indirect[mv(source)] = {mv(target.rstrip("!")) for target in targets if target.endswith("!")}
    resolution = resolved(
        M,
        graph,
        (Stated(M, mod, Place("go.mod", at), mark) for at, (mod, mark) in enumerate(stated, 1)),
        {mv("r@v1.0.0"): ModuleVersion("../r")},
    )
    return Dependencies(resolution, indirect, retracted)


def names(mods: object) -> str:
    return " ".join(map(str, mods))  # type: ignore[call-overload]


def arrows(found: Dependencies) -> list[str]:
    return [
        f"{need.source.path}>{need.target.path}@{need.asked}" + "!" * need.is_indirect + "=" * found.decides(need)
        for mod in found.modules
        for need in found.needs(mod)
    ]


RAISED = (
    "a@v1.2.0 b@v1.0.0",
    "b@v1.0.0 a@v1.3.0",
    "a@v1.2.0 old@v1.0.0",
    "a@v1.3.0",
    "old@v1.0.0 c@v1.0.0",
    "c@v1.0.0",
)


def test_arrows_lead_to_the_selected_versions() -> None:
    found = dependencies(*RAISED)
    assert arrows(found) == ["m>a@v1.2.0", "m>b@v1.0.0=", "b>a@v1.3.0=", "old>c@v1.0.0="]
    assert [each.place for each in found.needed_by(mv("a@v1.3.0"))] == [Place("go.mod", 1), None]
    raised = found.raised_by(mv("a@v1.3.0"))
    assert raised is not None
    assert (raised.source, raised.place) == (mv("b@v1.0.0"), None)


def test_what_only_versions_that_are_not_selected_require() -> None:
    # a v1.2.0 requires old, and is not selected: minimal version selection counts it all the same.
    found = dependencies(*RAISED)
    assert found.reached == {M, mv("a@v1.3.0"), mv("b@v1.0.0")}
    assert names(found.left_over) == "old@v1.0.0"  # c stands below it


def test_left_over_in_a_circle() -> None:
    found = dependencies(
        "a@v1.1.0 b@v1.0.0",
        "b@v1.0.0 a@v1.2.0",
        "a@v1.1.0 x@v1.0.0",
        "a@v1.2.0",
        "x@v1.0.0 y@v1.0.0",
        "y@v1.0.0 x@v1.0.0",
    )
    assert names(found.left_over) == "x@v1.0.0"


def test_a_requirement_is_redundant_where_direct_ones_lead_to_its_module() -> None:
    found = dependencies("a@v1.0.0 b@v1.0.0! c@v1.0.0!", "a@v1.0.0 b@v1.0.0 d@v1.0.0!", "b@v1.0.0", "c@v1.0.0")
    redundant = [names((need.source, need.target)) for mod in found.modules for need in found.needs(mod)
                 if found.is_redundant(need)]  # fmt: skip
    assert redundant == ["m b@v1.0.0"]  # nothing but indirect requirements leads to c and d
    assert names(sorted(found.reached)) == "a@v1.0.0 b@v1.0.0 c@v1.0.0 d@v1.0.0 m"


def test_a_selected_version_decides_rather_than_one_that_is_not() -> None:
    found = dependencies("a@v1.0.0 c@v1.0.0", "a@v1.0.0 c@v1.1.0 x@v2.0.0", "c@v1.0.0 x@v2.0.0", "c@v1.1.0", "x@v2.0.0")
    raised = found.raised_by(mv("x@v2.0.0"))
    assert raised is not None
    assert raised.source == mv("a@v1.0.0")


def test_pruned_requirements_are_known_as_such() -> None:
    found = dependencies("a@v1.0.0", "a@v1.0.0 b@v1.0.0")
    assert [mod.path for mod in found.modules if found.is_pruned(mod)] == ["b"]


def test_several_majors() -> None:
    found = dependencies("x.io/a@v1.0.0 x.io/a/v3@v3.0.0 gopkg.in/y.v2@v2.0.0 gopkg.in/y.v3@v3.0.0 x.io/b/v2@v2.0.0")
    assert [names(group) for group in found.several_majors()] == [
        "gopkg.in/y.v2@v2.0.0 gopkg.in/y.v3@v3.0.0",
        "x.io/a@v1.0.0 x.io/a/v3@v3.0.0",
    ]
