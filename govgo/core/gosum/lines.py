# SPDX-License-Identifier: BSD-3-Clause
"""The lines of go.sum and go.work.sum: read as go reads them, read for `verify` with all their faults, and written.

    example.org/m v1.0.0 h1:T1hPZKmBbMNahiBKFy5HrXp6adAjACjK9JXDnKaTXpA=
    example.org/m v1.0.0/go.mod h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=

A line is `path version hash`, three fields between white space. With "/go.mod" behind the version the hash is that of
the go.mod file alone, else that of the module zip (`dirhash`). A version may have several hashes: of other algorithms,
which are kept and never believed, or left by a merge. Files are written with one blank between fields, sorted by path,
version and hash, without duplicates.

`parse_gosum` stops at the first line that go refuses. `read_lines` never stops: it reports that line and also what go
lets pass, such as duplicates, contradictions, hashes of unknown kinds and paths that no module can have.

Reference: Go Modules Reference, "go.sum files"; cmd/go/internal/modfetch (readGoSum, tidyGoSum).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from govgo.core.lazyregex import late
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.module.paths import canonical_version, check, module_sort_key
from govgo.core.records import NamedTuple
from govgo.errors import GoSumError, InputError


def old_name(path: str) -> str:
    """The path of the file that vgo, before go 1.11, had in place of a go.sum, in the same format.

    >>> old_name("m/go.sum")
    'm/go.modverify'
    """
    return path.removesuffix(".sum") + ".modverify"


EMPTY_GO_MOD_HASH = "h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY="
"""h1 of an empty go.mod. Early go commands wrote it for modules without go.mod; such lines are dropped."""

MALFORMED = "go-sum-malformed"
MERGE_MARKER = "merge-marker"
SPACING = "go-sum-spacing"
DUPLICATE = "duplicate-line"
CONFLICT = "conflicting-sums"
BAD_HASH = "malformed-hash"
UNKNOWN_HASH = "unknown-hash"
BAD_MODULE = "invalid-module"

# Python's str.split knows four separators that Unicode's White_Space property (and go) does not.
_SEPARATORS_NOT_SPACE = "\x1c\x1d\x1e\x1f"
_FIELD = late(r"(?:[\x1c-\x1f]|\S)+")

_MARKER = late(r"<{7}(?: |$)|={7}$|>{7}(?: |$)|\|{7}(?: |$)")
_H1 = late(r"h1:[A-Za-z0-9+/]{43}=")

_MERGE_HINT = (
    "a merge has left its markers: delete these lines, keep the others of both sides, then run `govgo tidy`; "
    "`govgo sum merge -install` sets git up to merge go.sum by itself"
)
_LINT_HINT = "every line that is wrong is named by `govgo verify --only lint`"

MAX_LINE = 10_000
"""Characters of a line. A longer one is malformed: the longest path that go.mod may name, a version and a hash fit."""

_MOST_SHOWN = 10
"""Lines of one conflict that its text names."""

Sums = dict[ModuleVersion, tuple[str, ...]]
"""The hashes of each module version; a key with "/go.mod" behind its version is that of a go.mod."""


class SumConflict(NamedTuple):
    """Two or more different `h1:` hashes for one module version in one file.

    Attributes:
        mod: the key; "/go.mod" at the end of its version for a go.mod hash.
        lines: line numbers, from 1.
        sums: the hash on each of `lines`.
    """

    mod: ModuleVersion
    lines: tuple[int, ...]
    sums: tuple[str, ...]

    def __str__(self) -> str:
        shown = [f"line {n}: {h1}" for h1, n in zip(self.sums[:_MOST_SHOWN], self.lines, strict=False)]
        if len(self.sums) > _MOST_SHOWN:
            shown.append(f"{len(self.sums) - _MOST_SHOWN} more")
        return "\n\t".join(["conflicting checksums:", *shown])  # one below the other, as no terminal breaks them


class SumLine(NamedTuple):
    """A line with an `h1:` hash, which can be compared; `mod` is its key, "/go.mod" and all."""

    number: int
    text: str
    mod: ModuleVersion
    h1: str


class SumFault(NamedTuple):
    """Something wrong with a line.

    Attributes:
        unread: the line has nothing that could be verified, so that `verify` must not call the file verified.
    """

    line: int
    code: str
    text: str
    mod: ModuleVersion | None = None
    unread: bool = False


def is_merge_marker(line: str) -> bool:
    """Whether a line is one of those that version control leaves around a conflict."""
    return _MARKER.match(line) is not None


def format_line(mod: ModuleVersion, sum_text: str) -> str:
    """The line for a key and its hash, without the newline."""
    return f"{mod.path} {mod.version} {sum_text}"


def format_gosum(sums: Mapping[ModuleVersion, Iterable[str]]) -> bytes:
    """The file with these hashes, in go's order; hashes that are given twice are written once."""
    lines = [
        f"{format_line(mod, each)}\n" for mod in sorted(sums, key=module_sort_key) for each in sorted(set(sums[mod]))
    ]
    return "".join(lines).encode("utf-8", "surrogateescape")


