# SPDX-License-Identifier: BSD-3-Clause
"""How a tree grows: records are appended at its right edge, and tiles come out (x/mod sumdb/tlog/tile.go, NewTiles).

    growth = Growth(size, edge)            # the partial tiles at the edge of the tree, as `edge_tiles` names them
    for each record:
        for tile, data in growth.append(record_hash(text)):     # tiles that are full now: they never change again
            …
    growth.edge()                          # the partial tiles of the grown tree
    growth.tree()                          # its head

Nothing but the edge is held: at most 255 hashes of each tile level. A tree of 1,000 records has the edge tiles
(8, 0, 3, 232) and (8, 1, 0, 3); what comes after them needs nothing else of the 1,000 records.
"""

from __future__ import annotations

from collections.abc import Sequence

from govgo.core.sumdb.tile import Tile, subtree_hash
from govgo.core.sumdb.tileauth import DATABASE_HEIGHT, WIDTH
from govgo.core.sumdb.tlog import EMPTY_TREE_HASH, HASH_SIZE, Tree, range_hash
from govgo.errors import SumDbFormatError

_FULL_BYTES = HASH_SIZE << DATABASE_HEIGHT

NewTile = tuple[Tile, bytes]
"""A tile and its bytes."""


def edge_tiles(size: int) -> tuple[Tile, ...]:
    """The partial tiles of a tree, from level 0 up."""
    tiles: list[Tile] = []
    level = 0
    while entries := size >> (DATABASE_HEIGHT * level):
        if width := entries % WIDTH:
            tiles.append(Tile(DATABASE_HEIGHT, level, entries >> DATABASE_HEIGHT, width))
        level += 1
    return tuple(tiles)


class Growth:
    """A tree that grows.

    Attributes:
        size: how many records it has.
    """

    __slots__ = ("_rows", "size")

    def __init__(self, size: int = 0, edge: Sequence[bytes] = ()) -> None:
        """Begin with a tree whose edge is known.

        Args:
            size: of the tree.
            edge: the bytes of `edge_tiles(size)`. They are not proved: compare `tree()` with a signed head.

        Raises:
            SumDbFormatError: a tile has not the length of its width.
        """
        tiles = edge_tiles(size)
        if [len(data) for data in edge] != [tile.width * HASH_SIZE for tile in tiles]:
            raise SumDbFormatError(f"the edge of a tree of {size} records has other tiles")
        self.size = size
        self._rows: list[bytearray] = []
        for tile, data in zip(tiles, edge, strict=True):
            self._row(tile.level).extend(data)

    def append(self, leaf: bytes) -> list[NewTile]:
        """Append a record by its hash; the tiles that are full by now, from level 0 up."""
        self.size += 1
        return self._push(0, leaf, self.size) if self.size % WIDTH == 0 else self._keep(leaf)

    def append_root(self, root: bytes) -> list[NewTile]:
        """Append 256 records where a full tile begins, by the hash over them; the tiles above level 0 that are full."""
        assert self.size % WIDTH == 0
        self.size += WIDTH
        return self._push(1, root, self.size >> DATABASE_HEIGHT)

    def tree_with(self, leaves: bytes) -> Tree:
        """The head of the tree with some more records, fewer than 256, behind a full tile; it does not grow."""
        assert self.size % WIDTH == 0
        other = Growth()
        other.size = self.size + len(leaves) // HASH_SIZE
        other._rows = [bytearray(leaves), *self._rows[1:]]
        return other.tree()

    def edge(self) -> list[NewTile]:
        """The partial tiles, from level 0 up."""
        return [(tile, bytes(self._rows[tile.level])) for tile in edge_tiles(self.size)]

    def tree(self) -> Tree:
        """The head of the tree as it is now."""
        if self.size == 0:
            return Tree(0, EMPTY_TREE_HASH)
        hashes: list[bytes] = []
        for row in reversed(self._rows):
            start, left = 0, len(row) // HASH_SIZE
            while left:
                width = 1 << (left.bit_length() - 1)
                hashes.append(subtree_hash(bytes(row[start : start + width * HASH_SIZE])))
                start, left = start + width * HASH_SIZE, left - width
        return Tree(self.size, range_hash(hashes))

    def _keep(self, leaf: bytes) -> list[NewTile]:
        self._row(0).extend(leaf)
        return []

    def _push(self, level: int, digest: bytes, entries: int) -> list[NewTile]:
        """Add an entry to a level, of which it has `entries` then, and go up as long as tiles become full."""
        done: list[NewTile] = []
        while True:
            row = self._row(level)
            row.extend(digest)
            if len(row) < _FULL_BYTES:
                return done
            data = bytes(row)
            row.clear()
            done.append((Tile(DATABASE_HEIGHT, level, (entries >> DATABASE_HEIGHT) - 1, WIDTH), data))
            digest = subtree_hash(data)
            level, entries = level + 1, entries >> DATABASE_HEIGHT

    def _row(self, level: int) -> bytearray:
        while len(self._rows) <= level:
            self._rows.append(bytearray())
        return self._rows[level]
