# SPDX-License-Identifier: BSD-3-Clause
"""The report formats of `govgo verify`, against the official schemas, with texts that try to break out of them."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

import govgo
from govgo.core.findings import (
    MOST_APART,
    VERIFY_RULES,
    Cause,
    Claim,
    ClaimResult,
    Difference,
    Evidence,
    Finding,
    Inspection,
    Line,
    ModuleReport,
    Place,
    Remedy,
    Verdict,
    Verification,
    merge_alike,
)
from govgo.core.module.moduleversion import ModuleVersion
from govgo.report.findings.github import github_report
from govgo.report.findings.gitlab import gitlab_report
from govgo.report.findings.json import inspection_report, json_report
from govgo.report.findings.junit import junit_report
from govgo.report.findings.markdown import markdown_report
from govgo.report.findings.sarif import sarif_report
from govgo.report.findings.text import MOST_ALIKE, text_report
from tests.simulators import campaigns

SCHEMAS = Path(__file__).parents[3] / "testdata" / "schemas"
OWN = Path(govgo.__file__).parent / "report" / "schemas"
HOSTILE = "q.io/a\x1b[31m::error::]]>&<b a=\"'\x00\ufffe%0A`````| [x](y) <!-- \udcff\r\nnext"

FINDINGS = (
    Finding(
        "sum-mismatch",
        Claim.DATABASE,
        Verdict.CONTRADICTION,
        "q.io/a@v1.0.0: verifying module: checksum mismatch",
        ModuleVersion("q.io/a", "v1.0.0"),
        Place("go.sum", 41),
        (Evidence("go.sum:41", "h1:a="), Evidence("proxy https://p.example", "", "404 Not Found")),
        Cause.EDITED,
        "the cached zip and the extracted tree",
        (Difference("a.go", "changed"), Difference("b.go", "added")),
        ("example.com/main (go.mod:3)", "q.io/a v1.0.0"),
    ),
    Finding("missing-sum", Claim.COMPLETE, Verdict.FINDING, "q.io/b@v1.0.0: missing", None, Place("sub dir/go.mod", 3)),
    Finding("zip-modified", Claim.CACHE, Verdict.FINDING, HOSTILE, None, Place(f"/a,b:{HOSTILE}")),
    Finding("database-unavailable", Claim.DATABASE, Verdict.UNCHECKED, "q.io/c: timeout", None, Place("go.sum", 7)),
)
FORK = Finding(
    "fork", Claim.DATABASE, Verdict.CONTRADICTION, "SECURITY ERROR\nold database:\n\tx\n\nnew database:\n\ty"
)


def verification(findings: tuple[Finding, ...] = FINDINGS, run_findings: tuple[Finding, ...] = (FORK,)) -> Verification:
    claims = (
        ClaimResult(Claim.LINT, Verdict.PASSED, (("lines", 60), ("faults", 0))),
        ClaimResult(Claim.COMPLETE, Verdict.FINDING, (("needed", 9), ("missing", 1), ("extra", 0))),
        ClaimResult(
            Claim.DATABASE, Verdict.CONTRADICTION, (("proved", 57), ("mismatch", 1), ("private", 1), ("unchecked", 1))
        ),
        ClaimResult(Claim.CACHE, Verdict.FINDING, (("unmodified", 1), ("modified", 1), ("absent", 3))),
        ClaimResult(Claim.VENDOR, Verdict.PASSED, note="no vendor directory"),
    )
    module = ModuleReport("module", "example.com/main", ".", ("go.sum",), claims, findings)
    return Verification(
        claims=tuple(Claim),
        modules=(module,),
        findings=run_findings,
        database="sum.example.org",
        tree_size=300,
        private="GOPRIVATE=*.corp.example",
        since="",
        offline=False,
        started=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        duration_s=1.25,
    )


SOUND = verification((), ())
MERGED = Finding("offline", Claim.DATABASE, Verdict.UNCHECKED, "reason", others=(Line(None, Place("go.sum", 2)),) * 9)
TOLD = Finding("extra-sum", Claim.COMPLETE, Verdict.PASSED, "more than needed", others=(Line(None, None),) * 9)
FAILED = Finding("usage", None, Verdict.UNCHECKED, "no such directory")
RUNS = [
    verification(),
    SOUND,
    verification(FINDINGS[3:], ()),
    verification((MERGED, TOLD), ()),
    verification((), (FAILED,))._replace(modules=()),
]


@pytest.mark.parametrize("run", RUNS)
def test_sarif_is_valid_by_the_official_schema(run: Verification) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((SCHEMAS / "sarif-schema-2.1.0.json").read_text())
    checker = jsonschema.validators.validator_for(schema)(schema, format_checker=jsonschema.FormatChecker())
    assert [error.message for error in checker.iter_errors(json.loads(sarif_report(run)))] == []


def test_sarif_is_anchored() -> None:
    run = json.loads(sarif_report(verification()))["runs"][0]
    assert [result["ruleId"] for result in run["results"]] == ["fork", "sum-mismatch", "missing-sum", "zip-modified"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert all(rules[result["ruleIndex"]] == result["ruleId"] for result in run["results"])
    place = run["results"][1]["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "go.sum", "uriBaseId": "SRCROOT"}, "region": {"startLine": 41}}
    assert run["results"][2]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "sub%20dir/go.mod"
    assert run["results"][3]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].startswith(
        "file:///a%2Cb%3A"
    )
    assert "likely cause:" in run["results"][1]["message"]["text"]
    invocation = run["invocations"][0]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (False, 4)
    assert [each["descriptor"]["id"] for each in invocation["toolExecutionNotifications"]] == ["database-unavailable"]


def test_sarif_messages_hold_neither_links_nor_placeholders() -> None:
    """SARIF 2.1.0, sections 3.11.5 and 3.11.6: brackets are escaped, braces doubled."""
    found = Finding("x", Claim.LINT, Verdict.FINDING, "see [here](http://e.example) {0} \\")
    unsure = found._replace(verdict=Verdict.UNCHECKED)
    run = json.loads(sarif_report(verification((found, unsure), ())))["runs"][0]
    notification = run["invocations"][0]["toolExecutionNotifications"][0]
    for message in (run["results"][0]["message"], notification["message"]):
        assert message["text"] == "see \\[here\\](http://e.example) {{0}} \\"


def test_sarif_fingerprints_do_not_depend_on_the_line() -> None:
    moved = Finding(
        "sum-mismatch", Claim.DATABASE, Verdict.CONTRADICTION, "other", FINDINGS[0].module, Place("go.sum", 9)
    )

    def fingerprint(finding: Finding) -> Any:
        return json.loads(sarif_report(verification((finding,), ())))["runs"][0]["results"][0]["partialFingerprints"]

    assert fingerprint(moved) == fingerprint(FINDINGS[0])
    assert fingerprint(FINDINGS[1]) != fingerprint(FINDINGS[0])


def test_rules_are_named_in_kebab_case() -> None:
    assert all(re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", code) for code in VERIFY_RULES)


@pytest.mark.parametrize("schema", ["junit-ant.xsd", "junit-jenkins.xsd"])
@pytest.mark.parametrize("run", campaigns.one_in(2, RUNS))
def test_junit_is_valid_by_both_schemas(run: Verification, schema: str) -> None:
    xmlschema = pytest.importorskip("xmlschema")
    document = junit_report(run)
    checker = xmlschema.XMLSchema(str(SCHEMAS / schema))
    assert [error.reason for error in checker.iter_errors(ElementTree.fromstring(document))] == []


def test_junit_cases() -> None:
    root = ElementTree.fromstring(junit_report(verification()))
    (fork, module) = root
    assert fork.get("name") == "checksum database"
    assert {name: module.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "6", "failures": "3", "errors": "1", "skipped": "1",
    }  # fmt: skip
    assert next(module.iter("testcase")).get("name") == "lint"
    failure = next(module.iter("failure"))
    assert (failure.get("type"), failure.get("message")) == ("missing-sum", "q.io/b@v1.0.0: missing")


@pytest.mark.parametrize("run", campaigns.one_in(2, RUNS))
def test_json_is_valid_by_its_schema(run: Verification) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((OWN / "govgo.verify-1.json").read_text())
    kind = jsonschema.validators.validator_for(schema)
    kind.check_schema(schema)
    document = json.loads(json_report(run))
    assert [
        error.message for error in kind(schema, format_checker=jsonschema.FormatChecker()).iter_errors(document)
    ] == []


APART = tuple(
    Finding(
        "offline", None, Verdict.UNCHECKED, f"q.io/{name}: no answer", mod, Place("go.sum", line), reason="no answer"
    )
    for line, name in enumerate("abcd", 1)
    for mod in [ModuleVersion(f"q.io/{name}", "v1.0.0")]
)
LINES = [
    {"module": f"q.io/{name}", "version": "v1.0.0", "file": "go.sum", "line": n} for n, name in enumerate("abcd", 1)
]
"""Four findings with one cause, and their lines as JSON has them."""


def inspection(*findings: Finding) -> Inspection:
    module = ModuleReport("module", "example.com/main", ".", (), (), findings)
    return Inspection("hygiene", "fine", "not fine", (module,), (), datetime(2026, 1, 2, tzinfo=UTC), 1.0)


def test_json_of_every_verb_has_all_lines_of_a_merged_finding() -> None:
    """`hygiene`, `check`, `licenses` and `proxies` share it; a consumer need not know whether findings were merged."""
    jsonschema = pytest.importorskip("jsonschema")
    document = json.loads(inspection_report(inspection(*merge_alike(APART))))
    jsonschema.validate(document, json.loads((OWN / "govgo.hygiene-1.json").read_text()))
    (error,) = document["errors"]
    assert (error["text"], error["count"], error["lines"]) == ("no answer (×4)", 4, LINES)
    assert {name: error[name] for name in LINES[0]} == LINES[0]
    (alone,) = json.loads(inspection_report(inspection(APART[0])))["errors"]
    assert (alone["count"], alone["lines"]) == (1, LINES[:1])


def test_sarif_has_the_further_lines_of_a_merged_finding() -> None:
    """Section 3.27.22: places that help to understand the result. The official schema is checked with it."""
    jsonschema = pytest.importorskip("jsonschema")
    merged = [each._replace(verdict=Verdict.FINDING, claim=Claim.LINT) for each in APART]
    report = json.loads(sarif_report(verification(merge_alike(merged), ())))
    jsonschema.validate(report, json.loads((SCHEMAS / "sarif-schema-2.1.0.json").read_text()))
    (result,) = report["runs"][0]["results"]
    assert result["occurrenceCount"] == 4
    (first,) = result["locations"]
    assert first["physicalLocation"]["region"] == {"startLine": 1}
    related = [(each["message"]["text"], each["physicalLocation"]["region"]) for each in result["relatedLocations"]]
    assert related == [(f"q.io/{name} v1.0.0", {"startLine": line}) for line, name in enumerate("bcd", 2)]


def test_json_tells_what_could_not_be_checked_apart() -> None:
    document = json.loads(json_report(verification()))
    assert [each["code"] for each in document["results"]] == ["fork", "sum-mismatch", "missing-sum", "zip-modified"]
    assert [each["code"] for each in document["errors"]] == ["database-unavailable"]
    assert document["summary"]["verdict"] == "contradiction"
    assert document["results"][1]["differences"] == [
        {"file": "a.go", "change": "changed"},
        {"file": "b.go", "change": "added"},
    ]


def test_github_commands_are_one_line_each() -> None:
    lines = github_report(verification()).splitlines()
    assert len(lines) == 6
    assert lines[1].startswith("::error file=go.sum,line=41,title=sum-mismatch::q.io/a@v1.0.0: verifying module: ")
    assert "%0A    likely cause:" in lines[1]
    assert lines[3].startswith("::error file=/a%2Cb%3Aq.io/a")
    assert lines[4].startswith("::warning file=go.sum,line=7,title=database-unavailable::")
    assert lines[5].startswith("::notice title=govgo verify::not verified: ")
    assert github_report(SOUND) == "::notice title=govgo verify::all modules verified\n"


def test_text_as_people_see_it() -> None:
    assert text_report(SOUND).splitlines()[2:] == [
        "  checksum database  57 go.sum lines proved (tree 300, signature ok), 1 contradicted, 1 could not be checked",
        "  private            1 line not public (GOPRIVATE=*.corp.example): compared with go.sum only",
        "  module cache       1 modified, 1 module unmodified (3 not downloaded)",
        "  vendor             no vendor directory",
        "all modules verified",
    ]
    text = text_report(verification(FINDINGS[:1], ()))
    assert text.split("no vendor directory\n")[1] == (
        "error[sum-mismatch]: q.io/a@v1.0.0: verifying module: checksum mismatch\n"
        "    go.sum:41:                h1:a=\n"
        "    proxy https://p.example:  404 Not Found\n"
        "    likely cause:             edited go.sum: the line agrees with nothing that can be fetched now\n"
        "    files that differ:        a.go (changed), b.go (added), between the cached zip and the extracted tree\n"
        "    needed by:                example.com/main (go.mod:3) => q.io/a v1.0.0\n"
        "hint: see who changed the line: `git log -L41,41:go.sum`\n"
        "not verified: 1 contradiction\n"
    )


def test_many_alike_are_cut_for_terminals_only() -> None:
    run = verification(FINDINGS[1:2] * (MOST_ALIKE + 5), ())
    assert text_report(run).count("error[missing-sum]") == MOST_ALIKE + 5
    text = text_report(run, most_alike=MOST_ALIKE)
    assert text.count("error[missing-sum]") == MOST_ALIKE
    assert "… and 5 more missing-sum" in text
    assert len(json.loads(json_report(run))["results"]) == MOST_ALIKE + 5


def test_no_text_drives_a_terminal() -> None:
    painted: list[str] = []

    def paint(text: str, colour: str) -> str:
        painted.append(text)
        return text

    for report in (text_report(verification(), paint), github_report(verification()), markdown_report(verification())):
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\udc80-\udcff]", report)
    assert not any("\x1b" in text for text in painted)


def test_markdown_contains_hostile_text() -> None:
    report = markdown_report(verification())
    blocks = re.findall(r"^(`{3,})text\n(.*?)\n\1$", report, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 5
    outside = re.sub(r"^(`{3,})text\n.*?\n\1$", "", report, flags=re.MULTILINE | re.DOTALL)
    assert "<!--" not in outside
    assert "[x](y)" not in outside
    assert (
        "| example.com/main | database | 🛑 contradiction | 57 proved, 1 mismatch, 1 private, 1 unchecked |" in outside
    )


def numbered(count: int, verdict: Verdict, code: str = "sum-mismatch") -> tuple[Finding, ...]:
    return tuple(
        Finding(code, Claim.DATABASE, verdict, f"q.io/m{number}: text", place=Place("go.sum", number + 1))
        for number in range(count)
    )


@pytest.mark.parametrize(
    ("findings", "errors", "warnings", "notices", "more"),
    [
        (numbered(10, Verdict.CONTRADICTION), 10, 0, 1, 0),
        (numbered(12, Verdict.CONTRADICTION), 10, 0, 1, 2),
        (numbered(12, Verdict.FINDING) + numbered(1, Verdict.CONTRADICTION, "worst"), 10, 0, 1, 3),
        (numbered(25, Verdict.UNCHECKED), 0, 10, 1, 15),
        (numbered(12, Verdict.PASSED), 0, 0, 10, 3),
        ((), 0, 0, 1, 0),
    ],
)
def test_github_shows_ten_annotations_of_a_level(
    findings: tuple[Finding, ...], errors: int, warnings: int, notices: int, more: int
) -> None:
    """GitHub Docs, "Workflow commands": 10 warning and 10 error annotations (and 10 notices) for a step."""
    report = github_report(verification(findings, ()))
    lines = report.splitlines()
    levels = [line.split("::")[1].split()[0] for line in lines]
    assert [levels.count(level) for level in ("error", "warning", "notice")] == [errors, warnings, notices]
    assert lines[-1].endswith(f" ({more} more: `govgo verify` shows all)") == (more > 0)
    assert lines[-1].split("title=")[1].startswith("govgo verify::")
    assert ("title=worst" in report) == any(finding.code == "worst" for finding in findings)


@pytest.mark.parametrize(
    "sources",
    [
        ("go.sum:41",),
        ("services/payments/internal/go.sum:12041", "checksum database sum.golang.org"),
        ("cached zip /home/someone/go/pkg/mod/cache/download/example.org/m/@v/v1.0.0.zip", "go.sum:1"),
        ("exactly twenty-five chars", "go.sum:1"),
    ],
)
def test_hashes_stand_side_by_side_and_fit_80_columns(sources: tuple[str, ...]) -> None:
    digest = "h1:" + "x" * 43 + "="
    finding = FINDINGS[0]._replace(evidence=tuple(Evidence(source, digest) for source in sources), differences=())
    lines = [line for line in text_report(verification((finding,), ())).splitlines() if digest in line]
    assert len(lines) == len(sources)
    assert {line.index(digest) for line in lines} == {lines[0].index(digest)}
    assert all(len(line) < 80 for line in lines)


def test_a_hint_is_given_once() -> None:
    findings = tuple(each._replace(remedy=Remedy.TIDY) for each in numbered(3, Verdict.FINDING, "extra-sum"))
    for report in (text_report(verification(findings, ())), markdown_report(verification(findings, ()))):
        assert report.count("hint: ") == 1
    run = verification((*findings, numbered(1, Verdict.FINDING)[0]._replace(remedy=Remedy.VENDOR)), ())
    assert text_report(run).count("hint: ") == 2


def test_alike_findings_are_merged() -> None:
    alike = [
        Finding(
            "offline", Claim.DATABASE, Verdict.UNCHECKED, f"m{n}: reason", place=Place("go.sum", n), reason="reason"
        )
        for n in range(1, MOST_APART + 2)
    ]
    alone = FINDINGS[0]
    assert merge_alike([*alike[:-1], alone]) == (*alike[:-1], alone), "few are told one by one"
    merged, other = merge_alike([alike[0], alone, *alike[1:]])
    assert other is alone
    assert (merged.text, merged.place) == ("reason", Place("go.sum", 1))
    assert [line.place for line in merged.lines] == [each.place for each in alike]
    apart = [*alike[:2], alike[2]._replace(reason="another"), alike[3]._replace(code="other")]
    assert len(merge_alike(apart)) == 4
    assert len(merge_alike([each._replace(reason="") for each in alike])) == len(alike)


def test_what_is_only_told_fails_nothing() -> None:
    run = verification(numbered(2, Verdict.PASSED, "extra-sum"), ())
    assert run.verdict is Verdict.PASSED
    assert text_report(run).endswith(
        "note[extra-sum]: q.io/m0: text\n    at:  go.sum:1\nnote[extra-sum]: q.io/m1: text\n    at:  go.sum:2\n"
        "all modules verified (2 notes)\n"
    )
    document = json.loads(json_report(run))
    assert (document["summary"]["verdict"], document["results"], document["errors"]) == ("passed", [], [])
    assert [each["line"] for each in document["notes"]] == [1, 2]
    assert {each["level"] for each in json.loads(sarif_report(run))["runs"][0]["results"]} == {"note"}
    suite = ElementTree.fromstring(junit_report(run))[0]
    assert (suite.get("failures"), suite.get("errors")) == ("0", "0")


#: GitLab Docs, "Code Quality report format": the members of an issue, each of which is required.
CODE_QUALITY = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "minLength": 1},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": r"^(?!\./)"},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "properties": {"begin": {"type": "integer", "minimum": 1}},
                    },
                },
            },
        },
    },
}


@pytest.mark.parametrize("run", [*RUNS, verification(FINDINGS[1:2] * 5)])
def test_code_quality_is_valid_by_the_documentation(run: Verification) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    report = json.loads(gitlab_report(run))
    jsonschema.Draft202012Validator(CODE_QUALITY).validate(report)
    marks = [issue["fingerprint"] for issue in report]
    assert len(set(marks)) == len(marks) == len(list(run.all_findings()))


def test_an_issue_without_a_place_is_in_the_directory_of_the_command() -> None:
    run = verification((), (FAILED,))._replace(modules=(), here="app")
    (issue,) = json.loads(gitlab_report(run))
    assert issue["location"]["path"] == "app/go.mod"


def test_code_quality_is_anchored() -> None:
    report = json.loads(gitlab_report(verification()))
    found = [(each["check_name"], each["severity"], *each["location"].values()) for each in report]
    assert found[:3] + found[4:] == [
        ("fork", "blocker", "go.mod", {"begin": 1}),
        ("sum-mismatch", "blocker", "go.sum", {"begin": 41}),
        ("missing-sum", "major", "sub dir/go.mod", {"begin": 3}),
        ("database-unavailable", "critical", "go.sum", {"begin": 7}),
    ]
    moved = verification((FINDINGS[0]._replace(place=Place("go.sum", 99)),))
    assert json.loads(gitlab_report(moved))[1]["fingerprint"] == report[1]["fingerprint"]


def test_markdown_of_findings_fits_into_a_comment() -> None:
    """GitHub takes 65,536 characters. What is left out is counted."""
    large = tuple(each._replace(text="x" * 9_000) for each in numbered(20, Verdict.FINDING))
    report = markdown_report(verification(large))
    assert len(report) < 65_536
    shown = report.count("### ❌")
    assert 3 < shown < 20
    assert report.endswith(f"… and {21 - shown - 1} more.\n")
