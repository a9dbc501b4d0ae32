# SPDX-License-Identifier: BSD-3-Clause
"""Repositories whose settings, hooks and attributes name programs: none of them is ever run."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from govgo.adapters.vcs.git import Git
from govgo.adapters.vcs.gitforeign import ForeignTree, ask_remote, check_url, git_directory
from govgo.errors import DiskError, NotFoundError, UsageError
from tests.simulators.gitrepos import Commit, Repos, needs_git

pytestmark = needs_git


@pytest.fixture
def repos(tmp_path: Path) -> Repos:
    repos = Repos(tmp_path)
    repos.add(
        "r",
        Commit("2020-01-02", {"go.mod": "module one\n", "lib/a.go": "package a\n"}, tags=("v1.0.0", "@v1.1.0")),
        Commit("2020-01-03", {"go.mod": "module two\n"}),
        Commit("2020-01-04", {"go.mod": "module three\n"}, on="feature/x"),
    )
    return repos


def read(path: Path, rev: str) -> bytes | None:
    tree = ForeignTree(git_directory(str(path)), rev, "/r", os.environ)
    try:
        return tree.read("/r/go.mod")
    finally:
        tree.close()


def test_what_a_name_means(repos: Repos) -> None:
    path = repos.root / "r"
    commit = repos.hash("r", "v1.0.0")
    found = {
        rev: read(path, rev)
        for rev in ("HEAD", "main", "feature/x", "refs/heads/main", "v1.0.0", "v1.1.0", commit, commit[:10])
    }
    one, two, three = b"module one\n", b"module two\n", b"module three\n"
    assert list(found.values()) == [two, two, three, two, one, one, one, one]
    subprocess.run(["git", "-C", str(path), "pack-refs", "--all"], check=True)
    assert [read(path, rev) for rev in ("HEAD", "v1.1.0", "feature/x")] == [two, one, three]


@pytest.mark.parametrize("rev", ["nothing", "main~1", "HEAD^{tree}", "../../x", "-x", "a b", "main:go.mod", "", "x\ny"])
def test_what_is_no_name(repos: Repos, rev: str) -> None:
    with pytest.raises(NotFoundError):
        read(repos.root / "r", rev)


def test_a_ref_whose_commit_is_lost(repos: Repos) -> None:
    """The name is right, so the sentence says what else is wrong."""
    path = repos.root / "r"
    commit = repos.hash("r", "feature/x")
    (path / "objects" / commit[:2] / commit[2:]).unlink()
    with pytest.raises(
        NotFoundError, match=f'^"feature/x" is {commit}, which is no commit that the repository has; it is'
    ):
        read(path, "feature/x")
    with pytest.raises(NotFoundError, match=f'^"{commit}" is not a commit of the repository$'):
        read(path, commit)


def test_a_checkout_and_a_worktree(repos: Repos, tmp_path: Path) -> None:
    subprocess.run(["git", "clone", "-q", str(repos.root / "r"), str(tmp_path / "c")], check=True)
    git = ["git", "-C", str(tmp_path / "c"), "worktree", "add", "-q", "--detach", str(tmp_path / "w"), "v1.0.0"]
    subprocess.run(git, check=True, capture_output=True)
    assert read(tmp_path / "c", "HEAD") == b"module two\n"
    assert read(tmp_path / "w", "HEAD") == b"module one\n"
    assert read(tmp_path / "w", "main") == b"module two\n"
    assert read(tmp_path / "c", "feature/x") == b"module three\n"  # a branch of the remote
    assert git_directory(str(tmp_path)) == ""


def test_nothing_of_the_repository_is_run(repos: Repos, tmp_path: Path) -> None:
    """Settings that name programs, a promised object that is missing, hooks, filters, replaced objects."""
    path, mark = repos.root / "r", tmp_path / "mark"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {mark}\n")
    program.chmod(0o755)
    for name, value in {
        "core.fsmonitor": str(program),
        "core.sshCommand": str(program),
        "core.hooksPath": str(tmp_path),
        "core.pager": str(program),
        "core.alternateRefsCommand": str(program),
        "filter.f.smudge": str(program),
        "diff.external": str(program),
        "credential.helper": f"!{program}",
        "protocol.ext.allow": "always",
        "remote.origin.url": f"ext::{program}",
        "remote.origin.promisor": "true",
        "remote.origin.uploadpack": str(program),
        "extensions.partialClone": "origin",
        "core.repositoryformatversion": "1",
    }.items():
        subprocess.run(["git", "-C", str(path), "config", name, value], check=True)
    (path / "info").mkdir(exist_ok=True)
    (path / "info" / "attributes").write_text("* filter=f\n")
    for hook in ("post-checkout", "reference-transaction", "post-index-change"):
        (path / "hooks").mkdir(exist_ok=True)
        os.symlink(program, path / "hooks" / hook)
    assert read(path, "HEAD") == b"module two\n"
    subprocess.run(["git", "-C", str(path), "unpack-objects", "-q"], input=b"", check=False, capture_output=True)
    tree = ForeignTree(git_directory(str(path)), "HEAD", "/r", os.environ)
    try:
        tree._trees[""][b"gone"] = (b"100644", "1" * 40)
        with pytest.raises(DiskError, match="lacks this object"):
            tree.read("/r/gone")
    finally:
        tree.close()
    assert not mark.exists()


def test_nothing_is_left_behind(repos: Repos, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "t").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "t"))
    read(repos.root / "r", "HEAD")
    with pytest.raises(NotFoundError):
        read(repos.root / "r", "nothing")
    assert list((tmp_path / "t").iterdir()) == []


def test_a_remote_repository(repos: Repos, tmp_path: Path) -> None:
    git = Git(repos.environ())
    url = (repos.root / "r").as_uri()
    for ref, text in (("", b"module two\n"), ("v1.1.0", b"module one\n"), (repos.hash("r", "v1.0.0"), b"module one\n")):
        found = ask_remote(git, url, ref, str(tmp_path / "mod"))
        tree = ForeignTree(found.fetch(), found.commit, "/r", os.environ)
        try:
            assert tree.read("/r/go.mod") == text
            assert tree.commit == found.commit
        finally:
            tree.close()
    with pytest.raises(NotFoundError, match="unknown revision"):
        ask_remote(git, url, "nothing", str(tmp_path / "mod"))


@pytest.mark.parametrize("url", ["ext::sh -c x", "-u", "ftp://h/x", "--upload-pack=x", "fd::7"])
def test_urls_that_name_programs(url: str) -> None:
    with pytest.raises(UsageError):
        check_url(url)
