# SPDX-License-Identifier: BSD-3-Clause
"""The other half of a transparency log: what its publisher computes and what an auditor checks.

govgo grows a log by its right edge (`core/sumdb/append.py`). Here are, for the tests, a log that keeps every hash, and
the audit paths and consistency proofs of RFC 6962 with their checks. All of it is held to the vectors of
golang.org/x/mod (`tests/conformance/test_tlog.py`).

The stored order is that of Crosby and Wallach, "Efficient Data Structures for Tamper-Evident Logging", section 3.3:
each record's hash, then those of the subtrees that it completes. For records 0 to 3 that is, as (level, number):
(0,0) (0,1) (1,0) (0,2) (0,3) (1,1) (2,0).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from govgo.core.sumdb.proof import Proof
from govgo.core.sumdb.tile import MAX_HEIGHT, Tile, subtree_hash
from govgo.core.sumdb.tlog import (
    EMPTY_TREE_HASH,
    HASH_SIZE,
    Node,
    node_hash,
    range_hash,
    range_nodes,
    record_hash,
)
from govgo.errors import IntegrityError, SumDbFormatError

MAX_LEVEL = 63


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


def tree_hash(size: int, read: Callable[[Node], bytes]) -> bytes:
    """The hash of the tree over the first `size` records, from the hashes of complete subtrees."""
    if size == 0:
        return EMPTY_TREE_HASH
    return range_hash([read(node) for node in range_nodes(0, size)])


def tile_for_node(height: int, node: Node) -> tuple[Tile, int]:
    """The narrowest tile that has `node` in it or in the subtree over it, and the node's level within that tile."""
    level, n = node
    tile_level, inner = divmod(level, height)
    first = n << inner
    number = first >> height
    width = first - (number << height) + (1 << inner)
    return Tile(height, tile_level, number, width), inner


def tile_for_index(height: int, index: int) -> Tile:
    """The narrowest tile for a place of the stored order."""
    return tile_for_node(height, split_stored_hash_index(index))[0]


def new_tiles(height: int, old_size: int, new_size: int) -> tuple[Tile, ...]:
    """The tiles to be published when a tree grows."""
    tiles: list[Tile] = []
    level = 0
    while new_size >> (height * level):
        old, new = old_size >> (height * level), new_size >> (height * level)
        if old != new:
            last = new >> height
            tiles.extend(Tile(height, level, n, 1 << height) for n in range(old >> height, last))
            if width := new - (last << height):
                tiles.append(Tile(height, level, last, width))
        level += 1
    return tuple(tiles)


def tile_data(tile: Tile, read: Callable[[Node], bytes]) -> bytes:
    """A tile's bytes, from the hashes of complete subtrees."""
    level, first = tile.height * tile.level, tile.number << tile.height
    return b"".join([read((level, first + i)) for i in range(tile.width)])


def hash_from_tile(tile: Tile, data: bytes, index: int) -> bytes:
    """The hash at a place of the stored order, out of a tile that may be wider than needed.

    Raises:
        SumDbFormatError: the tile does not hold it, or makes no sense.
    """
    height_ok = 1 <= tile.height <= MAX_HEIGHT
    if not height_ok or not 0 <= tile.level <= MAX_LEVEL or not 1 <= tile.width <= 1 << tile.height:
        raise SumDbFormatError(f"invalid tile {tile.path}")
    if len(data) < tile.width * HASH_SIZE:
        raise SumDbFormatError(f"data len {len(data)} too short for tile {tile.path}")
    node = split_stored_hash_index(index)
    narrow, inner = tile_for_node(tile.height, node)
    if narrow[:3] != tile[:3] or tile.width < narrow.width:
        raise SumDbFormatError(f"index {index} is in {narrow.path} not {tile.path}")
    end = narrow.width * HASH_SIZE
    return subtree_hash(data[end - (HASH_SIZE << inner) : end])


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
    return tuple(range_hash([read(node) for node in range_nodes(start, end)]) for start, end in _record_ranges(size, n))


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


def check_tree(proof: Proof, size: int, tree_hash: bytes, older_size: int, older_hash: bytes) -> None:
    """Check that a tree begins with the records of an older one.

    Raises:
        SumDbFormatError: the sizes make no sense.
        IntegrityError: the proof fails.
    """
    if not 1 <= older_size <= size:
        raise SumDbFormatError("tlog: invalid inputs in CheckTree")
    ranges = _prefix_ranges(size, older_size)
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


def _prefix_ranges(size: int, older_size: int) -> list[tuple[int, int]]:
    """The record ranges of a consistency proof, from the older tree's edge up to the root."""
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
