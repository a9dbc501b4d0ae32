# SPDX-License-Identifier: BSD-3-Clause
"""What a reviewer looks at first, in sources written to hide it."""

from __future__ import annotations

import pytest

from govgo.core.gosource.riskysigns import is_for_tests, notes_of


def found(name: str, text: str) -> list[str]:
    return sorted(
        f"{note.sort.value} {note.detail}".strip() + f"*{n}" * (n > 1)
        for note, n in notes_of(name, text.encode()).items()
    )


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("package a\n", []),
        ('package a\n\nimport "C"\n', ['cgo import "C"']),
        (
            'package a; import `unsafe`; import (\n_ "net/http"; x "os/exec"\n)\n',
            ["network net/http", "process os/exec", "unsafe"],
        ),
        ('package a\nimport "net/netip"\nimport "internet"\n', ["network net/netip"]),
        ('package a\nimport "\\x6eet"\n', ["network net"]),  # the same path, escaped
        ("package a\nfunc init() {}\n", ["init"]),
        ("package a; var x = 1; func/* */init /*\n*/ (\n) {}; func init() {}", ["init*2"]),
        ("package a\nfunc (t T) init() {}\nfunc initial() {}\nvar init2 = func() {}\n", []),
        ("package a\n// func init() {}\n/* func init() { */\nvar x = `\nfunc init() {`\n", []),
        ("package a\nvar y = \"func init()\"\nvar z = '\"'\n", []),
        ("package a\nvar q = '\\''\nfunc init() {}\nvar r = \"\\\"\"\n", ["init"]),
        ("package a\n//go:linkname now runtime.now\nfunc now() int64\n", ["linkname now runtime.now"]),
        ("package a\n\t//go:linkname  x\n// go:linkname y\n", ["linkname x"]),
        ('package a\n//go:cgo_import_dynamic libc_open open "libc.so"\n', ["cgo //go:cgo_import_dynamic"]),
    ],
)  # fmt: skip
def test_go(text: str, want: list[str]) -> None:
    assert found("a.go", text) == want


@pytest.mark.parametrize(
    ("name", "text", "want"),
    [
        ("asm_amd64.s", "TEXT\n", ["assembly"]),
        ("x.c", "int x;\n", ["cgo C source"]),
        ("lib.syso", "", ["binary"]),
        ("data.bin", "a\0b", ["binary"]),
        ("a.go", "package a\0", ["binary"]),
        ("README", 'import "C"\nfunc init()\n', []),
    ],
)
def test_other_files(name: str, text: str, want: list[str]) -> None:
    assert found(name, text) == want


@pytest.mark.parametrize(
    ("name", "want"),
    [
        ("a.go", False),
        ("a_test.go", True),
        ("x/testdata/a.go", True),
        ("_x/a.go", True),
        (".x/a.go", True),
        ("_a.go", False),
    ],
)
def test_files_that_no_dependent_builds(name: str, want: bool) -> None:
    assert is_for_tests(name) == want


@pytest.mark.wide
def test_hostile_sources_end() -> None:
    """A search that goes back and forth would take hours for these."""
    for text in ("/*" * 500_000, '"' * 999_999, "'\\" * 500_000, "func init" * 100_000, "//go:linkname " * 70_000):
        assert notes_of("a.go", b"package a\n" + text.encode()).total() <= 1
