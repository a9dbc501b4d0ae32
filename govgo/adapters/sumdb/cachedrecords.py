# SPDX-License-Identifier: BSD-3-Clause
"""Records that are proved by kept files alone, without the event loop, which takes a third of a warm command to load.

An answer counts if `client.SumDb` would believe it without asking anybody: the key has signed its tree head and the
kept one, kept tiles prove that the first is of the history of the second, and that the record is in it. Everything else
(what is missing, damaged, newer than the kept head, or contradicts it) is left to `SumDb`, which fetches what is
missing, and reports what it finds.
"""

from __future__ import annotations

from govgo.adapters.sumdb.cache import SumDbCache
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.sumdb.heads import Head, read_head
from govgo.core.sumdb.note import parse_verifier
from govgo.core.sumdb.record import lookup_path, parse_record, sum_lines
from govgo.core.sumdb.tile import HashedTile
from govgo.core.sumdb.tileauth import TileAuth, prefix_nodes
from govgo.core.sumdb.tlog import record_hash
from govgo.errors import BadSignatureError, Failure


class KeptRecords:
    """The kept records of one checksum database, for one run.

    Args:
        key: the database's verifier key.
        cache: its files.
    """

    def __init__(self, key: str, cache: SumDbCache) -> None:
        self._verifier = parse_verifier(key)
        self._cache = cache
        self._auth: TileAuth | None = None
        self._heads: dict[bytes, Head | None] = {}
        self._texts: dict[ModuleVersion, bytes] = {}

    def lines(self, mod: ModuleVersion) -> tuple[str, ...]:
        """The proved go.sum lines for `mod`, as `SumDb.lookup` gives them; () where kept files do not prove any."""
        version = mod.without_gomod()
        if version not in self._texts:
            try:
                self._texts[version] = self._proved(version)
            except Failure:
                self._texts[version] = b""
        return sum_lines(self._texts[version], mod)

    def _proved(self, mod: ModuleVersion) -> bytes:
        """The text of a record, b"" where something is missing.  Raises Failure where it is damaged."""
        data = self._cache.read(lookup_path(mod))
        if data is None:
            return b""
        record = parse_record(data)
        auth = self._newest()
        head = self._head(record.rest)
        if auth is None or head is None or not 0 <= record.number < auth.tree.size or head.tree.size > auth.tree.size:
            return b""
        for tile in auth.ask(((0, record.number), *prefix_nodes(head.tree.size))):
            content = self._cache.read_tile(tile)
            if content is None:
                return b""
            auth.add(HashedTile(tile, content))
        auth.prove()
        is_older = auth.prefix_root(head.tree.size) == head.tree.hash
        return record.text if is_older and auth.leaf(record.number) == record_hash(record.text) else b""

    def _newest(self) -> TileAuth | None:
        """The tree of the kept head, None where there is none that the key has signed."""
        if self._auth is None and (head := self._head(self._cache.read_latest())) is not None:
            self._auth = TileAuth(head.tree)
        return self._auth

    def _head(self, note: bytes) -> Head | None:
        if note not in self._heads:
            try:
                self._heads[note] = read_head(note, self._verifier)
            except (Failure, BadSignatureError):
                self._heads[note] = None  # anybody may have written the file
        return self._heads[note]
