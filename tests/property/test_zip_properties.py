# SPDX-License-Identifier: BSD-3-Clause
"""Damaged zips: whatever happens to the bytes, an archive that is let in has one meaning, for every reader."""

from __future__ import annotations

import hashlib
import io
import random
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govgo.adapters.modzip.hash import check_and_hash_zip
from govgo.core.gosum import dirhash
from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import BadZipError
from tests.simulators import campaigns
from tests.simulators.zips import DESCRIPTOR, STORED, Member, Zip

MV = ModuleVersion("m.io/x", "v1.0.0")
P = "m.io/x@v1.0.0/"
BASE = Zip(
    (
        Member(P + "go.mod", b"module m.io/x\n"),
        Member(P + "x.go", b"package x\n" * 40),
        Member(P + "stored", b"as it is", STORED),
        Member(P + "sub/y.go", b"package y\n" * 9, flags=DESCRIPTOR),
        Member(P + "big", b"z" * 500, zip64=True),
    )
).bytes()


def judged(data: bytes) -> str | None:
    """The h1: of the archive, None where it is refused."""
    with tempfile.TemporaryDirectory() as home:
        file = Path(home, "x.zip")
        file.write_bytes(data)
        try:
            return check_and_hash_zip(str(file), MV, shown="x.zip")
        except BadZipError:
            return None


def as_another_reader_sees_it(data: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return dirhash.h1((info.filename, hashlib.sha256(archive.read(info)).digest()) for info in archive.infolist())


def test_base_is_sound() -> None:
    assert judged(BASE) == as_another_reader_sees_it(BASE)


@pytest.mark.wide
@campaigns.thirds
@settings(max_examples=100, deadline=None)
@given(changes=st.lists(st.tuples(st.integers(0, len(BASE) - 1), st.integers(0, 255)), min_size=1, max_size=3))
def test_changed_bytes_are_refused_or_harmless(third: int, changes: list[tuple[int, int]]) -> None:
    data = bytearray(BASE)
    for at, value in changes:
        data[at] = value
    assert judged(bytes(data)) in (None, judged(BASE)) or judged(bytes(data)) == as_another_reader_sees_it(bytes(data))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(BASE) - 1))
def test_cut_archive_is_refused(length: int) -> None:
    assert judged(BASE[:length]) is None


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200), st.binary(max_size=200))
def test_noise_around_an_archive_changes_nothing_or_is_refused(before: bytes, after: bytes) -> None:
    assert judged(before + BASE + after) in (None, judged(BASE))


@pytest.mark.slow
def test_every_single_bit() -> None:
    sound = judged(BASE)
    changed = random.Random(1).sample(range(len(BASE) * 8), len(BASE) * 8)
    for bit in campaigns.spread(changed):
        data = bytearray(BASE)
        data[bit >> 3] ^= 1 << (bit & 7)
        found = judged(bytes(data))
        assert found in (None, sound) or found == as_another_reader_sees_it(bytes(data)), bit
