# SPDX-License-Identifier: BSD-3-Clause
"""Values of serve.toml, and of flags that say the same. Each error begins with the place of the value."""

from __future__ import annotations

import re
from collections.abc import Mapping

from govgo.core.golib import url as gourl
from govgo.core.lazyregex import late
from govgo.core.module.patterns import glob_match
from govgo.core.safetext import one_line
from govgo.errors import PatternError, UsageError

_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
_SIZE = late(r"([0-9]{1,12})([kmgt]?)b?\Z", re.ASCII | re.IGNORECASE)
_DURATION = late(r"([0-9]{1,9})(ms|s|m|h|d)\Z", re.ASCII)
_SPACE = late(r"\s")
_CONTROL = late("[\x00-\x1f\x7f-\x9f]")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def parse_size(place: str, text: str) -> int:
    """A number of bytes: "64MB", "1g", "2T".

    Raises:
        UsageError: it is none; the sentence begins with `place`.
    """
    match = _SIZE.match(text.strip())
    if match is None:
        raise UsageError(f"{place}: want a size such as 64MB: {one_line(text)}")
    return int(match[1]) * _UNITS[match[2].lower()]


def parse_duration(place: str, text: str) -> float:
    """Seconds of a duration: "90s", "10m", "14d".

    Raises:
        UsageError: it is none; the sentence begins with `place`.
    """
    match = _DURATION.match(text.strip())
    if match is None:
        raise UsageError(f"{place}: want a duration such as 90s or 14d: {one_line(text)}")
    return int(match[1]) * _SECONDS[match[2]]


def parse_patience(place: str, text: str) -> float:
    """The same, of how long something is waited for: not at all makes no sense.

    Raises:
        UsageError: it is none; the sentence begins with `place`.
    """
    seconds_s = parse_duration(place, text)
    if not seconds_s:
        raise UsageError(f"{place}: want a duration of more than nothing, such as 90s: {one_line(text)}")
    return seconds_s


def text_of(place: str, value: object) -> str:
    """A text of one line.  Raises UsageError."""
    if not isinstance(value, str):
        raise UsageError(f"{place}: want a text")
    if _CONTROL.search(value):
        raise UsageError(f"{place}: want a text without control characters: {one_line(value)}")
    return value


def number_of(place: str, value: object, low: int, high: int) -> int:
    """A number within bounds.  Raises UsageError."""
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise UsageError(f"{place}: want a number from {low} to {high}")
    return value


def truth_of(place: str, value: object) -> bool:
    """True or false.  Raises UsageError."""
    if not isinstance(value, bool):
        raise UsageError(f"{place}: want true or false")
    return value


def list_of(place: str, value: object) -> list[object]:
    """A list.  Raises UsageError."""
    if not isinstance(value, list):
        raise UsageError(f"{place}: want a list")
    return value


def texts_by_key(place: str, value: object, keys: tuple[str, ...]) -> dict[str, str]:
    """A table of texts that names a module.  Raises UsageError."""
    if not isinstance(value, dict) or not isinstance(value.get("module"), str) or not value["module"]:
        raise UsageError(f"{place}: want a table with a module")
    for key in value:
        if key not in keys:
            raise UsageError(f"{place}.{one_line(key)}: unknown key; keys are {', '.join(keys)}")
    return {key: text_of(f"{place}.{key}", each) for key, each in value.items()}


def texts_of(place: str, value: object) -> tuple[str, ...]:
    """A list of texts.  Raises UsageError."""
    return tuple(text_of(f"{place}[{at}]", each) for at, each in enumerate(list_of(place, value)))


def patterns_of(place: str, value: object) -> tuple[str, ...]:
    """A list of patterns of modules.  Raises UsageError."""
    found = texts_of(place, value)
    for at, each in enumerate(found):
        check_patterns(f"{place}[{at}]", each)
    return found


def check_patterns(place: str, text: str) -> None:
    """See that patterns of modules, separated by commas as in GOPRIVATE, can match something.

    go takes a malformed one for one that matches nothing, so a rule with it would refuse nothing without a word.

    Raises:
        UsageError: one cannot; the sentence begins with `place`.
    """
    globs = [glob.removesuffix("/") for glob in text.split(",") if glob]
    if not globs:
        raise UsageError(f"{place}: want a pattern such as github.com/corp or *.corp.example")
    for glob in globs:
        check_glob(place, glob)
        if glob.endswith("/..."):
            raise UsageError(f'{place}: want a pattern as in GOPRIVATE, which has no "..." for all below it: {glob}')
        if not glob or glob[0] == "/" or "//" in glob or _SPACE.search(glob):
            raise UsageError(f"{place}: no module path matches this pattern: {one_line(glob)}")


def check_glob(place: str, glob: str) -> None:
    """See that a shell pattern is one.  Raises UsageError."""
    try:
        glob_match(glob, "")
    except PatternError as error:
        raise UsageError(f"{place}: {error}: {one_line(glob)}") from None


def table_of(place: str, value: object, names: tuple[str, ...]) -> dict[str, object]:
    """A table with no keys but `names`.  Raises UsageError."""
    if not isinstance(value, dict):
        raise UsageError(f"{place}: want a table")
    for key in value:
        if key not in names:
            raise UsageError(f"{place}.{one_line(key)}: unknown key; keys are {', '.join(names)}")
    return value


def check_keys(file: str, prefix: str, table: Mapping[str, object], names: tuple[str, ...]) -> None:
    """See that a table has no keys but `names`.  Raises UsageError."""
    for key in table:
        if key not in names:
            raise UsageError(f"{file}: {prefix}{one_line(key)}: unknown key; keys are {', '.join(names)}")


def url_problem(text: str) -> str:
    """Why clients cannot be sent to a proxy at a URL, "" if they can."""
    try:
        url = gourl.parse(text)
    except UsageError:
        return "want a URL"
    if url.scheme not in ("http", "https") or not url.host:
        return "want a URL with http or https"
    if url.user is not None:
        return "clients would be shown the password of that URL"
    return "want a URL without ? and #" if url.query or url.fragment else ""
