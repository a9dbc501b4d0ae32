# SPDX-License-Identifier: BSD-3-Clause
"""go.mod and go.work as the vectors describe them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from govgo.core.modfile import ModFile, ModFileErrors, WorkFile
from govgo.core.modfile.directives import Directive
from govgo.core.module.moduleversion import ModuleVersion

File = ModFile | WorkFile


def text(file: File) -> str:
    """The formatted file, with a lone surrogate for each byte that is not UTF-8."""
    return file.format().decode("utf-8", "surrogateescape")


def parsed(parse: Callable[[], File]) -> tuple[File | None, dict[str, Any]]:
    """The file, and {"file", "format"}; or None, and {"errors"}."""
    try:
        file = parse()
    except ModFileErrors as fault:
        errors = [
            {"line": error.line, "col": error.column, "byte": error.position.byte, "text": str(error)}
            for error in fault.errors
        ]
        return None, {"errors": errors}
    return file, {"file": content(file), "format": text(file)}


def content(file: File) -> dict[str, Any]:
    """The directives by name; names without directives are left out."""
    found: dict[str, Any] = {
        "go": file.go and file.go.version,
        "toolchain": file.toolchain and file.toolchain.name,
        "godebug": [[line.key, line.value] for line in file.godebug],
        "replace": [{"old": _version(r.old), "new": _version(r.new), **_line(r)} for r in file.replace],
    }
    if isinstance(file, WorkFile):
        found["use"] = [{"path": u.path, "module_path": u.module_path, **_line(u)} for u in file.use]
    else:
        found |= _of_mod(file)
    return {name: value for name, value in found.items() if value}


def _of_mod(file: ModFile) -> dict[str, Any]:
    module = file.module
    return {
        "module": module and {"path": module.mod.path, "deprecated": module.deprecated, **_line(module)},
        "require": [
            {**_version(r.mod), **({"indirect": True} if r.indirect else {}), **_line(r)} for r in file.require
        ],
        "exclude": [{**_version(x.mod), **_line(x)} for x in file.exclude],
        "retract": [{"low": r.low, "high": r.high, "rationale": r.rationale, **_line(r)} for r in file.retract],
        "tool": [tool.path for tool in file.tool],
        "ignore": [ignore.path for ignore in file.ignore],
    }


def _version(mv: ModuleVersion) -> dict[str, str]:
    return {"path": mv.path, "version": mv.version}


def _line(record: Directive) -> dict[str, int]:
    return {"line": record.syntax.start.line}
