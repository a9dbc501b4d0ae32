# SPDX-License-Identifier: BSD-3-Clause
"""`govgo audit -plan` and `-fix` from the command line. Plans, texts and files are worked out by hand."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from govgo.core.advisory.osv import Advisory
from govgo.core.module.moduleversion import ModuleVersion
from tests.cli.commands.trust.test_audit import Run, advisory, requirements
from tests.core.advisory.test_fixsearch import random_case
from tests.simulators import campaigns
from tests.simulators.proxy import Status
from tests.simulators.world import World
from tests.simulators.zips import module_zip

HEAD = "module example.com/app\n\ngo 1.21\n\n"
MAIN = HEAD + requirements(a="v1.0.0", x="v1.0.0") + "\nrequire q.io/y v1.0.0 // indirect\n"


def module(path: str, go: str = "1.17", **needs: str) -> str:
    text = f"module q.io/{path}\n\ngo {go}\n"
    return text + (f"\n{requirements(**needs)}" if needs else "")


MODULES = {
    "a v1.0.0": module("a"),
    "a v1.1.0": module("a"),
    "x v1.0.0": module("x", y="v1.0.0"),
    "x v1.1.0": module("x", y="v1.0.0"),
    "x v1.2.0": module("x", y="v1.1.0"),
    "x v1.3.0": module("x", "1.23.0", y="v1.1.0"),
    "y v1.0.0": module("y"),
    "y v1.1.0": module("y"),
    "y v1.2.0": module("y"),
    "fork v1.0.0": module("fork"),
}
# Fixed in x v1.2.0, which drags y along to the version that lacks the one below.
X = advisory("GO-1", "q.io/x", "introduced=0", "fixed=1.2.0", aliases=["CVE-1"])
Y = advisory("GO-2", "q.io/y", "introduced=0", "fixed=1.1.0")


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with World(tmp_path) as world:
        for name, gomod in MODULES.items():
            path, version = name.split()
            world.publish(f"q.io/{path}", version, gomod)
        world.use(monkeypatch, GOWORK="", GOVGO_GO_VERSION="1.26.8")
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        (tmp_path / "db").mkdir()
        monkeypatch.setenv("GOVGO_VULNDB", str(tmp_path / "db"))
        know(world, X, Y)
        monkeypatch.chdir(world.main(MAIN))
        yield world


def know(world: World, *advisories: str) -> None:
    """Make these the advisories of the database."""
    for file in (world.root / "db").iterdir():
        file.unlink()
    for text in advisories:
        (world.root / "db" / f"{json.loads(text)['id']}.json").write_text(text)


@pytest.fixture
def audit(capsys: pytest.CaptureFixture[str]) -> Any:
    return lambda *args: Run(capsys, "--db", str(Path.cwd().parent / "db"), *args)


def bumps(run: Run) -> list[str]:
    return [f"{each['module']} {each['old']} => {each['new']}" for fix in run.json["fixes"] for each in fix["bumps"]]


def stays(run: Run) -> list[tuple[str, str]]:
    return [(each["why"], each["text"]) for fix in run.json["fixes"] for each in fix["unfixable"]]


PLAN = """example.com/app (go.mod): to clear 2 of 2 vulnerabilities raise 1 requirement
 ~ q.io/x (go.mod:7)  v1.0.0 => v1.2.0  clears GO-1; GO-2 in q.io/y
   ~ q.io/y  v1.0.0 => v1.1.0  raised by q.io/x v1.2.0
   govgo get q.io/x@v1.2.0
