# SPDX-License-Identifier: BSD-3-Clause
"""What documents come to together, counted by hand, whatever their order and form."""

from __future__ import annotations

from typing import Any

import pytest

from govgo.core.fleet.impact import Change, Closures, impact
from govgo.core.fleet.rows import rows_of
from govgo.core.fleet.summary import Reducer
from govgo.core.fleet.units import Entry, Kind, Outcome, Status, Unit, entry_of


def listed(path: str, go: str, *selected: str, replaced: str = "") -> dict[str, Any]:
    return {
        "path": path,
        "directory": ".",
        "go": go,
        "selected": [
            {
                "path": each.split()[0],
                "version": each.split()[1],
                "direct": each.endswith("!"),
                "replaced_by": {"path": "../x", "version": ""} if each.split()[0] == replaced else None,
            }
            for each in selected
        ],
    }


DOCUMENTS = {
    "one": {"modules": [listed("m/one", "1.21", "q.io/a v1.0.0 !", "q.io/v v1.9.0")]},
    "two": {
        "modules": [
            listed("m/two", "1.16", "q.io/a v1.2.0", "q.io/v v1.10.0 !"),
            listed("", "1.21", "q.io/v v1.9.0", replaced="q.io/v"),
        ]
    },
    "three": {"modules": []},
}


def reduced(order: list[str]) -> Reducer:
    reducer = Reducer()
    for name in order:
        reducer.add(*rows_of("list", name, DOCUMENTS[name]))
    return reducer


@pytest.mark.parametrize("order", [["one", "two", "three"], ["three", "two", "one"]])
def test_modules_and_versions(order: list[str]) -> None:
    found = [tuple(each) for each in reduced(order).summary("x").modules]
    assert found == [
        ("q.io/a", 2, 1, 0, (("v1.0.0", 1), ("v1.2.0", 1))),
        ("q.io/v", 2, 1, 1, (("v1.9.0", 2), ("v1.10.0", 1))),  # by versions, not by text
    ]


def test_skew_puts_the_most_versions_first() -> None:
    reducer = reduced(["one", "two"])
    reducer.add(*rows_of("list", "four", {"modules": [listed("m", "1.21", "q.io/v v1.11.0", "q.io/w v1.0.0")]}))
    assert [each.path for each in reducer.summary("x").skewed] == ["q.io/v", "q.io/a"]


def test_a_name_of_a_workspace() -> None:
    mains = {row["main_module"] for row in rows_of("list", "two", DOCUMENTS["two"])[1]}
    assert mains == {"m/two", "workspace ."}


@pytest.mark.parametrize(
    "document",
    [{}, {"modules": None}, {"modules": [3, {}]}, {"modules": [{"selected": {"path": 1}}]}, {"results": "x"}],
)
@pytest.mark.parametrize("verb", ["list", "audit", "outdated", "licenses", "verify", "anything"])
def test_documents_of_another_form_have_no_rows(verb: str, document: dict[str, Any]) -> None:
    assert rows_of(verb, "r", document)[1] == []


def exposure(name: str, version: str, fixed: str, *aliases: str) -> dict[str, Any]:
    return {"id": name, "aliases": [*aliases], "module": "q.io/v", "version": version, "fixed_in": fixed}


def test_advisories_are_counted_once_in_a_repository() -> None:
    reducer = Reducer()
    reducer.add(*rows_of("audit", "one", {"results": [exposure("GO-1", "v1.0.0", "v1.2.0", "CVE-1")] * 2}))
    reducer.add(
        *rows_of("audit", "two", {"results": [exposure("GO-1", "v0.9.0", "v0.9.9"), exposure("GO-2", "v1", "")]})
    )
    assert [tuple(each) for each in reducer.summary("x").advisories] == [
        ("GO-1", ("CVE-1",), ("q.io/v",), ("v0.9.9", "v1.2.0"), 2),
        ("GO-2", (), ("q.io/v",), (), 1),
    ]


def test_findings_licences_and_what_is_outdated() -> None:
    reducer = Reducer()
    for name, count in (("one", 2), ("two", 1)):
        reducer.add(*rows_of("hygiene", name, {"results": [{"code": "redundant", "line": 3}] * count}))
        licences = [{"module": "q.io/v", "version": "v1.0.0", "license": "MIT"}]
        reducer.add(*rows_of("licenses", name, {"modules": [{"path": "m", "licenses": licences}]}))
        newest = {"version": f"v1.{9 if name == 'one' else 10}.0"}
        old = {"path": "q.io/v", "version": "v1.0.0", "outdated": True, "newest": newest, "behind": {"releases": 3}}
        fresh = {"path": "q.io/w", "version": "v1.0.0", "outdated": False}
        gone = {"path": "q.io/x", "version": "v1.0.0", "outdated": False, "deprecated": "use w"}
        table, rows = rows_of("outdated", name, {"modules": [{"name": "m", "dependencies": [old, fresh, gone]}]})
        assert [(row["module"], row["outdated"], row["deprecated"]) for row in rows] == [
            ("q.io/v", True, False),
            ("q.io/x", False, True),
        ]
        reducer.add(table, rows)
    summary = reducer.summary("x")
    assert [tuple(each) for each in summary.findings] == [("hygiene", "redundant", 3, 2)]
    assert [tuple(each) for each in summary.licenses] == [("MIT", 1, 2)]
    assert [tuple(each) for each in summary.outdated] == [("q.io/v", "v1.10.0", 2)]


