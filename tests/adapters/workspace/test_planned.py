# SPDX-License-Identifier: BSD-3-Clause
"""Files whose changes stay in memory: what is read is what would be there, and the disk stays as it is."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from govgo.adapters.workspace.planned import PlannedWorkspace
from govgo.adapters.workspace.workspace import DiskWorkspace
from govgo.errors import ConflictError, DiskError
from tests.simulators import campaigns


def contents(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in {"go.mod": "module m\n", "vendor/modules.txt": "old\n", "vendor/a/a.go": "package a\n"}.items():
        (tmp_path / "src" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "src" / name).write_text(text)
    return tmp_path / "src"


def test_what_is_written_is_read_and_the_disk_stays(root: Path) -> None:
    before = contents(root)
    files = PlannedWorkspace(DiskWorkspace())
    files.replace(f"{root}/go.mod", b"module m\n", b"module n\n")
    files.write(f"{root}/new/go.sum", b"x\n")
    assert files.read(f"{root}/go.mod") == b"module n\n"
    assert files.read_source(f"{root}/new/../new/go.sum") == b"x\n"
    assert files.is_dir(f"{root}/new")
    assert files.listdir(f"{root}") == [("go.mod", "file"), ("new", "dir"), ("vendor", "dir")]
    assert [(Path(c.path).name, c.before, c.after) for c in files.changes()] == [
        ("go.mod", b"module m\n", b"module n\n"),
        ("go.sum", None, b"x\n"),
    ]
    assert contents(root) == before


def test_a_write_that_changes_nothing_is_none(root: Path) -> None:
    files = PlannedWorkspace(DiskWorkspace())
    files.write(f"{root}/go.mod", b"module m\n")
    assert files.changes() == ()


def test_a_file_that_somebody_else_changed_is_not_replaced(root: Path) -> None:
    files = PlannedWorkspace(DiskWorkspace())
    with pytest.raises(ConflictError):
        files.replace(f"{root}/go.mod", b"another\n", b"module n\n")
    assert files.changes() == ()


def test_a_tree_takes_the_place_of_another(root: Path) -> None:
    before = contents(root)
    files = PlannedWorkspace(DiskWorkspace())
    made = files.new_tree(f"{root}/vendor")
    files.copy(f"{root}/vendor/a/a.go", f"{made}/b/b.go")
    files.write(f"{made}/modules.txt", b"new\n")
    files.move_tree(made, f"{root}/vendor")
    files.remove_tree(made)
    assert files.listdir(f"{root}/vendor") == [("b", "dir"), ("modules.txt", "file")]
    assert not files.exists(f"{root}/vendor/a")
    assert files.read(f"{root}/vendor/b/b.go") == b"package a\n"
    names = [(str(Path(c.path).relative_to(root)), c.before, c.after) for c in files.changes()]
    assert names == [
        ("vendor/a/a.go", b"package a\n", None),
        ("vendor/b/b.go", None, b"package a\n"),
        ("vendor/modules.txt", b"old\n", b"new\n"),
    ]
    assert contents(root) == before


def test_a_directory_is_no_file(root: Path) -> None:
    files = PlannedWorkspace(DiskWorkspace())
    files.write(f"{root}/x/y", b"")
    with pytest.raises(DiskError, match="is a directory"):
        files.read(f"{root}/x")
    files.remove_tree(f"{root}/x")
    assert not files.exists(f"{root}/x")
    with pytest.raises(DiskError, match="no such file"):
        files.listdir(f"{root}/x")


@pytest.mark.parametrize("seed", campaigns.one_in(4, range(20)))
def test_as_if_it_were_the_disk(root: Path, tmp_path: Path, seed: int) -> None:
    """The same random steps planned and done: the same files, and the plan has every difference."""
    chance = random.Random(seed)
    twin = tmp_path / "twin"
    shutil.copytree(root, twin)
    planned, disk = PlannedWorkspace(DiskWorkspace()), DiskWorkspace()
    names = ["go.mod", "go.sum", "vendor/a/a.go", "vendor/b/b.go", "vendor/modules.txt", "c/d/e"]
    for _ in range(12):
        step, name, other = chance.choice(("write", "copy", "remove", "move")), *chance.sample(names, 2)
        for files, base in ((planned, root), (disk, twin)):
            path, target = f"{base}/{name}", f"{base}/{other}"
            if step == "write":
                files.write(path, f"{step} {name}\n".encode())
            elif step == "copy" and files.is_file(path):
                files.copy(path, target)
            elif step == "remove":
                files.remove_tree(f"{base}/{name.partition('/')[0]}")
            elif step == "move":
                made = files.new_tree(f"{base}/vendor")
                files.write(f"{made}/modules.txt", b"moved\n")
                files.move_tree(made, f"{base}/vendor")
        for each in names:
            assert planned.read(f"{root}/{each}") == disk.read(f"{twin}/{each}")
            assert planned.is_file(f"{root}/{each}") == disk.is_file(f"{twin}/{each}")
            assert planned.is_dir(str(Path(f"{root}/{each}").parent)) == disk.is_dir(str(Path(f"{twin}/{each}").parent))
        assert planned.listdir(str(root)) == disk.listdir(str(twin))
    before, after = contents(root), contents(twin)
    told = {str(Path(c.path).relative_to(root)): (c.before, c.after) for c in planned.changes()}
    assert told == {n: (before.get(n), after.get(n)) for n in before.keys() | after if before.get(n) != after.get(n)}
