# SPDX-License-Identifier: BSD-3-Clause
"""The h1: hash of files (bulk: tests/conformance/test_dirhash.py)."""

from __future__ import annotations

import base64
import hashlib

import pytest

from govgo.adapters.repository.gomods import pythons_sha256
from govgo.core.gosum.dirhash import h1, hash_gomod, is_h1
from govgo.core.gosum.lines import EMPTY_GO_MOD_HASH
from govgo.errors import BadZipError


def test_the_summary_is_sorted_by_name() -> None:
    a, b = hashlib.sha256(b"a").digest(), hashlib.sha256(b"b").digest()
    summary = f"{a.hex()}  m@v1/a\n{b.hex()}  m@v1/b\n".encode()
    assert h1([("m@v1/b", b), ("m@v1/a", a)]) == "h1:" + base64.b64encode(hashlib.sha256(summary).digest()).decode()


def test_the_hash_of_an_empty_go_mod() -> None:
    assert hash_gomod(b"") == EMPTY_GO_MOD_HASH


def test_pythons_own_sha256_is_the_same() -> None:
    own = pythons_sha256()
    assert own is not None
    assert own(b"abc").digest().hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180
    assert hash_gomod(b"", own) == EMPTY_GO_MOD_HASH


def test_names_with_newlines_have_no_hash() -> None:
    with pytest.raises(BadZipError, match="filenames with newlines are not supported"):
        h1([("a\nb", bytes(32))])


def test_hashes_that_were_cut_short() -> None:
    assert is_h1(EMPTY_GO_MOD_HASH)
    assert not is_h1(EMPTY_GO_MOD_HASH[:-1])
    assert not is_h1("h1:" + "\0" * 44)
    assert not is_h1("h2:" + EMPTY_GO_MOD_HASH[3:])
