# SPDX-License-Identifier: BSD-3-Clause
"""Record proofs and tree proofs (RFC 6962, sections 2.1.1 and 2.1.2: audit paths and consistency proofs).

A proof is a tuple of hashes. Making one takes two steps: `…_nodes` says which complete subtrees are needed, the
second function combines their hashes, in that order.
"""

from __future__ import annotations

from collections.abc import Callable

from govgo.core.sumdb.tlog import Node, node_hash, range_hash, range_nodes
from govgo.errors import IntegrityError, SumDbFormatError

Proof = tuple[bytes, ...]


def prove_record(size: int, n: int, read: Callable[[Node], bytes]) -> Proof:
    """The proof that record `n` is in the tree over the first `size` records.

    Args:
        size: the tree's size.
        n: the record's number.
        read: gives the hashes of complete subtrees.

    Raises:
        SumDbFormatError: there is no such record in the tree.
    """
    if not 0 <= n < size:
        raise SumDbFormatError("tlog: invalid inputs in ProveRecord")
    return tuple(_range(start, end, read) for start, end in _record_ranges(size, n))


def check_record(proof: Proof, tree_size: int, tree_hash: bytes, n: int, leaf: bytes) -> None:
    """Check that `leaf` is the hash of record `n` in a tree.

    Raises:
        SumDbFormatError: there is no such record in the tree.
        IntegrityError: the proof fails.
    """
    if not 0 <= n < tree_size:
        raise SumDbFormatError("tlog: invalid inputs in CheckRecord")
    ranges = _record_ranges(tree_size, n)
    if len(ranges) != len(proof):
        raise IntegrityError("invalid transparency proof")
    digest = leaf
    for (start, _), sibling in zip(ranges, proof, strict=True):
        digest = node_hash(digest, sibling) if start > n else node_hash(sibling, digest)
    if digest != tree_hash:
        raise IntegrityError("invalid transparency proof")


def prove_tree(size: int, older_size: int, read: Callable[[Node], bytes]) -> Proof:
    """The proof that the tree over the first `older_size` records is a prefix of the one over `size`.

    Raises:
        SumDbFormatError: the sizes make no sense.
    """
    if not 1 <= older_size <= size:
        raise SumDbFormatError("tlog: invalid inputs in ProveTree")
    return tuple(_range(start, end, read) for start, end in _tree_ranges(size, older_size))


def check_tree(proof: Proof, size: int, tree_hash: bytes, older_size: int, older_hash: bytes) -> None:
    """Check that a tree begins with the records of an older one.

    Raises:
        SumDbFormatError: the sizes make no sense.
        IntegrityError: the proof fails.
    """
    if not 1 <= older_size <= size:
        raise SumDbFormatError("tlog: invalid inputs in CheckTree")
    ranges = _tree_ranges(size, older_size)
    if len(ranges) != len(proof):
        raise IntegrityError("invalid transparency proof")
    hashes = list(zip(ranges, proof, strict=True))
    if ranges and ranges[0][1] == older_size:
        # The smallest complete part of the older tree is given, unless that is all of it.
        older = newer = hashes.pop(0)[1]
    else:
        older = newer = older_hash
    for (start, _), digest in hashes:
        if start >= older_size:
            newer = node_hash(newer, digest)
        else:
            older = node_hash(digest, older)
            newer = node_hash(digest, newer)
    if older != older_hash or newer != tree_hash:
        raise IntegrityError("invalid transparency proof")


def _range(start: int, end: int, read: Callable[[Node], bytes]) -> bytes:
    return range_hash([read(node) for node in range_nodes(start, end)])


def _record_ranges(size: int, n: int) -> list[tuple[int, int]]:
    """The record ranges of the siblings on the way from record `n` up to the root."""
    ranges: list[tuple[int, int]] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _left_width(end - start)
        if n < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    ranges.reverse()
    return ranges


def _tree_ranges(size: int, older_size: int) -> list[tuple[int, int]]:
    """The record ranges of a tree proof, from the older tree's edge up to the root."""
    ranges: list[tuple[int, int]] = []
    start, end = 0, size
    while end != older_size:
        middle = start + _left_width(end - start)
        if older_size <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    if start > 0:
        ranges.append((start, end))
    ranges.reverse()
    return ranges


def _left_width(width: int) -> int:
    """The largest power of two below `width`: the size of a tree's left subtree."""
    return 1 << ((width - 1).bit_length() - 1)
