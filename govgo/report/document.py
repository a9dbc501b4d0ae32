# SPDX-License-Identifier: BSD-3-Clause
"""JSON documents of govgo's own."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime

import govgo
from govgo.core.findings import Finding, Place
from govgo.core.foreign import visible
from govgo.core.module.moduleversion import ModuleVersion
from govgo.report.gojson import safe


def encode(document: Mapping[str, object]) -> str:
    """The document, indented, with a newline at its end."""
    return safe(json.dumps(document, indent=2, ensure_ascii=False)) + "\n"


def heading(schema: str) -> dict[str, object]:
    """The members that every document begins with."""
    return {"schema": schema, "tool": {"name": "govgo", "version": govgo.__version__}}


def module_members(mod: ModuleVersion) -> dict[str, object]:
    """The members that name a module version."""
    return {"path": mod.path, "version": mod.version}


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
