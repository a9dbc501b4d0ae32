# SPDX-License-Identifier: BSD-3-Clause
"""`govgo check` from the command line. Which rule is broken where is worked out by hand from the world below."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from govgo.core.codes.codes import EXPLANATIONS
from govgo.core.module.moduleversion import ModuleVersion
from govgo.wiring.session import SystemClock
from tests.cli.commands.trust.test_audit import advisory
from tests.cli.commands.trust.test_licenses import BSD, ISC, MIT
from tests.simulators import campaigns
from tests.simulators import run as runs
from tests.simulators.proxy import Status
from tests.simulators.world import World

jsonschema = pytest.importorskip("jsonschema")
SARIF = Path(__file__).parents[4] / "testdata" / "schemas" / "sarif-schema-2.1.0.json"
NOW = datetime(2026, 7, 1, tzinfo=UTC)
COMMIT = "v0.0.0-20200102030405-0123456789ab"

#: The line of each requirement of MAIN.
A, COM, DIR, LIC, OLD, R, Y = 6, 7, 8, 9, 10, 11, 12
MAIN = f"""module example.com/app

go 1.21

require (
	q.io/a v1.0.0
	q.io/com {COMMIT}
	q.io/dir v1.0.0
	q.io/lic v1.0.0
	q.io/old v3.0.0+incompatible
	q.io/r v1.0.0
	q.io/y v1.0.0
)

require q.io/deep v1.2.0 // indirect

replace q.io/r => q.io/fork v1.5.0

