# SPDX-License-Identifier: BSD-3-Clause
"""The word that somebody meant who mistyped it."""

from __future__ import annotations

from collections.abc import Iterable


def closest(word: str, words: Iterable[str]) -> str:
    """The one of `words` that is fewest edits away from `word`, the first of several; "" where none is near enough.

    An edit inserts, removes or replaces a character, or swaps two. A word may have one for each three of its
    characters, at least one and at most three (the rule of rustc, the limit of cargo), but never all of them. A guess
    beyond that is more often wrong than right.

    >>> closest("grahp", ["get", "graph"]), closest("instal", ["init", "list"])
    ('graph', '')
    """
    most = min(max(len(word) // 3, 1), 3, len(word) - 1)
    near = [(edits, each) for each in words if (edits := _edits(word, each, most)) <= most]
    return min(near, key=lambda pair: pair[0])[1] if near else ""


def _edits(left: str, right: str, most: int) -> int:
    """The number of edits (optimal string alignment), or one that is above `most`."""
    if abs(len(left) - len(right)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, char in enumerate(left, 1):
        before, above, row = row, before, [i]
        for j, other in enumerate(right, 1):
            edits = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (char != other))
            if i > 1 and j > 1 and char == right[j - 2] and left[i - 2] == other:
                edits = min(edits, above[j - 2] + 1)
            row.append(edits)
    return row[-1]
