# SPDX-License-Identifier: BSD-3-Clause
"""Objects of a clone, asked of one git process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from govgo.adapters.vcs.git import Git, GitError
from govgo.adapters.vcs.gitobjects import GitObjects
from govgo.errors import TooLargeError
from tests.simulators.gitrepos import Commit, Repos, fake_git, needs_git

pytestmark = needs_git


@pytest.fixture
def objects(tmp_path: Path) -> Iterator[GitObjects]:
    repos = Repos(tmp_path)
    path = repos.add("r", Commit("2020-01-01", {"a": "1\n", "d/b": "x\n", "empty": ""}, ("v1.0.0",)))
    git = Git(repos.environ())
    yield GitObjects(git, str(path))
    git.close()


def test_objects_by_name(objects: GitObjects) -> None:
    found = objects.read("v1.0.0:a", 2)
    # printf 'blob 2\\0001\\n' | sha1sum
    assert found == ("d00491fd7e5bb6fa28c517a0bb32b8b506539d4d", "blob", b"1\n")
    empty = objects.read("v1.0.0:empty", 0)
    assert empty is not None
    assert empty.data == b""
    for name, kind in (("v1.0.0:d", "tree"), ("main^{commit}", "commit")):
        found = objects.read(name, 1000)
        assert found is not None
        assert found.kind == kind


@pytest.mark.parametrize("name", ["v1.0.0:none", "none:a", "", "x y z", "v1.0.0:a\nmain:d/b", "--all", "v1.0.0:\udcff"])
def test_names_of_nothing(objects: GitObjects, name: str) -> None:
    assert objects.read(name, 1000) is None
    after = objects.read("v1.0.0:a", 1000)
    assert after is not None, "the next answer is that to the next question"
    assert after.data == b"1\n"


def test_attack_an_object_past_its_limit(objects: GitObjects) -> None:
    with pytest.raises(TooLargeError):
        objects.read("v1.0.0:a", 1)
    assert objects.read("v1.0.0:none", 1) is None


@pytest.mark.parametrize("said", ["", "odd\\n", "x:y missing", f"{'0' * 40} blob 5\\nabc", f"{'0' * 40} blob -1\\n"])
def test_attack_answers_that_make_no_sense(tmp_path: Path, said: str) -> None:
    git = Git(fake_git(tmp_path / "bin", f"read name; printf '{said}'\n"))
    with pytest.raises(GitError) as caught:
        GitObjects(git, str(tmp_path)).read("x:y", 1000)
    assert caught.value.was_ended, "not taken for a file that is not there"
    git.close()


def test_nothing_is_read_after_the_end(objects: GitObjects) -> None:
    assert objects.read("v1.0.0:none", 1) is None
    objects._git.close()
    for _ in range(2):
        with pytest.raises(GitError, match=r"git cat-file --batch in .*: context canceled$"):
            objects.read("v1.0.0:a", 1000)
