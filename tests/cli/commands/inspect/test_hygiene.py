# SPDX-License-Identifier: BSD-3-Clause
"""`govgo hygiene` from the command line: a module in which many things are wrong, in front of a proxy."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from govgo import api
from govgo.cli.main import invoke
from tests.simulators import run as runs
from tests.simulators.world import World

jsonschema = pytest.importorskip("jsonschema")
SARIF = Path(__file__).parents[4] / "testdata" / "schemas" / "sarif-schema-2.1.0.json"

GO_MOD = """\
module m.io/m

go 1.21

toolchain go1.20

require (
	q.io/a v1.0.0
	q.io/b v1.0.0 // indirect
	q.io/c v1.0.0 // indirect
	q.io/old v2.0.0+incompatible
)

replace q.io/b => ../fork

replace q.io/nope => ./nope

exclude q.io/a v1.5.0

exclude q.io/b v1.1.0
"""
SOURCES = {
    "a.go": 'package m\n\nimport (\n\t"fmt"\n\t_ "q.io/a"\n)\n',
    "b_test.go": 'package m\n\nimport _ "q.io/b/deep"\n',
    "ignored.go": '//go:build ignore\n\npackage m\n\nimport _ "q.io/c"\n',
    "testdata/x.go": 'package x\n\nimport _ "q.io/old"\n',
    "nested/go.mod": "module m.io/nested\n",
    "nested/x.go": 'package x\n\nimport _ "q.io/old"\n',
}
TEXT = """\
finding[toolchain-unused]: toolchain go1.20 is not above go 1.21
    at:  go.mod:5
hint: `govgo get toolchain@none`
finding[indirect-but-imported]: q.io/b@v1.0.0 is marked // indirect, but a package here imports it
    at:  go.mod:9
hint: `govgo tidy`
finding[unneeded-require]: q.io/c@v1.0.0 is required by nothing else
    at:  go.mod:10
hint: `govgo get q.io/c@none`
finding[unneeded-require]: q.io/old@v2.0.0+incompatible is imported by no package here, and nothing else requires it
    at:  go.mod:11
hint: `govgo get q.io/old@none`
finding[incompatible-version]: q.io/old@v2.0.0+incompatible is a major version of a repository that was no module at \
that version
    at:  go.mod:11
hint: if it is a module by now: `govgo get q.io/old/v2@latest`
finding[replace-outside]: q.io/b is replaced by ../fork, outside of the repository: no other checkout has that
    at:  go.mod:14
hint: `govgo edit -dropreplace=q.io/b`
finding[replace-unused]: q.io/nope is replaced, but is not in the module graph
    at:  go.mod:16
hint: `govgo edit -dropreplace=q.io/nope`
finding[exclude-unused]: q.io/a@v1.5.0 is excluded, but nothing in the module graph requires it
    at:  go.mod:18
