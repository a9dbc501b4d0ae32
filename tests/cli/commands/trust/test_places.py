# SPDX-License-Identifier: BSD-3-Clause
"""Each finding stands at the same place in every format: the line of the requirement that decides, or of go.sum.

The places are those of tables that were written by hand: of `check`, `audit`, `licenses` and `hygiene` beside the
worlds of their own tests, of `verify` here. Each code of `verify` has a row, but for those that concern no line.
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
from govgo.core.findings import VERIFY_RULES
from tests.cli.commands.inspect.test_hygiene import ALL as HYGIENE
from tests.cli.commands.inspect.test_hygiene import world as untidy
from tests.cli.commands.trust.test_audit import FOUND
from tests.cli.commands.trust.test_audit import world as audited
from tests.cli.commands.trust.test_check import TABLE, policy
from tests.cli.commands.trust.test_check import world as checked
from tests.cli.commands.trust.test_licenses import world as licensed
from tests.cli.commands.trust.test_verify import OTHER_HASH, edit, fill, flip, sorted_sums
from tests.cli.commands.trust.test_verify import world as verified
from tests.cli.commands.trust.test_verify_tags import PLAIN, PSEUDO, SUB, Scene
from tests.cli.commands.trust.test_verify_tags import scene as tagged
from tests.simulators import campaigns
from tests.simulators.gitrepos import Commit, needs_git
from tests.simulators.proxy import Status
from tests.simulators.world import World

__all__ = ["audited", "checked", "licensed", "tagged", "untidy", "verified"]  # fixtures

Places = Counter[tuple[str, str, int]]
"""(code, file, line) of each finding; line 0 where the place is the file."""

FORMATS = ("json", "sarif", "github", "gitlab", "junit", "markdown", "text")
MOST_ANNOTATIONS = 10


def written(verb: str, *flags: str) -> dict[str, str]:
    """The report in each format, of one run."""
    outputs = [f"-o={form}:../report.{form}" for form in FORMATS]
    assert invoke([verb, *flags, *outputs]) in (1, 3, 4)
    return {form: (Path("..") / f"report.{form}").read_text() for form in FORMATS}


def place(text: str) -> tuple[str, int]:
    file, _, line = text.partition(":")
    return file, int(line or 0)


def of_json(text: str) -> Places:
    told = json.loads(text)
    found = [*told["results"], *told["errors"]]
    return Counter((each.get("code", "vulnerable-module"), each["file"], each["line"] or 0) for each in found)


def of_sarif(text: str) -> Places:
    found: Places = Counter()
    (run,) = json.loads(text)["runs"]
    results = [(each["ruleId"], each) for each in run["results"] if each["level"] != "note"]
    notices = run["invocations"][0].get("toolExecutionNotifications", [])
    for code, each in [*results, *((each["descriptor"]["id"], each) for each in notices)]:
        where = each["locations"][0]["physicalLocation"]
        line = where.get("region", {}).get("startLine", 0)
        kind = re.sub(r"^GO-\d+$", "vulnerable-module", code)  # each vulnerability is a rule of its own
        found[kind, unquote(where["artifactLocation"]["uri"]), line] += 1
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
    named = re.search(r"\bgo\.(?:sum|mod):\d+", text) or re.search(r"\bvendor/[^\s:]+|\bgovgo\.toml(?::\d+)?", text)
    assert named is not None, text
    return place(named[0])


def of_junit(text: str) -> Places:
    root = ElementTree.fromstring(text)
    return Counter(
        (each.get("type") or "", *at(each.text or "")) for kind in ("failure", "error") for each in root.iter(kind)
    )


def of_markdown(text: str) -> Places:
    found = re.findall(r"^### (?:❌|🛑|⚠️) (\S+) \((\S+)\)$", text.replace("\\", ""), re.MULTILINE)
    return Counter((code, *place(at)) for code, at in found)


def of_text(text: str) -> Places:
    found = re.findall(r"^(?:finding|error|unchecked)\[(\S+)\](: .*\n(?: .*\n)*)", text, re.MULTILINE)
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


BROKEN = [text for text, found in TABLE.items() if found]


@pytest.mark.parametrize("text", campaigns.one_in(5, BROKEN))
def test_check(checked: World, text: str) -> None:
    policy(text)
    agree(written("check"), Counter((code, "go.mod", line or 0) for code, line in TABLE[text]))


def test_check_asks_other_verbs(checked: World) -> None:
    """What they find stands where they say: what go.sum lacks at the first requirement, what tidy changes at each."""
    policy("verify = ['complete']\ntidy = true")
    expected = Counter({("untidy", "go.mod", line): 1 for line in (6, 7, 8, 9, 10, 11, 12, 15)})
    expected["missing-sum", "go.mod", 6] = 1
    agree(written("check"), expected)


def test_audit(audited: World) -> None:
    """Text and Markdown of an audit are made for it: the line stands in the chain of who needs the module."""
    expected = Counter(("vulnerable-module", "go.mod", line or 0) for *_, line in FOUND)
    reports = written("audit")
    agree(reports, expected, but=("markdown", "text"))
    results = json.loads(reports["sarif"])["runs"][0]["results"]
    assert sorted(each["ruleId"] for each in results if each["level"] != "note") == sorted(name for name, *_ in FOUND)
    lines = sorted(line for _, _, line in expected)
    for form in ("markdown", "text"):
        named = re.findall(r"go\.mod:(\d+)", reports[form].replace("\\", "").partition("to clear")[0])
        assert sorted(map(int, named)) == lines, form


def test_licenses(licensed: World) -> None:
    agree(written("licenses"), Counter({("license-missing", "go.mod", 7): 1, ("license-unknown", "go.mod", 10): 1}))


@pytest.mark.parametrize(
    ("text", "line"),
    [("[licenses]\noverride = x\n", 2), ("[licenses]\noverrides = []\n", 2), ("[licenses]\nx = '\xff'\n", 2)],
)
def test_a_govgo_toml_that_cannot_be_used(licensed: World, text: str, line: int) -> None:
    """The fault stands in it: at the line of the key, or at the one that is not TOML, if that is known."""
    Path("govgo.toml").write_text(text, encoding="latin-1")
    agree(written("licenses"), Counter({("policy-file", "govgo.toml", line): 1}))


def test_hygiene(untidy: World) -> None:
    expected: Places = Counter()
    for line in HYGIENE:
        at, code = line.split()
        expected[code, *place(at)] = 1
    agree(written("hygiene"), expected)


def sound_lines() -> list[str]:
    """Those of the world's go.sum."""
    lines = Path("go.sum").read_text().splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["q.io/a", "v1.1.0"],
        ["q.io/a", "v1.1.0/go.mod"],
        ["q.io/b", "v1.0.0"],
        ["q.io/b", "v1.0.0/go.mod"],
    ]
    return lines


