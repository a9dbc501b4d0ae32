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

from govgo.core.lazyregex import late
from govgo.core.typehints import Any, Final, TypeAlias

#: A sort key: (valid, major, minor, patch, pre-release). Keys are only good for comparison with other keys.
Key: TypeAlias = tuple[Any, ...]

_HIGHEST: Final = 0x10FFFF  # the highest code point
MAX_LENGTH: Final = 255
"""Characters of the longest version that a proxy or a tag may name: no file of a module cache has a longer name."""

# Possessive, and words before numbers ("20200101-ab" begins with one): so a pseudo-version is read without
# going back, in a quarter of the time.
_NUMBER = r"0|[1-9][0-9]*+"
_IDENTIFIER = rf"(?:[0-9]*[A-Za-z-][0-9A-Za-z-]*+|{_NUMBER})"
_VERSION = late(
    rf"v({_NUMBER})(?:\.({_NUMBER})(?:\.({_NUMBER})"
    rf"(-{_IDENTIFIER}(?>(?:\.{_IDENTIFIER})*))?(\+[0-9A-Za-z-]++(?>(?:\.[0-9A-Za-z-]++)*))?)?)?\Z"
)

_INVALID: Key = (0,)
# Pre-releases are compared as strings, which take a tenth of the memory of tuples. Each identifier begins with one of
# these marks, or for a number with its count of digits. A mark is lower than any character of an identifier. So the end
# of a pre-release sorts below a further identifier, a number below a word, and a release above all.
_NUMERIC, _WORD, _RELEASE = "\1", "\2", "\3"


def is_valid(v: str) -> bool:
    """Whether `v` is a semantic version, short forms included."""
    return _VERSION.match(v) is not None


def canonical(v: str) -> str:
    """`v` as vMAJOR.MINOR.PATCH[-PRERELEASE], without build metadata; "" when invalid."""
    match = _VERSION.match(v)
    if match is None:
        return ""
    major, minor, patch, pre, _ = match.groups()
    return f"v{major}.{minor or 0}.{patch or 0}{pre or ''}"


def major(v: str) -> str:
    """The "vMAJOR" of `v`; "" when invalid."""
    match = _VERSION.match(v)
    return "" if match is None else "v" + match[1]


def major_minor(v: str) -> str:
    """The "vMAJOR.MINOR" of `v`; "" when invalid."""
    match = _VERSION.match(v)
    return "" if match is None else f"v{match[1]}.{match[2] or 0}"


def prerelease(v: str) -> str:
    """The pre-release of `v` with its "-"; "" when there is none or `v` is invalid."""
    match = _VERSION.match(v)
    return "" if match is None else match[4] or ""


def build(v: str) -> str:
    """The build metadata of `v` with its "+"; "" when there is none or `v` is invalid."""
    match = _VERSION.match(v)
    return "" if match is None else match[5] or ""


@lru_cache(maxsize=1 << 16)
def key(v: str) -> Key:
    """The sort key of `v`, which agrees with `compare` (semver.org section 11); build metadata does not count."""
    match = _VERSION.match(v)
    if match is None:
        return _INVALID
    major, minor, patch, pre, _ = match.groups()
    identifiers = _RELEASE if pre is None else "".join(map(_identifier_key, pre[1:].split(".")))
    return (1, number_key(major), number_key(minor or "0"), number_key(patch or "0"), identifiers)


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
    return sorted(versions, key=lambda v: (key(v), v.encode("utf-8", "surrogateescape")))


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


def _identifier_key(identifier: str) -> str:
    if not identifier.isdecimal():
        return _WORD + identifier
    return f"{_NUMERIC}{chr(min(len(identifier), _HIGHEST))}{identifier}"
