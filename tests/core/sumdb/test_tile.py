# SPDX-License-Identifier: BSD-3-Clause
"""Tiles: their place in a tree, their paths, their hashes (bulk: tests/conformance/test_tlog.py)."""

from __future__ import annotations

import pytest

from govgo.core.sumdb.tile import HashedTile, Tile, parse_tile_path, subtree_hash, tile_in_tree
from govgo.core.sumdb.tlog import node_hash
from govgo.errors import SumDbFormatError, TileMismatchError

A, B, C = bytes([1] * 32), bytes([2] * 32), bytes([3] * 32)


def test_the_tiles_of_a_tree_of_a_thousand_records() -> None:
    assert tile_in_tree(8, 0, 2, 1000) == Tile(8, 0, 2, 256)
    assert tile_in_tree(8, 0, 3, 1000) == Tile(8, 0, 3, 232)
    assert tile_in_tree(8, 1, 0, 1000) == Tile(8, 1, 0, 3)
    assert tile_in_tree(8, 0, 4, 1000).width <= 0
    assert tile_in_tree(8, 2, 0, 1000).width == 0


def test_paths_have_groups_of_three_digits() -> None:
    assert Tile(8, 0, 5, 256).path == "tile/8/0/005"
    assert Tile(3, 4, 1234067, 1).path == "tile/3/4/x001/x234/067.p/1"
    assert Tile(8, -1, 0, 256).path == "tile/8/data/000"
    assert Tile(8, 0, 5, 7).full == Tile(8, 0, 5, 256)


@pytest.mark.parametrize(
    "path",
    ["tile/8/0/5", "tile/8/0/x000/005", "tile/8/0/005.p/0", "tile/8/0/005.p/256", "tile/31/0/005", "/tile/8/0/005"],
)
def test_a_path_has_one_spelling(path: str) -> None:
    with pytest.raises(SumDbFormatError, match="malformed tile path"):
        parse_tile_path(path)


@pytest.mark.parametrize("keep_rows", [False, True])
def test_hashes_within_a_tile(keep_rows: bool) -> None:
    tile = HashedTile(Tile(2, 0, 0, 3), A + B + C, keep_rows=keep_rows)
    assert tile.entry(2) == C
    assert tile.node(1, 0) == node_hash(A, B)
    full = HashedTile(Tile(1, 0, 0, 2), A + B, keep_rows=keep_rows)
    assert full.root == node_hash(A, B) == subtree_hash(A + B)


def test_a_tile_has_exactly_its_width() -> None:
    for data in (A + B, A + B + C + A, A + B + C[:-1]):
        with pytest.raises(TileMismatchError, match="bytes of tile data, want 96"):
            HashedTile(Tile(2, 0, 0, 3), data)
