# SPDX-License-Identifier: BSD-3-Clause
"""Directories: made, put in their place, removed."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from govgo.adapters.disk import trees
from govgo.errors import DiskError


def test_a_read_only_tree_is_removed_and_no_link_is_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "keep").touch()
    tree = tmp_path / "tree"
    (tree / "a/b").mkdir(parents=True)
    (tree / "a/b/file").touch()
    (tree / "link").symlink_to(victim)
    trees.make_read_only([str(tree), str(tree / "a"), str(tree / "a/b")])
    trees.remove_tree(str(tree))
    assert not tree.exists()
    assert (victim / "keep").exists()
    trees.remove_tree(str(tree))  # nothing is there: nothing to do


def test_a_tree_that_others_remove_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At each file and at each directory that goes, another process was faster somewhere else."""
    tree = tmp_path / "tree"
    for name in ("a", "b", "c"):
        (tree / name / "below").mkdir(parents=True)
        for file in ("1", "2", "3"):
            (tree / name / "below" / file).touch()

    def with_another(real: Callable[[str], None], others: Callable[[], Iterable[Path]]) -> Callable[[str], None]:
        def remove(path: str) -> None:
            for each in list(others())[:1]:
                real(str(each))
            real(path)

        return remove

    monkeypatch.setattr(os, "unlink", with_another(os.unlink, lambda: tree.glob("*/*/?")))
    monkeypatch.setattr(os, "rmdir", with_another(os.rmdir, lambda: tree.glob("*/*")))
    trees.remove_tree(str(tree))
    monkeypatch.undo()
    assert not tree.exists()


def test_what_is_left_of_a_temporary_tree_goes(tmp_path: Path) -> None:
    with trees.temporary_tree(str(tmp_path / "m@v1.0.0")) as name:
        trees.make_dirs(name)
        Path(name, "file").touch()
    with trees.temporary_tree(str(tmp_path / "m@v1.0.0")) as name:
        trees.make_dirs(name)
        trees.rename_tree(name, str(tmp_path / "m@v1.0.0"))
    assert os.listdir(tmp_path) == ["m@v1.0.0"]


def test_trees_of_killed_runs_go(tmp_path: Path) -> None:
    (tmp_path / "m@v1.0.0.tmp-123" / "a").mkdir(parents=True)
    (tmp_path / "m@v1.1.0.tmp-123").mkdir()
    trees.remove_stale(str(tmp_path / "m@v1.0.0"))
    assert os.listdir(tmp_path) == ["m@v1.1.0.tmp-123"]


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    """As go 1.26.8 says it of a file in place of a directory @v, and of a link there that leads nowhere."""
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("nowhere")
    for name in ("file", "file/a/b"):
        with pytest.raises(DiskError, match=f"^mkdir {tmp_path}/file: not a directory$"):
            trees.make_dirs(str(tmp_path / name))
    with pytest.raises(DiskError, match=f"^mkdir {tmp_path}/link: file exists$"):
        trees.make_dirs(str(tmp_path / "link"))


def test_a_tree_appears_by_a_rename(tmp_path: Path) -> None:
    directory = str(tmp_path / "x@v1.0.0")
    with trees.temporary_tree(directory) as name:
        trees.make_dirs(name + "/a")
        trees.make_read_only([name, name + "/a"])
        trees.rename_tree(name, directory)
    assert os.listdir(tmp_path) == ["x@v1.0.0"]
    assert not stat.S_IMODE(os.stat(directory + "/a").st_mode) & 0o222


def test_a_tree_is_not_renamed_onto_another(tmp_path: Path) -> None:
    for name in ("new", "old"):
        trees.make_dirs(str(tmp_path / name / "a"))
    with pytest.raises(DiskError, match=r"^rename .*/old: directory not empty$"):
        trees.rename_tree(str(tmp_path / "new"), str(tmp_path / "old"))


def test_attack_directories_that_are_deeper_than_the_stack(tmp_path: Path) -> None:
    """As many as there are elements in a module path."""
    path = "/".join([str(tmp_path), *["d"] * (sys.getrecursionlimit() + 50)])
    for _ in range(2):
        trees.make_dirs(path)
    assert os.path.isdir(path)
    trees.remove_tree(str(tmp_path / "d"))
    assert list(tmp_path.iterdir()) == []
