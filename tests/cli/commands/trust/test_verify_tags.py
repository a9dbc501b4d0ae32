# SPDX-License-Identifier: BSD-3-Clause
"""`govgo verify -tags`: what was published, and what its repository has now. Each attack moves a repository of its own.

The proxy and the log of the world serve what the repositories had at first.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from govgo.cli.main import invoke
from tests.simulators import binaries
from tests.simulators import run as runs
from tests.simulators.gitrepos import Commit, Repos, needs_git
from tests.simulators.world import World

pytestmark = needs_git

PLAIN, SUB, PSEUDO = "github.com/u/plain", "github.com/u/multi/sub", "github.com/u/untagged"
FILES = {"a.go": "package a\n", "LICENSE": "free\n"}


def module(path: str) -> dict[str, str]:
    return {"go.mod": f"module {path}\n", **FILES}


class Scene:
    """The world and the repositories behind its modules."""

    def __init__(self, world: World, repos: Repos) -> None:
        self.world = world
        self.repos = repos
        repos.add("plain", Commit("2020-01-02", module(PLAIN), tags=("v1.0.0",)))
        sub = {f"sub/{name}": text for name, text in module(SUB).items()}
        repos.add("multi", Commit("2020-02-03", sub, tags=("sub/v0.2.0",)))
        repos.add("untagged", Commit("2020-03-04", module(PSEUDO)))
        self.pseudo = f"v0.0.0-20200304000000-{repos.hash('untagged', 'main')[:12]}"
        self.versions = {PLAIN: "v1.0.0", SUB: "v0.2.0", PSEUDO: self.pseudo}
        records = [world.publish(path, version, "", module(path)) for path, version in self.versions.items()]
        required = "".join(f"require {path} {version}\n" for path, version in self.versions.items())
        self.main = world.main(f"module example.com/main\n\ngo 1.21\n\n{required}")
        self.go_sum = self.main / "go.sum"
        self.go_sum.write_text("".join(records))

    def git(self, name: str, *words: str) -> None:
        subprocess.run(["git", "-C", str(self.repos.root / name), *words], check=True, capture_output=True)

    def line(self, path: str) -> int:
        lines = self.go_sum.read_text().splitlines()
        return next(number for number, line in enumerate(lines, 1) if line.startswith(f"{path} {self.versions[path]} "))

    def published_from(self, path: str, commit: str) -> None:
        """Let the proxy say which commit a version was made from."""
        version = self.versions[path]
        origin = {"VCS": "git", "URL": f"https://{path}", "Hash": commit, "Ref": f"refs/tags/{version}"}
        info = {"Version": version, "Time": "2020-01-02T00:00:00Z", "Origin": origin}
        self.world.proxy.files[f"/{path}/@v/{version}.info"] = json.dumps(info).encode()


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    with World(tmp_path) as world:
        repos = Repos(tmp_path)
        scene = Scene(world, repos)
        world.use(monkeypatch, **repos.environ())
        monkeypatch.chdir(scene.main)
        yield scene


class Run(runs.Run):
    """One run: its exit code, what it printed, and its findings as JSON."""

    command = ("verify", "--only", "database,tags")
    schema = "govgo.verify-1.json"

    @property
    def told(self) -> list[tuple[str, str, str]]:
        """(code, verdict, module) of what was found, and of what could not be checked."""
        document = self.json
        return [(e["code"], e["verdict"], e["module"]) for e in [*document["results"], *document["errors"]]]

    @property
    def counts(self) -> dict[str, int]:
        """Of the claim about tags."""
        (module,) = self.json["modules"]
        counts: dict[str, int] = next(each["counts"] for each in module["claims"] if each["claim"] == "tags")
        return counts


@pytest.fixture
def verify(capsys: pytest.CaptureFixture[str]) -> Any:
    return lambda *args: Run(capsys, *args)


def test_all_is_as_published(scene: Scene, verify: Any) -> None:
    run = verify()
    plain, sub, pseudo = (scene.repos.hash(name, "main")[:12] for name in ("plain", "multi", "untagged"))
    size = len(scene.world.log.records)
    assert (run.code, run.err) == (0, "")
    width = len(scene.pseudo)
    assert run.out == (
        f"  checksum database  6 go.sum lines proved (tree {size}, signature ok)\n"
        "  tags               3 versions as published\n"
        f"MODULE                  {'VERSION':<{width}}  COMMIT        DATE        TAG\n"
        f"github.com/u/plain      {'v1.0.0':<{width}}  {plain}  2020-01-02  v1.0.0\n"
        f"github.com/u/multi/sub  {'v0.2.0':<{width}}  {sub}  2020-02-03  sub/v0.2.0\n"
        f"github.com/u/untagged   {scene.pseudo}  {pseudo}  2020-03-04\n"
        "all modules verified\n"
    )
    (told,) = verify("--json").json["modules"]
    assert told["versions"][0] == {
        "module": PLAIN,
        "version": "v1.0.0",
        "repository": "https://github.com/u/plain",
        "tag": "v1.0.0",
        "commit": scene.repos.hash("plain", "v1.0.0"),
        "time": "2020-01-02T00:00:00+00:00",
        "as_published": True,
    }


def test_it_is_asked_for(scene: Scene, verify: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["verify", "--json"]) == 0
    assert "tags" not in json.loads(capsys.readouterr().out)["summary"]["claims"]
    assert invoke(["verify", "-tags", "--json"]) == 0
    claims = json.loads(capsys.readouterr().out)["summary"]["claims"]
    assert claims == ["lint", "complete", "database", "cache", "vendor", "tags"]


def test_build_tags_in_goflags_are_others(
    scene: Scene, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOFLAGS", "-tags=integration")
    assert invoke(["verify", "--json"]) == 0
    assert "tags" not in json.loads(capsys.readouterr().out)["summary"]["claims"]


def test_moved_tag(scene: Scene, verify: Any) -> None:
    """The tag names another commit with other code: what the log has can be obtained from nobody who reads git."""
    before = scene.repos.hash("plain", "main")
    scene.published_from(PLAIN, before)
    scene.repos.add("plain", Commit("2021-05-06", {"a.go": "package evil\n"}, tags=("v1.0.0",)))
    after = scene.repos.hash("plain", "main")
    assert invoke(["download"]) == 0
    run = verify("--json")
    assert (run.code, run.told) == (4, [("tag-mismatch", "contradiction", PLAIN)])
    (finding,) = run.json["results"]
    assert finding["text"] == (
        f"{PLAIN}@v1.0.0: tag v1.0.0 has been moved: https://github.com/u/plain has other code than the version was "
        "published with"
    )
    h1 = scene.go_sum.read_text().splitlines()[scene.line(PLAIN) - 1].split()[2]
    ours, database, git, published = finding["evidence"]
    assert (finding["file"], finding["line"]) == ("go.sum", scene.line(PLAIN))
    assert (ours["hash"], database["hash"]) == (h1, h1)
    assert database["source"] == f"checksum database {scene.world.log.name}"
    assert (git["source"], git["note"]) == ("tag v1.0.0 now", f"commit {after}, 2021-05-06T00:00:00+00:00")
    assert git["hash"].startswith("h1:")
    assert git["hash"] != h1
    assert (published["source"], published["note"]) == ("published from", f"commit {before}")
    assert finding["cause"].startswith("moved tag")
    assert finding["differences"] == [{"file": "a.go", "change": "changed"}]
    assert finding["needed_by"] == ["example.com/main (go.mod:5)", f"{PLAIN} v1.0.0"]
    assert run.counts == {"matching": 2, "mismatch": 1, "gone": 0, "unchecked": 0}
    text = verify().out
    assert f"{after[:12]}  2021-05-06  v1.0.0, not as published" in text
    assert verify("--exit-zero").code == 4, "a contradiction is never muted"


@pytest.mark.wide
def test_moved_tag_with_the_clone_of_an_earlier_day(scene: Scene, verify: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clone in the module cache still has the old tag; what counts is what the repository says now."""
    monkeypatch.setenv("GOPROXY", "direct")
    assert invoke(["download"]) == 0
    assert list(scene.world.cache.glob("cache/vcs/*"))
    scene.repos.add("plain", Commit("2021-05-06", {"a.go": "package evil\n"}, tags=("v1.0.0",)))
    assert verify("--skip", "database", "--json").told == [("tag-mismatch", "contradiction", PLAIN)]


