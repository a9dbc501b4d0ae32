# SPDX-License-Identifier: BSD-3-Clause
"""An audit in Markdown, for the comment of a pull request or a job's summary."""

from __future__ import annotations

from govgo.core.advisory.auditresult import Audit
from govgo.core.advisory.findings import chain_text, subject
from govgo.report.audit.fixes import fix_lines
from govgo.report.audit.text import closing, database_text, hints, policy_notes, unmatched_notes
from govgo.report.markdown import document, fenced, plain

MOST_ROWS = 200
"""A comment may have 65,536 characters, and a row takes some 300."""


def audit_markdown(run: Audit, *, diffs: bool) -> str:
    """The report, a newline at its end; with the unified diffs of a dry run if `diffs`."""
    found = list(run.exposures())
    lines = ["## govgo audit", "", f"**{plain(closing(run))}**"]
    if found:
        lines += ["", "| vulnerability | module | fixed in | needed by |", "| --- | --- | --- | --- |"]
    for _, exposure in found[:MOST_ROWS]:
        vulnerability = exposure.vulnerability
        first = vulnerability.advisories[0]
        name = plain(" ".join((vulnerability.id, *vulnerability.aliases)))
        needed = " ⇒ ".join(plain(each) for each in chain_text(exposure)) if exposure.chain else ""
        cells = (
            f"{name}<br>{plain(first.summary)}" if first.summary else name,
            plain(subject(exposure)),
            plain(vulnerability.fixed_in or "no fix is known"),
            needed or plain(str(exposure.place or "")),
        )
        lines.append(f"| {' | '.join(cells)} |")
    if len(found) > MOST_ROWS:
        lines += ["", f"… and {len(found) - MOST_ROWS:,} more, in the other formats."]
    for module in run.modules:
        lines += [f"- {plain(note)}" for note in (*policy_notes(module), *unmatched_notes(module))]
    fixes = [*fix_lines(run, diffs=diffs)]
    if fixes:
        lines += ["", "### Fix", "", *fenced(fixes, "diff" if diffs else "text")]
    lines += [line for hint in hints(run) if hint for line in ("", plain(hint))]
    for fault in run.faults:
        lines += ["", f"⚠️ {plain(f'{fault.place}: {fault.text}' if fault.place is not None else fault.text)}"]
    lines += ["", *(f"- {plain(database_text(each, run.now))}" for each in run.databases)]
    return document(lines)
