# SPDX-License-Identifier: BSD-3-Clause
"""Advisories in the OSV format, as far as they concern Go modules.

    {"id": "GO-2021-0113", "aliases": ["CVE-2021-38561"], "affected": [{
        "package": {"ecosystem": "Go", "name": "golang.org/x/text"},
        "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "0.3.7"}]}],
        "ecosystem_specific": {"imports": [{"path": "golang.org/x/text/language", "symbols": ["Parse"]}]}}]}

Versions are written without their "v"; the standard library is the module "stdlib", the go command "toolchain", and
their versions are Go releases. A version is affected if it is in one of the ranges, or in the list `versions`; every
version is where there is neither, or only ranges of git commits, as govulncheck has it too.

Sources: the Open Source Vulnerability format, "Evaluation"; go.dev/security/vuln/database, "Schema".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from govgo.core.foreign import one_line, why_malformed
from govgo.core.late import late
from govgo.core.records import NamedTuple
from govgo.core.version import semver
from govgo.errors import InputError

STDLIB, TOOLCHAIN = "stdlib", "toolchain"
"""What stands for the standard library and for the go command in place of a module path."""

_ECOSYSTEM = "Go"
_ANY = "0"
_EVENTS = ("introduced", "last_affected", "fixed", "limit")
_MOST_SHOWN = 80
"""Characters of a value in an error."""
_URL = late(
    r"https?://(?:[\w.~:/?@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+(?:#(?:[\w.~:/?@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)?", re.ASCII
)
"""What may stand as a link in any format (RFC 3986); authors write others, too."""


class AdvisoryError(InputError):
    """A file is not an advisory in the OSV format."""

    code = "malformed-advisory"


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


class Affected(NamedTuple):
    """A module that an advisory is about.

    Attributes:
        path: the module path, `STDLIB` or `TOOLCHAIN`.
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
        bare = _bare(version)
        return any(each.has(bare) for each in self.ranges) or bare in self.versions

    def fixed_in(self, version: str) -> str:
        """The lowest version above an affected one that is not affected, as far as fixes are named; "" for none."""
        lead = "v" if version.startswith("v") else ""
        bare = version.removeprefix("v")
        fixes = sorted({each.fixed for each in self.ranges if each.fixed}, key=_key)
        return next((lead + fix for fix in fixes if _key(fix) > _key(bare) and not self.has(fix)), "")


class Advisory(NamedTuple):
    """One advisory.

    Attributes:
        id: its name in its database: "GO-2021-0113".
        aliases: the names of the same vulnerability in other databases.
        summary: one line.
        severity: a CVSS vector or a word, "" where the database gives none.
        published, modified: RFC 3339, "" where it does not say.
        withdrawn: when it was taken back, "" while it stands.
        url: a page about it, http or https; "" for none.
        affected: the modules.
    """

    id: str
    aliases: tuple[str, ...]
    summary: str
    severity: str
    published: str
    modified: str
    withdrawn: str
    url: str
    affected: tuple[Affected, ...]

    @property
    def names(self) -> frozenset[str]:
        """Every name of the vulnerability."""
        return frozenset((self.id, *self.aliases))

    def about(self, path: str) -> tuple[Affected, ...]:
        """What it says of a module."""
        return tuple(each for each in self.affected if each.path == path)


def parse_advisory(name: str, data: bytes) -> Advisory:
    """Read an advisory.

    Args:
        name: the file or URL, for errors.
        data: JSON.

    Raises:
        AdvisoryError: it is not in the OSV format.
    """
    try:
        return _advisory(_mapping(json.loads(data)))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise AdvisoryError(f"{one_line(name)}: malformed advisory: {why_malformed(error)}") from error


def _advisory(document: Mapping[str, Any]) -> Advisory:
    specific = _mapping(document.get("database_specific"))
    return Advisory(
        id=_text(document["id"]),
        aliases=_texts(document.get("aliases")),
        summary=_text(document.get("summary") or ""),
        severity=_severity(document, specific),
        published=_text(document.get("published") or ""),
        modified=_text(document.get("modified") or ""),
        withdrawn=_text(document.get("withdrawn") or ""),
        url=_url(document, specific),
        affected=tuple(_affected(each) for each in _mappings(document.get("affected")) if _is_go(each)),
    )


def _is_go(affected: Mapping[str, Any]) -> bool:
    return _mapping(affected.get("package")).get("ecosystem") == _ECOSYSTEM


def _affected(affected: Mapping[str, Any]) -> Affected:
    imports = _mappings(_mapping(affected.get("ecosystem_specific")).get("imports"))
    ranges = [
        each
        for described in _mappings(affected.get("ranges"))
        if described.get("type") in ("SEMVER", "ECOSYSTEM")  # a range of git commits says nothing about versions
        for each in _ranges(_mappings(described.get("events")))
    ]
    versions = tuple(_bare(each) for each in _texts(affected.get("versions")))
    return Affected(
        path=_text(_mapping(affected.get("package"))["name"]),
        ranges=tuple(ranges) if ranges or versions else (Range(_ANY),),
        versions=versions,
        packages=tuple(path for each in imports if (path := _text(each.get("path") or ""))),
    )


def _ranges(events: Iterable[Mapping[str, Any]]) -> Iterable[Range]:
    """The ranges that events make up. They may come in any order; those at one version in that of `_EVENTS`."""
    found = [(_text(version).removeprefix("v"), kind) for event in events for kind, version in event.items()]
    found = [each for each in found if each != ("*", "limit")]  # no limit at all
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


def _bare(version: str) -> str:
    """A version without "v" and "+incompatible"."""
    return version.removeprefix("v").partition("+")[0]


def _key(version: str) -> semver.Key:
    """Sorts versions without "v"; "0" is below all."""
    return () if version == _ANY else semver.key(f"v{version}")


def _severity(document: Mapping[str, Any], specific: Mapping[str, Any]) -> str:
    scores = [_text(each.get("score") or "") for each in _mappings(document.get("severity"))]
    return next(filter(None, scores), "") or _text(specific.get("severity") or "")


def _url(document: Mapping[str, Any], specific: Mapping[str, Any]) -> str:
    own = specific.get("url")
    urls = [own] if isinstance(own, str) else []
    urls += [_text(each.get("url") or "") for each in _mappings(document.get("references"))]
    return next(filter(_URL.fullmatch, urls), "")


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{json.dumps(value)[:_MOST_SHOWN]} is not a string")
    return value


def _texts(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise TypeError(f"{json.dumps(value)[:_MOST_SHOWN]} is not a list")
    return tuple(map(_text, value))


def _mapping(value: object) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise TypeError(f"{json.dumps(value)[:_MOST_SHOWN]} is not an object")
    return value


def _mappings(value: object) -> list[Mapping[str, Any]]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise TypeError(f"{json.dumps(value)[:_MOST_SHOWN]} is not a list")
    return [_mapping(each) for each in value]
