# SPDX-License-Identifier: BSD-3-Clause
"""`govgo audit` from the command line. What is vulnerable is worked out by hand from the advisories below."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.adapters.advisories.test_web import serve
from tests.simulators import binaries, campaigns
from tests.simulators import run as runs
from tests.simulators.world import World
from tests.simulators.zips import module_zip

jsonschema = pytest.importorskip("jsonschema")
SARIF = Path(__file__).parents[4] / "testdata" / "schemas" / "sarif-schema-2.1.0.json"


def requirements(**versions: str) -> str:
    lines = "".join(f"\tq.io/{path} {version}\n" for path, version in versions.items())
    return f"require (\n{lines})\n"


HEAD = "module example.com/app\n\ngo 1.21\n\n"
MAIN = (
    HEAD
    + requirements(a="v1.0.0", x="v1.0.0", r="v1.0.0", f="v1.0.0", old="v3.0.0+incompatible")
    + "\nreplace q.io/r => q.io/fork v1.5.0\n\nreplace q.io/f => ../f\n"
)
MODULES = {
    "q.io/a v1.0.0": "module q.io/a\n\ngo 1.16\n\nrequire q.io/v v1.2.0\n",
    "q.io/v v1.2.0": "module q.io/v\n\ngo 1.16\n",
    "q.io/x v1.0.0": "module q.io/x\n\ngo 1.16\n\nrequire (\n\tq.io/v v1.1.0\n\tq.io/w/v3 v3.0.0\n)\n",
    "q.io/v v1.1.0": "module q.io/v\n\ngo 1.16\n",
    "q.io/w/v3 v3.0.0": "module q.io/w/v3\n\ngo 1.16\n",
    "q.io/r v1.0.0": "module q.io/r\n",
    "q.io/fork v1.5.0": "module q.io/fork\n",
    "q.io/old v3.0.0+incompatible": "module q.io/old\n",
}


def advisory(name: str, path: str, *events: str, **more: Any) -> str:
    affected = {
        "package": {"ecosystem": "Go", "name": path},
        "ranges": [{"type": "SEMVER", "events": [dict([event.split("=")]) for event in events]}],
    }
    return json.dumps({"id": name, "modified": "2026-11-01T00:00:00Z", "affected": [affected], **more})


ADVISORIES = {
    # hit: the selected version, not the one that a go.mod asks for
    "GO-1": advisory("GO-1", "q.io/v", "introduced=1.2.0", "fixed=1.2.1", summary="bad", aliases=["CVE-1"]),
    "GHSA-1": advisory("GHSA-1", "q.io/v", "introduced=0", "fixed=1.3.0", aliases=["CVE-1"]),
    # missed: v1.1.0 is required, and not selected
    "GO-2": advisory("GO-2", "q.io/v", "introduced=0", "fixed=1.2.0"),
    # missed: another major version; hit: the one that is selected
    "GO-3": advisory("GO-3", "q.io/w", "introduced=0"),
    "GO-4": advisory("GO-4", "q.io/w/v3", "introduced=0"),
    # missed: the module is replaced; hit: its replacement
    "GO-5": advisory("GO-5", "q.io/r", "introduced=0"),
    "GO-6": advisory("GO-6", "q.io/fork", "introduced=1.5.0", "fixed=1.5.2"),
    # cannot be matched: replaced by a directory
    "GO-7": advisory("GO-7", "q.io/f", "introduced=0"),
    "GO-8": advisory("GO-8", "q.io/old", "introduced=3.0.0", "fixed=3.1.0"),
    # missed: withdrawn
    "GO-9": advisory("GO-9", "q.io/a", "introduced=0", withdrawn="2026-11-02T00:00:00Z"),
    "GO-10": advisory("GO-10", "stdlib", "introduced=0", "fixed=1.21.5"),
    "GO-11": advisory("GO-11", "stdlib", "introduced=1.22.0-0", "fixed=1.22.3"),
}
FOUND = [
    ("GO-10", "stdlib", "1.21.0", "1.21.5", 3),
    ("GO-8", "q.io/old", "v3.0.0+incompatible", "v3.1.0", 10),
    ("GO-6", "q.io/r", "v1.0.0", "v1.5.2", 8),
    ("GO-1", "q.io/v", "v1.2.0", "v1.3.0", 6),
    ("GO-4", "q.io/w/v3", "v3.0.0", "", 7),
]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with World(tmp_path) as world:
        for name, gomod in MODULES.items():
            world.publish(*name.split(), gomod)
        world.main("module q.io/f\n", name="f")
        world.use(monkeypatch, GOWORK="")
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        database = tmp_path / "db"
        database.mkdir()
        for name, text in ADVISORIES.items():
            (database / f"{name}.json").write_text(text)
        monkeypatch.setenv("GOVGO_VULNDB", str(database))
        monkeypatch.chdir(world.main(MAIN))
        yield world


class Run(runs.Run):
    """One run: its exit code and what it printed."""

    command = ("audit",)
    schema = "govgo.audit-1.json"

    @property
    def found(self) -> list[tuple[str, str, str, str, int | None]]:
        names = ("id", "module", "version", "fixed_in", "line")
        return [tuple(each[name] for name in names) for each in self.json["results"]]  # type: ignore[misc]


@pytest.fixture
def audit(capsys: pytest.CaptureFixture[str]) -> Any:
    return lambda *args: Run(capsys, *args)


def test_what_is_vulnerable_and_nothing_else(world: World, audit: Any) -> None:
    run = audit("--json")
    assert (sorted(run.found), run.code) == (sorted(FOUND), 1)
    (module,) = run.json["modules"]
    assert module["unmatched"] == [{"module": "q.io/f", "version": "v1.0.0"}]
    (vulnerable,) = [each for each in run.json["results"] if each["module"] == "q.io/v"]
    assert (vulnerable["aliases"], [each["id"] for each in vulnerable["advisories"]]) == (
        ["CVE-1", "GHSA-1"],
        ["GO-1", "GHSA-1"],
    )
    assert [each["module"] for each in vulnerable["needed_by"]] == ["example.com/app", "q.io/a", "q.io/v"]
    assert vulnerable["decided_by"] == [{"module": "q.io/a", "version": "v1.0.0"}]
    assert audit("--exit-zero").code == 0


def test_text(world: World, audit: Any) -> None:
    run = audit()
    assert run.err == ""
    assert (
        "GO-1  q.io/v v1.2.0  fixed in v1.3.0\n"
        "              bad\n"
        "    also      CVE-1 GHSA-1\n"
        "    needed by example.com/app (go.mod:6) => q.io/a v1.0.0 => q.io/v v1.2.0\n"
    ) in run.out
    assert "GO-6  q.io/r v1.0.0 => q.io/fork v1.5.0  fixed in v1.5.2\n" in run.out
    assert (
        "GO-10  the standard library of go 1.21.0  fixed in 1.21.5\n    at        go.mod:3 (the go line)\n" in run.out
    )
    assert "note: q.io/f@v1.0.0 is replaced by a directory: its code has no version to match\n" in run.out
    assert run.out.endswith(
        "5 vulnerabilities in 4 of 7 modules and in go 1.21 (module level: calls are not analysed)\n"
    )


def test_markdown(world: World, audit: Any) -> None:
    lines = audit("-format", "markdown").out.splitlines()
    assert (
        "| GO\\-1 CVE\\-1 GHSA\\-1<br>bad | q.io/v v1.2.0 | v1.3.0 "
        "| example.com/app \\(go.mod:6\\) ⇒ q.io/a v1.0.0 ⇒ q.io/v v1.2.0 |"
    ) in lines


def test_formats_that_ci_systems_read(world: World, audit: Any) -> None:
    """Each finding stands at the line of the requirement that brought the module in."""
    sarif = json.loads(audit("-format", "sarif").out)
    jsonschema.Draft7Validator(json.loads(SARIF.read_text())).validate(sarif)
    results = sarif["runs"][0]["results"]
    lines = [each["locations"][0]["physicalLocation"].get("region", {}).get("startLine") for each in results]
    assert sorted(lines) == [3, 6, 7, 8, 9, 10]
    (unmatched,) = [each for each in results if each["ruleId"] == "unmatched-module"]
    assert (unmatched["level"], lines[results.index(unmatched)]) == ("note", 9)
    assert "q.io/v v1.2.0: GO-1, CVE-1, GHSA-1: bad; fixed in v1.3.0" in results[3]["message"]["text"]
    github = audit("-format", "github").out
    assert "::error file=go.mod,line=6," in github
    junit = audit("-format", "junit").out
    assert ElementTree.fromstring(junit)[0].get("failures") == "5"
    for text in (github, junit):
        assert "vulnerable (module level: calls are not analysed): 5 findings" in text


def test_two_vulnerabilities_of_one_module_are_told_apart(world: World, audit: Any) -> None:
    """Code scanning tracks results by rule and line, Code Quality by the fingerprint: neither may be that of both."""
    other = world.root / "db" / "GO-0.json"
    other.write_text(advisory("GO-0", "q.io/v", "introduced=0", "fixed=2.0.0", summary="worse"))
    driver = json.loads(audit("-format", "sarif").out)["runs"][0]
    about_v = [each for each in driver["results"] if each["message"]["text"].startswith("q.io/v ")]
    assert [each["ruleId"] for each in about_v] == ["GO-0", "GO-1"]
    assert [driver["tool"]["driver"]["rules"][each["ruleIndex"]]["id"] for each in about_v] == ["GO-0", "GO-1"]
    assert len({each["partialFingerprints"]["govgoFinding/v1"] for each in about_v}) == 2

    def marks() -> dict[str, str]:
        issues = json.loads(audit("-format", "gitlab").out)
        assert len({each["fingerprint"] for each in issues}) == len(issues)
        return {each["description"].partition(";")[0]: each["fingerprint"] for each in issues}

    both = marks()
    other.unlink()
    assert marks().items() <= both.items(), "what is left is not what is gone"
    assert len(marks()) == len(both) - 1


def test_the_severity_stands_in_every_finding_that_has_one(world: World, audit: Any) -> None:
    """Of two advisories about one vulnerability that of the one that gives it."""
    scored = json.loads(ADVISORIES["GHSA-1"]) | {"database_specific": {"severity": "HIGH"}}
    (world.root / "db" / "GHSA-1.json").write_text(json.dumps(scored))
    assert "q.io/v v1.2.0: GO-1, CVE-1, GHSA-1: bad; severity HIGH; fixed in v1.3.0" in audit("-format", "github").out


def test_the_go_release(world: World, audit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    world.main(MAIN.replace("go 1.21\n", "go 1.21\n\ntoolchain go1.22.1\n"))
    (module,) = audit("--json").json["modules"]
    assert (module["go"], module["go_from"]) == ("1.22.1", "the toolchain line")
    assert ("GO-11", "stdlib", "1.22.1", "1.22.3", 5) in audit("--json").found
    assert "GO-11" in [each[0] for each in audit("--json").found]
    monkeypatch.setenv("GOVGO_GO_VERSION", "go1.26.8")
    (module,) = audit("--json").json["modules"]
    assert (module["go"], module["go_from"]) == ("1.26.8", "GOVGO_GO_VERSION")
    assert "stdlib" not in [each[1] for each in audit("--json").found]


def test_many_modules_one_of_them_broken(world: World, audit: Any) -> None:
    world.main("module example.com/bad\n\nrequire nonsense\n", name="main/sub/bad")
    world.main(HEAD + requirements(v="v1.1.0"), name="main/sub/good")
    run = audit("./...", "--json")
    assert run.code == 3
    assert [(each["file"], each["line"]) for each in run.json["errors"]] == [("sub/bad/go.mod", 3)]
    assert ("GO-2", "q.io/v", "v1.1.0", "v1.2.0", 6) in run.found
    assert "govgo: sub/bad/go.mod:3: " in run.err


def test_a_database_over_http(world: World, audit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = [{"path": "q.io/v", "vulns": [{"id": "GO-1", "modified": "2026-11-01T00:00:00Z"}]}]
    serve(
        world.proxy,
        {
            "index/db.json": '{"modified": "2026-11-01T00:00:00Z"}',
            "index/modules.json": json.dumps(listed),
            "ID/GO-1.json": ADVISORIES["GO-1"],
        },
    )
    url = f"{world.proxy.url}/db"
    run = audit("--db", url, "--json")
    assert (run.found, run.code) == ([("GO-1", "q.io/v", "v1.2.0", "v1.2.1", 6)], 1)
    assert run.json["databases"][0]["advisories"] == 1
    again = audit("--db", url, "--offline", "--json")
    assert again.found == run.found
    assert again.json["databases"][0]["kept"]


def test_a_database_in_a_module_is_proved(world: World, audit: Any) -> None:
    name, version = "q.io/vulndb", "v1.0.0"
    files = {"go.mod": "module q.io/vulndb\n", **{f"data/osv/{k}.json": v for k, v in ADVISORIES.items()}}
    world.publish(name, version, files["go.mod"], files={k: v for k, v in files.items() if k != "go.mod"})
    run = audit("--db", f"{name}@{version}", "--json")
    assert sorted(run.found) == sorted(FOUND)
    assert run.json["databases"][0]["source"] == "q.io/vulndb@v1.0.0"
    assert run.json["databases"][0]["proved"]
    assert not Path("go.sum").exists()


def test_attack_a_database_that_is_another_than_the_log_knows(world: World, audit: Any) -> None:
    world.publish("q.io/vulndb", "v1.0.0", "module q.io/vulndb\n", files={"data/osv/GO-1.json": ADVISORIES["GO-1"]})
    other = module_zip("q.io/vulndb@v1.0.0", {"go.mod": b"module q.io/vulndb\n"})
    world.proxy.files["/q.io/vulndb/@v/v1.0.0.zip"] = other
    run = audit("--db", "q.io/vulndb@v1.0.0", "--json")
    assert run.code == 4
    assert run.json["results"] == []
    assert "SECURITY ERROR" in run.err


def test_an_old_database_is_no_answer(world: World, audit: Any) -> None:
    run = audit("--max-db-age", "1d", "--json")
    assert run.code == 3
    assert [each["code"] for each in run.json["errors"]] == ["stale-database"]
    assert audit("--max-db-age", "9000d").code == 1
    assert audit("--max-db-age", "900w").code == 1
    assert "--max-db-age allows 36 hours" in audit("--max-db-age", "36h").err


def test_without_the_network_the_newest_version_of_a_database_is_not_known(world: World, audit: Any) -> None:
    audit()  # fills the module cache
    run = audit("--db", "q.io/db", "--offline")
    assert (run.code, run.err) == (3, "govgo: q.io/db@latest: not in the module cache, and --offline asks nobody\n")


@pytest.mark.parametrize(
    ("words", "code", "told"),
    campaigns.one_in(
        3,
        [
            ("--db http://127.0.0.1:1/db", 3, "127.0.0.1:1"),
            ("--db https://db.example --offline", 3, "asks nobody"),
            ("--db ./nowhere", 3, "nowhere: no such file or directory"),
            ("--db nothing.zip", 3, "nothing.zip: no such file or directory"),
            ("--db go.mod", 3, "go.mod: no database of advisories: "),
            ("--db not/a/module", 2, "neither a URL, nor a file or directory, nor a module"),
            (
                "--max-db-age soon",
                2,
                "invalid value for flag -max-db-age: 'soon' is not an age: want days as in 14d, weeks as",
            ),
            ("elsewhere", 2, "elsewhere: no such file or directory"),
            (
                "-format html",
                2,
                "unknown format 'html': formats are text, json, sarif, github, gitlab, junit, markdown",
            ),
        ],
    ),
)
def test_what_is_refused(world: World, audit: Any, words: str, code: int, told: str) -> None:
    run = audit(*words.split())
    assert run.code == code, run.err
    assert told in run.err
    assert run.out == (
        "" if "--offline" not in words else "nothing was audited (module level: calls are not analysed)\n"
    )
    assert not any("nothing" in each for each in world.proxy.asked)
    if code == 3:
        failed = audit(*words.split(), "--json")
        assert (failed.code, failed.json["results"], len(failed.json["errors"])) == (3, [], 1)


@pytest.mark.parametrize("flag", ["-db", "-vex"])
def test_an_absolute_path_is_named_as_it_was_given(
    world: World, audit: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flag: str
) -> None:
    """Relative to the directory of -C it would name another file where the command was typed."""
    main = str(Path.cwd())
    monkeypatch.chdir(tmp_path)
    run = audit("-C", main, flag, str(tmp_path / "nowhere.json"))
    assert f"govgo: {tmp_path}/nowhere.json: no such file or directory\n" in run.err


@pytest.mark.parametrize("dead", ["http://127.0.0.1:1/db", "nowhere.zip"])
def test_one_of_several_databases_is_dead(world: World, audit: Any, dead: str) -> None:
    """What the others know is reported with the error, and the exit code is that of an incomplete audit."""
    Path("govgo.toml").write_text('[audit]\nignore = [{ id = "GO-99", reason = "known to the dead one alone" }]\n')
    for databases in (["--db", "../db", "--db", dead], ["--db", dead, "--db", "../db"]):
        run = audit(*databases, "--json")
        assert run.code == 3
        assert run.found == FOUND
        assert [dead in str(each) for each in run.json["errors"]] == [True]
        assert len(run.json["databases"]) == 1
    text = audit("--db", "../db", "--db", dead)
    assert (text.code, "GO-1  q.io/v v1.2.0" in text.out, dead in text.err) == (3, True, True)
    assert "no plan was made: a database could not be asked" in text.out
    assert "GO-99" not in text.out


@pytest.mark.parametrize("flag", ["--plan", "--fix"])
def test_no_plan_by_half_of_the_databases(world: World, audit: Any, flag: str) -> None:
    before = Path("go.mod").read_bytes()
    run = audit("--db", "../db", "--db", "nowhere.zip", flag)
    assert (run.code, "nowhere.zip: no such file" in run.err) == (3, True)
    assert Path("go.mod").read_bytes() == before


def test_text_of_strangers_gives_no_commands(world: World, audit: Any, tmp_path: Path) -> None:
    evil = "x\n::error::y\x1b[2J [z](u)"
    text = advisory("GO-1", "q.io/v", "introduced=0", summary=evil, severity=[{"type": "X", "score": evil}])
    (tmp_path / "db" / "GO-1.json").write_text(text)
    for form in ("text", "markdown", "json"):
        out = audit("-format", form).out
        assert "\x1b" not in out
        assert not re.search(r"^\s*::", out, re.MULTILINE)
    assert "[z](u)" not in audit("-format", "markdown").out


def test_only_packages_that_are_imported(world: World, audit: Any, tmp_path: Path) -> None:
    source = 'package main\n\nimport (\n\t_ "q.io/a"\n\t_ "q.io/v"\n)\n'
    world.main(HEAD + requirements(a="v1.0.0", v="v1.2.0", x="v1.0.0"), {"main.go": source})
    for name, package in (("GO-1", "q.io/v"), ("GHSA-1", "q.io/v/unused"), ("GO-4", "q.io/w/v3")):
        text = json.loads(ADVISORIES[name])
        text["affected"][0]["ecosystem_specific"] = {"imports": [{"path": package}]}
        text["aliases"] = []
        (tmp_path / "db" / f"{name}.json").write_text(json.dumps(text))
    assert [each[:2] for each in audit("--json").found] == [
        ("GO-10", "stdlib"),
        ("GO-1", "q.io/v"),
        ("GHSA-1", "q.io/v"),
        ("GO-4", "q.io/w/v3"),
    ]
    run = audit("--packages", "--json")
    assert [each[:2] for each in run.found] == [("GO-10", "stdlib"), ("GO-1", "q.io/v")]
    assert run.json["summary"]["level"] == "package level: calls are not analysed"
    # An import that leads nowhere might lead to anything: then nothing is left out.
    world.main(HEAD + requirements(a="v1.0.0", v="v1.2.0", x="v1.0.0"), {"main.go": source + 'import _ "gone.io/g"\n'})
    run = audit("--packages", "--json")
    assert (len(run.found), run.code) == (4, 3)
    assert "gone.io/g: " in run.json["errors"][0]["text"]


def test_packages_of_a_replacement_are_imported_by_the_replaced_path(world: World, audit: Any, tmp_path: Path) -> None:
    world.publish("q.io/fork", "v1.5.1", "module q.io/r\n", {"r.go": "package r\n", "p/p.go": "package p\n"})
    replaced = "\nreplace q.io/r => q.io/fork v1.5.1\n"
    world.main(HEAD + requirements(r="v1.0.0") + replaced, {"main.go": 'package main\n\nimport _ "q.io/r/p"\n'})
    for name, package in (("GO-6", "q.io/fork/p"), ("GO-20", "q.io/fork"), ("GO-21", "q.io/fork/p2")):
        text = json.loads(ADVISORIES["GO-6"])
        text["affected"][0]["ecosystem_specific"] = {"imports": [{"path": package}]}
        (tmp_path / "db" / f"{name}.json").write_text(json.dumps({**text, "id": name}))
    assert [each[:2] for each in audit("--packages", "--json").found] == [("GO-10", "stdlib"), ("GO-6", "q.io/r")]


IGNORES = """
[audit]
ignore = [
    { id = "CVE-1", module = "q.io/v", reason = "we do not parse files" },
    { id = "GO-4", reason = "too late", expires = 2020-01-31 },
    { id = "GO-6", reason = "the last day is today", expires = 2999-12-31 },
    { id = "GO-99", reason = "gone" },
]
"""


def test_what_govgo_toml_puts_aside(world: World, audit: Any) -> None:
    Path("govgo.toml").write_text(IGNORES)
    run = audit("--json")
    assert [each[0] for each in run.found] == ["GO-10", "GO-8", "GO-4"]
    (module,) = run.json["modules"]
    shown = {name: [each["id"] for each in module[name]] for name in ("ignored", "expired", "unused")}
    assert shown == {"ignored": ["GO-6", "GO-1"], "expired": ["GO-4"], "unused": ["GO-99"]}
    text = audit().out
    assert "note: GO-1 in q.io/v v1.2.0 does not count: we do not parse files (govgo.toml)\n" in text
    assert "note: govgo.toml:5: the entry of GO-4 expired on 2020-01-31, and no longer counts\n" in text
    assert "note: govgo.toml:7: nothing is known as GO-99 in the build list\n" in text


def test_entries_that_count_no_more_are_told_at_their_lines_once(world: World, audit: Any) -> None:
    """In the formats that CI systems read; one file is that of two modules here."""
    Path("govgo.toml").write_text(IGNORES)
    Path(".git").mkdir()
    world.main(HEAD + requirements(v="v1.2.0"), name="main/sub")
    issues = json.loads(audit("./...", "-format", "gitlab").out)
    assert [
        (each["check_name"], each["severity"], each["location"]["path"], each["location"]["lines"]["begin"])
        for each in issues
        if each["location"]["path"] == "govgo.toml"
    ] == [("expired-ignore", "info", "govgo.toml", 5), ("unused-ignore", "info", "govgo.toml", 7)]


def test_a_broken_govgo_toml_puts_nothing_aside(world: World, audit: Any) -> None:
    Path("govgo.toml").write_text(IGNORES.replace("2020-01-31", '"soon"'))
    run = audit("--json")
    assert (len(run.found), run.code) == (5, 3)
    assert "govgo.toml:5: audit.ignore[1].expires: want a day, such as 2027-01-31" in run.err
    Path("govgo.toml").write_text("[audit\n")
    assert audit().err.startswith("govgo: govgo.toml:1: Expected ']'"), "the file is named once"


def test_an_entry_that_has_expired_beside_one_that_counts(world: World, audit: Any) -> None:
    line = '{{ id = "GO-4", reason = "{}", expires = {} }},'
    Path("govgo.toml").write_text(
        f"[audit]\nignore = [{line.format('old', '2020-01-31')}{line.format('new', '2999-12-31')}]\n"
    )
    text = audit().out
    assert "note: GO-4 in " in text
    assert "note: govgo.toml:2: the entry of GO-4 expired on 2020-01-31, and no longer counts\n" in text


MODULES_IN_APP = """\
path\texample.com/app/cmd/app
mod\texample.com/app\t(devel)\t
dep\tq.io/v\tv1.2.0\th1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=
dep\tq.io/r\tv1.0.0
=>\tq.io/fork\tv1.5.0\th1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=
dep\tq.io/f\tv1.0.0
=>\t../f\t(devel)\t
"""


def test_a_binary(world: World, audit: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No go.mod, and no proxy: a binary names the modules that are in it, and the release that built it."""
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / "app").write_bytes(binaries.elf(binaries.inline("go1.21.4 X:loopvar", MODULES_IN_APP)))
    monkeypatch.chdir(empty)
    world.proxy.asked.clear()
    run = audit("app", "--json")
    assert (sorted(run.found), run.code) == (
        [
            ("GO-1", "q.io/v", "v1.2.0", "v1.3.0", None),
            ("GO-10", "stdlib", "1.21.4", "1.21.5", None),
            ("GO-6", "q.io/r", "v1.0.0", "v1.5.2", None),
        ],
        1,
    )
    assert {each["file"] for each in run.json["results"]} == {"app"}
    (module,) = run.json["modules"]
    assert (module["kind"], module["path"], module["directory"], module["go"]) == (
        "binary",
        "example.com/app",
        "app",
        "1.21.4",
    )
    assert module["unmatched"] == [{"module": "q.io/f", "version": "v1.0.0"}]
    assert world.proxy.asked == []
    text = audit("app")
    assert "    needed by example.com/app (app) => q.io/v v1.2.0\n" in text.out
    assert "audit -plan" not in text.out
    assert (audit("app", "-plan").code, audit("app", "-fix").code) == (2, 2)
    (empty / "other").write_text("no binary")
    assert audit("other").code == 2


