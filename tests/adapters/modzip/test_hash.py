# SPDX-License-Identifier: BSD-3-Clause
"""Zips that attack: each is refused before it enters the cache, and leaves nothing behind."""

from __future__ import annotations

import base64
import functools
import hashlib
import os
import resource
import stat
import struct
import zlib
from dataclasses import replace
from pathlib import Path

import pytest

from govgo.adapters.modcache.cache import ModCache
from govgo.adapters.modzip.hash import hash_archive, hash_tree, hash_zip
from govgo.adapters.modzip.read import Rules, open_archive
from govgo.adapters.modzip.unzip import unzip
from govgo.adapters.proxy.compare import ModuleFiles
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.modzip import rules
from govgo.errors import BadZipError, GovgoError
from tests.simulators.zips import DESCRIPTOR, STORED, Member, Zip, archive, deflate, module_zip

MV = ModuleVersion("m.io/x", "v1.0.0")
P = "m.io/x@v1.0.0/"
GOOD = Member(P + "x.go", b"package x\n")
LONG = b"package x // " + b"y" * 70_000 + b"\n"


@pytest.fixture
def cache(tmp_path: Path) -> ModCache:
    return ModCache(str(tmp_path / "mod"), writable_dirs=False)


def download(cache: ModCache, data: bytes, mv: ModuleVersion = MV, gomod: bytes | None = None) -> str:
    """What a download does: write, check and extract, commit."""
    with cache.lock(mv), cache.new_zip_temp(mv) as temp, cache.new_tree(mv) as tree:
        temp.write(data)
        h1 = cache.check_and_hash_zip(temp.path, mv, gomod=gomod, tree=tree)
        temp.commit(h1)
        tree.commit()
    return h1


def files_of(cache: ModCache) -> list[str]:
    root = Path(cache.root)
    return sorted(str(p.relative_to(root)) for p in root.rglob("*") if not p.is_dir() and p.suffix != ".lock")


def nested() -> bytes:
    """An entry whose stored content is another entry, header and all: both have true headers of their own."""
    inner = Member(P + "y.go", b"package y\n", STORED)
    outer = Member(P + "x.go", inner.local(), STORED)
    place = len(outer.local()) - len(inner.local())
    return Zip((outer, replace(inner, offset=place))).bytes()


def extra_fields(length: int) -> bytes:
    """An entry that looks for its sizes in an extra field of `length` bytes of empty ones."""
    name, extra = (P + "x.go").encode(), bytes((9, 0, 0, 0)) * (length // 4)
    fields = (0, 20, 0, STORED, 0, 0, 0, 0, 0, len(name), len(extra), 0, 0, 0, 0, 0xFFFFFFFF)
    record = struct.pack("<4s6H3I5H2I", b"PK\1\2", *fields) + name + extra
    return record + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 1, 1, len(record), 0, 0)


