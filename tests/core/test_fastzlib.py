# SPDX-License-Identifier: BSD-3-Clause
"""The module that stands for zlib, with isal and without."""

from __future__ import annotations

import sys

import pytest

from govgo.core.fastzlib import fast_zlib


@pytest.mark.parametrize("has_isal", [True, False])
def test_results_are_those_of_the_standards(monkeypatch: pytest.MonkeyPatch, has_isal: bool) -> None:
    if has_isal:
        pytest.importorskip("isal", reason="no isal on this platform")
    else:
        monkeypatch.setitem(sys.modules, "isal", None)
    zlib = fast_zlib()
    assert zlib.__name__ == ("isal.isal_zlib" if has_isal else "zlib")
    # The check value of CRC-32 (ISO-HDLC), whole and in two pieces.
    assert zlib.crc32(b"123456789") == zlib.crc32(b"6789", zlib.crc32(b"12345")) == 0xCBF43926
    # RFC 1951, section 3.2.4: a stored block, the last one, of three bytes.
    assert zlib.decompress(b"\x01\x03\x00\xfc\xffabc", wbits=-15) == b"abc"
