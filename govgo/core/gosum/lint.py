# SPDX-License-Identifier: BSD-3-Clause
"""go.sum read for judgement rather than for use: every line with its number, and all that is wrong with the text.

`gosumfile.parse_gosum` stops at the first line that go refuses; here nothing stops, and what go lets pass (doubles,
contradictions, hashes of unknown kinds, paths that no module can have) is told too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from govgo.core.gosum.lines import EMPTY_GO_MOD_HASH, find_conflicts, is_merge_marker
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.module.paths import canonical_version, check
from govgo.errors import InputError

MALFORMED = "go-sum-malformed"
MERGE_MARKER = "merge-marker"
SPACING = "go-sum-spacing"
DUPLICATE = "duplicate-line"
CONFLICT = "conflicting-sums"
BAD_HASH = "malformed-hash"
UNKNOWN_HASH = "unknown-hash"
BAD_MODULE = "invalid-module"

_H1 = re.compile(r"h1:[A-Za-z0-9+/]{43}=")


class SumLine(NamedTuple):
    """A line with a hash that can be compared: `mod` is its key, "/go.mod" and all."""

    number: int
    text: str
    mod: ModuleVersion
    digest: str


class SumFault(NamedTuple):
    """Something wrong with a line.

    Attributes:
        unread: the line says nothing that could be verified, so that whoever verifies must not pass over it.
    """

    line: int
    code: str
    text: str
    mod: ModuleVersion | None = None
    unread: bool = False


def read_lines(file: str, data: bytes) -> tuple[tuple[SumLine, ...], tuple[SumFault, ...]]:
    """The lines that can be verified, and everything that is wrong, in the order of the file.

    Args:
        file: the file's name in texts.
        data: its bytes; they need not be UTF-8.
    """
    lines: list[SumLine] = []
    faults: list[SumFault] = []
    seen: dict[tuple[ModuleVersion, str], int] = {}
    for number, raw in enumerate(data.decode("utf-8", "surrogateescape").split("\n"), 1):
        text = raw.removesuffix("\r")
        fields = text.split(" ")
        if len(fields) != 3 or len(text.split()) != 3 or text != text.strip():
            fields = text.split()
            if not fields and not text:
                continue
            fault = _shape_fault(file, number, text, len(fields))
            faults.append(fault)
            if fault.unread:
                continue
        mod, digest = ModuleVersion(fields[0], fields[1]), fields[2]
        if digest == EMPTY_GO_MOD_HASH:
            continue  # go drops such lines when it reads the file
        first = seen.setdefault((mod, digest), number)
        if first != number:
            faults.append(SumFault(number, DUPLICATE, f"{file}:{number}: the same line as line {first}", mod))
        faults += _field_faults(file, number, mod, digest)
        if digest.startswith("h1:"):
            lines.append(SumLine(number, text, mod, digest))
    faults += _conflicts(file, data)
    return tuple(lines), tuple(sorted(faults, key=lambda fault: fault.line))


def _shape_fault(file: str, number: int, text: str, count: int) -> SumFault:
    if is_merge_marker(text):
        return SumFault(number, MERGE_MARKER, f"{file}:{number}: a merge conflict was left in the file", unread=True)
    if count == 3:
        return SumFault(number, SPACING, f"{file}:{number}: fields are not separated by one blank each")
    return SumFault(
        number, MALFORMED, f"malformed go.sum: {file}:{number}: wrong number of fields {count}", unread=True
    )


def _field_faults(file: str, number: int, mod: ModuleVersion, digest: str) -> Iterator[SumFault]:
    version = mod.without_gomod().version
    try:
        check(mod.path, version)
        if canonical_version(version) != version:
            raise InputError(f"{mod.path}@{version}: not a canonical version")
    except InputError as error:
        yield SumFault(number, BAD_MODULE, f"{file}:{number}: {error}", mod)
    if digest.startswith("h1:"):
        if _H1.fullmatch(digest) is None:
            yield SumFault(number, BAD_HASH, f"{file}:{number}: {mod.path}@{mod.version}: malformed hash {digest}", mod)
    else:
        text = f"{file}:{number}: {mod.path}@{mod.version}: unknown hash algorithm in {digest}"
        yield SumFault(number, UNKNOWN_HASH, text, mod, unread=True)


def _conflicts(file: str, data: bytes) -> Iterator[SumFault]:
    for conflict in find_conflicts(file, data):
        sums = " and ".join(f"{digest} (line {n})" for digest, n in zip(conflict.sums, conflict.lines, strict=True))
        where = f"{conflict.mod.path}@{conflict.mod.version}"
        text = f"verifying {where}: conflicting checksums: {sums}"
        yield SumFault(conflict.lines[-1], CONFLICT, text, conflict.mod)
