# SPDX-License-Identifier: BSD-3-Clause
"""The parts of a zip that go.sum's hash does not cover: one changed byte is told, other programs' habits are not."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from govgo.adapters.modzip.hash import hash_archive
from govgo.adapters.modzip.layout import layout_fault
from govgo.adapters.modzip.read import Rules, open_archive
from govgo.errors import GovgoError
from tests.simulators.zips import DESCRIPTOR, Member, archive

PREFIX = "q.io/a@v1.0.0/"


def as_go(*names: str) -> bytes:
    """Entries as Go's writer lays them out."""
    made = archive(*(Member(PREFIX + name, b"package a // " + name.encode(), flags=DESCRIPTOR) for name in names))
    # Its directory names version 2.0 of the format as that of the writer.
    return made.replace(b"PK\1\2\0\0", b"PK\1\2\x14\0")


def fault(path: Path, data: bytes) -> str:
    """What a look at the archive comes to: its hash and the fault of its layout, or why there is none."""
    path.write_bytes(data)
    try:
        with open_archive(str(path), Rules.STRICT) as opened:
            return f"{hash_archive(opened)} {layout_fault(opened)}"
    except GovgoError as error:
        return str(error)


@pytest.mark.wide
@pytest.mark.parametrize("names", [("a.go",), ("a.go", "b.go"), ("a.go", "b.go", "c/d.go", "LICENSE")])
def test_every_flipped_bit_shows(tmp_path: Path, names: tuple[str, ...]) -> None:
    path = tmp_path / "a.zip"
    sound = as_go(*names)
    right = fault(path, sound)
    assert right.endswith(" ")
    unseen = []
    for offset in range(len(sound)):
        for bit in (1, 64):
            data = bytearray(sound)
            data[offset] ^= bit
            if fault(path, bytes(data)) == right:
                unseen.append(offset)
    # Bits after the end of a compressed stream, within its last byte, mean nothing to anyone.
    assert len(unseen) <= len(names)


def test_other_programs_are_not_reported(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for year, name in ((1999, "a.go"), (2001, "b.go"), (2020, "run.sh")):
            info = zipfile.ZipInfo(PREFIX + name, (year, 1, 2, 3, 4, 6))
            info.external_attr = (0o755 if name == "run.sh" else 0o644) << 16
            made.writestr(info, name)
    assert fault(tmp_path / "a.zip", out.getvalue()).endswith(" ")


def test_modes_of_unix_programs_may_differ(tmp_path: Path) -> None:
    plain = Member(PREFIX + "a.go", b"package a\n", mode=0o100644)
    members = [replace(plain, name=f"{PREFIX}{name}") for name in ("a.go", "b.go", "c.go")]
    members.append(replace(plain, name=PREFIX + "run.sh", mode=0o100755))
    assert fault(tmp_path / "a.zip", archive(*members)).endswith(" ")
