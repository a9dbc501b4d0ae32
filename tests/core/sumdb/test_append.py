# SPDX-License-Identifier: BSD-3-Clause
"""A tree that grows from its edge is the tree that keeps every hash (`logmath`, held to the vectors of x/mod)."""

from __future__ import annotations

import random

import pytest

from govgo.core.sumdb.append import Growth, edge_tiles
from govgo.core.sumdb.tile import Tile
from govgo.core.sumdb.tlog import EMPTY_TREE_HASH, Tree
from govgo.errors import SumDbFormatError
from tests.simulators import logmath
from tests.simulators.sumdb_log import Log

LOG = Log().grow(1800)


def leaf(n: int) -> bytes:
    return LOG.nodes[0, n]


def test_the_edge_of_a_tree_of_a_thousand_records() -> None:
    assert edge_tiles(1000) == (Tile(8, 0, 3, 232), Tile(8, 1, 0, 3))
    assert edge_tiles(512) == (Tile(8, 1, 0, 2),)
    assert edge_tiles(65536) == (Tile(8, 2, 0, 1),)
    assert edge_tiles(0) == ()


def test_every_size_has_its_tree_and_edge() -> None:
    growth = Growth()
    assert growth.tree() == Tree(0, EMPTY_TREE_HASH)
    for n in range(800):
        growth.append(leaf(n))
        assert growth.tree() == LOG.tree(n + 1)
        assert growth.edge() == [(tile, LOG.tile(tile)) for tile in edge_tiles(n + 1)]


@pytest.mark.parametrize("seed", range(20))
def test_growth_publishes_the_tiles_that_x_mod_would(seed: int) -> None:
    rng = random.Random(seed)
    size = rng.randrange(1200)
    after = size + rng.randrange(1, 600)
    growth = Growth(size, [LOG.tile(tile) for tile in edge_tiles(size)])
    made = [tile for n in range(size, after) for tile in growth.append(leaf(n))] + growth.edge()
    assert growth.tree() == LOG.tree(after)
    wanted = {tile: LOG.tile(tile) for tile in logmath.new_tiles(8, size, after)}
    # A partial tile that has not changed is given once more, as part of the edge.
    assert {tile: data for tile, data in made if tile in wanted} == wanted
    assert all(data == LOG.tile(tile) for tile, data in made)


def test_whole_tiles_at_once_are_the_same() -> None:
    one, many = Growth(), Growth()
    made = [each for n in range(1536) for each in one.append(leaf(n)) if each[0].level]
    assert [each for n in range(6) for each in many.append_root(LOG.nodes[8, n])] == made
    assert many.tree() == one.tree() == LOG.tree(1536)
    assert many.tree_with(LOG.tile(Tile(8, 0, 6, 200))) == LOG.tree(1736)


def test_higher_levels() -> None:
    """65,536 equal records: the hash of each level follows from the one below."""
    digest = leaf(0)
    growth = Growth()
    for _ in range(8):
        digest = logmath.node_hash(digest, digest)
    made = [each for _ in range(256) for each in growth.append_root(digest)]
    for _ in range(8):
        digest = logmath.node_hash(digest, digest)
    assert growth.tree() == Tree(65536, digest)
    assert [tile for tile, _ in made] == [Tile(8, 1, 0, 256)]
    assert growth.edge() == [(Tile(8, 2, 0, 1), digest)]


def test_an_edge_of_other_tiles_is_refused() -> None:
    for edge in ([], [b""], [b"x" * 32], [b"x" * 64, b"x" * 32]):
        with pytest.raises(SumDbFormatError, match="the edge of a tree of 2 records"):
            Growth(2, edge)
