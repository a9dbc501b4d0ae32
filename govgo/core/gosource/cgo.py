# SPDX-License-Identifier: BSD-3-Clause
"""`#cgo` lines in the comment above `import "C"`: only whether they are well-formed.

Source of the rules: package cmd/cgo, "Using cgo with the go command"; package go/build.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from govgo.core.golib.quote import GO_SPACE
from govgo.core.gosource import constraint as buildexpr
from govgo.core.gosource.buildtags import TagSet
from govgo.errors import SourceError

_VERBS: Final = frozenset(["CFLAGS", "CPPFLAGS", "CXXFLAGS", "FFLAGS", "LDFLAGS", "pkg-config"])
_SAFE_ARGUMENT = re.compile("[-+.,/0-9=A-Z_a-z:$@%! ~^\x80-\U0010ffff]+\\Z")
_FIELDS = re.compile(f"[^{GO_SPACE}]+")
_DIRECTIVE = re.compile(r"(?:line |extern |export |[a-z0-9]+:[a-z0-9])")


def cgo_fault(name: str, doc: tuple[str, ...], tags: TagSet) -> str:
    """go/build's complaint about the #cgo lines of a comment, or "".

    Args:
        name: of the file.
        doc: the texts of the comments, with their marks.
        tags: decide whether a line with conditions counts; those that do not are not checked to the end.
    """
    for original in _lines(doc):
        line = original.strip(GO_SPACE)
        if not line.startswith(("#cgo ", "#cgo\t")):
            continue
        words = _FIELDS.findall(line)
        if len(words) == 3 and words[1] in ("nocallback", "noescape"):
            continue
        head, colon, arguments = line[4:].strip(GO_SPACE).partition(":")
        words = _FIELDS.findall(head)
        invalid = f"{name}: invalid #cgo line: {original}"
        if not colon or not words:
            return invalid
        *conditions, verb = words
        if conditions and not any(_holds(condition, tags) for condition in conditions):
            continue
        split = _split_quoted(arguments)
        if split is None:
            return invalid
        for argument in split:
            if not _is_safe(argument):
                return f"{name}: malformed #cgo argument: {argument.replace('${SRCDIR}', '')}"
        if verb not in _VERBS:
            return f"{name}: invalid #cgo verb: {original}"
    return ""


def _lines(doc: tuple[str, ...]) -> Iterator[str]:
    """The lines of a comment without its marks and directives (ast.CommentGroup.Text)."""
    for comment in doc:
        if comment.startswith("/*"):
            body = comment[2:].removesuffix("*/")
        else:
            body = comment[2:]
            if body.startswith(" "):
                body = body[1:]
            elif _DIRECTIVE.match(body):
                continue
        for line in body.split("\n"):
            yield line.rstrip(" \t\n\r")


def _holds(condition: str, tags: TagSet) -> bool:
    mark = "//go:build " if any(char in condition for char in "&|()") else "// +build "
    try:
        return buildexpr.evaluate(buildexpr.parse_constraint(mark + condition), tags.match)
    except SourceError:
        return False


def _is_safe(argument: str) -> bool:
    if "${SRCDIR}" not in argument:
        return _SAFE_ARGUMENT.match(argument) is not None
    return all(_SAFE_ARGUMENT.match(chunk) for chunk in argument.split("${SRCDIR}") if chunk)


def _split_quoted(text: str) -> list[str] | None:
    """Words, where quotes keep blanks and a backslash the next character; None when one is left open."""
    words: list[str] = []
    word, mark, is_word, is_escaped = "", "", False, False
    for char in text:
        if is_escaped:
            is_escaped, word = False, word + char
        elif char == "\\":
            is_escaped = True
        elif mark:
            mark, word = ("", word) if char == mark else (mark, word + char)
        elif char in "\"'":
            is_word, mark = True, char
        elif char in GO_SPACE:
            if is_word or word:
                words.append(word)
            is_word, word = False, ""
        else:
            word += char
    if is_word or word:
        words.append(word)
    return None if mark or is_escaped else words