def test_verify_go_sum(verified: World) -> None:
    """What is wrong with a line of go.sum stands at that line; what go.sum lacks where go.mod asks for it."""
    lines = sound_lines()
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


def test_verify_more_lines_of_go_sum(verified: World) -> None:
    lines = sound_lines()
    more = [line.strip() for line in sorted_sums(verified, "q.io/a v1.2.0")]
    malformed, other = "q.io/b v1.0.0 h1:abc=", f"q.io/a v1.1.0 {OTHER_HASH}"
    text = [lines[0], lines[0], f"{lines[1]} ", malformed, other, *lines[2:], *more, ""]
    Path("go.sum").write_text("\n".join(text))
    expected = {
        ("duplicate-line", "go.sum", 2): 1,
        ("go-sum-spacing", "go.sum", 3): 1,
        ("malformed-hash", "go.sum", 4): 1,
        ("sum-mismatch", "go.sum", 4): 1,
        ("conflicting-sums", "go.sum", 5): 1,  # with line 1
        ("sum-mismatch", "go.sum", 5): 1,
        ("conflicting-sums", "go.sum", 6): 1,  # with line 4
        ("extra-sum", "go.sum", 8): 1,
        ("extra-sum", "go.sum", 9): 1,
    }
    agree(written("verify", "-strict", "-only=lint,complete,database"), Counter(expected))


def test_verify_what_the_database_does_not_know(verified: World) -> None:
    gone = Status(404, b"Not Found", {"Content-Type": "text/plain"}, b"gone")
    verified.proxy.script(f"/sumdb/{verified.log.name}/lookup/q.io/b@v1.0.0", gone)
    agree(
        written("verify", "-only=database"),
        Counter({("not-in-database", "go.sum", 3): 1, ("not-in-database", "go.sum", 4): 1}),
    )


