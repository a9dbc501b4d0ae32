# SPDX-License-Identifier: BSD-3-Clause
"""What is new in the source of a module."""

from __future__ import annotations

import pytest

from govgo.core.resolution import review
from govgo.core.resolution.review import Review

INIT = "package a\n\nfunc init() {}\n"


def told(old: dict[str, str], new: dict[str, str]) -> list[str]:
    found = Review()
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name):
            found.add(name, *(side[name].encode() if name in side else None for side in (old, new)))
    return [f"{n.sort.value} {n.detail} {' '.join(n.files)}{' test' * n.is_test}" for n in found.notable]


@pytest.mark.parametrize(
    ("old", "new", "want"),
    [
        ({"a.go": INIT}, {"b.go": INIT}, []),  # moved within its package
        ({"a.go": INIT}, {"b/b.go": INIT}, ["init  b/b.go"]),
        ({"a.go": INIT}, {"a.go": INIT + "func init() {}\n"}, ["init  a.go"]),
        ({"a.go": INIT}, {"a.go": "package a\n"}, []),
        ({"a.s": "TEXT 1\n"}, {"a.s": "TEXT 2\n"}, ["assembly  a.s"]),  # new code under an old name
        (
            {},
            {"a_test.go": INIT, "z.go": 'package a\nimport "C"\n', "y.go": INIT},
            ['cgo import "C" z.go', "init  y.go", "init  a_test.go test"],
        ),
        ({}, {"x/a.go": INIT, "y/a.go": INIT}, ["init  x/a.go y/a.go"]),
    ],
)
def test_what_is_new(old: dict[str, str], new: dict[str, str], want: list[str]) -> None:
    assert told(old, new) == want


def test_the_diff_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(review, "MOST_LINES", 4)
    monkeypatch.setattr(review, "MOST_COMPARED_BYTES", 10)
    found = Review()
    found.add("a", b"1\n", b"2\n")
    found.add("b", b"1\n", None)
    found.add("c", None, b"1" * 11)
    found.add("d", b"\0", b"\0\0")
    assert [(file.name, file.change, file.note, file.text) for file in found.files] == [
        ("a", "changed", "", "diff old/a new/a\n--- old/a\n+++ new/a\n@@ -1,1 +1,1 @@\n-1\n+2\n"),
        ("b", "removed", "not shown: the diff is too long", ""),
        ("c", "added", "too large to be compared line by line", ""),
        ("d", "changed", "binary", ""),
    ]
