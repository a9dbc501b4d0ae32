# SPDX-License-Identifier: BSD-3-Clause
"""The source of two versions of a module compared: what is new that a reviewer looks at first, and a unified diff.

Something is new in a package where it occurs more often than before, so that what only moves between the files of a
directory is not told. Files are compared as they are given, one by one; only those that differ have to be.
"""

from __future__ import annotations

import posixpath
from collections import Counter

from govgo.core.golib.diff import diff
from govgo.core.gosource.riskysigns import Note, Sort, is_for_tests, notes_of
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.records import NamedTuple

MOST_COMPARED_BYTES = 1 << 20
"""Of a file whose lines are compared; larger ones are generated."""
MOST_LINES = 20_000
"""Of all unified diffs together; further files are named only."""


class FileDiff(NamedTuple):
    """A file that differs: `change` is "added", "removed" or "changed"; `note` says why there is no `text`."""

    name: str
    change: str
    note: str
    text: str


class Notable(NamedTuple):
    """Something new to look at, and the files where it is. `is_test`: in files that no dependent builds."""

    sort: Sort
    detail: str
    files: tuple[str, ...]
    is_test: bool


class SourceDiff(NamedTuple):
    """Two versions of a module; `old` is None for one that was not there. `hashes` are those of the zips, verified."""

    path: str
    old: ModuleVersion | None
    new: ModuleVersion | None
    hashes: tuple[str, str]
    notable: tuple[Notable, ...]
    files: tuple[FileDiff, ...]


class Review:
    """Takes the files that differ, and has what a reviewer should see of them."""

    def __init__(self) -> None:
        self.files: list[FileDiff] = []
        self._lines = 0
        self._grown: dict[tuple[bool, str, Note], Counter[str]] = {}

    def add(self, name: str, old: bytes | None, new: bytes | None) -> None:
        """Compare a file by its path in the module; None where it does not exist."""
        before = notes_of(name, old) if old is not None else Counter[Note]()
        after = notes_of(name, new) if new is not None else Counter[Note]()
        place = is_for_tests(name), posixpath.dirname(name)
        for note in before.keys() | after.keys():
            # A binary or assembly that changed is as new as one that was added.
            grown = after[note] if note.sort in (Sort.BINARY, Sort.ASSEMBLY) else after[note] - before[note]
            self._grown.setdefault((*place, note), Counter())[name] += grown
        change = "added" if old is None else "removed" if new is None else "changed"
        self.files.append(
            self._compared(name, change, old or b"", new or b"", {each.sort for each in [*before, *after]})
        )

    def _compared(self, name: str, change: str, old: bytes, new: bytes, sorts: set[Sort]) -> FileDiff:
        if Sort.BINARY in sorts:
            return FileDiff(name, change, "binary", "")
        if max(len(old), len(new)) > MOST_COMPARED_BYTES:
            return FileDiff(name, change, "too large to be compared line by line", "")
        if self._lines >= MOST_LINES:
            return FileDiff(name, change, "not shown: the diff is too long", "")
        text = diff(f"old/{name}", old, f"new/{name}", new)
        self._lines += text.count("\n")
        return FileDiff(name, change, "", text)

    @property
    def notable(self) -> tuple[Notable, ...]:
        """What is new, what dependents build first, then by kind."""
        found: dict[tuple[bool, Sort, str], list[str]] = {}
        for (is_test, _, note), files in self._grown.items():
            if sum(files.values()) > 0:
                named = found.setdefault((is_test, note.sort, note.detail), [])
                named += sorted(name for name, count in files.items() if count > 0)
        order = list(Sort)
        keys = sorted(found, key=lambda key: (key[0], order.index(key[1]), key[2]))
        return tuple(Notable(sort, detail, tuple(found[test, sort, detail]), test) for test, sort, detail in keys)
