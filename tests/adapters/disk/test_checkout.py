# SPDX-License-Identifier: BSD-3-Clause
"""Links of a repository that lead out of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from govgo.adapters.disk.checkout import way_out


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    top = tmp_path / "user/src/repository"
    (top / "sub/deep").mkdir(parents=True)
    (top / ".git").mkdir()
    (top / "sub/go.mod").write_text("module m\n")
    (tmp_path / "user/secret").mkdir()
    return top


@pytest.mark.parametrize(
    ("link", "leads", "written", "out"),
    [
        ("a", "../../secret/key", "a", "user/secret/key"),  # to a file that is not there yet
        ("a", "{}/user/secret", "a/key", "user/secret"),
        ("sub/a", "../../..", "sub/a/key", "user"),
        ("sub/a", "../../../src/repository2/x", "sub/a", "user/src/repository2/x"),
        ("a", "sub/deep", "a/../key", ""),
        ("a", "sub", "a/key", ""),
        ("sub/a", "../b", "sub/a", ""),
        ("a", ".", "a/a/key", ""),
        ("a", "/dev/null", "a", ""),
        ("a", "/dev/fd/1", "a", ""),
        ("../own", "../secret", "../own/key", ""),  # beside the repository it is the user's
        ("a", "../../secret", "b", ""),
    ],
)
def test_links(repository: Path, tmp_path: Path, link: str, leads: str, written: str, out: str) -> None:
    (repository / link).symlink_to(leads.format(tmp_path))
    path = os.path.normpath(repository / written) if written.startswith("..") else f"{repository}/{written}"
    assert way_out(path) == (str(tmp_path / out) if out else "")


def test_without_git_the_module_is_the_top(repository: Path) -> None:
    (repository / ".git").rmdir()
    (repository / "sub/a").symlink_to("../x")
    assert way_out(f"{repository}/sub/a") == str(repository / "x")
    (repository / "sub/go.mod").unlink()
    assert way_out(f"{repository}/sub/a") == "", "no checkout"


def test_a_repository_behind_a_link_of_the_user(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "work").symlink_to(repository)
    assert way_out(f"{tmp_path}/work/sub/report") == ""
    (repository / "a").symlink_to("../../secret/key")
    assert way_out(f"{tmp_path}/work/a") == str(tmp_path / "user/secret/key")
