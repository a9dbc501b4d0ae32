# SPDX-License-Identifier: BSD-3-Clause
"""`core/golib/diff.py`: the expected texts are those of Go's own diff package (go 1.26.8)."""

from __future__ import annotations

import pytest

from govgo.core.golib.diff import diff

HEADER = "diff old new\n--- old\n+++ new\n"

CASES = {
    "a file that appears": ("", "a\nb\n", "@@ -0,0 +1,2 @@\n+a\n+b\n"),
    "a file that goes": ("a\nb\n", "", "@@ -1,2 +0,0 @@\n-a\n-b\n"),
    "no newline at the end": ("a\nb", "a\nb\n", "@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n"),
    "three lines around a change": (
        "1\n2\n3\n4\n5\n6\n7\n8\n9\n",
        "1\n2\n3\n4\nfive\n6\n7\n8\n9\n",
        "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n",
    ),
    "changes six lines apart are two chunks": (
        "a\n1\n2\n3\n4\n5\n6\nb\n",
        "A\n1\n2\n3\n4\n5\n6\nB\n",
        "@@ -1,4 +1,4 @@\n-a\n+A\n 1\n 2\n 3\n@@ -5,4 +5,4 @@\n 4\n 5\n 6\n-b\n+B\n",
    ),
    "changes five lines apart are one chunk": (
        "a\n1\n2\n3\n4\n5\nb\n",
        "A\n1\n2\n3\n4\n5\nB\n",
        "@@ -1,7 +1,7 @@\n-a\n+A\n 1\n 2\n 3\n 4\n 5\n-b\n+B\n",
    ),
    "lines that occur twice anchor nothing": (
        "a\n\nb\n\nc\n\nd\n",
        "a\n\nB\n\nC\n\nd\n",
        "@@ -1,7 +1,7 @@\n a\n \n-b\n-\n-c\n+B\n+\n+C\n \n d\n",
    ),
    "unique lines that moved": (
        "one\ntwo\nthree\nfour\n",
        "three\none\ntwo\nfour\n",
        "@@ -1,4 +1,4 @@\n+three\n one\n two\n-three\n four\n",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_text(name: str) -> None:
    old, new, chunks = CASES[name]
    assert diff("old", old.encode(), "new", new.encode()) == HEADER + chunks


def test_equal_texts_have_no_difference() -> None:
    assert diff("old", b"a\n", "new", b"a\n") == ""