replace q.io/dir => ../dir
"""
DEEP = 15
REPLACE_R, REPLACE_DIR = 17, 19
#: Module: its go.mod below the module line, its licence, and the date of its .info.
MODULES: dict[str, tuple[str, str, str]] = {
    # requires q.io/two, which no line of ours requires
    "q.io/a v1.0.0": ("go 1.16\n\nrequire (\n\tq.io/deep v1.2.0\n\tq.io/two/v2 v2.0.0\n)\n", MIT, "2024-01-02"),
    "q.io/a v1.1.0": ("retract v1.0.0 // it leaks\n", MIT, "2024-01-02"),
    f"q.io/com {COMMIT}": ("", MIT, "2024-01-02"),
    "q.io/deep v1.2.0": ("", BSD, "2024-01-02"),
    "q.io/two/v2 v2.0.0": ("", MIT, "2024-01-02"),
    "q.io/fork v1.5.0": ("", ISC, "2024-01-02"),
    "q.io/lic v1.0.0": ("", "SPDX-License-Identifier: GPL-3.0-only OR ISC\n", "2024-01-02"),
    "q.io/lic/v2 v2.1.0": ("", MIT, "2024-01-02"),
    "q.io/old v3.0.0+incompatible": ("", "", "2024-01-02"),
    "q.io/r v1.0.0": ("", MIT, "2024-01-02"),
    "q.io/y v1.0.0": ("", MIT, "2026-06-25"),
}
DEPRECATED = "q.io/com", "// Deprecated: use q.io/deep."
ALL_LICENSES = '["MIT", "BSD-3-Clause", "ISC"]'

#: What `[check]` states, and the (code, line of go.mod) of every finding.
TABLE: dict[str, list[tuple[str, int | None]]] = {
    "modules.deny = ['q.io/deep']": [("module-denied", DEEP)],
    "modules.deny = ['q.io/two']": [("module-denied", A)],
    "modules.deny = ['q.io/fork']": [("module-denied", R)],
    "modules.deny = ['q.io/tw']": [],
    "modules.deny = [{ module = 'q.io/deep', versions = '<v1.2.0' }]": [],
    "modules.deny = [{ module = 'q.io/deep', versions = '<=v1.2.0', reason = 'r' }]": [("module-denied", DEEP)],
    "modules.deny = [{ module = 'q.io/deep', versions = 'v1.2.0' }]": [("module-denied", DEEP)],
    "modules.deny = [{ module = 'q.io/deep', versions = '>v1.2.0' }]": [],
    "modules.allow = ['q.io']": [],
    "modules.allow = ['q.io/[a-oz]*', 'q.io/two', 'q.io/r', 'q.io/y']": [],
    "modules.allow = ['q.io/[abdlot]*', 'q.io/r', 'q.io/com']": [("module-not-allowed", R), ("module-not-allowed", Y)],
    "modules.allow = []\nwarn = ['module-not-allowed']": [],
    "replacements = 'none'": [("replacement-not-allowed", REPLACE_R), ("replacement-not-allowed", REPLACE_DIR)],
    "replacements = 'no-local'": [("replacement-not-allowed", REPLACE_DIR)],
    "replacements = ['q.io/r => q.io/fork', 'q.io/dir => ../dir']": [],
    "replacements = ['q.io/r => q.io/other', 'q.io/* => ../dir']": [("replacement-not-allowed", REPLACE_R)],
    "no-pseudo-versions = true": [("pseudo-version", COM)],
    "no-pseudo-versions = false": [],
    "no-incompatible = true": [("incompatible-version", OLD)],
    "no-incompatible = 'direct'": [("incompatible-version", OLD)],
    "no-retracted = true": [("retracted", A)],
    "no-deprecated = true": [("deprecated", COM)],
    "min-age = '7d'": [("too-young", Y)],
    "min-age = '5d'": [],
    "min-age = '7d'\nmin-age-except = ['q.io/y']": [],
    "min-age = '150w'": [(c, n) for c, n in [("too-young", line) for line in (A, A, COM, LIC, OLD, R, Y, DEEP)]],
    "max-modules = 9": [],
    "max-modules = 8": [("too-many-modules", None)],
    "majors.newest = true": [("major-behind", LIC)],
    "majors.allow = { 'q.io/two' = ['v2'], 'q.io/old' = ['v2', 'v1'] }": [("major-not-allowed", OLD)],
    "majors.allow = { 'q.io/two' = ['v1', 'v3'] }": [("major-not-allowed", A)],
    "majors.allow = { 'q.io/com' = ['v1'], 'q.io/a' = ['v1'] }": [("major-not-allowed", COM)],
    "go.min = '1.22'": [("go-line-too-low", 3)],
    "go.max = '1.20'": [("go-line-too-high", 3)],
    "go = { min = '1.21', max = '1.21' }": [],
    f"licenses.allow = {ALL_LICENSES}": [("license-missing", OLD)],
    "licenses.allow = ['MIT', 'BSD-3-Clause']": [
        ("license-missing", OLD),
        ("license-not-allowed", LIC),
        ("license-not-allowed", R),
    ],
    "licenses.deny = ['GPL-3.0-only']": [("license-missing", OLD)],
    "licenses.deny = ['GPL-3.0-only', 'ISC']": [
        ("license-missing", OLD),
        ("license-denied", LIC),
        ("license-denied", R),
    ],
    "licenses = { deny = ['BSD-3-Clause'], packages = true }": [],
    "advisories = true": [("vulnerable-module", DEEP), ("vulnerable-module", R)],
    "advisories = { packages = true }": [],
}


def publish(world: World) -> None:
    for name, (gomod, license_text, day) in MODULES.items():
        path, version = name.split()
        head = f"module {path}\n\n"
        if path == DEPRECATED[0]:
            head = f"{DEPRECATED[1]}\n{head}"
        files = {"a.go": "package a\n"} | ({"LICENSE": license_text} if license_text else {})
        world.publish(path, version, head + gomod, files)
        info = {"Version": version, "Time": f"{day}T00:00:00Z"}
        world.proxy.files[f"/{path}/@v/{version}.info"] = json.dumps(info).encode()


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with World(tmp_path) as world:
        publish(world)
        world.main("module q.io/dir\n", {"LICENSE": MIT}, name="dir")
        world.use(monkeypatch, GOWORK="")
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        monkeypatch.setattr(SystemClock, "now", lambda _: NOW)
        database = tmp_path / "db"
        database.mkdir()
        (database / "GO-1.json").write_text(advisory("GO-1", "q.io/deep", "introduced=0", "fixed=1.3.0"))
        (database / "GO-2.json").write_text(advisory("GO-2", "q.io/fork", "introduced=0"))
        monkeypatch.setenv("GOVGO_VULNDB", str(database))
        monkeypatch.setenv("GOVGO_GO_VERSION", "1.26.8")
        for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.chdir(world.main(MAIN, {"a.go": "package a\n"}))
        yield world


class Run(runs.Run):
    """One run: its exit code and what it printed."""

    command = ("check",)
    schema = "govgo.check-1.json"

    @property
    def found(self) -> list[tuple[str, int | None]]:
        return sorted(((each["code"], each["line"]) for each in self.json["results"]), key=str)

    @property
    def notes(self) -> list[tuple[str, int | None]]:
        return sorted(((each["code"], each["line"]) for each in self.json["notes"]), key=str)

    @property
    def errors(self) -> list[str]:
        return [each["code"] for each in self.json["errors"]]


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str]) -> Any:
    return lambda *args: Run(capsys, *args)


def policy(text: str, file: str = "govgo.toml") -> None:
    Path(file).write_text(f"[check]\n{text}\n")


@pytest.mark.parametrize("text", campaigns.one_in(3, TABLE))
def test_every_rule_finds_what_breaks_it_and_nothing_else(world: World, check: Any, text: str) -> None:
    policy(text)
    run = check("--json")
    assert run.found == sorted(TABLE[text], key=str)
    assert (run.errors, run.code) == ([], 1 if TABLE[text] else 0)
    assert {each["file"] for each in run.json["results"]} <= {"go.mod"}
    again = check("--json", "--offline")
    if "retracted" not in text and "deprecated" not in text and "newest" not in text:
        assert (again.found, again.errors, again.code) == (run.found, [], run.code)  # all that it needs is at hand
    else:
        assert (again.errors != [], again.code) == (True, 3)  # version lists are not kept


def test_all_rules_at_once(world: World, check: Any) -> None:
    singles = [text for text in TABLE if text.count("\n") == 0 and TABLE[text]]
    chosen = {text.partition(" ")[0].partition(".")[0]: text for text in singles}
    policy("\n".join(chosen.values()))
    run = check("--json")
    assert run.found == sorted((each for text in chosen.values() for each in TABLE[text]), key=str)
    (module,) = run.json["modules"]
    assert (module["policy"], module["selected"]) == ("govgo.toml", 9)
    assert len(module["rules"]) == len(chosen) == 12


def test_text(world: World, check: Any) -> None:
    policy("modules.deny = [{ module = 'q.io/two', reason = 'too new' }]\nwarn = ['deprecated']\nno-deprecated = true")
    run = check()
    assert (run.out, run.err, run.code) == (
        "example.com/app: 9 modules; govgo.toml: modules, no-deprecated\n"
        "finding[module-denied]: q.io/two/v2 v2.0.0 is denied: too new\n"
        "    at:         go.mod:6\n"
        "    needed by:  example.com/app => q.io/a@v1.0.0 => q.io/two/v2@v2.0.0\n"
        f"note[deprecated]: q.io/com {COMMIT} is deprecated: use q.io/deep.\n"
        "    at:         go.mod:7\n"
        f"    needed by:  example.com/app => q.io/com@{COMMIT}\n"
        "not as govgo.toml wants it: 1 finding\n",
        "",
        1,
    )
    policy("modules.deny = []\ngo.min = '1.20'")
    assert check().out == "example.com/app: 9 modules; govgo.toml: go\nevery rule holds\n"
    assert check("--exit-zero").code == 0


def test_verify_and_tidy(world: World, check: Any) -> None:
    """Without a go.sum lines are missing, of which all have one cause; nothing is imported, so nothing is needed."""
    policy("verify = ['complete']")
    run = check("--json")
    assert (run.found, run.code) == ([("missing-sum", A)], 1)
    policy("tidy = true")
    run = check("--json")
    assert run.found == [("untidy", line) for line in (10, 11, 12, 15, 6, 7, 8, 9)]
    texts = {each["line"]: each["text"] for each in run.json["results"]}
    assert texts[DEEP] == "not tidy: `require q.io/deep v1.2.0 // indirect` would be removed"
    assert {each["fix"] for each in run.json["results"]} == {"govgo tidy"}
    assert Path("go.mod").read_text() == MAIN
    assert not Path("go.sum").exists()
    world.main("module example.com/app\n\ngo 1.21\n")
    assert (check().code, check("--json").found) == (0, [])


def test_a_statement_that_tidy_would_change_is_one_finding(world: World, check: Any) -> None:
    policy("tidy = true")
    text = "module example.com/app\n\ngo 1.21\n\nrequire q.io/y v1.0.0 // indirect\n"
    world.main(text, {"a.go": 'package a\n\nimport _ "q.io/y"\n'})
    run = check("--json")
    assert [(each["file"], each["line"], each["text"]) for each in run.json["results"]] == [
        (
            "go.mod",
            5,
            "not tidy: `require q.io/y v1.0.0 // indirect` would become `require q.io/y v1.0.0`",
        ),
        ("go.sum", None, "not tidy: lines of go.sum: 2 would be added"),
    ]


def test_an_import_that_no_module_has_is_told(world: World, check: Any) -> None:
    """What tidy itself would print is in every report, and in no report twice."""
    policy("tidy = true")
    world.main("module example.com/app\n\ngo 1.21\n", {"a.go": 'package a\n\nimport _ "q.io/y/nowhere"\n'})
    run = check("--json")
    assert (run.code, [code for code, _ in run.found]) == (1, ["package"])
    assert "q.io/y/nowhere" in check().out


def test_the_module_cache_may_lie_in_the_repository(world: World, check: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is of no commit, and is there when an older state is judged: CI systems keep it below the checkout."""
    policy("tidy = true")
    before = "module example.com/app\n\ngo 1.21\n\nrequire q.io/y v1.0.0\n"
    world.main(before, {"a.go": 'package a\n\nimport _ "q.io/y"\n'})
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "before")
    monkeypatch.setenv("GOMODCACHE", str(Path(".cache/mod").absolute()))
    assert [code for code, _ in check("--json").found] == ["untidy"]  # go.sum
    run = check("--json", "--since", "HEAD")
    assert (run.code, run.found) == (0, [])


