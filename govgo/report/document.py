# SPDX-License-Identifier: BSD-3-Clause
"""JSON documents of govgo's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Any

import govgo
from govgo.core.findings import Finding, Place
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.safetext import visible
from govgo.errors import ForkError, GovgoError
from govgo.report.gojson import printed, safe

if TYPE_CHECKING:
    from govgo.core.resolution.resolution import Resolution


def encode(document: Mapping[str, Any]) -> str:
    """The document, indented, with a newline at its end."""
    return safe(printed(document, encode_basestring, "  ")) + "\n"


def heading(schema: str) -> dict[str, object]:
    """The members that every document begins with."""
    return {"schema": schema, "tool": {"name": "govgo", "version": govgo.__version__}}


def module_members(mod: ModuleVersion) -> dict[str, object]:
    """The members that name a module version."""
    return {"path": mod.path, "version": mod.version}


def build_members(resolution: Resolution) -> dict[str, object]:
    """The members that name a main module or workspace whose build list is reported."""
    return {
        "kind": resolution.kind,
        "path": resolution.path,
        "directory": resolution.directory,
        "file": resolution.mod_file,
        "go": resolution.go_version,
    }


def module_or_null(mod: ModuleVersion | None) -> dict[str, object] | None:
    """A module version as an object, such as what replaces another one."""
    return None if mod is None else module_members(mod)


def moment(time: datetime | None) -> str | None:
    """RFC 3339 with seconds, null for a time that is not known."""
    return None if time is None else time.isoformat(timespec="seconds")


def place_members(place: Place | None) -> dict[str, object]:
    """The members that say where something stands; null for what is not known."""
    if place is None:
        return {"file": None, "line": None}
    return {"file": place.file, "line": place.line or None}


def finding_entries(findings: Iterable[Finding]) -> list[dict[str, object]]:
    """Findings about modules that have no place in a file."""
    return [
        {
            "code": each.code,
            "verdict": each.verdict.name.lower(),
            "text": each.text,
            "module": module_or_null(each.module),
        }
        for each in findings
    ]


def fault_entries(faults: Iterable[Finding]) -> list[dict[str, object]]:
    """The member `errors` of a report: what kept something from being looked at."""
    return [
        {
            "code": each.code,
            "text": visible(each.text),
            **place_members(each.place),
            "hint": each.hint,
        }
        for each in faults
    ]


def results_document(
    schema: str,
    summary: Mapping[str, object],
    results: Sequence[Mapping[str, object]],
    errors: Iterable[BaseException] = (),
    *,
    entries: Iterable[Mapping[str, object]] = (),
) -> str:
    """The document, with a newline at its end.

    Args:
        schema: its name and version, such as "govgo.sum.head/1".
        summary: counts and verdicts.
        results: one object each.
        errors: what went wrong.
        entries: what else went wrong, as members of `errors` already.
    """
    whole = {
        **heading(schema),
        "summary": summary,
        "results": results,
        "errors": [*(_error_object(error) for error in errors), *entries],
    }
    return encode(whole)


def _error_object(error: BaseException) -> dict[str, object]:
    """An error by its stable code, its sentence and, of a fork, both signed tree heads."""
    code = error.code if isinstance(error, GovgoError) else "bug"
    found: dict[str, object] = {"code": code, "text": str(error)}
    if isinstance(error, ForkError):
        found["notes"] = [note.decode("utf-8", "replace") for note in error.notes]
    return found
