# SPDX-License-Identifier: BSD-3-Clause
"""Attacks by archives of a few kB that would take all memory: by what their headers hold, before any file is read."""

from __future__ import annotations

import gzip
import io
import tarfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from govgo.adapters.disk.executables import DiskExecutables
from govgo.adapters.storage.archive import ArchiveStorage
from govgo.adapters.workspace.archive import ArchiveFiles
from govgo.errors import GovgoError, InputError, UsageError

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


@pytest.mark.parametrize("name", BOMBS)
def test_attack_an_archive_of_sources_whose_headers_are_a_bomb(name: str, tmp_path: Path) -> None:
    path = tmp_path / "app.tar.gz"
    with gzip.open(path, "wb", 1) as file:
        for piece in BOMBS[name]():
            file.write(piece)
    assert path.stat().st_size < 1 << 20
    assert peak_of(lambda: ArchiveFiles(str(path), "/repository"), UsageError) < 12 << 20


@pytest.mark.parametrize("name", ["pax", "long-name", "sparse"])
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


@pytest.mark.parametrize("name", BOMBS)
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
