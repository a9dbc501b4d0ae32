# SPDX-License-Identifier: BSD-3-Clause
"""Files as they were at a git reference."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from govgo.adapters.vcs.gitshow import Commit, GitFiles, GitTree, find_commit
from govgo.errors import DiskError, UsageError
from tests.simulators.gitrepos import fake_git, trap
from tests.simulators.repo import MemoryFiles


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two commits: go.sum in both, sub/go.sum in the second; the working tree differs from both."""
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    root = tmp_path / "repository"
    (root / "sub").mkdir(parents=True)

    def git(*args: str) -> None:
        config = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "core.autocrlf=true")
        subprocess.run(["git", "-C", root, *config, *args], check=True, capture_output=True)

    git("init", "-q")
    (root / "go.sum").write_text("one\n")
    git("add", ".")
    git("commit", "-qm", "one")
    (root / "go.sum").write_text("two\n")
    (root / "sub/go.sum").write_text("sub\n")
    git("add", ".")
    git("commit", "-qm", "two")
    (root / "go.sum").write_text("three\n")
    return root


@pytest.mark.parametrize(
    ("ref", "name", "want"),
    [
        ("HEAD", "go.sum", b"two\n"),
        ("HEAD~1", "go.sum", b"one\n"),
        ("HEAD", "sub/go.sum", b"sub\n"),
        ("HEAD~1", "sub/go.sum", None),
        ("HEAD", "absent", None),
        ("HEAD", "sub", None),
    ],
)
def test_read(repository: Path, ref: str, name: str, want: bytes | None) -> None:
    assert GitFiles(ref, os.environ).read(str(repository / name)) == want


@pytest.mark.parametrize(
    "ref", ["nowhere", "", "HEAD:go.sum", "--output=x", "-h", "^HEAD", "HEAD^!", ":/nowhere", ":go.sum"]
)
def test_what_is_no_commit(repository: Path, ref: str) -> None:
    with pytest.raises(UsageError, match="no such commit"):
        GitFiles(ref, os.environ).read(str(repository / "go.sum"))
    assert not (repository / "x").exists()


@pytest.mark.parametrize(
    "ref",
    # what `git rev-parse` gives one commit for (gitrevisions(7))
    ["HEAD^", "HEAD^1", "HEAD~1^0", "@~", "HEAD@{1}", "HEAD^{/one}", "HEAD~1^{}", ":/one", ":/^on.", ":/!-two"],
)
def test_revisions_as_git_writes_them(repository: Path, ref: str) -> None:
    assert GitFiles(ref, os.environ).read(str(repository / "go.sum")) == b"one\n"


def test_outside_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(UsageError, match="no such commit"):
        GitFiles("HEAD", os.environ).read(str(tmp_path / "go.sum"))


def test_without_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="needs git"):
        GitFiles("HEAD", os.environ).read(str(tmp_path / "go.sum"))


@pytest.fixture
def tree(repository: Path) -> Iterator[GitTree]:
    found = GitTree(
        find_commit(str(repository / "sub"), "HEAD~1", os.environ),
        os.environ,
        MemoryFiles({"/else/go.mod": "module e\n"}),
    )
    yield found
    found.close()


def test_a_tree_lies_where_it_would_be_checked_out(repository: Path, tree: GitTree) -> None:
    root = str(repository)
    assert tree.mount == root
    assert tree.read(f"{root}/go.sum") == b"one\n"
    assert tree.listdir(root) == [("go.sum", "file")]
    assert not tree.exists(f"{root}/sub")  # though it is there now
    assert not tree.exists(f"{root}/go.sum/x")
    assert tree.read("/else/go.mod") == b"module e\n"


