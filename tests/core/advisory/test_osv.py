# SPDX-License-Identifier: BSD-3-Clause
"""Advisories: which versions they concern. The answers are worked out by hand from the rules of the OSV format."""

from __future__ import annotations

import json
from typing import Any

import pytest

from govgo.core.advisory.osv import AdvisoryError, parse_advisory
from govgo.core.advisory.ranges import Affected


def document(*events: dict[str, str], **more: Any) -> dict[str, Any]:
    affected = {
        "package": {"ecosystem": "Go", "name": "q.io/m"},
        "ranges": [{"type": "SEMVER", "events": list(events)}],
        **more,
    }
    return {"id": "GO-2026-0001", "affected": [affected]}


def affected(*events: dict[str, str], **more: Any) -> Affected:
    (found,) = parse_advisory("x.json", json.dumps(document(*events, **more)).encode()).affected
    return found


ALL = {"introduced": "0"}
PSEUDO = "v0.0.0-20210101000000-0123456789ab"


@pytest.mark.parametrize(
    ("events", "hit", "missed"),
    [
        ([ALL], "v0.0.0 v1.0.0 v9.9.9 v0.0.0-alpha " + PSEUDO, ""),
        ([ALL, {"fixed": "1.2.3"}], "v0.0.1 v1.2.2 v1.2.3-rc.1 " + PSEUDO, "v1.2.3 v1.2.4 v2.0.0+incompatible"),
        ([{"introduced": "1.1.0"}, {"fixed": "1.2.0"}], "v1.1.0 v1.1.9", "v1.0.9 v1.1.0-rc.1 v1.2.0"),
        # events in any order, and several ranges
        (
            [{"fixed": "2.1.0"}, {"fixed": "1.2.0"}, {"introduced": "2.0.0"}, ALL],
            "v1.1.9 v2.0.0+incompatible v2.0.5+incompatible",
            "v1.2.0 v1.9.0 v2.1.0+incompatible",
        ),
        ([ALL, {"last_affected": "1.5.0"}], "v1.5.0 v1.4.0 v1.5.0-rc.1", "v1.5.1"),
        ([ALL, {"limit": "1.0.0"}], "v0.9.9", "v1.0.0"),
        ([ALL, {"limit": "*"}], "v0.9.9 v7.0.0", ""),
        # a pre-release stands before its release, a pseudo-version after what it is based on
        ([{"introduced": "1.20.0-0"}, {"fixed": "1.20.3"}], "v1.20.0-rc.1 v1.20.0 v1.20.2", "v1.19.9 v1.20.3"),
        ([ALL, {"fixed": "0.0.0-20210601000000-000000000000"}], PSEUDO, "v0.0.0-20210601000001-0123456789ab v0.0.1"),
        # introduced anew where it was fixed: the order in the file does not matter
        (
            [ALL, {"fixed": "1.0.0"}, {"introduced": "1.0.0"}, {"fixed": "1.2.0"}],
            "v0.9.0 v1.0.0 v1.1.0",
            "v1.2.0",
        ),
        (
            [{"introduced": "1.0.0"}, {"last_affected": "1.2.0"}, ALL, {"fixed": "1.0.0"}],
            "v0.9.0 v1.0.0 v1.2.0",
            "v1.2.1",
        ),
        ([{"introduced": "1.0.0"}, {"fixed": "1.0.0"}], "", "v0.9.0 v1.0.0 v1.1.0"),
        ([ALL, {"fixed": "1.0.1"}], "v1.0.1-0.20210101000000-0123456789ab", "v1.0.2-0.20210101000000-0123456789ab"),
    ],
)
def test_ranges(events: list[dict[str, str]], hit: str, missed: str) -> None:
    found = affected(*events)
    assert [version for version in hit.split() if not found.has(version)] == []
    assert [version for version in missed.split() if found.has(version)] == []


def test_versions_that_are_listed() -> None:
    found = affected(ranges=[], versions=["1.0.0", "v1.5.0", "2.0.0+incompatible", "3.0.0"])
    hits = ["v1.0.0", "v1.5.0", "v2.0.0+incompatible", "v3.0.0+incompatible"]
    assert [version for version in (*hits, "v1.1.0") if found.has(version)] == hits


@pytest.mark.parametrize(
    "ranges", [[], None, [{"type": "GIT", "events": [{"introduced": "0"}, {"fixed": "0123abc"}]}], [{"type": "SEMVER"}]]
)
def test_every_version_where_none_is_named(ranges: Any) -> None:
    # golang.org/x/vuln/internal/semver, Affects: "No ranges implies all versions are affected", nor semver ranges
    found = affected(ranges=ranges)
    assert found.has("v0.1.0")
    assert found.has("v9.0.0+incompatible")
    assert found.fixed_in("v1.0.0") == ""