def test_tag_moved_to_a_commit_with_the_same_files(scene: Scene, verify: Any) -> None:
    """Nothing was changed for anybody."""
    scene.repos.add("plain", Commit("2021-05-06", {"a.go": "package a\n"}, tags=("v1.0.0",)))
    run = verify("--json")
    assert (run.code, run.told) == (0, [])
    assert run.json["modules"][0]["versions"][0]["time"] == "2021-05-06T00:00:00+00:00"


@pytest.mark.wide
def test_annotated_tag_moved(scene: Scene, verify: Any) -> None:
    scene.repos.add("multi", Commit("2021-05-06", {"sub/b.go": "package a\n"}, tags=("@sub/v0.2.0",)))
    run = verify("--json")
    assert (run.code, run.told) == (4, [("tag-mismatch", "contradiction", SUB)])


def test_other_content_from_the_same_commit(scene: Scene, verify: Any) -> None:
    """The proxy, and the log with it, have files that never were in the repository."""
    scene.versions[PLAIN] = "v1.1.0"
    scene.git("plain", "tag", "v1.1.0", "main")
    record = scene.world.publish(PLAIN, "v1.1.0", "", {**module(PLAIN), "a.go": "package evil\n"})
    scene.published_from(PLAIN, scene.repos.hash("plain", "main"))
    scene.go_sum.write_text(record)
    run = verify("--json")
    assert (run.code, run.told) == (4, [("tag-mismatch", "contradiction", PLAIN)])
    (finding,) = run.json["results"]
    assert "was not made from the commit that it names" in finding["text"]
    assert finding["cause"] == ""


