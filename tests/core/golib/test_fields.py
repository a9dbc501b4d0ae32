# SPDX-License-Identifier: BSD-3-Clause
"""Words of a line; right is what Go's strings.Fields gives (go 1.26.8)."""

from __future__ import annotations

import pytest

from govgo.core.golib.fields import fields


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", []),
        (" a\tb\r\n", ["a", "b"]),
        ("\x85a\xa0b\u2003c\u2028d\u3000", ["a", "b", "c", "d"]),
        ("a\x1cb \x1d c\x1e\x1f", ["a\x1cb", "\x1d", "c\x1e\x1f"]),
        ("a\u200bb\ufeff c", ["a\u200bb\ufeff", "c"]),
    ],
)
def test_words(line: str, words: list[str]) -> None:
    assert fields(line) == words
    assert fields(line, 1) == words[:1]
