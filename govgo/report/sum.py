# SPDX-License-Identifier: BSD-3-Clause
"""What `govgo sum` tells, as one JSON document: schema, tool, summary, results, errors; additive changes only."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

import govgo
from govgo.errors import ForkError, GovgoError


def document(
    schema: str,
    summary: Mapping[str, object],
    results: Sequence[Mapping[str, object]],
    errors: Iterable[BaseException] = (),
) -> str:
    """The document, without a newline at its end.

    Args:
        schema: its name and version, such as "govgo.sum.head/1".
        summary: counts and verdicts.
        results: one object each.
        errors: what went wrong.
    """
    whole = {
        "schema": schema,
        "tool": {"name": "govgo", "version": govgo.__version__},
        "summary": summary,
        "results": results,
        "errors": [error_object(error) for error in errors],
    }
    return json.dumps(whole, indent=2, ensure_ascii=False)


def error_object(error: BaseException) -> dict[str, object]:
    """An error by its stable code, its sentence and, of a fork, both signed tree heads."""
    code = error.code if isinstance(error, GovgoError) else "bug"
    found: dict[str, object] = {"code": code, "text": str(error)}
    if isinstance(error, ForkError):
        found["notes"] = [note.decode("utf-8", "replace") for note in error.notes]
    return found
