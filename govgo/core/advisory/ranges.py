# SPDX-License-Identifier: BSD-3-Clause
"""Which versions of a module an advisory is about.

    {"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "0.3.7"}]}      all before v0.3.7

Versions are written without their "v". A version is affected if it is in one of the ranges, or named by itself.

Source: the Open Source Vulnerability format, "Evaluation".
"""

from __future__ import annotations

from collections.abc import Iterable

from govgo.core.records import NamedTuple
from govgo.core.version import semver

_ANY = "0"
_EVENTS = ("introduced", "last_affected", "fixed", "limit")
_MOST_SHOWN = 80
"""Characters of a value in an error."""


class Range(NamedTuple):
    """Versions from `introduced` on, up to one of the ends: "" where there is none.

    Attributes:
        introduced: the first version, "0" for all before, too.
        fixed: the first one that is not affected any more.
        last: the last one that is affected, where it is not known what fixed it.
    """

    introduced: str
    fixed: str = ""
    last: str = ""

    def has(self, version: str) -> bool:
        """Whether a version (without "v") is in the range."""
        at = _key(version)
        if at < _key(self.introduced):
            return False
        if self.fixed:
            return at < _key(self.fixed)
        return not self.last or at <= _key(self.last)


EVERY = Range(_ANY)
"""All versions."""


class Affected(NamedTuple):
    """A module that an advisory is about.

    Attributes:
        path: the module path, `osv.STDLIB` or `osv.TOOLCHAIN`.
        ranges: the affected versions.
        versions: further ones, named one by one.
        packages: import paths of the packages at fault; () where the advisory does not say.
    """

    path: str
    ranges: tuple[Range, ...] = ()
    versions: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()

    def has(self, version: str) -> bool:
        """Whether a version is affected: "v1.2.3" of a module, "1.26.8" of the standard library."""
        bare = bare_version(version)
        return any(each.has(bare) for each in self.ranges) or bare in self.versions

    def fixed_in(self, version: str) -> str:
        """The lowest version above an affected one that is not affected, as far as fixes are named; "" for none."""
        lead = "v" if version.startswith("v") else ""
        bare = version.removeprefix("v")
        fixes = sorted({each.fixed for each in self.ranges if each.fixed}, key=_key)
        return next((lead + fix for fix in fixes if _key(fix) > _key(bare) and not self.has(fix)), "")


def ranges_of(events: Iterable[tuple[str, str]]) -> Iterable[Range]:
    """The ranges that events make up, each (version, kind).

    They may come in any order; those at one version in that of `_EVENTS`.

    Raises:
        ValueError: an event of another kind, or a version that is none.
    """
    found = [each for each in events if each != ("*", "limit")]  # no limit at all
    for version, kind in found:
        if kind not in _EVENTS:
            raise ValueError(f"unknown event {kind[:_MOST_SHOWN]}")
        if version != _ANY and not semver.is_valid(f"v{version}"):
            raise ValueError(f"invalid version {version[:_MOST_SHOWN]}")
    found.sort(key=lambda each: (_key(each[0]), _EVENTS.index(each[1])))
    introduced = ""
    again = ""  # introduced within a range: an end at the same version does not end it
    for version, kind in found:
        if kind == "introduced":
            again = version if introduced else ""
            introduced = introduced or version
        elif version == again:
            continue
        elif introduced and kind in ("fixed", "limit"):
            yield Range(introduced, fixed=version)
            introduced = ""
        elif introduced:
            yield Range(introduced, last=version)
            introduced = ""
    if introduced:
        yield Range(introduced)


def bare_version(version: str) -> str:
    """A version without "v" and "+incompatible"."""
    return version.removeprefix("v").partition("+")[0]


def _key(version: str) -> semver.Key:
    """Sorts versions without "v"; "0" is below all."""
    return "" if version == _ANY else semver.key(f"v{version}")
