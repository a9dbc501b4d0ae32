# SPDX-License-Identifier: BSD-3-Clause
"""A run for people: of `verify` a row for each claim, then what is wrong, each with its facts and one thing to do."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator

from govgo.core.findings import (
    BINARY,
    MOST_APART,
    Claim,
    ClaimResult,
    Finding,
    Line,
    ModuleReport,
    Run,
    TaggedVersion,
    Verdict,
    Verification,
    all_findings,
    verdict_of,
)
from govgo.core.safetext import one_line, visible
from govgo.report.findings.hints import cause_text, hint_text
from govgo.report.style import PLAIN, Style, table
from govgo.report.words import many, titled

MOST_ALIKE = 10
"""Findings of one kind that a terminal shows in full."""
_MOST_FILES = 10

Paint = Callable[[str, str], str]
"""`paint(text, colour)`; colours are "red", "yellow", "green" and "cyan"."""


def styled_report(run: Run, style: Style) -> str:
    """The report on a medium: a terminal shows only some of the findings that are alike."""
    return text_report(run, style.paint, most_alike=MOST_ALIKE if style.is_terminal else 0)


def text_report(run: Run, paint: Paint = PLAIN.paint, *, most_alike: int = 0) -> str:
    """The whole report, a newline at its end.

    Args:
        run: what was found.
        paint: colours words.
        most_alike: how many findings of one kind are shown in full, 0 for all.
    """
    lines: list[str] = []
    for module in run.modules:
        if len(run.modules) > 1 and module.claims:
            lines.append(one_line(titled(module)))
        for result in module.claims:
            lines += [one_line(f"  {label:<17}  {text}") for label, text in _rows(run, module, result)]
        if module.versions:
            lines += table(_VERSIONS, [_version_row(each) for each in module.versions]).splitlines()
    lines += _told(run, paint, most_alike or sys.maxsize)
    lines.append(paint(closing(run), _COLOURS[verdict_of(run)]))
    return "".join(f"{line}\n" for line in lines)


_VERSIONS = ("MODULE", "VERSION", "COMMIT", "DATE", "TAG")
_SHORT = 12


def _version_row(each: TaggedVersion) -> tuple[str, str, str, str, str]:
    """What a tag names, with a mark where that is not what was published."""
    date = each.time.date().isoformat() if each.time is not None else ""
    mark = "" if each.is_same else "not compared" if each.is_same is None else "not as published"
    tag = ", ".join(part for part in (each.ref, mark) if part)
    return one_line(each.module.path), one_line(each.module.version), each.commit[:_SHORT], date, one_line(tag)


def bundle_text(file: str, records: int, size_bytes: int, left_out: int) -> str:
    """One sentence about a proof bundle: what was written, and how many lines of go.sum it does not prove."""
    text = f"wrote {records} proofs, {size_bytes} bytes, to {file}"
    return text + (f"; {left_out} lines could not be proved and are left out" if left_out else "")


_COLOURS = {
    Verdict.PASSED: "green",
    Verdict.FINDING: "yellow",
    Verdict.UNCHECKED: "yellow",
    Verdict.CONTRADICTION: "red",
}


def closing(run: Run) -> str:
    """The last line: all is well, or how much is not."""
    counts: Counter[Verdict] = Counter()
    for _, finding in all_findings(run):
        counts[finding.verdict] += len(finding.lines)
    if verdict_of(run) is Verdict.PASSED:
        open_claims = dict.fromkeys(
            result.claim for module in run.modules for result in module.claims if result.verdict is Verdict.UNCHECKED
        )
        words = f"verified, but for what was not checked: {', '.join(open_claims)}" if open_claims else ""
        notes = f" ({_many(counts[Verdict.PASSED], 'note')})" if counts[Verdict.PASSED] else ""
        return (words or run.passed) + notes
    parts = [
        _many(counts[Verdict.CONTRADICTION], "contradiction"),
        _many(counts[Verdict.FINDING], "finding"),
        f"{counts[Verdict.UNCHECKED]:,} could not be checked" if counts[Verdict.UNCHECKED] else "",
    ]
    return f"{run.failed}: " + ", ".join(part for part in parts if part)


def _many(count: int, noun: str) -> str:
    return many(count, noun) if count else ""


def _rows(run: Run, module: ModuleReport, result: ClaimResult) -> Iterator[tuple[str, str]]:
    count = result.number
    if result.note:
        yield _LABELS[result.claim], result.note
        return
    match result.claim:
        case Claim.LINT:
            faults = _many(count("faults"), "fault")
            yield "lint", faults or f"{many(count('lines'), 'go.sum line')} well formed"
        case Claim.COMPLETE:
            wrong = [f"{count('missing')} missing"] if count("missing") else []
            extra = [f"{count('extra')} more than needed"] if count("extra") else []
            yield "complete", ", ".join([*(wrong or [f"{many(count('needed'), 'needed go.sum line')} there"]), *extra])
        case Claim.DATABASE:
            yield from _database_rows(run, module, result)
        case Claim.CACHE:
            wrong_text = f"{count('modified')} modified, " if count("modified") else ""
            absent = f" ({count('absent')} not downloaded)" if count("absent") else ""
            yield "module cache", f"{wrong_text}{many(count('unmodified'), 'module')} unmodified{absent}"
        case Claim.VENDOR:
            bad = ("modified", "extra", "missing", "unchecked")
            wrong = [f"{count(name)} {name}" for name in bad if count(name)]
            yield "vendor", ", ".join([*wrong, f"{many(count('unmodified'), 'file')} unmodified"])
        case Claim.TAGS:
            words = (("mismatch", "other than published"), ("gone", "gone"), ("unchecked", "could not be checked"))
            wrong = [f"{count(name)} {text}" for name, text in words if count(name)]
            yield "tags", ", ".join([f"{many(count('matching'), 'version')} as published", *wrong])


_LABELS = {
    Claim.LINT: "lint",
    Claim.COMPLETE: "complete",
    Claim.DATABASE: "checksum database",
    Claim.CACHE: "module cache",
    Claim.VENDOR: "vendor",
    Claim.TAGS: "tags",
}


def _database_rows(run: Run, module: ModuleReport, result: ClaimResult) -> Iterator[tuple[str, str]]:
    count = result.number
    assert isinstance(run, Verification), "no other run has claims"
    added = " added" if run.since else ""
    tree = f" (tree {run.tree_size}, signature ok)" if run.tree_size and count("proved") else ""
    wrong = [
        f"{count(name)} {words}"
        for name, words in (
            ("mismatch", "contradicted"),
            ("not_in_database", "not in the database"),
            ("unchecked", "could not be checked"),
        )
        if count(name)
    ]
    if module.kind == BINARY:
        hashes = many(count("proved"), "recorded hash", "recorded hashes")
    else:
        hashes = many(count("proved"), f"{'added ' * bool(added)}go.sum line")
    proved = f"{hashes} proved{tree}"
    yield "checksum database", ", ".join([proved, *wrong])
    if count("private"):
        setting = f" ({run.private})" if run.private else ""
        yield "private", f"{many(count('private'), 'line')} not public{setting}: compared with go.sum only"


def _told(run: Run, paint: Paint, most: int) -> Iterator[str]:
    alike: Counter[tuple[str, Claim | None]] = Counter()
    hints: set[str] = set()
    for module, finding in all_findings(run):
        alike[finding.code, finding.claim] += 1
        if alike[finding.code, finding.claim] <= most:
            hint = hint_text(finding, run.here, module)
            yield from finding_lines(run, module, finding, paint, with_hint=hint not in hints)
            hints.add(hint)
    for (code, _), number in alike.items():
        if number > most:
            yield f"… and {number - most} more {code} (-format json lists all)"


def finding_lines(
    run: Run, module: ModuleReport | None, finding: Finding, paint: Paint, *, with_hint: bool
) -> Iterator[str]:
    """One finding: its kind and code, its sentence, then its facts, indented, and its hint unless it is known."""
    word = "finding" if finding.verdict is Verdict.FINDING and run.verb != "verify" else _KINDS[finding.verdict]
    kind = f"{word}[{finding.code}]"
    first, *rest = body_lines(run, module, finding, paint, with_hint=with_hint)
    yield f"{paint(kind, _COLOURS[finding.verdict])}: {first}"
    yield from rest


_KINDS = {
    Verdict.PASSED: "note",
    Verdict.FINDING: "error",
    Verdict.UNCHECKED: "unchecked",
    Verdict.CONTRADICTION: "error",
}


def sentence(finding: Finding) -> str:
    """What was found, and in how many lines if it is many."""
    return f"{finding.text} (×{len(finding.lines):,})" if finding.others else finding.text


def body_lines(
    run: Run, module: ModuleReport | None, finding: Finding, paint: Paint = PLAIN.paint, *, with_hint: bool = True
) -> Iterator[str]:
    """One finding without its code.

    A label that is long, such as the path of a cached file, has a line of its own. So hashes stand side by side, and
    one of 47 characters ends within 80 columns, where no terminal breaks it.
    """
    first, *more = map(visible, sentence(finding).split("\n"))
    yield first
    yield from (f"    {line}" for line in more if line.strip())
    facts = [(f"{one_line(label)}:" if label else "", one_line(text)) for label, text in _facts(run, module, finding)]
    width = max((len(label) for label, _ in facts if len(label) <= _LABEL_WIDTH), default=0)
    for label, text in facts:
        if len(label) > _LABEL_WIDTH:
            yield f"    {label}"
            yield f"    {'':<{width}}  {text}"
        else:
            yield f"    {label:<{width}}  {text}"
    hint = hint_text(finding, run.here, module) if with_hint else ""
    if hint:
        yield f"{paint('hint', 'cyan')}: {one_line(hint)}"


_LABEL_WIDTH = 26


def _facts(run: Run, module: ModuleReport | None, finding: Finding) -> Iterator[tuple[str, str]]:
    place = str(finding.place) if finding.place is not None else ""
    if finding.others:
        shown = [_line_text(line) for line in finding.lines[:MOST_APART]]
        yield f"first {len(shown)}", shown[0]
        yield from (("", text) for text in shown[1:])
    elif place and place not in finding.text and all(each.source != place for each in finding.evidence):
        yield "at", place
    for each in finding.evidence:
        yield each.source, " ".join(part for part in (each.digest, each.note) if part) or "nothing"
    cause = cause_text(finding)
    if cause:
        yield "likely cause", cause
    if finding.differences:
        names = [f"{each.name} ({each.change})" for each in finding.differences[:_MOST_FILES]]
        if len(finding.differences) > _MOST_FILES:
            names.append(f"and {len(finding.differences) - _MOST_FILES} more")
        yield "files that differ", f"{', '.join(names)}, between {finding.compared}"
    if finding.needed_by:
        yield "needed by", " => ".join(finding.needed_by)
    if module is not None and len(run.modules) > 1:
        yield "module", module.name


def _line_text(line: Line) -> str:
    mod = "" if line.module is None else f"{line.module.path} {line.module.version}"
    return " ".join(part for part in (str(line.place or ""), mod) if part)