@pytest.mark.parametrize(
    ("events", "version", "fix"),
    [
        ([ALL], "v1.0.0", ""),
        ([ALL, {"fixed": "1.2.0"}], "v1.0.0", "v1.2.0"),
        ([ALL, {"fixed": "1.2.0"}, {"introduced": "1.3.0"}, {"fixed": "1.4.0"}], "v1.3.1", "v1.4.0"),
        ([ALL, {"last_affected": "1.2.0"}], "v1.0.0", ""),
        ([ALL, {"fixed": "1.20.3"}], "1.20.1", "1.20.3"),  # the standard library
    ],
)
def test_what_fixes_it(events: list[dict[str, str]], version: str, fix: str) -> None:
    assert affected(*events).fixed_in(version) == fix


def test_all_that_is_read() -> None:
    text = {
        **document(
            ALL,
            ecosystem_specific={"imports": [{"path": "q.io/m/p", "symbols": ["F"]}, {"path": "q.io/m/q"}]},
        ),
        "aliases": ["CVE-1", "GHSA-2"],
        "related": ["CVE-3"],
        "summary": "bad",
        "details": "very\nbad",
        "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N"}],
        "published": "2026-01-01T00:00:00Z",
        "modified": "2026-02-01T00:00:00Z",
        "withdrawn": "2026-03-01T00:00:00Z",
        "references": [{"type": "WEB", "url": "https://q.io/1"}],
        "database_specific": {"url": "https://pkg.example/GO-2026-0001"},
    }
    text["affected"].append({"package": {"ecosystem": "npm", "name": "m"}, "ranges": [{"type": "SEMVER"}]})
    text["affected"].append(
        {"package": {"ecosystem": "Go", "name": "q.io/n"}, "ranges": [{"type": "GIT", "events": [{"introduced": "0"}]}]}
    )
    found = parse_advisory("x.json", json.dumps(text).encode())
    assert found.names == {"GO-2026-0001", "CVE-1", "GHSA-2"}
    assert (found.summary, found.severity, found.withdrawn[:10]) == ("bad", "CVSS:3.1/AV:N", "2026-03-01")
    assert found.url == "https://pkg.example/GO-2026-0001"
    assert [(each.path, each.packages) for each in found.affected] == [
        ("q.io/m", ("q.io/m/p", "q.io/m/q")),
        ("q.io/n", ()),
    ]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "Expecting value"),
        (b"[]", "[] is not an object"),
        (b"{}", "no field 'id'"),
        (b'{"id": 1}', "1 is not a string"),
        (b'{"id": "x", "affected": {}}', "{} is not a list"),
        (b'{"id": "x", "affected": [1]}', "1 is not an object"),
        (json.dumps(document({"introduced": "one"})).encode(), "invalid version one"),
        (json.dumps(document({"forgotten": "1.0.0"})).encode(), "unknown event forgotten"),
        (b'{"id": "x\xff"}', "can't decode byte"),
        (b"[" * 100_000, "nested too deep"),
    ],
)
def test_malformed(data: bytes, sentence: str) -> None:
    with pytest.raises(AdvisoryError) as caught:
        parse_advisory("dir/x.json", data)
    assert str(caught.value).startswith("dir/x.json: malformed advisory: ")
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("own", "references", "url"),
    [
        ("https://pkg.go.dev/vuln/GO-1", [], "https://pkg.go.dev/vuln/GO-1"),
        (None, ["https://q.io/a?b=%20c#d"], "https://q.io/a?b=%20c#d"),
        # RFC 3986, appendix A: none of these is a URI; the next reference counts
        (
            "https://q.io/a b",
            ["https://q.io/%zz", "https://q.io/#a#b", "http://q.io/<x>", "https://q.io/c"],
            "https://q.io/c",
        ),
        ("javascript:x", ["ftp://q.io/a", "https://q.io/\n::error::", "//q.io"], ""),
    ],
)
def test_pages_are_links_in_every_format(own: str | None, references: list[str], url: str) -> None:
    text = document(ALL) | {"references": [{"type": "WEB", "url": each} for each in references]}
    if own is not None:
        text["database_specific"] = {"url": own}
    assert parse_advisory("x.json", json.dumps(text).encode()).url == url


def test_what_an_error_quotes_is_one_line_and_short() -> None:
    events = {"introduced": "1\n::error::" + "9" * 1_000_000}
    with pytest.raises(AdvisoryError) as caught:
        parse_advisory("a\nb.json", json.dumps(document(events)).encode())
    assert str(caught.value) == f"a\\nb.json: malformed advisory: invalid version 1\\n::error::{'9' * 69}"
