# SPDX-License-Identifier: BSD-3-Clause
"""`govgo sum …` from the command line, against a real log behind a real proxy."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from govgo.cli.main import invoke
from govgo.core.sumdb.note import Note
from govgo.core.sumdb.signer import sign_note
from tests.simulators import campaigns
from tests.simulators import run as runs
from tests.simulators.proxy import ProxySimulator, Status
from tests.simulators.sumdb_log import Log, Server, keys
from tests.simulators.world import World

MAIN = """module example.com/main

go 1.21

require q.io/a v1.1.0

require q.io/b v1.0.0 // indirect
"""
SOURCE = {"main.go": 'package main\n\nimport _ "q.io/a"\n\nfunc main() {}\n'}


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """main imports q.io/a, which imports q.io/b; c is required by b and by nothing else. Their graph is not pruned."""
    with World(tmp_path) as world:
        world.publish("q.io/c", "v1.0.0")
        world.publish("q.io/b", "v0.9.0", "module q.io/b\n\ngo 1.16\n")
        world.publish("q.io/b", "v1.0.0", "module q.io/b\n\ngo 1.16\n\nrequire q.io/c v1.0.0\n")
        gomod = "module q.io/a\n\ngo 1.16\n\nrequire q.io/b v0.9.0\n"
        world.publish("q.io/a", "v1.1.0", gomod, {"a.go": 'package a\n\nimport _ "q.io/b"\n'})
        directory = world.main(MAIN, SOURCE)
        world.use(monkeypatch)
        monkeypatch.chdir(directory)
        yield world


def lines(world: World, *names: str) -> list[str]:
    """Lines of go.sum as the log has them; "path version" or "path version/go.mod"."""
    known = [line for record in world.log.records for line in record.decode().splitlines()]
    return [line for name in names for line in known if line.startswith(f"{name} ")]


NEEDED = (
    *("q.io/a v1.1.0", "q.io/a v1.1.0/go.mod", "q.io/b v0.9.0/go.mod", "q.io/b v1.0.0", "q.io/b v1.0.0/go.mod"),
    "q.io/c v1.0.0/go.mod",
)


def gosum(world: World) -> str:
    return (world.root / "main/go.sum").read_text()


def document(text: str) -> Any:
    """A JSON document, valid by the schema that it names."""
    return runs.document(text, f"{json.loads(text)['schema'].replace('/', '-')}.json")


@pytest.mark.parametrize("words", [("head",), ("explain", "q.io/a"), ("complete",)])
def test_a_document_is_valid_after_a_failure_too(
    world: World, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    world.proxy.script("*", Status(403))
    assert invoke(["sum", words[0], "-json", *words[1:]]) == 3
    told = document(capsys.readouterr().out)
    assert told["results"] == []
    assert [error["code"] for error in told["errors"]]


@pytest.mark.parametrize("words", [("head",), ("explain", "q.io/a"), ("complete",)])
@pytest.mark.parametrize("fault", ["no such directory", "no database"])
def test_a_document_is_printed_whatever_failed(
    world: World,
    words: tuple[str, ...],
    fault: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if fault == "no database":
        monkeypatch.setenv("GOSUMDB", "off")
    where = [] if fault == "no database" else ["-C", "nowhere"]
    code = invoke(["sum", words[0], *where, "-json", *words[1:]])
    told = document(capsys.readouterr().out)
    if where or words[0] == "head":
        assert code == 2
        assert [error["code"] for error in told["errors"]] == ["usage"]


# complete


def test_complete_adds_what_tidy_keeps(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["sum", "complete"]) == 0
    want = lines(world, *NEEDED)
    assert gosum(world).splitlines() == want
    said = capsys.readouterr()
    assert said.out.splitlines() == want
    assert said.err.endswith("govgo: updated go.sum (+6: 6 proved by sum.example.org)\n")
    before = gosum(world)
    assert invoke(["tidy"]) == 0
    assert gosum(world) == before
    assert (world.root / "main/go.mod").read_text() == MAIN


def test_complete_adds_exactly_the_missing_line(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["sum", "complete"]) == 0
    whole = gosum(world)
    surplus = "q.io/zzz v0.1.0 h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
    for gone in whole.splitlines(keepends=True):
        (world.root / "main/go.sum").write_text(whole.replace(gone, "") + surplus)
        capsys.readouterr()
        assert invoke(["sum", "complete"]) == 0
        assert capsys.readouterr().out == gone
        assert gosum(world) == whole + surplus, "what is there stays"


def test_complete_dry_run(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["sum", "complete", "-n", "-json"]) == 1
    assert not (world.root / "main/go.sum").exists()
    told = document(capsys.readouterr().out)
    assert told["schema"] == "govgo.sum.complete/1"
    assert [f"{r['path']} {r['version']} {r['hash']}" for r in told["results"]] == lines(world, *NEEDED)
    assert told["summary"]["proved"] == 6
    assert invoke(["sum", "complete"]) == 0
    assert invoke(["sum", "complete", "-n"]) == 0


def test_complete_refuses_a_lie(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """A zip that the database contradicts adds nothing at all."""
    world.proxy.files["/q.io/b/@v/v1.0.0.zip"] = world.proxy.files["/q.io/b/@v/v1.0.0.zip"].replace(b"a.go", b"b.go")
    assert invoke(["sum", "complete"]) == 4
    assert not (world.root / "main/go.sum").exists()
    assert "checksum mismatch" in capsys.readouterr().err


def test_complete_without_the_database_adds_nothing(world: World) -> None:
    world.database.missing = {f"/lookup/q.io/b@{v}" for v in ("v0.9.0", "v1.0.0")}
    assert invoke(["sum", "complete"]) == 3
    assert not (world.root / "main/go.sum").exists()


def test_complete_takes_private_modules_from_their_bytes(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GONOSUMDB", "q.io/b")
    assert invoke(["sum", "complete"]) == 0
    assert gosum(world).splitlines() == lines(world, *NEEDED)
    assert "(+6: 3 proved by sum.example.org, 3 of modules that no database is asked about)" in capsys.readouterr().err
    assert not [path for path in world.proxy.asked if "lookup/q.io/b" in path]


# vgo wrote path, version and h1 of each zip into go.modverify (research.swtch.com/vgo-repro, "Verified Builds").


@pytest.mark.parametrize("flags", [[], ["-n"]])
def test_complete_makes_a_go_sum_of_a_go_modverify(
    world: World, capsys: pytest.CaptureFixture[str], flags: list[str]
) -> None:
    old = Path("go.modverify")
    old.write_text("\n".join(lines(world, "q.io/a v1.1.0", "q.io/b v1.0.0")))
    before = old.read_bytes()
    assert invoke(["sum", "complete", *flags]) == (1 if flags else 0)
    told = capsys.readouterr()
    assert told.out.splitlines() == lines(world, *NEEDED)
    assert "go.modverify: 2 lines agree; go.sum takes its place, and no command reads it any more" in told.err
    assert old.read_bytes() == before
    if flags:
        assert not Path("go.sum").exists()
    else:
        assert Path("go.sum").read_text().splitlines() == lines(world, *NEEDED)
        old.write_text("no line of a go.sum")
        assert invoke(["sum", "complete"]) == 0, "where there is a go.sum nobody looks"


@pytest.mark.parametrize(
    ("change", "code", "sentence"),
    [
        ("another hash", 4, "q.io/a@v1.1.0: checksum mismatch"),
        ("two fields", 1, "malformed go.sum:\ngo.modverify:1: wrong number of fields 2"),
        ("a private module", 4, "q.io/a@v1.1.0: checksum mismatch"),
    ],
)
def test_complete_refuses_a_go_modverify_that_contradicts(
    world: World,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    change: str,
    code: int,
    sentence: str,
) -> None:
    if change == "a private module":
        monkeypatch.setenv("GONOSUMDB", "q.io/a")
    false = "q.io/a v1.1.0" if change == "two fields" else f"q.io/a v1.1.0 h1:{'x' * 43}="
    Path("go.modverify").write_text(false + "\n")
    assert invoke(["sum", "complete"]) == code
    assert sentence in capsys.readouterr().err
    assert not Path("go.sum").exists()


def test_complete_needs_no_go_line(world: World) -> None:
    """The files of vgo have none. The lines are those that go 1.26.8 demands then: no go.mod file is left out."""
    (world.root / "main/go.mod").write_text("module example.com/main\n\nrequire q.io/a v1.1.0\n")
    Path("go.modverify").write_text("\n".join(lines(world, "q.io/a v1.1.0")))
    assert invoke(["sum", "complete"]) == 0
    assert (world.root / "main/go.mod").read_text() == "module example.com/main\n\nrequire q.io/a v1.1.0\n"
    assert invoke(["list", "-m", "all"]) == 0


def test_complete_leaves_a_go_mod_that_must_change_to_tidy(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.publish("q.io/b", "v0.8.0", "module q.io/b\n\ngo 1.16\n")
    (world.root / "main/go.mod").write_text(MAIN.replace("q.io/b v1.0.0", "q.io/b v0.8.0"))
    assert invoke(["sum", "complete"]) == 1
    assert "updates to go.mod needed" in capsys.readouterr().err
    assert not (world.root / "main/go.sum").exists()


# explain


def test_explain_a_module(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["sum", "complete"]) == 0
    capsys.readouterr()
    assert invoke(["sum", "explain", "q.io/b"]) == 0
    older, zipped, gomod = lines(world, "q.io/b v0.9.0/go.mod", "q.io/b v1.0.0", "q.io/b v1.0.0/go.mod")
    assert capsys.readouterr().out == (
        f"go.sum:3: {older}\n"
        "  module-graph: its requirements take part in version selection\n"
        "    example.com/main\n    q.io/a@v1.1.0\n    q.io/b@v0.9.0\n\n"
        f"go.sum:4: {zipped}\n"
        "  package: packages are loaded from it (q.io/b)\n"
        "    example.com/main\n    q.io/a\n    q.io/b\n\n"
        f"go.sum:5: {gomod}\n"
        "  module-graph: its requirements take part in version selection\n"
        "    example.com/main\n    q.io/b@v1.0.0\n"
        "  go-version: packages are loaded from it by the rules of its go version (q.io/b)\n"
        "    example.com/main\n    q.io/a\n    q.io/b\n"
    )


def test_explain_a_line_in_every_spelling(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["sum", "complete"]) == 0
    (line,) = lines(world, "q.io/c v1.0.0/go.mod")
    answers = []
    for words in ([line], line.split(), ["6"], ["go.sum:6"], ["q.io/c@v1.0.0/go.mod"], line.split()[:2], ["q.io/c"]):
        capsys.readouterr()
        assert invoke(["sum", "explain", *words]) == 0
        answers.append(capsys.readouterr().out)
    assert answers == [answers[0]] * 7
    assert answers[0].startswith(f"go.sum:6: {line}\n  module-graph: ")


def test_explain_a_line_that_nothing_needs(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["sum", "complete"]) == 0
    (surplus,) = lines(world, "q.io/c v1.0.0")
    (world.root / "main/go.sum").write_text(gosum(world) + surplus + "\n")
    capsys.readouterr()
    assert invoke(["sum", "explain", "q.io/c@v1.0.0"]) == 0
    out = capsys.readouterr().out
    assert f"go.sum:7: {surplus}\n  nothing needs it: `govgo tidy` would drop it\n" in out


def test_explain_a_missing_line(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["sum", "explain", "-json", "q.io/b@v0.9.0/go.mod"]) == 1
    (told,) = document(capsys.readouterr().out)["results"]
    assert told == {
        "path": "q.io/b",
        "version": "v0.9.0/go.mod",
        "lines": [],
        "hashes": [],
        "needs": [{"kind": "module-graph", "chain": ["example.com/main", "q.io/a@v1.1.0", "q.io/b@v0.9.0"]}],
    }


def test_explain_what_is_not_there(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["sum", "complete"]) == 0
    assert invoke(["sum", "explain", "q.io/nothing"]) == 1
    assert "no line of go.sum is for q.io/nothing" in capsys.readouterr().err
    assert invoke(["sum", "explain", "99"]) == 2
    assert invoke(["sum", "explain", "a", "b", "c", "d"]) == 2


def test_a_workspace_has_a_go_work_sum(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the go.sum of a module has is not asked for again; the rest goes to go.work.sum."""
    (world.root / "main/go.sum").write_text("".join(f"{line}\n" for line in lines(world, *NEEDED[:2])))
    world.main("module example.com/other\n\ngo 1.21\n", {"o.go": "package other\n"}, "other")
    (world.root / "go.work").write_text("go 1.21\n\nuse (\n\t./main\n\t./other\n)\n")
    monkeypatch.setenv("GOWORK", str(world.root / "go.work"))
    assert invoke(["sum", "complete"]) == 0
    assert (world.root / "go.work.sum").read_text().splitlines() == lines(world, *NEEDED[2:])
    capsys.readouterr()
    assert invoke(["sum", "explain", "q.io/c"]) == 0
    assert capsys.readouterr().out.startswith(f"go.work.sum:4: {lines(world, NEEDED[5])[0]}\n  module-graph: ")