"""
FIXED = MAIN.replace("x v1.0.0", "x v1.2.0").replace("y v1.0.0", "y v1.1.0")


def test_the_plan(world: World, audit: Any) -> None:
    """Raising x drags y along, so that one bump clears both."""
    run = audit("--plan")
    assert (run.code, run.err) == (1, "")
    assert f"\n{PLAN}\n" in run.out
    assert "govgo audit -plan" not in run.out
    assert "\ngovgo audit -fix does what the plan says\n" in run.out
    assert Path("go.mod").read_text() == MAIN
    assert not any(each.endswith(".zip") for each in world.proxy.asked)
    run = audit("--plan", "--json")
    (fix,) = run.json["fixes"]
    (bump,) = fix["bumps"]
    assert bumps(run) == ["q.io/x v1.0.0 => v1.2.0"]
    assert (bump["file"], bump["line"]) == ("go.mod", 7)
    assert [each["id"] for each in bump["clears"]] == ["GO-1", "GO-2"]
    assert [(each["path"], each["why"], each["by"]["path"]) for each in bump["drags"]] == [
        ("q.io/y", "raised", "q.io/x")
    ]
    assert (fix["go"], fix["proved"], fix["done"]) == ({"old": "1.21", "new": "1.21"}, True, False)
    assert "```text\nexample.com/app (go.mod): to clear" in audit("--plan", "-format", "markdown").out


def test_a_line_that_nothing_needs_can_go(world: World, audit: Any) -> None:
    Path("go.mod").write_text(HEAD + requirements(a="v1.0.0") + "\nrequire q.io/y v1.0.0 // indirect\n")
    told = (
        " - q.io/y (go.mod:9)  v1.0.0 is needed by this // indirect line alone: "
        "`govgo tidy` drops the line unless a package needs it, which clears GO-2\n"
    )
    run = audit("--plan")
    assert "   govgo get q.io/y@v1.1.0\n" + told in run.out
    (fix,) = audit("--plan", "--json").json["fixes"]
    assert fix["spare"] == [
        {
            "module": "q.io/y",
            "version": "v1.0.0",
            "file": "go.mod",
            "line": 9,
            "clears": [{"id": "GO-2", "module": "q.io/y"}],
        }
    ]
    assert audit("--fix").out.count("indirect line alone") == 0


def lists(world: World) -> list[str]:
    return [each for each in world.proxy.asked if each.endswith("/list")]


HINT = "govgo audit -plan tells the fewest bumps that clear what has a fix, and -fix does it\n"


def test_a_plan_is_told_without_being_asked_for(world: World, audit: Any) -> None:
    run = audit()
    assert (run.code, run.err) == (1, "")
    assert f"\n{PLAN}\ngovgo audit -fix does what the plan says\n\n" in run.out
    assert bumps(audit("-json")) == ["q.io/x v1.0.0 => v1.2.0"]
    assert r"govgo audit \-fix does what the plan says" in audit("-format", "markdown").out


def test_where_no_plan_is_wanted_nobody_is_asked_for_versions(world: World, audit: Any) -> None:
    run = audit("-plan=none")
    assert (run.code, "to clear" in run.out, HINT in run.out, lists(world)) == (1, False, True, [])
    assert audit("-plan=none", "-fix").code == 2
    offline = audit("-offline")
    assert (offline.code, "to clear" in offline.out, HINT in offline.out, lists(world)) == (1, False, True, [])
    know(world, advisory("GO-1", "q.io/x", "introduced=0"))  # no fix is known
    run = audit()
    assert (run.code, HINT in run.out, lists(world)) == (1, False, [])


def test_what_hinders_a_plan_that_nobody_asked_for_is_no_fault(world: World, audit: Any) -> None:
    audit("-plan=none")  # all go.mod files are at hand now
    world.proxy.script("/q.io/x/@v/list", *[Status(404)] * 2)
    run = audit()
    assert (run.code, run.err, HINT in run.out) == (1, "", True)
    assert re.search(r"^note: no plan was made: .*q\.io/x", run.out, re.MULTILINE)
    (module,) = audit("-json").json["modules"]
    assert module["unplanned"].startswith("module q.io/x: ")
    world.proxy.script("/q.io/x/@v/list", Status(404))
    assert audit("-plan").code == 3


def test_a_plan_for_many_modules_has_to_be_asked_for(world: World, audit: Any, tmp_path: Path) -> None:
    many = {f"m{number}": "v1.0.0" for number in range(11)}
    for name in many:
        world.publish(f"q.io/{name}", "v1.0.0", module(name))
        world.publish(f"q.io/{name}", "v1.1.0", module(name))
    know(world, *(advisory(f"GO-{name}", f"q.io/{name}", "introduced=0", "fixed=1.1.0") for name in many))
    world.main(HEAD + requirements(**many))
    run = audit()
    note = "note: no plan was made: 11 modules are at fault, and a plan for more than 10 takes a while\n"
    assert (run.code, note + HINT in run.out, lists(world)) == (1, True, [])
    assert len(bumps(audit("-plan", "-json"))) == 11


def test_fix(world: World, audit: Any) -> None:
    run = audit("--fix")
    assert (run.code, run.err) == (0, "")
    assert "cleared 2 of 2 vulnerabilities by raising 1 requirement" in run.out
    assert run.out.endswith(
        "no known vulnerabilities in 3 modules and go 1.26.8 (module level: calls are not analysed)\n"
    )
    assert Path("go.mod").read_text() == FIXED
    sums = Path("go.sum").read_text()
    assert all(f"q.io/{each}" in sums for each in ("x v1.2.0/go.mod", "y v1.1.0/go.mod"))
    assert audit().code == 0


def test_findings_name_the_bump_of_the_plan(world: World, audit: Any) -> None:
    """In SARIF and the like; each stands at the line of the requirement that decides."""
    sarif = json.loads(audit("--plan", "-format", "sarif").out)
    results = sarif["runs"][0]["results"]
    places = [each["locations"][0]["physicalLocation"]["region"]["startLine"] for each in results]
    assert sorted(places) == [7, 10]
    assert all("govgo get q.io/x@v1.2.0" in json.dumps(each) for each in results)


def test_fix_as_json(world: World, audit: Any) -> None:
    run = audit("--fix", "--json")
    assert (run.code, run.json["results"]) == (0, [])
    assert [each["done"] for each in run.json["fixes"]] == [True]


def test_a_dry_run_changes_nothing(world: World, audit: Any) -> None:
    run = audit("--fix", "-n", "--diff")
    assert run.code == 1
    assert "-\tq.io/x v1.0.0\n+\tq.io/x v1.2.0\n" in run.out
    assert "Would update go.mod (~2) and go.sum (new) (+4); nothing was written.\n" in run.out
    assert Path("go.mod").read_text() == MAIN
    assert not Path("go.sum").exists()
    run = audit("--fix", "-n", "--json")
    (dry,) = run.json["dry_runs"]
    assert [(each["file"], each["changed"]) for each in dry["files"]] == [("go.mod", 2), ("go.sum", 0)]
    assert "+\tq.io/x v1.2.0" in audit("--fix", "-n", "--diff", "-format", "markdown").out


def test_only_some(world: World, audit: Any) -> None:
    """By any of their names. The lowest version that clears GO-2 alone is that of y itself."""
    assert bumps(audit("--plan=GO-2", "--json")) == ["q.io/y v1.0.0 => v1.1.0"]
    assert bumps(audit("--plan=CVE-1", "--json")) == ["q.io/x v1.0.0 => v1.2.0"]
    assert bumps(audit("--plan=GO-99", "--json")) == []
    run = audit("--fix=GO-2")
    assert (run.code, Path("go.mod").read_text()) == (1, MAIN.replace("y v1.0.0", "y v1.1.0"))
    assert run.out.count("GO-1  q.io/x v1.0.0") == 1


def exclude(*versions: str) -> str:
    return MAIN + "".join(f"\nexclude q.io/x {each}\n" for each in versions)


def young(world: World, *mods: str) -> None:
    for mod in mods:
        path, version = mod.split()
        info = {"Version": version, "Time": "2999-01-01T00:00:00Z"}
        world.proxy.files[f"/q.io/{path}/@v/{version}.info"] = json.dumps(info).encode()


def test_a_bump_may_raise_the_go_line(world: World, audit: Any) -> None:
    world.main(exclude("v1.2.0"))
    run = audit("--plan")
    assert " ~ q.io/x (go.mod:7)  v1.0.0 => v1.3.0" in run.out
    assert "   ~ go  1.21 => 1.23.0\n" in run.out
    assert audit("--fix").code == 0
    assert "\ngo 1.23.0\n" in Path("go.mod").read_text()


def test_the_go_line_may_not_be_raised(world: World, audit: Any) -> None:
    """Then y alone is raised: its finding can be cleared without x."""
    world.main(exclude("v1.2.0"))
    run = audit("--plan", "-max-go", "1.22", "--json")
    assert bumps(run) == ["q.io/y v1.0.0 => v1.1.0"]
    assert stays(run) == [
        (
            "excluded",
            "q.io/x@v1.2.0: excluded by go.mod; q.io/x@v1.3.0 needs go 1.23.0, and the go line may be 1.22 at most",
        )
    ]
    assert bumps(audit("--plan", "-max-go", "go1.23.0", "--json")) == ["q.io/x v1.0.0 => v1.3.0"]


def test_a_release_that_go_lacks(world: World, audit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """No bump asks for a newer Go than the one that builds."""
    world.main(exclude("v1.2.0"))
    monkeypatch.setenv("GOVGO_GO_VERSION", "1.22.0")
    run = audit("--plan=GO-1", "--json")
    ((why, text),) = stays(run)
    assert why == "excluded"
    assert "q.io/x@v1.3.0 requires go >= 1.23.0 (running go 1.22.0; GOTOOLCHAIN=local)" in text


def test_retracted_and_excluded_versions_are_not_taken(world: World, audit: Any) -> None:
    world.publish("q.io/x", "v1.4.0", module("x", y="v1.1.0") + "\nretract v1.2.0 // wrong\n")
    world.main(exclude("v1.3.0"))
    assert bumps(audit("--plan", "--json")) == ["q.io/x v1.0.0 => v1.4.0"]
    world.main(exclude("v1.3.0", "v1.4.0"))
    ((why, text),) = stays(audit("--plan=GO-1", "--json"))
    assert why == "retracted"
    assert text.startswith("q.io/x@v1.2.0: retracted by module author: wrong; q.io/x@v1.3.0: excluded by go.mod; ")


def test_versions_that_are_too_young(world: World, audit: Any) -> None:
    young(world, "x v1.2.0")
    assert bumps(audit("--plan", "--json")) == ["q.io/x v1.0.0 => v1.2.0"]
    assert bumps(audit("--plan", "-min-age", "14d", "--json")) == ["q.io/x v1.0.0 => v1.3.0"]


def test_all_versions_are_too_young(world: World, audit: Any) -> None:
    young(world, "x v1.2.0", "x v1.3.0")
    ((why, text),) = stays(audit("--plan=GO-1", "-min-age", "2w", "--json"))
    assert why == "too-young"
    assert re.match(r"q\.io/x@v1\.2\.0: made 2999-01-01T00:00:00Z, .* younger than 14 days \(-min-age\); ", text)
    assert bumps(audit("--plan=GO-1", "-min-age", "2w", "-min-age-except", "q.io/*", "--json")) != []


def test_what_is_dragged_along_is_old_enough_too(world: World, audit: Any) -> None:
    young(world, "y v1.1.0")
    run = audit("--plan=GO-1", "-min-age", "14d", "--json")
    assert bumps(run) == []
    ((why, text),) = stays(run)
    assert (why, text.partition(":")[0]) == ("too-young", "q.io/y@v1.1.0")


def test_what_stays_as_it_is_may_be_young(world: World, audit: Any) -> None:
    """`get -min-age` refuses a build list with a young version; a fix leaves alone what it does not change."""
    young(world, "a v1.0.0")
    run = audit("--fix", "-min-age", "14d")
    assert (run.code, run.err) == (0, "")
    assert Path("go.mod").read_text() == FIXED


@pytest.mark.parametrize(
    ("main", "advisories", "why", "text"),
    [
        pytest.param(MAIN, [advisory("GO-1", "q.io/x", "introduced=0")], "no-fix", "no fix is known", id="no fix"),
        pytest.param(
            MAIN,
            [advisory("GO-1", "q.io/x", "introduced=0", "fixed=1.9.0")],
            "no-fix",
            "fixed in v1.9.0, which GOPROXY does not have",
            id="not published",
        ),
        pytest.param(
            MAIN + "\nreplace q.io/x => q.io/fork v1.0.0\n",
            [advisory("GO-1", "q.io/fork", "introduced=0", "fixed=1.1.0")],
            "replaced",
            "it is replaced by q.io/fork@v1.0.0, which the replace line decides; fixed in v1.1.0",
            id="replaced",
        ),
        pytest.param(
            MAIN,
            [
                advisory("GO-1", "q.io/x", "introduced=0", "fixed=1.2.0"),
                advisory("GO-3", "q.io/y", "introduced=1.1.0"),
            ],
            "new-finding",
            "q.io/x@v1.2.0 brings in GO-3 in q.io/y v1.1.0",
            id="brings in another",
        ),
    ],
)
def test_what_stays(world: World, audit: Any, main: str, advisories: list[str], why: str, text: str) -> None:
    know(world, *advisories)
    world.main(main)
    run = audit("--fix=GO-1", "--json")
    assert run.code == 1
    assert [each for each in stays(run) if each[0] == why][:1] == [(why, text)]
    assert Path("go.mod").read_text() == main


def test_fixed_in_another_major_version_only(world: World, audit: Any) -> None:
    text = json.loads(advisory("GO-1", "q.io/x", "introduced=0"))
    endless = "9" * 5000  # more digits than Python reads
    for major, fix in ((f"v{endless}", f"{endless}.1.0"), ("v3", "3.1.0"), ("v10", "10.1.0")):
        text["affected"] += json.loads(advisory("GO-1", f"q.io/x/{major}", "introduced=0", f"fixed={fix}"))["affected"]
    know(world, json.dumps(text))
    ((why, told),) = stays(audit("--plan", "--json"))
    assert (why, told) == ("other-major", "fixed only in q.io/x/v3 v3.1.0: a change of the code, not of a version")


def test_a_module_that_is_replaced_needs_no_version_list(world: World, audit: Any) -> None:
    """Nobody has to have the module that a fork stands for."""
    del world.proxy.files["/q.io/x/@v/list"]
    world.main(MAIN + "\nreplace q.io/x => q.io/fork v1.0.0\n")
    know(world, Y, advisory("GO-3", "q.io/fork", "introduced=0", "fixed=1.1.0"))
    run = audit("--plan", "--json")
    assert (run.code, bumps(run)) == (1, ["q.io/y v1.0.0 => v1.1.0"])
    text = "it is replaced by q.io/fork@v1.0.0, which the replace line decides; fixed in v1.1.0"
    assert stays(run) == [("replaced", text)]


def test_what_the_plan_cannot_clear_has_no_command(world: World, audit: Any) -> None:
    know(world, advisory("GO-3", "q.io/x", "introduced=0", "fixed=9.0.0"))
    assert "hint" in audit("--plan=none", "-format", "github").out
    assert "hint" not in audit("--plan", "-format", "github").out


def test_what_is_in_go_itself(world: World, audit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lowest release without all of it is told: 1.21.5 and 1.22.1 have one or the other."""
    both = ("introduced=0", "fixed=1.21.5", "introduced=1.22.0-0", "fixed=1.22.3")
    know(world, advisory("GO-8", "stdlib", *both), advisory("GO-9", "stdlib", "introduced=0", "fixed=1.22.1"))
    monkeypatch.setenv("GOVGO_GO_VERSION", "1.21.0")
    told = " in the standard library of go 1.21.0: "
    assert f" ! 2 vulnerabilities{told}build with go 1.22.3 or later\n" in audit("--plan").out
    know(world, advisory("GO-8", "stdlib", *both), advisory("GO-9", "stdlib", "introduced=0"))
    assert f" ! 2 vulnerabilities{told}no release is known to be free of all\n" in audit("--plan").out
    know(world, advisory("GO-8", "stdlib", *both))
    assert f" ! 1 vulnerability{told}build with go 1.21.5 or later\n" in audit("--plan").out
    (module,) = audit("--plan", "--json").json["modules"]
    assert [each["why"] for each in module["unfixable"]] == ["stdlib"]


