# SPDX-License-Identifier: BSD-3-Clause
"""Package URLs, by the tests that the purl specification has for the type `golang` (tests/types/golang-test.json)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packageurl import PackageURL

from govgo.core.sbom.purl import module_purl

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
    assert module_purl(f"{namespace}/{name}", version) == wanted


@pytest.mark.parametrize(
    ("path", "version", "wanted"),
    [
        # "The namespace must be lowercased", "The name must be lowercased" (types/golang-definition.json).
        ("GitHub.com/Gorilla/Context", "v1.0.0-RC1", "pkg:golang/github.com/gorilla/context@v1.0.0-RC1"),
        # "A "+" is no unreserved character" (the rules for each component).
        ("rsc.io/quote", "v2.0.0+incompatible", "pkg:golang/rsc.io/quote@v2.0.0%2Bincompatible"),
        ("rsc.io/quote/v3", "v3.1.0", "pkg:golang/rsc.io/quote/v3@v3.1.0"),
        ("gopkg.in/yaml.v3", "v3.0.1", "pkg:golang/gopkg.in/yaml.v3@v3.0.1"),
        ("git.sr.ht/~sircmpwn/go-bare", "v0.1.0", "pkg:golang/git.sr.ht/~sircmpwn/go-bare@v0.1.0"),
        # "Namespace is required for purl type: 'golang'"
        ("context", "v1.0.0", ""),
    ],
)
def test_rules(path: str, version: str, wanted: str) -> None:
    assert module_purl(path, version) == wanted


_ELEMENT = st.text("abzABZ019-._~", min_size=1, max_size=6).filter(lambda text: text.strip(".") == text)


@given(st.lists(_ELEMENT, min_size=2, max_size=4), st.text("v0123.-+abAB", min_size=1, max_size=9))
def test_another_program_reads_and_writes_the_same(elements: list[str], version: str) -> None:
    found = module_purl("/".join(elements), version)
    read = PackageURL.from_string(found)
    *namespace, name = (element.lower() for element in elements)
    assert (read.namespace, read.name, read.version) == ("/".join(namespace), name, version)
    assert read.to_string() == found
