# SPDX-License-Identifier: BSD-3-Clause
"""Patterns over paths: GOPRIVATE's comma-separated globs, `...` of package patterns, globs of go:embed.

    GOPRIVATE=*.corp.example.com     matches git.corp.example.com and every path below it
    example.com/...                  matches example.com and every package path below it

A wildcard takes the shortest text after which the literal that follows it matches, and is never tried again with a
longer one. That is enough to find a match if there is one, and keeps the time linear in the text for each wildcard, for
hostile patterns too.

Source of the rules: Go Modules Reference, "Private modules"; `go help packages`; package path, func Match.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from govgo.core.golib.quote import is_bad_byte, is_utf8
from govgo.errors import PatternError

#: Replaces the path element "vendor" in patterns and paths, so that "..." does not match it. No path has a NUL.
_VENDOR = "\x00"

_WILD = f"[^{_VENDOR}]*"
"""What "..." matches: any text without an element "vendor"."""

Matcher = Callable[[str], bool]


def match_prefix_patterns(globs: str, target: str) -> bool:
    """Whether a glob of the comma-separated list matches `target` or a prefix of it that ends before a slash.

    Malformed globs match nothing (module.MatchPrefixPatterns).
    """
    for glob in globs.split(","):
        glob = glob.removesuffix("/")
        if glob == "":
            continue
        slashes = glob.count("/")
        if target.count("/") < slashes:
            continue
        prefix = "/".join(target.split("/", slashes + 1)[: slashes + 1])
        try:
            if glob_match(glob, prefix):
                return True
        except PatternError:
            continue
    return False


def glob_match(pattern: str, name: str) -> bool:
    """Whether the shell pattern matches all of `name`: `*` and `?` stop at slashes (path.Match).

    Raises:
        PatternError: `syntax error in pattern`, whatever `name` is.
    """
    return _glob(pattern).match(name) is not None


@lru_cache(maxsize=1 << 10)
def match_pattern(pattern: str) -> Matcher:
    """A function that tells whether an import path matches `pattern`, where "..." is any string.

    A final "/..." may match nothing: "net/..." matches "net". Wildcards stop at an element "vendor" that the
    pattern does not name.
    """
    if not is_utf8(pattern) or _VENDOR in pattern:
        return lambda name: False
    text, tail = _mark_vendor(pattern), ""
    if text == f"{_VENDOR}/..." or text.endswith(f"/{_VENDOR}/..."):
        text = text.removesuffix(f"{_VENDOR}/...").removesuffix("/")
        tail = f"(?:/vendor|/{_VENDOR}/{_WILD})"
    elif text.endswith("/..."):
        text, tail = text.removesuffix("/..."), f"(?:/{_WILD})?"
    expression = re.compile(_joined(text.split("..."), _WILD, tail) + r"\Z")
    return lambda name: _VENDOR not in name and expression.match(_mark_vendor(name)) is not None


@lru_cache(maxsize=1 << 10)
def tree_can_match(pattern: str) -> Matcher:
    """A function that tells whether paths at or below a directory may match `pattern`."""
    literal, dots, _ = pattern.partition("...")

    def matcher(name: str) -> bool:
        if _is_above(name, literal):
            return True
        return dots != "" and name.startswith(literal)

    return matcher


def _is_above(directory: str, path: str) -> bool:
    """Whether `directory` is `path` or a directory on the way to it."""
    if not path.startswith(directory):
        return False
    return len(path) == len(directory) or directory.endswith("/") or path[len(directory)] == "/"


def _joined(literals: list[str], wild: str, tail: str) -> str:
    """An expression for `literals` with a wildcard between each two and `tail` after the last.

    Every wildcard but the last is atomic: it takes the shortest text after which the literal follows.
    """
    first, *rest = map(re.escape, literals)
    if not rest:
        return first + tail
    middle = "".join(f"(?>{wild}?{literal})" for literal in rest[:-1])
    return f"{first}{middle}{wild}{rest[-1]}{tail}"


def _mark_vendor(path: str) -> str:
    """Every element "vendor" but the last replaced by the mark."""
    if "vendor" not in path:
        return path
    *inner, last = path.split("/")
    return "/".join([_VENDOR if element == "vendor" else element for element in inner] + [last])


@lru_cache(maxsize=1 << 14)  # more than a list of govgo.toml may have
def _glob(pattern: str) -> re.Pattern[str]:
    chunks = [""]
    for token in _glob_tokens(pattern):
        if token == "*":
            if len(chunks) == 1 or chunks[-1]:
                chunks.append("")
        else:
            chunks[-1] += token
    first, *rest = chunks
    middle = "".join(f"(?>[^/]*?{chunk})" for chunk in rest[:-1])
    last = f"[^/]*{rest[-1]}" if rest else ""
    return re.compile(f"{first}{middle}{last}\\Z", re.DOTALL)


def _glob_tokens(pattern: str) -> Iterator[str]:
    """Expressions for the single characters of a glob, and "*" for each star."""
    position = 0
    while position < len(pattern):
        char = pattern[position]
        position += 1
        if char == "*":
            yield char
        elif char == "?":
            yield "[^/]"
        elif char == "[":
            token, position = _glob_class(pattern, position)
            yield token
        elif char == "\\":
            if position == len(pattern):
                raise PatternError("syntax error in pattern")
            yield re.escape(pattern[position])
            position += 1
        else:
            yield re.escape(char)


def _glob_class(pattern: str, position: int) -> tuple[str, int]:
    """The expression for the class whose "[" stands before `position`, and the position after its "]"."""
    negated = pattern.startswith("^", position)
    position += negated
    ranges: list[str] = []
    begin = position
    while position == begin or not pattern.startswith("]", position):
        low, position = _class_char(pattern, position)
        high = low
        if pattern[position] == "-":
            high, position = _class_char(pattern, position + 1)
        if low <= high:
            ranges.append(f"{re.escape(low)}-{re.escape(high)}")
    if not ranges:
        return ("." if negated else "(?!)"), position + 1
    return f"[{'^' if negated else ''}{''.join(ranges)}]", position + 1


def _class_char(pattern: str, position: int) -> tuple[str, int]:
    """The character at `position` of a class, and where the next begins: a class never ends here."""
    if pattern.startswith("\\", position):
        position += 1
    elif pattern.startswith(("-", "]"), position):
        raise PatternError("syntax error in pattern")
    if position + 1 >= len(pattern) or is_bad_byte(pattern[position]):
        raise PatternError("syntax error in pattern")
    return pattern[position], position + 1
