# SPDX-License-Identifier: BSD-3-Clause
"""The lines of go.sum and go.work.sum.

A line is `path version hash`, three fields between white space; a version in `/go.mod` is of a go.mod hash.
A version may have several hashes: of other algorithms, which are kept and never believed, or left by a merge.
Reference: Go Modules Reference, "go.sum files".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import GoSumError

EMPTY_GO_MOD_HASH = "h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY="
"""h1 of an empty go.mod. Early go commands wrote it for modules without go.mod; such lines are dropped."""

# Python's str.split knows four separators that Unicode's White_Space property (and go) does not.
_SEPARATORS_NOT_SPACE = re.compile(r"[\x1c-\x1f]")
_FIELD = re.compile(r"(?:[\x1c-\x1f]|\S)+")

_MARKER = re.compile(r"<{7}(?: |$)|={7}$|>{7}(?: |$)|\|{7}(?: |$)")

_MERGE_HINT = (
    "a merge has left its markers: delete these lines, keep the others of both sides, then run `govgo tidy`; "
    "`govgo sum merge -install` sets git up to merge go.sum by itself"
)
_LINT_HINT = "every line that is wrong is named by `govgo verify --only lint`"

Sums = dict[ModuleVersion, tuple[str, ...]]


class SumConflict(NamedTuple):
    """Two or more different `h1:` hashes for one module version in one file.

    Attributes:
        file: the file's name.
        mod: the version; "/go.mod" at its end for a go.mod hash.
        lines: line numbers, from 1.
        sums: the hash on each of `lines`.
    """

    file: str
    mod: ModuleVersion
    lines: tuple[int, ...]
    sums: tuple[str, ...]

    def __str__(self) -> str:
        listed = "".join(
            f"\n\t{self.file}:{line}: {digest}" for line, digest in zip(self.lines, self.sums, strict=True)
        )
        return f"verifying {self.mod.path}@{self.mod.version}: conflicting checksums{listed}"


def is_merge_marker(line: str) -> bool:
    """Whether a line is one of those that version control leaves around a conflict."""
    return _MARKER.match(line) is not None


def parse_gosum(file: str, data: bytes, *, skip_malformed: bool = False) -> Sums:
    """Read a go.sum or go.work.sum.

    Args:
        file: name for error texts.
        data: the bytes; they need not be UTF-8.
        skip_malformed: pass over lines without three fields, as `go mod tidy` does, which then drops them.

    Returns:
        The hashes of each module version in the order of the file, doubles included.

    Raises:
        GoSumError: a line that has not exactly three fields.
    """
    sums: Sums = {}
    for _, path, version, digest in _lines(file, data, skip_malformed=skip_malformed):
        mod = ModuleVersion(path, version)
        have = sums.get(mod)
        sums[mod] = (digest,) if have is None else (*have, digest)
    return sums


def find_conflicts(file: str, data: bytes) -> tuple[SumConflict, ...]:
    """Versions for which `data` holds more than one `h1:` hash: at most one of them can be true.

    The go command takes whichever comes first. Lines that are malformed are passed over.
    """
    seen: dict[ModuleVersion, list[tuple[int, str]]] = {}
    for number, path, version, digest in _lines(file, data, skip_malformed=True):
        if digest.startswith("h1:"):
            seen.setdefault(ModuleVersion(path, version), []).append((number, digest))
    return tuple(
        SumConflict(file, mod, tuple(n for n, _ in entries), tuple(h for _, h in entries))
        for mod, entries in seen.items()
        if len({digest for _, digest in entries}) > 1
    )


def _lines(file: str, data: bytes, *, skip_malformed: bool) -> Iterator[tuple[int, str, str, str]]:
    text = data.decode("utf-8", "surrogateescape")
    odd = _SEPARATORS_NOT_SPACE.search(text) is not None
    for number, line in enumerate(text.split("\n"), 1):
        fields = _FIELD.findall(line) if odd else line.split()
        if len(fields) != 3:
            if not fields or skip_malformed:
                continue
            raise GoSumError(
                f"malformed go.sum:\n{file}:{number}: wrong number of fields {len(fields)}",
                file=file,
                line=number,
                hint=_MERGE_HINT if is_merge_marker(line) else _LINT_HINT,
            )
        if fields[2] != EMPTY_GO_MOD_HASH:
            yield number, fields[0], fields[1], fields[2]
