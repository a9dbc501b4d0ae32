# SPDX-License-Identifier: BSD-3-Clause
"""What Go source files import, found without parsing them: reading stops after the imports.

`scan_files` tells what a directory imports, as `mod tidy` wants to know. A well-formed beginning of a file is taken
by one regular expression; `govgo.core.goparse` reads the rest with a parser, for exact errors.

Source of the rules: the Go specification, "Source file organization"; cmd/go's imports.ScanDir and modindex;
package go/build.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from govgo.core.buildtag import TagSet, any_tags, build_tags, match_file, satisfies, should_build
from govgo.core.buildtag import header_constraints as header_constraints
from govgo.core.goquote import unquote
from govgo.errors import SourceError

__all__ = [
    "Header",
    "NoGoError",
    "TagSet",
    "any_tags",
    "build_tags",
    "match_file",
    "read_comments",
    "read_header",
    "scan_files",
    "should_build",
]

_BOM = b"\xef\xbb\xbf"
_BLOCK = rb"/\*(?:[^*]++|\*(?!/))*+\*/"
_SKIP = rb"(?:[ \f\t\r\n;]++|//[^\n]*+\n?|" + _BLOCK + rb")*+"
_LETTERS = rb"[A-Za-z0-9_\x80-\xff]"
_STRING = rb'(?:`[^`]*+`|"(?:[^"\\\n]++|\\.)*+")'
_SPEC = rb"(?:\.|" + _LETTERS + rb"++)?+" + _SKIP + _STRING
_GROUP = rb"\(" + _SKIP + rb"(?:" + _SPEC + _SKIP + rb")*+\)"
_KEYWORD = rb"import(?!" + _LETTERS + rb")" + _SKIP

#: Everything up to the first token after the imports; group 1 is the package name. Never backtracks.
_HEADER = re.compile(
    _SKIP
    + (rb"package(?!%b)" % _LETTERS)
    + _SKIP
    + (rb"(%b++)(?:" % _LETTERS)
    + _SKIP
    + _KEYWORD
    + (rb"(?:%b|%b))*+" % (_GROUP, _SPEC))
    + _SKIP,
    re.DOTALL,
)
_COMMENTS = re.compile(_SKIP, re.DOTALL)
_LITERALS = re.compile(rb"//[^\n]*+|" + _BLOCK + rb"|(" + _STRING + rb")", re.DOTALL)
_IMPORT = re.compile(_SKIP + _KEYWORD, re.DOTALL)
_ONE_SPEC = re.compile(_SKIP + _SPEC, re.DOTALL)
_OPEN = re.compile(_SKIP + rb"\(", re.DOTALL)
_CLOSE = re.compile(_SKIP + rb"\)", re.DOTALL)


class NoGoError(SourceError):
    """No file is left that counts: `no Go source files`."""

    code = "no-go-files"

    def __init__(self) -> None:
        super().__init__("no Go source files")


@dataclass(frozen=True, slots=True)
class Header:
    """The beginning of a source file.

    Attributes:
        data: the file, without a byte order mark, up to the first token after its imports; all of it where the
            syntax is broken.
        literals: import paths as quoted in the source, in order; what is before the fault where there is one.
        is_broken: whether the syntax of the package clause or of an import is wrong.
        has_nul: whether a NUL byte was met.
    """

    data: bytes
    literals: tuple[bytes, ...]
    is_broken: bool
    has_nul: bool


def read_header(data: bytes) -> Header:
    """Read the package clause and the imports of a file, with no care for what go's parser alone would refuse."""
    if data.startswith(_BOM):
        data = data[3:]
    match = _HEADER.match(data)
    if match is None:
        return Header(data, (), True, b"\0" in data)
    end = match.end()
    follows = data[end : end + 1]
    if follows in (b"i", b"/"):  # neither an import nor a comment, so a fault in one of them
        return Header(data, _literals_before_fault(data, match.end(1)), True, b"\0" in data)
    literals = tuple(filter(None, _LITERALS.findall(data, match.end(1), end)))
    return Header(data[:end], literals, False, data.find(b"\0", 0, end + 1) >= 0)


def read_comments(data: bytes) -> Header:
    """The comments that a file of another language (C, assembly) begins with."""
    if data.startswith(_BOM):
        data = data[3:]
    match = _COMMENTS.match(data)
    end = match.end() if match else 0
    has_nul = data.find(b"\0", 0, end + 1) >= 0
    return Header(data[:end], (), data[end : end + 1] == b"/", has_nul)


def scan_files(
    files: Iterable[tuple[str, bytes]], tags: TagSet, *, explicit: bool = False, indexed: bool = False
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What the files of one directory import, and what their tests do, sorted.

    Args:
        files: name (or path) and content.
        tags: which files count, unless `explicit`; without cgo, files that import "C" never do.
        explicit: whether the files were named one by one.
        indexed: read as go's module index does, which it keeps of the module cache: a malformed file counts but
            imports nothing.

    Raises:
        NoGoError: no file counts.
        SourceError: `reading NAME: unexpected NUL in input`.
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
    if header.has_nul:
        raise SourceError(f"reading {name}: unexpected NUL in input")
    if b'"C"' in header.literals and not tags.has_cgo:
        return None
    if not explicit and not should_build(header.data, tags):
        return None
    return [path for literal in header.literals if (path := _path(literal)) is not None]


def _indexed_imports(name: str, data: bytes, tags: TagSet) -> list[str] | None:
    from govgo.core.goparse import read_go_file

    header = read_header(data)
    if header.has_nul and not header.is_broken:
        return []
    try:
        constraints = header_constraints(header.data)
    except SourceError as err:
        return [] if str(err).startswith("multiple") else None
    file = read_go_file(name, data)
    if "C" in file.imports and not tags.has_cgo:
        return None
    return list(file.imports) if satisfies(constraints, tags) else None


def _path(literal: bytes) -> str | None:
    text = literal.decode("utf-8", "surrogateescape")
    return unquote(text)


def _sorted(paths: set[str]) -> tuple[str, ...]:
    return tuple(sorted(paths, key=_bytes))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _literals_before_fault(data: bytes, position: int) -> tuple[bytes, ...]:
    """The import paths after `position` (the end of the package name) that come before a syntax error."""
    found: list[bytes] = []
    while match := _IMPORT.match(data, position):
        position = match.end()
        group = _OPEN.match(data, position)
        position = group.end() if group else position
        while not (group and _CLOSE.match(data, position)):
            spec = _ONE_SPEC.match(data, position)
            if spec is None:
                return tuple(found)
            found += filter(None, _LITERALS.findall(data, position, spec.end()))
            position = spec.end()
            if not group:
                break
        if group and (close := _CLOSE.match(data, position)):
            position = close.end()
    return tuple(found)
