# SPDX-License-Identifier: BSD-3-Clause
"""OpenVEX documents. What counts is worked out by hand from the specification 0.2.0."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from govgo.core.advisory.openvex import VexError, deciding_statement, parse_openvex
from govgo.core.module.moduleversion import ModuleVersion

STATEMENT = {
    "vulnerability": {"name": "CVE-1", "aliases": ["GO-1"]},
    "products": [{"@id": "pkg:golang/q.io/app", "subcomponents": [{"@id": "pkg:golang/q.io/x@v1.0.0"}]}],
    "status": "not_affected",
    "justification": "vulnerable_code_not_in_execute_path",
}
DOCUMENT = {
    "@context": "https://openvex.dev/ns/v0.2.0",
    "@id": "https://openvex.dev/docs/example/vex-9fb3463de1b57",
    "author": "Wolfi J Inkinson",
    "timestamp": "2023-01-08T18:02:03.647787998-06:00",
    "version": 1,
    "statements": [STATEMENT],
}


def document(*statements: Mapping[str, Any], **more: Any) -> bytes:
    return json.dumps({**DOCUMENT, "statements": [{**STATEMENT, **each} for each in statements], **more}).encode()


def test_a_statement() -> None:
    (found,) = parse_openvex("a.json", document({}))
    assert found.names == {"CVE-1", "GO-1"}
    assert (found.document, found.author, found.reason) == (
        "a.json",
        "Wolfi J Inkinson",
        "vulnerable_code_not_in_execute_path",
    )
    assert found.puts_aside
    assert found.time.isoformat() == "2023-01-08T18:02:03.647787-06:00"


@pytest.mark.parametrize(
    ("products", "is_about"),
    [
        pytest.param([{"@id": "pkg:golang/q.io/app"}], True, id="all of the main module"),
        pytest.param([{"@id": "pkg:golang/Q.io/App"}], True, id="purls have no case"),
        pytest.param([{"identifiers": {"purl": "pkg:golang/q.io/app"}}], True, id="by its identifiers"),
        pytest.param([{"@id": "https://q.io/app"}], False, id="an IRI alone says nothing"),
        pytest.param([{"@id": "pkg:golang/q.io/app@v1.0.0"}], False, id="some release of the main module"),
        pytest.param([{"@id": "pkg:golang/q.io/other"}], False, id="another product"),
        pytest.param(
            [{"@id": "pkg:golang/q.io/app", "subcomponents": [{"@id": "pkg:golang/q.io/y"}]}], False, id="another part"
        ),
        pytest.param(
            [{"@id": "pkg:golang/q.io/app", "subcomponents": [{"@id": "pkg:npm/x"}]}],
            False,
            id="a part of another kind",
        ),
        pytest.param(
            [{"@id": "pkg:golang/q.io/app", "subcomponents": [{"identifiers": {"purl": "pkg:golang/q.io/x"}}]}],
            True,
            id="the part, at any version",
        ),
        pytest.param(
            [{"@id": "pkg:golang/q.io/app", "subcomponents": [{"@id": "pkg:golang/q.io/x@v1.0.1"}]}],
            False,
            id="the part, at another version",
        ),
        pytest.param(
            [{"@id": "pkg:oci/other", "subcomponents": [{"@id": "pkg:golang/q.io/x@v1.0.0"}]}],
            False,
            id="the part, in another product",
        ),
        pytest.param([{"@id": "pkg:golang/q.io/x@v1.0.0"}], True, id="the module itself"),
        pytest.param([{"@id": "pkg:golang/q.io/x"}], True, id="the module itself, at any version"),
        pytest.param([{"@id": "pkg:golang/q.io/x@v1.0.1"}], False, id="the module itself, at another version"),
        pytest.param(
            [{"@id": "pkg:golang/q.io/x", "subcomponents": [{"@id": "pkg:golang/q.io/z"}]}], False, id="a part of it"
        ),
        pytest.param([{"@id": "pkg:golang/q.io/y"}, {"@id": "pkg:golang/q.io/x"}], True, id="one of several"),
    ],
)
def test_what_a_statement_is_about(products: Any, is_about: bool) -> None:
    (found,) = parse_openvex("a.json", document({"products": products}))
    assert found.concerns({"GO-1"}, ["q.io/app"], [ModuleVersion("q.io/x", "v1.0.0")]) is is_about
    assert not found.concerns({"GO-2"}, ["q.io/app"], [ModuleVersion("q.io/x", "v1.0.0")])


@pytest.mark.parametrize("purl", ["stdlib", "stdlib@1.21.0", "stdlib@v1.21.0", "stdlib@go1.21.0"])
def test_the_standard_library(purl: str) -> None:
    (found,) = parse_openvex("a.json", document({"products": [{"@id": f"pkg:golang/{purl}"}]}))
    assert found.concerns({"GO-1"}, ["q.io/app"], [ModuleVersion("stdlib", "1.21.0")])
    assert found.concerns({"GO-1"}, ["q.io/app"], [ModuleVersion("stdlib", "1.21.1")]) is (purl == "stdlib")


def test_the_latest_statement_counts() -> None:
    """A statement without a time has that of its document; of two at one time the later one in the document counts."""
    fixed = {"status": "fixed", "timestamp": "2023-03-01T00:00:00Z"}
    open_again = {"status": "under_investigation", "timestamp": "2023-02-01T00:00:00Z"}
    asked = ({"CVE-1"}, ["q.io/app"], [ModuleVersion("q.io/x", "v1.0.0")])

    def status(*statements: Mapping[str, Any]) -> str:
        found = deciding_statement(parse_openvex("a.json", document(*statements)), *asked)
        return "" if found is None else found.status

    assert status({}) == "not_affected"
    assert status({}, open_again) == "under_investigation"
    assert status(open_again, {}) == "under_investigation"
    assert status(fixed, open_again, {}) == "fixed"
    assert status({}, {"status": "under_investigation"}) == "under_investigation"
    assert status({"vulnerability": {"name": "CVE-2"}}) == ""


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"{", "no OpenVEX document: "),
        (b"[" * 100_000, "no OpenVEX document: "),
        (b"[]", "the document: want an object"),
        (document(**{"@context": "https://openvex.dev/ns"}), "@context: 'https://openvex.dev/ns' is not https://"),
        (document(**{"@context": None}), "@context: want a string"),
        (document(author=""), "author: is missing"),
        (document(timestamp=""), "timestamp: is missing"),
        (document(timestamp="today"), "timestamp: 'today' is not a time in RFC 3339"),
        (document(version="1"), "version: want a number"),
        (document(statements={}), "statements: want a list"),
        (document(statements=[1]), "statements[0]: want an object"),
        (document({}, {"status": "ok"}), "statements[1].status: 'ok' is none of not_affected, affected, fixed, under"),
        (document({"status": ""}), "statements[0].status: is missing"),
        (document({"justification": "trust me"}), "statements[0].justification: 'trust me' is not a label of OpenVEX"),
        (document({"justification": ""}), "statements[0].status: not_affected needs a justification or an impact"),
        (document({"status": "affected"}), "statements[0].status: affected needs an action_statement"),
        (document({"vulnerability": "CVE-1"}), "statements[0].vulnerability: want an object"),
        (document({"vulnerability": {}}), "statements[0].vulnerability.name: is missing"),
        (document({"vulnerability": {"name": "C", "aliases": "G"}}), "vulnerability.aliases: want a list of strings"),
        (document({"products": []}), "statements[0].products: want at least one"),
        (document({"products": "pkg:golang/q.io/x"}), "statements[0].products: want a list"),
        (document({"products": ["pkg:golang/q.io/x"]}), "statements[0].products[0]: want an object"),
        (document({"products": [{"identifiers": []}]}), "statements[0].products[0].identifiers: want an object"),
        (document({"timestamp": "soon"}), "statements[0].timestamp: 'soon' is not a time in RFC 3339"),
    ],
)
def test_what_is_no_document(data: bytes, told: str) -> None:
    with pytest.raises(VexError) as raised:
        parse_openvex("a.json", data)
    assert str(raised.value).startswith("a.json: ")
    assert told in str(raised.value)


def test_what_need_not_be_there() -> None:
    statement = {"justification": "", "impact_statement": "we removed the code"}
    (found,) = parse_openvex("a.json", document(statement))
    assert (found.justification, found.reason) == ("", "we removed the code")
