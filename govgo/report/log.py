# SPDX-License-Identifier: BSD-3-Clause
"""The results of `govgo log`, as text and as one JSON document."""

from __future__ import annotations

from govgo.core.log.result import LogRun
from govgo.core.sumdb.tlog import format_hash
from govgo.report.document import encode, heading
from govgo.report.findings.json import found_members
from govgo.report.findings.text import styled_report
from govgo.report.style import Style


def log_text(run: LogRun, style: Style) -> str:
    """What was counted, then the findings."""
    counted = ", ".join(f"{_shown(name, count)}" for name, count in run.counts)
    return f"{run.database}: tree {run.tree_size}; {counted}\n{styled_report(run, style)}"


def _shown(name: str, count: int) -> str:
    if name.endswith("_bytes"):
        return f"{name.removesuffix('_bytes')} {count / 1e6:,.1f} MB"
    return f"{count:,} {name.replace('_', ' ')}"


def log_json(run: LogRun) -> str:
    """The document: `govgo.log.sync/1` or `govgo.log.audit/1`, also of a run that failed."""
    summary, entries = found_members(run)
    del summary["modules"]
    summary = {
        **summary,
        "database": run.database,
        "tree_size": run.tree_size,
        "tree_hash": format_hash(run.tree_hash) if run.tree_hash else None,
        "counts": dict(run.counts),
    }
    return encode({**heading(f"govgo.{run.verb.replace(' ', '.')}/1"), "summary": summary, **entries})