def test_a_module_that_a_bump_brings_in_is_asked_about(world: World, audit: Any) -> None:
    """x v1.4.0 needs a module that is not in the build list: what is known of it counts, so v1.5.0 is taken."""
    world.publish("q.io/n", "v1.0.0", module("n"))
    world.publish("q.io/x", "v1.4.0", module("x", n="v1.0.0"))
    world.publish("q.io/x", "v1.5.0", module("x"))
    know(
        world,
        advisory("GO-1", "q.io/x", "introduced=0", "fixed=1.4.0"),
        advisory("GO-4", "q.io/n", "introduced=0"),
    )
    assert bumps(audit("--plan", "--json")) == ["q.io/x v1.0.0 => v1.5.0"]


def test_a_module_without_a_line_gets_one(world: World, audit: Any) -> None:
    """Of two modules that only a dependency requires; a bump of that is less than two new lines."""
    world.publish("q.io/b", "v1.0.0", module("b", a="v1.0.0", y="v1.0.0"))
    world.publish("q.io/b", "v1.1.0", module("b", a="v1.1.0", y="v1.1.0"))
    know(world, Y, advisory("GO-5", "q.io/a", "introduced=0", "fixed=1.1.0"))
    world.main(HEAD + requirements(b="v1.0.0"))
    assert bumps(audit("--plan", "--json")) == ["q.io/b v1.0.0 => v1.1.0"]
    assert " + q.io/y (a new requirement)  v1.0.0 => v1.1.0  clears GO-2\n" in audit("--plan=GO-2").out
    assert audit("--fix=GO-2").code == 1
    assert "q.io/y v1.1.0 // indirect" in Path("go.mod").read_text()


