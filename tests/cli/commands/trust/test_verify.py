# SPDX-License-Identifier: BSD-3-Clause
"""`govgo verify` from the command line: a real log behind a real proxy, one thing wrong at a time."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from govgo.cli.main import invoke
from tests.simulators import run as runs
from tests.simulators.proxy import Status
from tests.simulators.world import World

MAIN = "module example.com/main\n\ngo 1.21\n\nrequire q.io/a v1.1.0\n\nrequire q.io/b v1.0.0 // indirect\n"
SOURCE = {"main.go": 'package main\n\nimport _ "q.io/a"\n\nfunc main() {}\n'}
A_GO = 'package a\n\nimport _ "q.io/b"\n'

OTHER_HASH = "h1:" + "x" * 43 + "="


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """main imports q.io/a, which imports q.io/b; go.sum is tidy; nothing is cached."""
    with World(tmp_path) as world:
        world.publish(
            "q.io/b", "v1.0.0", "module q.io/b\n\ngo 1.21\n", {"b.go": "package b\n", "b_test.go": "package b\n"}
        )
        gomod = "module q.io/a\n\ngo 1.21\n\nrequire q.io/b v1.0.0\n"
        world.publish("q.io/a", "v1.1.0", gomod, {"a.go": A_GO, "LICENSE": "free\n", "data/x.txt": "x\n"})
        world.publish("q.io/a", "v1.2.0", gomod, {"a.go": A_GO})
        directory = world.main(MAIN, SOURCE)
        (directory / "go.sum").write_text("".join(sorted_sums(world, "q.io/a v1.1.0", "q.io/b v1.0.0")))
        world.use(monkeypatch)
        monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
        monkeypatch.chdir(directory)
        yield world


def sorted_sums(world: World, *names: str) -> list[str]:
    """The lines of go.sum for some module versions, as the log has them."""
    known = [line for record in world.log.records for line in record.decode().splitlines(keepends=True)]
    return [line for name in names for line in known if line.startswith((f"{name} ", f"{name}/go.mod "))]


class Run(runs.Run):
    """One run: its exit code, what it printed, and its findings as JSON."""

    command = ("verify",)
    schema = "govgo.verify-1.json"

    @property
    def told(self) -> list[dict[str, Any]]:
        """Findings and what could not be checked."""
        document = self.json
        return [*document["results"], *document["errors"]]

    @property
    def codes(self) -> set[str]:
        return {each["code"] for each in self.told}


@pytest.fixture
def verify(capsys: pytest.CaptureFixture[str]) -> Any:
    return lambda *args: Run(capsys, *args)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def flip(path: Path, offset: int) -> None:
    data = bytearray(path.read_bytes())
    data[offset] ^= 1
    path.chmod(0o644)
    path.write_bytes(data)


def fill(world: World, *, vendor: bool = False) -> None:
    assert invoke(["download"]) == 0
    if vendor:
        assert invoke(["vendor"]) == 0


def kept_proofs(world: World) -> list[Path]:
    return list(world.cache.glob("cache/download/sumdb/*/govgo/*.proof"))


# All is well.


def test_all_is_proved_from_an_empty_cache(world: World, verify: Any) -> None:
    run = verify()
    size = len(world.log.records)
    assert (run.code, run.err) == (0, "")
    assert run.out == (
        "  lint               4 go.sum lines well formed\n"
        "  complete           3 needed go.sum lines there\n"
        f"  checksum database  4 go.sum lines proved (tree {size}, signature ok)\n"
        "  module cache       0 modules unmodified (2 not downloaded)\n"
        "  vendor             no vendor directory\n"
        "all modules verified\n"
    )


def test_a_go_mod_alone_is_no_module_that_was_downloaded(world: World, verify: Any) -> None:
    fill(world)
    for path in [*world.cache.glob("cache/download/q.io/b/@v/*.zip*"), world.cache / "q.io/b@v1.0.0"]:
        path.rename(world.cache / f"../away-{path.name}")
    assert "  module cache       1 module unmodified (1 not downloaded)\n" in verify().out


def test_a_second_run_asks_nobody(world: World, verify: Any) -> None:
    assert verify("--only", "database").code == 0
    asked = len(world.proxy.asked)
    tiles = [path for path in world.proxy.asked if "/tile/" in path]
    assert len(tiles) == len(set(tiles)), "a tile was fetched twice"
    assert verify("--only", "database").code == 0
    assert len(world.proxy.asked) == asked
    assert verify("--only=database", "--offline").code == 0
    assert len(world.proxy.asked) == asked


@pytest.mark.parametrize("what", ["gone", "damaged", "a pipe", "of another head", "forged"])
def test_the_kept_proof_is_believed_only_while_it_proves(
    world: World, verify: Any, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert verify("--only", "database").code == 0
    (proof,) = kept_proofs(world)
    right, asked = proof.read_bytes(), len(world.proxy.asked)
    if what == "gone":
        proof.unlink()
    elif what == "a pipe":
        proof.unlink()
        os.mkfifo(proof)
    elif what == "damaged":
        flip(proof, len(right) // 2)
    elif what == "of another head":
        world.log.grow(50)
        Path("go.sum").write_text(Path("go.sum").read_text() + sorted_sums(world, "q.io/a v1.2.0")[1])
        assert verify("--only", "database").code == 0
        proof.write_bytes(right)
    else:
        line = sorted_sums(world, "q.io/b v1.0.0")[0].split()[2]
        proof.write_bytes(right.replace(line.encode(), OTHER_HASH.encode()))
        edit(Path("go.sum"), line, OTHER_HASH)
        assert verify("--only", "database").code == 4
        return
    answer = verify("--only", "database")
    assert answer.code == 0
    if what != "of another head":
        assert proof.read_bytes() == right
        assert len(world.proxy.asked) == asked, "answers and tiles are kept, too"


def test_filled_cache_and_vendor_directory(world: World, verify: Any) -> None:
    fill(world, vendor=True)
    run = verify()
    assert run.code == 0, run.out
    assert "module cache       2 modules unmodified\n" in run.out
    assert "vendor             3 files unmodified\n" in run.out


def test_a_go_modverify_stands_in_the_place_of_a_go_sum(world: World, verify: Any) -> None:
    """vgo's own file has lines for zips alone."""
    Path("go.sum").unlink()
    zips = [line for line in sorted_sums(world, "q.io/a v1.1.0", "q.io/b v1.0.0") if "/go.mod " not in line]
    Path("go.modverify").write_text("".join(zips))
    run = verify("--json")
    assert (run.code, run.codes) == (1, {"missing-sum"})
    module = run.json["modules"][0]
    assert module["files"] == ["go.modverify"]
    assert run.json["summary"]["lines"]["proved"] == 2
    edit(Path("go.modverify"), zips[1].split()[2], f"h1:{'x' * 43}=")
    for args in ([], ["go.modverify"]):
        run = verify(*args, "--json")
        assert run.code == 4
        assert {(each["file"], each["line"]) for each in run.told if each["code"] == "sum-mismatch"} == {
            ("go.modverify", 2)
        }
    Path("go.mod").unlink()
    assert verify("--only=database").code == 4


