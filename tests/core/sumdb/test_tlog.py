# SPDX-License-Identifier: BSD-3-Clause
"""Hashes and tree heads by the definitions of RFC 6962, section 2.1 (bulk: tests/conformance/test_tlog.py)."""

from __future__ import annotations

import hashlib

import pytest

from govgo.core.sumdb.tlog import (
    EMPTY_TREE_HASH,
    Tree,
    format_hash,
    node_hash,
    parse_hash,
    parse_tree,
    range_hash,
    range_nodes,
    record_hash,
)
from govgo.errors import SumDbFormatError

HASH = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="


def rfc_tree_hash(records: list[bytes]) -> bytes:
    """MTH as section 2.1 writes it."""
    if len(records) == 1:
        return hashlib.sha256(b"\x00" + records[0]).digest()
    k = 1
    while 2 * k < len(records):
        k *= 2
    return hashlib.sha256(b"\x01" + rfc_tree_hash(records[:k]) + rfc_tree_hash(records[k:])).digest()


def test_a_tree_of_seven_consists_of_three_subtrees() -> None:
    assert range_nodes(0, 7) == ((2, 0), (1, 2), (0, 6))
    records = [b"%d\n" % i for i in range(7)]
    subtrees = [rfc_tree_hash(records[:4]), rfc_tree_hash(records[4:6]), rfc_tree_hash(records[6:])]
    assert range_hash(subtrees) == rfc_tree_hash(records)
    assert range_hash(subtrees) == node_hash(subtrees[0], node_hash(subtrees[1], subtrees[2]))


def test_a_record_cannot_pose_as_a_node() -> None:
    assert record_hash(b"ab") != hashlib.sha256(b"ab").digest()
    assert record_hash(bytes(64)) != node_hash(bytes(32), bytes(32))


def test_the_text_of_a_tree_head() -> None:
    assert parse_tree(f"go.sum database tree\n7\n{HASH}\n".encode()) == Tree(7, EMPTY_TREE_HASH)
    assert parse_tree(f"go.sum database tree\n7\n{HASH}\nfor later versions\n".encode()).size == 7
    assert format_hash(parse_hash(HASH)) == HASH


@pytest.mark.parametrize("size", ["07", "-1", "+7", "", " 7", str(1 << 63)])
def test_a_size_has_one_spelling(size: str) -> None:
    with pytest.raises(SumDbFormatError, match=r"^malformed tree note$"):
        parse_tree(f"go.sum database tree\n{size}\n{HASH}\n".encode())
