# SPDX-License-Identifier: BSD-3-Clause
"""The likely cause of a contradiction, from what each witness says."""

from __future__ import annotations

import pytest

from govgo.app.verify.explain import (
    BAD_CACHE,
    EDITED,
    MOVED_TAG,
    OTHER_SOURCE,
    TYPO,
    compare_files,
    likely_cause,
)
from govgo.core.findings import Difference

# Hashes that differ in more than one place; A1 differs from A in one.
A, A1, B, C = "h1:aaaa", "h1:aaab", "h1:bbbb", "h1:cccc"
P, Q = "https://p.example", "https://q.example"
ODD_Q = f"odd proxy: {Q} serves other bytes than those that the checksum database recorded"
ODD_P = ODD_Q.replace(Q, P)


@pytest.mark.parametrize(
    ("line", "database", "proxies", "cached", "damaged", "cause"),
    [
        # The line is not the database's.
        (A1, A, {P: A}, A, False, TYPO),
        (B, A, {P: A}, A, False, EDITED),
        (B, A, {}, "", False, EDITED),
        (B, A, {P: A}, B, False, OTHER_SOURCE),
        (B, A, {P: B}, B, False, MOVED_TAG),
        (B, A, {P: B, Q: B}, "", False, MOVED_TAG),
        (C, A, {P: B}, "", False, MOVED_TAG),
        (B, A, {P: A, Q: B}, B, False, ODD_Q),
        # The line is the database's.
        (A, A, {P: A}, B, False, BAD_CACHE),
        (A, A, {}, "", True, BAD_CACHE),
        (A, A, {P: B}, A, False, ODD_P),
        # Nobody can ask the database: a private module.
        (A, "", {P: A}, B, False, BAD_CACHE),
        (A, "", {P: B}, B, False, EDITED),
        (A, "", {P: B}, A, False, MOVED_TAG),
        (A1, "", {P: A}, "", False, TYPO),
        (A, "", {}, B, True, BAD_CACHE),
        (A1, "", {}, A, False, TYPO),
        (A, "", {}, B, False, ""),
        (A, "", {P: B}, C, False, ""),
    ],
)
def test_likely_cause(
    line: str, database: str, proxies: dict[str, str], cached: str, damaged: bool, cause: str
) -> None:
    assert likely_cause(line, database, proxies, cached, damaged=damaged) == cause


def test_compare_files() -> None:
    old = {"m@v1/a": b"1", "m@v1/b": b"2", "m@v1/c": b"3"}
    new = {"m@v1/a": b"1", "m@v1/b": b"9", "m@v1/d": b"4"}
    assert compare_files(old, new, "m@v1/") == (
        Difference("b", "changed"),
        Difference("c", "removed"),
        Difference("d", "added"),
    )
