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
from collections.abc import Mapping
from typing import Any

from govgo.core.advisory.ranges import EVERY, Affected, bare_version, ranges_of
from govgo.core.lazyregex import late
from govgo.core.records import NamedTuple
from govgo.core.safetext import one_line, why_malformed
from govgo.errors import InputError

STDLIB, TOOLCHAIN = "stdlib", "toolchain"
"""What stands for the standard library and for the go command in place of a module path."""

_ECOSYSTEM = "Go"
_MOST_SHOWN = 80
"""Characters of a value in an error."""
_URL = late(
    r"https?://(?:[\w.~:/?@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+(?:#(?:[\w.~:/?@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)?", re.ASCII
)
"""What may stand as a link in any format (RFC 3986); authors write others, too."""


class AdvisoryError(InputError):
    """A file is not an advisory in the OSV format."""

    code = "malformed-advisory"


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
        for each in ranges_of(_events(described))
    ]
    versions = tuple(bare_version(each) for each in _texts(affected.get("versions")))
    return Affected(
        path=_text(_mapping(affected.get("package"))["name"]),
        ranges=tuple(ranges) if ranges or versions else (EVERY,),
        versions=versions,
        packages=tuple(path for each in imports if (path := _text(each.get("path") or ""))),
    )


def _events(described: Mapping[str, Any]) -> list[tuple[str, str]]:
    events = _mappings(described.get("events"))
    return [(_text(version).removeprefix("v"), kind) for event in events for kind, version in event.items()]


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
