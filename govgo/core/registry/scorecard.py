# SPDX-License-Identifier: BSD-3-Clause
"""The scorecard of a version: named rules, each with what it found and the evidence. No number is made of them.

A rule is held ("yes"), not held ("no"), or nobody here can tell ("unknown"); the last is never counted as one of the
others. What the thresholds are stands in the text of the rule.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from govgo.core.licenses.texts import declaring
from govgo.core.records import NamedTuple
from govgo.core.registry.facts import PROVED, REFUSED, UNCOVERED, VersionFacts
from govgo.core.version import semver
from govgo.core.version.pseudo import is_pseudo

YES, NO, UNKNOWN = "yes", "no", "unknown"

SETTLED_DAYS = 7
"""Malicious versions are mostly found within days."""
KEPT_UP_DAYS = 730
_DAY_S = 86400.0


class Point(NamedTuple):
    """A rule applied.

    Attributes:
        rule: its name, in POINTS.
        verdict: YES, NO or UNKNOWN.
        evidence: what was found, for people; it has text of strangers.
    """

    rule: str
    verdict: str
    evidence: str


_Finding = tuple[str, str]


def _log(facts: VersionFacts, _: float) -> _Finding:
    check = facts.row.log
    states = (check.gomod, check.zip) if "zip" in facts.row.files else (check.gomod,)
    if REFUSED in states:
        return NO, check.text
    return (YES if all(state == PROVED for state in states) else UNKNOWN), check.text


def _covered(facts: VersionFacts, _: float) -> _Finding:
    check = facts.row.log
    if check.gomod == UNCOVERED:
        return NO, check.text
    return YES, f"{check.database} is asked about this module"


def _tagged(facts: VersionFacts, _: float) -> _Finding:
    version = facts.row.version
    if is_pseudo(version):
        return NO, f"{version} is a pseudo-version: it names a commit without a tag"
    if semver.prerelease(version):
        return NO, f"{version} is a pre-release"
    return YES, f"{version} is a tagged release"


def _stands(facts: VersionFacts, _: float) -> _Finding:
    if not facts.deciding:
        return UNKNOWN, "no go.mod is stored that could retract it"
    said = f"by the go.mod of {facts.deciding}, the newest that is stored"
    if facts.row.retracted is None:
        return YES, f"not retracted {said}"
    return NO, f"retracted {said}: {facts.row.retracted or 'no reason is given'}"


def _recommended(facts: VersionFacts, _: float) -> _Finding:
    if not facts.deciding:
        return UNKNOWN, "no go.mod is stored that could deprecate the module"
    said = f"by the go.mod of {facts.deciding}, the newest that is stored"
    if not facts.module.deprecated:
        return YES, f"the module is not deprecated {said}"
    return NO, f"the module is deprecated {said}: {facts.module.deprecated}"


def _newest(facts: VersionFacts, _: float) -> _Finding:
    if facts.row.version == facts.module.newest:
        return YES, "no higher release that stands is known here"
    return NO, f"{facts.module.newest} is the version to take"


def _advisories(facts: VersionFacts, _: float) -> _Finding:
    if facts.vulnerabilities:
        return NO, "known: " + ", ".join(each.id for each in facts.vulnerabilities)
    state = facts.advisories
    if not state.sources:
        return UNKNOWN, "not looked up: this server has no source of advisories"
    if not state.is_known:
        return UNKNOWN, f"not looked up: {state.fault}" if state.fault else "not looked up yet"
    return YES, f"none in {', '.join(state.sources)}, asked {_day(state.asked)}"


def _licensed(facts: VersionFacts, _: float) -> _Finding:
    found = facts.zip
    if found is None:
        return UNKNOWN, facts.zip_note
    legal = declaring(found.texts)
    if found.license:
        return YES, f"{found.license}, by {', '.join(each.name for each in legal)}"
    if not legal:
        return NO, "the zip has no licence file in its root directory"
    if not found.matcher:
        return UNKNOWN, f"the zip has {', '.join(each.name for each in legal)}, and nothing here can match its text"
    return NO, "; ".join(f"{each.name} is not a known licence" for each in legal if not each.expression)


def _module_file(facts: VersionFacts, _: float) -> _Finding:
    if facts.row.version.endswith("+incompatible"):
        return NO, "a version that is marked +incompatible has no go.mod that counts"
    if facts.zip is not None:
        return (YES, "the zip has a go.mod") if facts.zip.has_gomod else (NO, "the zip has no go.mod: one was made up")
    if facts.go_version is None:
        return UNKNOWN, "the go.mod is not stored"
    if facts.go_version:
        return YES, f"the go.mod states go {facts.go_version}"
    return UNKNOWN, f"the go.mod has no go line, as one that was made up; {facts.zip_note}"


def _source(facts: VersionFacts, _: float) -> _Finding:
    origin = facts.origin
    if origin is None or not origin.url:
        return UNKNOWN, "the .info says nothing of where the version came from"
    if not origin.hash:
        return NO, f"{origin.vcs} {origin.url}, without a commit"
    return YES, f"{origin.vcs} {origin.url}, commit {origin.hash}"


def _settled(facts: VersionFacts, now: float) -> _Finding:
    if facts.row.time is None:
        return UNKNOWN, "no .info is stored that says when it was made"
    days = max(0, int((now - facts.row.time) / _DAY_S))
    return (YES if days >= SETTLED_DAYS else NO), f"made {_day(facts.row.time)}, {_days(days)} ago"


def _kept_up(facts: VersionFacts, now: float) -> _Finding:
    if facts.module.newest_time is None:
        return UNKNOWN, "no .info is stored that says when the newest version was made"
    days = max(0, int((now - facts.module.newest_time) / _DAY_S))
    when = f"{facts.module.newest} was made {_day(facts.module.newest_time)}, {_days(days)} ago"
    return (YES if days <= KEPT_UP_DAYS else NO), when


def _used(facts: VersionFacts, _: float) -> _Finding:
    module = facts.module
    if not module.required_by:
        return NO, "no stored module requires it in its newest version"
    return (
        YES,
        f"stored modules that require it in their newest version: {module.required_by:,}, {module.direct:,} directly",
    )


_POINTS: Mapping[str, tuple[str, Callable[[VersionFacts, float], _Finding]]] = {
    "log-proved": ("The stored files are those of the checksum database's log.", _log),
    "log-covered": ("The checksum database is asked about the module.", _covered),
    "tagged-release": ("The version is a tagged release.", _tagged),
    "not-retracted": ("The author has not taken the version back.", _stands),
    "not-deprecated": ("The author still recommends the module.", _recommended),
    "newest": ("No higher release is known here.", _newest),
    "no-advisories": ("No advisory is known against the version.", _advisories),
    "licence-known": ("The licence is known.", _licensed),
    "go-mod": ("The author wrote a go.mod.", _module_file),
    "source-named": ("The commit that it was made of is known.", _source),
    "settled": (f"The version is at least {SETTLED_DAYS} days old.", _settled),
    "kept-up": (f"The newest version known here is at most {KEPT_UP_DAYS} days old.", _kept_up),
    "used": ("Other stored modules require the module.", _used),
}
POINTS: Mapping[str, str] = {name: text for name, (text, _) in _POINTS.items()}
"""What each rule demands, by its name."""


def scorecard(facts: VersionFacts, now: float) -> tuple[Point, ...]:
    """Every rule, applied to a version at a time."""
    return tuple(Point(name, *apply(facts, now)) for name, (_, apply) in _POINTS.items())


def _day(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).date().isoformat()


def _days(days: int) -> str:
    return "1 day" if days == 1 else f"{days:,} days"
