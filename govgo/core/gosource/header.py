# SPDX-License-Identifier: BSD-3-Clause
"""The beginning of a source file: its comments, package clause and imports, found without a parser.

    header = "package" name { "import" ( spec | "(" { spec } ")" ) } .
    spec   = [ "." | name ] string .

One regular expression matches all of it. Only if the syntax is wrong are the pieces read one by one, to find the place.
This is looser than Go: any text between the tokens that is a comment, white space or ";" is allowed.

Source of the rules: the Go specification, "Source file organization"; cmd/go's imports.ReadImports.
"""

from __future__ import annotations

import re

from govgo.core.lazyregex import late
from govgo.core.records import NamedTuple

MAX_PATH = 4096
"""Characters of an import path, which is printed where nobody has the package; no file system has a longer one."""

_BOM = b"\xef\xbb\xbf"
_BLOCK = rb"/\*(?>(?:[^*]++|\*(?!/))*)\*/"
_SKIP = rb"(?>(?:[ \f\t\r\n;]++|//[^\n]*+\n?|" + _BLOCK + rb")*)"
_LETTERS = rb"[A-Za-z0-9_\x80-\xff]"
_STRING = rb'(?:`[^`]*+`|"(?>(?:[^"\\\n]++|\\.)*)")'
_SPEC = rb"(?>(?:\.|" + _LETTERS + rb"++)?)" + _SKIP + _STRING
_GROUP = rb"\(" + _SKIP + rb"(?>(?:" + _SPEC + _SKIP + rb")*)\)"
_KEYWORD = rb"import(?!" + _LETTERS + rb")" + _SKIP

#: Everything up to the first token after the imports; group 1 is the package name. It never backtracks, so that the
#: time is linear for hostile files.
_HEADER = late(
    _SKIP
    + (rb"package(?!%b)" % _LETTERS)
    + _SKIP
    + (rb"(%b++)(?>(?:" % _LETTERS)
    + _SKIP
    + _KEYWORD
    + (rb"(?:%b|%b))*)" % (_GROUP, _SPEC))
    + _SKIP,
    re.DOTALL,
)
_COMMENTS = late(_SKIP, re.DOTALL)
_LITERALS = late(rb"//[^\n]*+|" + _BLOCK + rb"|(" + _STRING + rb")", re.DOTALL)
_IMPORT = late(_SKIP + _KEYWORD, re.DOTALL)
_ONE_SPEC = late(_SKIP + _SPEC, re.DOTALL)
_OPEN = late(_SKIP + rb"\(", re.DOTALL)
_NAME = late(_SKIP + rb"(?:\.|" + _LETTERS + rb"++)", re.DOTALL)
_BAD_COMMENT = late(_SKIP + rb"(?>(?:/\*.*+|/)?)", re.DOTALL)
_BAD_STRING = late(_SKIP + rb'(?>(?:/\*.*+|/|`[^`]*+|"(?>(?:[^"\\\n]++|\\.)*))?)', re.DOTALL)
_CLOSE = late(_SKIP + rb"\)", re.DOTALL)


class Header(NamedTuple):
    """The beginning of a source file.

    Attributes:
        data: the file, without a byte order mark, up to the first token after its imports; all of it where the
            syntax is broken.
        literals: import paths as quoted in the source, in order; those before the fault when there is one.
        is_broken: whether the syntax of the package clause or of an import is wrong.
        stops_at_nul: whether a NUL byte ended the reading, before any fault of the syntax.
    """

    data: bytes
    literals: tuple[bytes, ...]
    is_broken: bool
    stops_at_nul: bool


def read_header(data: bytes) -> Header:
    """Read the package clause and the imports of a file; some that pass are refused by go's parser."""
    if data.startswith(_BOM):
        data = data[3:]
    match = _HEADER.match(data)
    if match is None:
        return Header(data, (), True, _has_nul(data, _package_fault(data)))
    end = match.end()
    # A declaration begins with another letter. An import or a comment that is sound would be in the match.
    if data[end : end + 1] in (b"i", b"/"):
        literals, fault = _literals_before_fault(data, match.end(1))
        return Header(data, literals, True, _has_nul(data, fault))
    return Header(data[:end], tuple(_literals(data, match.end(1), end)), False, _has_nul(data, end))


def read_comments(data: bytes) -> Header:
    """The comments that a file of another language (C, assembly) begins with."""
    if data.startswith(_BOM):
        data = data[3:]
    end = _end(_COMMENTS, data, 0)
    is_broken = data[end : end + 1] == b"/"
    return Header(data[:end], (), is_broken, _has_nul(data, _end(_BAD_COMMENT, data, end) if is_broken else end))


def _has_nul(data: bytes, end: int) -> bool:
    return data.find(b"\0", 0, end + 1) >= 0


def import_line(data: bytes, path: str) -> int:
    """The line of a source file where it first imports `path`, 0 where it does not."""
    header = read_header(data)
    quoted = {b'"%b"' % path.encode("utf-8", "surrogateescape"), b"`%b`" % path.encode("utf-8", "surrogateescape")}
    for found in _LITERALS.finditer(header.data):
        if found[1] in quoted:
            return header.data.count(b"\n", 0, found.start()) + 1
    return 0


def _literals(data: bytes, begin: int, end: int) -> list[bytes]:
    return [literal for literal in _LITERALS.findall(data, begin, end) if literal]


def _package_fault(data: bytes) -> int:
    """Where the package clause is known to be wrong."""
    position = _keyword_fault(data, 0, b"package")
    is_whole = data.startswith(b"package", position - len(b"package"))
    return _end(_BAD_COMMENT, data, position) if is_whole else position


def _keyword_fault(data: bytes, position: int, keyword: bytes) -> int:
    """Where what follows `position` is known not to be `keyword`, or the end of the keyword."""
    position = _end(_BAD_COMMENT, data, position)
    for expected in keyword:
        if data[position : position + 1] != bytes([expected]):
            return position
        position += 1
    return position


def _end(expression: re.Pattern[bytes], data: bytes, position: int) -> int:
    match = expression.match(data, position)
    return match.end() if match else position


def _literals_before_fault(data: bytes, position: int) -> tuple[tuple[bytes, ...], int]:
    """The import paths after `position` (the end of the package name) that come before a fault, and its place."""
    found: list[bytes] = []
    while match := _IMPORT.match(data, position):
        position = match.end()
        group = _OPEN.match(data, position)
        position = group.end() if group else position
        while not (group and _CLOSE.match(data, position)):
            spec = _ONE_SPEC.match(data, position)
            if spec is None:
                return tuple(found), _end(_BAD_STRING, data, _end(_NAME, data, position))
            found += _literals(data, position, spec.end())
            position = spec.end()
            if not group:
                break
        if group and (close := _CLOSE.match(data, position)):
            position = close.end()
    return tuple(found), _keyword_fault(data, position, b"import")