def test_a_workspace_has_a_plan_for_each_module(world: World, audit: Any) -> None:
    """The versions of the workspace are the highest of its modules'; each module is cleared by itself."""
    world.main(
        HEAD.replace("app", "one") + requirements(x="v1.1.0", y="v1.0.0"),
        {
            "go.work": "go 1.21\n\nuse (\n\t.\n\t./two\n\t./three\n)\n",
            "two/go.mod": HEAD.replace("app", "two") + requirements(x="v1.0.0", y="v1.1.0"),
            "three/go.mod": HEAD.replace("app", "three") + requirements(a="v1.0.0"),
        },
    )
    run = audit("--fix", "--json")
    assert [(each["main_module"], each["file"]) for each in run.json["fixes"]] == [
        ("example.com/one", "go.mod"),
        ("example.com/two", "two/go.mod"),
    ]
    assert bumps(run) == ["q.io/x v1.1.0 => v1.2.0", "q.io/x v1.0.0 => v1.2.0"]
    assert (run.code, run.json["results"]) == (0, [])
    assert "q.io/y v1.1.0" in Path("go.mod").read_text()
    assert "q.io/x v1.2.0" in Path("two/go.mod").read_text()
    assert audit("./...").code == 0


def test_what_go_work_replaces_stays_vulnerable_in_the_workspace(world: World, audit: Any) -> None:
    """Each module is cleared where it is built by itself. What go.work replaces at one version is left by a raise."""
    work = "go 1.21\n\nuse .\n\nreplace q.io/x => q.io/x v1.0.0\n"
    world.main(HEAD + requirements(x="v1.0.0", y="v1.0.0"), {"go.work": work})
    why = "it is replaced by q.io/x@v1.0.0, which the replace line of go.work decides; fixed in v1.2.0"
    run = audit("--plan")
    assert f" ! GO-1 in q.io/x v1.0.0 stays: {why}\n" in run.out
    assert audit("--plan", "-format", "github").out.count("govgo get") == 1  # of y alone
    run = audit("--fix", "--json")
    assert [(each["id"], each["version"], each["replaced_by"]["version"]) for each in run.json["results"]] == [
        ("GO-1", "v1.2.0", "v1.0.0")
    ]
    assert [(each["why"], each["text"]) for each in run.json["modules"][0]["unfixable"]] == [("replaced", why)]
    one = {"go.work": work.replace("q.io/x =>", "q.io/x v1.0.0 =>")}
    world.main(HEAD + requirements(x="v1.0.0", y="v1.0.0"), one)
    assert audit("--fix").code == 0


