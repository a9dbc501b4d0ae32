# SPDX-License-Identifier: BSD-3-Clause
"""JSON documents of govgo's own."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

import govgo
from govgo.core.findings import Finding
from govgo.core.foreign import visible
from govgo.report.gojson import safe


def encode(document: Mapping[str, object]) -> str:
    """The document, indented, with a newline at its end."""
    return safe(json.dumps(document, indent=2, ensure_ascii=False)) + "\n"


def heading(schema: str) -> dict[str, object]:
    """The members that every document begins with."""
    return {"schema": schema, "tool": {"name": "govgo", "version": govgo.__version__}}


def fault_entries(faults: Iterable[Finding]) -> list[dict[str, object]]:
    """The member `errors` of a report: what kept something from being looked at."""
    return [
        {
            "code": each.code,
            "text": visible(each.text),
            "file": None if each.place is None else each.place.file,
            "line": None if each.place is None or not each.place.line else each.place.line,
            "hint": each.hint,
        }
        for each in faults
    ]
