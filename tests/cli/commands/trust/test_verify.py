# SPDX-License-Identifier: BSD-3-Clause
"""`govgo verify` from the command line: a real log behind a real proxy, one thing wrong at a time."""

from __future__ import annotations

import json
import os
import re
import stat
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


@pytest.mark.parametrize("what", ["gone", "damaged", "of another head", "forged"])
def test_the_kept_proof_is_believed_only_while_it_proves(
    world: World, verify: Any, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert verify("--only", "database").code == 0
    (proof,) = kept_proofs(world)
    right, asked = proof.read_bytes(), len(world.proxy.asked)
    if what == "gone":
        proof.unlink()
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
        "    likely cause:  edited go.sum: the line agrees with nothing that can be had now\n"
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


# One character is flipped, anywhere.


def flip(path: Path, offset: int) -> None:
    data = bytearray(path.read_bytes())
    data[offset] ^= 1
    path.chmod(0o644)
    path.write_bytes(data)


@pytest.mark.parametrize("share", range(8))
def test_a_flipped_character_in_go_sum(world: World, verify: Any, share: int) -> None:
    """Every character in turn, divided among the cases."""
    assert verify().code == 0
    path = Path("go.sum")
    sound = path.read_bytes()
    for offset in range(share, len(sound), 8 * 5):
        flip(path, offset)
        run = verify("--json", "--skip", "vendor,cache")
        line = sound[:offset].count(b"\n") + 1
        assert run.code in (1, 4), (offset, run.out)
        assert any(each["file"] == "go.sum" and each["line"] == line for each in run.told), (offset, run.out)
        field = sound[sound.rfind(b"\n", 0, offset) + 1 : offset].count(b" ")
        in_hash = (
            field == 2 and sound[offset : offset + 1] != b"\n" and not sound[:offset].endswith((b" ", b" h", b" h1"))
        )
        if in_hash:
            assert run.code == 4, (offset, run.out)
        path.write_bytes(sound)


CACHED = {
    "zip": ("cache/download/q.io/b/@v/v1.0.0.zip", 0, {"zip-modified"}),
    "ziphash": ("cache/download/q.io/b/@v/v1.0.0.ziphash", 4, {"cache-mismatch"}),
    "mod": ("cache/download/q.io/b/@v/v1.0.0.mod", 4, {"cache-mismatch"}),
    "tree": ("q.io/b@v1.0.0/b.go", 4, {"dir-modified"}),
    "lookup": ("cache/download/sumdb/sum.example.org/lookup/q.io/b@v1.0.0", 1, {"cache-damaged"}),
}


@pytest.mark.parametrize("place", [0.1, 0.4, 0.8])
@pytest.mark.parametrize("what", CACHED)
def test_a_flipped_character_in_the_cache(world: World, verify: Any, what: str, place: float) -> None:
    fill(world)
    assert verify().code == 0
    name, code, codes = CACHED[what]
    path = world.cache / name
    flip(path, int(path.stat().st_size * place))
    run = verify("--json", "--only", "cache")
    assert run.code == code or (code == 0 and run.code in (1, 4)), run.out
    assert run.codes == codes, run.out
    assert str(path) in run.out or str(path.parent) in run.out
    if what == "lookup":
        assert verify().code in (0, 1)
        assert verify().code == 0, "it was fetched again"


def test_flipped_bits_all_over_a_zip(world: World, verify: Any) -> None:
    """Where the bit is one of a file's content, the zip contradicts go.sum; elsewhere it is damaged."""
    fill(world)
    path = world.cache / "cache/download/q.io/b/@v/v1.0.0.zip"
    sound = path.read_bytes()
    codes = set()
    for offset in range(0, len(sound), 11):
        flip(path, offset)
        run = verify("--json", "--only", "cache", "--offline")
        assert run.codes == {"zip-modified"}, (offset, run.out)
        assert run.code == 4 or "`govgo cache verify -repair`" in run.told[0]["hint"]
        codes.add(run.code)
        path.write_bytes(sound)
    assert codes == {1, 4}


def test_a_flipped_bit_in_any_tile(world: World, verify: Any) -> None:
    assert verify().code == 0
    tiles = [path for path in world.cache.glob("cache/download/sumdb/**/tile/**/*") if path.is_file()]
    assert len(tiles) >= 2
    for path in tiles:
        sound = path.read_bytes()
        flip(path, len(sound) // 3)
        run = verify("--json", "--only", "cache", "--offline")
        assert (run.code, run.codes) == (1, {"cache-damaged"}), (path, run.out)
        assert str(path) in {each["file"] for each in run.told}
        path.write_bytes(sound[:-1])
        assert verify("--json", "--only", "cache", "--offline").code == 1
        path.write_bytes(sound)
    assert verify("--only", "cache", "--offline").code == 0


def test_a_flipped_character_in_the_stored_tree_head(world: World, verify: Any) -> None:
    assert verify().code == 0
    flip(world.latest, 30)
    run = verify("--json", "--only", "cache")
    assert (run.code, run.codes) == (1, {"cache-damaged"})
    assert run.told[0]["file"] == str(world.latest)


def test_a_modified_tree_names_its_files(world: World, verify: Any) -> None:
    fill(world)
    tree = world.cache / "q.io/b@v1.0.0"
    flip(tree / "b.go", 8)
    (tree / "new.go").write_text("package b\n")
    run = verify("--json", "--only", "cache")
    (finding,) = run.json["results"]
    assert finding["text"] == f"q.io/b v1.0.0: dir has been modified ({tree})"
    assert {(each["file"], each["change"]) for each in finding["differences"]} == {
        ("b.go", "changed"),
        ("new.go", "added"),
    }
    assert finding["cause"].startswith("bad cache: ")
    assert finding["needed_by"] == ["example.com/main (go.mod:7)", "q.io/b v1.0.0"]


@pytest.mark.parametrize(
    ("change", "code", "codes"),
    [
        (lambda: flip(Path("vendor/q.io/b/b.go"), 3), 4, {"vendor-modified"}),
        (lambda: flip(Path("vendor/q.io/a/LICENSE"), 1), 4, {"vendor-modified"}),
        (lambda: Path("vendor/q.io/b/added.go").write_text("package b\n"), 1, {"vendor-extra"}),
        (lambda: Path("vendor/z.io").mkdir() or Path("vendor/z.io/z.go").write_text("x"), 1, {"vendor-extra"}),
        (lambda: Path("vendor/q.io/b/b.go").unlink(), 1, {"vendor-missing"}),
        (lambda: Path("vendor/q.io/b/l.go").symlink_to("b.go"), 1, {"vendor-extra"}),
        (lambda: edit(Path("vendor/modules.txt"), "## explicit", "## implicit"), 1, {"vendor-inconsistent"}),
        (lambda: Path("vendor/modules.txt").unlink(), 1, {"vendor-inconsistent", "vendor-extra"}),
    ],
)
def test_vendored_files(world: World, verify: Any, change: Any, code: int, codes: set[str]) -> None:
    fill(world, vendor=True)
    change()
    run = verify("--json", "--only", "vendor")
    assert (run.code, run.codes) == (code, codes), run.out


def test_a_flipped_character_in_modules_txt(world: World, verify: Any) -> None:
    fill(world, vendor=True)
    path = Path("vendor/modules.txt")
    sound = path.read_bytes()
    for offset in range(len(sound)):
        flip(path, offset)
        run = verify("--json", "--only", "vendor")
        assert run.code in (1, 3), (offset, path.read_bytes())
        # A module that modules.txt does not name any more is found where go.mod requires it.
        places = {(each["file"], each["line"]) for each in run.told if each["code"] == "vendor-inconsistent"}
        assert places or run.code == 3, (offset, run.out)
        assert {file for file, _ in places} <= {"vendor/modules.txt", "go.mod"}
        assert all(line for _, line in places), (offset, run.out)
        path.write_bytes(sound)


def test_vendored_replacements(world: World, verify: Any) -> None:
    """A directory is compared as it is; another module by the zip under its own name."""
    world.publish("z.io/fork", "v0.1.0", "module q.io/b\n\ngo 1.21\n", {"b.go": "package b // fork\n"})
    local = Path("local")
    local.mkdir()
    (local / "go.mod").write_text("module q.io/a\n\ngo 1.21\n\nrequire q.io/b v1.0.0\n")
    (local / "a.go").write_text(A_GO)
    with Path("go.mod").open("a") as file:
        file.write("\nreplace (\n\tq.io/a => ./local\n\tq.io/b v1.0.0 => z.io/fork v0.1.0\n)\n")
    Path("go.sum").write_text("".join(sorted_sums(world, "z.io/fork v0.1.0")))
    assert invoke(["vendor"]) == 0
    assert verify().code == 0
    flip(Path("vendor/q.io/b/b.go"), 12)
    assert (verify("--json").code, verify("--json").codes) == (4, {"vendor-modified"})
    flip(Path("vendor/q.io/b/b.go"), 12)
    (local / "a.go").write_text(A_GO + "// edited\n")
    run = verify("--json")
    assert (run.code, run.codes) == (1, {"vendor-modified"})
    (local / "new.go").write_text("package a\n")
    assert verify("--json").codes == {"vendor-modified", "vendor-missing"}


def test_vendored_files_are_proved_without_a_cache(world: World, verify: Any, tmp_path: Path) -> None:
    fill(world, vendor=True)
    subprocess.run(["rm", "-rf", world.cache], check=True)
    assert verify("--only", "vendor").code == 0
    subprocess.run(["rm", "-rf", world.cache], check=True)
    run = verify("--json", "--only", "vendor", "--offline")
    assert (run.code, run.codes) == (3, {"offline"})
    assert run.err == ""


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


def test_since_wants_a_repository(world: World, verify: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(world.root.parent))
    assert verify("--since", "HEAD").code == 2


# Bundles, outputs, usage.


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


# Reports: where files are, what has one cause, and runs that fail.


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
    for form in ("github", "sarif", "junit", "markdown"):
        assert "(×1,004)" in verify("--only", "database", "--offline", "-o", f"{form}:-").out


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
