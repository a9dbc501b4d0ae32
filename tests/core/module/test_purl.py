# SPDX-License-Identifier: BSD-3-Clause
"""Package URLs, by the tests that the purl specification has for the type `golang` (tests/types/golang-test.json)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packageurl import PackageURL

from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.module.purl import module_purl, read_purl

#: (namespace, name, version) and the canonical form, of the tests that build one without a subpath.
SPECIFIED = [
    (
        ("github.com/gorilla", "context", "234fd47e07d1004f0aed9c"),
        "pkg:golang/github.com/gorilla/context@234fd47e07d1004f0aed9c",
    ),
    (("golang.org/x", "crypto", ""), "pkg:golang/golang.org/x/crypto"),
]


@pytest.mark.parametrize(("parts", "wanted"), SPECIFIED)
def test_specified(parts: tuple[str, str, str], wanted: str) -> None:
    namespace, name, version = parts
    assert module_purl(ModuleVersion(f"{namespace}/{name}", version)) == wanted


@pytest.mark.parametrize(
    ("path", "version", "wanted"),
    [
        # "The namespace must be lowercased", "The name must be lowercased" (types/golang-definition.json).
        ("GitHub.com/Gorilla/Context", "v1.0.0-RC1", "pkg:golang/github.com/gorilla/context@v1.0.0-RC1"),
        # "A "+" is not an unreserved character" (the rules for each component).
        ("rsc.io/quote", "v2.0.0+incompatible", "pkg:golang/rsc.io/quote@v2.0.0%2Bincompatible"),
        ("rsc.io/quote/v3", "v3.1.0", "pkg:golang/rsc.io/quote/v3@v3.1.0"),
        ("gopkg.in/yaml.v3", "v3.0.1", "pkg:golang/gopkg.in/yaml.v3@v3.0.1"),
        ("git.sr.ht/~sircmpwn/go-bare", "v0.1.0", "pkg:golang/git.sr.ht/~sircmpwn/go-bare@v0.1.0"),
        # "Namespace is required for purl type: 'golang'"
        ("context", "v1.0.0", ""),
    ],
)
def test_rules(path: str, version: str, wanted: str) -> None:
    assert module_purl(ModuleVersion(path, version)) == wanted


_ELEMENT = st.text("abzABZ019-._~", min_size=1, max_size=6).filter(lambda text: text.strip(".") == text)


@given(st.lists(_ELEMENT, min_size=2, max_size=4), st.text("v0123.-+abAB", min_size=1, max_size=9))
def test_another_program_reads_and_writes_the_same(elements: list[str], version: str) -> None:
    found = module_purl(ModuleVersion("/".join(elements), version))
    read = PackageURL.from_string(found)
    *namespace, name = (element.lower() for element in elements)
    assert (read.namespace, read.name, read.version) == ("/".join(namespace), name, version)
    assert read.to_string() == found


@pytest.mark.parametrize(
    ("path", "version", "purl"),
    [
        ("github.com/gorilla/context", "234fd47e07d1", "pkg:golang/github.com/gorilla/context@234fd47e07d1"),
        ("rsc.io/quote/v3", "v3.1.0", "pkg:golang/rsc.io/quote/v3@v3.1.0"),
        ("github.com/Azure/go", "v1.0.0+incompatible", "pkg:golang/github.com/azure/go@v1.0.0%2Bincompatible"),
        ("rsc.io/quote", "", "pkg:golang/rsc.io/quote"),
        ("stdlib", "1.26.8", "pkg:golang/stdlib@1.26.8"),
    ],
)
def test_both_ways(path: str, version: str, purl: str) -> None:
    assert module_purl(ModuleVersion(path, version), needs_namespace=False) == purl
    assert read_purl(purl) == ModuleVersion(path.lower(), version)


@pytest.mark.parametrize(
    ("purl", "module"),
    [
        ("PKG:Golang/q.io/x@v1.0.0", "q.io/x v1.0.0"),
        ("pkg://golang/q.io/X@v1.0.0", "q.io/x v1.0.0"),
        ("pkg:golang/q.io/x@v1.0.0?type=module", "q.io/x v1.0.0"),
        ("pkg:golang/q.io/x@v1.0.0?goos=linux", ""),
        ("pkg:golang/google.golang.org/genproto#googleapis/api/annotations", ""),
        ("pkg:npm/q.io/x@1.0.0", ""),
        ("pkg:golang/", ""),
        ("https://q.io/x", ""),
        ("", ""),
    ],
)
def test_what_stands_for_a_module(purl: str, module: str) -> None:
    found = read_purl(purl)
    assert ("" if found is None else f"{found.path} {found.version}") == module
