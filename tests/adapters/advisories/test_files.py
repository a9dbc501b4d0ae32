# SPDX-License-Identifier: BSD-3-Clause
"""Advisories in directories and zip files, in each layout that such a database has."""

from __future__ import annotations

import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from govgo.adapters.advisories.files import MAX_ADVISORY_BYTES, FileSource
from govgo.adapters.disk.usercache import KeptFiles
from govgo.core.advisory.osv import AdvisoryError
from govgo.errors import InputError, NotFoundError


def advisory(name: str, path: str = "q.io/m", modified: str = "2026-01-02T00:00:00Z") -> str:
    ranges = [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "1.2.0"}]}]
    affected = [{"package": {"ecosystem": "Go", "name": path}, "ranges": ranges, "versions": ["2.0.0"]}]
    return json.dumps({"id": name, "aliases": ["CVE-1"], "modified": modified, "affected": affected})


LAYOUTS = {
    "the Go database": {"ID/GO-1.json": advisory("GO-1"), "index/modules.json": "[]", "index/db.json": "{}"},
    "the module": {
        "golang.org/x/vulndb@v1/data/osv/GO-1.json": advisory("GO-1"),
        "golang.org/x/vulndb@v1/data/cve/v5/GO-1.json": "{}",
        "golang.org/x/vulndb@v1/go.mod": "module golang.org/x/vulndb\n",
    },
    "plain": {"GO-1.json": advisory("GO-1"), "notes.txt": "no advisory"},
}


def folder(top: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = top / "db" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return top / "db"


def archive(top: Path, files: dict[str, str]) -> Path:
    with zipfile.ZipFile(top / "db.zip", "w", zipfile.ZIP_DEFLATED) as made:
        for name, text in files.items():
            made.writestr(name, text)
    return top / "db.zip"


@pytest.fixture
def kept(tmp_path: Path) -> KeptFiles:
    return KeptFiles({"HOME": str(tmp_path / "home"), "XDG_CACHE_HOME": str(tmp_path / "home/cache")}, "advisories")


@pytest.mark.parametrize("make", [folder, archive])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout(layout: str, make: object, kept: KeptFiles, tmp_path: Path) -> None:
    path = make(tmp_path, LAYOUTS[layout])  # type: ignore[operator]
    for _ in range(2):  # anew, and as it was kept
        found = FileSource(str(path), kept).about(["q.io/m", "q.io/n"])
        assert [each.id for each in found.advisories] == ["GO-1"]
        assert found.size == 1
        assert found.modified == datetime(2026, 1, 2, tzinfo=UTC)
        (affected,) = found.advisories[0].affected
        assert affected.fixed_in("v1.0.0") == "v1.2.0"
        assert affected.has("v2.0.0")
        assert found.advisories[0].aliases == ("CVE-1",)
    assert FileSource(str(path), kept).about(["q.io/other"]).advisories == ()


def test_a_zip_that_has_changed_is_read_anew(kept: KeptFiles, tmp_path: Path) -> None:
    path = archive(tmp_path, {"GO-1.json": advisory("GO-1")})
    assert FileSource(str(path), kept).about(["q.io/m"]).size == 1
    archive(tmp_path, {"GO-1.json": advisory("GO-1"), "GO-2.json": advisory("GO-2")})
    assert FileSource(str(path), kept).about(["q.io/m"]).size == 2


def test_what_is_kept_of_it_is_believed_only_whole(kept: KeptFiles, tmp_path: Path) -> None:
    path = archive(tmp_path, {"GO-1.json": advisory("GO-1")})
    FileSource(str(path), kept).about(["q.io/m"])
    (file,) = (tmp_path / "home/cache/govgo/advisories").iterdir()
    file.write_bytes(file.read_bytes().replace(b"1.2.0", b"0.2.0"))
    (found,) = FileSource(str(path), kept).about(["q.io/m"]).advisories
    assert found.affected[0].fixed_in("v1.0.0") == "v1.2.0"


def test_nothing_is_kept_where_others_can_write(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    kept = KeptFiles({"HOME": str(tmp_path / "home"), "XDG_CACHE_HOME": str(shared)}, "advisories")
    path = archive(tmp_path, {"GO-1.json": advisory("GO-1")})
    assert FileSource(str(path), kept).about(["q.io/m"]).size == 1
    assert [*shared.iterdir()] == []


@pytest.mark.parametrize(
    ("files", "error", "sentence"),
    [
        ({"GO-1.json": "{"}, AdvisoryError, "GO-1.json: malformed advisory: "),
        ({"notes.txt": ""}, InputError, "no database of advisories: it holds no .json file"),
        ({"GO-1.json": " " * (MAX_ADVISORY_BYTES + 1)}, InputError, "larger than any advisory"),
    ],
)
@pytest.mark.parametrize("make", [folder, archive])
def test_what_is_no_database(
    files: dict[str, str], error: type[Exception], sentence: str, make: object, kept: KeptFiles, tmp_path: Path
) -> None:
    path = make(tmp_path, files)  # type: ignore[operator]
    with pytest.raises(error) as caught:
        FileSource(str(path), kept).about(["q.io/m"])
    assert sentence in str(caught.value)
    assert "db" in str(caught.value)


def test_a_zip_that_is_none_and_a_file_that_is_not_there(kept: KeptFiles, tmp_path: Path) -> None:
    (tmp_path / "db.zip").write_bytes(b"PK no zip")
    with pytest.raises(InputError, match=r"db\.zip: no database of advisories: neither a directory nor a whole zip"):
        FileSource(str(tmp_path / "db.zip"), kept).about(["q.io/m"])
    with pytest.raises(NotFoundError, match="nowhere: no such file or directory"):
        FileSource(str(tmp_path / "nowhere"), kept).about(["q.io/m"])
