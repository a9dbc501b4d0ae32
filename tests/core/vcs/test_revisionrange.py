# SPDX-License-Identifier: BSD-3-Clause
"""Ranges are told from single revisions as gitrevisions(7) describes both."""

from __future__ import annotations

import pytest

from govgo.core.vcs.revisionrange import split_range


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("v1.0.0..v1.1.0", ("v1.0.0", "..", "v1.1.0")),
        ("origin/main...", ("origin/main", "...", "")),
        ("...HEAD", ("", "...", "HEAD")),
        ("..", ("", "..", "")),
        ("@{u}..@{-1}", ("@{u}", "..", "@{-1}")),
        ("HEAD^{/a..b}..HEAD^{/c...d}~1", ("HEAD^{/a..b}", "..", "HEAD^{/c...d}~1")),
        ("v1^0..:/fix a..b", ("v1^0", "..", ":/fix a..b")),
        ("topic{1..2}", ("topic{1", "..", "2}")),  # a brace may stand in the name of a branch
    ],
)
def test_two_revisions(text: str, want: tuple[str, str, str]) -> None:
    assert split_range(text) == want


@pytest.mark.parametrize(
    "text",
    [
        *("HEAD", "", "v1.0.0", "@{u}", "v1^0", "--output=x", "main@{one day ago}"),
        *("HEAD^{/a..b}", "HEAD^{/a...b}~2^{commit}", "@{1..2}", ":/fix a..b", ":/...", "HEAD^{/two\nlines..}"),
    ],
)
def test_one_revision(text: str) -> None:
    assert split_range(text) == (text, "", "")