def test_a_contradiction_is_never_waived(world: World, check: Any) -> None:
    world.main("module example.com/app\n\ngo 1.21\n\nrequire q.io/y v1.0.0\n")
    Path("go.sum").write_text(f"q.io/y v1.0.0/go.mod h1:{'A' * 43}=\n")
    policy("verify = ['database']\nwarn = ['sum-mismatch']\nwaivers = [{ rule = 'sum-mismatch', reason = 'r' }]")
    run = check("--json")
    assert run.code == 4
    assert "sum-mismatch" in {each["code"] for each in run.json["results"] + run.json["errors"]}


WAIVERS = """
no-pseudo-versions = true
no-incompatible = true
no-retracted = true
min-age = '7d'
waivers = [
    { rule = 'pseudo-version', module = 'q.io/com', reason = 'no tags', expires = 2026-07-01 },
    { rule = 'incompatible-version', module = 'q.io/old', reason = 'too late', expires = 2026-06-30 },
    { rule = 'retracted', module = 'q.io/a', versions = '<v1.0.0', reason = 'another version' },
    { rule = 'too-young', reason = 'all of them' },
    { rule = 'module-denied', module = 'q.io/gone', reason = 'gone' },
]
"""


def test_waivers(world: World, check: Any) -> None:
    """A waiver counts on its last day; one that has expired, or matches nothing, gets a note."""
    policy(WAIVERS)
    run = check("--json")
    assert run.found == [("incompatible-version", OLD), ("retracted", A)]
    assert run.notes == [
        ("expired-waiver", 9),
        ("pseudo-version", COM),
        ("too-young", Y),
        ("unused-waiver", 10),
        ("unused-waiver", 12),
    ]
    texts = [each["text"] for each in run.json["notes"]]
    assert f"q.io/com {COMMIT} is a commit that no version tags\nwaived until 2026-07-01: no tags" in texts
    assert "the waiver of incompatible-version q.io/old expired on 2026-06-30, and no longer counts" in texts
    assert "the waiver of retracted q.io/a <v1.0.0 concerns nothing that was found" in texts
    assert "the waiver of module-denied q.io/gone concerns nothing that was found" in texts


