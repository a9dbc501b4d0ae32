# SPDX-License-Identifier: BSD-3-Clause
"""Files seen through -overlay (`go help build`)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from govgo.adapters.workspace.overlay import OverlayWorkspace
from govgo.adapters.workspace.workspace import DiskWorkspace
from govgo.errors import StaleError, UsageError


@pytest.fixture
def files(tmp_path: Path) -> OverlayWorkspace:
    for name in ("go.mod", "a/gone.go", "a/kept.go", "other/new.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"disk {name}")
    replace = {"go.mod": "other/new.txt", "a/gone.go": "", "b/c/x.go": "other/new.txt"}
    (tmp_path / "overlay.json").write_text(json.dumps({"Replace": replace}))
    return OverlayWorkspace(DiskWorkspace(), "overlay.json", str(tmp_path))


def test_replaced_absent_and_new_files(files: OverlayWorkspace, tmp_path: Path) -> None:
    assert files.read(f"{tmp_path}/go.mod") == b"disk other/new.txt"
    assert files.read(f"{tmp_path}/a/gone.go") is None
    assert files.read(f"{tmp_path}/b/c/x.go") == b"disk other/new.txt"
    assert files.read(f"{tmp_path}/a/kept.go") == b"disk a/kept.go"
    assert [files.exists(f"{tmp_path}/{name}") for name in ("a/gone.go", "b/c", "b/c/x.go", "nothing")] == [
        *(False, True, True, False),
    ]
    assert files.is_dir(f"{tmp_path}/b")
    assert not files.is_file(f"{tmp_path}/a/gone.go")


def test_directories(files: OverlayWorkspace, tmp_path: Path) -> None:
    assert list(files.listdir(f"{tmp_path}/a")) == [("kept.go", "file")]
    assert list(files.listdir(f"{tmp_path}/b")) == [("c", "dir")]
    assert list(files.listdir(f"{tmp_path}/b/c")) == [("x.go", "file")]
    assert ("b", "dir") in files.listdir(str(tmp_path))


def test_overlaid_files_are_not_written(files: OverlayWorkspace, tmp_path: Path) -> None:
    with pytest.raises(
        StaleError, match=r"^updates to go\.mod needed, but go\.mod is part of the overlay specified with -overlay$"
    ):
        files.write(f"{tmp_path}/go.mod", b"")
    assert (tmp_path / "go.mod").read_text() == "disk go.mod"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "parsing overlay JSON: "),
        ("[]", "parsing overlay JSON: "),
        ('{"Replace": 1}', "parsing overlay JSON: "),
        ('{"Replace": {"": "x"}}', "empty string key in overlay map$"),
        ('{"Replace": {"a": "", "./a": ""}}', r"duplicate paths \./a and a in overlay map$"),
    ],
)
def test_malformed(tmp_path: Path, text: str, fault: str) -> None:
    (tmp_path / "o.json").write_text(text)
    with pytest.raises(UsageError, match=f"^{fault}"):
        OverlayWorkspace(DiskWorkspace(), "o.json", str(tmp_path))