def test_an_odd_proxy_is_no_moved_tag(scene: Scene, verify: Any) -> None:
    """Nobody says what was published: neither the database, nor a proxy by the commit. So nobody knows who is wrong."""
    record = scene.world.publish(PLAIN, "v1.0.0", "", {**module(PLAIN), "a.go": "package evil\n"})
    scene.go_sum.write_text(record)
    run = verify("--skip", "database", "--json")
    assert run.told == [("tag-mismatch", "contradiction", PLAIN)]
    (finding,) = run.json["results"]
    assert (
        finding["text"] == f"{PLAIN}@v1.0.0: https://github.com/u/plain has other code at tag v1.0.0 than go.sum says"
    )
    assert finding["cause"] == ""


def test_tag_deleted(scene: Scene, verify: Any) -> None:
    scene.git("plain", "tag", "-d", "v1.0.0")
    run = verify("--json")
    assert (run.code, run.told) == (1, [("tag-gone", "finding", PLAIN)])
    (finding,) = run.json["results"]
    assert finding["text"] == (
        f"{PLAIN}@v1.0.0: https://github.com/u/plain has no such version any more: invalid version: "
        "unknown revision v1.0.0"
    )
    assert run.counts["gone"] == 1


def test_history_rewritten_below_a_pseudo_version(scene: Scene, verify: Any) -> None:
    shutil.rmtree(scene.repos.root / "untagged")
    scene.repos.add("untagged", Commit("2021-01-01", module(PSEUDO)))
    run = verify("--json")
    assert (run.code, run.told) == (1, [("tag-gone", "finding", PSEUDO)])


@pytest.mark.wide
def test_tag_names_another_module_now(scene: Scene, verify: Any) -> None:
    moved = Commit("2021-05-06", {"go.mod": "module github.com/evil/plain/v9\n"}, tags=("v1.0.0",))
    scene.repos.add("plain", moved)
    run = verify("--json")
    assert (run.code, run.told) == (1, [("tag-gone", "finding", PLAIN)])
    assert "github.com/evil/plain/v9" in run.json["results"][0]["text"]


