# SPDX-License-Identifier: BSD-3-Clause
"""A directory of Go files as go/build sees it. Expected values: package go/build of go 1.26.8."""

from __future__ import annotations

from govgo.core.gosource.buildtags import build_tags
from govgo.core.gosource.directory import import_dir
from tests.core.gosource.test_imports import FILES


def test_whole_directory() -> None:
    package = import_dir("D", FILES.items(), build_tags())
    assert (package.name, package.sources.files, package.cgo_files) == ("p", ("a.go", "c.go"), ("c.go",))
    assert (package.tests.imports, package.xtests.imports) == (("a.b/t", "testing"), ("a.b/xt",))
    assert package.ignored == ("w_windows.go", "tool.go", "gen.go")
    assert (package.invalid, package.error) == ((), "")
    every = import_dir("D", FILES.items(), build_tags(), use_all=True)
    assert every.error == "found packages p (a.go) and tools (tool.go) in D"
    assert every.invalid == ("tool.go", "gen.go")
