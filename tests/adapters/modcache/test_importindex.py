# SPDX-License-Identifier: BSD-3-Clause
"""What module trees import, remembered: the same answers as a scan, none where anything has changed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from govgo.adapters.modcache import importindex
from govgo.adapters.modcache.importindex import ImportIndex
from govgo.adapters.workspace.workspace import DiskWorkspace
from govgo.core.gosource.buildtags import any_tags, build_tags
from govgo.load.packages.sourcetree import PackageFiles, SourceTree
from tests.simulators import rewriting
from tests.simulators.rewriting import cut, flip

GO = 'package a\n\nimport (\n\t"fmt"\n\t"q.io/b"\n)\n'
TEST = 'package a\n\nimport "q.io/c"\n'
FOUND = (("fmt", "q.io/b"), ("q.io/c",))


class Disk:
    """A module tree, and the index of it in a directory of the user's."""

    def __init__(self, root: Path) -> None:
        self.cache = root / "mod"
        self.home = root / "home" / "imports"
        self.dir = self.cache / "q.io" / "a@v1.0.0" / "x"
        self.dir.mkdir(parents=True)
        (self.dir / "a.go").write_text(GO)
        (self.dir / "a_test.go").write_text(TEST)
        (self.dir / "notes.txt").write_text("no source")
        self.opened: list[str] = []

    def index(self) -> ImportIndex:
        return ImportIndex(str(self.cache), str(self.home))

    def scan(self) -> PackageFiles:
        """As a command does; `opened` has the source files that it read."""
        self.opened = []
        outer = self

        class Noted(DiskWorkspace):
            def read_source(self, path: str) -> bytes | None:
                outer.opened.append(os.path.basename(path))
                return super().read_source(path)

        tree = SourceTree(Noted(), self.index())
        try:
            return tree.scan(str(self.dir), any_tags(), indexed=True)
        finally:
            tree.flush()


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk(tmp_path)


def test_a_tree_is_read_once(disk: Disk) -> None:
    assert disk.scan() == FOUND
    assert disk.opened == ["a.go", "a_test.go"]
    assert disk.scan() == FOUND
    assert disk.opened == []
    (file,) = disk.home.iterdir()
    assert (file.stat().st_mode & 0o777, disk.home.stat().st_mode & 0o777) == (0o600, 0o700)


def rewrite(disk: Disk) -> None:
    rewriting.rewrite(disk.dir / "a.go", GO.replace("q.io/b", "q.io/d").encode())


def replace(disk: Disk) -> None:
    (disk.dir / "new").write_text(GO.replace("q.io/b", "q.io/d"))
    (disk.dir / "new").rename(disk.dir / "a.go")


@pytest.mark.parametrize(
    ("change", "imports"),
    [
        (rewrite, ("fmt", "q.io/d")),
        (replace, ("fmt", "q.io/d")),
        (lambda disk: (disk.dir / "b.go").write_text('package a\nimport "os"\n'), ("fmt", "os", "q.io/b")),
        (lambda disk: (disk.dir / "a.go").rename(disk.dir / "c.go"), ("fmt", "q.io/b")),
        (lambda disk: (disk.dir / "a.go").unlink(), ()),
    ],
    ids=["rewritten", "replaced", "added", "renamed", "removed"],
)
def test_files_that_changed_are_read_again(
    disk: Disk, change: Callable[[Disk], object], imports: tuple[str, ...]
) -> None:
    disk.scan()
    change(disk)
    assert disk.scan().imports == imports
    assert disk.opened
    assert disk.scan().imports == imports
    assert disk.opened == []


@pytest.mark.parametrize(
    "damage",
    [
        cut,
        flip,
        lambda file: file.write_bytes(b""),
        lambda file: file.chmod(0o666),  # anybody may have written it
        lambda file: file.unlink(),
    ],
    ids=["cut", "flipped", "empty", "open", "gone"],
)
def test_a_damaged_index_is_made_anew(disk: Disk, damage: Callable[[Path], object]) -> None:
    disk.scan()
    (file,) = disk.home.iterdir()
    damage(file)
    assert disk.scan() == FOUND
    assert len(disk.opened) == 2
    assert disk.scan() == FOUND
    assert disk.opened == []


def test_another_scanner_reads_again(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    disk.scan()
    monkeypatch.setattr(importindex, "code_stamp", lambda modules: b"newer")
    disk.scan()
    assert len(disk.opened) == 2


def test_each_set_of_tags_has_its_own_entry(disk: Disk) -> None:
    index = disk.index()
    linux, darwin = (build_tags(goos) for goos in ("linux", "darwin"))
    index.remember(str(disk.dir), ["a.go"], linux, (("x",), ()))
    index.flush()
    again = disk.index()
    assert again.recall(str(disk.dir), ["a.go"], linux) == (("x",), ())
    assert again.recall(str(disk.dir), ["a.go"], darwin) is None


def test_nothing_outside_of_trees(disk: Disk) -> None:
    index = disk.index()
    for directory in (disk.cache / "q.io", disk.cache.parent / "src@v1" / "x", Path("/")):
        index.remember(str(directory), [], any_tags(), ((), ()))
        assert index.recall(str(directory), [], any_tags()) is None
    index.flush()
    assert not disk.home.exists()


def test_a_disk_that_refuses_is_no_error(disk: Disk) -> None:
    disk.home.parent.mkdir()
    disk.home.write_text("in the way")
    assert disk.scan() == FOUND
    assert disk.scan() == FOUND
    assert len(disk.opened) == 2