@pytest.mark.wide
def test_repository_gone_is_not_checked(scene: Scene, verify: Any) -> None:
    shutil.rmtree(scene.repos.root / "plain")
    run = verify("--json")
    assert (run.code, run.told) == (3, [("tag-unchecked", "unchecked", PLAIN)])
    assert run.counts == {"matching": 2, "mismatch": 0, "gone": 0, "unchecked": 1}
    assert verify("--json").json["errors"] == run.json["errors"], "the same each time, as what hides findings needs it"
    assert "ls-remote -q --end-of-options https://github.com/u/plain: exit status 128" in run.json["errors"][0]["text"]
    assert verify("--exit-zero").code == 3
    assert "all modules verified" not in verify().out


@pytest.mark.wide
def test_a_moved_tag_counts_more_than_a_repository_that_is_gone(scene: Scene, verify: Any) -> None:
    shutil.rmtree(scene.repos.root / "multi")
    scene.repos.add("plain", Commit("2021-05-06", {"a.go": "package evil\n"}, tags=("v1.0.0",)))
    assert verify().code == 4


def test_nobody_is_asked_offline(scene: Scene, verify: Any) -> None:
    assert verify().code == 0
    run = verify("--offline", "--json")
    assert (run.code, run.told) == (3, [("offline", "unchecked", None)])
    assert run.counts["unchecked"] == 3


def test_go_sum_is_false_and_the_tag_is_true(scene: Scene, verify: Any) -> None:
    """The database decides what was published: the tag agrees with it, the line does not."""
    lines = scene.go_sum.read_text().split("\n")
    number = scene.line(PLAIN) - 1
    lines[number] = f"{PLAIN} v1.0.0 h1:{'x' * 43}="
    scene.go_sum.write_text("\n".join(lines))
    run = verify("--json")
    assert (run.code, run.told) == (4, [("sum-mismatch", "contradiction", PLAIN)])
    assert run.counts["matching"] == 3
    assert verify("--skip", "database", "--json").told == [("tag-mismatch", "contradiction", PLAIN)]


def test_another_system_than_git_is_not_checked(scene: Scene, verify: Any) -> None:
    scene.go_sum.write_text(scene.world.publish("q.io/x.hg", "v1.0.0"))
    run = verify("--json")
    assert (run.code, run.told) == (3, [("tag-unchecked", "unchecked", "q.io/x.hg")])


def test_a_binary(scene: Scene, verify: Any) -> None:
    h1 = scene.go_sum.read_text().split()[2]
    text = f"path\tq.io/t\nmod\tq.io/t\t(devel)\t\ndep\t{PLAIN}\tv1.0.0\t{h1}\n"
    (scene.main / "tool").write_bytes(binaries.elf(binaries.inline("go1.26.8", text)))
    run = verify("tool", "--json")
    assert (run.code, run.counts["matching"]) == (0, 1)
    scene.repos.add("plain", Commit("2021-05-06", {"a.go": "package evil\n"}, tags=("v1.0.0",)))
    run = verify("tool", "--json")
    assert (run.code, run.told) == (4, [("tag-mismatch", "contradiction", PLAIN)])


def test_formats_name_tag_and_commit(scene: Scene, verify: Any) -> None:
    scene.repos.add("plain", Commit("2021-05-06", {"a.go": "package evil\n"}, tags=("v1.0.0",)))
    for form in ("sarif", "github", "junit", "markdown", "text"):
        run = verify("--format", form)
        assert run.code == 4, form
        assert scene.repos.hash("plain", "main") in run.out, form
        assert "tag-mismatch" in run.out.replace("\\", ""), form


def test_nothing_is_left_behind(scene: Scene, verify: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    assert verify().code == 0
    assert list(temporary.iterdir()) == []
    assert not list(scene.world.cache.glob("cache/vcs/*"))
