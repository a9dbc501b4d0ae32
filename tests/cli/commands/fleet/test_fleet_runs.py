# SPDX-License-Identifier: BSD-3-Clause
"""Runs of `govgo fleet`: repositories that are broken, every kind of input, and runs that were interrupted."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tarfile
import time
from pathlib import Path
from typing import Any

import pytest

from tests.cli.commands.fleet.test_fleet import SELECTED, contents, fleet, gomod, lines, selected, world
from tests.simulators.world import World

__all__ = ["fleet", "world"]  # fixtures


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
            ("repos/one", "-unit-memory", "0.1GB"),
            ("repos/one", "-unit-memory", "2 bits"),
            ("-from", "nowhere"),
        ):
            run = fleet("list", *args)
            assert (run.code, run.out, run.err.count("\n") < 4) == (2, "", True), args
        run = fleet("verify", "repos/one", "-only", "nonsense")
        assert (run.code, "unknown claim" in run.err) == (2, True)
        assert not Path("fleet/units/verify.jsonl").exists()

    def test_memory_is_an_amount_as_in_other_flags(self, world: World, fleet: Any) -> None:
        assert fleet("list", "repos/one", "-unit-memory", "1.5GB").code == 0

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

    def test_what_is_gone_is_no_finding_and_stops_no_other(self, world: World, fleet: Any) -> None:
        subprocess.run(["git", "init", "-q", "repos/one"], check=True, capture_output=True)
        Path("list.txt").write_text("repos/one@nope\nrepos/gone\nrepos/two\n")
        run = fleet("list", "-from", "list.txt", "-exit-zero", "-json")
        assert run.code == 3
        (verb,) = run.json["summary"]
        assert (verb["repositories"], verb["done"], verb["failed"], verb["findings"]) == (3, 1, 2, 0)
        assert selected()["repos/two"] == SELECTED["repos/two"]

    def test_an_archive_at_a_url(self, world: World, fleet: Any) -> None:
        with tarfile.open("two.tar.gz", "w:gz") as archive:
            archive.add("repos/two", "two-1.0")
        world.proxy.files["/archives/two.tar.gz"] = Path("two.tar.gz").read_bytes()
        run = fleet("list", f"{world.proxy.url}/archives/two.tar.gz")
        assert (run.code, list(selected().values())) == (0, [SELECTED["repos/two"]])


class TestResume:
    """A run that was interrupted goes on."""

    @pytest.mark.wide
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
