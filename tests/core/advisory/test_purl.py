# SPDX-License-Identifier: BSD-3-Clause
"""Package URLs of Go modules; the first cases are those of the specification's type `golang`."""

from __future__ import annotations

import pytest

from govgo.core.advisory.purl import module_purl, read_purl
from govgo.core.module.moduleversion import ModuleVersion


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
    assert module_purl(ModuleVersion(path, version)) == purl
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
