# SPDX-License-Identifier: BSD-3-Clause
"""One proof for many records of a tree: the audit paths of RFC 6962, section 2.1.1, without what they share.

The tree over the records [0, size) is walked from the root, left before right. A subtree that holds none of the
records counts by its hash, and only such hashes are in the proof, in the order of the walk; a subtree of one record
that is to be proved counts by that record. So for a tree of 7 and the records 1 and 6 the proof has the hashes of
[0, 1), [2, 4) and [4, 6). For one record it has the hashes of its audit path; for k records about k·log2(size/k).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from govgo.core.sumdb.proof import Proof
from govgo.core.sumdb.tlog import EMPTY_TREE_HASH, Node, node_hash, range_hash, range_nodes
from govgo.errors import IntegrityError, SumDbFormatError


def prove_records(size: int, numbers: Sequence[int], read: Callable[[Node], bytes]) -> Proof:
    """The proof that the records `numbers` are in the tree over the first `size` records.

    Args:
        size: the tree's size.
        numbers: ascending, without doubles.
        read: gives the hashes of complete subtrees (`proof_nodes` names them beforehand).

    Raises:
        SumDbFormatError: `numbers` are not in order or not in the tree.
    """
    _check_numbers(size, numbers)
    return tuple(range_hash([read(node) for node in range_nodes(*span)]) for span in _outside(size, numbers))


def proof_nodes(size: int, numbers: Sequence[int]) -> tuple[Node, ...]:
    """The complete subtrees whose hashes `prove_records` reads (arguments and errors as there)."""
    _check_numbers(size, numbers)
    return tuple(node for span in _outside(size, numbers) for node in range_nodes(*span))


def check_records(proof: Proof, size: int, tree_hash: bytes, leaves: Sequence[tuple[int, bytes]]) -> None:
    """Check that records are in a tree.

    Args:
        proof: as `prove_records` made it.
        size: the tree's size.
        tree_hash: its hash.
        leaves: (number, leaf hash) of each record, numbers ascending and without doubles.

    Raises:
        SumDbFormatError: the numbers are not in order or not in the tree.
        IntegrityError: the proof fails.
    """
    numbers = [number for number, _ in leaves]
    _check_numbers(size, numbers)
    hashes = iter(proof)

    def root(start: int, end: int, low: int, high: int) -> bytes:
        """The hash over the records [start, end), of which leaves[low:high] are to be proved."""
        if low == high:
            digest = next(hashes, None)
            if digest is None:
                raise IntegrityError("invalid transparency proof")
            return digest
        if end - start == 1:
            return leaves[low][1]
        middle = _middle(start, end)
        cut = bisect_left(numbers, middle, low, high)
        left = root(start, middle, low, cut)
        return node_hash(left, root(middle, end, cut, high))

    found = root(0, size, 0, len(leaves)) if size else EMPTY_TREE_HASH
    if found != tree_hash or next(hashes, None) is not None:
        raise IntegrityError("invalid transparency proof")


def _outside(size: int, numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The record ranges of the subtrees without any of the records, in the order of the walk."""
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


def _middle(start: int, end: int) -> int:
    """Where the subtree over [start, end) divides: its left part is the largest complete one."""
    return start + (1 << ((end - start - 1).bit_length() - 1))


def _check_numbers(size: int, numbers: Sequence[int]) -> None:
    ascending = all(a < b for a, b in pairwise(numbers))
    if not ascending or (numbers and not 0 <= numbers[0] <= numbers[-1] < size):
        raise SumDbFormatError("record numbers out of order or not in the tree")