def test_a_waiver_may_name_what_replaces_a_module(world: World, check: Any) -> None:
    policy("modules.deny = ['q.io/fork']\nwaivers = [{ rule = 'module-denied', module = 'q.io/fork', reason = 'r' }]")
    assert (check("--json").found, check("--json").notes) == ([], [("module-denied", R)])


def test_entries_of_other_tables_count_too(world: World, check: Any) -> None:
    Path("govgo.toml").write_text(
        f"[check]\nadvisories = true\nlicenses.allow = {ALL_LICENSES}\n[audit]\nignore = [\n"
        "{ id = 'GO-1', reason = 'r' }, { id = 'GO-2', reason = 'r', expires = 2026-06-30 }, "
        "{ id = 'GO-3', reason = 'r' },\n]\n[licenses]\noverride = [\n"
        "{ module = 'q.io/old', license = 'MIT', reason = 'r' }, { module = 'x', license = 'MIT', reason = 'r' },\n]\n"
    )
    run = check("--json")
    assert run.found == [("vulnerable-module", R)]
    assert run.notes == [
        ("expired-ignore", 6),
        ("unmatched-module", 8),
        ("unused-ignore", 6),
        ("unused-override", 10),
        ("vulnerable-module", DEEP),
    ]


def git(*args: str) -> None:
    config = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    subprocess.run(["git", *config, *args], check=True, capture_output=True)


