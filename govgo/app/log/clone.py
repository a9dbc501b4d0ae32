# SPDX-License-Identifier: BSD-3-Clause
"""A clone of a checksum database in a storage.

    key                  the verifier key
    head                 the newest signed tree head that is proved to continue all before it
    heads/SIZE           every such head that was seen, the largest of each sync
    watched              the head at which the last look of `log watch` ended
    tile/8/LEVEL/NNN     proved tiles: those from level 1 up, and the edge; full ones of level 0 follow from the records
    records/NNNNN        packs of records (`core.log.packs`)

Whatever is read is checked again before it is believed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from govgo.core.log.packs import PACK_RECORDS, pack_size
from govgo.core.sumdb.heads import EMPTY_HEAD, MAX_HEAD_BYTES, Head, read_head
from govgo.core.sumdb.note import Verifier
from govgo.core.sumdb.tile import HashedTile, Tile
from govgo.errors import SumDbFormatError, UsageError
from govgo.ports.storage import Storage

KEY = "key"
HEAD = "head"
_HEADS = "heads/"
_RECORDS = "records/"
_WATCHED = "watched"
_BEGINNING_BYTES = 200


class Clone:
    """The files of a clone."""

    def __init__(self, storage: Storage, place: str = "the directory") -> None:
        """`place` is its name in errors."""
        self._storage = storage
        self._place = place

    def open(self, key: str) -> None:
        """Say whose clone this is.

        Raises:
            UsageError: it is the clone of another database.
        """
        self._storage.create(KEY, f"{key}\n".encode())
        if self.key() != key:
            raise UsageError(f"{self._place} has a clone of another checksum database")

    def key(self) -> str:
        """The verifier key.

        Raises:
            UsageError: there is no clone.
        """
        data = self._storage.read(KEY, 0, 4096)
        if data is None:
            raise UsageError(f"{self._place} has no clone of a checksum database; `govgo log sync` makes one")
        return data.decode("utf-8", "replace").strip()

    def head(self, verifier: Verifier) -> Head:
        """The newest head; the empty one where there is none.  Raises BadSignatureError, IntegrityError for damage."""
        note = self._storage.read(HEAD, 0, MAX_HEAD_BYTES)
        return EMPTY_HEAD if note is None else read_head(note, verifier)

    def keep_head(self, head: Head) -> None:
        """Replace the newest head, and keep it among all."""
        self._storage.create(f"{_HEADS}{head.tree.size}", head.note)
        self._storage.replace(HEAD, head.note)

    def keep_evidence(self, text: str) -> str:
        """Keep the evidence of a fork; its key."""
        data = text.encode("utf-8", "surrogateescape")
        key = f"fork-{hashlib.sha256(data).hexdigest()[:16]}.txt"
        self._storage.create(key, data)
        return key

    def watched(self, verifier: Verifier) -> Head | None:
        """The head at which the last look of `log watch` ended; None for none (errors as `head`)."""
        note = self._storage.read(_WATCHED, 0, MAX_HEAD_BYTES)
        return None if note is None else read_head(note, verifier)

    def keep_watched(self, head: Head) -> None:
        """Keep `head` as the one at which the last look of `log watch` ended."""
        self._storage.replace(_WATCHED, head.note)

    def heads(self, verifier: Verifier) -> list[Head]:
        """Every head that was kept, by size."""
        keys = [entry.key for entry in self._storage.entries(_HEADS)]
        notes = (self._storage.read(key, 0, MAX_HEAD_BYTES) for key in keys)
        found = [read_head(note, verifier) for note in notes if note is not None]
        return sorted(found, key=lambda head: head.tree.size)

    def tile(self, tile: Tile) -> HashedTile | None:
        """A tile that is kept; None where it is not, or has another length."""
        data = self._storage.read(tile.path)
        return None if data is None or len(data) != tile.width * 32 else HashedTile(tile, data)

    def keep_tile(self, hashed: HashedTile) -> None:
        """Keep a proved tile. Of partial ones, which are at the edge, those of older trees go."""
        tile = hashed.tile
        self._storage.replace(tile.path, hashed.data)
        if not tile.is_full:
            for entry in list(self._storage.entries(f"tile/{tile.height}/{tile.level}/")):
                if ".p/" in entry.key and entry.key != tile.path:
                    self._storage.delete(entry.key)

    def pack(self, number: int) -> bytes:
        """A pack's file, b"" for none."""
        return self._storage.read(_pack_key(number)) or b""

    def pack_records(self, number: int) -> int:
        """How many records of a pack are kept."""
        beginning = self._storage.read(_pack_key(number), 0, _BEGINNING_BYTES)
        if beginning is None:
            return 0
        try:
            first, count = pack_size(beginning)
        except SumDbFormatError:
            return 0  # damaged: it is fetched again
        return count if first == number * PACK_RECORDS else 0

    def keep_pack(self, number: int, data: bytes) -> None:
        """Keep a pack, whole or not at all."""
        self._storage.replace(_pack_key(number), data)

    def packs(self) -> Iterator[tuple[int, int]]:
        """(number, bytes) of every pack that is kept, in order."""
        found = [entry for entry in self._storage.entries(_RECORDS) if entry.key[len(_RECORDS) :].isdecimal()]
        return iter(sorted((int(entry.key[len(_RECORDS) :]), entry.size) for entry in found))


def _pack_key(number: int) -> str:
    return f"{_RECORDS}{number:05d}"
