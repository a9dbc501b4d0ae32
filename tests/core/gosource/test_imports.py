# SPDX-License-Identifier: BSD-3-Clause
"""What directories of Go files import. Expected values: cmd/go's imports package and module index, go 1.26.8."""

from __future__ import annotations

import contextlib
import time

import pytest

from govgo.core.gosource.buildtags import TagSet, any_tags, build_tags
from govgo.core.gosource.imports import NoGoError, scan_files
from govgo.core.gosource.parse import read_go_file
from govgo.errors import SourceError
from tests.simulators import campaigns

FILES = {
    "a.go": b'package p\n\nimport (\n\t"fmt"\n\tx "a.b/x" // "no"\n)\nimport _ `a.b/y`\n\nvar s = "a.b/z"\n',
    "a_test.go": b'package p\nimport "testing"\nimport "a.b/t"\n',
    "x_test.go": b'package p_test\nimport "a.b/xt"\n',
    "c.go": b'package p\n\n// #include <x.h>\nimport "C"\nimport "a.b/c"\n',
    "w_windows.go": b'package p\nimport "a.b/win"\n',
    "tool.go": b'//go:build tools\n\npackage tools\nimport "a.b/tool"\n',
    "gen.go": b'//go:build ignore\n\npackage main\nimport "a.b/gen"\n',
}


def scan(tags: TagSet, *names: str, explicit: bool = False, indexed: bool = False) -> tuple[str, str]:
    files = [(name, FILES[name]) for name in names or FILES]
    imports, tests = scan_files(files, tags, explicit=explicit, indexed=indexed)
    return " ".join(imports), " ".join(tests)


@pytest.mark.parametrize("indexed", [False, True])
def test_any_tags_take_all_platforms(indexed: bool) -> None:
    got = scan(any_tags(), indexed=indexed)
    assert got == ("C a.b/c a.b/tool a.b/win a.b/x a.b/y fmt", "a.b/t a.b/xt testing")


@pytest.mark.parametrize("indexed", [False, True])
def test_platform_tags_choose(indexed: bool) -> None:
    assert scan(build_tags(), indexed=indexed) == ("C a.b/c a.b/x a.b/y fmt", "a.b/t a.b/xt testing")
    assert scan(build_tags("windows", cgo=False), indexed=indexed)[0] == "a.b/win a.b/x a.b/y fmt"
    assert scan(build_tags(extra=["tools"]), "tool.go", indexed=indexed) == ("a.b/tool", "")


def test_no_file_counts() -> None:
    for names in (["gen.go"], ["w_windows.go", "gen.go"]):
        with pytest.raises(NoGoError, match=r"^no Go source files$"):
            scan(build_tags(), *names)
    with pytest.raises(NoGoError):
        scan_files([], any_tags())


def test_named_files_count_but_for_cgo() -> None:
    assert scan(build_tags(), "gen.go", "w_windows.go", explicit=True) == ("a.b/gen a.b/win", "")
    with pytest.raises(NoGoError):
        scan(build_tags(cgo=False), "c.go", explicit=True)


def test_malformed_files() -> None:
    """The reader keeps the imports before the fault; the module index keeps none, but the file counts."""
    broken = [("x.go", b'package p\nimport ("a.b/1"; "a.b/2"; oops)\n')]
    assert scan_files(broken, any_tags()) == (("a.b/1", "a.b/2"), ())
    assert scan_files(broken, any_tags(), indexed=True) == ((), ())
    nul = [("d/x.go", b'package p\nimport "a.b/1"\n\0')]
    with pytest.raises(SourceError, match=r"^reading d/x\.go: unexpected NUL in input$"):
        scan_files(nul, any_tags())
    assert scan_files(nul, any_tags(), indexed=True) == ((), ())
    twice = [("x.go", b'//go:build a\n//go:build b\n\npackage p\nimport "a.b/1"\n')]
    with pytest.raises(NoGoError):
        scan_files(twice, any_tags())
    assert scan_files(twice, any_tags(), indexed=True) == ((), ())


@pytest.mark.parametrize(
    "data",
    campaigns.one_in(
        3,
        [
            b"/*" + b"*" * 60_000,
            b"package p\nimport (" + b'"a"\n' * 20_000,
            b"package p\nimport (" + b"x " * 30_000,
            b"package p\n" + b"import\n" * 20_000,
            b'package p\nimport "' + b"\\" * 60_001,
            b"//go:build (" + b"!(" * 20_000 + b"\n\npackage p\n",
            b"// +build " + b"a " * 20_000 + b"\n\npackage p\n",
            b"\n" * 60_000,
            b"//\n" * 20_000 + b"//go:build a\n",
            b'package p\nimport "embed"\n' + b"//go:embed \"a\n'\n`\n" * 30_000,
        ],
    ),
)
def test_hostile_sources_take_linear_time(data: bytes) -> None:
    begin = time.process_time()
    with contextlib.suppress(NoGoError):
        scan_files([("x.go", data)], any_tags())
    assert read_go_file("x.go", data).name == "x.go"
    assert time.process_time() - begin < 3


def test_attack_an_import_path_of_megabytes_is_not_printed() -> None:
    """Whoever writes a dependency's source chooses it; go prints all of it."""
    tags = build_tags()
    path = "q.io/" + "x" * 4092
    with pytest.raises(SourceError, match=r"\Areading a\.go: import path of 4,097 characters\Z"):
        scan_files([("a.go", f'package p\nimport "{path}"\n'.encode())], tags)
    assert scan_files([("a.go", f'package p\nimport "{path}"\n'.encode())], tags, indexed=True) == ((), ())
    assert scan_files([("a.go", f'package p\nimport "{path[:-1]}"\n'.encode())], tags) == ((path[:-1],), ())


@pytest.mark.parametrize("indexed", [False, True])
def test_the_length_of_an_import_path_is_that_of_what_is_quoted(*, indexed: bool) -> None:
    """Both readers count characters, not the bytes of escapes or of UTF-8."""
    for path, quoted in (("q/" + "a" * 2000, "q/" + "\\x61" * 2000), ("q/" + "ä" * 2100, "q/" + "ä" * 2100)):
        files = [("a.go", f'package p\nimport "{quoted}"\n'.encode())]
        assert scan_files(files, build_tags(), indexed=indexed) == ((path,), ())


def test_a_long_path_in_a_file_that_does_not_count_is_no_fault() -> None:
    long = f'import "q.io/{"x" * 5000}"\n'.encode()
    files = [("a.go", b"package p\n"), ("b.go", b"//go:build ignore\n\npackage p\n" + long)]
    assert scan_files(files, build_tags()) == ((), ())
