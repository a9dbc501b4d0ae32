# SPDX-License-Identifier: BSD-3-Clause
"""Proofs about trees: that many records are in one, and that one tree begins with another (RFC 6962, section 2.1).

A proof is a tuple of hashes of subtrees. Every subtree is named by its records [start, end), and divides at the
largest power of two below its width: [0, 7) into [0, 4) and [4, 7), that into [4, 6) and [6, 7).

**Records.** One proof for many records: their audit paths (section 2.1.1) without what they share. The tree is walked
from the root, left before right. A subtree that holds none of the records counts by its hash, and only such hashes are
in the proof, in the order of the walk; a subtree of one record that is to be proved counts by that record. So for a
tree of 7 and the records 1 and 6 the proof has the hashes of [0, 1), [2, 4) and [4, 6). For one record it has the
hashes of its audit path; for k records about k·log2(size/k).

**Prefixes.** A consistency proof (section 2.1.2) that the tree over the first `older_size` records is a prefix of a
larger one: the hashes from the older tree's edge up to the root. For sizes 6 and 7 it has the hashes of [4, 6),
[6, 7) and [0, 4). govgo proves prefixes by tiles; this form is what it prints as the evidence of a fork.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from govgo.core.sumdb.tlog import EMPTY_TREE_HASH, Node, node_hash, range_hash, range_nodes
from govgo.errors import IntegrityError, SumDbFormatError

Proof = tuple[bytes, ...]


def prove_records(size: int, numbers: Sequence[int], read: Callable[[Node], bytes]) -> Proof:
    """The proof that the records `numbers` are in the tree over the first `size` records.

    Args:
        size: the tree's size.
        numbers: ascending, without duplicates.
        read: gives the hashes of complete subtrees (`record_proof_nodes` names them beforehand).

    Raises:
        SumDbFormatError: `numbers` are not in order or not in the tree.
    """
    _check_numbers(size, numbers)
    return tuple(_read_range(start, end, read) for start, end in _ranges_without(size, numbers))


def record_proof_nodes(size: int, numbers: Sequence[int]) -> tuple[Node, ...]:
    """The complete subtrees whose hashes `prove_records` reads (arguments and errors as there)."""
    _check_numbers(size, numbers)
    return tuple(node for span in _ranges_without(size, numbers) for node in range_nodes(*span))


def check_records(proof: Proof, size: int, tree_hash: bytes, leaves: Sequence[tuple[int, bytes]]) -> None:
    """Check that records are in a tree.

    Args:
        proof: as `prove_records` made it.
        size: the tree's size.
        tree_hash: its hash.
        leaves: (number, leaf hash) of each record, numbers ascending and without duplicates.

    Raises:
        SumDbFormatError: the numbers are not in order or not in the tree.
        IntegrityError: the proof fails.
    """
    numbers = [number for number, _ in leaves]
    _check_numbers(size, numbers)
    hashes = iter(proof)

    def root(start: int, end: int, low: int, high: int) -> bytes:
        """The hash over the records [start, end); leaves[low:high] of them are to be proved."""
        if low == high:
            digest = next(hashes, None)
            if digest is None:
                raise IntegrityError("invalid transparency proof")
            return digest
        if end - start == 1:
            return leaves[low][1]
        middle = _middle(start, end)
        cut = bisect_left(numbers, middle, low, high)
        left = root(start, middle, low, cut)  # before the right side: both take their hashes from the same iterator
        return node_hash(left, root(middle, end, cut, high))

    found = root(0, size, 0, len(leaves)) if size else EMPTY_TREE_HASH
    # A hash that is left over would let one proof be written in many ways.
    if found != tree_hash or next(hashes, None) is not None:
        raise IntegrityError("invalid transparency proof")


def prove_tree(size: int, older_size: int, read: Callable[[Node], bytes]) -> Proof:
    """The proof that the tree over the first `older_size` records is a prefix of the one over `size`.

    Raises:
        SumDbFormatError: the sizes make no sense.
    """
    if not 1 <= older_size <= size:
        raise SumDbFormatError("tlog: invalid inputs in ProveTree")
    return tuple(_read_range(start, end, read) for start, end in _prefix_ranges(size, older_size))


def tree_proof_nodes(size: int, older_size: int) -> tuple[Node, ...]:
    """The nodes that `prove_tree` reads, for who has to fetch and prove them first."""
    return tuple(node for start, end in _prefix_ranges(size, older_size) for node in range_nodes(start, end))


def _read_range(start: int, end: int, read: Callable[[Node], bytes]) -> bytes:
    return range_hash([read(node) for node in range_nodes(start, end)])


def _ranges_without(size: int, numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The subtrees without any of the records, in the order of the walk: the largest ones, none within another."""
    pending = [(0, size, 0, len(numbers))] if size else []
    while pending:
        start, end, low, high = pending.pop()
        if low == high:
            yield start, end
        elif end - start > 1:
            middle = _middle(start, end)
            cut = bisect_left(numbers, middle, low, high)
            pending.append((middle, end, cut, high))
            pending.append((start, middle, low, cut))


def _prefix_ranges(size: int, older_size: int) -> list[tuple[int, int]]:
    """The subtrees of a consistency proof, from the older tree's edge up to the root."""
    ranges: list[tuple[int, int]] = []
    start, end = 0, size
    while end != older_size:
        middle = _middle(start, end)
        if older_size <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    # The older tree's last subtree begins the proof, unless it is the whole older tree, whose hash is known.
    if start > 0:
        ranges.append((start, end))
    ranges.reverse()
    return ranges


def _middle(start: int, end: int) -> int:
    """Where the subtree over [start, end) divides: its left part is the largest complete one below its width."""
    return start + (1 << ((end - start - 1).bit_length() - 1))


def _check_numbers(size: int, numbers: Sequence[int]) -> None:
    ascending = all(a < b for a, b in pairwise(numbers))
    if not ascending or (numbers and not 0 <= numbers[0] <= numbers[-1] < size):
        raise SumDbFormatError("record numbers out of order or not in the tree")
