# SPDX-License-Identifier: BSD-3-Clause
"""Packs give back what was put in, byte by byte, in the form that is smaller."""

from __future__ import annotations

import sys
import zlib

import pytest

from govgo.core.log import packs
from govgo.core.log.packs import PACK_RECORDS, format_pack, pack_size, parse_pack
from govgo.errors import SumDbFormatError
from tests.simulators.biglog import made_up_records

TEXTS = list(made_up_records(700))
ODD = [
    b"hello\n",
    b"",
    TEXTS[0] + TEXTS[1],
    TEXTS[0].replace(b"h1:", b"h2:", 1),
    TEXTS[0].replace(b"=\n", b"\n", 1),
    TEXTS[0][:-3] + b"B=\n",
    b"\xff" + TEXTS[0],
    TEXTS[0].replace(b" ", b"  ", 1),
]


def test_ordinary_records_are_split() -> None:
    data = format_pack(PACK_RECORDS, TEXTS)
    assert parse_pack(data) == (PACK_RECORDS, TEXTS)
    assert pack_size(data[:200]) == (PACK_RECORDS, 700)
    assert data.startswith(b"govgo log records 1\n65536 700 split ")
    assert len(data) < 100 * 700


@pytest.mark.parametrize("odd", [text for text in ODD if text])
def test_one_odd_record_makes_a_pack_whole(odd: bytes) -> None:
    texts = [*TEXTS[:5], odd, *TEXTS[5:9]]
    data = format_pack(0, texts)
    assert b" whole " in data[:60]
    assert parse_pack(data).texts == texts


def test_packs_are_the_same_to_who_has_no_isal(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has no wheels for every platform; what one machine packs another one reads."""
    pytest.importorskip("isal", reason="no isal on this platform")
    with_isal = format_pack(0, TEXTS)
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "isal", None)
        without = format_pack(0, TEXTS)
        assert parse_pack(with_isal) == (0, TEXTS)
    assert parse_pack(without) == (0, TEXTS)


@pytest.mark.parametrize("has_isal", [True, False])
def test_damaged_packs_are_refused(monkeypatch: pytest.MonkeyPatch, has_isal: bool) -> None:
    if not has_isal:
        monkeypatch.setitem(sys.modules, "isal", None)
    monkeypatch.setattr(packs, "MAX_PACK_BYTES", 1 << 20)
    data = format_pack(0, TEXTS)
    whole = format_pack(0, [*TEXTS, b"hello\n"])
    bad = [b"", data[:10], data[:-1], data + b"x", data[:200] + b"xxxx" + data[204:], whole[:-1], whole + b"x"]
    bad += [data.replace(b" 700 ", b" 701 ", 1), data.replace(b"\n0 700", b"\n1 700", 1)]
    bomb = zlib.compress(bytes(3 << 20), 9)
    bad.append(b"govgo log records 1\n0 1 whole %d\n" % len(bomb) + bomb)
    for each in bad:
        with pytest.raises(SumDbFormatError, match=r"pack of records|records in a data tile"):
            parse_pack(each)