NESTED = nested()
ATTACKS: dict[str, tuple[bytes, str]] = {
    "path_outside_the_prefix": (archive(Member("evil/x.go")), "unexpected file evil/x.go"),
    "absolute_path": (archive(Member("/etc/passwd")), "unexpected file /etc/passwd"),
    "parent_directory": (archive(Member(P + "../../x")), 'invalid path element ".."'),
    "parent_directory_inside": (archive(Member(P + "a/../../x")), "not clean"),
    "absolute_after_prefix": (archive(Member(P + "/etc/x")), "malformed file path"),
    "slash_after_prefix": (archive(Member(P + "/a.go")), 'malformed file path "/a.go": empty path element'),
    "backslash": (archive(Member(P + "..\\x")), "invalid char '\\\\'"),
    "drive": (archive(Member(P + "c:/x")), "invalid char ':'"),
    "control_character": (archive(Member(P + "a\x1b[31mb")), "invalid char"),
    "newline_in_name": (archive(Member(P + "a\nb")), "invalid char"),
    "nul_in_name": (archive(Member(P + "a\0b")), "invalid char"),
    "name_not_utf8": (archive(Member(P.encode() + b"\xff.go")), "invalid UTF-8"),
    "duplicate_name": (archive(GOOD, GOOD), "multiple entries for file"),
    "case_folding_collision": (archive(GOOD, Member(P + "X.go")), "case-insensitive file name collision"),
    "unicode_folding_collision": (archive(Member(P + "ſ"), Member(P + "S")), "case-insensitive"),
    "directory_and_file": (archive(Member(P + "a"), Member(P + "a/b")), "both a file and a directory"),
    "nested_go_mod": (archive(Member(P + "a/go.mod")), "not in module root directory"),
    "go_mod_in_other_case": (archive(Member(P + "GO.MOD")), "must have lowercase names"),
    "symbolic_link": (archive(Member(P + "l", b"/etc/passwd", mode=stat.S_IFLNK | 0o777)), "not a regular file"),
    "device": (archive(Member(P + "d", mode=stat.S_IFCHR | 0o666)), "not a regular file"),
    "local_name_differs": (archive(Member(P + "x.go", local_name=b"m.io/x@v1.0.0/y.go")), "name in the local header"),
    "local_method_differs": (archive(Member(P + "x.go", b"x" * 9, local_method=STORED)), "compression method"),
    "local_flags_differ": (archive(Member(P + "x.go", b"x", local_flags=1)), "flags in the local header"),
    "local_size_differs": (archive(Member(P + "x.go", b"x" * 9, local_size=8)), "sizes in the local header"),
    "local_checksum_differs": (archive(Member(P + "x.go", b"x", local_crc=7)), "checksum or sizes in the local"),
    "wrong_checksum": (archive(Member(P + "x.go", b"x", crc=1)), "checksum error"),
    "wrong_checksum_of_zero": (archive(Member(P + "x.go", b"x", crc=0)), "checksum error"),
    "wrong_checksum_stored": (archive(Member(P + "x.go", b"x", STORED, crc=1)), "checksum error"),
    "larger_than_declared": (archive(Member(P + "x.go", LONG, size=10)), "not a valid zip file"),
    "smaller_than_declared": (archive(Member(P + "x.go", b"xx", size=99)), "unexpected EOF"),
    "stored_larger_than_declared": (archive(Member(P + "x.go", b"xx", STORED, size=1)), "not a valid zip file"),
    "packed_size_too_large": (archive(Member(P + "x.go", b"x", packed_size=9)), "after the end of the compressed"),
    "packed_size_past_the_end": (archive(Member(P + "x.go", LONG, packed_size=1 << 30)), "after the end"),
    "packed_size_too_small": (archive(Member(P + "x.go", LONG, packed_size=9)), "unexpected EOF"),
    "hidden_data_behind_the_stream": (
        archive(Member(P + "x.go", b"x", packed=deflate(b"x") + b"secret")),
        "after the end of the compressed stream",
    ),
    "corrupt_stream": (archive(Member(P + "x.go", b"x", packed=b"\x07\xff\xff")), "flate: corrupt input"),
    "unknown_method": (archive(Member(P + "x.go", b"x", 12)), "unsupported compression algorithm"),
    "descriptor_checksum_differs": (
        archive(Member(P + "x.go", b"x", flags=DESCRIPTOR, descriptor=b"PK\7\x08" + bytes(12))),
        "checksum error",
    ),
    "descriptor_sizes_differ": (
        archive(
            Member(
                P + "x.go", b"x", flags=DESCRIPTOR, descriptor=struct.pack("<4s3I", b"PK\7\x08", zlib.crc32(b"x"), 3, 2)
            )
        ),
        "sizes in the data descriptor",
    ),
    "local_header_outside": (archive(Member(P + "x.go", b"x", offset=1 << 31)), "EOF"),
    "local_header_of_another": (
        archive(GOOD, Member(P + "y.go", GOOD.content, offset=0)),
        "y.go: overlaps m.io/x@v1.0.0/x.go",
    ),
    "directory_with_content": (archive(Member(P + "d/", b"x")), "not a valid zip file"),
    "too_few_records": (Zip((GOOD,), count=2).bytes(), "unexpected EOF"),
    "too_many_records": (Zip((GOOD, Member(P + "y.go")), count=1).bytes(), "unexpected EOF"),
    "not_a_zip": (b"<html>404</html>", "not a valid zip file"),
    "empty_file": (b"", "not a valid zip file"),
    "cut_in_half": (module_zip("m.io/x@v1.0.0", {"x.go": LONG})[:200], "not a valid zip file"),
    "go_mod_of_17_mib": (archive(Member(P + "go.mod", bytes(17 << 20))), "go.mod file too large"),
    "license_of_17_mib": (archive(Member(P + "LICENSE", bytes(17 << 20))), "LICENSE file too large"),
    "contents_declared_too_large": (archive(Member(P + "a", size=500 << 20), GOOD), "module contents too large"),
    "name_of_60_000_bytes": (archive(Member(P + "a" * 60_000)), "file name too long (60014 bytes; limit is 2048)"),
    "directories_without_end": (archive(Member(P + "A/" * 300 + "a")), "too many directories in file name"),
    "element_that_no_disk_takes": (archive(Member(P + "a" * 256)), "path element too long (limit is 255 bytes)"),
    "entry_within_another": (NESTED, "y.go: overlaps m.io/x@v1.0.0/x.go"),
    "extra_fields_without_end": (extra_fields(60_000), "not a valid zip file"),
    "size_of_two_to_the_63": (archive(Member(P + "a", size=1 << 63, zip64=True)), "module contents too large"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_refused(attack: str, cache: ModCache) -> None:
    data, says = ATTACKS[attack]
    with pytest.raises(BadZipError) as caught:
        download(cache, data)
    assert says in str(caught.value)
    assert str(caught.value).replace("\n", "").isprintable()
    assert files_of(cache) == []


@pytest.mark.parametrize(
    "data",
    [
        module_zip("m.io/x@v1.0.0", {"go.mod": b"module m.io/x\n", "x.go": LONG, "empty": b""}),
        archive(Member(P + "x.go", LONG, STORED)),
        archive(Member(P + "x.go", LONG, flags=DESCRIPTOR)),
        archive(
            Member(P + "x.go", b"x", flags=DESCRIPTOR, descriptor=struct.pack("<3I", zlib.crc32(b"x"), 3, 1)),
        ),
        archive(Member(P + "x.go", b"x", flags=DESCRIPTOR, descriptor=struct.pack("<I2Q", zlib.crc32(b"x"), 3, 1))),
        archive(Member(P + "x.go", b"x", mode=stat.S_IFREG | 0o755)),
        archive(Member(P + "x.go", LONG, zip64=True)),
        Zip((GOOD,), zip64_end=True, comment=b"a comment").bytes(),
        Zip((GOOD,), prefix=b"#!/bin/sh\n").bytes(),
        archive(Member(P + "x.go", bytes(3 << 20))),
        archive(Member(P + "x.go", os.urandom(3 << 20), STORED), Member(P + "y", os.urandom(3 << 20))),
    ],
    ids=["deflated", "stored", "descriptor", "descriptor-unmarked", "descriptor-64", "mode", "zip64", "zip64-end",
         "prefixed", "zeros", "large"],
)  # fmt: skip
def test_unusual_but_honest_is_taken(data: bytes, cache: ModCache) -> None:
    h1 = download(cache, data)
    assert cache.ziphash(MV) == h1 == cache.hash_zip(MV)
    tree = cache.download_dir(MV)
    assert tree.state == "whole"
    assert hash_tree(tree.dir, str(MV)) == h1
    with cache.new_tree(MV) as temp:
        unzip(temp.path, MV, cache.zip_path(MV))
        assert hash_tree(temp.path, str(MV)) == h1


def test_bomb_is_not_inflated_past_its_declared_size(cache: ModCache) -> None:
    """128 MiB of zeros in an entry that says it is 16 KiB: refused, in memory that does not grow with it."""
    packer = zlib.compressobj(1, zlib.DEFLATED, -15)
    stream = b"".join(packer.compress(bytes(1 << 20)) for _ in range(128)) + packer.flush()
    data = archive(Member(P + "bomb", packed=stream, crc=0, size=16384))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(BadZipError, match="not a valid zip file"):
        download(cache, data)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024
    assert files_of(cache) == []


@functools.cache
def hundred_mebibytes() -> bytes:
    """Zeros, deflated."""
    packer = zlib.compressobj(1, zlib.DEFLATED, -15)
    return b"".join(packer.compress(bytes(1 << 20)) for _ in range(100)) + packer.flush()


@pytest.mark.wide
@pytest.mark.parametrize("reader", ["hash_zip", "zip_hashes", "zip_contents"])
def test_entries_that_share_one_stream_are_inflated_up_to_the_limit_of_all(reader: str, tmp_path: Path) -> None:
    """Forty names for one stream of 100 MiB, 450 KB in all: whoever reads the archive stops at half a gigabyte."""
    stream = hundred_mebibytes()
    crc = zlib.crc32(bytes(100 << 20))
    first = Member(P + "0", packed=stream, crc=crc, size=100 << 20)
    aliases = (
        Member(P + str(i), packed=b"", packed_size=len(stream), crc=crc, size=100 << 20, offset=0) for i in range(1, 40)
    )
    path = tmp_path / "x.zip"
    path.write_bytes(archive(first, *aliases))
    files = ModuleFiles()
    read = {
        "hash_zip": lambda: hash_zip(str(path)),
        "zip_hashes": lambda: files.zip_hashes(str(path)),
        "zip_contents": lambda: files.zip_contents(str(path), frozenset(P + str(i) for i in range(40))),
    }[reader]
    with pytest.raises(BadZipError, match="total uncompressed size of module contents too large"):
        read()


def test_one_name_a_hundred_thousand_times_is_hashed_once(tmp_path: Path) -> None:
    """go hashes the last content as often as the name occurs; the sum is that of the lines with sha256sum's hash."""
    content = bytes(1 << 20)
    path = tmp_path / "x.zip"
    path.write_bytes(archive(*[Member(P + "a")] * 1000, Member(P + "a", content)))
    lines = f"{hashlib.sha256(content).hexdigest()}  {P}a\n" * 1001
    digest = base64.b64encode(hashlib.sha256(lines.encode()).digest()).decode()
    with open_archive(str(path), Rules.GO) as opened:
        assert hash_archive(opened) == "h1:" + digest
        assert opened.inflated == len(content)


def test_what_is_told_of_a_zip_has_an_end(cache: ModCache) -> None:
    with pytest.raises(BadZipError) as caught:
        download(cache, archive(*(Member(f"{P}{i}{'x' * 240}?/{'y' * 250}") for i in range(1000))))
    assert len(str(caught.value)) < 70_000
    assert str(caught.value).count("\n") == 50
    assert str(caught.value).endswith("\nthere are more such files")


def test_names_of_a_zip_are_bounded_together(cache: ModCache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MAX_PATHS", 100)
    with pytest.raises(BadZipError, match="file names too long together"):
        download(cache, archive(*(Member(f"{P}{letter}/{letter}/{letter}/{letter}") for letter in "abcdefg")))


def test_zip_of_another_module(cache: ModCache) -> None:
    with pytest.raises(BadZipError, match=r"zip for m.io/x@v1.0.0 has unexpected file m.io/x@v1.0.1/x.go"):
        download(cache, module_zip("m.io/x@v1.0.1", {"x.go": b"package x\n"}))


@pytest.mark.parametrize("version", ["v1", "master", "v2.0.0"])
def test_version_that_no_zip_can_be_for(version: str, cache: ModCache) -> None:
    with pytest.raises(GovgoError):
        download(cache, module_zip(f"m.io/x@{version}", {"x.go": b""}), ModuleVersion("m.io/x", version))
    assert files_of(cache) == []


def test_go_mod_in_the_zip_differs_from_the_one_served(cache: ModCache) -> None:
    data = module_zip("m.io/x@v1.0.0", {"go.mod": b"module m.io/x\n\nrequire evil.io/x v1.0.0\n"})
    with pytest.raises(BadZipError, match=r"go.mod in the zip differs"):
        download(cache, data, gomod=b"module m.io/x\n")
    assert files_of(cache) == []


def test_go_mod_in_the_zip_is_the_one_served(cache: ModCache) -> None:
    download(cache, module_zip("m.io/x@v1.0.0", {"go.mod": b"module m.io/x\n"}), gomod=b"module m.io/x\n")
    assert cache.has_zip(MV)


def test_file_larger_than_a_module_zip_may_be(cache: ModCache) -> None:
    with cache.lock(MV), cache.new_zip_temp(MV) as temp:
        temp.write(bytes(4096))
        with open(temp.path, "r+b") as file:
            file.truncate((500 << 20) - 1)  # sparse
            file.seek(0, os.SEEK_END)
            file.write(archive(GOOD))
        with pytest.raises(BadZipError, match=r"module zip file is too large \(\d+ bytes; limit is 524288000 bytes\)"):
            cache.check_and_hash_zip(temp.path, MV)
    assert files_of(cache) == []


def test_extraction_refuses_what_go_let_into_the_cache(cache: ModCache) -> None:
    """go stores a zip before it checks the names in it; the tree must not appear all the same."""
    path = Path(cache.zip_path(MV))
    path.parent.mkdir(parents=True)
    path.write_bytes(archive(Member(P + "../../../../escaped", b"x")))
    Path(f"{path}hash").write_text("h1:" + "A" * 43 + "=")
    with pytest.raises(BadZipError, match=r"unzip .*v1.0.0.zip: .*invalid path element"):
        cache.extract(MV)
    assert cache.download_dir(MV).state == "missing"
    assert files_of(cache) == [
        "cache/download/m.io/x/@v/v1.0.0.zip",
        "cache/download/m.io/x/@v/v1.0.0.ziphash",
    ]
