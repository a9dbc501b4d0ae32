# SPDX-License-Identifier: BSD-3-Clause
"""Authenticate tiles against one signed tree head, ask/tell.

    auth = TileAuth(tree)
    tiles = auth.ask(nodes)             # what is lacking to prove these nodes, parents before children
    for tile in tiles:
        auth.tell(HashedTile(tile, …))  # bytes from anywhere
    auth.settle()                       # judges; TileMismatchError when they do not hash up to the tree head
    auth.node(level, n)                 # a hash that is proved

The tiles at the tree's right edge hold the subtrees that make up the tree: together they must hash to the tree
head. Every other tile is full and its root must be the hash in its parent, which was authenticated before it.
No hash leaves this object, and no tile is called safe to keep, before that (CVE-2026-56865).

Asking and telling may go on in any order and for many nodes at once; tiles are judged once each.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from govgo.core.sumdb.tile import HashedTile, Tile, tile_in_tree
from govgo.core.sumdb.tlog import EMPTY_TREE_HASH, Node, Tree, range_hash, range_nodes
from govgo.errors import SumDbFormatError, TileMismatchError

DATABASE_HEIGHT = 8
"""The tile height of checksum databases."""


class TileAuth:
    """The proved part of one tree.

    Attributes:
        tree: the tree head that everything is proved against. Its signature is the caller's business.
        suspects: after a TileMismatchError, the tiles that were thrown away: at least one of them is wrong.
    """

    __slots__ = ("_edge", "_edge_proved", "_height", "_prefixes", "_proved", "_told", "suspects", "tree")

    def __init__(self, tree: Tree, height: int = DATABASE_HEIGHT) -> None:
        self.tree = tree
        self.suspects: tuple[Tile, ...] = ()
        self._height = height
        self._proved: dict[Tile, HashedTile] = {}
        self._told: dict[Tile, HashedTile] = {}
        self._prefixes: dict[int, bytes] = {}
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
        wanted: dict[Tile, None] = {} if self._edge_proved else dict.fromkeys(self._edge)
        for level, n in nodes:
            if level < 0 or n < 0 or (n + 1) << level > self.tree.size:
                raise SumDbFormatError("indexes not in tree")
            tile = self._tile_of((level, n))[0]
            chain: list[Tile] = []
            while tile not in self._proved and tile not in wanted:
                chain.append(tile)
                tile = self._parent(tile)
            for below in reversed(chain):
                wanted[below] = None
        return tuple(wanted)

    def tell(self, hashed: HashedTile) -> None:
        """Take the bytes of a tile that `ask` named; they stay unused until `settle`."""
        if hashed.tile not in self._proved:
            self._told[hashed.tile] = hashed

    def settle(self) -> tuple[HashedTile, ...]:
        """Judge what was told, as far as its parents are known.

        Returns:
            The tiles that are proved now and were not before: they are safe to keep.

        Raises:
            TileMismatchError: tiles do not hash into their parents or the tree head; see `suspects`.
        """
        safe: list[HashedTile] = []
        if not self._edge_proved:
            if any(tile not in self._told for tile in self._edge):
                return ()
            self._judge_edge()
            for tile in self._edge:
                safe.append(self._accept(tile))
        # Levels fall from parent to child, so one pass from above judges every tile whose parents are known.
        for tile in sorted(self._told, key=_by_level):
            parent = self._proved.get(self._parent(tile))
            if parent is None:
                continue
            if parent.entry(tile.number & ((1 << self._height) - 1)) != self._told[tile].root:
                self._refuse((tile,))
            safe.append(self._accept(tile))
        return tuple(safe)

    def node(self, level: int, n: int) -> bytes:
        """The hash of a node. Its tiles must have been proved.

        Raises:
            SumDbFormatError: they have not.
        """
        return self._read((level, n), self._proved)

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

    def _judge_edge(self) -> None:
        told = self._told
        root = range_hash([self._read(node, told) for node in range_nodes(0, self.tree.size)])
        if root != self.tree.hash:
            self._refuse(self._edge)
        self._edge_proved = True

    def _refuse(self, tiles: tuple[Tile, ...]) -> None:
        for tile in tiles:
            del self._told[tile]
        self.suspects = tiles
        raise TileMismatchError("downloaded inconsistent tile")

    def _accept(self, tile: Tile) -> HashedTile:
        hashed = self._proved[tile] = self._told.pop(tile)
        return hashed

    def _read(self, node: Node, tiles: Mapping[Tile, HashedTile]) -> bytes:
        tile, inner, n = self._tile_of(node)
        hashed = tiles.get(tile)
        if hashed is None:
            raise SumDbFormatError(f"{tile.path} has not been authenticated")
        return hashed.node(inner, n)

    def _tile_of(self, node: Node) -> tuple[Tile, int, int]:
        """The tile that has `node` in this tree, the node's level within it, and its number within that level."""
        level, n = node
        tile_level, inner = divmod(level, self._height)
        number = n >> (self._height - inner)
        tile = tile_in_tree(self._height, tile_level, number, self.tree.size)
        return tile, inner, n - (number << (self._height - inner))

    def _parent(self, tile: Tile) -> Tile:
        return tile_in_tree(self._height, tile.level + 1, tile.number >> self._height, self.tree.size)


@lru_cache(maxsize=1024)
def prefix_nodes(size: int, height: int = DATABASE_HEIGHT) -> tuple[Node, ...]:
    """Nodes whose tiles are all that the hash of the tree over the first `size` records takes: one for each tile."""
    return tuple({level // height: (level, n) for level, n in range_nodes(0, size)}.values())


def _by_level(tile: Tile) -> int:
    return -tile.level
