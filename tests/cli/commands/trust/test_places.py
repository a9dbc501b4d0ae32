# SPDX-License-Identifier: BSD-3-Clause
"""Each finding stands at the same place in every format: the line of the requirement that decides, or of go.sum.

The places are those of tables that were written by hand: of `check`, `audit` and `licenses` beside the worlds of their
own tests, of `verify` here.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest

from govgo.cli.main import invoke
from tests.cli.commands.trust.test_audit import FOUND
from tests.cli.commands.trust.test_audit import world as audited
from tests.cli.commands.trust.test_check import TABLE, policy
from tests.cli.commands.trust.test_check import world as checked
from tests.cli.commands.trust.test_licenses import world as licensed
from tests.cli.commands.trust.test_verify import OTHER_HASH
from tests.cli.commands.trust.test_verify import world as verified
from tests.simulators.world import World

__all__ = ["audited", "checked", "licensed", "verified"]  # fixtures

Places = Counter[tuple[str, str, int]]
"""(code, file, line) of each finding; line 0 where the place is the file."""

FORMATS = ("json", "sarif", "github", "gitlab", "junit", "markdown", "text")
MOST_ANNOTATIONS = 10


def written(verb: str, *flags: str) -> dict[str, str]:
    """The report in each format, of one run."""
    outputs = [f"-o={form}:../report.{form}" for form in FORMATS]
    assert invoke([verb, *flags, *outputs]) in (1, 4)
    return {form: (Path("..") / f"report.{form}").read_text() for form in FORMATS}


def place(text: str) -> tuple[str, int]:
    file, _, line = text.partition(":")
    return file, int(line or 0)


def of_json(text: str) -> Places:
    told = json.loads(text)["results"]
    return Counter((each.get("code", "vulnerable-module"), each["file"], each["line"] or 0) for each in told)


def of_sarif(text: str) -> Places:
    found: Places = Counter()
    for each in json.loads(text)["runs"][0]["results"]:
        where = each["locations"][0]["physicalLocation"]
        line = where.get("region", {}).get("startLine", 0)
        found[each["ruleId"], unquote(where["artifactLocation"]["uri"]), line] += 1
    return found


def of_github(text: str) -> Places:
    pattern = r"^::(?:error|warning) file=([^,]+)(?:,line=(\d+))?,title=([^:]+)::"
    return Counter((code, file, int(line or 0)) for file, line, code in re.findall(pattern, text, re.MULTILINE))


def of_gitlab(text: str) -> Places:
    issues = [each for each in json.loads(text) if each["severity"] != "info"]
    return Counter(
        (each["check_name"], each["location"]["path"], each["location"]["lines"]["begin"]) for each in issues
    )


def at(text: str) -> tuple[str, int]:
    """The place of a finding for people: beside "at", else where its sentence or its first fact names the line."""
    stated = re.search(r"^ *at: +(\S+)$", text, re.MULTILINE)
    if stated is not None:
        return place(stated[1])
    (file, line), *_ = re.findall(r"\b(go\.(?:sum|mod)):(\d+)", text)
    return file, int(line)


def of_junit(text: str) -> Places:
    failures = ElementTree.fromstring(text).iter("failure")
    return Counter((each.get("type") or "", *at(each.text or "")) for each in failures)


def of_markdown(text: str) -> Places:
    found = re.findall(r"^### (?:❌|🛑) (\S+) \((\S+)\)$", text.replace("\\", ""), re.MULTILINE)
    return Counter((code, *place(at)) for code, at in found)


def of_text(text: str) -> Places:
    found = re.findall(r"^(?:finding|error)\[(\S+)\](: .*\n(?: .*\n)*)", text, re.MULTILINE)
    return Counter((code, *at(facts)) for code, facts in found)


READERS: dict[str, Callable[[str], Places]] = {
    "json": of_json,
    "sarif": of_sarif,
    "gitlab": of_gitlab,
    "junit": of_junit,
    "markdown": of_markdown,
    "text": of_text,
}


def agree(reports: dict[str, str], expected: Places, *, but: tuple[str, ...] = ()) -> None:
    """All formats have these places; GitHub shows ten annotations, and Code Quality has a line for each issue."""
    for form, reader in READERS.items():
        if form not in but:
            wanted = expected
            if form == "gitlab":
                wanted = Counter({(code, file, line or 1): n for (code, file, line), n in expected.items()})
            assert reader(reports[form]) == wanted, form
    shown = of_github(reports["github"])
    assert shown <= expected
    assert shown.total() == min(MOST_ANNOTATIONS, expected.total())


BROKEN = [text for text, found in TABLE.items() if found]


@pytest.mark.parametrize("text", BROKEN)
def test_check(checked: World, text: str) -> None:
    policy(text)
    agree(written("check"), Counter((code, "go.mod", line or 0) for code, line in TABLE[text]))


def test_audit(audited: World) -> None:
    """Text and Markdown of an audit are made for it: the line stands in the chain of who needs the module."""
    expected = Counter(("vulnerable-module", "go.mod", line or 0) for *_, line in FOUND)
    reports = written("audit")
    agree(reports, expected, but=("markdown", "text"))
    lines = sorted(line for _, _, line in expected)
    for form in ("markdown", "text"):
        named = re.findall(r"go\.mod:(\d+)", reports[form].replace("\\", "").partition("to clear")[0])
        assert sorted(map(int, named)) == lines, form


def test_licenses(licensed: World) -> None:
    agree(written("licenses"), Counter({("license-missing", "go.mod", 7): 1, ("license-unknown", "go.mod", 10): 1}))


def test_verify_go_sum(verified: World) -> None:
    """What is wrong with a line of go.sum stands at that line; what go.sum lacks where go.mod asks for it."""
    lines = Path("go.sum").read_text().splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["q.io/a", "v1.1.0"],
        ["q.io/a", "v1.1.0/go.mod"],
        ["q.io/b", "v1.0.0"],
        ["q.io/b", "v1.0.0/go.mod"],
    ]
    wrong = f"q.io/b v1.0.0 {OTHER_HASH}"
    Path("go.sum").write_text("\n".join([lines[0], wrong, lines[3], "q.io/a v1", "Q v1 h2:x", "=======", ""]))
    expected = {
        ("missing-sum", "go.mod", 5): 1,  # of q.io/a v1.1.0/go.mod
        ("sum-mismatch", "go.sum", 2): 1,
        ("go-sum-malformed", "go.sum", 4): 1,
        ("unknown-hash", "go.sum", 5): 1,
        ("invalid-module", "go.sum", 5): 1,
        ("merge-marker", "go.sum", 6): 1,
    }
    agree(written("verify", "-strict"), Counter(expected))