def test_many_modules(world: World, audit: Any) -> None:
    sub = HEAD.replace("app", "sub") + requirements(y="v1.0.0")
    world.main(sub, name="main/sub")
    plain, told = audit("./...", "--plan=none", "-format", "github").out, audit("./...", "--plan").out
    assert "hint: `govgo -C sub get q.io/y@v1.1.0`" in plain
    assert "hint: `govgo get q.io/x@v1.2.0`" in plain
    assert "   govgo -C sub get q.io/y@v1.1.0\n" in told
    assert "hint: `govgo -C sub get q.io/y@v1.1.0`" in audit("./...", "--plan", "-format", "github").out
    run = audit("./...", "--fix")
    assert run.code == 0
    assert "example.com/sub (sub/go.mod): cleared 1 of 1 vulnerability by raising 1 requirement\n" in run.out
    assert Path("sub/go.mod").read_text() == HEAD.replace("app", "sub") + "require q.io/y v1.1.0\n"


def test_what_was_put_aside_needs_no_plan_and_may_come_in(world: World, audit: Any) -> None:
    know(world, X, advisory("GO-3", "q.io/y", "introduced=1.1.0"), Y)
    assert [each[0] for each in stays(audit("--plan=GO-1", "--json"))] == ["new-finding"]
    Path("govgo.toml").write_text('[audit]\nignore = [{ id = "GO-3", reason = "not ours" }]\n')
    run = audit("--fix")
    assert (run.code, Path("go.mod").read_text()) == (0, FIXED)


