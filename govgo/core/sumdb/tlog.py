# SPDX-License-Identifier: BSD-3-Clause
"""The transparency log behind the checksum database: its hashes and its tree heads (RFC 6962, section 2.1).

A log is a list of records. The hash of a record is SHA-256(0x00 ‖ text), that of an interior node
SHA-256(0x01 ‖ left ‖ right); all hashes are 32 bytes. The two prefixes keep a record from posing as a node.

Node (level, n) is the complete subtree over the records [n·2^level, (n+1)·2^level). A tree whose size is not a power of
two consists of several complete subtrees, the largest first: for a size of 7 they are the nodes (2,0), (1,2) and
(0,6), over the records [0, 4), [4, 6) and [6, 7), and the tree's hash is

    node_hash(hash of (2,0), node_hash(hash of (1,2), hash of (0,6)))

The tree head is the text that the database signs:

    go.sum database tree
    7
    kfyFR+Kk9nXC46ceyx9fPJ3UIAjJs3+q+O7t1FL3UXw=

Its first line, the origin, says which log it is of (c2sp.org/tlog-checkpoint): all checksum databases have the one
above, any other log has a name of its own there, so that no head of one can pass for that of another.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from govgo.core.golib.base64 import decode_base64, encode_base64
from govgo.core.lazyregex import late
from govgo.core.records import NamedTuple
from govgo.errors import SumDbFormatError

HASH_SIZE = 32
MAX_TREE_TEXT = 1_000_000
"""Longer tree head texts are malformed (x/mod's limit), in bytes."""
MAX_TREE_SIZE = 1 << 62
"""Tree sizes from here on are refused: no log is that large, and stored indexes would not fit 63 bits."""
EMPTY_TREE_HASH = hashlib.sha256(b"").digest()
"""The hash of the tree of size 0 (RFC 6962, section 2.1)."""

DATABASE_ORIGIN = "go.sum database tree"
"""The origin of checksum databases."""

_DECIMAL = late(r"0|[1-9][0-9]{0,18}")

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
    # From the right: the small subtrees at the end are joined first, then the larger ones before them.
    digest = hashes[-1]
    for left in hashes[-2::-1]:
        digest = node_hash(left, digest)
    return digest


def format_hash(digest: bytes) -> str:
    """A hash in base64, as notes and error texts show it."""
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


def parse_tree(text: bytes, origin: str = DATABASE_ORIGIN) -> Tree:
    """Read the text of a tree head. Lines after the third are for later versions of the format.

    Raises:
        SumDbFormatError: it is malformed, of another origin, or the size is not one that a tree can have.
    """
    if not text.startswith(f"{origin}\n".encode()) or text.count(b"\n") < 3 or len(text) > MAX_TREE_TEXT:
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


def format_tree(tree: Tree, origin: str = DATABASE_ORIGIN) -> str:
    """The text of a tree head, to be signed."""
    return f"{origin}\n{tree.size}\n{format_hash(tree.hash)}\n"