def entry(name: str, status: Status, code: int, *faults: str) -> Entry:
    return entry_of(Unit(name, Kind.DIRECTORY, "/"), Outcome(name, status, code, faults, "why"), "", 1)


def test_totals_of_a_verb() -> None:
    reducer = Reducer()
    entries = [
        entry("a", Status.DONE, 0),
        entry("b", Status.DONE, 1),
        entry("c", Status.EMPTY, 0),
        entry("d", Status.FAILED, 3, "network", "network"),
        entry("e", Status.DONE, 4, "sum-mismatch"),
        *(entry(f"f{number}", Status.FAILED, 3, "timeout") for number in range(200)),
    ]
    for each in entries:
        reducer.entry("audit", each)
    summary = reducer.summary("x")
    assert tuple(summary.verbs[0]) == (
        *("audit", 205, 3, 1, 201, 1, 1),
        (("timeout", 200), ("network", 1), ("sum-mismatch", 1)),
    )
    assert len(summary.failures) == 100
    assert summary.failures[0] == ("audit", "d", "network", "why")


def test_impact_is_the_higher_of_both() -> None:
    """The closure is that of the main module's pruning; replaced modules are not upgraded."""
    closures = Closures(
        pruned={"q.io/v": "v1.10.0", "q.io/w": "v1.0.0"},
        unpruned={"q.io/v": "v1.10.0", "q.io/w": "v1.0.0", "q.io/x": "v1.0.0"},
    )
    repositories = [rows_of("list", name, document)[1] for name, document in DOCUMENTS.items()]
    found = impact("q.io/v", "v1.10.0", closures, repositories)
    assert [tuple(each) for each in found.changed] == [
        ("one", "m/one", (Change("q.io/v", "v1.9.0", "v1.10.0"), Change("q.io/w", "", "v1.0.0"))),
    ]
    closures = Closures({"q.io/a": "v1.3.0", "q.io/v": "v1.10.0"}, {"q.io/a": "v1.3.0", "q.io/v": "v1.9.0"})
    found = impact("q.io/a", "v1.3.0", closures, repositories)
    assert [each.changes for each in found.changed] == [
        (Change("q.io/a", "v1.0.0", "v1.3.0"), Change("q.io/v", "v1.9.0", "v1.10.0")),
        (Change("q.io/a", "v1.2.0", "v1.3.0"),),
    ]
    assert found.others == (("q.io/v", 1),)


def test_parts_add_up_to_the_whole() -> None:
    """Repositories are counted by two reducers, or by one: that is the same."""
    newest = {"path": "q.io/v", "outdated": True}
    counted = [
        *(("list", name, document) for name, document in DOCUMENTS.items()),
        ("audit", "one", {"results": [exposure("GO-1", "v1.0.0", "v1.2.0", "CVE-1")]}),
        ("audit", "two", {"results": [exposure("GO-1", "v0.9.0", "v0.9.9"), exposure("GO-2", "v1", "")]}),
        *(("hygiene", name, {"results": [{"code": "redundant"}] * 2}) for name in ("one", "two")),
        *(
            (
                "licenses",
                name,
                {"modules": [{"licenses": [{"module": "v", "version": f"v1.{at}.0", "license": "MIT"}]}]},
            )
            for at, name in enumerate(("one", "two"))
        ),
        *(
            ("outdated", name, {"modules": [{"dependencies": [{**newest, "newest": {"version": version}}]}]})
            for name, version in (("one", "v1.9.0"), ("two", "v1.10.0"), ("three", "v1.2.0"))
        ),
    ]
    failed = [entry(f"f{number:03d}", Status.FAILED, 3, "timeout") for number in range(150)]

    def count(reducer: Reducer, part: int, parts: int) -> Reducer:
        for each in counted[len(counted) * part // parts : len(counted) * (part + 1) // parts]:
            reducer.add(*rows_of(*each))
        for each in failed[len(failed) * part // parts : len(failed) * (part + 1) // parts]:
            reducer.entry("list", each)
        return reducer

    whole = count(Reducer(), 0, 1).summary("x")
    assert (len(whole.modules), len(whole.failures), whole.verbs[0].failed) == (2, 100, 150)
    for parts in range(2, len(counted) + 1):
        merged = Reducer()
        for part in range(parts):
            merged.merge(count(Reducer(), part, parts))
        assert merged.summary("x") == whole
