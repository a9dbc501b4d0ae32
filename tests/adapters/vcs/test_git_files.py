# SPDX-License-Identifier: BSD-3-Clause
"""Files as they were at a git reference."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from govgo.adapters.vcs.gitshow import GitFiles
from govgo.errors import UsageError


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
    assert GitFiles(ref).read(str(repository / name)) == want


@pytest.mark.parametrize("ref", ["nowhere", "", "HEAD:go.sum", "--output=x", "-h"])
def test_what_is_no_commit(repository: Path, ref: str) -> None:
    with pytest.raises(UsageError, match="no such commit"):
        GitFiles(ref).read(str(repository / "go.sum"))
    assert not (repository / "x").exists()


def test_outside_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(UsageError, match="no such commit"):
        GitFiles("HEAD").read(str(tmp_path / "go.sum"))


def test_without_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="needs git"):
        GitFiles("HEAD").read(str(tmp_path / "go.sum"))