def test_nothing_in_the_module_is_written(world: World, verify: Any) -> None:
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    edit(Path("go.sum"), sorted_sums(world, "q.io/b v1.0.0")[1], "")
    assert verify().code == 1
    after = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    assert before.keys() == after.keys()
    assert Path("go.mod").read_bytes() == before[Path("go.mod")]


# One thing is wrong.


def test_mismatch_explains_itself(world: World, verify: Any) -> None:
    right = sorted_sums(world, "q.io/b v1.0.0")[0].split()[2]
    edit(Path("go.sum"), right, OTHER_HASH)
    run = verify()
    assert run.code == 4
    assert run.out.endswith(
        "error[sum-mismatch]: q.io/b@v1.0.0: verifying module: checksum mismatch\n"
        f"    go.sum:3:      {OTHER_HASH}\n"
        f"    checksum database sum.example.org:\n                   {right}\n"
        f"    proxy {world.proxy.url}:\n                   {right}\n"
        "    likely cause:  edited go.sum: the line agrees with nothing that can be fetched now\n"
        "    needed by:     example.com/main (go.mod:7) => q.io/b v1.0.0\n"
        "hint: see who changed the line: `git log -L3,3:go.sum`\n"
        "not verified: 1 contradiction\n"
    ), run.out


def test_moved_tag(world: World, verify: Any) -> None:
    """The proxy serves other bytes than were recorded, and go.sum was made from them."""
    right = sorted_sums(world, "q.io/b v1.0.0")[0].split()[2]
    world.proxy.add_module("q.io/b", "v1.0.0", "module q.io/b\n\ngo 1.21\n", {"b.go": "package b // moved\n"})
    from govgo.adapters.modzip.hash import hash_zip

    served = world.root / "served.zip"
    served.write_bytes(world.proxy.files["/q.io/b/@v/v1.0.0.zip"])
    edit(Path("go.sum"), right, hash_zip(str(served)))
    finding = verify("--format", "json", "--only", "database").json["results"][0]
    assert finding["cause"].startswith("moved tag: ")
    assert finding["hint"].endswith("`govgo get q.io/b@latest`")
    assert [each["source"].split()[0] for each in finding["evidence"]] == ["go.sum:3", "checksum", "proxy"]


