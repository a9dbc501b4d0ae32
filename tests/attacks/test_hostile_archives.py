# SPDX-License-Identifier: BSD-3-Clause
"""Attacks by archives of a few kB that would take all memory: by what their headers hold, before any file is read."""

from __future__ import annotations

import gzip
import io
import json
import os
import struct
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from govgo.adapters.advisories.files import MAX_ADVISORY_BYTES, FileSource
from govgo.adapters.disk import archives
from govgo.adapters.disk.executables import DiskExecutables
from govgo.adapters.disk.packed import MAX_PACKED_BYTES
from govgo.adapters.disk.usercache import KeptFiles
from govgo.adapters.storage.archive import ArchiveStorage
from govgo.adapters.workspace.archive import ArchiveFiles
from govgo.errors import GovgoError, InputError, UsageError
from tests.simulators import campaigns

SIZE = 48 << 20
ZEROS = bytes(1 << 20)


def header(kind: bytes, size: int, name: str = "x") -> bytes:
    member = tarfile.TarInfo(name)
    member.type, member.size = kind, size
    return member.tobuf(tarfile.GNU_FORMAT)


def long_header(kind: bytes) -> list[bytes]:
    """A header of a kind that holds a name, or records, of so many bytes."""
    return [header(kind, SIZE), *[ZEROS] * (SIZE >> 20)]


def sparse() -> list[bytes]:
    """A file of which each half kB is said to lie elsewhere."""
    first = bytearray(header(tarfile.GNUTYPE_SPARSE, 512))
    first[482] = 1  # more headers of the same kind follow
    first[148:156] = b" " * 8
    first[148:156] = b"%06o\0 " % sum(first)
    more = (b"00000000001\0" * 42)[:504] + b"\1" + bytes(7)
    return [bytes(first), *[more * 2048] * (SIZE >> 23)]


def sparse_by_pax() -> list[bytes]:
    """The same in the manner of pax: a list of numbers before the content."""
    records = b"22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n"
    count = SIZE >> 3
    return [
        header(tarfile.XHDTYPE, len(records)),
        records.ljust(512, b"\0"),
        header(tarfile.REGTYPE, SIZE),
        (b"%d\n" % count + b"1\n" * 256)[:512],
        *[b"1\n" * (1 << 19)] * (SIZE >> 22),
    ]


BOMBS: dict[str, Callable[[], list[bytes]]] = {
    "pax": lambda: long_header(tarfile.XHDTYPE),
    "global-pax": lambda: long_header(tarfile.XGLTYPE),
    "long-name": lambda: long_header(tarfile.GNUTYPE_LONGNAME),
    "long-link": lambda: long_header(tarfile.GNUTYPE_LONGLINK),
    "sparse": sparse,
    "sparse-by-pax": sparse_by_pax,
}


def peak_of(work: Callable[[], object], refusal: type[GovgoError]) -> int:
    tracemalloc.start()
    try:
        with pytest.raises(refusal):
            work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", campaigns.one_in(3, BOMBS))
