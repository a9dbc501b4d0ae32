# SPDX-License-Identifier: BSD-3-Clause
"""Versions of modules, of Go and of its toolchain. Expected values: the rules of go.dev/doc/toolchain."""

from __future__ import annotations

import itertools

import pytest

from govgo.core.module import moduleversion
from govgo.core.module.moduleversion import ModuleVersion

#: For each path, versions in ascending order; those in one group are equal.
ASCENDING = {
    "go": ["  none v1.2", "1.20rc1", "1.20 1.20.0", "1.20.1", "1.21", "1.21rc1", "1.21.0", "1.22"],
    "toolchain": [
        "  default local go1.02",
        "go1.20rc1 1.20rc1",
        "go1.20 go1.20-custom",
        "go1.21",
        "go1.21rc2",
        "go1.21.0 go1.21.0-a-b",
    ],
    "m.io": ["  none 1.2.3", "v0.0.0-1", "v1.0.0-rc.1", "v1.0.0 v1.0.0+meta v1", "v1.9.0", "v1.10.0"],
}


@pytest.mark.parametrize("path", ASCENDING)
def test_order(path: str) -> None:
    ranked = [(rank, v) for rank, group in enumerate(ASCENDING[path]) for v in group.split(" ")]
    for (i, v), (j, w) in itertools.product(ranked, ranked):
        expected = (i > j) - (i < j)
        assert moduleversion.compare_versions(path, v, w) == expected, (v, w)
        x, y = moduleversion.version_key(path, v), moduleversion.version_key(path, w)
        assert (x > y) - (x < y) == expected, (v, w)


@pytest.mark.parametrize("path", ASCENDING)
def test_main_module_is_above_all_in_selection(path: str) -> None:
    for v in " ".join(ASCENDING[path]).split(" "):
        assert moduleversion.compare_selected(path, "", v) == (v != "")
        assert moduleversion.compare_selected(path, v, "") == -(v != "")


@pytest.mark.parametrize(
    ("path", "v", "is_valid", "is_pre", "minor"),
    [
        ("go", "1.21rc2", True, True, "1.21"),
        ("go", "1.21.3", True, False, "1.21"),
        ("go", "v1.2", False, False, ""),
        ("go", "go1.21", False, False, ""),
        ("toolchain", "go1.22beta1", True, True, "go1.22"),
        ("toolchain", "1.22", False, False, "go"),
        ("m.io", "v1.2.3-pre", True, True, "v1.2"),
        ("m.io", "v1.2", True, False, "v1.2"),
        ("m.io", "1.2", False, False, ""),
    ],
)
def test_properties(path: str, v: str, is_valid: bool, is_pre: bool, minor: str) -> None:
    assert moduleversion.is_valid_version(path, v) is is_valid
    assert moduleversion.is_prerelease_version(path, v) is is_pre
    assert moduleversion.major_minor(path, v) == minor


@pytest.mark.parametrize(
    ("path", "v", "expected"),
    [
        ("go", "1.21", True),
        ("go", "1.20", False),
        ("toolchain", "go1.22", True),
        ("m.io", "v1.2", True),
        ("m.io", "v1", True),
        ("m.io", "v1.2.3", False),
        ("m.io", "v1-pre", False),
    ],
)
def test_version_prefixes(path: str, v: str, expected: bool) -> None:
    assert moduleversion.is_version_prefix(path, v) is expected


def test_sort_knows_go_and_files() -> None:
    mods = [
        ("z", "v1.1.0"),
        ("a", "v1.10.0"),
        ("a", "v1.9.0/go.mod"),
        ("a", "v1.9.0"),
        ("go", "1.21.0"),
        ("go", "1.21rc1"),
    ]
    listed = [ModuleVersion(*mod) for mod in mods]
    moduleversion.sort(listed)
    assert [str(mv) for mv in listed] == [
        "a@v1.9.0",
        "a@v1.9.0/go.mod",
        "a@v1.10.0",
        "go@1.21rc1",
        "go@1.21.0",
        "z@v1.1.0",
    ]
    assert str(ModuleVersion("m.io")) == "m.io"
