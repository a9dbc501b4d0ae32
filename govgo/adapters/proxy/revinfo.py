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
from govgo.core.late import late
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
    """Read a .info file. Unknown fields are ignored, names match in any case, and null counts as absent, as in Go.

    Raises:
        InputError: not such a JSON object, an invalid time, or a version with control characters or of more than
            `semver.MAX_LENGTH` characters. The sentences are those of encoding/json.
    """
    from govgo.core.golib.json import kind, unmarshal  # here and below: a warm `list` reads no .info file

    value = unmarshal(data)
    if value is None:
        value = {}
    if not isinstance(value, dict):
        raise InputError(f"json: cannot unmarshal {kind(value)} into Go value of type modfetch.RevInfo")
    version = _text(value, "Version", "RevInfo")
    if not version.isprintable() or len(version) > semver.MAX_LENGTH:
        raise InputError(f"invalid version {quote(version[:100])}")
    when = _field(value, "Time")
    origin = _field(value, "Origin")
    if origin is not None and not isinstance(origin, dict):
        raise InputError(
            f"json: cannot unmarshal {kind(origin)} into Go struct field RevInfo.Origin of type codehost.Origin"
        )
    return RevInfo(
        version,
        None if when is None else parse_time(when),
        origin=None if origin is None else _origin(origin),
    )


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


def _field(value: dict[str, object], name: str) -> object:
    if name in value:
        return value[name]
    lower = name.lower()
    return next((each for key, each in value.items() if key.lower() == lower), None)


def _text(value: dict[str, object], name: str, struct: str) -> str:
    text = _field(value, name)
    if text is None:
        return ""
    if not isinstance(text, str):
        from govgo.core.golib.json import kind

        raise InputError(f"json: cannot unmarshal {kind(text)} into Go struct field {struct}.{name} of type string")
    return _SURROGATE.sub("\ufffd", text)


def _origin(value: dict[str, object]) -> Origin:
    return Origin(**{field: _text(value, name, "Origin") for name, field in _ORIGIN})


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
