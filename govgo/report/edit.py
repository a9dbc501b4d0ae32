# SPDX-License-Identifier: BSD-3-Clause
"""go.mod and go.work as `go mod edit -json` and `go work edit -json` print them.

Field names and their order are those that `go help mod edit` and `go help work edit` document; as in go, the debug
settings come out as "GoDebug", and go.work's toolchain and debug settings do not come out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from govgo.core.modfile import ModFile, Replace, WorkFile
from govgo.core.module.moduleversion import ModuleVersion
from govgo.report import gojson

_Fields = dict[str, gojson.Value]


def mod_json(file: ModFile) -> str:
    """A go.mod as an indented JSON object with a newline at its end."""
    module: _Fields = {"Path": ""}
    if file.module is not None:
        module = {"Path": file.module.mod.path, **_filled(Deprecated=file.module.deprecated)}
    fields: _Fields = {
        "Module": module,
        **_filled(
            Go=file.go.version if file.go is not None else "",
            Toolchain=file.toolchain.name if file.toolchain is not None else "",
            GoDebug=[{"Key": line.key, "Value": line.value} for line in file.godebug],
        ),
        "Require": _array({**_version(line.mod), **_filled(Indirect=line.indirect)} for line in file.require),
        "Exclude": _array(_version(line.mod) for line in file.exclude),
        "Replace": _replaces(file.replace),
        "Retract": _array(_filled(Low=line.low, High=line.high, Rationale=line.rationale) for line in file.retract),
        "Tool": _array({"Path": line.path} for line in file.tool),
        "Ignore": _array({"Path": line.path} for line in file.ignore),
    }
    return gojson.encode(fields) + "\n"


def work_json(file: WorkFile) -> str:
    """A go.work as an indented JSON object with a newline at its end."""
    fields: _Fields = {
        **_filled(Go=file.go.version if file.go is not None else ""),
        "Use": _array({"DiskPath": line.path, **_filled(ModPath=line.module_path)} for line in file.use),
        "Replace": _replaces(file.replace),
    }
    return gojson.encode(fields) + "\n"


def _filled(**fields: gojson.Value) -> _Fields:
    """The fields that are not empty."""
    return {name: value for name, value in fields.items() if value}


def _array(items: Iterable[Mapping[str, gojson.Value]]) -> gojson.Value:
    """The items, or null where there are none."""
    return list(items) or None


def _version(mv: ModuleVersion) -> _Fields:
    return {"Path": mv.path, **_filled(Version=mv.version)}


def _replaces(lines: Iterable[Replace]) -> gojson.Value:
    return _array({"Old": _version(line.old), "New": _version(line.new)} for line in lines)