def test_a_plan_without_a_proxy(world: World, audit: Any) -> None:
    """What is known is reported; that nothing is planned does not make the result clean."""
    audit()
    run = audit("--plan", "--offline", "--json")
    assert run.code == 3
    assert len(run.json["results"]) == 2
    assert run.json["fixes"] == []
    assert run.json["errors"][0]["file"] == "go.mod"


def test_a_fix_that_fails(world: World, audit: Any) -> None:
    """The plan needs go.mod files alone; the zip, whose hash go.sum needs, is gone."""
    del world.proxy.files["/q.io/x/@v/v1.2.0.zip"]
    run = audit("--fix", "--json")
    assert run.code == 3
    assert Path("go.mod").read_text() == MAIN
    assert [each["done"] for each in run.json["fixes"]] == [False]
    assert "q.io/x@v1.2.0" in run.err


def test_attack_a_zip_that_is_another_than_the_log_knows(world: World, audit: Any) -> None:
    """It ends the command, and nothing is written."""
    evil = {"go.mod": MODULES["x v1.2.0"].encode(), "a.go": b"package evil\n"}
    world.proxy.files["/q.io/x/@v/v1.2.0.zip"] = module_zip("q.io/x@v1.2.0", evil)
    run = audit("--fix", "--json")
    assert run.code == 4
    assert Path("go.mod").read_text() == MAIN
    assert "SECURITY ERROR" in run.err


