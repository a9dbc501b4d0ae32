# SPDX-License-Identifier: BSD-3-Clause
"""Whether a client with nothing but a mirror, and the key of the checksum database, can prove all that it gets there.

A client may begin with any lookup of the mirror. It reads the record under the tree head that comes with it, then joins
that head to those of other lookups, and at last reads every record under the newest. All of that is played here:

    each lookup        its head is signed, its record is about the module version, and is in the tree of that head
    each older head    is a prefix of the newest tree
    each record        is in the newest tree
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping

from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.records import NamedTuple
from govgo.core.sumdb.heads import Head, fork_error, read_head
from govgo.core.sumdb.note import Verifier
from govgo.core.sumdb.record import Record, parse_record, sum_lines
from govgo.core.sumdb.tile import HashedTile, Tile
from govgo.core.sumdb.tileauth import TileAuth, prefix_nodes
from govgo.core.sumdb.tlog import Node, Tree, record_hash
from govgo.errors import GovgoError, IntegrityError, SumDbFormatError, TileMismatchError


class Fault(NamedTuple):
    """Something that does not prove: the key of the file, whose record it is, and why."""

    key: str
    module: ModuleVersion | None
    error: GovgoError


class ProvedLog(NamedTuple):
    """The texts of records that are proved, by module version, and what is not."""

    texts: Mapping[ModuleVersion, bytes]
    faults: tuple[Fault, ...]


def prove_log(
    top: str,
    verifier: Verifier,
    lookups: Mapping[ModuleVersion, tuple[str, bytes]],
    seen: Collection[Tree],
    read: Callable[[str], bytes | None],
) -> ProvedLog:
    """Prove the lookups of a mirror by its own tiles.

    Args:
        top: what the keys of the database's files begin with: "sumdb/NAME".
        verifier: the database's key.
        lookups: key and content of each.
        seen: the trees whose heads the mirror has had.
        read: gives the content of a file, None where there is none.
    """
    faults: list[Fault] = []
    records = _read_lookups(verifier, lookups, faults)
    heads = dict.fromkeys(head for _, _, head in records.values())
    try:
        newest = read_head(read(f"{top}/latest") or b"", verifier)
    except GovgoError as error:
        return ProvedLog({}, (*faults, Fault(f"{top}/latest", None, error)))
    tiles = _Tiles(top, read)
    proved: dict[ModuleVersion, bytes] = {}
    by_head: dict[Head, list[ModuleVersion]] = {newest: list(records)}
    for mod, (_, _, own) in records.items():
        if own != newest:
            by_head.setdefault(own, []).append(mod)
    for head, mods in by_head.items():
        asked = {mod: records[mod] for mod in mods if mod in records}  # without those that the newest tree lacks
        auth, missing = tiles.prove(head.tree, [(0, record.number) for _, record, _ in asked.values()])
        faults += missing
        if auth is None:
            continue
        for mod, (key, record, _) in asked.items():
            try:
                if auth.leaf(record.number) != record_hash(record.text):
                    raise IntegrityError("the record is not the one in the signed tree")
            except (SumDbFormatError, IntegrityError) as error:
                faults.append(Fault(key, mod, error))
                proved.pop(mod, None)
                records.pop(mod, None)
            else:
                proved[mod] = record.text
    faults += _joined(top, newest, list(heads), seen, tiles)
    return ProvedLog(proved, tuple(dict.fromkeys(faults)))


def _read_lookups(
    verifier: Verifier, lookups: Mapping[ModuleVersion, tuple[str, bytes]], faults: list[Fault]
) -> dict[ModuleVersion, tuple[str, Record, Head]]:
    """The key, the record and the signed tree head of each lookup."""
    heads: dict[bytes, Head] = {}
    records: dict[ModuleVersion, tuple[str, Record, Head]] = {}
    for mod, (key, data) in lookups.items():
        try:
            record = parse_record(data)
            head = heads.get(record.rest) or heads.setdefault(record.rest, read_head(record.rest, verifier))
            if not sum_lines(record.text, mod):
                raise SumDbFormatError(f"the record has no line for {mod}")
            if not 0 <= record.number < head.tree.size:
                raise SumDbFormatError(f"record {record.number} in a tree of size {head.tree.size}")
        except GovgoError as error:
            faults.append(Fault(key, mod, error))
        else:
            records[mod] = key, record, head
    return records


def _joined(top: str, newest: Head, heads: list[Head], seen: Collection[Tree], tiles: _Tiles) -> Iterator[Fault]:
    """What speaks against the heads being of one history: that of the newest."""
    notes = {head.tree: head.note for head in heads}
    for tree in sorted({*notes, *seen}):  # there may be several of one size; at most one of them is right
        size = tree.size
        if size > newest.tree.size:
            error = IntegrityError(f"the newest tree head has a tree of {newest.tree.size}, an older one one of {size}")
            yield Fault(f"{top}/latest", None, error)
            continue
        if size == 0:
            continue
        auth, missing = tiles.prove(newest.tree, prefix_nodes(size))
        yield from missing
        if auth is None or missing:
            continue
        root = auth.prefix_root(size)
        if root != tree.hash:
            older = Head(tree, notes.get(tree, b""))
            yield Fault(f"{top}/latest", None, fork_error(older, newest, root, ()))


class _Tiles:
    """The tiles of a mirror."""

    def __init__(self, top: str, read: Callable[[str], bytes | None]) -> None:
        self._top = top
        self._read = read
        self._known: dict[Tile, HashedTile] = {}

    def prove(self, tree: Tree, nodes: list[Node] | tuple[Node, ...]) -> tuple[TileAuth | None, tuple[Fault, ...]]:
        """Nodes of a tree, proved; None where the tiles at its edge do not, and what is missing or wrong."""
        faults: list[Fault] = []
        try:
            auth = TileAuth(tree)
            asked = auth.ask(nodes)
        except (SumDbFormatError, TileMismatchError) as error:
            return None, (Fault(f"{self._top}/latest", None, error),)
        for tile in asked:
            try:
                auth.add(self._tile(tile))
            except (TileMismatchError, IntegrityError) as error:
                faults.append(Fault(f"{self._top}/{tile.path}", None, error))
        while True:
            try:
                auth.prove()
                return auth, tuple(faults)
            except TileMismatchError:
                wrong = IntegrityError("the tile does not hash into the signed tree")
                faults += [Fault(f"{self._top}/{tile.path}", None, wrong) for tile in auth.suspects]

    def _tile(self, tile: Tile) -> HashedTile:
        known = self._known.get(tile)
        if known is None:
            data = self._read(f"{self._top}/{tile.path}")
            if data is None:
                raise IntegrityError("the tile is missing")
            known = self._known[tile] = HashedTile(tile, data)
        return known
