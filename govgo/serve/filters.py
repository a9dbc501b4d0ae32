# SPDX-License-Identifier: BSD-3-Clause
"""Athens' filter files: which modules are included, excluded, or left to upstream. Values alone.

    # comment
    -                                   what no other line is about
    + github.com/corp                   include it and what is below it
    + golang.org/x/text v0.3,v0.4.1     these versions of it
    D golang.org/x/tools                direct: clients are sent to upstream, and nothing is stored

Of several lines about a path the one with the most elements counts that is about the version, too. A list of a
module's versions is included where any of them may be. Versions, by the documents of Athens:

    v1  v1.2  v1.2.*   all that begin so        v1.2.3     this one
    ~v1.2.3            v1.2.x from 3 on         ^v1.2.3    v1.x.y from 2.3 on
    <v1.2.3            all that are lower       (pre-releases match the first kind alone)

Its code differs from its documents in two places: there v0.4.1 also takes v0.4.10, and <v1.2.3 also v1.2.3.
Source: docs.gomods.io, "Filtering modules".
"""

from __future__ import annotations

import re

from govgo.core.lazyregex import late
from govgo.core.records import NamedTuple
from govgo.core.safetext import one_line
from govgo.errors import UsageError

INCLUDE, EXCLUDE, DIRECT = "+", "-", "D"
MAX_BYTES = 4 << 20
_VERSIONS = late(r"([~^<]?)v?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?(?:\.?\*)?\Z", re.ASCII)
_RELEASE = late(r"v([0-9]+)\.([0-9]+)\.([0-9]+)(?:\+incompatible)?\Z", re.ASCII)

_Numbers = tuple[int, ...]


class Versions(NamedTuple):
    """Some versions: "" for those that begin with the numbers, else one of ~, ^ and <."""

    sign: str
    numbers: _Numbers

    def has(self, version: str) -> bool:
        """Whether a version is among them."""
        if not self.sign and len(self.numbers) < 3:
            return version.startswith("v" + "".join(f"{number}." for number in self.numbers))
        match = _RELEASE.match(version)
        if match is None:
            return False
        found = tuple(map(int, match.groups()))
        same = {"": 3, "~": 2, "^": 1, "<": 0}[self.sign]
        if found[:same] != self.numbers[:same]:
            return False
        return found < self.numbers if self.sign == "<" else found >= self.numbers


class FilterRule(NamedTuple):
    """A line: its sign, its number, and the versions that it is about; () for all."""

    sign: str
    line: int
    versions: tuple[Versions, ...] = ()

    def is_about(self, version: str) -> bool:
        """Whether it is about a version; "" stands for the list of them."""
        return not self.versions or not version or any(each.has(version) for each in self.versions)


class Filter(NamedTuple):
    """A filter file.

    Attributes:
        file: its name.
        rules: by path, in lower case, since hosts of code tell no capitals apart.
        default: what counts where none does.
    """

    file: str
    rules: dict[str, FilterRule]
    default: FilterRule = FilterRule(INCLUDE, 0)

    def rule(self, path: str, version: str) -> FilterRule:
        """The rule for a version of a module, "" for its list."""
        at = path.lower()
        while at:
            found = self.rules.get(at)
            if found is not None and found.is_about(version):
                return found
            at = at.rpartition("/")[0]
        return self.default

    def refusal(self, path: str, version: str) -> str:
        """Why a version is not served, "" where it is."""
        rule = self.rule(path, version)
        if rule.sign != EXCLUDE:
            return ""
        return f"blocked by line {rule.line} of the filter file"


def parse_filter(file: str, data: bytes) -> Filter:
    """Read a filter file.

    Args:
        file: its name, for errors.
        data: its bytes.

    Raises:
        UsageError: a line is none.
    """
    if len(data) > MAX_BYTES:
        raise UsageError(f"{file}: more than {MAX_BYTES} bytes")
    rules: dict[str, FilterRule] = {}
    default = FilterRule(INCLUDE, 0)
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if words[0] not in (INCLUDE, EXCLUDE, DIRECT) or len(words) > 3:
            raise UsageError(f"{file}:{number}: want +, - or D, a module path, and versions: {one_line(line[:100])}")
        versions = tuple(_versions(f"{file}:{number}", each) for each in words[2].split(",")) if len(words) > 2 else ()
        rule = FilterRule(words[0], number, versions)
        if len(words) == 1:
            default = rule
        else:
            rules[words[1].strip("/").lower()] = rule
    return Filter(file, rules, default)


def _versions(place: str, text: str) -> Versions:
    match = _VERSIONS.match(text)
    numbers = tuple(int(each) for each in match.groups()[1:] if each is not None) if match is not None else ()
    if match is None or (match[1] and len(numbers) < 3):
        raise UsageError(f"{place}: want versions such as v1.2, v1.2.3, ~v1.2.3 or <v2.0.0: {one_line(text[:100])}")
    return Versions(match[1], numbers)
