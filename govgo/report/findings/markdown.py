# SPDX-License-Identifier: BSD-3-Clause
"""A run in Markdown, for a pull request's comment or a job's summary.

Nothing that comes from files or servers can leave its cell or code block (GitHub Flavored Markdown).
"""

from __future__ import annotations

from collections.abc import Iterable

from govgo.core.findings import ClaimResult, Finding, ModuleReport, Run, Verdict, Verification, all_findings
from govgo.report.findings.hints import hint_text
from govgo.report.findings.text import body_lines, closing
from govgo.report.markdown import document, fenced, plain

_MARKS = {
    Verdict.PASSED: "✅ passed",
    Verdict.FINDING: "❌ failed",
    Verdict.UNCHECKED: "⚠️ not checked",
    Verdict.CONTRADICTION: "🛑 contradiction",
}
_SIGNS = {verdict: mark.partition(" ")[0] for verdict, mark in _MARKS.items()} | {Verdict.PASSED: "ℹ️"}

MOST_SHOWN, MOST_CHARACTERS = 50, 60_000
"""Findings that are shown in full, and how much they may take: comments have a limit of 65,536 characters."""


def markdown_report(run: Run, facts: Iterable[str] = ()) -> str:
    """The report, a newline at its end; `facts` are lines of Markdown that stand before the findings."""
    lines = [f"## govgo {run.verb}", "", f"**{plain(closing(run))}**"]
    if isinstance(run, Verification):
        lines += _claims(run)
    facts = list(facts)
    lines += ["", *facts] if facts else []
    findings = list(all_findings(run))
    hints: set[str] = set()
    shown, left = 0, MOST_CHARACTERS - sum(len(line) + 1 for line in lines)
    for module_or_none, finding in findings[:MOST_SHOWN]:
        hint = hint_text(finding, run.here, module_or_none)
        block = _finding(run, module_or_none, finding, with_hint=hint not in hints)
        left -= sum(len(line) + 1 for line in block)
        if left < 0 and shown:
            break
        hints.add(hint)
        lines += block
        shown += 1
    if len(findings) > shown:
        lines += ["", f"… and {len(findings) - shown:,} more."]
    return document(lines)


def _claims(run: Verification) -> list[str]:
    lines = ["", "| module | claim | result | details |", "| --- | --- | --- | --- |"]
    for module in run.modules:
        lines += [_row(module, result) for result in module.claims]
    if run.tree_size:
        lines += ["", f"Proved in tree {run.tree_size} of {plain(run.database or 'the proof bundle')}, signature ok."]
    return lines


def _row(module: ModuleReport, result: ClaimResult) -> str:
    mark = "not applicable" if result.note and result.verdict is Verdict.PASSED else _MARKS[result.verdict]
    counts = ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in result.counts if number)
    return f"| {plain(module.name)} | {result.claim.value} | {mark} | {plain(result.note or counts)} |"


def _finding(run: Run, module: ModuleReport | None, finding: Finding, *, with_hint: bool) -> list[str]:
    body = list(body_lines(run, module, finding, with_hint=with_hint))
    place = f" ({plain(str(finding.place))})" if finding.place is not None else ""
    lines = ["", f"### {_SIGNS[finding.verdict]} {plain(finding.code)}{place}", ""]
    return [*lines, *fenced(body)]
