# SPDX-License-Identifier: BSD-3-Clause
"""What a go.mod says without effect, on graphs worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from govgo.core.findings import Finding, Place
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.resolution.hygiene import RULES, Manifest, Replaced, check, is_redundant, outside, providers, skew
from govgo.core.resolution.resolution import Resolution
from tests.core.resolution.test_resolution import M, mv, resolution

# b requires a v1.3.0 and d; c is required by nobody but m. Lines above 6 are marked // indirect.
EDGES = {"b@v1.0.0": "a@v1.3.0 d@v1.0.0 go@1.21.3"}


def told(manifest: Manifest, graph: Resolution, excluded_by: Sequence[ModuleVersion] = ()) -> list[str]:
    findings = check(manifest, graph, lambda _: excluded_by)
    assert all(finding.code in RULES for finding in findings)
    return [line(finding) for finding in findings]


def line(finding: Finding) -> str:
    return f"{finding.place} {finding.code}: {finding.text} | {finding.fix}"


def manifest(graph: Resolution, **more: object) -> Manifest:
    return Manifest(M, requires=graph.stated, **more)  # type: ignore[arg-type]


REQUIRES = {"a@v1.2.0": 5, "b@v1.0.0": 6, "c@v1.0.0": 7, "d@v1.0.0": 8}


@pytest.mark.parametrize(
    ("imports", "want"),
    [
        (None, ["go.mod:7 unneeded-require: c@v1.0.0 is required by nothing else | govgo get c@none"]),
        (["a", "b/x", "c"], [
            "go.mod:7 indirect-but-imported: c@v1.0.0 is marked // indirect, but a package here imports it"
            " | govgo tidy"]),
        (
            ["b"],
            [
                "go.mod:5 direct-not-imported: a@v1.2.0 is imported by no package here, but is not marked // indirect"
                    " | govgo tidy",
                "go.mod:7 unneeded-require: c@v1.0.0 is required by nothing else | govgo get c@none",
            ],
        ),
        (
            ["a", "c", "fmt"],
            [
                "go.mod:6 unneeded-require: b@v1.0.0 is imported by no package here, and nothing else requires it"
                    "; it raises a | govgo get b@none",
                "go.mod:7 indirect-but-imported: c@v1.0.0 is marked // indirect, but a package here imports it"
                    " | govgo tidy",
            ],
        ),
    ],
)  # fmt: skip
def test_requirements_and_imports(imports: list[str] | None, want: list[str]) -> None:
    graph = resolution(EDGES, REQUIRES)
    assert told(manifest(graph, imports=imports), graph) == want


def test_indirect_requirements_that_others_imply() -> None:
    # Without graph pruning, what b requires need not be listed; a v1.4.0 is above what b requires, so it decides.
    stated = {"b@v1.0.0": 6, "a@v1.4.0": 7, "d@v1.0.0": 8}
    graph = resolution(EDGES, stated)
    assert [is_redundant(graph, each) for each in graph.stated] == [False, False, True]
    text = "go.mod:8 redundant-indirect: d@v1.0.0 is implied: b@v1.0.0 requires v1.0.0 | govgo edit -droprequire=d"
    assert told(manifest(graph, is_pruned=False), graph) == [text]
    assert told(manifest(graph), graph) == []


def test_what_an_unneeded_requirement_raises_is_told() -> None:
    # Without b, a would be v1.2.0.
    graph = resolution({"b@v1.0.0": "a@v1.3.0"}, {"a@v1.2.0": 5, "b@v1.0.0": 7})
    assert told(manifest(graph), graph) == [
        "go.mod:7 unneeded-require: b@v1.0.0 is required by nothing else; it raises a | govgo get b@none"
    ]


def test_a_requirement_is_not_implied_by_itself() -> None:
    # d requires e, which requires d: without the line neither is there.
    graph = resolution({"d@v1.0.0": "e@v1.0.0", "e@v1.0.0": "d@v1.0.0"}, {"d@v1.0.0": 8})
    assert not is_redundant(graph, graph.stated[0])


def test_versions() -> None:
    stated = {
        "x@v3.1.0+incompatible": 3,
        "y@v0.0.0-20200101000000-0123456789ab": 4,
        "a@v1.3.0": 5,
        "z@v2.0.0+incompatible": 8,
    }
    graph = resolution(dict.fromkeys(stated, ""), stated)
    assert told(manifest(graph, imports=["x", "y", "a", "z"]), graph) == [
        "go.mod:8 indirect-but-imported: z@v2.0.0+incompatible is marked // indirect, but a package here imports it"
            " | govgo tidy",
        "go.mod:3 incompatible-version: x@v3.1.0+incompatible is a major version of a repository that was no module"
        " at that version"
        " | govgo get x/v3@latest",
        "go.mod:4 pseudo-version: y@v0.0.0-20200101000000-0123456789ab is a commit that no version tags"
            " | govgo get y@latest",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "want"),
    [
        ("a", ""),
        ("a@v1.3.0", ""),
        ("a@v1.2.0", ""),  # not selected, but in the graph: its requirements count
        ("a@v1.1.0", "a@v1.1.0 is replaced, but is not in the module graph, which has v1.2.0, v1.3.0"
            " | govgo edit -dropreplace=a@v1.1.0"),
        ("q", "q is replaced, but is not in the module graph | govgo edit -dropreplace=q"),
        ("m.io/m", "m.io/m is replaced, but is a main module | govgo edit -dropreplace=m.io/m"),
    ],
)  # fmt: skip
def test_replacements(old: str, want: str) -> None:
    graph = resolution(EDGES, {"a@v1.2.0": 5, "b@v1.0.0": 6})
    replaced = Replaced(mv(old), ModuleVersion("../x"), Place("go.mod", 20))
    assert told(manifest(graph, replaces=[replaced]), graph) == ([f"go.mod:20 replace-unused: {want}"] if want else [])


def test_a_replacement_that_others_leave_nothing_for() -> None:
    graph = resolution(EDGES, {"a@v1.3.0": 5, "b@v1.0.0": 6})
    replaces = [Replaced(mv(old), mv("f@v1.0.0"), Place("go.mod", 20 + i)) for i, old in enumerate(["a", "a@v1.3.0"])]
    (finding,) = told(manifest(graph, replaces=replaces), graph)
    assert finding.startswith("go.mod:20 replace-unused: a is replaced")
    work = Manifest(None, replaces=replaces[:1], directory="my dir")
    assert line(outside(work, replaces[0])).endswith("| govgo -C 'my dir' work edit -dropreplace=a")


def test_exclusions() -> None:
    graph = resolution(EDGES, {"a@v1.2.0": 5, "b@v1.0.0": 6})
    excluding = manifest(graph, excludes=[(mv("a@v1.5.0"), Place("go.mod", 9))])
    text = "go.mod:9 exclude-unused: a@v1.5.0 is excluded, but nothing in the module graph requires it"
    assert told(excluding, graph) == [f"{text} | govgo edit -dropexclude=a@v1.5.0"]
    assert told(excluding, graph, [mv("b@v1.0.0")]) == []


@pytest.mark.parametrize(
    ("go", "toolchain", "want"),
    [
        ("1.22", "", []),
        ("1.21.3", "", ["go.mod:3 go-line-held: go 1.21.3 cannot be lower: b@v1.0.0 needs go 1.21.3 (go.mod:6) | "]),
        ("1.21.0", "", ["go.mod:3 go-line-raised: go 1.21.0 is too low: b@v1.0.0 needs go 1.21.3 (go.mod:6)"
            " | govgo get go@1.21.3"]),
        ("1.22", "go1.22.1", []),
        ("1.22.1", "default", []),
        ("1.22.1", "go1.22.1", ["go.mod:4 toolchain-unused: toolchain go1.22.1 is not above go 1.22.1"
            " | govgo get toolchain@none"]),
    ],
)  # fmt: skip
def test_go_lines(go: str, toolchain: str, want: list[str]) -> None:
    graph = resolution(EDGES, {"b@v1.0.0": 6})
    lines = manifest(
        graph, go=(go, Place("go.mod", 3)), toolchain=(toolchain, Place("go.mod", 4)) if toolchain else None
    )
    assert told(lines, graph) == want


def test_go_lines_that_a_language_version_raises() -> None:
    """`go get go@1.23` writes the newest release of 1.23; what is needed is `go 1.23`."""
    edges = {source: targets.replace("go@1.21.3", "go@1.23") for source, targets in EDGES.items()}
    graph = resolution(edges, {"b@v1.0.0": 6})
    low = ("1.22", Place("go.mod", 3))
    (finding,) = told(manifest(graph, go=low), graph)
    assert finding.endswith("needs go 1.23 (go.mod:6) | govgo edit -go=1.23")
    (finding,) = told(Manifest(None, go=low), graph)
    assert finding.endswith(" | govgo work edit -go=1.23")


def test_providers() -> None:
    surely, perhaps = providers(["a/b/c", "x", "fmt", "a/d"], {"a", "a/b", "x", "xy"})
    assert (surely, perhaps) == ({"a", "x"}, {"a", "a/b", "x"})


def test_versions_that_differ_between_modules() -> None:
    def module(version: str, name: str) -> tuple[Manifest, Resolution]:
        graph = resolution({f"a@{version}": ""}, {f"a@{version}": 5})
        stated = [each._replace(place=Place(name, 5)) for each in graph.stated]
        return Manifest(M, name.removesuffix("/go.mod"), requires=stated), graph

    several = [module("v1.3.0", "x/go.mod"), module("v1.2.0", "y/go.mod"), module("v1.3.0", "z/go.mod")]
    (finding,) = skew(several)
    assert line(finding) == (
        "y/go.mod:5 version-skew: a is at v1.2.0 in y/go.mod; v1.3.0 in x/go.mod, z/go.mod | govgo -C y get a@v1.3.0"
    )
    assert skew(several[::2]) == ()
