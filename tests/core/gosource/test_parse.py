# SPDX-License-Identifier: BSD-3-Clause
"""What go/build learns from one file. Expected values: packages go/parser and go/build of go 1.26.8."""

from __future__ import annotations

from govgo.core.gosource.parse import read_go_file


def test_one_file() -> None:
    file = read_go_file(
        "x_test.go", b'package p_test\nimport ("b"; "a"; "b"; "embed")\n//go:embed x "y z" x\nvar f embed.FS\n'
    )
    assert (file.package, file.imports, file.embeds) == ("p_test", ("b", "a", "embed"), ("x", "y z"))
    assert (file.is_test, file.xtest, file.cgo, file.error) == (True, True, False, "")
    bad = read_go_file("x.go", b"package p\nimport fmt\n")
    assert (bad.package, bad.imports, bad.error, bad.fault) == (
        "p",
        (),
        "x.go:2:11: missing import path",
        "missing import path",
    )