# merge


def sides(world: World, ours: list[str], theirs: list[str]) -> list[str]:
    for name, content in {"base": [], "ours": ours, "theirs": theirs}.items():
        (world.root / "main" / name).write_text("".join(f"{line}\n" for line in content))
    return ["sum", "merge", "base", "ours", "theirs"]


def test_merge_is_the_proved_union(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    every = lines(world, *NEEDED)
    words = sides(world, every[:4], every[2:])
    assert invoke(words) == 0
    assert (world.root / "main/ours").read_text().splitlines() == every
    assert "4 differing lines proved" in capsys.readouterr().err
    asked = {path.rpartition("/lookup/")[2] for path in world.proxy.asked if "/lookup/" in path}
    assert asked == {"q.io/a@v1.1.0", "q.io/b@v1.0.0", "q.io/c@v1.0.0"}, "lines of both sides need no proof"


def test_attack_merge_of_a_false_line(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    true = lines(world, *NEEDED)
    false = true[0][:-5] + "AAAA="
    assert invoke(sides(world, true, [false, *true[1:]])) == 4
    assert (world.root / "main/ours").read_text().splitlines() == true, "ours as it was"
    said = capsys.readouterr().err
    assert f"\tgo.sum (theirs): {false.split()[2]}\n\tsum.example.org: {true[0].split()[2]}\n" in said
    assert invoke(sides(world, [*true[1:]], [false])) == 4
    assert "SECURITY ERROR" in capsys.readouterr().err


def test_merge_without_the_database_is_a_conflict_with_the_union_in_place(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    every = lines(world, *NEEDED)
    world.database.missing = {"/lookup/q.io/c@v1.0.0"}
    assert invoke(sides(world, every[:-1], every)) == 3
    assert (world.root / "main/ours").read_text().splitlines() == every
    assert "1 not proved: run `govgo verify`" in capsys.readouterr().err


def test_merge_of_private_modules(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GOPRIVATE", "q.io")
    every = lines(world, *NEEDED)
    assert invoke(sides(world, every[:3], every[3:])) == 0
    assert (world.root / "main/ours").read_text().splitlines() == every
    assert invoke(sides(world, [every[0][:-5] + "AAAA="], every[:1])) == 1
    assert "conflicting checksums\n\tgo.sum (ours): h1:" in capsys.readouterr().err
    assert world.proxy.asked == []


@pytest.mark.parametrize("line", ["<<<<<<< HEAD", "q.io/a v1.1.0", "q.io/a v1.1.0 h1:x y"])
def test_merge_of_a_malformed_file(world: World, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke([*sides(world, lines(world, *NEEDED), [line]), "sub/go.sum"]) == 1
    said = capsys.readouterr().err
    assert "malformed go.sum:\nsub/go.sum (theirs):1: wrong number of fields" in said
    assert "govgo: sub/go.sum is left as it was on our side" in said


@pytest.mark.parametrize("missing", ["ours", "theirs"])
def test_merge_of_a_file_that_does_not_exist(world: World, missing: str, capsys: pytest.CaptureFixture[str]) -> None:
    """git makes all three files; a mistyped name must not read as an empty go.sum, nor be made."""
    line = sides(world, [], [])
    Path(missing).unlink()
    assert invoke(line) == 2
    assert capsys.readouterr().err == f"govgo: open {Path.cwd()}/{missing}: no such file or directory\n"
    assert not Path(missing).exists()


def test_merge_keeps_hashes_of_unknown_algorithms(world: World) -> None:
    assert invoke(sides(world, ["q.io/a v1.1.0 h2:abc"], lines(world, "q.io/a v1.1.0"))) == 0
    assert (world.root / "main/ours").read_text().splitlines() == [
        *lines(world, "q.io/a v1.1.0"),
        "q.io/a v1.1.0 h2:abc",
    ]


@pytest.mark.skipif(shutil.which("git") is None, reason="no git")
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, "go.sum merge=govgo-sum\ngo.work.sum merge=govgo-sum\n"),
        ("*.png binary", "*.png binary\ngo.sum merge=govgo-sum\ngo.work.sum merge=govgo-sum\n"),
        ("go.sum merge=govgo-sum\n", "go.sum merge=govgo-sum\ngo.work.sum merge=govgo-sum\n"),
    ],
    ids=["none", "no newline at its end", "one line there"],
)
def test_the_set_up_adds_to_gitattributes_what_is_not_there(
    before: str | None, after: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert invoke(["sum", "merge", "-install"]) == 0
    setup = capsys.readouterr().out
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (tmp_path / "below").mkdir()
    if before is not None:
        (tmp_path / ".gitattributes").write_text(before)
    for _ in range(2):
        subprocess.run(["sh", "-c", setup], cwd=tmp_path / "below", check=True)
        assert (tmp_path / ".gitattributes").read_text() == after
    assert not list((tmp_path / "below").iterdir())


@pytest.mark.skipif(shutil.which("git") is None, reason="no git")
def test_git_merges_by_the_printed_set_up(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    """Two branches add lines at the same place: a conflict for git alone, none with the driver."""
    assert invoke(["sum", "merge", "-install"]) == 0
    setup = capfd.readouterr().out.replace("'govgo sum", f"'{sys.executable} -m govgo sum")
    place = world.root / "repo"
    place.mkdir()
    every = lines(world, *NEEDED)
    environment = {**world.environment, "PYTHONPATH": str(Path(__file__).parents[4])}
    identity = {f"GIT_{who}_{what}": "x@q.io" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}

    def sh(script: str) -> int:
        done = subprocess.run(
            ["sh", "-ec", script], cwd=place, env={**environment, **identity}, capture_output=True, check=False
        )
        return done.returncode

    def gosum(*content: str) -> str:
        return f"printf '%s\\n' {' '.join(f'{chr(39)}{line}{chr(39)}' for line in content)} > go.sum"

    assert sh(f"git init -q -b one && {setup} {gosum(every[3])} && git add . && git commit -qm base") == 0
    assert sh(f"git checkout -qb two && {gosum(*every[2:])} && git commit -qam two") == 0
    assert sh(f"git checkout -q one && {gosum(*every[:4])} && git commit -qam one") == 0
    assert sh("git merge -q two") == 0
    assert (place / "go.sum").read_text().splitlines() == every


# head


def test_head_is_the_stored_one(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.latest.parent.mkdir(parents=True)
    world.latest.write_bytes(world.log.head(250))
    assert invoke(["sum", "head"]) == 0
    assert capsys.readouterr().out.encode() == world.log.head(250)
    assert world.proxy.asked == []


def test_head_is_fetched_and_kept_where_none_is_stored(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["sum", "head"]) == 0
    assert capsys.readouterr().out.encode() == world.log.head() == world.latest.read_bytes()


@pytest.mark.parametrize("size", [1, 250, 300, 332])
def test_head_that_was_saved_earlier_or_later(world: World, size: int, capsys: pytest.CaptureFixture[str]) -> None:
    world.latest.parent.mkdir(parents=True)
    world.latest.write_bytes(world.log.head(290))
    Path("saved").write_bytes(world.log.head(size))
    assert invoke(["sum", "head", "-saved=saved"]) == 0
    assert capsys.readouterr().err == f"govgo: saved: consistent (tree {size})\n"
    assert world.latest.read_bytes() == world.log.head(290)


def other_history(world: World) -> Log:
    fork = world.log.fork(280)
    return fork.grow(100, "example.org/rewritten")


@pytest.mark.parametrize("size", [285, 332, 380])
def test_attack_fork_seen_in_a_saved_head(world: World, size: int, capsys: pytest.CaptureFixture[str]) -> None:
    """Ours is larger, of equal size, smaller: where tiles can tell, both notes are shown; else nothing is claimed."""
    Path("saved").write_bytes(other_history(world).head(size))
    whole = len(world.log.records)
    code = invoke(["sum", "head", "-saved=saved"])
    said = capsys.readouterr().err
    if size > whole:
        assert code == 3
        assert "could not be compared" in said
    else:
        assert code == 4
        for note in (world.log.head(), other_history(world).head(size)):
            assert note.decode().replace("\n", "\n\t") in said


@pytest.mark.parametrize("size", [285, 332, 380])
def test_attack_fork_seen_by_a_witness(world: World, size: int, capsys: pytest.CaptureFixture[str]) -> None:
    """The witness has the tiles of its history, so a larger head is told from a mere lag."""
    server = Server(other_history(world))
    server.head_size = size
    with ProxySimulator() as witness:
        witness.handlers[f"/sumdb/{world.log.name}"] = server.body
        assert invoke(["sum", "head", "-json", f"-witness={witness.url}"]) == 4
    told = document(capsys.readouterr().out)
    assert [result["verdict"] for result in told["results"]] == ["fork"]
    (error,) = told["errors"]
    assert {note.encode() for note in error["notes"]} == {world.log.head(), server.log.head(size)}
    assert [path for path in world.cache.rglob("fork-*.txt") if error["notes"][0].split("\n")[2] in path.read_text()]


def test_head_and_a_witness_that_agrees(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    ahead = Server(world.log.fork(len(world.log.records)).grow(50, "example.org/later"))
    with ProxySimulator() as mirror, ProxySimulator() as note_only:
        mirror.handlers[""] = ahead.body
        note_only.files["/some/head"] = world.log.head(100)
        urls = [world.proxy.url, mirror.url, f"{note_only.url}/some/head"]
        assert invoke(["sum", "head", *(f"-vantage={url}" for url in urls)]) == 0
    assert capsys.readouterr().err.splitlines() == [
        f"govgo: {urls[0]}: consistent (tree {len(world.log.records)})",
        f"govgo: {urls[1]}: consistent (tree {len(world.log.records) + 50})",
        f"govgo: {urls[2]}: consistent (tree 100)",
    ]


def test_a_mirror_that_lags_cannot_be_compared(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither does what it lacks show two histories (trust.md)."""
    world.latest.parent.mkdir(parents=True)
    world.latest.write_bytes(world.log.copy().grow(300).head())
    assert invoke(["sum", "head", "-json", f"-vantage={world.proxy.url}"]) == 3
    assert [result["verdict"] for result in document(capsys.readouterr().out)["results"]] == ["not-comparable"]


def test_attack_two_witnesses_that_continue_ours_each_in_its_own_way(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    size = len(world.log.records)
    servers = [Server(world.log.fork(size).grow(more, path)) for more, path in ((50, "q.io/x"), (70, "q.io/y"))]
    with ProxySimulator() as one, ProxySimulator() as other:
        one.handlers[""], other.handlers[""] = (server.body for server in servers)
        for urls in ((one.url, other.url), (other.url, one.url)):
            assert invoke(["sum", "head", "-json", *(f"-witness={url}" for url in urls)]) == 4
            told = document(capsys.readouterr().out)
            assert [result["verdict"] for result in told["results"]] == ["consistent", "fork"]
            (error,) = told["errors"]
            assert {note.encode() for note in error["notes"]} == {server.log.head() for server in servers}


def test_attack_witness_signed_by_a_wrong_key(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    stranger, _ = keys(9)
    text = world.log.head().decode().partition("\n\n")[0] + "\n"
    Path("saved").write_bytes(sign_note(Note(text), [stranger]))
    assert invoke(["sum", "head", "-saved=saved"]) == 4
    assert "no verifiable signatures" in capsys.readouterr().err


def test_witness_that_says_nothing(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    with ProxySimulator({"/latest": b"<html>Sign in</html>"}) as web:
        assert invoke(["sum", "head", f"-witness={web.url}"]) == 3
        assert invoke(["sum", "head", "-witness=http://127.0.0.1:1/", "-saved=none"]) == 3
    said = capsys.readouterr().err
    assert "/latest: not a tree head" in said
    assert "none: no such file or directory" in said
    with ProxySimulator({"/": b"<html>A proxy</html>"}) as web:
        assert invoke(["sum", "head", f"-witness={web.url}/"]) == 3
    assert f"/: not a tree head, and none of {world.log.name} is below it" in capsys.readouterr().err


def test_a_witness_in_a_directory_without_the_database(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert invoke(["sum", "head", f"-witness={tmp_path.as_uri()}"]) == 3
    said = capsys.readouterr().err
    assert "is a directory" not in said
    assert f"sumdb/{world.log.name}/latest: no such file or directory" in said


def test_password_of_a_witness_is_masked(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["sum", "head", "-json", "-witness=http://me:hunter2@127.0.0.1:1/"]) == 3
    said = capsys.readouterr()
    assert "hunter2" not in said.out + said.err


@pytest.mark.go
@pytest.mark.parametrize("go", campaigns.one_in(3, ["1.16", "1.17", "1.20", "1.21", "1.24"]))
def test_complete_adds_what_go_mod_tidy_keeps(world: World, go: str) -> None:
    """Chains of pruned and unpruned modules, a test's import, and modules that could hold a package by name."""
    world.publish("q.io/t", "v1.0.0", "module q.io/t\n\ngo 1.17\n\nrequire q.io/u v1.0.0\n")
    world.publish("q.io/u", "v1.0.0", "module q.io/u\n\ngo 1.16\n\nrequire q.io/c v1.1.0\n")
    world.publish("q.io/c", "v1.1.0", "module q.io/c\n\ngo 1.17\n")
    nested = 'package a\n\nimport _ "q.io/a/x/y"\n'
    world.publish("q.io/a/x", "v1.0.0", "module q.io/a/x\n\ngo 1.20\n", {"y/y.go": 'package y\n\nimport _ "q.io/b"\n'})
    gomod = "module q.io/a\n\ngo 1.16\n\nrequire (\n\tq.io/a/x v1.0.0\n\tq.io/b v1.0.0\n)\n"
    world.publish("q.io/a", "v1.2.0", gomod, {"a.go": nested, "a_test.go": 'package a\n\nimport _ "q.io/t"\n'})
    directory = world.main(
        f"module example.com/main\n\ngo {go}\n\nrequire q.io/a v1.2.0\n\nrequire q.io/t v1.0.0\n",
        {**SOURCE, "main_test.go": 'package main\n\nimport _ "q.io/t"\n'},
        f"main-{go}",
    )
    environment = {**world.environment, "GOMODCACHE": str(world.root / "go-cache")}
    subprocess.run(["go", "mod", "tidy"], cwd=directory, env=environment, check=True, capture_output=True)
    tidy = (directory / "go.sum").read_text()
    assert tidy
    for kept in ("", "".join(tidy.splitlines(keepends=True)[::2])):
        (directory / "go.sum").write_text(kept)
        assert invoke(["sum", "complete", f"-C={directory}"]) == 0
        assert (directory / "go.sum").read_text() == tidy
