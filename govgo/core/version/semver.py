# SPDX-License-Identifier: BSD-3-Clause
"""Semantic versions as Go modules write them: semver 2.0.0 with a leading "v".

`v1` and `v1.2` are accepted as short forms of `v1.0.0` and `v1.2.0`; a short form has neither pre-release nor
build metadata. Every function takes any string and never raises. A string that is not a version is invalid; invalid
strings sort below all versions and are equal to one another.

    v1.0.0-alpha < v1.0.0-alpha.1 < v1.0.0-beta.2 < v1.0.0-beta.11 < v1.0.0-rc.1 < v1.0.0 = v1.0.0+meta

Source of the rules: semver.org 2.0.0, sections 2 to 11; Go Modules Reference, "Versions".
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from govgo.core.typehints import Final, TypeAlias

#: A sort key. Keys are only good for comparison with other keys.
Key: TypeAlias = str

_HIGHEST: Final = 0x10FFFF  # the highest code point
MAX_LENGTH: Final = 255
"""Characters of the longest version that a proxy or a tag may name: no file of a module cache has a longer name."""

# Possessive, and words before numbers ("20200101-ab" begins with one): so a pseudo-version is read without
# going back, in a quarter of the time.
_NUMBER = r"0|[1-9][0-9]*+"
_IDENTIFIER = rf"(?:[0-9]*[A-Za-z-][0-9A-Za-z-]*+|{_NUMBER})"
_PRE = rf"-{_IDENTIFIER}(?>(?:\.{_IDENTIFIER})*)"
_BUILD = r"\+[0-9A-Za-z-]++(?>(?:\.[0-9A-Za-z-]++)*)"
ANY: Final = (
    rf"v(?:(?:{_NUMBER})\.(?:{_NUMBER})\.(?:{_NUMBER})(?:{_PRE})?(?:{_BUILD})?|(?:{_NUMBER})(?:\.(?:{_NUMBER}))?)"
)
"""An expression for versions as `parse` reads them, for a larger one that says what follows: for lists of strangers."""

_INVALID: Key = ""
# Keys are strings, which take a tenth of the memory of tuples, and are compared in a fraction of the time: others say
# how many versions a list has. A number is its count of digits, and its digits. Each identifier of a pre-release begins
# with one of these marks, which are lower than any character of an identifier. So the end of a pre-release sorts below
# a further identifier, a number below a word, and a release above all.
_NUMERIC, _WORD, _RELEASE = "\1", "\2", "\3"


Parts: TypeAlias = tuple[str, str, str, str, str]
"""(major, minor, patch, pre-release with its "-", build metadata with its "+"); what is missing is ""."""


@lru_cache(maxsize=1 << 12)  # it is asked for several parts of one version
def parse(v: str) -> Parts | None:
    """The parts of `v`, None when invalid.

    By string methods: every command compares versions, and most need no regular expression for anything else.
    """
    version, plus, build = v.partition("+")
    core, dash, pre = version.partition("-")
    numbers = core[1:].split(".", 3)
    if v[:1] != "v" or not v.isascii() or not all(map(is_number, numbers)):
        return None
    if len(numbers) != 3 and (len(numbers) > 3 or core != v):
        return None  # a short form has no more than its numbers
    if dash and not all(map(_is_identifier, pre.split("."))):
        return None
    if plus and not all(map(_is_word, build.split("."))):
        return None
    major, minor, patch = [*numbers, "", ""][:3]
    return major, minor, patch, dash + pre, plus + build


def is_number(text: str) -> bool:
    """Whether a part of an ASCII text is a decimal number without leading zeros."""
    return text.isdecimal() and (text[0] != "0" or len(text) == 1)


def _is_identifier(text: str) -> bool:
    return _is_word(text) if not text.isdecimal() else is_number(text)


def _is_word(text: str) -> bool:
    return text.replace("-", "0").isalnum()


def is_valid(v: str) -> bool:
    """Whether `v` is a semantic version, short forms included."""
    return parse(v) is not None


def canonical(v: str) -> str:
    """`v` as vMAJOR.MINOR.PATCH[-PRERELEASE], without build metadata; "" when invalid."""
    parts = parse(v)
    return "" if parts is None else f"v{parts[0]}.{parts[1] or 0}.{parts[2] or 0}{parts[3]}"


def major(v: str) -> str:
    """The "vMAJOR" of `v`; "" when invalid."""
    parts = parse(v)
    return "" if parts is None else "v" + parts[0]


def major_minor(v: str) -> str:
    """The "vMAJOR.MINOR" of `v`; "" when invalid."""
    parts = parse(v)
    return "" if parts is None else f"v{parts[0]}.{parts[1] or 0}"


def prerelease(v: str) -> str:
    """The pre-release of `v` with its "-"; "" when there is none or `v` is invalid."""
    parts = parse(v)
    return "" if parts is None else parts[3]


def build(v: str) -> str:
    """The build metadata of `v` with its "+"; "" when there is none or `v` is invalid."""
    parts = parse(v)
    return "" if parts is None else parts[4]


@lru_cache(maxsize=1 << 16)
def key(v: str) -> Key:
    """The sort key of `v`, which agrees with `compare` (semver.org section 11); build metadata does not count."""
    parts = parse(v)
    if parts is None:
        return _INVALID
    major, minor, patch, pre, _ = parts
    identifiers = "".join(map(_identifier_key, pre[1:].split("."))) if pre else _RELEASE
    return _counted(major) + _counted(minor or "0") + _counted(patch or "0") + identifiers


def compare(v: str, w: str) -> int:
    """-1, 0 or +1 as `v` is lower than, equal to or higher than `w`."""
    if v == w:
        return 0
    x, y = key(v), key(w)
    return (x > y) - (x < y)


def max_version(v: str, w: str) -> str:
    """The canonical form of the higher of two versions; that of `w` when they are equal."""
    return canonical(v if compare(v, w) > 0 else w)


def sort(versions: Iterable[str]) -> list[str]:
    """`versions` in semver order; those that are equal, in the order of their bytes."""
    return sorted(sorted(versions, key=lambda v: v.encode("utf-8", "surrogateescape")), key=key)


def number_key(digits: str) -> int:
    """An integer that orders as the decimal number `digits` (without leading zeros) does.

    It is read as hexadecimal, which keeps the order. Python takes quadratic time for decimal numbers and refuses those
    of more than 4,300 digits, and versions come from strangers.
    """
    return int(digits, 16)


def one_less(digits: str) -> str:
    """The decimal number before `digits`, which is not 0, of any length."""
    kept = digits.rstrip("0")
    lower = kept[:-1] + str(int(kept[-1]) - 1) + "9" * (len(digits) - len(kept))
    return lower.lstrip("0") or "0"


@lru_cache(maxsize=1 << 14)  # a short version may have a hundred of them
def _identifier_key(identifier: str) -> str:
    return _NUMERIC + _counted(identifier) if identifier.isdecimal() else _WORD + identifier


def _counted(digits: str) -> str:
    return (chr(len(digits)) if len(digits) < _HIGHEST else chr(_HIGHEST)) + digits
