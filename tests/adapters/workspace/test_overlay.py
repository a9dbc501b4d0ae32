# SPDX-License-Identifier: BSD-3-Clause
"""Files seen through -overlay (`go help build`)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from govgo.adapters.workspace.overlay import OverlayWorkspace
from govgo.adapters.workspace.workspace import DiskWorkspace
from govgo.errors import DiskError, StaleError, UsageError


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
        ("", "parsing overlay JSON: unexpected end of JSON input$"),
        ("{", "parsing overlay JSON: unexpected end of JSON input$"),
        ("{}x", "parsing overlay JSON: invalid character 'x' after top-level value$"),
        ("[]", r"parsing overlay JSON: json: cannot unmarshal array into Go value of type fsys\.overlayJSON$"),
        (
            '{"Replace": 1}',
            r"parsing overlay JSON: json: cannot unmarshal number into Go struct field overlayJSON\.Replace of type "
            r"map\[string\]string$",
        ),
        (
            '{"Replace": {"a": 1}}',
            r"parsing overlay JSON: json: cannot unmarshal number into Go struct field overlayJSON\.Replace of type "
            r"string$",
        ),
        ('{"Replace": {"/x/y.go": "z", "/x": "z"}}', r"inconsistent files /x and /x/y\.go in overlay map$"),
        ('{"Replace": {"": "x"}}', "empty string key in overlay map$"),
        ('{"Replace": {"a": "", "./a": ""}}', r"duplicate paths \./a and a in overlay map$"),
    ],
)
def test_malformed(tmp_path: Path, text: str, fault: str) -> None:
    (tmp_path / "o.json").write_text(text)
    with pytest.raises(UsageError, match=f"^{fault}"):
        OverlayWorkspace(DiskWorkspace(), "o.json", str(tmp_path))


@pytest.mark.parametrize(
    ("file", "fault"), [(".", "read .: is a directory"), ("./o.json/x", "open ./o.json/x: not a directory")]
)
def test_an_overlay_that_cannot_be_read(tmp_path: Path, file: str, fault: str) -> None:
    """go's sentences, with the path as it was given."""
    (tmp_path / "o.json").write_text("{}")
    with pytest.raises(DiskError) as caught:
        OverlayWorkspace(DiskWorkspace(), file, str(tmp_path))
    assert str(caught.value) == f"reading overlay: {fault}"


def test_a_file_that_the_overlay_makes_a_directory(tmp_path: Path) -> None:
    """As in go: a file of the overlay makes a directory of a file above it; below an absent file nothing is there."""
    for name in ("go.mod", "gone/a.go", "kept.go", "dir/d.go"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("text")
    replace = {"go.mod/x.go": "kept.go", "gone": "", "new": "kept.go", "e.go": "dir"}
    (tmp_path / "o.json").write_text(json.dumps({"Replace": replace}))
    files = OverlayWorkspace(DiskWorkspace(), "o.json", str(tmp_path))
    assert files.is_dir(f"{tmp_path}/go.mod")
    assert not files.is_file(f"{tmp_path}/go.mod")
    assert files.read(f"{tmp_path}/go.mod") == b"text"  # so go reads the go.mod file of a replacement
    assert files.read_source(f"{tmp_path}/go.mod") is None
    assert list(files.listdir(f"{tmp_path}/go.mod")) == [("x.go", "file")]
    for name in ("gone/a.go", "gone", "new/b.go"):
        assert not files.exists(f"{tmp_path}/{name}")
        assert files.read(f"{tmp_path}/{name}") is None
    assert not files.is_dir(f"{tmp_path}/gone")
    with pytest.raises(DiskError, match=r": overlay maps child e\.go to directory$"):
        files.listdir(str(tmp_path))
