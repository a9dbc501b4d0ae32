# SPDX-License-Identifier: BSD-3-Clause
"""go.mod and go.work by the examples and rules of the Go Modules Reference (go.dev/ref/mod)."""

from __future__ import annotations

import pytest

from govgo.core.modfile import ModFileErrors, VersionFixError, legacy_go_mod, module_path, parse, parse_lax, parse_work
from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import SecurityError, SumMismatchError, UnavailableError, find

EXAMPLE = b"""\
module example.com/my/thing

go 1.23.0

require example.com/other/thing v1.0.2
require example.com/new/thing/v2 v2.3.4
exclude example.com/old/thing v1.2.3
replace example.com/bad/thing v1.4.5 => example.com/good/thing v1.4.5
retract [v1.9.0, v1.9.5]
"""


def test_example_of_the_chapter_go_mod_files() -> None:
    file = parse("go.mod", EXAMPLE)
    assert file.module is not None
    assert file.module.mod == ("example.com/my/thing", "")
    assert file.go is not None
    assert file.go.version == "1.23.0"
    assert [record.mod for record in file.require] == [
        ("example.com/other/thing", "v1.0.2"),
        ("example.com/new/thing/v2", "v2.3.4"),
    ]
    assert [record.mod for record in file.exclude] == [("example.com/old/thing", "v1.2.3")]
    (replace,) = file.replace
    assert replace.old == ModuleVersion("example.com/bad/thing", "v1.4.5")
    assert replace.new == ModuleVersion("example.com/good/thing", "v1.4.5")
    (retract,) = file.retract
    assert (retract.low, retract.high) == ("v1.9.0", "v1.9.5")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("// Deprecated: use example.com/mod/v2 instead.\nmodule example.com/mod\n", "use example.com/mod/v2 instead."),
        ("module example.com/mod // Deprecated: use v2\n", "use v2"),
        ("// About.\n//\n// Deprecated: gone\n// for good\n//\n// More.\nmodule m\n", "gone\nfor good"),
        ("// About. Deprecated: no\nmodule m\n", ""),
        ("// Deprecated: far away\n\nmodule m\n", ""),
        ("// Deprecated: block\nmodule (\n\tm\n)\n", "block"),
    ],
)
def test_deprecation_is_a_paragraph_of_the_comments_at_the_module_line(text: str, message: str) -> None:
    file = parse("go.mod", text.encode())
    assert file.module is not None
    assert file.module.deprecated == message


@pytest.mark.parametrize(
    ("text", "reasons"),
    [
        ("// why\nretract v1.0.0\n", ["why"]),
        ("retract v1.0.0 // why\n", ["why"]),
        ("// all\nretract (\n\tv1.0.0\n\tv1.1.0 // this\n)\n", ["all", "this"]),
        ("// all\nretract (\n\tv1.0.0\n\n\tv1.1.0\n)\n", ["all", ""]),
    ],
)
def test_reasons_of_retractions(text: str, reasons: list[str]) -> None:
    assert [record.rationale for record in parse("go.mod", text.encode()).retract] == reasons


def test_errors_name_file_line_and_column_and_come_all_at_once() -> None:
    text = b"module m\n\ngo 1.21\ngo 1.22\nrequire (\n\texample.com/a v2.0.0\n)\nfrob x\n"
    with pytest.raises(ModFileErrors) as caught:
        parse("/src/go.mod", text)
    assert str(caught.value).split("\n") == [
        "/src/go.mod:4: repeated go statement",
        '/src/go.mod:6:2: require example.com/a: version "v2.0.0" invalid: should be v0 or v1, not v2',
        "/src/go.mod:8: unknown directive: frob",
    ]
    assert str(caught.value.renamed("go.mod").errors[0]) == "go.mod:4: repeated go statement"


def test_a_dependency_may_use_directives_of_a_later_go() -> None:
    text = b"module m\ngo 1.99-future\nfrob x\nfrob2 (\n\ty\n)\nretract [v1.0.0, )\n"
    file = parse_lax("go.mod", text)
    assert file.go is not None
    assert file.go.version == "1.99"
    assert file.retract == []


def test_fixer_errors() -> None:
    def reject(path: str, version: str) -> str:
        raise VersionFixError("no matching versions")

    with pytest.raises(ModFileErrors, match=r"^go.mod:1: require a.io/x: no matching versions$"):
        parse("go.mod", b"require a.io/x latest\n", reject)

    def unreachable(path: str, version: str) -> str:
        raise UnavailableError("a.io/x@latest: server is down")

    with pytest.raises(ModFileErrors, match=r"^go.mod:1: a.io/x@latest: server is down$") as caught:
        parse("go.mod", b"require a.io/x latest\n", unreachable)
    assert find(caught.value, UnavailableError)


@pytest.mark.parametrize("text", [b"require a.io/x latest\n", b"module m\nretract latest\n"])
def test_a_security_error_of_the_fixer_stops_everything(text: bytes) -> None:
    def lied_to(path: str, version: str) -> str:
        raise SumMismatchError("checksum mismatch")

    with pytest.raises(SecurityError):
        parse("go.mod", text, lied_to)


def test_fixed_versions_are_written_into_the_lines() -> None:
    file = parse("go.mod", b'module m\nrequire "a.io/x" master\nretract [v1, v2]\n', lambda path, v: "v1.2.3")
    assert file.format() == b"module m\n\nrequire a.io/x v1.2.3\n\nretract [v1.2.3, v1.2.3]\n"


def test_workspace_example() -> None:
    text = b"go 1.23.0\n\nuse ./my/first/thing\nuse ./my/second/thing\n\nreplace example.com/bad/thing v1.4.5 => ../t\n"
    file = parse_work("go.work", text)
    assert [record.path for record in file.use] == ["./my/first/thing", "./my/second/thing"]
    assert file.use[1].syntax.start.line == 4


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (b"module example.com/m\n", "example.com/m"),
        (b"go 1.x\n  module\t`a b` // c\nmodule other\n", "a b"),
        (b'module "a\\x62"', "ab"),
        (b'module "open', ""),
        (b"modulex y\nmodule\n", ""),
        (b"// module m\n", ""),
    ],
)
def test_module_path_is_found_in_broken_files(text: bytes, path: str) -> None:
    assert module_path(text) == path


def test_the_go_mod_that_go_makes_up() -> None:
    assert legacy_go_mod("gopkg.in/yaml.v2") == b"module gopkg.in/yaml.v2\n"
