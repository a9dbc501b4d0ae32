# SPDX-License-Identifier: BSD-3-Clause
"""The transparency log behind the checksum database: hashes, trees and where their hashes are stored.

A log is a list of records. Its tree head is the Merkle tree hash over them (RFC 6962, section 2.1). `node(level, n)`
is the hash of the complete subtree over the records [n·2^level, (n+1)·2^level). Hashes are 32 bytes.

The stored order is that of Crosby and Wallach, "Efficient Data Structures for Tamper-Evident Logging", section 3.3:
each record's hash, then those of the subtrees that it completes.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from govgo.core.sumdb.base64text import decode_base64, encode_base64
from govgo.errors import SumDbFormatError

HASH_SIZE = 32
MAX_TREE_TEXT = 1_000_000
"""Longer tree head texts are malformed (x/mod's limit), in bytes."""
MAX_TREE_SIZE = 1 << 62
"""Tree sizes from here on are refused: no log is that large, and stored indexes would not fit 63 bits."""
EMPTY_TREE_HASH = hashlib.sha256(b"").digest()
"""The hash of the tree of size 0 (RFC 6962, section 2.1)."""

_TREE_PREFIX = b"go.sum database tree\n"
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")

Node = tuple[int, int]
"""(level, number) of a complete subtree."""

_sha256 = hashlib.sha256


class Tree(NamedTuple):
    """A tree head: how many records, and the hash over them."""

    size: int
    hash: bytes


def record_hash(data: bytes) -> bytes:
    """The leaf hash of a record's text."""
    return _sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an interior node."""
    return _sha256(b"\x01" + left + right).digest()


def stored_hash_index(level: int, n: int) -> int:
    """The place of node (level, n) in the stored order."""
    leaf = ((n + 1) << level) - 1
    return 2 * leaf - leaf.bit_count() + level


def split_stored_hash_index(index: int) -> Node:
    """The node at a place of the stored order."""
    leaf = index // 2
    place = 2 * leaf - leaf.bit_count()
    while True:
        after = place + (leaf ^ (leaf + 1)).bit_length()
        if after > index:
            return index - place, leaf >> (index - place)
        place = after
        leaf += 1


def stored_hash_count(size: int) -> int:
    """How many hashes are stored for a tree of `size` records."""
    return 2 * size - size.bit_count()


def stored_hashes_nodes(n: int) -> tuple[Node, ...]:
    """The older nodes that `stored_hashes` needs, smallest subtree first."""
    return tuple((level, (n >> level) - 1) for level in range((n ^ (n + 1)).bit_length() - 1))


def stored_hashes(n: int, data: bytes, older: Sequence[bytes]) -> tuple[bytes, ...]:
    """What record number `n` adds to the store: its hash and those of the subtrees that it completes.

    Args:
        n: the number of the new record.
        data: its text.
        older: the hashes of `stored_hashes_nodes(n)`.
    """
    digest = record_hash(data)
    hashes = [digest]
    for left in older:
        digest = node_hash(left, digest)
        hashes.append(digest)
    return tuple(hashes)


def range_nodes(start: int, end: int) -> tuple[Node, ...]:
    """The complete subtrees that make up the subtree over the records [start, end), from left to right.

    `start` must be a multiple of the largest power of two that is not above `end - start`.
    """
    nodes: list[Node] = []
    while start < end:
        level = (end - start).bit_length() - 1
        nodes.append((level, start >> level))
        start += 1 << level
    return tuple(nodes)


def range_hash(hashes: Sequence[bytes]) -> bytes:
    """The hash of the subtree that consists of the subtrees `range_nodes` names; there must be at least one."""
    digest = hashes[-1]
    for left in hashes[-2::-1]:
        digest = node_hash(left, digest)
    return digest


def tree_hash(size: int, read: Callable[[Node], bytes]) -> bytes:
    """The hash of the tree over the first `size` records, from the hashes of complete subtrees."""
    if size == 0:
        return EMPTY_TREE_HASH
    return range_hash([read(node) for node in range_nodes(0, size)])


def format_hash(digest: bytes) -> str:
    """A hash as texts show it."""
    return encode_base64(digest)


def parse_hash(text: str) -> bytes:
    """Read a hash.

    Raises:
        SumDbFormatError: it is not the base64 of 32 bytes.
    """
    try:
        digest = decode_base64(text)
    except ValueError:
        digest = b""
    if len(digest) != HASH_SIZE:
        raise SumDbFormatError("malformed hash")
    return digest


def format_tree(tree: Tree) -> str:
    """The text of a tree head, to be signed."""
    return f"go.sum database tree\n{tree.size}\n{format_hash(tree.hash)}\n"


def parse_tree(text: bytes) -> Tree:
    """Read the text of a tree head. Lines after the third are for later versions of the format.

    Raises:
        SumDbFormatError: it is malformed, or the size is not one that a tree can have.
    """
    if not text.startswith(_TREE_PREFIX) or text.count(b"\n") < 3 or len(text) > MAX_TREE_TEXT:
        raise SumDbFormatError("malformed tree note")
    size_line, hash_line = text.split(b"\n", 3)[1:3]
    try:
        size_text = size_line.decode("ascii")
        digest = parse_hash(hash_line.decode("ascii"))
    except (UnicodeDecodeError, SumDbFormatError):
        raise SumDbFormatError("malformed tree note") from None
    if _DECIMAL.fullmatch(size_text) is None or int(size_text) >= 1 << 63:
        raise SumDbFormatError("malformed tree note")
    return Tree(int(size_text), digest)
