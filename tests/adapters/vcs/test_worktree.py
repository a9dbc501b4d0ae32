# SPDX-License-Identifier: BSD-3-Clause
"""Work trees of git repositories that are made here."""

from __future__ import annotations

import os
import shutil
import subprocess
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import pytest

from govgo.adapters.vcs.git import GitError
from govgo.adapters.vcs.worktree import GitWorkTrees
from govgo.errors import DiskError, UnavailableError
from tests.simulators.gitrepos import needs_git, trap

pytestmark = needs_git

TIME = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
ENVIRON = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_AUTHOR_NAME": "n",
    "GIT_AUTHOR_EMAIL": "e",
    "GIT_COMMITTER_NAME": "n",
    "GIT_COMMITTER_EMAIL": "e",
    "GIT_COMMITTER_DATE": f"{int(TIME.timestamp())} +0200",
}


def git(directory: Path, *words: str) -> str:
    return subprocess.run(
        ["git", *words], cwd=directory, env=ENVIRON, check=True, capture_output=True, text=True
    ).stdout


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    directory = tmp_path / "tree"
    (directory / "sub").mkdir(parents=True)
    (directory / "go.mod").write_text("module q.io/m\n")
    (directory / "sub" / "go.mod").write_text("module q.io/m/sub\n")
    git(directory, "init", "-q")
    git(directory, "add", "-A")
    git(directory, "commit", "-q", "-m", "first")
    return directory


TREES = GitWorkTrees(ENVIRON)


def test_a_tag_and_what_comes_after_it(tree: Path) -> None:
    git(tree, "tag", "v1.2.0")
    git(tree, "tag", "-a", "-m", "x", "sub/v0.1.0")
    found = TREES.state(str(tree), "q.io/m")
    assert found is not None
    commit = git(tree, "rev-parse", "HEAD").strip()
    assert found == (commit, TIME, False, "v1.2.0")
    assert TREES.state(str(tree / "sub"), "q.io/m/sub") == (commit, TIME, False, "v0.1.0")
    git(tree, "commit", "-q", "--allow-empty", "-m", "second")
    second = git(tree, "rev-parse", "HEAD").strip()
    found = TREES.state(str(tree), "q.io/m")
    assert found == (second, TIME, False, f"v1.2.1-0.20240506070809-{second[:12]}")


@pytest.mark.parametrize("name", ["go.mod", "new.go", "sub/deep/new.txt"])
def test_changes(tree: Path, name: str) -> None:
    git(tree, "tag", "v1.2.0")
    file = tree / name
    file.parent.mkdir(exist_ok=True)
    file.write_text("module q.io/m // changed\n")
    found = TREES.state(str(tree), "q.io/m")
    assert found is not None
    assert (found.is_modified, found.version) == (True, "v1.2.0+dirty")
    found = TREES.state(str(tree), "q.io/m", [str(file), "/elsewhere"])
    assert found is not None
    assert (found.is_modified, found.version) == (False, "v1.2.0")


def test_a_directory_of_files_that_do_not_count(tree: Path) -> None:
    (tree / "out").mkdir()
    (tree / "out" / "*.json").write_text("{}")
    for ignored, modified in (((), True), ((f"{tree}/out/",), False), ((f"{tree}/ou",), True)):
        found = TREES.state(str(tree), "q.io/m", ignored)
        assert found is not None
        assert found.is_modified is modified


def test_no_version_is_made_up(tree: Path) -> None:
    (tree / "go.mod").unlink()
    found = TREES.state(str(tree / "sub"), "q.io/m/sub")
    assert found is not None
    assert (found.is_modified, found.version) == (True, "")
    (tree / "go.mod").write_text("module other.io/x\n")
    found = TREES.state(str(tree / "sub"), "q.io/m/sub")
    assert found is not None
    assert found.version == ""
    (tree / "go.mod").unlink()
    os.mkfifo(tree / "go.mod")
    with pytest.raises(DiskError, match=f"^open {tree}/go.mod: not a regular file$"):
        TREES.state(str(tree / "sub"), "q.io/m/sub")


def test_no_repository_and_an_empty_one(tmp_path: Path) -> None:
    (tmp_path / "go.mod").write_text("module q.io/m\n")
    assert GitWorkTrees({}).state(str(tmp_path), "q.io/m") is None, "git is not even run"
    git(tmp_path, "init", "-q")
    assert TREES.state(str(tmp_path), "q.io/m") is None


