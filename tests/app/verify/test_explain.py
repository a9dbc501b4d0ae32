# SPDX-License-Identifier: BSD-3-Clause
"""The likely cause of a contradiction, from what each source says."""

from __future__ import annotations

import pytest

from govgo.app.verify.explain import compare_files, likely_cause
from govgo.core.findings import Cause, Difference

# Hashes that differ in more than one place; A1 differs from A in one.
A, A1, B, C = "h1:aaaa", "h1:aaab", "h1:bbbb", "h1:cccc"
P, Q = "https://p.example", "https://q.example"
ODD = Cause.ODD_PROXY
TYPO, EDITED, MOVED_TAG, OTHER_SOURCE, BAD_CACHE = (
    Cause.TYPO,
    Cause.EDITED,
    Cause.MOVED_TAG,
    Cause.OTHER_SOURCE,
    Cause.BAD_CACHE,
)


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
        (B, A, {P: A, Q: B}, B, False, (ODD, Q)),
        # The line is the database's.
        (A, A, {P: A}, B, False, BAD_CACHE),
        (A, A, {}, "", True, BAD_CACHE),
        (A, A, {P: B}, A, False, (ODD, P)),
        # Nobody can ask the database: a private module.
        (A, "", {P: A}, B, False, BAD_CACHE),
        (A, "", {P: B}, B, False, EDITED),
        (A, "", {P: B}, A, False, MOVED_TAG),
        (A1, "", {P: A}, "", False, TYPO),
        (A, "", {}, B, True, BAD_CACHE),
        (A1, "", {}, A, False, TYPO),
        (A, "", {}, B, False, None),
        (A, "", {P: B}, C, False, None),
    ],
)
def test_likely_cause(
    line: str,
    database: str,
    proxies: dict[str, str],
    cached: str,
    damaged: bool,
    cause: Cause | tuple[Cause, str] | None,
) -> None:
    expected = (cause[0], cause[1:]) if isinstance(cause, tuple) else (cause, ())
    assert likely_cause(line, database, proxies, cached, damaged=damaged) == expected


def test_compare_files() -> None:
    old = {"m@v1/a": b"1", "m@v1/b": b"2", "m@v1/c": b"3"}
    new = {"m@v1/a": b"1", "m@v1/b": b"9", "m@v1/d": b"4"}
    assert compare_files(old, new, "m@v1/") == (
        Difference("b", "changed"),
        Difference("c", "removed"),
        Difference("d", "added"),
    )
