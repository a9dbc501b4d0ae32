# SPDX-License-Identifier: BSD-3-Clause
"""Package patterns and path globs. Expected values: cmd/internal/pkgpattern and path.Match of go 1.26.8."""

from __future__ import annotations

import time

import pytest

from govgo.core.module.patterns import (
    glob_match,
    match_pattern,
    match_prefix_patterns,
    tree_can_match,
)
from govgo.errors import PatternError

NAMES = [
    *["", "net", "net/http", "netx", "a", "ab", "a/b", "a/b/c", "a/c", "a/x/y/c", "b"],
    *["a/vendor", "a/vendor/x", "a/vendor/b", "vendor", "vendor/x", "x/vendor/q/y", "a/vendor/b/vendor/c"],
]

# pattern, what it matches, what it matches besides when "vendor" is not a special word
PATTERNS = [
    ("net", "net"),
    ("net/...", "net net/http"),
    ("./...", ""),
    ("a...", "a ab a/b a/b/c a/c a/x/y/c a/vendor"),
    (".../b", "a/b"),
    ("a/.../c", "a/b/c a/x/y/c"),
    ("a/...", "a a/b a/b/c a/c a/x/y/c a/vendor"),
    ("vendor/...", ""),
    ("a/vendor/...", "a/vendor a/vendor/x a/vendor/b"),
    ("a/vendor/x", "a/vendor/x"),
    (".../vendor/...", "a/vendor a/vendor/x a/vendor/b x/vendor/q/y"),
    ("a/vendor", "a/vendor"),
    ("...vendor", "a/vendor vendor"),
    ("x/vendor/.../y", "x/vendor/q/y"),
]


@pytest.mark.parametrize(("pattern", "expected"), PATTERNS)
def test_package_patterns(pattern: str, expected: str) -> None:
    matched = {name for name in NAMES if match_pattern(pattern)(name)}
    assert matched == set(expected.split())


def test_dots_match_everything_outside_vendor() -> None:
    crossing = {name for name in NAMES if not match_pattern("...")(name)}
    assert crossing == {"a/vendor/x", "a/vendor/b", "vendor/x", "x/vendor/q/y", "a/vendor/b/vendor/c"}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("net", "net"),
        ("net/...", "net net/http"),
        ("a/vendor/x", "a a/vendor a/vendor/x"),
        ("x/vendor/.../y", "x/vendor/q/y"),
        ("vendor/...", "vendor vendor/x"),
    ],
)
def test_trees_that_can_match(pattern: str, expected: str) -> None:
    assert {name for name in NAMES if tree_can_match(pattern)(name)} == set(expected.split())


GLOB_NAMES = ["", "a", "x.html", "a/b", "abc", "aXbYc", "ax", "bx", "dx", "*", "]", "a]", "é", "xy", "/", "b"]

GLOBS = [
    ("*", ["", "a", "x.html", "abc", "aXbYc", "ax", "bx", "dx", "*", "]", "a]", "é", "xy", "b"]),
    ("*.html", ["x.html"]),
    ("a/*", ["a/b"]),
    ("a*b*c", ["abc", "aXbYc"]),
    ("[a-c]x", ["ax", "bx"]),
    ("[^a]x", ["bx", "dx"]),
    ("[^a]", ["*", "]", "é", "/", "b"]),
    ("\\*", ["*"]),
    ("[\\]]", ["]"]),
    ("a]", ["a]"]),
    ("?", ["a", "*", "]", "é", "b"]),
    ("??", ["ax", "bx", "dx", "a]", "xy"]),
    ("*/*", ["a/b", "/"]),
    ("[à-ü]", ["é"]),
    ("[z-a]", []),
    ("", [""]),
]


@pytest.mark.parametrize(("pattern", "expected"), GLOBS)
def test_globs(pattern: str, expected: list[str]) -> None:
    assert [name for name in GLOB_NAMES if glob_match(pattern, name)] == expected


@pytest.mark.parametrize("pattern", ["[]a]", "[a", "a\\", "[a-]", "[-a]", "a[b-b-c]", "[", "x*["])
def test_malformed_globs_are_told_whatever_the_name(pattern: str) -> None:
    for name in GLOB_NAMES:
        with pytest.raises(PatternError, match=r"^syntax error in pattern$"):
            glob_match(pattern, name)
    assert not match_prefix_patterns(pattern, "a")


@pytest.mark.parametrize("call", [glob_match, lambda p, n: match_pattern(p.replace("*", "..."))(n)])
def test_hostile_patterns_take_linear_time(call: object) -> None:
    assert callable(call)
    begin = time.process_time()
    assert not call("*a" * 40 + "b", "a" * 3000)
    assert time.process_time() - begin < 1
