# SPDX-License-Identifier: BSD-3-Clause
"""Reports and proof bundles of `govgo verify`: where they are written, where files are in them, and runs that fail."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.cli.commands.trust.test_verify import MAIN, OTHER_HASH, edit, fill, sorted_sums, verify, world
from tests.simulators.proxy import Status
from tests.simulators.world import World

__all__ = ["verify", "world"]  # fixtures


def test_bundles(world: World, verify: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert verify("--only", "database", "--bundle", "proof").code == 0
    subprocess.run(["rm", "-rf", world.cache, world.latest.parent], check=True)
    asked = len(world.proxy.asked)
    run = verify("--only", "database", "--from-bundle", "proof")
    assert run.code == 0
    assert f"4 go.sum lines proved (tree {len(world.log.records)}, signature ok)" in run.out
    with Path("go.sum").open("a") as file:
        file.writelines(sorted_sums(world, "q.io/a v1.2.0"))
    run = verify("--json", "--only", "database", "--from-bundle", "proof")
    assert (run.code, run.codes) == (3, {"not-in-bundle"})
    assert len(world.proxy.asked) == asked


def test_reports_and_bundles_are_written_into_what_is_no_file(world: World, verify: Any, tmp_path: Path) -> None:
    """A device stays a device, a pipe a pipe, and a descriptor is written at its own place."""
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    for flags in (["-o", f"json:{link}"], ["--bundle", str(pipe), "--skip", "cache"]):
        reader = subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE)
        assert verify(*flags).code == 0
        text, _ = reader.communicate(timeout=10)
        assert b"govgo.verify/1" in text if "-o" in flags else b"q.io/a v1.1.0 h1:" in text
        assert stat.S_ISFIFO(os.stat(pipe).st_mode)
        assert link.is_symlink()
    assert verify("-o", "json:/dev/null", "--bundle", "/dev/null").code == 0
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    with open(tmp_path / "kept", "w+b", buffering=0) as file:
        file.write(b"before\n")
        assert verify("-o", f"json:/dev/fd/{file.fileno()}").code == 0
        file.write(b"after\n")
        lines = (tmp_path / "kept").read_text().splitlines()
        assert (lines[0], lines[-1]) == ("before", "after")
        assert json.loads("".join(lines[1:-1]))["schema"] == "govgo.verify/1"


def test_several_reports_in_one_run(world: World, verify: Any) -> None:
    run = verify("-o", "json:v.json", "-o", "sarif:v.sarif", "-o", "junit:v.xml", "-o", "markdown:-", "--only=lint")
    assert run.code == 0
    assert run.out.startswith("## govgo verify\n")
    assert json.loads(Path("v.json").read_text())["schema"] == "govgo.verify/1"
    assert json.loads(Path("v.sarif").read_text())["version"] == "2.1.0"
    assert Path("v.xml").read_text().startswith("<?xml ")


def test_files_are_named_from_the_root_of_the_repository(world: World, verify: Any, tmp_path: Path) -> None:
    """Code scanning and annotations look there (GitHub Docs, "SARIF support": relative to the root)."""
    right = sorted_sums(world, "q.io/b v1.0.0")[0].split()[2]
    edit(Path("go.sum"), right, OTHER_HASH)
    svc = Path("svc")
    svc.mkdir()
    for name in ("go.mod", "go.sum", "main.go"):
        (svc / name).write_bytes(Path(name).read_bytes())

    def places(*args: str) -> set[str]:
        files = ("-o", f"sarif:{tmp_path}/sarif", "-o", f"github:{tmp_path}/github")
        found = {verify(*args, "--only=database", "--json", *files).told[0]["file"]}
        (result,) = json.loads((tmp_path / "sarif").read_text())["runs"][0]["results"]
        found.add(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"])
        return found.union(re.findall("file=([^,]*),line=3", (tmp_path / "github").read_text()))

    def hint(*args: str) -> str:
        found: str = verify(*args, "--only=database", "--json").told[0]["hint"]
        return found

    start = Path.cwd()
    assert places("-C", "svc") == {"svc/go.sum"}, "without a repository, from where the command was started"
    os.chdir(start)
    subprocess.run(["git", "init", "-q", "."], check=True)
    assert places("svc") == {"svc/go.sum"}
    os.chdir(start)
    assert places("-C", "svc") == {"svc/go.sum"}
    os.chdir(start)
    assert hint("-C", "svc").endswith("`git log -L3,3:svc/go.sum`")
    os.chdir(start / "svc")
    assert places() == {"svc/go.sum"}
    assert hint().endswith("`git log -L3,3:go.sum`"), "git takes that path from the working directory"


def test_lines_with_one_cause_are_one_finding(world: World, verify: Any) -> None:
    lines = [f"r.io/m{number} v1.0.0 {OTHER_HASH}\n" for number in range(1_000)]
    with Path("go.sum").open("a") as file:
        file.writelines(lines)
    run = verify("--json", "--only", "complete,database", "--offline")
    (finding,) = [each for each in run.told if each["claim"] == "database"]
    assert (finding["code"], finding["count"], len(finding["lines"])) == ("offline", 1_004, 1_004)
    assert finding["lines"][4] == {"module": "r.io/m0", "version": "v1.0.0", "file": "go.sum", "line": 5}
    assert run.json["summary"]["lines"]["unchecked"] == 1_004
    text = verify("--only", "database", "--offline").out
    assert text.endswith(
        "unchecked[offline]: could not be checked: not in the module cache, and --offline asks nobody (×1,004)\n"
        "    first 3:  go.sum:1 q.io/a v1.1.0\n"
        "              go.sum:2 q.io/a v1.1.0/go.mod\n"
        "              go.sum:3 q.io/b v1.0.0\n"
        "not verified: 1,004 could not be checked\n"
    )
    forms = ("github", "sarif", "junit", "markdown")
    verify("--only", "database", "--offline", *(f"-o={form}:../{form}" for form in forms))
    for form in forms:
        assert "(×1,004)" in Path("..", form).read_text()


def test_a_server_that_fails_is_one_finding(world: World, verify: Any) -> None:
    """The URL of each request differs; the cause does not."""
    for mod in ("q.io/a@v1.1.0", "q.io/a@v1.2.0", "q.io/b@v1.0.0"):
        world.proxy.script(f"/sumdb/{world.log.name}/lookup/{mod}", *[Status(500)] * 20)
    Path("go.sum").write_text("".join(sorted_sums(world, "q.io/a v1.1.0", "q.io/a v1.2.0", "q.io/b v1.0.0")))
    run = verify("--json", "--only", "database")
    assert run.code == 3
    (finding,) = run.told
    assert (finding["code"], finding["count"]) == ("database-unavailable", 6)
    assert f"{world.proxy.url}: 500 Scripted" in finding["text"]


def test_a_line_is_named_wherever_it_is_known(world: World, verify: Any) -> None:
    Path("go.mod").write_text(MAIN + "\nreplace q.io/c v1.0.0\n")
    run = verify("--json")
    assert {(each["file"], each["line"]) for each in run.told} == {("go.mod", 9)}
    Path("go.mod").write_text(MAIN)
    fill(world, vendor=True)
    Path("go.mod").write_text(MAIN.replace("v1.0.0 // indirect", "v1.0.1 // indirect"))
    run = verify("--json", "--only", "vendor", "--offline")
    assert {(each["file"], each["line"]) for each in run.told} <= {("go.mod", 7), ("vendor/modules.txt", 4)}


@pytest.mark.parametrize("form", ["json", "sarif", "junit", "markdown", "github", "text"])
def test_a_run_that_fails_replaces_the_old_report(world: World, verify: Any, form: str) -> None:
    Path("report").write_text("all modules verified\n")
    Path("go.work").write_text("go 1.21\n\nuse (\n")
    run = verify("./go.work", "-o", f"{form}:report", "--format", form)
    assert run.code == 1
    assert run.err.startswith("govgo: errors parsing go.work:\n")
    written = Path("report").read_text()
    assert "all modules verified" not in written
    assert "errors parsing go.work" in written
    assert bool(run.out) == (form != "text")
    if form == "json":
        document = run.json
        assert (document["summary"]["verdict"], document["summary"]["errors"]) == ("unchecked", 1)
        assert document["errors"][0]["claim"] is None


def test_a_report_that_cannot_be_written_hides_nothing(world: World, verify: Any) -> None:
    right = sorted_sums(world, "q.io/b v1.0.0")[0].split()[2]
    Path("full").mkdir()
    run = verify("--only=database", "-o", "json:full", "-o", "sarif:report", "--bundle", "full")
    assert run.code == 3
    assert json.loads(Path("report").read_text())["version"] == "2.1.0"
    assert run.out.endswith("all modules verified\n")
    edit(Path("go.sum"), right, OTHER_HASH)
    assert verify("--only=database", "-o", "json:full", "--bundle", "full").code == 4


def test_a_bundle_and_go_sum_are_enough(world: World, verify: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """README: `--from-bundle FILE` checks go.sum again, offline, years later."""
    assert verify("--bundle", "proof").code == 0
    subprocess.run(["rm", "-rf", world.cache, world.latest.parent], check=True)
    asked = len(world.proxy.asked)
    for args in ([], ["go.sum"]):
        run = verify("--json", "--from-bundle", "proof", "--offline", *args)
        assert (run.code, run.told) == (0, [])
        verdicts = {each["claim"]: each["verdict"] for each in run.json["modules"][0]["claims"]}
        assert verdicts["database"] == "passed"
        assert verdicts["complete"] == "unchecked"
        text = verify("--from-bundle", "proof", "--offline", *args).out
        assert "  complete           not checked: " in text
        assert text.endswith("verified, but for what was not checked: complete" + (", vendor\n" if args else "\n"))
        for file in Path().glob("*.*"):
            if file.name != "go.sum":
                file.unlink()
    assert len(world.proxy.asked) == asked
    assert verify("--from-bundle", "proof", "--offline", "--only", "complete").code in (2, 3), "it was asked for"
    assert verify("--from-bundle", "proof", "go.sum").code == 2
    edit(Path("go.sum"), sorted_sums(world, "q.io/b v1.0.0")[0].split()[2], OTHER_HASH)
    assert verify("--from-bundle", "proof", "--offline").code == 4


@pytest.mark.parametrize(
    ("data", "sentence"),
    [(b"", "not a proof bundle"), (b"go.sum proof bundle v9\n", "proof bundle of an unknown version")],
)
def test_an_error_of_a_bundle_names_its_file(world: World, verify: Any, data: bytes, sentence: str) -> None:
    Path("proof").write_bytes(data)
    run = verify("--from-bundle", "proof")
    assert (run.code, run.err) == (1, f"govgo: proof: {sentence}\n")


def test_a_bundle_that_is_not_there_is_named_once(world: World, verify: Any) -> None:
    run = verify("--from-bundle", "proof")
    assert (run.code, run.err) == (3, f"govgo: open {Path('proof').absolute()}: no such file or directory\n")
