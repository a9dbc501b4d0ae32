# SPDX-License-Identifier: BSD-3-Clause
"""Parsing queries and choosing among versions: the table of the Go Modules Reference, "Version queries"."""

from __future__ import annotations

import pytest

from govgo.core.module.versionquery import (
    NoPatchBaseError,
    is_revision_query,
    parse_path_version,
    parse_query,
)
from govgo.errors import QueryError

LIST = ("v0.9.0", "v1.0.0", "v1.1.0", "v1.1.1", "v1.2.0-rc.1", "v1.2.0", "v1.3.0-beta.1", "v1.10.0")


def _choose(path: str, query: str, current: str, versions: tuple[str, ...], *, has_go_mod: bool = False) -> str | None:
    matcher = parse_query(path, query, current)
    fitting = [version for version in versions if matcher.takes(version)]
    return matcher.choose(fitting, deciding_has_go_mod=has_go_mod)


@pytest.mark.parametrize(
    ("query", "current", "chosen"),
    [
        ("latest", "", "v1.10.0"),
        ("upgrade", "", "v1.10.0"),
        ("upgrade", "v1.2.0", "v1.10.0"),
        ("upgrade", "v1.99.0", None),
        ("patch", "v1.1.0", "v1.1.1"),
        ("patch", "v1.2.0-rc.1", "v1.2.0"),
        ("patch", "v1.3.0-beta.1", "v1.3.0-beta.1"),
        ("v1", "", "v1.10.0"),
        ("v1.1", "", "v1.1.1"),
        ("v1.3", "", None),  # not v1.3.0-beta.1, which is lower than v1.3.0
        ("v2", "", None),
        ("<v1.1.0", "", "v1.0.0"),
        ("<=v1.2.0-rc.1", "", "v1.1.1"),  # releases before pre-releases
        (">v1.1.1", "", "v1.2.0"),
        (">=v1.2.0-rc.1", "", "v1.2.0"),
        (">v1.10.0", "", None),
        ("<v0.9.0", "", None),
    ],
)
def test_choice(query: str, current: str, chosen: str | None) -> None:
    assert _choose("a.example/m", query, current, LIST) == chosen


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("<=v1.2", 'ambiguous semantic version "v1.2" in range "<=v1.2"'),
        (">v1", 'ambiguous semantic version "v1" in range ">v1"'),
        (">=x", 'invalid semantic version "x" in range ">=x"'),
        ("<", 'invalid semantic version "" in range "<"'),
    ],
)
def test_bad_ranges(query: str, text: str) -> None:
    with pytest.raises(QueryError) as refused:
        parse_query("a.example/m", query)
    assert str(refused.value) == text


@pytest.mark.parametrize("current", ["", "none"])
def test_patch_needs_a_base(current: str) -> None:
    with pytest.raises(NoPatchBaseError) as refused:
        parse_query("a.example/m", "patch", current)
    assert str(refused.value) == 'can\'t query version "patch" of module a.example/m: no existing version is required'


INCOMPATIBLE = ("v1.0.0", "v1.1.0", "v2.0.0+incompatible", "v3.0.0-pre+incompatible")


@pytest.mark.parametrize(
    ("query", "current", "has_go_mod", "chosen"),
    [
        ("latest", "", True, "v1.1.0"),
        ("latest", "", False, "v2.0.0+incompatible"),
        ("upgrade", "v2.0.0+incompatible", True, "v2.0.0+incompatible"),
        ("upgrade", "v1.0.0", True, "v1.1.0"),
        ("<v3.0.0", "", True, "v2.0.0+incompatible"),  # v3.0.0 asks for +incompatible by itself
        ("<v1.9.0", "", False, "v1.1.0"),
    ],
)
def test_incompatible_versions(query: str, current: str, has_go_mod: bool, chosen: str) -> None:
    assert _choose("a.example/m", query, current, INCOMPATIBLE, has_go_mod=has_go_mod) == chosen


def test_deciding_version() -> None:
    latest = parse_query("a.example/m", "latest")
    assert latest.deciding_version(INCOMPATIBLE) == "v1.1.0"
    assert latest.deciding_version(INCOMPATIBLE[2:]) is None
    assert latest.deciding_version(INCOMPATIBLE[:2]) is None
    assert parse_query("a.example/m", "latest", "v2.0.0+incompatible").deciding_version(INCOMPATIBLE) is None


GO = ("1.20", "1.20.1", "1.21rc2", "1.21.0", "1.21.5", "1.22rc1")


@pytest.mark.parametrize(
    ("query", "current", "chosen"),
    [
        ("latest", "", "1.21.5"),
        ("patch", "1.20", "1.20.1"),
        ("1.21", "", "1.21.5"),
        (">=1.21", "", "1.21.0"),
        ("<1.21", "", "1.20.1"),
        ("1.22", "", None),  # 1.22rc1 does not begin with "1.22."
    ],
)
def test_go_itself(query: str, current: str, chosen: str | None) -> None:
    assert _choose("go", query, current, GO) == chosen


def test_short_versions_break_no_common_query() -> None:
    versions = ("v1.0.0", "v1.1", "v2")
    assert _choose("a.example/m", "latest", "", versions) == "v1.0.0"
    assert _choose("a.example/m", "upgrade", "v1.0.0", versions) == "v1.0.0"
    assert _choose("a.example/m", ">v1.0.0", "", versions) == "v1.1"


@pytest.mark.parametrize(
    ("query", "is_revision"),
    [
        ("latest", False),
        ("v1", False),
        ("v1.2", False),
        ("<v1", False),
        ("v1.2.3", True),
        ("main", True),
        ("none", True),
    ],
)
def test_revision_queries(query: str, is_revision: bool) -> None:
    assert is_revision_query("a.example/m", query) is is_revision


def test_path_and_version() -> None:
    assert parse_path_version("a.example/m") == ("a.example/m", "", False)
    assert parse_path_version("a.example/m@") == ("a.example/m", "", True)
    assert parse_path_version("a.example/m@v1@x") == ("a.example/m", "v1@x", True)
    for bad in ("-x", "/x"):
        with pytest.raises(QueryError) as refused:
            parse_path_version(f"a.example/m@{bad}")
        assert str(refused.value) == f'invalid module version "{bad}"'
