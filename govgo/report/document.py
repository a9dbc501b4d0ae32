# SPDX-License-Identifier: BSD-3-Clause
"""JSON documents of govgo's own."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

import govgo
from govgo.core.findings import Finding, Place
from govgo.core.foreign import visible
from govgo.report.gojson import safe


def encode(document: Mapping[str, object]) -> str:
    """The document, indented, with a newline at its end."""
    return safe(json.dumps(document, indent=2, ensure_ascii=False)) + "\n"


def heading(schema: str) -> dict[str, object]:
    """The members that every document begins with."""
    return {"schema": schema, "tool": {"name": "govgo", "version": govgo.__version__}}


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
