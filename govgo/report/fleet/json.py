# SPDX-License-Identifier: BSD-3-Clause
"""The summary of a fleet as one JSON document, `govgo.fleet/1` (schema: `schemas/govgo.fleet-1.json`).

Lists have the first thousand entries, `counts` how many there are; the tables beside it have all.
"""

from __future__ import annotations

from govgo.core.fleet.impact import Change, Impact
from govgo.core.fleet.summary import Below, ModuleUse, Summary
from govgo.core.safetext import visible
from govgo.report.document import encode, heading

SCHEMA = "govgo.fleet/1"
_MOST = 1000


def summary_json(summary: Summary) -> str:
    """The document, a newline at its end."""
    lists = {
        "modules": [_module(each) for each in summary.modules[:_MOST]],
        "skew": [_module(each) for each in summary.skewed[:_MOST]],
        "advisories": [
            {**each._asdict(), "aliases": list(each.aliases), "modules": list(each.modules)}
            for each in summary.advisories[:_MOST]
        ],
        "findings": [each._asdict() for each in summary.findings[:_MOST]],
        "licenses": [each._asdict() for each in summary.licenses[:_MOST]],
        "outdated": [each._asdict() for each in summary.outdated[:_MOST]],
    }
    return encode(
        {
            **heading(SCHEMA),
            "summary": [{**each._asdict(), "faults": dict(each.faults)} for each in summary.verbs],
            "counts": {
                "modules": len(summary.modules),
                "skew": len(summary.skewed),
                "advisories": len(summary.advisories),
                "findings": len(summary.findings),
                "licenses": len(summary.licenses),
                "outdated": len(summary.outdated),
            },
            **lists,
            "below": None if summary.below is None else _below(summary.below),
            "impact": None if summary.impact is None else _impact(summary.impact),
            "failures": [
                {"verb": verb, "repository": visible(name), "code": code, "text": visible(text)}
                for verb, name, code, text in summary.failures
            ],
            "errors": [{"text": visible(summary.error)}] if summary.error else [],
        }
    )


def _module(each: ModuleUse) -> dict[str, object]:
    return {**each._asdict(), "versions": [{"version": v, "repositories": count} for v, count in each.versions]}


def _below(below: Below) -> dict[str, object]:
    return {
        "module": below.module,
        "version": below.version,
        "found": [
            {
                "repository": visible(each.repository),
                "main_module": each.main_module,
                "version": each.version,
                "direct": each.is_direct,
                "replaced": each.is_replaced,
            }
            for each in below.found
        ],
    }


def _impact(impact: Impact) -> dict[str, object]:
    return {
        "module": impact.module,
        "version": impact.version,
        "changed": [
            {
                "repository": visible(each.repository),
                "main_module": each.main_module,
                "changes": [_change(change) for change in each.changes],
            }
            for each in impact.changed
        ],
        "others": [{"module": path, "main_modules": count} for path, count in impact.others],
    }


def _change(change: Change) -> dict[str, object]:
    return {"module": change.module, "from": change.before or None, "to": change.after}
