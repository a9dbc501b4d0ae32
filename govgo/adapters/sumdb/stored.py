# SPDX-License-Identifier: BSD-3-Clause
"""The files of one checksum database in a storage of served files, laid out as a proxy serves them.

    sumdb/NAME/lookup/PATH@VERSION    answers to lookups
    sumdb/NAME/tile/8/L/NNN[.p/W]     tiles
    sumdb/NAME/latest                 the newest signed tree head
    sumdb/NAME/fork-HASH.txt          the evidence of a fork

In a module cache the first two are go's own files, which go and govgo share.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial

from govgo.adapters.sumdb.cache import MAX_CACHED_BYTES, SumDbCache
from govgo.core.sumdb.heads import fingerprint
from govgo.errors import Failure, ForkError, StorageError
from govgo.ports.storage import Storage

KeepUnsaved = Callable[[str, int, Callable[[], object]], object]
"""Takes the key of a file that could not be kept, its size, and what tries it again, which raises Failure."""

_TRIES = 100
"""How often a tree head is written, where others write theirs meanwhile; or where its name is taken by no file."""


class StoredSumDb(SumDbCache):
    """As `SumDbCache`, over a storage. What cannot be read counts as absent, and is fetched again."""

    def __init__(
        self,
        name: str,
        storage: Storage,
        room: str = "sumdb",
        keep_unsaved: KeepUnsaved | None = None,
    ) -> None:
        """Nothing is read yet.

        Args:
            name: of the database, or of another log.
            storage: where the files are.
            room: what stands before the name.
            keep_unsaved: called with files that could not be kept.
        """
        self._below = f"{room}/{name}"
        super().__init__(self._below, f"{self._below}/latest")
        self._storage = storage
        self._keep_unsaved = keep_unsaved

    def read(self, name: str) -> bytes | None:
        """The file `name`, "lookup/…" or "tile/…"; None when it is absent, empty or unreadable."""
        with suppress(Failure):
            return self._storage.read(f"{self._below}/{name}", 0, MAX_CACHED_BYTES) or None
        return None

    def write_many(self, files: Iterable[tuple[str, bytes]]) -> None:
        """Keep proved files. One that is there did not prove, else it would not have been fetched: it is replaced."""
        for name, data in files:
            key = f"{self._below}/{name}"
            try:
                self._write(key, data)
            except Failure:
                if self._keep_unsaved is not None:
                    self._keep_unsaved(key, len(data), partial(self._write, key, data))

    def _write(self, key: str, data: bytes) -> None:
        if not self._storage.create(key, data) and self._storage.read(key, 0, len(data) + 1) != data:
            self._storage.replace(key, data)

    def remove_many(self, names: Iterable[str]) -> None:
        """Remove files, as far as that is possible."""
        for name in names:
            with suppress(Failure):
                self._storage.delete(f"{self._below}/{name}")

    def read_latest(self) -> bytes:
        """The stored tree head; empty when there is none.

        Raises:
            StorageError: it cannot be read.
        """
        return self._storage.read(self.latest_file, 0, MAX_CACHED_BYTES) or b""

    def swap_latest(self, before: bytes, after: bytes) -> bytes | None:
        """Replace the stored tree head if it still is `before` or empty; None, or what is stored.

        Raises:
            StorageError: it cannot be written.
        """
        for _ in range(_TRIES):
            entry = self._storage.head(self.latest_file)
            if entry is None:
                if self._storage.create(self.latest_file, after):
                    return None
                continue
            stored = self._storage.read(self.latest_file, 0, MAX_CACHED_BYTES)
            if stored is None:
                continue
            if stored not in (b"", before):
                return stored
            if self._storage.swap(self.latest_file, after, entry.tag):
                return None
        raise StorageError(f"{self.latest_file}: it can neither be created nor replaced", key=self.latest_file)

    def keep_evidence(self, error: ForkError) -> str:
        """Write the text of a fork, with both signed notes, beside the answers; its key, "" if impossible."""
        key = f"{self._below}/fork-{fingerprint(error)}.txt"
        with suppress(Failure):
            self._storage.replace(key, f"{error.text}\n".encode())
            return key
        return ""
