# SPDX-License-Identifier: BSD-3-Clause
"""The JSON of .info files and of @latest answers, read as Go's encoding/json reads it and printed as go keeps it.

    {"Version":"v1.2.3","Time":"2024-05-06T07:08:09Z","Origin":{"VCS":"git",…}}

Source: the Go Modules Reference, "GOPROXY protocol"; cmd/go's modfetch.RevInfo and codehost.Origin.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from govgo.core.golib.quote import quote
from govgo.core.lazyregex import late
from govgo.core.module.info import Origin
from govgo.core.version import semver
from govgo.core.version.pseudo import is_pseudo
from govgo.errors import Failure, InputError
from govgo.ports.modules import RevInfo

if TYPE_CHECKING:
    from govgo.adapters.modcache.cache import ModCache

_TIME = late(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:[.,](\d+))?(Z|[+-]\d\d:\d\d)\Z", re.ASCII)
# Half of a pair of \u escapes, which stands for no character: encoding/json puts U+FFFD in its place.
_SURROGATE = late("[\ud800-\udfff]")
_ZERO = "0001-01-01T00:00:00Z"
_ORIGIN = (
    ("VCS", "vcs"),
    ("URL", "url"),
    ("Subdir", "subdir"),
    ("Hash", "hash"),
    ("TagPrefix", "tag_prefix"),
    ("TagSum", "tag_sum"),
    ("Ref", "ref"),
    ("RepoSum", "repo_sum"),
)


def parse_info(data: bytes) -> RevInfo:
    """Read a .info file as encoding/json does.

    Unknown members are ignored, and names match in any case. Of several members for one field the last counts, but null
    changes no text and no time. A member of a wrong type is told at the end, if nothing worse follows.

    Raises:
        InputError: not such a JSON object, an invalid time, or a version with control characters or of more than
            `semver.MAX_LENGTH` characters. The sentences are those of encoding/json.
    """
    from govgo.core.golib.json import kind, unmarshal  # here and below: a warm `list` reads no .info file

    members = unmarshal(data, tuple)
    if members is None:
        members = ()
    if not isinstance(members, tuple):
        raise InputError(f"json: cannot unmarshal {kind(members)} into Go value of type modfetch.RevInfo")
    texts: dict[str, str] = {}
    origin: dict[str, str] | None = None
    time: datetime | None = None
    faults: list[str] = []
    for name, value in members:
        field = _folded(name)
        if field == "version":
            _put(texts, field, value, "RevInfo.Version", faults)
        elif field == "time" and value is not None:
            time = parse_time(value)
        elif field == "origin" and isinstance(value, tuple):
            origin = origin or {}
            _put_origin(origin, value, faults)
        elif field == "origin":
            origin = None
            if value is not None:
                faults.append(_wrong_kind(value, "RevInfo.Origin", "codehost.Origin"))
    if faults:
        raise InputError(faults[0])
    version = texts.get("version", "")
    if not version.isprintable() or len(version) > semver.MAX_LENGTH:
        raise InputError(f"invalid version {quote(version[:100])}")
    return RevInfo(version, time, origin=None if origin is None else Origin(**origin))


def format_info(info: RevInfo) -> bytes:
    """Print a .info file as go keeps it: without name and short name, and without empty parts of the origin."""
    parts = [f'"Version":{_go_json(info.version)}', f'"Time":"{format_time(info.time)}"']
    if info.origin is not None:
        fields = [f'"{name}":{_go_json(text)}' for name, field in _ORIGIN if (text := getattr(info.origin, field))]
        parts.append('"Origin":{' + ",".join(fields) + "}")
    return ("{" + ",".join(parts) + "}").encode()


def for_cache(info: RevInfo) -> RevInfo:
    """`info` as it is kept: without what may change while the version stays the same.

    That is the sums over all tags and refs, and the branch of a pseudo-version (cmd/go/internal/modfetch, cachingRepo).
    """
    if info.origin is None:
        return info
    origin = info.origin._replace(tag_sum="", tag_prefix="", repo_sum="")
    return info._replace(origin=origin._replace(ref="") if is_pseudo(info.version) else origin)


def parse_time(value: object) -> datetime | None:
    """An RFC 3339 time as Go reads it; None for Go's zero time.

    Raises:
        InputError: not one.
    """
    from govgo.core.golib.time import parse_rfc3339

    if not isinstance(value, str):
        raise InputError("Time.UnmarshalJSON: input is not a JSON string")
    time = parse_rfc3339(value)
    return None if canonical_time(value) == _ZERO else time


def canonical_time(text: str) -> str:
    """A valid RFC 3339 time as Go prints it: no trailing zeros in the fraction, Z for UTC."""
    found = _TIME.match(text)
    if found is None:
        return ""
    day, clock, fraction, zone = found.groups()
    fraction = (fraction or "")[:9].rstrip("0")
    return f"{day}T{clock}{'.' + fraction if fraction else ''}{'Z' if zone[1:] == '00:00' else zone}"


def format_time(time: datetime | None) -> str:
    """A time as Go prints it in JSON (RFC 3339, the fraction as long as needed); None is Go's zero time."""
    if time is None:
        return _ZERO
    if time.utcoffset() is None:
        time = time.replace(tzinfo=UTC)
    from govgo.core.golib.time import nanosecond

    whole = time.replace(microsecond=0).isoformat()
    return canonical_time(f"{whole[:19]}.{nanosecond(time):09d}{whole[19:]}")


def _folded(name: str) -> str:
    """A name such that two are equal if, and only if, they differ in case alone; of ASCII where one of them is."""
    return name.lower().replace("\u017f", "s")  # the one character beside capitals that folds to a letter of ASCII


def _put_origin(origin: dict[str, str], members: tuple[tuple[str, object], ...], faults: list[str]) -> None:
    names = {_folded(name): (name, field) for name, field in _ORIGIN}
    for member, value in members:
        name, field = names.get(_folded(member), ("", ""))
        if field:
            _put(origin, field, value, f"Origin.Origin.{name}", faults)


def _put(texts: dict[str, str], field: str, value: object, shown: str, faults: list[str]) -> None:
    """Set a field to the text that a member has."""
    if isinstance(value, str):
        texts[field] = _SURROGATE.sub("\ufffd", value)
    elif value is not None:
        faults.append(_wrong_kind(value, shown, "string"))


def _wrong_kind(value: object, field: str, wanted: str) -> str:
    from govgo.core.golib.json import kind

    return f"json: cannot unmarshal {kind(value)} into Go struct field {field} of type {wanted}"


def _go_json(text: str) -> str:
    """A JSON string as Go prints it: <, > and & escaped as well."""
    import json

    out = json.dumps(text, ensure_ascii=False)
    for char, escape in (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026")):
        out = out.replace(char, escape)
    return out.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def cached_info(cache: ModCache, path: str, rev: str, *, by_hash: bool = False) -> RevInfo | None:
    """The cached .info of a version; None where there is none that can be read, for it can be fetched again.

    Args:
        cache: where to look.
        path: of the module.
        rev: the version.
        by_hash: `rev` may also be a commit, or the beginning of its hash: look at the pseudo-versions in the cache.
    """
    data = cache.read_info(path, rev)
    if data is None and by_hash:
        found = cache.find_info(path, rev)
        data = found[1] if found is not None else None
    if data is None:
        return None
    try:
        return parse_info(data)
    except Failure:
        return None
