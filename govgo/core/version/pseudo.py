# SPDX-License-Identifier: BSD-3-Clause
"""Pseudo-versions: versions for revisions that no tag names.

    vX.0.0-yyyymmddhhmmss-abcdefabcdef          no version tag before the revision
    vX.Y.Z-pre.0.yyyymmddhhmmss-abcdefabcdef    the tag before it is vX.Y.Z-pre
    vX.Y.(Z+1)-0.yyyymmddhhmmss-abcdefabcdef    the tag before it is vX.Y.Z

So a pseudo-version sorts above the tag before the revision and below the next release. Build metadata ("+incompatible")
of that tag is kept. Times are UTC.

Source of the rules: Go Modules Reference, "Pseudo-versions".
"""

from __future__ import annotations

from govgo.core.golib.quote import quote
from govgo.core.lazyregex import late
from govgo.core.typehints import TYPE_CHECKING
from govgo.core.version import semver
from govgo.errors import InvalidVersionError

if TYPE_CHECKING:
    from datetime import datetime

# Compiled when the first version that may be a pseudo-version is asked about: a build list needs none.
_PSEUDO = late(
    r"(v[0-9]+\.(?:0\.0(?=-)|[0-9]+\.[0-9]+-(?:[^+]*\.)?0(?=\.)))[-.]([0-9]{14})-([A-Za-z0-9]+)"
    r"(\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?\Z"
)


def pseudo_version(major: str, older: str, time: datetime, rev: str) -> str:
    """The pseudo-version of revision `rev` (12 hexadecimal digits) committed at `time`.

    Args:
        major: "v2" for a path that ends in /v2; "" is v0. Used only if there is no older version.
        older: the latest version tag that is an ancestor of the revision, or "".
        time: the commit time; without a time zone it is taken as UTC.
        rev: the short name of the revision.
    """
    segment = f"{_timestamp(time)}-{rev}"
    canonical, build = semver.canonical(older), semver.build(older)
    if canonical == "":
        return f"{major or 'v0'}.0.0-{segment}"
    if semver.prerelease(canonical):
        return f"{canonical}.0.{segment}{build}"
    base, _, patch = canonical.rpartition(".")
    return f"{base}.{_one_more(patch)}-0.{segment}{build}"


def zero_pseudo_version(major: str) -> str:
    """The pseudo-version of no revision, which go writes for a module that is replaced at every version."""
    return f"{major or 'v0'}.0.0-00010101000000-000000000000"


def is_pseudo(v: str) -> bool:
    """Whether `v` has the form of a pseudo-version."""
    return pseudo_timestamp(v) != ""


def pseudo_timestamp(v: str) -> str:
    """The commit time of a pseudo-version as it stands there, yyyymmddhhmmss; "" for another string."""
    match = _PSEUDO.match(v) if v.count("-") >= 2 and semver.is_valid(v) else None
    return "" if match is None else match[2]


def is_zero_pseudo(v: str) -> bool:
    """Whether `v` is the zero pseudo-version of its major version."""
    return v == zero_pseudo_version(semver.major(v))


def pseudo_time(v: str) -> datetime:
    """The commit time of a pseudo-version, in UTC.

    Raises:
        InvalidVersionError: not a pseudo-version, or no such time.
    """
    from datetime import UTC, datetime  # here and below: dear on Python 3.11, and few versions are asked for their time

    _, timestamp, _, _ = _parse(v)
    numbers = [int(timestamp[:4])] + [int(timestamp[i : i + 2]) for i in range(4, 14, 2)]
    try:
        year, month, day, hour, minute, second = numbers
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        raise _fault(v, f"malformed time {quote(timestamp)}") from None


def pseudo_rev(v: str) -> str:
    """The short revision of a pseudo-version.

    Raises:
        InvalidVersionError: not a pseudo-version.
    """
    return _parse(v)[2]


def pseudo_base(v: str) -> str:
    """The tagged version that a pseudo-version follows, "" for the first form.

    Raises:
        InvalidVersionError: not a pseudo-version, or there can be no version before it.
    """
    base, _, _, build = _parse(v)
    pre = semver.prerelease(base)
    if pre == "":
        if build:
            raise _fault(v, f"lacks base version, but has build metadata {quote(build)}")
        return ""
    if pre != "-0":
        return base.removesuffix(".0") + build
    release = base.removesuffix(pre)
    head, _, patch = release.rpartition(".")
    if patch == "0":
        raise _fault(v, f"version before {release} would have negative patch number")
    return f"{head}.{semver.one_less(patch)}{build}"


def _parse(v: str) -> tuple[str, str, str, str]:
    """(base, timestamp, revision, build metadata): the base is vX.0.0, vX.Y.Z-0 or vX.Y.Z-pre.0."""
    match = _PSEUDO.match(v)
    if match is None or not semver.is_valid(v):
        raise _fault(v, "syntax error")
    return match[1], match[2], match[3], match[4] or ""


def _fault(v: str, reason: str) -> InvalidVersionError:
    text = f"pseudo-version {quote(v)} invalid: {reason}"
    return InvalidVersionError(text, version=v, reason=reason, is_pseudo=True)


def _timestamp(time: datetime) -> str:
    """yyyymmddhhmmss in UTC; four digits of year where strftime gives fewer."""
    from datetime import UTC

    if time.tzinfo is not None:
        time = time.astimezone(UTC)
    return f"{time.year:04d}{time:%m%d%H%M%S}"


def _one_more(digits: str) -> str:
    """The decimal number after `digits`, of any length."""
    kept = digits.rstrip("9")
    nines = len(digits) - len(kept)
    if not kept:
        return "1" + "0" * nines
    return kept[:-1] + str(int(kept[-1]) + 1) + "0" * nines
