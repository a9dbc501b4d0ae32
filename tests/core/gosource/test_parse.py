# SPDX-License-Identifier: BSD-3-Clause
"""What go/build learns from one file. Expected values: packages go/parser and go/build of go 1.26.8."""

from __future__ import annotations

import pytest

from govgo.core.gosource import scan
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


@pytest.mark.wide
def test_attack_an_import_path_of_megabytes_is_not_printed() -> None:
    """Whoever writes a dependency's source chooses it; go prints all of it."""
    for quoted, size in (("`{}`", 3_000_000), ('"{}"', 300_000), ('"\\x61{}"', 300_000)):
        file = read_go_file("x.go", b"package p\nimport " + quoted.format("q.io/" + "x" * size).encode() + b"\n")
        assert file.imports == ()
        assert file.error.startswith("x.go:2:8: invalid import path: ")
        assert len(file.error) < 200
    longest = "q.io/" + "x" * 4091
    assert read_go_file("x.go", f'package p\nimport "{longest}"\n'.encode()).imports == (longest,)


@pytest.mark.parametrize(
    "data", [b"(" * 9_000, b"package a\n/*" + b"\xff" * 9_000 + b"*/\n", b"/*line x:1:1*/" + b"[" * 9_000]
)
def test_attack_a_line_without_end(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """The place of each token, and of each fault, is told from that of the one before it."""
    measured: list[int] = []
    size = scan._size

    def measuring(text: str) -> int:
        measured.append(len(text))
        return size(text)

    monkeypatch.setattr(scan, "_size", measuring)
    read_go_file("a.go", data)
    assert sum(measured) < 4 * len(data)
