# SPDX-License-Identifier: BSD-3-Clause
"""`load/packages/patterns.py`: patterns in canonical form, and what `ignore` directives cover.

Expected values: `go help packages`, and the Go Modules Reference on ignore directives.
"""

from __future__ import annotations

import pytest

from govgo.load.packages.patterns import IgnorePatterns, Match, clean_patterns

CLEAN = [
    ((), ["."]),
    (("./x/",), ["./x"]),
    (("./",), ["."]),
    (("./x/../y/...",), ["./y/..."]),
    (("../x/./y",), ["../x/y"]),
    (("/abs//x/",), ["/abs/x"]),
    (("example.com//x/",), ["example.com/x"]),
    (("example.com\\x",), ["example.com/x"]),
    (("example.com/x/@v1/../..",), ["example.com/x@v1/../.."]),
    (("all", "std"), ["all", "std"]),
]


@pytest.mark.parametrize(("given", "clean"), CLEAN)
def test_clean(given: tuple[str, ...], clean: list[str]) -> None:
    assert clean_patterns(given) == clean


@pytest.mark.parametrize(
    ("pattern", "literal", "local", "meta"),
    [
        ("example.com/x", True, False, False),
        ("example.com/...", False, False, False),
        ("./...", False, True, False),
        ("..", True, True, False),
        ("/x", True, True, False),
        ("tool", False, False, True),
        (".hidden", True, False, False),
    ],
)
def test_kinds(pattern: str, literal: bool, local: bool, meta: bool) -> None:
    match = Match(pattern)
    assert (match.is_literal, match.is_local, match.is_meta) == (literal, local, meta)


@pytest.mark.parametrize(
    ("ignore", "directory", "covered"),
    [
        ("x", "x", True),
        ("x", "a/x", True),
        ("x", "a/x/b", True),
        ("x", "ax", False),
        ("x", "", False),
        ("./x", "x", True),
        ("./x", "x/y", True),
        ("./x", "a/x", False),
        ("a/x", "b/a/x", True),
        ("a/x/", "a/x", True),
        ("./", "anything", True),
    ],
)
def test_ignored_directories(ignore: str, directory: str, covered: bool) -> None:
    assert IgnorePatterns([ignore]).covers(directory) is covered
