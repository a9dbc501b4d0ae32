# SPDX-License-Identifier: BSD-3-Clause
"""Authenticate tiles against one signed tree head, without doing any reading.

    auth = TileAuth(tree)
    for tile in auth.ask(nodes):            # what is missing to prove these nodes, parents before children
        auth.add(HashedTile(tile, data))    # bytes from anywhere, not trusted yet
    auth.prove()                            # TileMismatchError when they do not hash up to the tree head
    auth.node(level, n)                     # a hash that is proved

The tiles at the tree's right edge hold the complete subtrees that make up the tree (`range_nodes`): together these must
hash to the tree head. Every other tile is full, and the hash over it must be the entry in its parent, which was proved
before it. Take 1,000 records and tiles of 256: the edge is tile 0 of level 1 (for the records 0 to 767) and the partial
tile 3 of level 0 (768 to 999). Record 5 is in tile 0 of level 0, whose hash must be entry 0 of tile 0 of level 1.

No hash leaves this object, and no tile is called safe to keep, before that (CVE-2026-56865). Calls may come in any
order and for many nodes at once; a tile is checked once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from govgo.core.sumdb.tile import HashedTile, Tile, tile_in_tree
from govgo.core.sumdb.tlog import EMPTY_TREE_HASH, Node, Tree, range_hash, range_nodes
from govgo.errors import SumDbFormatError, TileMismatchError

DATABASE_HEIGHT = 8
"""The tile height of checksum databases."""
WIDTH = 1 << DATABASE_HEIGHT
"""Hashes of a whole tile, and records of a whole data tile."""


class TileAuth:
    """The proved part of one tree.

    Attributes:
        tree: the tree head that everything is proved against. Its signature is the caller's business.
        suspects: after a TileMismatchError, the tiles that were dropped: at least one of them is wrong.
    """

    __slots__ = ("_edge", "_edge_proved", "_height", "_prefixes", "_proved", "_unproved", "suspects", "tree")

    def __init__(self, tree: Tree, height: int = DATABASE_HEIGHT) -> None:
        self.tree = tree
        self.suspects: tuple[Tile, ...] = ()
        self._height = height
        self._proved: dict[Tile, HashedTile] = {}
        self._unproved: dict[Tile, HashedTile] = {}
        self._prefixes: dict[int, bytes] = {}
        # Several subtrees of the edge may lie in one tile: all entries of a partial tile, and nodes above them.
        self._edge = tuple(dict.fromkeys(self._tile_of(node)[0] for node in range_nodes(0, tree.size)))
        self._edge_proved = False
        if tree.size == 0:
            if tree.hash != EMPTY_TREE_HASH:
                raise TileMismatchError("downloaded inconsistent tile")
            self._edge_proved = True

    def ask(self, nodes: Iterable[Node]) -> tuple[Tile, ...]:
        """The tiles that are not proved yet and that prove these nodes, parents before children.

        Raises:
            SumDbFormatError: a node is not in the tree.
        """
        missing: dict[Tile, None] = {} if self._edge_proved else dict.fromkeys(self._edge)
        for level, n in nodes:
            if level < 0 or n < 0 or (n + 1) << level > self.tree.size:
                raise SumDbFormatError("indexes not in tree")
            tile = self._tile_of((level, n))[0]
            # Upwards until a tile is proved or asked for. Every way up ends at the edge, which is one or the other.
            chain: list[Tile] = []
            while tile not in self._proved and tile not in missing:
                chain.append(tile)
                tile = self._parent(tile)
            for below in reversed(chain):
                missing[below] = None
        return tuple(missing)

    def add(self, hashed: HashedTile) -> None:
        """Take the bytes of a tile that `ask` named; they stay unused until `prove`."""
        if hashed.tile not in self._proved:
            self._unproved[hashed.tile] = hashed

    def prove(self) -> tuple[HashedTile, ...]:
        """Check the tiles that were added, as far as their parents are known.

        Returns:
            The tiles that are proved now and were not before: they are safe to keep.

        Raises:
            TileMismatchError: tiles do not hash into their parents or the tree head; see `suspects`.
        """
        safe: list[HashedTile] = []
        if not self._edge_proved:
            if any(tile not in self._unproved for tile in self._edge):
                return ()
            self._prove_edge()
            for tile in self._edge:
                safe.append(self._accept(tile))
        # Levels fall from parent to child, so one pass from above checks every tile whose parents are known.
        for tile in sorted(self._unproved, key=_by_level):
            parent = self._proved.get(self._parent(tile))
            if parent is None:
                continue
            if parent.entry(tile.number & ((1 << self._height) - 1)) != self._unproved[tile].root:
                self._refuse((tile,))
            safe.append(self._accept(tile))
        return tuple(safe)

    def tiles_of(self, nodes: Iterable[Node]) -> tuple[HashedTile, ...]:
        """The tiles that prove nodes to whoever knows the tree head alone. They must have been proved.

        Raises:
            SumDbFormatError: a node is not in the tree, or has not been proved.
        """
        asked = TileAuth(self.tree, self._height).ask(nodes)
        missing = [tile for tile in asked if tile not in self._proved]
        if missing:
            raise SumDbFormatError(f"{missing[0].path} has not been authenticated")
        return tuple(self._proved[tile] for tile in asked)

    def node(self, level: int, n: int) -> bytes:
        """The hash of a node. Its tiles must have been proved.

        Raises:
            SumDbFormatError: they have not.
        """
        return self._read((level, n), self._proved)

    def tile(self, tile: Tile) -> HashedTile:
        """A whole tile of this tree. It must have been proved.

        Raises:
            SumDbFormatError: it has not.
        """
        found = self._proved.get(tile)
        if found is None:
            raise SumDbFormatError(f"{tile.path}: not proved")
        return found

    def leaf(self, index: int) -> bytes:
        """The record hash of record `index`, proved."""
        return self.node(0, index)

    def prefix_root(self, size: int) -> bytes:
        """The proved hash of the tree over the first `size` records (`ask(prefix_nodes(size))` beforehand)."""
        if size == 0:
            return EMPTY_TREE_HASH
        root = self._prefixes.get(size)
        if root is None:
            root = range_hash([self.node(level, n) for level, n in range_nodes(0, size)])
            self._prefixes[size] = root
        return root

    def _prove_edge(self) -> None:
        # One equation for all tiles of the edge: if it fails, it does not show which of them is wrong.
        unproved = self._unproved
        root = range_hash([self._read(node, unproved) for node in range_nodes(0, self.tree.size)])
        if root != self.tree.hash:
            self._refuse(self._edge)
        self._edge_proved = True

    def _refuse(self, tiles: tuple[Tile, ...]) -> None:
        for tile in tiles:
            del self._unproved[tile]
        self.suspects = tiles
        raise TileMismatchError("downloaded inconsistent tile")

    def _accept(self, tile: Tile) -> HashedTile:
        hashed = self._proved[tile] = self._unproved.pop(tile)
        return hashed

    def _read(self, node: Node, tiles: Mapping[Tile, HashedTile]) -> bytes:
        tile, inner, n = self._tile_of(node)
        hashed = tiles.get(tile)
        if hashed is None:
            raise SumDbFormatError(f"{tile.path} has not been authenticated")
        return hashed.node(inner, n)

    def _tile_of(self, node: Node) -> tuple[Tile, int, int]:
        """The tile that has `node` in this tree, the node's level within it, and its number within that level.

        Tiles hold every height-th level of the tree only. A node between is computed from the tile below it: with
        height 8, node (10, 3) is at level 2 over tile level 1, and joins that level's nodes 12 to 15.
        """
        level, n = node
        tile_level, inner = divmod(level, self._height)
        number = n >> (self._height - inner)
        tile = tile_in_tree(self._height, tile_level, number, self.tree.size)
        return tile, inner, n - (number << (self._height - inner))

    def _parent(self, tile: Tile) -> Tile:
        return tile_in_tree(self._height, tile.level + 1, tile.number >> self._height, self.tree.size)


@lru_cache(maxsize=1024)
def prefix_nodes(size: int, height: int = DATABASE_HEIGHT) -> tuple[Node, ...]:
    """Nodes that together name every tile which the hash of the tree over the first `size` records needs.

    `range_nodes` has one node for each bit of `size`. Those of one tile level lie in the same tile, so
    that one of them is enough.
    """
    return tuple({level // height: (level, n) for level, n in range_nodes(0, size)}.values())


def _by_level(tile: Tile) -> int:
    return -tile.level