def test_attack_an_archive_of_sources_whose_headers_are_a_bomb(name: str, tmp_path: Path) -> None:
    path = tmp_path / "app.tar.gz"
    with gzip.open(path, "wb", 1) as file:
        for piece in BOMBS[name]():
            file.write(piece)
    assert path.stat().st_size < 1 << 20
    assert peak_of(lambda: ArchiveFiles(str(path), "/repository"), UsageError) < 12 << 20


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME])
def test_attack_many_headers_that_are_no_bomb_alone(
    kind: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each has half of what one may have; tarfile keeps them all."""
    monkeypatch.setattr(archives, "_MOST_BYTES_OF_HEADERS", 4 << 20)
    path = tmp_path / "app.tar.gz"
    with gzip.open(path, "wb", 1) as file:
        for number in range(24):
            key = b"524288 k%06d=" % number
            file.write(header(kind, 1 << 19) + key + b"y" * ((1 << 19) - len(key) - 1) + b"\n")
            file.write(header(tarfile.REGTYPE, 0, f"f{number}"))
    assert peak_of(lambda: ArchiveFiles(str(path), "/repository"), UsageError) < 10 << 20


@pytest.mark.parametrize("count", [1, 30])
def test_attack_a_file_in_directories_without_end(count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each directory is a name of its own, as long as all that are above it."""
    path = tmp_path / "app.tar.gz"
    with tarfile.open(path, "w:gz", format=tarfile.GNU_FORMAT) as archive:
        for number in range(count):
            archive.addfile(tarfile.TarInfo(f"{number}/" + "a/" * (12_000 if count == 1 else 1_900) + "x"))
    monkeypatch.setattr("govgo.adapters.workspace.archive._MOST_BYTES_OF_NAMES", 4 << 20)
    assert peak_of(lambda: ArchiveFiles(str(path), "/repository"), UsageError) < 16 << 20


@pytest.mark.parametrize("name", campaigns.one_in(3, ["pax", "long-name", "sparse"]))
def test_attack_a_part_of_a_mirror_whose_headers_are_a_bomb(name: str, tmp_path: Path) -> None:
    path = tmp_path / "part.tar"
    with open(path, "wb") as file:
        for piece in BOMBS[name]():
            if piece.strip(b"\0"):
                file.write(piece)
            else:
                file.seek(len(piece), io.SEEK_CUR)
        file.truncate()
    storage = ArchiveStorage(str(path), "govgo/part")
    assert peak_of(lambda: storage.read("govgo/part"), InputError) < 12 << 20


@pytest.mark.wide
@pytest.mark.parametrize("name", campaigns.one_in(3, BOMBS))
def test_attack_an_archive_of_binaries_whose_headers_are_a_bomb(name: str, tmp_path: Path) -> None:
    path = tmp_path / "release.tar.gz"
    with gzip.open(path, "wb", 1) as file:
        for piece in [header(tarfile.REGTYPE, 0), *BOMBS[name]()]:
            file.write(piece)
    packed = DiskExecutables().packed(str(path))
    assert packed is not None
    assert peak_of(lambda: list(packed), InputError) < 12 << 20
    with gzip.open(path, "wb", 1) as file:
        for piece in BOMBS[name]():
            file.write(piece)
    found = DiskExecutables().packed(str(path))  # by its name, though its first header is refused
    assert found is not None
    assert peak_of(lambda: list(found), InputError) < 12 << 20


def test_attack_what_is_passed_over_in_an_archive_of_binaries_has_an_end(tmp_path: Path) -> None:
    """A file that is not a binary is inflated all the same, to come to the next one."""
    path = tmp_path / "release.tar.gz"
    path.write_bytes(gzip.compress(header(tarfile.REGTYPE, 4 * MAX_PACKED_BYTES + 1) + ZEROS))
    packed = DiskExecutables().packed(str(path))
    assert packed is not None
    with pytest.raises(InputError, match="more than 4294967296 bytes in the archive"):
        list(packed)


@pytest.mark.parametrize("names", [1, 200])
def test_attack_advisories_that_share_one_stream(names: int, tmp_path: Path) -> None:
    """A zip of 20 kB, whose directory names one file 200 times, would be inflated and parsed for each."""
    text = json.dumps({"id": "GO-1", "modified": "2026-01-02T00:00:00Z", "details": ""})
    text = text.replace('""', '"' + "a" * (MAX_ADVISORY_BYTES - len(text)) + '"')
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("ID/GO-1.json", text)
    data = buffer.getvalue()
    begin, end = data.rindex(b"PK\1\2"), data.rindex(b"PK\5\6")
    directory = data[begin:end] * names
    tail = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, names, names, len(directory), begin, 0)
    (tmp_path / "db.zip").write_bytes(data[:begin] + directory + tail)
    source = FileSource(str(tmp_path / "db.zip"), KeptFiles({}, "advisories"))
    if names == 1:
        assert source.about(["q.io/m"]).size == 1
    else:
        with pytest.raises(InputError, match="too large for advisories"):
            source.about(["q.io/m"])


def test_attack_a_compression_that_fails_in_its_own_way(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "db.zip", "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("GO-1.json", os.urandom(500))
    data = bytearray((tmp_path / "db.zip").read_bytes())
    data[60:90] = b"\xff" * 30
    (tmp_path / "db.zip").write_bytes(data)
    with pytest.raises(InputError, match="no database of advisories"):
        FileSource(str(tmp_path / "db.zip"), KeptFiles({}, "advisories")).about(["q.io/m"])


def test_honest_long_names_are_read(tmp_path: Path) -> None:
    name = "app/" + "/".join(["directory"] * 40) + "/go.mod"
    for form in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        path = tmp_path / f"app{form}.tar.gz"
        with tarfile.open(path, "w:gz", format=form) as archive:
            for each in (name, "app/go.mod"):
                member = tarfile.TarInfo(each)
                member.size = 9
                archive.addfile(member, io.BytesIO(b"module m\n"))
        assert ArchiveFiles(str(path), "/repository").content_of(name.removeprefix("app/")) == b"module m\n"