def parse_gosum(file: str, data: bytes, *, skip_malformed: bool = False) -> Sums:
    """Read a go.sum or go.work.sum as the go command does.

    Args:
        file: name for error texts.
        data: the bytes; they need not be UTF-8.
        skip_malformed: skip lines without three fields, as `go mod tidy` does, which then drops them.

    Returns:
        The hashes of each key in the order of the file, duplicates included.

    Raises:
        GoSumError: a line that has not exactly three fields.
    """
    sums: Sums = {}
    repeated: dict[ModuleVersion, list[str]] = {}
    for _, path, version, listed in _lines(file, data, skip_malformed=skip_malformed):
        mod = ModuleVersion(path, version)
        fresh = (listed,)
        have = sums.setdefault(mod, fresh)
        if have is not fresh:
            repeated.setdefault(mod, [*have]).append(listed)
    sums.update((mod, tuple(listed)) for mod, listed in repeated.items())
    return sums


def find_conflicts(data: bytes) -> tuple[SumConflict, ...]:
    """Versions for which `data` holds more than one `h1:` hash: at most one of them can be true.

    Malformed lines are skipped.
    """
    seen: dict[ModuleVersion, list[tuple[int, str]]] = {}
    for number, path, version, listed in _lines("", data, skip_malformed=True):
        if listed.startswith("h1:"):
            seen.setdefault(ModuleVersion(path, version), []).append((number, listed))
    return tuple(
        SumConflict(mod, tuple(n for n, _ in entries), tuple(h for _, h in entries))
        for mod, entries in seen.items()
        if len({listed for _, listed in entries}) > 1
    )


def _lines(file: str, data: bytes, *, skip_malformed: bool) -> Iterator[tuple[int, str, str, str]]:
    """(number, path, version, hash) of each line that go takes into account."""
    text = data.decode("utf-8", "surrogateescape")
    odd = any(map(text.__contains__, _SEPARATORS_NOT_SPACE))
    for number, line in enumerate(text.split("\n"), 1):
        fields = _FIELD.findall(line) if odd else line.split()
        if len(fields) != 3 or len(line) > MAX_LINE:
            if not fields or skip_malformed:
                continue
            raise GoSumError(
                f"malformed go.sum:\n{file}:{number}: {_why_malformed(line, len(fields))}",
                file=file,
                line=number,
                hint=_MERGE_HINT if is_merge_marker(line) else _LINT_HINT,
            )
        if fields[2] != EMPTY_GO_MOD_HASH:
            yield number, fields[0], fields[1], fields[2]


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
        if len(fields) != 3 or len(text.split()) != 3 or text != text.strip() or len(text) > MAX_LINE:
            fields = text.split()
            if not fields and not text:
                continue
            fault = _shape_fault(file, number, text, len(fields))
            faults.append(fault)
            if fault.unread:
                continue
        mod, listed = ModuleVersion(fields[0], fields[1]), fields[2]
        if listed == EMPTY_GO_MOD_HASH:
            continue  # go drops such lines when it reads the file
        first = seen.setdefault((mod, listed), number)
        if first != number:
            faults.append(SumFault(number, DUPLICATE, f"{file}:{number}: the same line as line {first}", mod))
        faults += _field_faults(file, number, mod, listed)
        if listed.startswith("h1:"):
            lines.append(SumLine(number, text, mod, listed))
    faults += _conflict_faults(data)
    return tuple(lines), tuple(sorted(faults, key=lambda fault: fault.line))


def _shape_fault(file: str, number: int, text: str, count: int) -> SumFault:
    if is_merge_marker(text):
        return SumFault(number, MERGE_MARKER, f"{file}:{number}: a merge conflict was left in the file", unread=True)
    if count == 3 and len(text) <= MAX_LINE:
        return SumFault(number, SPACING, f"{file}:{number}: fields are not separated by one blank each")
    why = _why_malformed(text, count)
    return SumFault(number, MALFORMED, f"malformed go.sum: {file}:{number}: {why}", unread=True)


def _why_malformed(line: str, count: int) -> str:
    return f"wrong number of fields {count}" if count != 3 else f"a line of {len(line)} characters"


def _field_faults(file: str, number: int, mod: ModuleVersion, listed: str) -> Iterator[SumFault]:
    version = mod.without_gomod().version
    try:
        check(mod.path, version)
        if canonical_version(version) != version:
            raise InputError(f"{mod.path}@{version}: not a canonical version")
    except InputError as error:
        yield SumFault(number, BAD_MODULE, f"{file}:{number}: {error}", mod)
    if listed.startswith("h1:"):
        if _H1.fullmatch(listed) is None:
            yield SumFault(number, BAD_HASH, f"{file}:{number}: {mod.path}@{mod.version}: malformed hash {listed}", mod)
    else:
        text = f"{file}:{number}: {mod.path}@{mod.version}: unknown hash algorithm in {listed}"
        yield SumFault(number, UNKNOWN_HASH, text, mod, unread=True)


def _conflict_faults(data: bytes) -> Iterator[SumFault]:
    for conflict in find_conflicts(data):
        where = f"{conflict.mod.path}@{conflict.mod.version}"
        yield SumFault(conflict.lines[-1], CONFLICT, f"verifying {where}: {conflict}", conflict.mod)