@pytest.mark.parametrize(
    ("built_by", "closing"),
    [
        # Go 1.25 and before write "devel go1.22-…", 1.26 and later "go1.22-devel_…": neither has what 1.22.3 fixed.
        (
            "devel go1.22-206df8e7ad Tue Jan 2 00:00:00 2024",
            "1 vulnerability in 0 of 0 modules and in go devel go1.22-206df8e7ad",
        ),
        ("go1.22-devel_206df8e7ad", "1 vulnerability in 0 of 0 modules and in go 1.22-devel_206df8e7ad"),
        ("devel +206df8e7ad Tue Jan 2", "no known vulnerabilities in 0 modules"),
        ("unknown", "no known vulnerabilities in 0 modules"),
    ],
)
def test_a_binary_that_no_release_built(audit: Any, world: World, built_by: str, closing: str) -> None:
    Path("app").write_bytes(binaries.elf(binaries.inline(built_by, "path\tq.io/app\nmod\tq.io/app\t(devel)\t\n")))
    run = audit("app", "-plan=none")
    assert run.out.splitlines()[-1] == f"{closing} (module level: calls are not analysed)"
    is_known = run.code == 1
    assert ("note: the standard library is of an unknown Go release" in run.out) is not is_known
    (module,) = audit("app", "--json").json["modules"]
    assert module["unmatched"] == ([] if is_known else [{"module": "stdlib", "version": ""}])
