# SPDX-License-Identifier: BSD-3-Clause
"""Tree heads of one log as they are seen over time, each proved against the one before by tiles."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

from govgo.core.findings import Finding, Verdict
from govgo.core.log.result import FORK, NOT_PROVED, WENT_BACK
from govgo.core.log.units import WRONG_TILE
from govgo.core.sumdb.heads import Head, fork_error
from govgo.core.sumdb.proof import prove_tree, tree_proof_nodes
from govgo.core.sumdb.tile import HashedTile, Tile
from govgo.core.sumdb.tileauth import TileAuth, prefix_nodes
from govgo.core.sumdb.tlog import Node, Tree
from govgo.errors import Failure, ForkError, TileMismatchError
from govgo.ports.log import LogSource

_FETCHES = 2
"""A tile that does not prove is fetched once more: it may have been damaged on the way."""


class WrongTiles(TileMismatchError):
    """Tiles that do not hash into a signed tree, not even when fetched anew; at least one of `tiles` is wrong."""

    code = "wrong-tiles"

    def __init__(self, tiles: Sequence[Tile]) -> None:
        names = ", ".join(tile.path for tile in tiles)
        alone = len(tiles) == 1
        super().__init__(f"{names} {'does' if alone else 'do'} not hash into the signed tree")
        self.tiles = tuple(tiles)


class ProvedTree:
    """One tree of a log, proved as far as it was asked about.

    Attributes:
        tree: the tree.
        wrong: every tile that was found wrong.
    """

    def __init__(
        self,
        tree: Tree,
        source: LogSource,
        kept: Callable[[Tile], HashedTile | None] = lambda tile: None,
        keep: Callable[[HashedTile], object] = lambda hashed: None,
    ) -> None:
        """Nothing is fetched yet.

        Args:
            tree: a signed tree; its signature is the caller's business.
            source: where tiles come from.
            kept: gives tiles that need not be fetched. They are proved as others are.
            keep: takes proved tiles.
        """
        self.tree = tree
        self.wrong: dict[Tile, None] = {}
        self._source = source
        self._kept = kept
        self._keep = keep
        self._auth = TileAuth(tree)

    def prove(self, nodes: Iterable[Node]) -> TileAuth:
        """Prove nodes.

        Raises:
            WrongTiles: tiles are wrong.
            NotFoundError, UnavailableError: tiles cannot be obtained.
        """
        nodes = tuple(nodes)
        tries: dict[Tile, int] = {}
        while missing := self._auth.ask(nodes):
            fetched: list[Tile] = []
            for tile in missing:
                hashed = self._kept(tile) if tile not in tries else None
                if hashed is None:
                    fetched.append(tile)
                else:
                    self._auth.add(hashed)
                    tries[tile] = 0
            self._fetch(fetched, tries)
            try:
                for hashed in self._auth.prove():
                    if hashed.tile not in fetched and tries.get(hashed.tile) == 0:
                        continue  # it was kept
                    self._keep(hashed)
            except TileMismatchError:
                suspects = self._auth.suspects
                for tile in suspects:
                    tries.setdefault(tile, 0)
                if all(tries[tile] >= _FETCHES for tile in suspects):
                    self.wrong.update(dict.fromkeys(suspects))
                    raise WrongTiles(suspects) from None
        return self._auth

    def _fetch(self, tiles: Sequence[Tile], tries: dict[Tile, int]) -> None:
        for tile, data in zip(tiles, self._source.tiles(tiles), strict=True):
            if isinstance(data, Failure):
                raise data
            tries[tile] = tries.get(tile, 0) + 1
            try:
                self._auth.add(HashedTile(tile, data))
            except TileMismatchError:  # not of its length
                if tries[tile] >= _FETCHES:
                    self.wrong[tile] = None
                    raise WrongTiles([tile]) from None

    def prefix_root(self, size: int) -> bytes:
        """The proved hash of the tree over the first records (errors as `prove`)."""
        return self.prove(prefix_nodes(size)).prefix_root(size)

    def prefix_proof(self, size: int) -> tuple[bytes, ...]:
        """The consistency proof from the tree over the first records, for a third party (errors as `prove`)."""
        auth = self.prove(tree_proof_nodes(self.tree.size, size))
        return prove_tree(self.tree.size, size, lambda node: auth.node(*node))


def join(known: Head, shown: Head, tree_of: Callable[[Tree], ProvedTree]) -> Finding | None:
    """Compare a head that is shown with the one that is known.

    Args:
        known: proved before.
        shown: signed by the same key.
        tree_of: gives the larger of the two trees.

    Returns:
        None where `shown` is `known` or continues it; else what is wrong: a fork, or a head that went back, or that
        nothing could be proved.
    """
    older, newer = sorted((known, shown), key=lambda head: head.tree.size)
    size = older.tree.size
    try:
        if size == newer.tree.size:
            same = older.tree == newer.tree
            return None if same else _fork(fork_error(known, shown, known.tree.hash, ()))
        tree = tree_of(newer.tree)
        root = tree.prefix_root(size)
        if root != older.tree.hash:
            proof: tuple[bytes, ...] = ()
            with suppress(Failure):
                proof = tree.prefix_proof(size)
            return _fork(fork_error(older, newer, root, proof))
    except WrongTiles as error:
        return Finding(WRONG_TILE, None, Verdict.FINDING, str(error))
    except Failure as error:
        text = f"whether the tree of {shown.tree.size} records continues that of {known.tree.size}: {error}"
        return Finding(NOT_PROVED, None, Verdict.UNCHECKED, text)
    if shown is older:
        text = f"a tree of {shown.tree.size} records is shown, and one of {known.tree.size} was before"
        return Finding(WENT_BACK, None, Verdict.FINDING, text)
    return None


def _fork(error: ForkError) -> Finding:
    return Finding(FORK, None, Verdict.CONTRADICTION, str(error))
