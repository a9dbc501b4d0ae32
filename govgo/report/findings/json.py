# SPDX-License-Identifier: BSD-3-Clause
"""Findings as one JSON document, `govgo.verify/1` or that of another verb (schema: `schemas/govgo.<verb>-1.json`).

`results` holds what is not as it should be, `errors` what could not be checked, `notes` what fails nothing. Fields are
only ever added.
"""

from __future__ import annotations

from collections.abc import Callable

from govgo.core.findings import (
    Claim,
    ClaimResult,
    Finding,
    Inspection,
    Line,
    ModuleReport,
    Run,
    TaggedVersion,
    Verdict,
    Verification,
    all_findings,
    verdict_of,
)
from govgo.core.safetext import visible
from govgo.report.document import encode, heading, moment, place_members
from govgo.report.findings.hints import cause_text, hint_text
from govgo.report.findings.text import sentence

SCHEMA = "govgo.verify/1"

VERDICTS = {
    Verdict.PASSED: "passed",
    Verdict.FINDING: "finding",
    Verdict.UNCHECKED: "unchecked",
    Verdict.CONTRADICTION: "contradiction",
}

_TOTALS = (
    ("proved", Claim.DATABASE, "proved"),
    ("mismatch", Claim.DATABASE, "mismatch"),
    ("not_in_database", Claim.DATABASE, "not_in_database"),
    ("private", Claim.DATABASE, "private"),
    ("unchecked", Claim.DATABASE, "unchecked"),
)


def json_report(run: Verification) -> str:
    """The document, a newline at its end."""
    entries = _sorted(run, lambda module, finding: _finding(run, module, finding))
    document = {
        **heading(SCHEMA),
        "summary": {
            "verdict": VERDICTS[run.verdict],
            "claims": [claim.value for claim in run.claims],
            "modules": len(run.modules),
            "lines": {name: run.total(claim, count) for name, claim, count in _TOTALS},
            "results": len(entries["results"]),
            "errors": len(entries["errors"]),
            "notes": len(entries["notes"]),
            "database": run.database,
            "tree_size": run.tree_size,
            "private": run.private,
            "since": run.since,
            "offline": run.offline,
            "started": run.started.isoformat(timespec="seconds"),
            "duration_s": round(run.duration_s, 3),
        },
        "modules": [_module(module) for module in run.modules],
        **entries,
    }
    return encode(document)


def inspection_report(run: Inspection) -> str:
    """The document of a verb that has findings alone: `govgo.<verb>/1`. Each finding has the command that fixes it."""
    summary, entries = found_members(run)
    document = {
        **heading(f"govgo.{run.verb}/1"),
        "summary": {**summary, "offline": run.offline},
        "modules": [
            {"kind": module.kind, "path": module.path, "directory": module.directory} for module in run.modules
        ],
        **entries,
    }
    return encode(document)


def found_members(run: Run) -> tuple[dict[str, object], dict[str, list[dict[str, object]]]]:
    """What the documents of verbs that compare no hashes share: facts for `summary`, and the lists of findings."""
    entries = _sorted(run, lambda module, finding: _entry(run, module, finding))
    summary: dict[str, object] = {
        "verdict": VERDICTS[verdict_of(run)],
        "modules": len(run.modules),
        **{name: len(found) for name, found in entries.items()},
        "started": run.started.isoformat(timespec="seconds"),
        "duration_s": round(run.duration_s, 3),
    }
    return summary, entries


def _module(module: ModuleReport) -> dict[str, object]:
    return {
        "kind": module.kind,
        "path": module.path,
        "directory": module.directory,
        "files": list(module.files),
        "claims": [_claim(result) for result in module.claims],
        "versions": [_version(each) for each in module.versions],
    }


def _version(each: TaggedVersion) -> dict[str, object]:
    return {
        "module": each.module.path,
        "version": each.module.version,
        "repository": each.repository,
        "tag": each.ref,
        "commit": each.commit,
        "time": moment(each.time),
        "as_published": each.is_same,
    }


def _claim(result: ClaimResult) -> dict[str, object]:
    return {
        "claim": result.claim.value,
        "verdict": VERDICTS[result.verdict],
        "counts": dict(result.counts),
        "note": result.note,
    }


def _sorted(
    run: Run, entry: Callable[[ModuleReport | None, Finding], dict[str, object]]
) -> dict[str, list[dict[str, object]]]:
    """The members `results` (what is not as it should be), `errors` (what could not be checked) and `notes`."""
    found: dict[str, list[dict[str, object]]] = {"results": [], "errors": [], "notes": []}
    for module, finding in all_findings(run):
        found[_MEMBERS[finding.verdict]].append(entry(module, finding))
    return found


_MEMBERS = {
    Verdict.PASSED: "notes",
    Verdict.FINDING: "results",
    Verdict.UNCHECKED: "errors",
    Verdict.CONTRADICTION: "results",
}


def _entry(run: Run, module: ModuleReport | None, finding: Finding) -> dict[str, object]:
    """A finding of a verb that compares no hashes; what evidence there is stands beside it."""
    found = {
        "code": finding.code,
        "verdict": VERDICTS[finding.verdict],
        "text": visible(sentence(finding)),
        "main_module": None if module is None else module.name,
        **_lines(finding),
        "needed_by": list(finding.needed_by),
        "hint": hint_text(finding, run.here, module),
        "fix": finding.fix,
    }
    return {**found, "evidence": _evidence(finding)} if finding.evidence else found


def _evidence(finding: Finding) -> list[dict[str, object]]:
    return [{"source": each.source, "hash": each.digest, "note": visible(each.note)} for each in finding.evidence]


def _finding(run: Run, module: ModuleReport | None, finding: Finding) -> dict[str, object]:
    return {
        "code": finding.code,
        "claim": None if finding.claim is None else finding.claim.value,
        "verdict": VERDICTS[finding.verdict],
        "text": visible(sentence(finding)),
        "main_module": None if module is None else module.name,
        **_lines(finding),
        "evidence": _evidence(finding),
        "cause": cause_text(finding),
        "compared": finding.compared,
        "differences": [{"file": each.name, "change": each.change} for each in finding.differences],
        "needed_by": list(finding.needed_by),
        "hint": hint_text(finding, run.here, module),
    }


def _lines(finding: Finding) -> dict[str, object]:
    """What it is about: the first line, how many there are, and each of them."""
    return {
        **_line(finding.lines[0]),
        "count": len(finding.lines),
        "lines": [_line(line) for line in finding.lines if line != (None, None)],
    }


def _line(line: Line) -> dict[str, object]:
    mod, place = line
    return {
        "module": None if mod is None else mod.path,
        "version": None if mod is None else mod.version,
        **place_members(place),
    }
