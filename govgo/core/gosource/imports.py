# SPDX-License-Identifier: BSD-3-Clause
"""What the Go files of a directory import, as `mod tidy` needs to know it.

Source of the rules: cmd/go's imports.ScanDir and imports.ScanFiles, and its module index (modindex).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from govgo.core.golib.quote import unquote
from govgo.core.gosource.buildtags import (
    MULTIPLE_GO_BUILD,
    TagSet,
    header_constraints,
    match_file,
    satisfies,
    should_build,
)
from govgo.core.gosource.header import MAX_PATH, read_header
from govgo.errors import SourceError


class NoGoError(SourceError):
    """No file of a directory counts: `no Go source files`."""

    code = "no-go-files"

    def __init__(self) -> None:
        super().__init__("no Go source files")


def scan_files(
    files: Iterable[tuple[str, bytes]], tags: TagSet, *, explicit: bool = False, indexed: bool = False
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What the files of one directory import, and what their tests do, sorted.

    Args:
        files: name (or path) and content.
        tags: which files count, unless `explicit`; without cgo, files that import "C" never do.
        explicit: whether the files were named one by one.
        indexed: read as for go's index of the module cache: a malformed file counts, but imports nothing.

    Raises:
        NoGoError: no file counts.
        SourceError: `reading NAME: unexpected NUL in input`, or an import path is too long.
    """
    imports: set[str] = set()
    tests: set[str] = set()
    seen = False
    for name, data in files:
        if not explicit and not match_file(name.rpartition("/")[2], tags):
            continue
        paths = _indexed_imports(name, data, tags) if indexed else _imports(name, data, tags, explicit)
        if paths is None:
            continue
        seen = True
        (tests if name.endswith("_test.go") else imports).update(paths)
    if not seen:
        raise NoGoError
    return _sorted(imports), _sorted(tests)


def _imports(name: str, data: bytes, tags: TagSet, explicit: bool) -> list[str] | None:
    """The imports of a file; None when it does not count."""
    header = read_header(data)
    if header.stops_at_nul or (header.is_broken and b"\0" in header.data):
        raise SourceError(f"reading {name}: unexpected NUL in input")
    if b'"C"' in header.literals and not tags.has_cgo:
        return None
    if not explicit and not should_build(header.data, tags):
        return None
    paths = [path for literal in header.literals if (path := _path(literal)) is not None]
    longest = max(map(len, paths), default=0)
    if longest > MAX_PATH:
        raise SourceError(f"reading {name}: import path of {longest:,} characters")
    return paths


def _indexed_imports(name: str, data: bytes, tags: TagSet) -> list[str] | None:
    from govgo.core.gosource.parse import file_of_header  # 6 ms, which only directories that are not in the index cost

    header = read_header(data)
    if header.stops_at_nul:
        return []
    try:
        constraints = header_constraints(header.data)
    except SourceError as err:
        return [] if str(err) == MULTIPLE_GO_BUILD else None
    file = file_of_header(name, data, header)
    if "C" in file.imports and not tags.has_cgo:
        return None
    return list(file.imports) if satisfies(constraints, tags) else None


@lru_cache(maxsize=1 << 14)
def _path(literal: bytes) -> str | None:
    """The path that a literal quotes; None when it is malformed."""
    if literal.startswith(b'"') and b"\\" not in literal and literal.isascii():
        return literal[1:-1].decode()
    return unquote(literal.decode("utf-8", "surrogateescape"))


def _sorted(paths: set[str]) -> tuple[str, ...]:
    return tuple(sorted(paths, key=_bytes))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