CACHED = {
    "zip-modified": ("cache/download/q.io/b/@v/v1.0.0.zip", 3),
    "dir-modified": ("q.io/b@v1.0.0/b.go", 3),
    "cache-mismatch": ("cache/download/q.io/b/@v/v1.0.0.mod", 4),
    "missing-ziphash": ("cache/download/q.io/b/@v/v1.0.0.ziphash", 3),
}
"""A file of the cache, and the line of go.sum that has its hash. The place is in the repository, the file in a fact."""


@pytest.mark.parametrize("code", CACHED)
def test_verify_the_module_cache(verified: World, code: str) -> None:
    fill(verified)
    name, line = CACHED[code]
    path = verified.cache / name
    if code == "missing-ziphash":
        path.unlink()
    else:
        flip(path, int(path.stat().st_size * 0.4))
    agree(written("verify", "-only=cache"), Counter({(code, "go.sum", line): 1}))


VENDORED: dict[str, tuple[Callable[[], object], Places]] = {
    "vendor-modified": (
        lambda: flip(Path("vendor/q.io/b/b.go"), 3),
        Counter({("vendor-modified", "vendor/q.io/b/b.go", 0): 1}),
    ),
    "vendor-extra": (
        lambda: Path("vendor/q.io/b/new.go").write_text("package b\n"),
        Counter({("vendor-extra", "vendor/q.io/b/new.go", 0): 1}),
    ),
    "vendor-missing": (
        lambda: Path("vendor/q.io/b/b.go").unlink(),
        Counter({("vendor-missing", "vendor/q.io/b/b.go", 0): 1}),
    ),
    "vendor-inconsistent": (  # go.mod was edited, and nothing vendored anew
        lambda: edit(Path("go.mod"), "q.io/a v1.1.0", "q.io/a v1.2.0"),
        Counter({("vendor-inconsistent", "go.mod", 5): 1, ("vendor-inconsistent", "vendor/modules.txt", 1): 1}),
    ),
}


@pytest.mark.parametrize("code", VENDORED)
def test_verify_vendored_files(verified: World, code: str) -> None:
    fill(verified, vendor=True)
    change, expected = VENDORED[code]
    change()
    agree(written("verify", "-only=vendor"), expected)


@needs_git
def test_verify_tags(tagged: Scene) -> None:
    """At the line of the zip, whose files the tag should have."""
    tagged.repos.add("plain", Commit("2021-05-06", {"a.go": "package evil\n"}, tags=("v1.0.0",)))
    tagged.git("multi", "tag", "-d", "sub/v0.2.0")
    assert [line.split()[:2] for line in tagged.go_sum.read_text().splitlines()][::2] == [
        [PLAIN, "v1.0.0"],
        [SUB, "v0.2.0"],
        [PSEUDO, tagged.pseudo],
    ]
    expected = {("tag-mismatch", "go.sum", 1): 1, ("tag-gone", "go.sum", 3): 1}
    agree(written("verify", "-only=tags"), Counter(expected))


def test_verify_what_could_not_be_checked(verified: World) -> None:
    """A module that cannot be obtained stands where go.mod asks for it, its lines of go.sum at themselves."""
    Path("go.sum").write_text("".join(Path("go.sum").read_text().splitlines(keepends=True)[:2]))
    expected = {("offline", "go.mod", 5): 1, ("offline", "go.sum", 1): 1, ("offline", "go.sum", 2): 1}
    agree(written("verify", "-offline", "-only=complete,database"), Counter(expected))


NO_LINE = {
    "fork": "the checksum database",
    "bad-signature": "the checksum database",
    "cache-damaged": "a kept proof, which is a file of the module cache",
}
"""Codes of `verify` that are about no line of the repository."""


def test_every_code_of_verify_has_a_row() -> None:
    source = Path(__file__).read_text()
    rows = set(re.findall(r'^ +\("([a-z-]+)", "[^"]+", \d+\): 1', source, re.MULTILINE)) | set(CACHED) | set(VENDORED)
    rows |= set(re.findall(r'"([a-z-]+)", "go\.sum", \d+\): 1', source))
    assert VERIFY_RULES.keys() - rows == NO_LINE.keys()
