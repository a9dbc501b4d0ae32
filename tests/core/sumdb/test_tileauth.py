# SPDX-License-Identifier: BSD-3-Clause
"""Authenticating tiles: order, sharing, and that nothing comes out before it is proved."""

from __future__ import annotations

import pytest

from govgo.core.sumdb.tile import HashedTile, Tile
from govgo.core.sumdb.tileauth import TileAuth, prefix_nodes
from govgo.core.sumdb.tlog import EMPTY_TREE_HASH, Tree, record_hash
from govgo.errors import SumDbFormatError, TileMismatchError
from tests.simulators import campaigns
from tests.simulators.sumdb_log import Log


@pytest.fixture(scope="module")
def log() -> Log:
    return Log().grow(1000)


def told(auth: TileAuth, log: Log, tiles: tuple[Tile, ...]) -> None:
    for tile in tiles:
        auth.add(HashedTile(tile, log.tile(tile)))


def test_parents_are_asked_for_before_their_children(log: Log) -> None:
    tiles = TileAuth(log.tree(), 2).ask([(0, 3), (0, 700)])
    place = {tile: number for number, tile in enumerate(tiles)}
    for tile in tiles:
        above = [t for t in tiles if t.level == tile.level + 1 and t.number == tile.number >> 2]
        assert all(place[parent] < place[tile] for parent in above)


def test_records_share_tiles_and_each_is_checked_once(log: Log) -> None:
    auth = TileAuth(log.tree())
    tiles = auth.ask([(0, n) for n in range(1000)])
    assert len(tiles) == len(set(tiles)) == 5
    told(auth, log, tiles)
    assert {hashed.tile for hashed in auth.prove()} == set(tiles)
    assert auth.prove() == ()
    assert auth.ask([(0, n) for n in range(1000)]) == ()
    assert [auth.leaf(n) for n in range(1000)] == [record_hash(data) for data in log.records]


def test_nothing_is_given_before_it_is_proved(log: Log) -> None:
    auth = TileAuth(log.tree())
    told(auth, log, auth.ask([(0, 5)]))
    with pytest.raises(SumDbFormatError, match="has not been authenticated"):
        auth.leaf(5)


def test_edge_must_be_complete(log: Log) -> None:
    """A part of the edge proves nothing, however it hashes."""
    auth = TileAuth(log.tree())
    tiles = auth.ask([(0, 5)])
    told(auth, log, tiles[1:])
    assert auth.prove() == ()
    with pytest.raises(SumDbFormatError):
        auth.leaf(5)
    told(auth, log, tiles[:1])
    auth.prove()
    assert auth.leaf(5) == record_hash(log.records[5])


def test_child_waits_for_its_parent(log: Log) -> None:
    auth = TileAuth(log.tree(), 2)
    tiles = auth.ask([(0, 3)])
    *others, parent, child = tiles
    told(auth, log, (*others, child))
    assert child not in {hashed.tile for hashed in auth.prove()}
    told(auth, log, (parent,))
    assert {hashed.tile for hashed in auth.prove()} == {parent, child}


@pytest.mark.parametrize(("height", "sizes"), campaigns.one_in(2, [(1, 36), (2, 70), (3, 140), (8, 20)]))
def test_first_tiles_of_a_tree_that_shares_subtrees(log: Log, height: int, sizes: int) -> None:
    """CVE-2026-56865: the tiles at the tree's edge were not all checked where several subtrees lie in one."""
    for size in range(1, sizes):
        tree = log.tree(size)
        tiles = TileAuth(tree, height).ask([(0, n) for n in range(size)])
        for forged in tiles:
            auth = TileAuth(tree, height)
            for tile in tiles:
                data = log.tile(tile)
                auth.add(HashedTile(tile, data[:-1] + bytes([data[-1] ^ 1]) if tile == forged else data))
            with pytest.raises(TileMismatchError):
                auth.prove()
            assert forged in auth.suspects


def test_refused_tile_is_wanted_again(log: Log) -> None:
    auth = TileAuth(log.tree())
    tiles = auth.ask([(0, 5)])
    told(auth, log, tiles[:-1])
    auth.add(HashedTile(tiles[-1], bytes(32 * 256)))
    with pytest.raises(TileMismatchError):
        auth.prove()
    assert auth.suspects == tiles[-1:]
    assert auth.ask([(0, 5)]) == tiles[-1:]
    told(auth, log, tiles[-1:])
    auth.prove()
    assert auth.leaf(5) == record_hash(log.records[5])


def test_proved_tile_cannot_be_replaced(log: Log) -> None:
    auth = TileAuth(log.tree())
    tiles = auth.ask([(0, 5)])
    told(auth, log, tiles)
    auth.prove()
    auth.add(HashedTile(tiles[-1], bytes(32 * 256)))
    assert auth.prove() == ()
    assert auth.leaf(5) == record_hash(log.records[5])


def test_prefixes_of_every_size(log: Log) -> None:
    auth = TileAuth(log.tree())
    for size in range(1001):
        told(auth, log, auth.ask(prefix_nodes(size)))
        auth.prove()
        assert auth.prefix_root(size) == log.tree(size).hash


def test_wrong_tree_head(log: Log) -> None:
    auth = TileAuth(Tree(1000, bytes(32)))
    told(auth, log, auth.ask([(0, 5)]))
    with pytest.raises(TileMismatchError):
        auth.prove()


def test_empty_tree() -> None:
    assert TileAuth(Tree(0, EMPTY_TREE_HASH)).ask(()) == ()
    with pytest.raises(TileMismatchError):
        TileAuth(Tree(0, bytes(32)))
    with pytest.raises(SumDbFormatError, match="indexes not in tree"):
        TileAuth(Tree(0, EMPTY_TREE_HASH)).ask([(0, 0)])


@pytest.mark.parametrize("node", [(0, 1000), (0, -1), (1, 500), (10, 0), (-1, 0), (0, 1 << 62)])
def test_node_outside_of_the_tree(log: Log, node: tuple[int, int]) -> None:
    with pytest.raises(SumDbFormatError, match="indexes not in tree"):
        TileAuth(log.tree()).ask([node])


@pytest.mark.parametrize("size", [0, 31, 33, 64 * 256])
def test_tile_of_a_wrong_width(size: int) -> None:
    with pytest.raises(TileMismatchError, match=r"tile/8/0/000\.p/1: .* want 32"):
        HashedTile(Tile(8, 0, 0, 1), bytes(size))