def test_links_and_submodules_of_a_tree(repository: Path) -> None:
    (repository / "link").symlink_to("sub")
    config = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    for args in (
        ("add", "."),
        ("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},module"),
        ("commit", "-qm", "three"),
    ):
        subprocess.run(["git", "-C", repository, *config, *args], check=True, capture_output=True)
    tree = GitTree(find_commit(str(repository), "HEAD", os.environ), os.environ)
    try:
        assert tree.read(f"{repository}/link/go.sum") == b"sub\n"
        assert [name for name, kind in tree.listdir(str(repository)) if kind == "dir"] == ["module", "sub"]
        assert tree.listdir(f"{repository}/module") == []
        assert tree.read(f"{repository}/module/go.mod") is None
    finally:
        tree.close()


def test_attack_a_directory_that_looks_like_a_repository(repository: Path, tmp_path: Path) -> None:
    want = find_commit(str(repository), "HEAD", os.environ)
    assert find_commit(str(repository / "sub"), "HEAD", os.environ) == want
    trap(repository / "sub", tmp_path / "ran")
    assert find_commit(str(repository / "sub"), "HEAD", os.environ) == want
    assert GitFiles("HEAD", os.environ).read(str(repository / "sub/go.sum")) == b"sub\n"
    assert not (tmp_path / "ran").exists()


def test_where_two_histories_part(repository: Path) -> None:
    first = find_commit(str(repository), "HEAD~1", os.environ)
    assert find_commit(str(repository), "HEAD~1...HEAD", os.environ) == first
    assert find_commit(str(repository), "HEAD~1...", os.environ) == first
    with pytest.raises(UsageError, match="no such commit"):
        find_commit(str(repository), "HEAD...nowhere", os.environ)


@pytest.mark.parametrize("ref", ["HEAD^{/from a...b}", ":/from a...b", "HEAD^{/from a.*..b}", "@{u}^{/a...b}"])
def test_dots_in_the_text_of_a_message_are_no_range(repository: Path, ref: str) -> None:
    def git(*args: str) -> str:
        config = ("-c", "user.name=t", "-c", "user.email=t@example.org")
        done = subprocess.run(["git", "-C", repository, *config, *args], check=True, capture_output=True, text=True)
        return done.stdout.strip()

    git("commit", "-qam", "from a...b")
    wanted = git("rev-parse", "HEAD")
    git("commit", "-q", "--allow-empty", "-m", "last")
    git("branch", "base")
    git("branch", "-q", "--set-upstream-to=base")
    assert find_commit(str(repository), ref, os.environ).id == wanted


def test_a_repository_that_lacks_an_object(repository: Path) -> None:
    blob = subprocess.run(
        ["git", "-C", repository, "rev-parse", "HEAD:go.sum"], check=True, capture_output=True, text=True
    ).stdout.strip()
    (repository / ".git/objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(DiskError, match=r"go\.sum: the repository lacks this object"):
        GitFiles("HEAD", os.environ).read(str(repository / "go.sum"))


@pytest.mark.parametrize(("depth", "is_there"), [(1100, True), (2100, False)])
def test_attack_trees_without_end(repository: Path, depth: int, is_there: bool) -> None:
    """Of the first, the names fit into PATH_MAX; of the second, no file system would hold them."""
    name = "/".join([*["d"] * depth, "a.txt"])
    stream = f"commit refs/heads/deep\ncommitter t <t> 0 +0000\ndata 0\nM 100644 inline {name}\ndata 5\ndeep\n\n"
    subprocess.run(["git", "-C", repository, "fast-import", "--quiet"], check=True, input=stream.encode())
    tree = GitTree(find_commit(str(repository), "deep", os.environ), os.environ)
    path = f"{repository}/{name}"
    try:
        assert tree.read(path) == (b"deep\n" if is_there else None)
    finally:
        tree.close()


@pytest.mark.parametrize("said", ["x blob y\\n", f"{'0' * 40} blob 5\\nabc", f"{'0' * 40} tree 99999999999\\n", ""])
def test_attack_objects_that_make_no_sense(tmp_path: Path, said: str) -> None:
    environ = fake_git(tmp_path / "bin", f"read name; printf '{said}'\n")
    with pytest.raises(DiskError, match=r"^\.: "):
        GitTree(Commit(str(tmp_path), "0" * 40), environ)
