# SPDX-License-Identifier: BSD-3-Clause
"""Whether the kept answers, tiles and tree head of a checksum database still prove. No network; nothing is changed.

The client of the database fetches again, silently, what does not prove; this audit names it, for `verify`.

Everything is proved against the newest head among those kept. Tiles count in the width that its tree has; a narrower
tile is what an older tree had, and must be the beginning of the wider one. A tile whose parents are missing proves
nothing either way, and is not reported.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

from govgo.adapters.disk.diskerror import is_in_the_way, reason
from govgo.adapters.sumdb.cache import SumDbCache
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.records import NamedTuple
from govgo.core.sumdb.gosumdb import Database
from govgo.core.sumdb.heads import EMPTY_HEAD, Head, read_head
from govgo.core.sumdb.note import parse_verifier
from govgo.core.sumdb.record import Record, lookup_path, parse_record, sum_lines
from govgo.core.sumdb.tile import HashedTile, Tile, parse_tile_path, tile_in_tree
from govgo.core.sumdb.tileauth import DATABASE_HEIGHT, TileAuth
from govgo.core.sumdb.tlog import HASH_SIZE, Node, record_hash
from govgo.errors import DiskError, Failure, GovgoError, InputError, SumDbFormatError, TileMismatchError


class Damage(NamedTuple):
    """A kept file that does not prove, or that nobody can say so much of.

    Attributes:
        path: absolute.
        reason: what is wrong with it.
        module: whose record it is, None for tiles and tree heads.
        is_unread: the disk does not let it be read.
    """

    path: str
    reason: str
    module: ModuleVersion | None = None
    is_unread: bool = False


class SumAudit:
    """Checks of the files of one database, where the go command keeps them.

    Attributes:
        checked: how many files have been proved or found wrong.
    """

    def __init__(
        self, database: Database, *, gomodcache: str, gopath: str, on_damage: Callable[[], None] | None = None
    ) -> None:
        """No file is touched before `damage`; `on_damage` is called when something does not prove."""
        self._on_damage = on_damage
        self._cache = SumDbCache.of(database.name, gomodcache, gopath)
        self._directory = self._cache.cache_dir
        verifier = parse_verifier(database.key)
        self._read_head = lru_cache(maxsize=1024)(lambda note: read_head(note, verifier))
        self.checked = 0

    def damage(self, mods: Iterable[ModuleVersion]) -> tuple[Damage, ...]:
        """What does not prove: the tree head, the answers for `mods`, every tile there is."""
        found: list[Damage] = []
        newest = self._stored_head(found)
        records: dict[ModuleVersion, Record] = {}
        for mod in dict.fromkeys(mod.without_gomod() for mod in mods):
            try:
                answer = self._answer(mod)
            except OSError as error:
                found.append(_unread(self._lookup_file(mod), error, mod))
                continue
            except GovgoError as error:  # a bad signature, too: what does not prove is the result here
                self.checked += 1
                found.append(Damage(self._lookup_file(mod), str(error).partition("\n")[0], mod))
                continue
            if answer is not None:
                records[mod], head = answer
                if head.tree.size > newest.tree.size:
                    newest = head
        if newest.tree.size:
            found += self._prove(newest, records)
        if found and self._on_damage is not None:
            self._on_damage()
        return tuple(found)

    def _stored_head(self, found: list[Damage]) -> Head:
        if not self._cache.latest_file:
            return EMPTY_HEAD
        try:
            note = self._cache.read_latest()
            if not note:
                return EMPTY_HEAD
            self.checked += 1
            return self._read_head(note)
        except DiskError as error:
            if isinstance(error.inner, OSError):
                found.append(_unread(self._cache.latest_file, error.inner)._replace(is_unread=True))  # none is fetched
            return EMPTY_HEAD
        except GovgoError as error:  # a bad signature, too
            found.append(Damage(self._cache.latest_file, str(error).partition("\n")[0]))
            return EMPTY_HEAD

    def _lookup_file(self, mod: ModuleVersion) -> str:
        return f"{self._directory}/{lookup_path(mod)}"

    def _answer(self, mod: ModuleVersion) -> tuple[Record, Head] | None:
        """The kept answer for a module version and its tree head, None where there is none.

        Raises:
            GovgoError: it is not an answer, or not one for this version.
            OSError: it cannot be read.
        """
        try:
            data = self._cache.find(lookup_path(mod))
        except InputError:
            return None  # no file can be there for such a version
        if data is None:
            return None
        record = parse_record(data)
        head = self._read_head(record.rest)
        if not 0 <= record.number < head.tree.size:
            raise SumDbFormatError(f"record {record.number} in a tree of size {head.tree.size}")
        if not sum_lines(record.text, mod):
            raise SumDbFormatError(f"the record has no line for {mod}")
        return record, head

    def _prove(self, head: Head, records: dict[ModuleVersion, Record]) -> Iterator[Damage]:
        size = head.tree.size
        refused: list[OSError] = []
        on_disk = [tile for tile in self._tile_files(refused.append) if _width_in(tile, size) > 0]
        for error in refused:
            if not is_in_the_way(error):  # there may be no tile at all
                yield _unread(os.fsdecode(error.filename), error)
        nodes: list[Node] = [(0, record.number) for record in records.values()]
        nodes += [(tile.height * tile.level, tile.number << tile.height) for tile in on_disk]
        try:
            auth = TileAuth(head.tree)
            asked = auth.ask(nodes)
        except Failure as error:
            yield Damage(self._cache.latest_file, str(error))
            return
        current: dict[Tile, HashedTile] = {}
        for tile in asked:
            data = self._cache.read_tile(tile)
            if data is not None:
                current[tile] = HashedTile(tile, data)
                auth.add(current[tile])
        yield from self._prove_tiles(auth)
        yield from self._check_other_widths(auth, current, on_disk, size)
        for mod, record in records.items():
            try:
                proved = auth.leaf(record.number)
            except SumDbFormatError:
                continue  # tiles are missing or damaged: nothing is known
            self.checked += 1
            if proved != record_hash(record.text):
                yield Damage(self._lookup_file(mod), "the record is not the one in the signed tree", mod)

    def _prove_tiles(self, auth: TileAuth) -> Iterator[Damage]:
        # Each failure drops the tiles in question, so that the rest can be proved: the loop ends.
        while True:
            try:
                self.checked += len(auth.prove())
            except TileMismatchError:
                several = " (or another tile at the edge of the tree)" if len(auth.suspects) > 1 else ""
                for tile in auth.suspects:
                    path = self._tile_path(tile)
                    if path:
                        self.checked += 1
                        yield Damage(path, f"the tile does not hash into the signed tree{several}")
            else:
                return

    def _check_other_widths(
        self, auth: TileAuth, current: dict[Tile, HashedTile], on_disk: Iterable[Tile], size: int
    ) -> Iterator[Damage]:
        """Check the tiles of older trees against the proved ones that they must begin, and all tiles for their size."""
        for tile in on_disk:
            path = f"{self._directory}/{tile.path}"
            try:
                data = self._cache.find(tile.path)
            except OSError as error:
                yield _unread(path, error)
                continue
            if data is None or len(data) != tile.width * HASH_SIZE:
                self.checked += 1
                yield Damage(path, f"{len(data or b'')} bytes of tile data, want {tile.width * HASH_SIZE}")
                continue
            wider = tile_in_tree(tile.height, tile.level, tile.number, size)
            whole = current.get(wider)
            if wider.width <= tile.width or whole is None:
                continue
            try:
                auth.node(tile.height * tile.level, tile.number << tile.height)
            except SumDbFormatError:
                continue  # the wider tile itself is not proved
            self.checked += 1
            if whole.data[: len(data)] != data:
                yield Damage(path, "the tile is not the beginning of the one in the signed tree")

    def _tile_path(self, tile: Tile) -> str:
        """The file that a tile was read from, "" for none."""
        for each in (tile, tile.full):
            path = f"{self._directory}/{each.path}"
            if os.path.exists(path):
                return path
        return ""

    def _tile_files(self, refused: Callable[[OSError], object]) -> Iterator[Tile]:
        """The tiles that there are; `refused` is told of directories that cannot be listed."""
        top = f"{self._directory}/tile/{DATABASE_HEIGHT}"
        for directory, directories, names in os.walk(top, onerror=refused):
            directories.sort()
            for name in sorted(names):
                path = os.path.relpath(f"{directory}/{name}", self._directory)
                try:
                    tile = parse_tile_path(path)
                except SumDbFormatError:
                    continue  # not a tile: another program's, or a temporary file
                if tile.level >= 0:
                    yield tile


def _unread(path: str, error: OSError, mod: ModuleVersion | None = None) -> Damage:
    """A file that cannot be read: damaged, if it is something that nobody has kept there."""
    return Damage(path, f"cannot be read: {reason(error)}", mod, is_unread=not is_in_the_way(error))


def _width_in(tile: Tile, size: int) -> int:
    """The width of the tile in a tree of `size` records; 0 or negative where it has no such tile."""
    return tile_in_tree(tile.height, tile.level, tile.number, size).width