SINCE = """
modules.deny = ['q.io/com', 'q.io/two', 'q.io/y']
replacements = 'none'
max-modules = 3
go.max = '1.20'
tidy = true
verify = ['lint', 'database']
advisories = true
waivers = [{ rule = 'retracted', reason = 'unused, but that is not known here' }]
"""


def test_the_go_line_as_it_was_brings_nothing_in(
    world: World, check: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Findings name the release 1.21.0 where it says 1.21."""
    monkeypatch.delenv("GOVGO_GO_VERSION")
    (tmp_path / "db" / "GO-9.json").write_text(advisory("GO-9", "stdlib", "introduced=0", "fixed=1.21.5"))
    policy("advisories = true")
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "before")
    assert ("vulnerable-module", 3) in check("--json").found
    assert check("--json", "--since", "HEAD").found == []
    world.main(MAIN.replace("go 1.21\n", "go 1.21.1\n"))
    assert check("--json", "--since", "HEAD").found == [("vulnerable-module", 3)]


def test_only_what_came_since_a_reference(world: World, check: Any) -> None:
    """Before: com, r and its replacement. Since then: a, with deep and two; y. The go line is as it was."""
    before = MAIN.replace("\tq.io/a v1.0.0\n", "").replace("\tq.io/y v1.0.0\n", "")
    before = before.replace("require q.io/deep v1.2.0 // indirect\n\n", "")
    world.main(before)
    policy(SINCE)
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "before")
    assert check("--json", "--since", "HEAD").found == []
    world.main(MAIN, {"go.sum": world.record(ModuleVersion("q.io/y", "v1.0.0")).replace(" ", "  ", 1)})
    run = check("--json", "--since", "HEAD")
    assert run.found == [
        ("go-sum-spacing", 1),
        ("module-denied", Y),
        ("module-denied", A),
        ("too-many-modules", None),
        ("untidy", Y),
        ("untidy", DEEP),
        ("untidy", A),
        ("untidy", None),
        ("vulnerable-module", DEEP),
    ]
    assert (run.notes, run.json["summary"]["since"]) == ([], "HEAD")
    assert check("--json", "--since", "HEAD...").found == run.found
    everything = check("--json").found
    assert len(everything) > len(run.found)
    assert ("module-denied", COM) in everything
    assert ("unused-waiver", 10) in check("--json").notes


def test_what_verify_would_have_found_before_is_not_told(world: World, check: Any, capsys: Any) -> None:
    """Before: no hash of q.io/lic in go.sum, and q.io/com is missing in vendor. Since then: y without a hash."""
    main = "module example.com/app\n\ngo 1.21\n\nrequire (\n\tq.io/lic v1.0.0\n)\n"
    sources = {"a.go": 'package a\n\nimport _ "q.io/lic"\n'}
    world.main(main, sources)
    policy("verify = ['complete', 'vendor', 'cache']")
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "before")
    everything = check("--json")
    assert [code for code, _ in everything.found] == ["missing-sum", "missing-sum"]
    same = check("--json", "--since", "HEAD")
    assert (same.found, same.code) == ([], 0)
    world.main(main.replace("\tq.io/lic", "\tq.io/y v1.0.0\n\tq.io/lic"), {"b.go": 'package a\n\nimport _ "q.io/y"\n'})
    since = check("--json", "--since", "HEAD")
    assert (len(check("--json").json["results"]), since.code) == (1, 1), "four lines with one cause"
    (told,) = since.json["results"]
    assert (told["code"], told["module"], told["text"]) == ("missing-sum", "q.io/y", "missing go.sum entry (×2)")
    # A line that the change takes away is missing since then.
    Path("go.sum").write_text(world.record(ModuleVersion("q.io/lic", "v1.0.0")))
    git("add", ".")
    git("commit", "-qm", "with go.sum")
    Path("go.sum").unlink()
    found = {each["module"] for each in check("--json", "--since", "HEAD").json["results"]}
    assert found == {"q.io/lic"}


def test_a_vendor_directory_that_was_inconsistent_before(world: World, check: Any) -> None:
    main = "module example.com/app\n\ngo 1.21\n\nrequire q.io/lic v1.0.0\n"
    (Path("vendor")).mkdir()
    Path("vendor/modules.txt").write_text("# q.io/old v1.0.0\n## explicit\n")
    world.main(main, {"a.go": "package a\n"})
    policy("verify = ['vendor']")
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "before")
    assert check("--json").found != []
    assert check("--json", "--since", "HEAD").found == []
    world.main(main + "\nrequire q.io/y v1.0.0\n")
    told = [each["text"] for each in check("--json", "--since", "HEAD").json["results"]]
    assert told != []
    assert all("q.io/y" in text for text in told)


def test_a_state_that_cannot_be_compared_with(world: World, check: Any) -> None:
    Path("go.mod").write_text("module example.com/app\n\nrequire nonsense\n")
    policy("no-pseudo-versions = true")
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "broken")
    world.main(MAIN)
    run = check("--json", "--since", "HEAD")
    assert (run.found, run.code) == ([("pseudo-version", COM)], 3)
    assert run.json["errors"][0]["text"].startswith("HEAD: ")
    refused = check("--since", "nowhere")
    assert (refused.code, refused.err.startswith('govgo: --since "nowhere": no such commit in ')) == (2, True)
    unset = check("--since", "")
    assert (unset.code, "-since: an empty reference" in unset.err) == (2, True)


def test_many_modules_one_file_and_one_of_its_own(world: World, check: Any) -> None:
    """The nearest govgo.toml counts. A module that is broken stops no other."""
    git("init", "-q")
    policy("no-pseudo-versions = true\nwaivers = [{ rule = 'pseudo-version', module = 'q.io/com', reason = 'r' }]")
    world.main(f"module example.com/b\n\nrequire q.io/com {COMMIT}\n", name="main/b")
    world.main(f"module example.com/c\n\nrequire q.io/com {COMMIT}\n", {"govgo.toml": "[check]\n"}, name="main/c")
    world.main("module example.com/d\n\nrequire nonsense\n", name="main/d")
    run = check("./...", "--json")
    assert (run.found, run.code) == ([], 3)
    assert run.notes == [("no-rule", 1), ("pseudo-version", 3), ("pseudo-version", COM)]
    assert [(each["path"], each["policy"], each["selected"]) for each in run.json["modules"]] == [
        ("example.com/app", "govgo.toml", 9),
        ("example.com/b", "govgo.toml", 1),
        ("example.com/c", "c/govgo.toml", 1),
        ("example.com/d", "govgo.toml", None),
    ]
    assert [(each["file"], each["line"]) for each in run.json["errors"]] == [("d/go.mod", 3)]
    policy("no-pseudo-versions = true", "../strict.toml")
    strict = check("./b", "./c", "--policy", "../strict.toml", "--json")
    assert strict.found == [("pseudo-version", 3), ("pseudo-version", 3)]


def test_a_workspace(world: World, check: Any) -> None:
    world.main(MAIN, {"go.work": "go 1.21\n\nuse (\n\t.\n\t./b\n)\n\nreplace q.io/y => q.io/y v1.0.0\n"})
    world.main(f"module example.com/b\n\ngo 1.20\n\nrequire q.io/com {COMMIT}\n", name="main/b")
    policy("no-pseudo-versions = true\ngo.min = '1.21'\nreplacements = 'no-local'\ntidy = true\nverify = ['complete']")
    run = check("--json")
    found = {(each["code"], each["file"], each["line"]) for each in run.json["results"]}
    assert {each for each in found if each[0] not in ("untidy", "missing-sum")} == {
        ("pseudo-version", "go.mod", COM),
        ("go-line-too-low", "b/go.mod", 3),
        ("replacement-not-allowed", "go.mod", REPLACE_DIR),
    }
    assert ("untidy", "b/go.mod", 5) in found
    assert [each["kind"] for each in run.json["modules"]] == ["workspace"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "go.mod: no govgo.toml beside it, or above it in the repository: no rule to check"),
        ("[audit]\n", "govgo.toml: no table [check]: no rule to check"),
        ("[check]\ntidi = true\n", "govgo.toml:2: check.tidi: unknown key; did you mean tidy? keys are verify, tidy, "),
        ("required-version = '>=99'\n", "govgo.toml:1: required-version: this is govgo "),
        ("[check]\nproxy = 'https://p.example'\n", "govgo.toml:2: check.proxy: may not stand here: "),
        ("[check\n", "govgo.toml:1: "),
    ],
)
def test_a_file_without_rules_or_with_bad_ones_opens_no_gate(
    world: World, check: Any, text: str | None, told: str
) -> None:
    if text is not None:
        Path("govgo.toml").write_text(text)
    run = check()
    assert (run.code, run.out) == (2, "")
    assert run.err.startswith(f"govgo: {told}")
    failed = check("--json")
    assert (failed.code, failed.json["results"], len(failed.errors)) == (2, [], 1)
    assert world.proxy.asked == []
    assert check("--policy", "nowhere.toml").code == 2


def test_a_table_without_rules_is_told(world: World, check: Any) -> None:
    policy("")
    run = check("--json")
    assert (run.notes, run.code) == ([("no-rule", 1)], 0)


def test_what_cannot_be_asked_is_no_rule_that_holds(world: World, check: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    policy("advisories = true\nno-pseudo-versions = true\nwarn = ['vulnerable-module']")
    run = check("--json", "--db", "http://127.0.0.1:1/db")
    assert (run.found, run.code, len(run.errors)) == ([("pseudo-version", COM)], 3, 1)
    policy("advisories = { max-db-age = '14d' }")
    monkeypatch.setattr(SystemClock, "now", lambda _: datetime(2026, 11, 16, tzinfo=UTC))
    assert (check("--json").errors, check().code) == (["stale-database"], 3)


def test_a_question_that_failed_is_not_asked_by_another_rule(world: World, check: Any) -> None:
    world.proxy.script("/q.io/a/@v/v1.1.0.info", Status(500))  # of the version that would say what is retracted
    policy("no-retracted = true\nmajors.newest = true")
    run = check("--json")
    assert run.found == [("major-behind", LIC)]
    assert (set(run.errors), run.code) == ({"network"}, 3)


def test_formats_that_ci_systems_read(world: World, check: Any) -> None:
    policy("no-pseudo-versions = true\nno-incompatible = true\nwarn = ['pseudo-version']\nmax-modules = 2")
    sarif = json.loads(check("-format", "sarif").out)
    jsonschema.Draft7Validator(json.loads(SARIF.read_text())).validate(sarif)
    driver = sarif["runs"][0]["tool"]["driver"]
    helps = {rule["id"]: rule["help"]["text"] for rule in driver["rules"]}
    told = EXPLANATIONS["pseudo-version"]
    title = "A commit that no version tags is selected."
    assert helps["pseudo-version"] == " ".join((title, told.meaning, told.remedy))
    lines = [
        (each["ruleId"], each["locations"][0]["physicalLocation"].get("region", {}).get("startLine"))
        for each in sarif["runs"][0]["results"]
    ]
    assert lines == [("too-many-modules", None), ("pseudo-version", COM), ("incompatible-version", OLD)]
    github = check("-format", "github").out
    assert f"::error file=go.mod,line={OLD},title=incompatible-version::" in github
    assert f"::notice file=go.mod,line={COM},title=pseudo-version::" in github
    junit = ElementTree.fromstring(check("-format", "junit").out)
    assert junit[0].get("failures") == "2"
    gitlab = json.loads(check("-format", "gitlab").out)
    assert [(each["check_name"], each["severity"], each["location"]) for each in gitlab] == [
        ("too-many-modules", "major", {"path": "go.mod", "lines": {"begin": 1}}),
        ("pseudo-version", "info", {"path": "go.mod", "lines": {"begin": COM}}),
        ("incompatible-version", "major", {"path": "go.mod", "lines": {"begin": OLD}}),
    ]
    markdown = check("-format", "markdown").out.splitlines()
    assert markdown[:3] == ["## govgo check", "", "**not as govgo.toml wants it: 2 findings**"]
    assert (
        "- example.com/app: 9 modules; govgo.toml: no\\-pseudo\\-versions, no\\-incompatible, max\\-modules" in markdown
    )


def test_text_of_strangers_gives_no_commands(world: World, check: Any) -> None:
    evil = "x ::error::y\x1b[2J [z](u) " + "long " * 1000
    gomod = f"// Deprecated: {evil}\nmodule q.io/evil\n\nretract v1.0.0 // {evil}\n"
    world.publish("q.io/evil", "v1.0.0", gomod)
    world.main("module example.com/app\n\ngo 1.21\n\nrequire q.io/evil v1.0.0\n")
    policy("no-deprecated = true\nno-retracted = true")
    for form in ("text", "markdown", "json", "github", "gitlab"):
        run = check("-format", form)
        assert (run.code, "\x1b" in run.out, len(run.out) < 6_000) == (1, False, True)
