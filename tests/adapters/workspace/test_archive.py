# SPDX-License-Identifier: BSD-3-Clause
"""Archives as the files of a project, and the rules that all recorded trees share."""

from __future__ import annotations

import io
import random
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import pytest

from govgo.adapters.workspace import archive
from govgo.adapters.workspace.archive import ArchiveFiles
from govgo.errors import DiskError, UsageError
from tests.simulators.repo import MemoryFiles

LINK = "-> "


def tar(path: Path, files: Mapping[str, str], mode: Literal["w:gz", "w:xz"] = "w:gz") -> str:
    """A tar of files; a text that begins with LINK is a link to what follows."""
    with tarfile.open(path, mode) as out:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            if text.startswith(LINK):
                info.type, info.linkname = tarfile.SYMTYPE, text.removeprefix(LINK)
            info.size = 0 if text.startswith(LINK) else len(text)
            out.addfile(info, io.BytesIO(text.encode()))
    return str(path)


def make_zip(path: Path, files: Mapping[str, str]) -> str:
    with zipfile.ZipFile(path, "w") as out:
        for name, text in files.items():
            out.writestr(name, text)
    return str(path)


@pytest.mark.parametrize("make", [tar, make_zip])
@pytest.mark.parametrize("prefix", ["", "m-1.0/", "q.io/m@v1.0.0/"])
def test_the_directory_around_all_files_is_taken_away(tmp_path: Path, make: object, prefix: str) -> None:
    files = {"go.mod": "module m\n", "lib/go.mod": "module l\n", "main.go": "package m\n"}
    assert callable(make)
    found = ArchiveFiles(make(tmp_path / "a", {prefix + name: text for name, text in files.items()}), "/src")
    assert found.listdir("/src") == [("go.mod", "file"), ("lib", "dir"), ("main.go", "file")]
    assert found.read("/src/lib/go.mod") == b"module l\n"
    assert found.is_dir("/src/lib")
    assert found.read("/src/nope") is None
    assert not found.exists("/other/go.mod")  # nothing lies outside
    with pytest.raises(DiskError, match="only the files of modules"):
        found.read("/src/main.go")
    with pytest.raises(DiskError, match="is a directory"):
        found.read("/src/lib")
    with pytest.raises(DiskError, match="read-only"):
        found.write("/src/go.mod", b"")


def test_names_cannot_leave_the_archive(tmp_path: Path) -> None:
    found = ArchiveFiles(tar(tmp_path / "a", {"../go.mod": "x", "/etc/go.mod": "x", "go.mod": "module m\n"}), "/src")
    assert found.listdir("/src") == [("go.mod", "file")]


def test_links(tmp_path: Path) -> None:
    files = {
        "go.mod": "-> real/go.mod",
        "lib": "-> real",
        "out": "-> ../elsewhere",
        "loop": "-> loop",
        "real/go.mod": "module m\n",
    }
    found = ArchiveFiles(tar(tmp_path / "a", files), "/src")
    assert found.read("/src/go.mod") == b"module m\n"
    assert found.is_file("/src/lib/go.mod")
    assert found.real_path("/src/lib/go.mod") == "/src/real/go.mod"
    assert not found.exists("/src/out/go.mod")
    found.outside = MemoryFiles({"/elsewhere/go.mod": "module e\n"})
    assert found.read("/src/out/go.mod") == b"module e\n"
    assert found.listdir("/src/out") == [("go.mod", "file")]
    with pytest.raises(DiskError, match="too many levels"):
        found.read("/src/loop")


def test_what_is_no_archive(tmp_path: Path) -> None:
    whole = Path(tar(tmp_path / "a.tar.gz", {"go.mod": "module m\n" * 999})).read_bytes()
    noise = random.Random(0).randbytes(99_999).hex()
    xz = bytearray(Path(tar(tmp_path / "a.tar.xz", {"go.mod": noise}, "w:xz")).read_bytes())
    xz[len(xz) // 2] ^= 255
    for data in (b"", b"text", whole[: len(whole) // 2], b"PK\3\4" + whole, bytes(xz)):
        (tmp_path / "bad").write_bytes(data)
        with pytest.raises(UsageError, match="cannot be read as an archive"):
            ArchiveFiles(str(tmp_path / "bad"), "/src")


@pytest.mark.parametrize(
    ("limit", "value"), [("_MOST_ENTRIES", 1), ("_MOST_BYTES", 9), ("MAX_GO_MOD", 8), ("_MOST_BYTES_KEPT", 8)]
)
def test_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, value: int) -> None:
    monkeypatch.setattr(archive, limit, value)
    with pytest.raises(UsageError, match="too large"):
        ArchiveFiles(tar(tmp_path / "a", {"go.mod": "module m\n", "b": "b"}), "/src")
