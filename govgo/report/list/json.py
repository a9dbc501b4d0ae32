# SPDX-License-Identifier: BSD-3-Clause
"""Modules as `go list -m -json` prints them.

Field names and their order are those of the `Module` type that `go help list` documents.
"""

from __future__ import annotations

from collections.abc import Collection

from govgo.core.module.info import ModuleInfo, Origin
from govgo.report import gojson

FIELDS = (
    "Path",
    "Version",
    "Query",
    "Versions",
    "Replace",
    "Time",
    "Update",
    "Main",
    "Indirect",
    "Dir",
    "GoMod",
    "GoVersion",
    "Retracted",
    "Deprecated",
    "Error",
    "Sum",
    "GoModSum",
    "Origin",
    "Reuse",
)
"""The fields in the order of printing."""


def module_json(info: ModuleInfo, fields: Collection[str] = ()) -> str:
    """One module as an indented JSON object; no newline at the end.

    Args:
        fields: the only fields to print, as in `-json=Path,Version`; none means all.
    """
    known = module_fields(info)
    if fields:
        known = {name: value for name, value in known.items() if name in fields}
    return gojson.encode(known)


def module_fields(info: ModuleInfo) -> dict[str, gojson.Value]:
    """The fields of a module that are not empty, in order."""
    values: tuple[gojson.Value, ...] = (
        info.path,
        info.version,
        info.query,
        info.versions,
        None if info.replace is None else module_fields(info.replace),
        None if info.time is None else gojson.rfc3339(info.time),
        None if info.update is None else module_fields(info.update),
        info.main,
        info.indirect,
        info.dir,
        info.go_mod,
        info.go_version,
        info.retracted,
        info.deprecated,
        None if info.error is None else {"Err": info.error},
        info.sum,
        info.go_mod_sum,
        None if info.origin is None else origin_fields(info.origin),
        info.reuse,
    )
    pairs = zip(FIELDS, values, strict=True)
    # A pointer to an empty value is printed all the same.
    return {name: value for name, value in pairs if value or isinstance(value, dict)}


def origin_fields(origin: Origin) -> dict[str, gojson.Value]:
    """The fields of a provenance that are not empty, in order."""
    values = {
        "VCS": origin.vcs,
        "URL": origin.url,
        "Subdir": origin.subdir,
        "Hash": origin.hash,
        "TagPrefix": origin.tag_prefix,
        "TagSum": origin.tag_sum,
        "Ref": origin.ref,
        "RepoSum": origin.repo_sum,
    }
    return {name: value for name, value in values.items() if value}
