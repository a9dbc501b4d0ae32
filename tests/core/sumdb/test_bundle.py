# SPDX-License-Identifier: BSD-3-Clause
"""Proof bundles: every honest one proves, and nothing else is read or proved."""

from __future__ import annotations

import base64
import hashlib
import random
from functools import cache

import pytest

from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.sumdb import bundle
from govgo.core.sumdb.bundle import Bundle, format_bundle, make_bundle, parse_bundle, prove_bundle
from govgo.core.sumdb.heads import read_head
from govgo.core.sumdb.note import parse_verifier
from govgo.errors import BadSignatureError, GovgoError, IntegrityError, SumDbFormatError
from tests.simulators import logmath
from tests.simulators.sumdb_log import Log, h1, keys, record_text

MODS = (ModuleVersion("example.org/m", "v1.0.0"), ModuleVersion("example.org/n", "v0.2.0"))


@cache
def log() -> Log:
    made = Log().grow(40)
    made.add(*MODS[0])
    made.grow(100)
    made.add(*MODS[1])
    return made.grow(60)


def bundle_of(made: Log, *numbers: int, size: int | None = None) -> Bundle:
    head = read_head(made.head(size), parse_verifier(made.key))
    return make_bundle(head, {n: made.records[n] for n in numbers}, made.nodes.__getitem__)


@cache
def sound() -> bytes:
    return format_bundle(bundle_of(log(), 40, 141))


def prove(data: bytes, key: str = "") -> object:
    return prove_bundle(parse_bundle(data), parse_verifier(key or log().key))


def test_the_file_is_as_documented() -> None:
    made = Log().grow(2)
    made_bundle = bundle_of(made, 1)
    other = logmath.prove_record(2, 1, made.nodes.__getitem__)
    assert made_bundle.proof == other
    hash_line = base64.b64encode(hashlib.sha256(b"\0" + made.records[0]).digest())
    assert format_bundle(made_bundle) == (
        b"go.sum proof bundle v1\n\n1\n" + made.records[1] + b"\nproof 1\n" + hash_line + b"\n\n" + made.head()
    )


def test_lines_come_out_as_they_went_in() -> None:
    proved = prove_bundle(parse_bundle(sound()), parse_verifier(log().key))
    for mod in MODS:
        zip_line, mod_line = record_text(*mod).splitlines()
        assert proved.lines(mod) == (zip_line,)
        assert proved.lines(ModuleVersion(mod.path, mod.version + "/go.mod")) == (mod_line,)
    assert proved.lines(ModuleVersion("example.org/m", "v1.0.1")) is None
    assert proved.head.tree == log().tree()


def test_a_bundle_has_one_spelling() -> None:
    assert format_bundle(parse_bundle(sound())) == sound()
    assert format_bundle(bundle_of(log(), 141, 40)) == sound()


def test_a_record_moved_to_another_number_is_not_proved() -> None:
    whole = bundle_of(log(), 40)
    moved = Bundle(((41, log().records[40]),), whole.proof, whole.note)
    with pytest.raises(IntegrityError):
        prove(format_bundle(moved))


def test_another_key_is_not_enough() -> None:
    with pytest.raises(BadSignatureError):
        prove(sound(), keys(2)[1])


def test_a_head_of_another_log() -> None:
    whole, other = parse_bundle(sound()), Log().grow(202)
    with pytest.raises(IntegrityError):
        prove(format_bundle(Bundle(whole.records, whole.proof, other.head())))


def test_two_records_for_one_version_are_refused() -> None:
    made = Log().grow(3)
    first = made.add(*MODS[0])
    second = made.add(*MODS[0], f"{MODS[0].path} {MODS[0].version} {h1('other')}\n")
    with pytest.raises(IntegrityError, match=r"record 4 is not the only one for example.org/m@v1.0.0"):
        prove(format_bundle(bundle_of(made, first, second)), made.key)


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        (b"bundle v1", b"bundle v2", "unknown version"),
        (b"go.sum proof", b"go.mod proof", "not a proof bundle"),
        (b"\n\n40\n", b"\n\n+40\n", "a record"),
        (b"\n\n40\n", b"\n\n040\n", "a record"),
        (b"\n\n40\n", b"\n\n141\n", "order of records"),
        (b"\n\n40\n", b"\n\n9223372036854775807\n", "order of records"),
        (b"\n\n141\n", b"\n\n4611686018427387904\n", "order of records"),  # 1 << 62
        (b"\n\n40\nexample", b"\n\n40\n\x01example", "a record"),
        (b"v1\n\n40", b"v1\n40", "malformed"),
        (b"v1\n\n40", b"v1\n\n\n40", "malformed"),
        (b"v1\n\n40", b"v1\r\n\n40", "not a proof bundle|unknown version"),
        (b"\nproof ", b"\nproof 0", "form"),
        (b"\nproof ", b"\nproof 1", "form"),
        (b"\nproof ", b"\nproofs ", "malformed"),
        (b"=\n\ngo.sum database tree", b"\n\ngo.sum database tree", "the proof"),
        (b"=\n\ngo.sum database tree", b"=\r\n\ngo.sum database tree", "form"),
    ],
)
def test_other_spellings_are_refused(old: bytes, new: bytes, text: str) -> None:
    assert sound().count(old) == 1
    with pytest.raises(SumDbFormatError, match=text):
        parse_bundle(sound().replace(old, new))


def test_attack_bundles_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the file, and of the signatures below the tree head: 64 KiB have room for some hundred."""
    whole = parse_bundle(sound())
    line = "\u2014 stranger.example AAAAAAAA\n".encode()
    some = whole._replace(note=whole.note + line * 100)
    assert parse_bundle(format_bundle(some)) == some
    with pytest.raises(SumDbFormatError, match="its form"):
        parse_bundle(format_bundle(whole._replace(note=whole.note + line * (65536 // len(line)))))
    monkeypatch.setattr(bundle, "MAX_BUNDLE_BYTES", len(sound()))
    assert parse_bundle(sound()) == whole
    monkeypatch.setattr(bundle, "MAX_BUNDLE_BYTES", len(sound()) - 1)
    with pytest.raises(SumDbFormatError, match=f"more than {len(sound()) - 1} bytes"):
        parse_bundle(sound())


def test_every_flipped_bit_is_noticed() -> None:
    """All of them would take a minute; some thousand, chosen by a fixed seed, lie in every part of the file."""
    rng = random.Random(5)
    signed = parse_verifier(log().key)
    for _ in range(1200):
        bit = rng.randrange(len(sound()) * 8)
        changed = bytearray(sound())
        changed[bit >> 3] ^= 1 << (bit & 7)
        with pytest.raises(GovgoError):
            prove_bundle(parse_bundle(bytes(changed)), signed)


@pytest.mark.parametrize("length", [0, 1, 22, 23, 24, 25, 100, 300, -200, -100, -1])
def test_a_cut_file_is_refused(length: int) -> None:
    with pytest.raises(GovgoError):
        prove(sound()[:length])


def test_an_empty_bundle_proves_nothing_but_its_head() -> None:
    proved = prove_bundle(parse_bundle(format_bundle(bundle_of(log()))), parse_verifier(log().key))
    assert dict(proved.texts) == {}
    assert proved.head.tree == log().tree()
