# SPDX-License-Identifier: BSD-3-Clause
"""The event log of another server: its heads joined to those that were seen before, its events proved.

The newest head that was seen is kept in the storage, so that two histories are noticed across restarts; what has been
found is kept beside it, and nothing is asked of such a log any more.

    peers/NAME/latest           the newest signed tree head
    peers/NAME/fork-HASH.txt    two signed heads that contradict each other
"""

from __future__ import annotations

from collections.abc import Callable

from govgo.adapters.http.remote import Remote
from govgo.adapters.sumdb.provedtrees import ProvedTrees
from govgo.adapters.sumdb.stored import StoredSumDb
from govgo.core.sumdb.heads import EMPTY_HEAD, Head
from govgo.core.sumdb.note import Verifier
from govgo.core.sumdb.rules import MAX_DATA_TILE_BYTES, split_data_tile
from govgo.core.sumdb.tile import HashedTile, Tile, tile_in_tree
from govgo.core.sumdb.tileauth import DATABASE_HEIGHT, WIDTH
from govgo.core.sumdb.tlog import record_hash
from govgo.errors import ForkError, IntegrityError, NotFoundError, SumDbFormatError
from govgo.ports.storage import Storage

_FETCHES = 2
"""Events that do not prove are fetched once more: they may have been damaged on the way."""


class RemoteLog:
    """One look at a log; the next one begins with the head that this one has kept. Belongs to one event loop.

    Attributes:
        set_back: how many events are shown of a log that had more of them; None where that is not so.
    """

    def __init__(
        self, verifier: Verifier, remote: Remote, storage: Storage, log: Callable[[str], None], where: str = ""
    ) -> None:
        """Nothing is asked yet.

        Args:
            verifier: the log's key.
            remote: the files below `/events`.
            storage: where heads and evidence are kept.
            log: takes sentences for the operator.
            where: the directory or place of `storage` as people find it; "" where it does not last.
        """
        self.set_back: int | None = None
        self._is_open = False
        self._remote = remote
        self._where = where
        self._files = _Heads(verifier.name, storage, "peers")
        self._trees = ProvedTrees(verifier, self._fetch, self._files, _forget, log)

    async def is_known(self) -> bool:
        """Whether a head of this log is kept, which `newest` has to continue; else the log begins anew for us.

        Raises:
            StorageError: that cannot be read.
        """
        if not self._is_open:
            await self._trees.open()
            self._is_open = True
        return self._trees.stored is not EMPTY_HEAD

    async def newest(self) -> Head:
        """The newest head, proved to continue those before it, and kept.

        Raises:
            ForkError: there are two histories; the evidence is kept.
            BadSignatureError: the head has not the log's signature.
            IntegrityError: what is served does not prove it, or the log was set back.
            NotFoundError, UnavailableError: there is no answer.
            StorageError: the head cannot be kept.
        """
        try:
            await self.is_known()
            await self._trees.fetch_latest()
            await self._trees.keep_latest()
        except ForkError as error:
            if not error.proof:
                raise self._as_set_back(error) from error
            raise self._with_evidence(error) from error
        return self._trees.timeline.proved

    async def compare(self, note: bytes) -> None:
        """Compare a head of this log that somebody else has seen with what is shown here, after `newest`.

        Raises:
            ForkError: there are two histories; the evidence is kept.
            BadSignatureError, IntegrityError: it is not a head of this log, or nothing that is served here proves it.
            NotFoundError, UnavailableError: nothing can be proved.
        """
        try:
            await self._trees.offer(note)
        except ForkError as error:
            raise self._with_evidence(error) from error

    async def page(self, number: int, head: Head) -> list[bytes]:
        """The texts of the events of a page, proved by `head`; 256 of them, or fewer at its end (errors as `newest`).

        Raises:
            IntegrityError: what is served is not what was signed, or is not served.
        """
        width = min(WIDTH, head.tree.size - number * WIDTH)
        which = f"events {number * WIDTH} to {number * WIDTH + width - 1}"
        try:
            leaves = await self._trees.tile(tile_in_tree(DATABASE_HEIGHT, 0, number, head.tree.size), head.tree)
            for _ in range(_FETCHES):
                texts = await self._texts(number, width)
                if b"".join(map(record_hash, texts)) == leaves:
                    return texts
        except NotFoundError as error:
            raise IntegrityError(f"{which} were signed and are not served: {error}") from error
        raise IntegrityError(f"{which} are served, and are not those that were signed")

    async def aclose(self) -> None:
        """Cancel what is being fetched."""
        await self._trees.aclose()

    def _as_set_back(self, error: ForkError) -> IntegrityError:
        """A head of a smaller tree, and nothing that is served proves the larger one any more, nor contradicts it.

        A log whose storage was restored from a backup looks like this, and so does one that lags. It has not signed
        two histories, as far as anybody can show, and may continue the one that was seen.
        """
        self.set_back, before = sorted(self._trees.timeline.read(note).tree.size for note in error.notes)
        return IntegrityError(
            f"the event log was set back: {before} events were signed, and {self.set_back} are shown; nothing is taken "
            "from it until it shows all of them again, or has a new key",
            inner=error,
        )

    def _with_evidence(self, error: ForkError) -> ForkError:
        """Keep the evidence, and say where."""
        place = self._files.keep_evidence(error)
        where = f"\n\nboth signed tree heads are kept in {self._where}/{place}" if place and self._where else ""
        return ForkError(f"{error.text}{where}", notes=error.notes, proof=error.proof, hint=error.hint)

    async def _texts(self, number: int, width: int) -> list[bytes]:
        tile = Tile(DATABASE_HEIGHT, -1, number, width)
        try:
            data = await self._remote.get(tile.path, MAX_DATA_TILE_BYTES)
        except NotFoundError:
            if tile.is_full:
                raise
            data = await self._remote.get(tile.full.path, MAX_DATA_TILE_BYTES)  # it has grown meanwhile
            tile = tile.full
        try:
            return split_data_tile(data, tile.width)[:width]
        except SumDbFormatError:
            return []  # it proves nothing

    async def _fetch(self, path: str, limit_bytes: int) -> bytes:
        return await self._remote.get("checkpoint" if path == "/latest" else path[1:], limit_bytes)


class _Heads(StoredSumDb):
    """Heads and evidence alone: each tile is asked for once or twice, so none is kept."""

    def read(self, name: str) -> bytes | None:
        """A missing file: nothing of a remote log is kept here."""
        return None


def seen_head(name: str, storage: Storage) -> bytes:
    """The newest head of a log that was seen here; b"" for none.  Raises StorageError."""
    return StoredSumDb(name, storage, "peers").read_latest()


def kept_evidence(name: str, storage: Storage) -> str:
    """The file with the evidence that a log has two histories; "" where there is none.

    Raises:
        StorageError: the storage cannot be asked.
    """
    return next((entry.key for entry in storage.entries(f"peers/{name}/fork-")), "")


def _forget(_: HashedTile) -> None:
    """A tile was proved."""
