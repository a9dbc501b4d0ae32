# SPDX-License-Identifier: BSD-3-Clause
"""The files of a published checksum database: those that clients ask for, at the same paths, and three of its own.

    latest                          the signed tree head that everybody is shown, with the cosignatures of witnesses
    lookup/PATH@VERSION             a record with its number, and the tree head that it came with
    tile/8/LEVEL/NNN[.p/W]          hashes;  tile/8/data/NNN[.p/W]  records
    key                             the verifier keys, a line each: two while clients change from one to the other
    commit                          the signed tree head that has been decided on
    pending/SIZE-HASH               the records between `latest` and `commit`

A file server that serves the directory serves the database. docs/design/sumdb.md says in which order they are written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from govgo.core.lazyregex import late
from govgo.core.records import NamedTuple
from govgo.core.sumdb.append import Growth, edge_tiles
from govgo.core.sumdb.heads import Head
from govgo.core.sumdb.note import Verifier, parse_verifier
from govgo.core.sumdb.record import format_record, lookup_path
from govgo.core.sumdb.rules import join_data_tile, judge_record, split_data_tile
from govgo.core.sumdb.tile import Tile
from govgo.core.sumdb.tileauth import DATABASE_HEIGHT, WIDTH
from govgo.core.sumdb.tlog import Tree, record_hash
from govgo.errors import SumDbFormatError

LATEST = "latest"
COMMIT = "commit"
KEY = "key"
PENDING = "pending/"

MAX_KEY_BYTES = 4096
MAX_PENDING_BYTES = 64 << 20
"""Ten thousand records about versions that a storage can have a key for are a third of that."""

_PENDING = late(r"pending/(0|[1-9][0-9]{0,18})-[0-9a-f]{64}")
_PENDING_HEAD = late(rb"govgo pending records\n(0|[1-9][0-9]{0,18}) ([1-9][0-9]{0,6})\n\n")


def format_keys(keys: Sequence[str]) -> bytes:
    """The file of the verifier keys, which are given as texts."""
    return "".join(f"{key}\n" for key in keys).encode()


def parse_keys(data: bytes) -> tuple[Verifier, ...]:
    """The verifier keys of a database: every head that it publishes is signed by each of them.

    Raises:
        NoteError: there is none, or one is malformed.
    """
    return tuple(parse_verifier(line) for line in data.decode("utf-8", "replace").strip().split("\n"))


def pending_key(tree: Tree) -> str:
    """Where the records are that lead to a tree."""
    return f"{PENDING}{tree.size}-{tree.hash.hex()}"


def pending_size(key: str) -> int:
    """The size of the tree that pending records lead to; -1 for a key that is none of theirs."""
    found = _PENDING.fullmatch(key)
    return int(found[1]) if found is not None else -1


def format_pending(older_size: int, texts: Sequence[bytes]) -> bytes:
    """The file of pending records: what they follow, how many they are, and their texts."""
    return b"govgo pending records\n%d %d\n\n" % (older_size, len(texts)) + join_data_tile(texts)


def parse_pending(data: bytes) -> tuple[int, list[bytes]]:
    """The size of the tree that pending records follow, and their texts. They prove nothing until they are hashed.

    Raises:
        SumDbFormatError: the file is malformed.
    """
    found = _PENDING_HEAD.match(data)
    if found is None:
        raise SumDbFormatError("malformed file of pending records")
    return int(found[1]), split_data_tile(data[found.end() :], int(found[2]))


def data_edge(size: int) -> Tile | None:
    """The partial data tile of a tree; None where its last one is full."""
    width = size % WIDTH
    return Tile(DATABASE_HEIGHT, -1, size >> DATABASE_HEIGHT, width) if width else None


class Edge(NamedTuple):
    """The right edge of a tree: its size, the bytes of its partial tiles, and the texts of its partial data tile."""

    size: int
    tiles: tuple[bytes, ...] = ()
    texts: tuple[bytes, ...] = ()

    def tree(self) -> Tree:
        """The tree that the edge belongs to."""
        return Growth(self.size, self.tiles).tree()

    def grown(self, texts: Sequence[bytes]) -> Tree:
        """The tree with these records behind it."""
        growth = Growth(self.size, self.tiles)
        for text in texts:
            growth.append(record_hash(text))
        return growth.tree()

    def has_its_records(self) -> bool:
        """Whether the texts hash to the edge's tile of level 0."""
        tiles = edge_tiles(self.size)
        leaves = self.tiles[0] if tiles and tiles[0].level == 0 else b""
        return b"".join(record_hash(text) for text in self.texts) == leaves


def grown_tiles(edge: Edge, texts: Sequence[bytes]) -> Iterator[tuple[str, bytes]]:
    """The tiles of a tree that grows, of hashes and of records. Each is the same whoever computes it.

    Args:
        edge: of the tree before.
        texts: the new records, each a text of lines.
    """
    growth = Growth(edge.size, edge.tiles)
    for text in texts:
        for tile, data in growth.append(record_hash(text)):
            yield tile.path, data
    for tile, data in growth.edge():
        yield tile.path, data
    texts_of_tiles = [*edge.texts, *texts]
    for at in range(0, len(texts_of_tiles), WIDTH):
        part = texts_of_tiles[at : at + WIDTH]
        number = (edge.size - len(edge.texts) + at) >> DATABASE_HEIGHT
        yield Tile(DATABASE_HEIGHT, -1, number, len(part)).path, join_data_tile(part)


def grown_lookups(size: int, texts: Sequence[bytes], head: Head) -> Iterator[tuple[str, bytes]]:
    """The answers to lookups of the records that were added to a tree of `size` records, with the signed head."""
    for number, text in enumerate(texts, size):
        mod = judge_record(text).mod
        if mod is None:
            raise SumDbFormatError(f"record {number} is about no module version")
        yield lookup_path(mod), format_record(number, text) + head.note
