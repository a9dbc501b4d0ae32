# SPDX-License-Identifier: BSD-3-Clause
"""Tiles: the form in which a log publishes its hashes (x/mod sumdb/tlog; go.dev/design/25530-sumdb).

Tile (height, level, number, width) lists `width` consecutive nodes of tree level height·level, beginning with node
number·2^height, 32 bytes each. A full tile has 2^height of them, and its root is a hash in its parent tile. The
checksum database has height 8.

A tile's path is `tile/H/L/NNN`, with `.p/W` at the end of a partial one; numbers from 1000 on are written in
groups of three digits, all but the last with an x: tile/3/4/x001/x234/067.p/1. Level -1, written `data`, holds
records instead of hashes.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import NamedTuple

from govgo.core.sumdb.tlog import HASH_SIZE, Node, split_stored_hash_index
from govgo.errors import SumDbFormatError, TileMismatchError

MAX_HEIGHT = 30
MAX_LEVEL = 63

_NODE = hashlib.sha256(b"\x01")  # an interior node's hash, begun (RFC 6962, section 2.1)
_PATH = re.compile(r"tile/([1-9][0-9]?)/(data|0|[1-9][0-9]*)/((?:x[0-9]{3}/)*)([0-9]{3})(?:\.p/([1-9][0-9]{0,9}))?")


class Tile(NamedTuple):
    """Coordinates of a tile; `level` is -1 for records."""

    height: int
    level: int
    number: int
    width: int

    @property
    def full(self) -> Tile:
        """The tile of full width at this place."""
        return Tile(self.height, self.level, self.number, 1 << self.height)

    @property
    def is_full(self) -> bool:
        """Whether the tile has 2^height entries."""
        return self.width == 1 << self.height

    @property
    def path(self) -> str:
        """The tile's path."""
        digits = f"{self.number % 1000:03d}"
        rest = self.number // 1000
        while rest:
            digits = f"x{rest % 1000:03d}/{digits}"
            rest //= 1000
        level = "data" if self.level == -1 else self.level
        suffix = "" if self.is_full else f".p/{self.width}"
        return f"tile/{self.height}/{level}/{digits}{suffix}"


def parse_tile_path(path: str) -> Tile:
    """Read a tile's path; only the one that `Tile.path` would give is accepted.

    Raises:
        SumDbFormatError: it is malformed.
    """
    found = _PATH.fullmatch(path)
    if found is not None:
        height_text, level_text, high, low, width_text = found.groups()
        height = int(height_text)
        level = -1 if level_text == "data" else int(level_text)
        number = int(high.replace("x", "").replace("/", "") + low)
        width = int(width_text) if width_text else 1 << height
        tile = Tile(height, level, number, width)
        partial_ok = width_text is None or width < 1 << height
        if height <= MAX_HEIGHT and level < 1 << 63 and number < 1 << 63 and partial_ok and tile.path == path:
            return tile
    raise SumDbFormatError(f"malformed tile path {_quote(path)}")


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


def tile_in_tree(height: int, level: int, number: int, tree_size: int) -> Tile:
    """The tile at a place as a tree of `tree_size` records has it: full, or partial at the tree's right edge.

    Its width is 0 or below when the tree has no tile there.
    """
    entries = (tree_size >> (level * height)) - (number << height)
    return Tile(height, level, number, min(entries, 1 << height))


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


def subtree_hash(data: bytes) -> bytes:
    """The hash of the complete subtree over 2^k hashes that stand one after the other."""
    while len(data) > HASH_SIZE:
        data = _row_above(data)
    return data


def _row_above(data: bytes) -> bytes:
    # Copying a hash that has begun is the quickest way here; a tile costs 255 of these.
    begin = _NODE.copy
    row: list[bytes] = []
    for i in range(0, len(data), 2 * HASH_SIZE):
        digest = begin()
        digest.update(data[i : i + 2 * HASH_SIZE])
        row.append(digest.digest())
    return b"".join(row)


class HashedTile:
    """The bytes of a tile, and the hashes over them as far as somebody asked, each computed once.

    Nothing here is authenticated: `tileauth` compares these hashes with the parent's.
    """

    __slots__ = ("_root", "_rows", "data", "tile")

    def __init__(self, tile: Tile, data: bytes, *, keep_rows: bool = False) -> None:
        """Take a tile's bytes.

        Args:
            tile: its coordinates.
            data: its bytes.
            keep_rows: keep the hashes that `root` computes, since most of them will be asked for.

        Raises:
            TileMismatchError: they are not exactly the tile's width.
        """
        if len(data) != tile.width * HASH_SIZE:
            raise TileMismatchError(f"{tile.path}: {len(data)} bytes of tile data, want {tile.width * HASH_SIZE}")
        self.tile = tile
        self.data = data
        self._rows: list[bytes] | None = [data] if keep_rows else None
        self._root = b""

    def entry(self, n: int) -> bytes:
        """The n-th hash of the tile itself."""
        return self.data[n * HASH_SIZE : (n + 1) * HASH_SIZE]

    def node(self, inner: int, n: int) -> bytes:
        """The hash of the n-th subtree of 2^inner entries; its entries must all be in the tile."""
        if inner == 0:
            return self.entry(n)
        if self._rows is None:
            self._rows = [self.data]
        rows = self._rows
        while len(rows) <= inner:
            row = rows[-1]
            rows.append(_row_above(row[: len(row) // 64 * 64]))
        return rows[inner][n * HASH_SIZE : (n + 1) * HASH_SIZE]

    def foresee(self, root: bytes) -> None:
        """Take `root`, computed somewhere else from the same bytes; b"" leaves it to be computed here."""
        self._root = root

    @property
    def root(self) -> bytes:
        """The hash over all entries of a full tile."""
        if not self._root:
            if self._rows is None:
                self._root = subtree_hash(self.data)
            else:
                self._root = self.node(self.tile.height, 0)
        return self._root


def _quote(text: str) -> str:
    shown = "".join(c if c.isprintable() and c not in '"\\' else c.encode("unicode_escape").decode() for c in text)
    return f'"{shown}"'