hint: `govgo edit -dropexclude=q.io/a@v1.5.0`
to tidy up: 8 findings
"""


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with World(tmp_path) as world:
        # q.io/a requires a version that is excluded, so that the exclusion has an effect.
        world.publish("q.io/a", "v1.0.0", "module q.io/a\n\ngo 1.20\n\nrequire q.io/b v1.1.0\n")
        world.publish("q.io/a", "v1.2.0", "module q.io/a\n\ngo 1.20\n")
        for name in ("b", "c"):
            world.publish(f"q.io/{name}", "v1.0.0", f"module q.io/{name}\n\ngo 1.20\n")
        world.publish("q.io/b", "v1.1.0", "module q.io/b\n\ngo 1.20\n")
        world.publish("q.io/old", "v2.0.0+incompatible", "module q.io/old\n")
        world.main("module q.io/b\n\ngo 1.20\n", name="fork")
        directory = world.main(GO_MOD, SOURCES)
        subprocess.run(["git", "init", "-q", directory], check=True, capture_output=True)
        world.use(monkeypatch)
        monkeypatch.chdir(directory)
        yield world


class Run(runs.Run):
    """One run: its exit code, and what it printed."""

    command = ("hygiene",)
    schema = "govgo.hygiene-1.json"

    @property
    def found(self) -> list[str]:
        return [f"{each['file']}:{each['line']} {each['code']}" for each in self.json["results"]]


@pytest.fixture
def hygiene(capsys: pytest.CaptureFixture[str]) -> Any:
    return lambda *args: Run(capsys, *args)


ALL = [
    "go.mod:5 toolchain-unused",
    "go.mod:9 indirect-but-imported",
    "go.mod:10 unneeded-require",
    "go.mod:11 unneeded-require",
    "go.mod:11 incompatible-version",
    "go.mod:14 replace-outside",
    "go.mod:16 replace-unused",
    "go.mod:18 exclude-unused",
]


def test_text(world: World, hygiene: Any) -> None:
    run = hygiene()
    assert (run.code, run.err, run.out) == (1, "", TEXT)
    assert hygiene("-exit-zero").code == 0
    assert Path("go.mod").read_text() == GO_MOD


def test_json(world: World, hygiene: Any) -> None:
    run = hygiene("-json")
    assert (run.code, run.found) == (1, ALL)
    assert run.json["results"][2]["fix"] == "govgo get q.io/c@none"


def test_findings_can_be_chosen(world: World, hygiene: Any) -> None:
    assert hygiene("-only", "unneeded-require,replace-unused", "-json").found == [ALL[2], ALL[3], ALL[6]]
    codes = {each.partition(" ")[2] for each in ALL}
    run = hygiene("-skip", ",".join(codes))
    assert (run.code, run.out) == (0, "nothing to tidy up\n")


def test_every_fix_does_away_with_its_finding(world: World, hygiene: Any) -> None:
    """What is left in the end is what only a person can decide: whether the fork is needed."""
    for each in hygiene("-json").json["results"]:
        if each["code"] not in ("replace-outside", "incompatible-version", "indirect-but-imported"):
            assert invoke(each["fix"].split()[1:]) == 0
    Path("b_test.go").unlink()
    assert hygiene("-json").found == ["go.mod:9 replace-outside"]


def test_without_sources(world: World, hygiene: Any) -> None:
    for name in SOURCES:
        Path(name).unlink()
    # Nobody knows what is imported; q.io/a requires q.io/b, though at a version that is excluded.
    assert hygiene("-json", ".").found == [ALL[0], ALL[2], *ALL[4:]]


def test_other_formats(world: World, hygiene: Any) -> None:
    document = json.loads(hygiene("-format", "sarif").out)
    schema = json.loads(SARIF.read_text())
    jsonschema.validators.validator_for(schema)(schema).validate(document)
    (run,) = document["runs"]
    assert len(run["results"]) == 8
    assert run["invocations"][0]["exitCode"] == 1
    assert run["tool"]["driver"]["rules"][0]["shortDescription"] == {
        "text": "An exclusion of a version that nothing requires."
    }
    suite = ElementTree.fromstring(hygiene("-format", "junit").out)[0]
    assert (suite.get("name"), suite.get("failures"), suite.get("errors")) == ("m.io/m", "8", "0")
    github = hygiene("-format", "github").out.splitlines()
    assert github[2] == (
        "::error file=go.mod,line=10,title=unneeded-require::q.io/c@v1.0.0 is required by nothing else%0A"
        "    at:  go.mod:10%0Ahint: `govgo get q.io/c@none`"
    )
    assert github[-1] == "::notice title=govgo hygiene::to tidy up: 8 findings"
    markdown = hygiene("-format", "markdown").out
    assert markdown.startswith("## govgo hygiene\n\n**to tidy up: 8 findings**\n\n### ❌ toolchain\\-unused (")


def test_versions_that_differ(world: World, hygiene: Any) -> None:
    for name, version in (("x", "v1.0.0"), ("y", "v1.2.0")):
        text = f"module m.io/{name}\n\ngo 1.21\n\nrequire q.io/a {version}\n"
        world.main(GO_MOD, {f"{name}/go.mod": text})
    run = hygiene("./x", "./y")
    assert (run.code, run.out) == (
        1,
        "finding[version-skew]: q.io/a is at v1.0.0 in x/go.mod; v1.2.0 in y/go.mod\n    at:  x/go.mod:5\n"
        "hint: `govgo -C x get q.io/a@v1.2.0`\nto tidy up: 1 finding\n",
    )
    suites = ElementTree.fromstring(hygiene("-format", "junit", "./x", "./y").out)
    assert [(suite.get("name"), suite.get("failures")) for suite in suites] == [
        ("govgo hygiene", "1"),
        ("m.io/x", "0"),
        ("m.io/y", "0"),
    ]


def test_a_workspace(world: World, hygiene: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GOWORK")
    x = "module m.io/x\n\ngo 1.21\n\nrequire q.io/a v1.0.0\n"
    work = "go 1.21\n\nuse ./x\n\nreplace q.io/nope => ./nope\n"
    world.main(GO_MOD, {"go.work": work, "x/go.mod": x + "\nexclude q.io/b v1.1.0\n\nexclude q.io/b v1.2.0\n"})
    run = hygiene("-json")
    assert run.found == ["go.work:5 replace-unused", "x/go.mod:9 exclude-unused"]
    fixes = [each["fix"] for each in run.json["results"]]
    assert fixes == ["govgo work edit -dropreplace=q.io/nope", "govgo -C x edit -dropexclude=q.io/b@v1.2.0"]


def test_one_that_fails_stops_no_other(world: World, hygiene: Any) -> None:
    files = {"x/go.mod": "module m.io/x\n\nrequire nonsense\n", "y/go.mod": "module m.io/y\n\nrequire q.io/no v1.0.0\n"}
    world.main(GO_MOD, files)
    run = hygiene("./x", "./y", ".", "-json")
    assert run.code == 3
    assert run.found == ["x/go.mod:3 input", *ALL]
    (error,) = run.json["errors"]
    assert "q.io/no@v1.0.0" in error["text"]


def test_offline_with_an_empty_cache(world: World, hygiene: Any) -> None:
    run = hygiene("-offline", "-json")
    assert (run.code, run.json["results"]) == (3, [])
    assert world.proxy.asked == []
    assert hygiene().code == 1
    assert hygiene("-offline", "-json").found == ALL


def test_a_dead_network(world: World, hygiene: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOPROXY", "http://127.0.0.1:1")
    run = hygiene()
    assert run.code == 3
    assert "to tidy up: 1 could not be checked\n" in run.out


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["-only", "dust"], "unknown finding 'dust': findings are unneeded-require, "),
        (["nowhere"], "nowhere: no such file or directory"),
        (["-format", "pdf"], "unknown format 'pdf'"),
    ],
)
def test_what_makes_no_sense(world: World, hygiene: Any, args: list[str], words: str) -> None:
    run = hygiene(*args)
    assert (run.code, run.out) == (2, "")
    assert words in run.err
    if "-format" not in args:
        assert hygiene("-json", *args).json["errors"][0]["code"] == "usage"


def test_the_library(world: World) -> None:
    run = api.hygiene()
    assert [finding.code for finding in run.modules[0].findings][:2] == ["toolchain-unused", "indirect-but-imported"]