@pytest.mark.parametrize("seconds", ["99999999999999999", "9" * 20, "253402300800", "-1"])
def test_attack_a_commit_of_a_day_that_no_calendar_has(tree: Path, seconds: str) -> None:
    """git takes any number. The last one is a second after the year 9999."""
    found = git(tree, "cat-file", "commit", "HEAD").replace(f"{int(TIME.timestamp())} ", f"{seconds} ")
    commit = subprocess.run(
        ["git", "hash-object", "-t", "commit", "-w", "--stdin", "--literally"],
        cwd=tree, env=ENVIRON, check=True, capture_output=True, text=True, input=found,
    ).stdout.strip()  # fmt: skip
    git(tree, "update-ref", "HEAD", commit)
    with pytest.raises(UnavailableError, match=r"^unexpected response from git log: "):
        TREES.state(str(tree), "q.io/m")


def test_a_damaged_repository_is_an_error(tree: Path) -> None:
    shutil.rmtree(tree / ".git" / "objects")
    with pytest.raises(GitError):
        TREES.state(str(tree), "q.io/m")


def test_a_program_that_the_repository_names_is_not_run(tree: Path) -> None:
    hook = tree.parent / "hook"
    hook.write_text(f"#!/bin/sh\ntouch {tree.parent}/ran\n")
    hook.chmod(0o755)
    git(tree, "config", "core.fsmonitor", str(hook))
    git(tree, "config", "gpg.program", str(hook))
    git(tree, "config", "log.showSignature", "true")
    found = TREES.state(str(tree), "q.io/m")
    assert found is not None
    assert not found.is_modified
    assert not (tree.parent / "ran").exists()


def test_attack_a_directory_that_looks_like_a_repository(tree: Path) -> None:
    trap(tree / "sub", tree.parent / "ran")
    git(tree, "add", "-A", "-f")
    git(tree, "-c", "core.fsmonitor=", "commit", "-q", "-m", "second")
    found = TREES.state(str(tree / "sub"), "q.io/m/sub")
    assert found is not None
    assert found.commit == git(tree, "rev-parse", "HEAD").strip()
    assert not (tree.parent / "ran").exists()


LONG = ("sub/v0.2.0", "v0.5.0-pre", "")


@pytest.fixture(scope="module")
def gocache() -> str:
    """The cache of whoever runs the tests, where the runtime may be compiled; entries are known by their input."""
    return subprocess.run(["go", "env", "GOCACHE"], capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.go
@pytest.mark.parametrize(
    ("commits", "sub", "dirty"),
    [  # go compiles and links each: by default one that takes a tag of a directory, commits behind it and changes
        pytest.param(*case, marks=() if case == (LONG, "sub", True) else pytest.mark.slow)
        for case in product([("v1.2.0",), ("v1.2.0", ""), ("", ""), LONG], ["", "sub"], [False, True])
    ],
)
def test_go_stamps_binaries_with_the_same_version(
    tree: Path, gocache: str, commits: tuple[str, ...], sub: str, dirty: bool
) -> None:
    (tree / "a.go").write_text("package main\n\nfunc main() {}\n")
    (tree / "sub" / "a.go").write_text("package main\n\nfunc main() {}\n")
    git(tree, "add", "-A")
    for number, tag in enumerate(commits):
        git(tree, "commit", "-q", "--allow-empty", "-m", str(number))
        if tag:
            git(tree, "tag", tag)
    if dirty:
        (tree / "b.txt").write_text("new")
    environ = {**ENVIRON, "HOME": str(tree.parent), "GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "local", "GOPROXY": "off"}
    environ |= {"GOCACHE": gocache, "CGO_ENABLED": "0"}
    tool = str(tree.parent / "tool")
    words = ["go", "build", "-buildvcs=true", "-ldflags=-s", "-o", tool, "."]
    subprocess.run(words, cwd=tree / sub, env=environ, check=True)
    told = subprocess.run(["go", "version", "-m", tool], env=environ, check=True, capture_output=True, text=True).stdout
    stamped = next(line.split("\t")[3] for line in told.splitlines() if line.startswith("\tmod\t"))
    found = TREES.state(str(tree / sub), f"q.io/m/{sub}".rstrip("/"))
    assert found is not None
    assert found.version == stamped
