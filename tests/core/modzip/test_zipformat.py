# SPDX-License-Identifier: BSD-3-Clause
"""The directory at the end of a zip: how many records are read of it, and how far one is searched."""

from __future__ import annotations

import struct

import pytest

from govgo.core.modzip import bounds
from govgo.core.modzip.zipformat import Entry, read_directory
from govgo.errors import BadZipError

ONES = 0xFFFFFFFF
"""The size of a file whose true size is in the extra field of zip64."""


def record(name: bytes, extra: bytes = b"", size: int = 0) -> bytes:
    fields = (0, 20, 0, 0, 0, 0, 0, 0, size, len(name), len(extra), 0, 0, 0, 0, 0)
    return struct.pack("<4s6H3I5H2I", b"PK\1\2", *fields) + name + extra


def read(*records: bytes) -> tuple[Entry, ...]:
    directory = b"".join(records)
    count = len(records)
    data = directory + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, count, count, len(directory), 0, 0)
    return read_directory(lambda offset, length: data[offset : offset + length], len(data))


def test_the_bounds_of_the_directory() -> None:
    """No module that can be extracted comes near them (the table in `bounds`)."""
    assert (bounds.MAX_ENTRIES, bounds.MAX_DIRECTORY) == (262_144, 32 * 1024 * 1024)


def test_attack_entries_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MAX_ENTRIES", 3)
    assert [entry.name for entry in read(record(b"a"), record(b"b"), record(b"c"))] == ["a", "b", "c"]
    with pytest.raises(BadZipError, match=r"zip: too many entries \(limit is 3\)"):
        read(record(b"a"), record(b"b"), record(b"c"), record(b"d"))


def test_attack_a_directory_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A record takes 46 bytes, and those of its name; here 47."""
    monkeypatch.setattr(bounds, "MAX_DIRECTORY", 94)
    assert len(read(record(b"a"), record(b"b"))) == 2
    with pytest.raises(BadZipError, match=r"zip: directory too large \(limit is 94 bytes\)"):
        read(record(b"a"), record(b"bb"))


def test_attack_extra_fields_without_end() -> None:
    """An entry whose size is in the 64th field is read; behind that nobody looks."""
    empty, zip64 = struct.pack("<2H", 9, 0), struct.pack("<2HQ", 1, 8, 7)
    (entry,) = read(record(b"a", empty * 63 + zip64, ONES))
    assert entry.size == 7
    with pytest.raises(BadZipError, match="not a valid zip file"):
        read(record(b"a", empty * 64 + zip64, ONES))
