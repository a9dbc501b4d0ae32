# SPDX-License-Identifier: BSD-3-Clause
"""Names, collisions and vendor rules of module zips."""

from __future__ import annotations

import random

import pytest

from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.module.paths import check_file_path
from govgo.core.modzip.rules import (
    Collisions,
    ListedFile,
    check_entries,
    check_files,
    fold,
    is_clean,
    is_vendored,
    language_of,
)
from govgo.errors import InvalidPathError


@pytest.mark.parametrize(
    "path", ["a", "a/b", "../a", "../../a", "..", ".", ".a/b", "a/.b", "a..b/c", "/", "/a", "...", "a/..."]
)
def test_clean(path: str) -> None:
    assert is_clean(path)


@pytest.mark.parametrize(
    "path", ["", "a/", "a//b", "./a", "a/.", "a/./b", "a/..", "a/../b", "//a", "/..", "/../a", "//", "../", "./.."]
)
def test_not_clean(path: str) -> None:
    assert not is_clean(path)


@pytest.mark.parametrize(
    ("path", "language", "vendored"),
    [
        ("vendor/modules.txt", "1.23", False),
        ("vendor/modules.txt", "1.24", True),
        ("vendor/modules.txt", "", False),
        ("vendor/a/b.go", "1.20", True),
        ("vendor/a.go", "1.24", False),
        ("sub/vendor/modules.txt", "1.24", False),
        # golang.org/issue/37397: before 1.24 the place was reckoned from the start of the path
        ("pkg/vendor/vendor.go", "1.23", True),
        ("pkg/vendor/vendor.go", "1.24", False),
        ("pkg/vendor/foo/foo.go", "1.23", True),
        ("pkg/vendor/foo/foo.go", "1.24", True),
        ("longer/name/vendor/x.go", "1.23", True),
        ("a/vendor/x.go", "1.23", True),
        ("a/vendor/x.go", "1.24", False),
        ("vendored/a/b.go", "1.24", False),
    ],
)  # fmt: skip
def test_vendored(path: str, language: str, vendored: bool) -> None:
    assert is_vendored(path, language) is vendored


@pytest.mark.parametrize(
    ("gomod", "language"),
    [(b"module m\n", ""), (b"module m\ngo 1.24.3\n", "1.24"), (b"go 1.21rc2\n", "1.21"), (b"!!\n", ""), (b"", "")],
)
def test_language(gomod: bytes, language: str) -> None:
    assert language_of(gomod) == language


@pytest.mark.parametrize(
    ("one", "other"),
    [("K", "\u212a"), ("s", "\u017f"), ("ß", "ẞ"), ("σ", "ς"), ("É", "é"), ("ǅ", "ǆ"), ("Ω", "ω"), ("ᾀ", "ᾈ")],
)
def test_folds_alike(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), [("i", "ı"), ("I", "İ"), ("ß", "ss"), ("a", "á"), ("ﬁ", "fi")])
def test_folds_apart(one: str, other: str) -> None:
    assert fold(one) != fold(other)


def test_collision_of_a_parent_is_told_for_every_file_below() -> None:
    seen = Collisions()
    assert seen.add("a", is_dir=False) == ""
    for name in ("a/b/c", "a/b/d", "a/b"):
        assert seen.add(name, is_dir=False).startswith('entry "a')
    assert seen.add("x/y", is_dir=False) == ""
    assert seen.add("x", is_dir=True) == ""
    assert seen.add("X/z", is_dir=False) == 'case-insensitive file name collision: "x" and "X"'


def test_fault_in_a_directory_name_is_found_for_each_file_in_it() -> None:
    mv = ModuleVersion("m.io/x", "v1.0.0")
    names = ["aux/a", "aux/b", "ok/a", "ok/con", "ok/a."]
    checked = check_entries(mv, [(f"m.io/x@v1.0.0/{name}", 0) for name in names])
    assert [path.partition("/v1.0.0/")[0].rpartition("@v1.0.0/")[2] for path, _ in checked.invalid] == [
        "aux/a", "aux/b", "ok/con", "ok/a.",
    ]  # fmt: skip
    assert all("malformed file path" in reason for _, reason in checked.invalid)


def test_every_file_is_in_one_list() -> None:
    files = [
        ListedFile("go.mod", 20, data=b"module m\n\ngo 1.24\n"),
        ListedFile("vendor/modules.txt", 1),
        ListedFile("sub/go.mod", 1),
        ListedFile("sub/x.go", 1),
        ListedFile("link", 1, "link"),
        ListedFile("dir", 1, "dir"),
        ListedFile("x.go", 1),
        ListedFile("X.go", 1),
        ListedFile("lost", 0, fault="lstat lost: permission denied"),
    ]
    checked = check_files(files)
    assert checked.valid == ("go.mod", "x.go")
    assert [issue.path for issue in checked.omitted] == ["vendor/modules.txt", "sub/go.mod", "sub/x.go", "link", "dir"]
    assert checked.fault == (
        'X.go: case-insensitive file name collision: "x.go" and "X.go"\nlost: lstat lost: permission denied'
    )


def test_short_way_for_plain_names_lets_nothing_through() -> None:
    """Names below a directory that was checked are looked at by the short way first; the verdict is the same."""
    choice = random.Random(3)
    parts = ["con", "COM1", "aux", "nul", "lpt9", "a", "B", "7", "-", "_", ".", "..", "~1", "~", " ", "é", "K", "*"]
    names = {"".join(choice.choices(parts, k=choice.randint(1, 4))) for _ in range(4000)}
    mv = ModuleVersion("m.io/x", "v1.0.0")
    for name in names:
        refused = check_entries(mv, [("m.io/x@v1.0.0/sub/ok.go", 0), (f"m.io/x@v1.0.0/sub/{name}", 0)]).invalid
        try:
            check_file_path(f"sub/{name}")
        except InvalidPathError:
            assert refused, name
        else:
            assert not refused or "not clean" in refused[0].reason, name
