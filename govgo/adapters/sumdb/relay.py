# SPDX-License-Identifier: BSD-3-Clause
"""A client of a checksum database that hands on what it has proved: answers to lookups, tiles, tree heads.

So a proxy can serve a database, without asking it again, to clients that prove everything once more.
"""

from __future__ import annotations

from govgo.adapters.sumdb.client import SumDb
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.sumdb.heads import Head
from govgo.core.sumdb.record import format_record
from govgo.core.sumdb.tile import Tile, tile_in_tree
from govgo.core.sumdb.tileauth import DATABASE_HEIGHT
from govgo.core.sumdb.tlog import HASH_SIZE
from govgo.errors import Failure, NotFoundError, SecurityError


class SumDbRelay(SumDb):
    """See the module's docstring. Errors are those of `SumDb.lookup`."""

    async def answer(self, mod: ModuleVersion) -> bytes:
        """The proved answer to a lookup: record, blank line, the signed tree head that came with it."""
        record = await self._record(mod)
        return format_record(record.number, record.text) + record.rest

    def has_failed(self, mod: ModuleVersion) -> bool:
        """Whether a module version could not be looked up; what contradicts the database is another matter."""
        task = self._records.get(mod.without_gomod())
        return task is not None and task.done() and (task.cancelled() or isinstance(task.result(), Failure))

    def forget(self, mod: ModuleVersion) -> None:
        """Ask anew for a module version that could not be looked up."""
        if self.has_failed(mod):
            del self._records[mod.without_gomod()]

    async def newest(self) -> Head:
        """The database's newest tree head, proved to continue the history.

        Raises:
            NotFoundError: the database has none.
        """
        try:
            await self._open()
            await self._trees.fetch_latest()
        except SecurityError as error:
            raise self._misbehaved(error) from error
        return self._trees.timeline.proved

    async def known(self) -> Head:
        """The newest tree head that was proved before, of size 0 where there is none. Nobody is asked."""
        await self._open()
        return self._trees.timeline.proved

    async def tile(self, tile: Tile) -> bytes:
        """The bytes of a tile of the newest tree, or of the beginning of one that is wider by now.

        Raises:
            NotFoundError: the tree has no such tile.
        """
        if tile.height != DATABASE_HEIGHT or tile.level < 0:
            raise NotFoundError(f"reading {tile.path}: the database has tiles of hashes, of height {DATABASE_HEIGHT}")
        node = tile.height * tile.level, (tile.number << tile.height) + tile.width - 1
        size = (node[1] + 1) << node[0]
        head = await self.known()
        if head.tree.size < size:
            head = await self.newest()
        if head.tree.size < size:
            raise NotFoundError(f"reading {tile.path}: not in the tree of size {head.tree.size}")
        try:
            data = await self._trees.tile(tile_in_tree(tile.height, tile.level, tile.number, head.tree.size), head.tree)
        except SecurityError as error:
            raise self._misbehaved(error) from error
        return data[: tile.width * HASH_SIZE]
