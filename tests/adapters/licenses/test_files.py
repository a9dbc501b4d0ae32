# SPDX-License-Identifier: BSD-3-Clause
"""Legal texts in zips and directories."""

from __future__ import annotations

from pathlib import Path

import pytest

from govgo.adapters.licenses.files import LegalTexts
from govgo.core.licenses.texts import MAX_TEXT_BYTES, MOST_TEXTS, LegalFile, LegalFiles
from govgo.errors import BadZipError, DiskError
from tests.simulators.zips import module_zip

FILES = {
    "LICENSE": b"root\n",
    "go.mod": b"module q.io/x\n",
    "license.go": b"package x\n",
    "a/b/COPYING.txt": b"nested\n",
    "testdata/LICENSE": b"no part of the build\n",
    "NOTICE": b"n" * (MAX_TEXT_BYTES + 1),
}
FOUND = LegalFiles(
    (
        LegalFile("LICENSE", 5, b"root\n"),
        LegalFile("NOTICE", MAX_TEXT_BYTES + 1, None),
        LegalFile("a/b/COPYING.txt", 7, b"nested\n"),
    )
)


def test_in_a_zip(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(module_zip("q.io/x@v1.0.0", FILES))
    assert LegalTexts().in_zip(str(tmp_path / "x.zip"), "q.io/x@v1.0.0/") == FOUND


def test_in_a_directory(tmp_path: Path) -> None:
    for name, data in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    (tmp_path / "other").mkdir()
    (tmp_path / "other/go.mod").write_text("module q.io/x/other\n")
    (tmp_path / "other/LICENSE").write_text("of another module\n")
    (tmp_path / "LICENSE-link").symlink_to("/etc/passwd")
    (tmp_path / "loop").symlink_to(tmp_path)
    assert LegalTexts().in_directory(str(tmp_path)) == FOUND


def test_more_texts_than_are_looked_at(tmp_path: Path) -> None:
    files = {f"a/LICENSE-{number:04}": b"x" for number in range(MOST_TEXTS + 5)}
    (tmp_path / "x.zip").write_bytes(module_zip("q.io/x@v1.0.0", {"LICENSE": b"x", **files}))
    found = LegalTexts().in_zip(str(tmp_path / "x.zip"), "q.io/x@v1.0.0/")
    assert (len(found.files), found.files[0].name, found.left_out) == (MOST_TEXTS, "LICENSE", 6)


def test_what_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(b"no zip")
    with pytest.raises(BadZipError, match=r"^q\.io/x@v1\.0\.0: zip: not a valid zip file$"):
        LegalTexts().in_zip(str(tmp_path / "x.zip"), "q.io/x@v1.0.0/")
    with pytest.raises(DiskError):
        LegalTexts().in_directory(str(tmp_path / "nothing"))