def test_odd_proxy(world: World, verify: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(world)
    world.proxy.handlers["/odd/"] = lambda rest: world.proxy.files[f"/{rest}"]
    odd = world.proxy.files["/q.io/b/@v/v1.0.0.zip"]
    world.proxy.add_module("q.io/b", "v1.0.0", "module q.io/b\n\ngo 1.21\n", {"b.go": "package odd\n"})
    changed, world.proxy.files["/q.io/b/@v/v1.0.0.zip"] = world.proxy.files["/q.io/b/@v/v1.0.0.zip"], odd
    world.proxy.files["/odd/q.io/b/@v/v1.0.0.zip"] = changed
    del world.proxy.handlers["/odd/"]
    monkeypatch.setenv("GOPROXY", f"{world.proxy.url},{world.proxy.url}/odd")
    edit(Path("go.sum"), sorted_sums(world, "q.io/b v1.0.0")[0].split()[2], OTHER_HASH)
    finding = verify("--json", "--only", "database").json["results"][0]
    assert finding["cause"].startswith(f"odd proxy: {world.proxy.url}/odd serves other bytes")
    assert {"file": "b.go", "change": "changed"} in finding["differences"]
    assert finding["compared"] == f"the zip of {world.proxy.url} and the zip of {world.proxy.url}/odd"


def test_not_in_the_log_is_told_from_an_unreachable_log(world: World, verify: Any) -> None:
    prefix = f"/sumdb/{world.log.name}"
    world.proxy.script(
        f"{prefix}/lookup/q.io/b@v1.0.0", Status(404, b"Not Found", {"Content-Type": "text/plain"}, b"gone")
    )
    run = verify("--json", "--only", "database")
    assert (run.code, run.codes) == (1, {"not-in-database"})
    assert "server response: gone" in run.json["results"][0]["text"]
    assert run.json["summary"]["lines"] == {
        "proved": 2, "mismatch": 0, "not_in_database": 2, "private": 0, "unchecked": 0
    }  # fmt: skip


def test_unreachable_never_reads_as_verified(world: World, verify: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOPROXY", "http://127.0.0.1:1")
    run = verify("--json", "--only", "database")
    assert (run.code, run.codes) == (3, {"database-unavailable"})
    assert run.json["summary"]["lines"]["unchecked"] == 4
    assert run.json["summary"]["verdict"] == "unchecked"


def test_offline_says_what_it_could_not_check(world: World, verify: Any) -> None:
    run = verify("--json", "--only", "database,complete", "--offline")
    assert run.code == 3
    assert run.codes == {"offline"}
    assert world.proxy.asked == []
    database, complete = run.told
    assert database["text"] == "could not be checked: not in the module cache, and --offline asks nobody (×4)"
    assert (database["count"], [line["line"] for line in database["lines"]]) == (4, [1, 2, 3, 4])
    assert complete["text"] == "q.io/a@v1.1.0: not in the module cache, and --offline asks nobody"
    assert (complete["file"], complete["line"]) == ("go.mod", 5)
    assert "GOPROXY" not in run.out


def test_gosumdb_off_proves_nothing(world: World, verify: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOSUMDB", "off")
    run = verify("--json")
    assert (run.code, run.codes) == (3, {"database-off"})
    assert verify("--skip", "database").code == 0


def test_private_modules_are_counted_apart(world: World, verify: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GONOSUMDB", "q.io/b")
    run = verify()
    assert run.code == 0
    assert "  private            2 lines not public (GONOSUMDB=q.io/b): compared with go.sum only\n" in run.out
    assert not any("q.io/b@" in path for path in world.proxy.asked if "/lookup/" in path)


def test_colours_only_where_they_are_wanted(world: World, verify: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b" not in verify("--only", "lint").out
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert verify("--only", "lint").out.endswith("\x1b[0m\n")
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in verify("--only", "lint").out


def test_fork_is_told_and_stops_nothing(world: World, verify: Any) -> None:
    assert verify("--only", "database").code == 0
    fork = world.log.fork(290)
    fork.grow(400)
    for path, version in (("q.io/a", "v1.1.0"), ("q.io/b", "v1.0.0")):
        fork.add(path, version, world.log.records[world.log.numbers[path, version]].decode())
    world.database.log = world.database.tile_log = fork
    for file in (*world.cache.glob("cache/download/sumdb/*/lookup/q.io/*"), *kept_proofs(world)):
        file.unlink()
    run = verify("--json")
    assert run.code == 4
    assert "fork" in run.codes
    assert run.json["summary"]["lines"]["proved"] == 0
    claims = {each["claim"]: each["verdict"] for each in run.json["modules"][0]["claims"]}
    assert claims["lint"] == claims["complete"] == "passed"
    assert claims["database"] == "unchecked"


def test_missing_lines_are_all_named(world: World, verify: Any) -> None:
    Path("go.sum").write_text("")
    run = verify("--json", "--only", "complete")
    assert run.code == 1
    assert {(e["module"], e["version"], e["file"], e["line"]) for e in run.told} == {
        ("q.io/a", "v1.1.0", "go.mod", 5),
        ("q.io/a", "v1.1.0/go.mod", "go.mod", 5),
        ("q.io/b", "v1.0.0/go.mod", "go.mod", 7),
    }
    assert run.told[0]["needed_by"][0] == "example.com/main (go.mod:5)"


def test_extra_lines(world: World, verify: Any) -> None:
    with Path("go.sum").open("a") as file:
        file.writelines(sorted_sums(world, "q.io/a v1.2.0"))
    run = verify("--json", "--strict")
    assert (run.code, run.codes) == (1, {"extra-sum"})
    assert [each["line"] for each in run.told] == [5, 6]
    assert verify("--exit-zero", "--strict").code == 0


def test_lines_that_are_right_but_more_than_needed_are_only_told(world: World, verify: Any) -> None:
    with Path("go.sum").open("a") as file:
        file.writelines([*sorted_sums(world, "q.io/a v1.2.0"), sorted_sums(world, "q.io/a v1.1.0")[0]])
    run = verify("--json")
    assert (run.code, run.told) == (0, [])
    assert [(each["code"], each["line"]) for each in run.json["notes"]] == [
        ("duplicate-line", 7),
        ("extra-sum", 5),
        ("extra-sum", 6),
    ]
    text = verify().out
    assert "note[extra-sum]: q.io/a@v1.2.0: no module in the requirement graph needs this line\n" in text
    assert text.count("hint: remove what is not needed: `govgo tidy`\n") == 1
    assert text.endswith("all modules verified (3 notes)\n")
    assert verify("--strict").code == 1


def test_lint(world: World, verify: Any) -> None:
    line = sorted_sums(world, "q.io/a v1.1.0")[0]
    with Path("go.sum").open("a") as file:
        file.write(f"<<<<<<< ours\n{line}=======\nq.io/a v1.1.0 {OTHER_HASH}\nq.io/a v1\n>>>>>>> theirs\nQ v1 h2:x\n")
    run = verify("--json", "--only", "lint", "--strict")
    assert run.code == 1
    assert sorted((each["line"], each["code"]) for each in run.told) == [
        (5, "merge-marker"),
        (6, "duplicate-line"),
        (7, "merge-marker"),
        (8, "conflicting-sums"),
        (9, "go-sum-malformed"),
        (10, "merge-marker"),
        (11, "invalid-module"),
        (11, "unknown-hash"),
    ]
    # Lines that say nothing are not passed over by those who only prove.
    proved = verify("--json", "--only", "database")
    assert proved.code == 4
    assert proved.codes == {"merge-marker", "go-sum-malformed", "unknown-hash", "sum-mismatch"}


# Several modules, workspaces, git.


def test_several_modules_at_once(world: World, verify: Any) -> None:
    bad = Path("tools/x")
    bad.mkdir(parents=True)
    (bad / "go.mod").write_text("module example.com/x\n\nrequire broken\n")
    (bad / "go.sum").write_text("".join(sorted_sums(world, "q.io/b v1.0.0")))
    ignored = Path("testdata/y")
    ignored.mkdir(parents=True)
    (ignored / "go.mod").write_text("module y\n")
    run = verify("--json", "./...")
    assert run.code == 1
    assert [(m["path"], m["directory"]) for m in run.json["modules"]] == [
        ("example.com/main", "."),
        ("example.com/x", "tools/x"),
    ]
    assert run.json["summary"]["lines"]["proved"] == 6
    (finding,) = run.told
    assert (finding["claim"], finding["main_module"]) == ("complete", "example.com/x")
    text = verify("./...")
    assert text.code == 1
    assert "example.com/x (tools/x)\n  lint               2 go.sum lines well formed\n" in text.out
    assert [m["path"] for m in verify("--json", "tools/x").json["modules"]] == ["example.com/x"]


def test_a_workspace(world: World, verify: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    other = world.main("module example.com/other\n\ngo 1.21\n\nrequire q.io/a v1.2.0\n", name="other")
    (world.root / "go.work").write_text("go 1.21\n\nuse ./main\nuse ./other\n")
    (world.root / "go.work.sum").write_text(sorted_sums(world, "q.io/a v1.2.0")[1])
    monkeypatch.delenv("GOWORK")
    monkeypatch.chdir(world.root)
    run = verify("--json")
    assert [m["kind"] for m in run.json["modules"]] == ["module", "module", "workspace"]
    assert (run.code, run.codes) == (1, {"missing-sum"})
    assert {(each["module"], each["version"]) for each in run.told} == {("q.io/a", "v1.2.0")}
    (other / "go.sum").write_text(sorted_sums(world, "q.io/a v1.2.0")[0])
    run = verify("--json")
    assert (run.code, run.told) == (0, [])
    assert run.json["summary"]["lines"]["proved"] == 6


def test_since_a_git_reference(world: World, verify: Any) -> None:
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org"]
    edit(Path("go.sum"), sorted_sums(world, "q.io/a v1.1.0")[0].split()[2], OTHER_HASH)
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"]):
        subprocess.run([*git, *command], check=True)
    with Path("go.sum").open("a") as file:
        file.writelines(sorted_sums(world, "q.io/a v1.2.0"))
    run = verify("--json", "--only", "lint,database", "--since", "HEAD")
    assert (run.code, run.json["summary"]["lines"]["proved"]) == (0, 2), (run.out, world.proxy.asked)
    assert "2 added go.sum lines proved" in verify("--only", "database", "--since", "HEAD").out
    assert verify("--only", "database").code == 4
    assert verify("--since", "nowhere").code == 2
    assert verify("--since=--output=x").code == 2
    unset = verify("--since=")
    assert (unset.code, "-since: an empty reference" in unset.err) == (2, True), "not as if nothing had been asked for"


def test_since_wants_a_repository(world: World, verify: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(world.root.parent))
    assert verify("--since", "HEAD").code == 2


# Usage.


@pytest.mark.parametrize(
    "args",
    [["--only", "all"], ["--skip", "lint,complete,database,cache,vendor"], ["-o", "x"], ["-o", "pdf:-"], ["nowhere"]],
)
def test_usage(world: World, verify: Any, args: list[str]) -> None:
    run = verify(*args)
    assert (run.code, run.out) == (2, "")


def test_outside_a_module(world: World, verify: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(world.home)
    run = verify()
    assert run.code == 2
    assert run.err.startswith("govgo: go.mod file not found in current directory or any parent directory")


def test_no_advice_to_switch_checks_off(world: World, verify: Any) -> None:
    edit(Path("go.sum"), sorted_sums(world, "q.io/b v1.0.0")[0].split()[2], OTHER_HASH)
    world.proxy.script(f"/sumdb/{world.log.name}/lookup/q.io/a@v1.1.0", Status(404))
    out = verify().out
    for forbidden in ("GOSUMDB=off", "GONOSUMCHECK", "GOFLAGS=-insecure", "GONOSUMDB=", "rm go.sum", "-mod=mod"):
        assert forbidden not in out
