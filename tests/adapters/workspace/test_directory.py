# SPDX-License-Identifier: BSD-3-Clause
"""A directory whose owner is not trusted."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from govgo.adapters.workspace import directory
from govgo.adapters.workspace.directory import DirectoryFiles
from govgo.errors import DiskError

KIND_OF = DirectoryFiles.kind_of


@pytest.fixture
def top(tmp_path: Path) -> Path:
    top = tmp_path / "top"
    (top / "lib").mkdir(parents=True)
    (top / "go.mod").write_text("module m\n")
    (top / "lib" / "go.mod").write_text("module l\n")
    (tmp_path / "go.mod").write_text("module outside\n")
    return top


def test_files_are_seen_at_the_mount(top: Path) -> None:
    files = DirectoryFiles(str(top), "/r")
    assert files.read("/r/go.mod") == b"module m\n"
    assert files.listdir("/r") == [("go.mod", "file"), ("lib", "dir")]
    assert (files.is_dir("/r/lib"), files.is_file("/r/lib"), files.exists("/r/none")) == (True, False, False)
    assert files.read("/r/none") is None


def test_nothing_leads_out(top: Path, tmp_path: Path) -> None:
    for name, target in {
        "absolute": str(tmp_path / "go.mod"),
        "relative": "../go.mod",
        "directory": "..",
        "inside": "lib/go.mod",
        "mounted": "/r/lib/go.mod",
    }.items():
        os.symlink(target, top / name)
    files = DirectoryFiles(str(top), "/r")
    assert {name: files.read(f"/r/{name}") for name in ("absolute", "relative", "directory/go.mod", "../go.mod")} == {
        "absolute": None,
        "relative": None,
        "directory/go.mod": None,
        "../go.mod": None,
    }
    assert files.read("/r/inside") == files.read("/r/mounted") == b"module l\n"
    assert files.read(str(tmp_path / "go.mod")) is None


def test_directories_are_looked_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fifteen hundred of them, one in the other, took twelve seconds."""
    looked: list[str] = []
    monkeypatch.setattr(DirectoryFiles, "kind_of", lambda self, name: looked.append(name) or KIND_OF(self, name))
    (tmp_path / "/".join(["d"] * 100)).mkdir(parents=True)
    (tmp_path / "d/d/d/link").symlink_to("../../d/d")
    files = DirectoryFiles(str(tmp_path), "/r")
    for depth in range(100):
        files.is_file("/r" + "/d" * depth + "/go.mod")
    assert len(looked) < 400
    assert files.listdir("/r/d/d/d/link") == [("d", "dir"), ("link", "link")]
    assert files.real_path("/r/d/d/d/link/link/d") == "/r/d/d/d/d"


def test_links_in_a_circle(top: Path) -> None:
    os.symlink("b", top / "a")
    os.symlink("a", top / "b")
    with pytest.raises(DiskError, match="too many levels"):
        DirectoryFiles(str(top), "/r").read("/r/a")


def test_a_pipe_is_not_waited_for(top: Path) -> None:
    os.mkfifo(top / "go.sum")
    files = DirectoryFiles(str(top), "/r")
    assert (files.is_file("/r/go.sum"), files.read("/r/go.sum")) == (False, None)
    with pytest.raises(DiskError, match="not a regular file"):
        files.content_of("go.sum")


def test_a_file_without_end(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directory, "_MOST_BYTES", 8)
    with pytest.raises(DiskError, match="larger than 8 bytes"):
        DirectoryFiles(str(top), "/r").read("/r/go.mod")


def test_nothing_is_written(top: Path) -> None:
    with pytest.raises(DiskError, match="read-only"):
        DirectoryFiles(str(top), "/r").write("/r/go.sum", b"")
    assert not (top / "go.sum").exists()
