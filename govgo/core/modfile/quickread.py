# SPDX-License-Identifier: BSD-3-Clause
"""What the module graph needs of a dependency's go.mod, read as fast as Python can.

A graph has thousands of these files, and nearly all their lines look alike. Lines of the common forms are read by one
regular expression each, with the answers kept, since the same requirement is in many files. At the first line of
another form the file is given to `parse_lax` instead. So every answer and every error is that of `parse_lax`; tests
compare the two on edited files.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from govgo.core.golib.quote import GO_SPACE
from govgo.core.lazyregex import late
from govgo.core.modfile.directives import marks_indirect
from govgo.core.modfile.parser import MAX_LINES, MAX_TOKENS
from govgo.core.modfile.read import parse_lax
from govgo.core.modfile.summary import Retraction, Summary
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.module.paths import match_path_major, split_path_version
from govgo.core.typehints import TYPE_CHECKING

if TYPE_CHECKING:
    import re

_KNOWN_LINES = 1 << 16
"""How many lines are kept with their meaning; 4,000 modules of large graphs have about 6,000 different lines."""
_LONG_LINE = 1 << 10
"""Characters. A file with longer lines is given to the parser, which refuses long words; and keeping such lines would
fill the memory."""
_MAX_MESSAGE = 1 << 12
"""Characters kept of the reason of a retraction and of a deprecation: a file may have one of megabytes for each of ten
thousand versions."""

# Alphanumeric identifiers come first: the possessive match of a number would take the beginning of "20200101-ab".
_IDENTIFIER = r"(?:[0-9]*[A-Za-z-][0-9A-Za-z-]*+|0|[1-9][0-9]*+)"
_NUMBER = r"(?:0|[1-9][0-9]*)"
_WORD = r"[A-Za-z0-9._~+-]+"
_PATH = rf"{_WORD}(?>(?:/{_WORD})*)"
_END = r"[ \t]*(?://.*)?"
_COMMENT = r"[ \t]*(?://(.*))?"
_REQUIREMENT = late(
    rf"[ \t]*(\"?)({_PATH})\1[ \t]+"
    rf"(v({_NUMBER})\.{_NUMBER}\.{_NUMBER}(?:-{_IDENTIFIER}(?>(?:\.{_IDENTIFIER})*))?(\+incompatible)?){_COMMENT}"
)
_MODULE = late(rf"module[ \t]+(\"?)(?P<word>{_PATH})\1{_END}")
_GO = late(rf"go[ \t]+(?P<word>[1-9][0-9]*\.{_NUMBER}(?:\.{_NUMBER})?(?:[a-z]+[0-9]+)?){_END}")
_BLOCK = late(rf"(?P<word>require|exclude|replace|retract|tool|godebug)[ \t]*\({_END}")
_VERSION = r"v[0-9A-Za-z.+-]+"
_RETRACTION = late(rf"[ \t]*(?:({_VERSION})|\[[ \t]*({_VERSION})[ \t]*,[ \t]*({_VERSION})[ \t]*\])[ \t]*(//.*)?")
# Words of printable ASCII without quotes, parentheses and slash-star; a comment may hold anything.
_WORDS = late(r"[ \t]*(?>(?:(?>(?:[!#-&+-.0-_a-~]|/(?![/*])|\*)+)[ \t]*+)*)(?://.*)?")
_IGNORED = ("toolchain ", "exclude ", "replace ", "tool ", "godebug ")


def summarize(name: str, data: bytes) -> Summary:
    """The summary of the go.mod `data`; `name` is the file's name in error texts.

    Raises:
        ModFileErrors: as `parse_lax` does.
    """
    try:
        return _scan(data)
    except _UnknownFormError:
        return _parsed(name, data)


_Requirement = tuple[ModuleVersion, bool]
"""With whether its line is marked `// indirect`."""


class _UnknownFormError(Exception):
    """A line has none of the forms that are known here: the parser has to read the file."""


def _scan(data: bytes) -> Summary:
    if len(data) > MAX_TOKENS or (len(data) > MAX_LINES and data.count(b"\n") > MAX_LINES):
        raise _UnknownFormError  # it may have more lines or tokens than the parser accepts
    text = data.decode("utf-8", "surrogateescape")
    if "Deprecated:" in text:
        raise _UnknownFormError
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    lines = text.split("\n")
    if len(text) > _LONG_LINE and max(map(len, lines)) > _LONG_LINE:
        raise _UnknownFormError
    path = go_version = ""
    require: list[_Requirement] = []
    retract: list[Retraction] = []
    at, count = 0, len(lines)
    while at < count:
        line = lines[at]
        at += 1
        if not line or line.startswith("//"):
            continue
        if line.startswith("require "):
            if line != "require (":
                required = None if "(" in line else _required(line[8:])
                if required is not None:
                    require.append(required)
                    continue
        elif line.startswith("module "):
            if path:
                raise _UnknownFormError
            path = _word(_MODULE, line)
            continue
        elif line.startswith("go "):
            if go_version:
                raise _UnknownFormError
            go_version = _word(_GO, line)
            continue
        elif line.startswith("retract ") and "(" not in line:
            retract.append(_retraction(line[8:], _above(lines, at - 1), ""))
            continue
        elif line.startswith(_IGNORED) and "(" not in line:
            _pass_over(line)
            continue
        at = _block(lines, at, line, require, retract)
    mods, marks = zip(*require, strict=True) if require else ((), ())
    return Summary(path, go_version, "", mods, bytes(marks), tuple(retract))


def _block(lines: list[str], at: int, head: str, require: list[_Requirement], retract: list[Retraction]) -> int:
    """Read the block that the line `head` opens and whose lines begin at `at`; return the index after the block."""
    if head == "require (":
        verb = "require"
    else:
        verb = _word(_BLOCK, head)
    try:
        end = lines.index(")", at)
    except ValueError:
        raise _UnknownFormError from None
    if verb == "require":
        require.extend(filter(None, map(_required, lines[at:end])))
    elif verb == "retract":
        retract.extend(_retractions(lines[at:end], _above(lines, at - 1)))
    else:
        for line in lines[at:end]:
            _pass_over(line)
    return end + 1


def _above(lines: list[str], at: int) -> list[str]:
    """The comment lines right above line `at`."""
    start = at
    while start > 0 and lines[start - 1].startswith("//"):
        start -= 1
    return lines[start:at]


def _retractions(lines: list[str], above: list[str]) -> Iterator[Retraction]:
    """The retractions of a block; the comments `above` the block are the reason for those without a comment."""
    pending: list[str] = []
    first = True
    reason = _reason(above)
    for line in lines:
        bare = line.strip(" \t")
        if bare.startswith("//"):
            pending.append(bare)
        elif bare:
            yield _retraction(line, pending, reason)
            pending, first = [], False
        elif pending or not first:
            # The parser keeps a blank line as an empty comment; so the line after it has a comment of its own.
            pending.append("")


def _retraction(line: str, before: list[str], otherwise: str) -> Retraction:
    """The retraction on a line; its reason is in the comments `before` and behind it, or `otherwise`."""
    match = _RETRACTION.fullmatch(line)
    if match is None:
        raise _UnknownFormError
    version, low, high, suffix = match.groups()
    comments = [*before, suffix] if suffix else before
    return Retraction(low or version, high or version, _reason(comments) if comments else otherwise)


def _reason(comments: list[str]) -> str:
    return "\n".join(comment[2:].strip(GO_SPACE) for comment in comments if comment)[:_MAX_MESSAGE]


def _word(form: re.Pattern[str], line: str) -> str:
    match = form.fullmatch(line)
    if match is None:
        raise _UnknownFormError
    word: str = match["word"]
    return word


@lru_cache(maxsize=_KNOWN_LINES)
def _required(line: str) -> _Requirement | None:
    """The requirement on a line of a block, and whether it is marked; None for blank lines and comments."""
    match = _REQUIREMENT.fullmatch(line)
    if match is None:
        bare = line.lstrip(" \t")
        if bare and not bare.startswith("//"):
            raise _UnknownFormError
        return None
    _, path, version, major, incompatible, comment = match.groups()
    element = path[path.rfind("/") + 1 :]
    if (element[0] == "v" and not element[1:].strip("0123456789.")) or path.startswith("gopkg.in/"):
        _, path_major, ok = split_path_version(path)
        if not ok or not match_path_major(version, path_major):
            raise _UnknownFormError
    elif not incompatible and major not in ("0", "1"):
        raise _UnknownFormError
    return ModuleVersion(path, version), comment is not None and marks_indirect(comment.strip(GO_SPACE))


@lru_cache(maxsize=_KNOWN_LINES)
def _pass_over(line: str) -> None:
    """Check that the parser would accept a line whose content does not matter."""
    if _WORDS.fullmatch(line) is None:
        raise _UnknownFormError


def _parsed(name: str, data: bytes) -> Summary:
    """The summary as the parser sees it."""
    file = parse_lax(name, data)
    reasons: dict[str, str] = {}  # the lines of a block share one text, and go on sharing it
    return Summary(
        path=file.module.mod.path if file.module is not None else "",
        go_version=file.go.version if file.go is not None else "",
        toolchain=file.toolchain.name if file.toolchain is not None else "",
        require=tuple(record.mod for record in file.require),
        indirect=bytes(record.indirect for record in file.require),
        retract=tuple(
            Retraction(each.low, each.high, reasons.setdefault(each.rationale, each.rationale[:_MAX_MESSAGE]))
            for each in file.retract
        ),
        deprecated=file.module.deprecated[:_MAX_MESSAGE] if file.module is not None else "",
        ignore=tuple(record.path for record in file.ignore),
    )
