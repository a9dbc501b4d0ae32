# SPDX-License-Identifier: BSD-3-Clause
"""A run as SARIF 2.1.0, for code scanning: each result anchored at its line.

Format: OASIS Static Analysis Results Interchange Format 2.1.0 with errata 01. What could not be checked is not a
result but a notification of the invocation, which then counts as unsuccessful.

A vulnerability is a rule of its own: who tracks results by rule and line, as code scanning does, would take two
vulnerabilities of one module for one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from urllib.parse import quote

import govgo
from govgo.core.codes.codes import EXPLANATIONS
from govgo.core.findings import (
    VERIFY_RULES,
    Finding,
    Line,
    ModuleReport,
    Place,
    Run,
    Verdict,
    Verification,
    all_findings,
    verdict_of,
)
from govgo.core.lazyregex import late
from govgo.core.safetext import visible
from govgo.report.document import encode
from govgo.report.findings.text import body_lines, sentence

SCHEMA_URI = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_ROOT = "SRCROOT"


def sarif_report(run: Run, rules: Mapping[str, str] = VERIFY_RULES) -> str:
    """The document, a newline at its end; `rules` say what the codes mean."""
    results = [(m, f) for m, f in all_findings(run) if f.verdict is not Verdict.UNCHECKED]
    unchecked = [f for _, f in all_findings(run) if f.verdict is Verdict.UNCHECKED]
    by_rule: dict[str, list[Finding]] = {}
    for _, finding in results:
        by_rule.setdefault(_rule_id(finding), []).append(finding)
    ids = {name: number for number, name in enumerate(sorted(by_rule))}
    driver = {
        "name": "govgo",
        "semanticVersion": govgo.__version__,
        "rules": [_rule(run, rules, name, by_rule[name]) for name in ids],
    }
    invocation: dict[str, object] = {
        "executionSuccessful": not unchecked,
        "startTimeUtc": run.started.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    if all(finding.claim is not None or finding.verdict < Verdict.UNCHECKED for finding in run.findings):
        invocation["exitCode"] = int(verdict_of(run))  # of a run that failed as a whole it is not known
    if unchecked:
        invocation["toolExecutionNotifications"] = [_notification(finding) for finding in unchecked]
    document = {
        "$schema": SCHEMA_URI,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "columnKind": "unicodeCodePoints",
                "invocations": [invocation],
                "results": [_result(run, module, finding, ids[_rule_id(finding)]) for module, finding in results],
            }
        ],
    }
    return encode(document)


def _rule_id(finding: Finding) -> str:
    return visible(finding.known_as) or finding.code


def _rule(run: Run, rules: Mapping[str, str], name: str, findings: list[Finding]) -> dict[str, object]:
    worst = max(finding.verdict for finding in findings)
    code = findings[0].code
    explained = EXPLANATIONS.get(code)
    otherwise = explained.title if explained is not None else f"{code.replace('-', ' ')}.".capitalize()
    text = rules.get(code, otherwise)
    more = f"See `govgo help {run.verb}`."
    if explained is not None:
        more = " ".join(filter(None, (explained.meaning.replace("\n\n", " "), explained.remedy)))
    rule: dict[str, object] = {
        "id": name,
        "shortDescription": {"text": text if name == code else f"{name}: {text}"},
        "help": {"text": f"{text} {more}"},
        "defaultConfiguration": {"level": _level(worst)},
    }
    if isinstance(run, Verification):
        rule["properties"] = {"tags": ["security", "supply-chain"], "security-severity": _SEVERITIES[worst]}
    return rule


_SEVERITIES = {Verdict.PASSED: "0.0", Verdict.FINDING: "4.0", Verdict.CONTRADICTION: "9.0"}


def _level(verdict: Verdict) -> str:
    return {Verdict.PASSED: "note", Verdict.FINDING: "warning"}.get(verdict, "error")


def _result(run: Run, module: ModuleReport | None, finding: Finding, rule: int) -> dict[str, object]:
    text = "\n".join(body_lines(run, module, finding))
    result: dict[str, object] = {
        "ruleId": _rule_id(finding),
        "ruleIndex": rule,
        "level": _level(finding.verdict),
        "message": {"text": _message(text)},
        "partialFingerprints": {"govgoFinding/v1": fingerprint(finding)},
    }
    if isinstance(run, Verification):
        result["properties"] = {"claim": finding.claim.value if finding.claim is not None else "run"}
    if finding.others:
        result["occurrenceCount"] = len(finding.lines)
    if finding.place is not None:
        result["locations"] = [{"physicalLocation": _location(finding.place)}]
    related = [_related(line) for line in finding.others if line.place is not None]
    return {**result, "relatedLocations": related} if related else result


def _related(line: Line) -> dict[str, object]:
    """A further line with the same fault, and the module version that it is about."""
    assert line.place is not None
    location: dict[str, object] = {"physicalLocation": _location(line.place)}
    if line.module is not None:
        location["message"] = {"text": _message(visible(f"{line.module.path} {line.module.version}"))}
    return location


def _location(place: Place) -> dict[str, object]:
    """Where: relative to the root of the sources, or absolute where the file lies elsewhere."""
    artifact: dict[str, object] = {"uri": quote(place.file, errors="surrogateescape"), "uriBaseId": _ROOT}
    if place.file.startswith("/"):
        artifact = {"uri": "file://" + quote(place.file, errors="surrogateescape")}
    location: dict[str, object] = {"artifactLocation": artifact}
    if place.line:
        location["region"] = {"startLine": place.line}
    return location


def _notification(finding: Finding) -> dict[str, object]:
    notification: dict[str, object] = {
        "level": "error",
        "message": {"text": _message(visible(sentence(finding)))},
        "descriptor": {"id": finding.code},
    }
    if finding.place is not None:
        notification["locations"] = [{"physicalLocation": _location(finding.place)}]
    return notification


def _message(text: str) -> str:
    """`text` as a plain text message: no part of it can become a link or a placeholder (sections 3.11.5 and 3.11.6)."""
    return text.translate(_LITERAL)


_LITERAL = str.maketrans({"[": "\\[", "]": "\\]", "{": "{{", "}": "}}"})


_LONE_NUMBERS = late(r"(?<![\w.\-])[0-9][0-9,]*(?![\w.\-])")


def fingerprint(finding: Finding) -> str:
    """The same for the same fault, wherever in the file its line moves.

    Where no module tells two faults of one code apart, their sentences do, but for their numbers of lines and counts.
    """
    file = finding.place.file if finding.place is not None else ""
    mod = finding.module if not finding.others else None
    name = f"{mod.path}@{mod.version}" if mod is not None else ""
    if mod is None and not finding.others:
        name = _LONE_NUMBERS.sub("", finding.text)
    claim = finding.claim.value if finding.claim is not None else ""
    facts = "\0".join((finding.code, claim, file, name, *filter(None, [finding.known_as])))
    return hashlib.sha256(facts.encode("utf-8", "surrogateescape")).hexdigest()[:32]