def check_random_world(seed: int, world: World, audit: Any) -> None:
    """What the plan clears is gone afterwards, what it says stays is there, and `get` changes what was told."""
    case = random_case(random.Random(seed))
    for mod, needs in case.world.requires.items():
        world.publish(*mod, gomod(mod.path, needs))
    know(world, *map(as_osv, case.advisories))
    stated = [ModuleVersion("go", case.world.go), *map(ModuleVersion._make, case.world.stated.items())]
    world.main(gomod("example.com/app", stated))
    before = audit("--plan", "--json").json
    told = {(each["id"], each["module"]) for fix in before["fixes"] for each in fix["unfixable"]}
    after = audit("--fix", "--json")
    assert not after.json["errors"], after.err
    assert {(each["id"], each["module"]) for each in after.json["results"]} == told, Path(
        "go.mod"
    ).read_text() + json.dumps(before["fixes"])
    lines = dict(re.findall(r"(\S+\.io/\S+) (v\S+)", Path("go.mod").read_text()))
    assert all(lines[each["module"]] == each["new"] for fix in before["fixes"] for each in fix["bumps"])
    plain = audit("--json").json["results"]
    assert {(each["id"], each["module"]) for each in plain} == told


def gomod(path: str, needs: Iterable[ModuleVersion]) -> str:
    mods = dict(needs)
    go = mods.pop("go", "1.16")
    return f"module {path}\n\ngo {go}\n" + "".join(f"\nrequire {name} {version}\n" for name, version in mods.items())


def as_osv(found: Advisory) -> str:
    (affected,) = found.affected
    events = [
        event
        for each in affected.ranges
        for event in (f"introduced={each.introduced}", *([f"fixed={each.fixed}"] if each.fixed else []))
    ]
    return advisory(found.id, affected.path, *events)


@pytest.mark.parametrize("seed", campaigns.one_in(2, range(4)))
def test_a_fix_does_what_its_plan_says(world: World, audit: Any, seed: int) -> None:
    check_random_world(seed, world, audit)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4, 60))
def test_a_fix_does_what_its_plan_says_at_length(world: World, audit: Any, seed: int) -> None:
    check_random_world(seed, world, audit)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("-n", "-n needs -fix"),
        ("-diff", "-diff needs -fix"),
        ("-plan -n", "-n and -diff need -fix; -plan changes nothing"),
        ("-min-age 14d", "-min-age needs -plan or -fix"),
        ("-max-go 1.22", "-max-go needs -plan or -fix"),
        ("-plan -max-go soon", 'invalid value "soon" for flag -max-go: want a Go version such as 1.23'),
        ("-plan -min-age soon", "invalid value for flag -min-age"),
    ],
)
def test_what_is_refused(world: World, audit: Any, words: str, told: str) -> None:
    run = audit(*words.split())
    assert (run.code, run.out) == (2, "")
    assert told in run.err


def test_a_name_of_nothing_that_was_found_is_told(world: World, audit: Any) -> None:
    """A slip of the hand must not look like a vulnerability that is gone; an alias is a name."""
    note = "no vulnerability of this name was found, so there is none to clear"
    run = audit("-fix=CVE-1,GO-7", "-n")
    assert run.err.splitlines()[0] == f"govgo: GO-7: {note}"
    assert (run.err.count(note), run.code) == (1, 1)
