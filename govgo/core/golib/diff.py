# SPDX-License-Identifier: BSD-3-Clause
"""Unified diffs anchored on unique lines, as `go mod tidy -diff` prints them (Go's internal/diff).

Lines that occur exactly once in both texts are the anchors: their longest common subsequence is matched (Szymanski's
algorithm, https://research.swtch.com/tgs170.pdf), and each match grows as far as the lines around it are equal. What is
between the matches is the difference. The time is O(n log n) for n lines.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence

CONTEXT_LINES = 3
"""Unchanged lines shown around a change."""

_NO_NEWLINE = "\n\\ No newline at end of file\n"


def diff(old_name: str, old: bytes, new_name: str, new: bytes) -> str:
    """The unified diff of two texts, "" when they are equal."""
    if old == new:
        return ""
    chunks = _Chunks(_lines(old), _lines(new))
    return f"diff {old_name} {new_name}\n--- {old_name}\n+++ {new_name}\n" + "".join(chunks.text())


def _lines(data: bytes) -> list[str]:
    lines = data.decode("utf-8", "surrogateescape").split("\n")
    last = lines.pop()
    shown = [line + "\n" for line in lines]
    if last:
        shown.append(last + _NO_NEWLINE)
    return shown


class _Chunks:
    """The chunks of a diff while they are put together.

    Positions are pairs of indexes, into the old lines and the new ones: `done` is the end of what was read, `start` the
    beginning of the chunk whose lines are in `lines`.
    """

    def __init__(self, old: Sequence[str], new: Sequence[str]) -> None:
        self.old = old
        self.new = new
        self.done = (0, 0)
        self.start = (0, 0)
        self.lines: list[str] = []

    def text(self) -> list[str]:
        """Header and lines of each chunk."""
        old, new = self.old, self.new
        out: list[str] = []
        for match in _anchors(old, new):
            if match[0] < self.done[0]:
                continue
            first, last = self._grown(match)
            self.lines += ["-" + line for line in old[self.done[0] : first[0]]]
            self.lines += ["+" + line for line in new[self.done[1] : first[1]]]
            common = last[0] - first[0]
            at_end = last[0] >= len(old) and last[1] >= len(new)
            needed = 2 * CONTEXT_LINES if self.lines else CONTEXT_LINES
            if not at_end and common < needed:
                self._common(first[0], last[0])
                self.done = last
                continue
            if self.lines:
                self._common(first[0], first[0] + min(common, CONTEXT_LINES))
                out += self._finished()
            if at_end:
                break
            self.start = (last[0] - CONTEXT_LINES, last[1] - CONTEXT_LINES)
            self._common(self.start[0], last[0])
            self.done = last
        return out

    def _grown(self, match: tuple[int, int]) -> tuple[tuple[int, int], tuple[int, int]]:
        """The run of equal lines around a match: its first position, and the one after its last."""
        old, new = self.old, self.new
        x, y = match
        while x > self.done[0] and y > self.done[1] and old[x - 1] == new[y - 1]:
            x, y = x - 1, y - 1
        first = (x, y)
        x, y = match
        while x < len(old) and y < len(new) and old[x] == new[y]:
            x, y = x + 1, y + 1
        return first, (x, y)

    def _common(self, start: int, end: int) -> None:
        self.lines += [" " + line for line in self.old[start:end]]

    def _finished(self) -> list[str]:
        """The chunk so far, with its header; a side without lines counts from 0."""
        removed = sum(line[0] != "+" for line in self.lines)
        added = sum(line[0] != "-" for line in self.lines)
        x = self.start[0] + (removed > 0)
        y = self.start[1] + (added > 0)
        chunk = [f"@@ -{x},{removed} +{y},{added} @@\n", *self.lines]
        self.lines = []
        return chunk


def _anchors(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """The positions of the longest common subsequence of unique lines, with (0, 0) before and the end of both after."""
    old_counts, new_counts = Counter(old), Counter(new)
    place = {line: i for i, line in enumerate(new) if new_counts[line] == 1 and old_counts[line] == 1}
    pairs = [(i, place[line]) for i, line in enumerate(old) if line in place]
    # The usual search for a longest increasing subsequence, keeping each element's length.
    tails: list[int] = []
    lengths: list[int] = []
    for _, j in pairs:
        k = bisect_left(tails, j)
        tails[k : k + 1] = [j]
        lengths.append(k + 1)
    chosen: list[tuple[int, int]] = []
    # Backwards, each element of the longest subsequence is one of the next lower length that is before the last.
    length_needed, limit = len(tails), len(new)
    for (i, j), length in zip(reversed(pairs), reversed(lengths), strict=True):
        if length == length_needed and j < limit:
            chosen.append((i, j))
            length_needed -= 1
    chosen.reverse()
    return [(0, 0), *chosen, (len(old), len(new))]
