# SPDX-License-Identifier: BSD-3-Clause
"""Archives as storages: what is not sealed never was, and what is not ours is refused."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from govgo.adapters.storage.archive import ArchiveStorage
from govgo.errors import InputError, StorageError

SEAL = "govgo/manifest"


@pytest.fixture(params=["m.tar", "m.zip"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / request.param
    assert [each.name for each in tmp_path.iterdir()] in ([request.param], [], [request.param, "local"], ["local"])


def opened(path: Path) -> ArchiveStorage:
    return ArchiveStorage(str(path), SEAL)


def test_what_is_sealed_is_there_and_what_is_not_never_was(path: Path) -> None:
    storage = opened(path)
    assert storage.create("q.io/a/@v/list", b"v1.0.0\n")
    assert not storage.create("q.io/a/@v/list", b"other")
    assert storage.read("q.io/a/@v/list") == b"v1.0.0\n"
    assert opened(path).read("q.io/a/@v/list") is None
    storage.close()
    assert not path.exists()
    storage.create("q.io/a/@v/list", b"v1.0.0\n")
    storage.create(SEAL, b"sealed")
    assert opened(path).read("q.io/a/@v/list") == b"v1.0.0\n"
    again = opened(path)
    again.replace("q.io/a/@v/list", b"v2\n")
    again.delete("q.io/a/@v/list")
    again.close()
    assert {entry.key: entry.size for entry in opened(path).entries()} == {"q.io/a/@v/list": 7, SEAL: 6}


def test_what_a_killed_process_has_left_goes_with_the_next_change(path: Path) -> None:
    """And what another one that lives has written does not."""
    living = opened(path)
    living.create("a", b"1")
    (mine,) = path.parent.iterdir()
    dead = path.with_name(f"{path.name}.abcdef_1.tmp")
    dead.mkdir()
    (dead / "1").write_bytes(b"half a zip")
    other = opened(path)
    other.create("b", b"2")
    assert not dead.exists()
    assert mine.exists()
    other.close()
    living.create(SEAL, b"sealed")
    assert {entry.key for entry in opened(path).entries()} == {"a", SEAL}
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_reading_in_ranges(path: Path, tmp_path: Path) -> None:
    data = bytes(range(256)) * 20_000
    local = tmp_path / "local"
    local.write_bytes(data)
    storage = opened(path)
    assert storage.create_from("z.zip", str(local))
    storage.create(SEAL, b"")
    for each in (storage, opened(path)):
        assert each.read("z.zip", 300, 7) == data[300:307]
        assert each.read("z.zip", len(data) - 2, 9) == data[-2:]
        assert b"".join(each.chunks("z.zip") or ()) == data
        assert each.read("none") is None
        assert each.head("none") is None
    local.unlink()


def test_of_two_writers_the_later_is_told(path: Path) -> None:
    storage = opened(path)
    storage.create(SEAL, b"1")
    one, two = opened(path), opened(path)
    tags = [each.head(SEAL) for each in (one, two)]
    assert tags[0] is not None
    assert tags[0] == tags[1]
    one.create("a", b"one")
    two.create("b", b"two")
    assert one.swap(SEAL, b"2", tags[0].tag)
    assert not two.swap(SEAL, b"3", tags[0].tag)
    with pytest.raises(StorageError, match="another process has written it meanwhile"):
        two.replace(SEAL, b"3")
    two.close()
    assert opened(path).read(SEAL) == b"2"
    assert opened(path).read("b") is None


def test_the_same_files_make_the_same_archive(path: Path) -> None:
    for _ in range(2):
        storage = opened(path)
        for key in ("b", "a/c"):
            storage.create(key, key.encode())
        storage.create(SEAL, b"")
        found = path.read_bytes()
        path.unlink()
        storage = opened(path)
        storage.create("a/c", b"a/c")
        storage.create("b", b"b")
        storage.create(SEAL, b"")
        assert path.read_bytes() == found
        path.unlink()


def tar_with(member: tarfile.TarInfo, data: bytes = b"") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        member.size = len(data)
        archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


def link(kind: bytes) -> tarfile.TarInfo:
    member = tarfile.TarInfo("a")
    member.type, member.linkname = kind, "/etc/passwd"
    return member


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no archive at all" * 100,
        tar_with(tarfile.TarInfo("../a"), b"x"),
        tar_with(tarfile.TarInfo("/a"), b"x"),
        tar_with(tarfile.TarInfo("a/../../b"), b"x"),
        tar_with(link(tarfile.SYMTYPE)),
        tar_with(link(tarfile.LNKTYPE)),
        tar_with(link(tarfile.CHRTYPE)),
        tar_with(link(tarfile.FIFOTYPE)),
    ],
)
def test_tar_files_that_are_refused(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "m.tar"
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"m\.tar|storage key"):
        opened(path).read("a")


@pytest.mark.parametrize(
    ("names", "method"), [(["a"], zipfile.ZIP_DEFLATED), (["../a"], zipfile.ZIP_STORED), (["a\\b"], zipfile.ZIP_STORED)]
)
def test_zip_files_that_are_refused(names: list[str], method: int, tmp_path: Path) -> None:
    path = tmp_path / "m.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        for name in names:
            archive.writestr(name, b"x" * 100)
    with pytest.raises(InputError):
        opened(path).read("a")
    path.write_bytes(b"PK")
    with pytest.raises(InputError, match=r"m\.zip"):
        opened(path).read("a")


def stored_zip() -> bytes:
    """Two members that hold `key` and `kez`, as their names say."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in ("key", "kez"):
            archive.writestr(zipfile.ZipInfo(name), name)
    return out.getvalue()


def encrypted() -> bytes:
    """Bit 0 of the flags, which stand 8 bytes behind the mark of a record of the directory (APPNOTE.TXT, 4.4.4)."""
    data = bytearray(stored_zip())
    data[data.index(b"PK\1\2") + 8] |= 1
    return bytes(data)


def tar_of_two() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for body in (b"first", b"other"):
            member = tarfile.TarInfo("key")
            member.size = len(body)
            archive.addfile(member, io.BytesIO(body))
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "text"),
    [
        ("m.tar", tar_of_two(), "two of one name"),
        ("m.zip", stored_zip().replace(b"kez", b"key"), "two of one name"),
        ("m.zip", encrypted(), "encrypted"),
        ("m.zip", stored_zip().replace(b"PK\3\4", b"PK\3\5", 1), "has no header"),
    ],
)
def test_attack_an_archive_that_shows_each_reader_something_else(
    name: str, data: bytes, text: str, tmp_path: Path
) -> None:
    """Of two members of one name tar gives the last, others the first; no reader gets bytes that are not content."""
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError, match=text):
        opened(tmp_path / name).read("key")


def test_a_file_that_was_cut(tmp_path: Path) -> None:
    path = tmp_path / "m.tar"
    storage = opened(path)
    storage.create("a", b"x" * 5000)
    storage.create(SEAL, b"")
    reader = opened(path)
    assert reader.head("a") is not None
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(StorageError, match="a changed while it was read"):
        reader.read("a")
