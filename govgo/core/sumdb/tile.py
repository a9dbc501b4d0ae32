# SPDX-License-Identifier: BSD-3-Clause
"""Tiles: the form in which a log publishes its hashes (x/mod sumdb/tlog/tile.go; go.dev/design/25530-sumdb).

Tile (H, L, N, W) is the concatenation of the hashes of W consecutive nodes of tree level H·L:

    (H·L, N·2^H), (H·L, N·2^H + 1), …, (H·L, N·2^H + W - 1)        1 <= W <= 2^H, 32 bytes each

A full tile has W = 2^H, and the hash over all of it is the node (H·(L+1), N), which stands in its parent: entry
N mod 2^H of the tile (H, L+1, N >> H). The tile at the right edge of a tree may be partial; it grows with the tree, so
the tile of an older tree is the beginning of that of a newer one. The checksum database has height 8: a tile has at
most 256 hashes, 8,192 bytes. In a tree of 1,000 records, level 0 has the full tiles 0 to 2 and tile 3 with a width of
232, and level 1 has tile 0 with a width of 3 (1000 >> 8).

A tile's path is `tile/H/L/NNN`, with `.p/W` at the end of a partial one; numbers from 1000 on are written in groups of
three digits, all but the last with an x: tile/3/4/x001/x234/067.p/1. Level -1, written `data`, holds records instead of
hashes.
"""

from __future__ import annotations

import hashlib

from govgo.core.golib.quote import quote
from govgo.core.lazyregex import late
from govgo.core.records import NamedTuple
from govgo.core.sumdb.tlog import HASH_SIZE
from govgo.errors import SumDbFormatError, TileMismatchError

MAX_HEIGHT = 30
"""Paths of higher tiles are malformed (x/mod's limit)."""

_NODE = hashlib.sha256(b"\x01")  # `tlog.node_hash`, begun
_PATH = late(r"tile/([1-9][0-9]?)/(data|0|[1-9][0-9]*)/((?:x[0-9]{3}/)*)([0-9]{3})(?:\.p/([1-9][0-9]{0,9}))?")


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
    """Read a tile's path; only the spelling that `Tile.path` gives is accepted.

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
    raise SumDbFormatError(f"malformed tile path {quote(path)}")


def tile_in_tree(height: int, level: int, number: int, tree_size: int) -> Tile:
    """The tile at a place as a tree of `tree_size` records has it: full, or partial at the tree's right edge.

    Its width is 0 or negative where the tree has no tile. Level L of a tree has tree_size >> (L·height) complete nodes.
    """
    entries = (tree_size >> (level * height)) - (number << height)
    return Tile(height, level, number, min(entries, 1 << height))


def subtree_hash(data: bytes) -> bytes:
    """The hash of the complete subtree over 2^k hashes, given one after the other."""
    while len(data) > HASH_SIZE:
        data = _row_above(data)
    return data


def _row_above(data: bytes) -> bytes:
    """The hashes one level up: of each pair of `data`."""
    # Copying a hash that has begun is the quickest way in Python; a full tile costs 255 of these.
    begin = _NODE.copy
    row: list[bytes] = []
    for i in range(0, len(data), 2 * HASH_SIZE):
        digest = begin()
        digest.update(data[i : i + 2 * HASH_SIZE])
        row.append(digest.digest())
    return b"".join(row)


class HashedTile:
    """The bytes of a tile, and the hashes over them that were asked for, each computed once.

    Nothing here is authenticated: `TileAuth` compares these hashes with those in the parent tile.
    """

    __slots__ = ("_root", "_rows", "data", "tile")

    def __init__(self, tile: Tile, data: bytes, *, keep_rows: bool = False) -> None:
        """Check the size of a tile's bytes.

        Args:
            tile: its coordinates.
            data: its bytes.
            keep_rows: keep the hashes that `root` computes on its way, where most of them will be asked for.

        Raises:
            TileMismatchError: they are not exactly as long as the tile's width demands.
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
            # In a partial tile the last hash of a row may have no partner: it is not part of a complete subtree.
            rows.append(_row_above(row[: len(row) // 64 * 64]))
        return rows[inner][n * HASH_SIZE : (n + 1) * HASH_SIZE]

    def set_root(self, root: bytes) -> None:
        """Set `root`, computed elsewhere from the same bytes; b"" leaves it to be computed here."""
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
