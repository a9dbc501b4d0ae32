# SPDX-License-Identifier: BSD-3-Clause
"""Answers of an earlier run (`-reuse`): read them, and find out whether they still hold.

Rules: `go help list` and `go help mod download`, flag -reuse; cmd/go's Origin.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from govgo.core.module import paths
from govgo.core.module.info import ModuleInfo, Origin
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.module.versionquery import is_revision_query
from govgo.errors import DiskError, InputError
from govgo.ports.modules import ModuleRepo

if TYPE_CHECKING:
    from govgo.load.session.session import Session


def is_reusable(repo: ModuleRepo, path: str, query: str, origin: Origin | None) -> bool:
    """Whether an earlier answer to `path@query`, which depended on `origin`, still holds."""
    if origin is None or not origin_covers(path, query, origin):
        return False
    return repo.check_reuse(path, origin)


def origin_covers(path: str, query: str, origin: Origin) -> bool:
    """Whether `origin` says enough to check an answer to `query`.

    A sum over the whole repository always does. A canonical version never changes, so that its commit, its ref or the
    tags will do. A revision by name takes the commit or ref, and the tags, from which its version follows. All other
    queries depend on the tags alone.
    """
    if origin.repo_sum:
        return True
    if query == paths.canonical_version(query):
        return bool(origin.hash or origin.ref or origin.tag_sum)
    if is_revision_query(path, query) and not (origin.hash or origin.ref):
        return False
    return bool(origin.tag_sum)


def read_reuse(session: Session, name: str) -> dict[ModuleVersion, ModuleInfo]:
    """The modules of an earlier run's JSON output, by version and by query; those without an origin do not count.

    Args:
        name: the file, relative to the working directory.

    Raises:
        DiskError: it cannot be read.
        InputError: it is no such output.
    """
    file = session.absolute(name)
    try:
        data = session.files.read(file)
    except DiskError as error:
        raise DiskError(str(error).replace(file, name), path=name) from error
    if data is None:
        raise DiskError(f"open {name}: no such file or directory", path=name)
    from govgo.core.golib.json import stream

    known = {}
    try:
        for value in stream(data):
            info = _module({} if value is None else _struct(value, "ModulePublic", ""))
            if info.origin is not None:
                known[ModuleVersion(info.path, info.version)] = info
                if info.query:
                    known[ModuleVersion(info.path, info.query)] = info
    except InputError as error:
        raise InputError(f"parsing {name}: {error}") from None
    return known


_STRINGS = "[]string"
_FIELDS: dict[str, dict[str, str]] = {
    "ModulePublic": {
        **dict.fromkeys(("Path", "Version", "Query", "Dir", "GoMod", "GoVersion", "Deprecated", "Sum"), "string"),
        **dict.fromkeys(("Main", "Indirect", "Reuse"), "bool"),
        **dict.fromkeys(("Versions", "Retracted"), _STRINGS),
        **dict.fromkeys(("Replace", "Update"), "ModulePublic"),
        "GoModSum": "string",
        "Time": "time",
        "Error": "ModuleError",
        "Origin": "Origin",
    },
    "ModuleError": {"Err": "string"},
    "Origin": dict.fromkeys(("VCS", "URL", "Subdir", "Hash", "TagPrefix", "TagSum", "Ref", "RepoSum"), "string"),
}
"""The structs of cmd/go/internal/modinfo and codehost by the names of their fields."""
_GO_NAMES = {
    "ModulePublic": "modinfo.ModulePublic",
    "ModuleError": "modinfo.moduleErrorNoMethods",
    "Origin": "codehost.Origin",
}


def _struct(value: object, struct: str, path: str) -> dict[str, Any]:
    """The fields of a JSON value that is to be a Go struct, by Go's names; unknown ones and nulls are left out.

    Args:
        value: as it was read.
        struct: the name of the struct.
        path: the fields that lead to it, "" for the whole value.

    Raises:
        InputError: a value of another type, in the words of encoding/json.
    """
    from govgo.core.golib.json import kind

    outer = "Origin" if struct == "Origin" else "ModulePublic"
    if not isinstance(value, dict):
        what = f"struct field ModulePublic.{path}" if path else "value"
        raise InputError(f"json: cannot unmarshal {kind(value)} into Go {what} of type {_GO_NAMES[struct]}")
    names = {name.lower(): name for name in _FIELDS[struct]}
    fields: dict[str, Any] = {}
    for key, each in value.items():
        name = names.get(key.lower())
        if name is not None and each is not None:
            place = f"{path}.{name}" if path else name
            fields[name] = _value(each, _FIELDS[struct][name], place, f"{outer}.{place}")
    return fields


def _value(value: object, go_type: str, path: str, shown: str) -> Any:
    """One field of a struct, checked; `shown` is its name in sentences."""
    from govgo.core.golib.json import kind
    from govgo.core.golib.time import parse_rfc3339

    if go_type == "time":
        if not isinstance(value, str):
            raise InputError("Time.UnmarshalJSON: input is not a JSON string")
        return parse_rfc3339(value)
    if go_type == "ModuleError" and isinstance(value, str):
        return {"Err": value}  # the output of `mod download -json`
    if go_type in _FIELDS:
        return _struct(value, go_type, path)
    wanted = {"string": str, "bool": bool, _STRINGS: list}[go_type]
    if not isinstance(value, wanted):
        raise InputError(f"json: cannot unmarshal {kind(value)} into Go struct field {shown} of type {go_type}")
    if isinstance(value, list):
        return tuple(_value(each, "string", path, shown) for each in value if each is not None)
    return value


def _module(fields: Mapping[str, Any]) -> ModuleInfo:
    error, origin = fields.get("Error"), fields.get("Origin")
    return ModuleInfo(
        path=fields.get("Path", ""),
        version=fields.get("Version", ""),
        query=fields.get("Query", ""),
        versions=fields.get("Versions", ()),
        time=fields.get("Time"),
        dir=fields.get("Dir", ""),
        go_mod=fields.get("GoMod", ""),
        go_version=fields.get("GoVersion", ""),
        retracted=fields.get("Retracted", ()),
        deprecated=fields.get("Deprecated", ""),
        error=None if error is None else error.get("Err", ""),
        sum=fields.get("Sum", ""),
        go_mod_sum=fields.get("GoModSum", ""),
        origin=None if origin is None else _origin(origin),
        reuse=True,
    )


def _origin(fields: Mapping[str, str]) -> Origin:
    return Origin(
        vcs=fields.get("VCS", ""),
        url=fields.get("URL", ""),
        subdir=fields.get("Subdir", ""),
        hash=fields.get("Hash", ""),
        tag_prefix=fields.get("TagPrefix", ""),
        tag_sum=fields.get("TagSum", ""),
        ref=fields.get("Ref", ""),
        repo_sum=fields.get("RepoSum", ""),
    )
