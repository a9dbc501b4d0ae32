# SPDX-License-Identifier: BSD-3-Clause
"""The files of one checksum database, where and as the go command keeps them.

    $GOMODCACHE/cache/download/sumdb/NAME/lookup/PATH@VERSION    answers to lookups
    $GOMODCACHE/cache/download/sumdb/NAME/tile/8/L/NNN[.p/W]     tiles
    $GOPATH/pkg/sumdb/NAME/latest                                the newest signed tree head

and two kinds that only govgo has:

    $GOMODCACHE/cache/download/sumdb/NAME/fork-HASH.txt          the evidence of a fork
    $GOMODCACHE/cache/download/sumdb/NAME/govgo/HASH.proof       a proof bundle for each directory that was verified

Nothing read here is trusted: it is proved again first. Answers and tiles can be fetched again, so what cannot be
written is not kept. The tree head must be kept: it is all that the client remembers of the log's history, and without
it a fork would go unnoticed.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterable
from contextlib import suppress

from govgo.adapters.disk.diskerror import disk_error
from govgo.adapters.disk.lockfile import locked, open_to_read, read_all, write_all
from govgo.adapters.disk.trees import Writer
from govgo.core.module.cachepath import DOWNLOAD
from govgo.core.sumdb.heads import fingerprint
from govgo.core.sumdb.tile import Tile
from govgo.core.sumdb.tlog import HASH_SIZE
from govgo.errors import DiskError, ForkError

MAX_CACHED_BYTES = 1 << 20
"""No file that the client keeps is larger; what is read is cut here."""


def heads_directory(gopath: str) -> str:
    """Where the newest tree head of each database is kept, "" for nowhere; of a GOPATH list the first entry counts."""
    first = gopath.split(os.pathsep)[0]
    return f"{first}/pkg/sumdb" if first else ""


class SumDbCache:
    """Reads and writes the files of one database.

    Args:
        cache_dir: `…/cache/download/sumdb/NAME`, or "" to keep no answers and tiles.
        latest_file: `…/pkg/sumdb/NAME/latest`, or "" where no GOPATH says where that is.
    """

    def __init__(self, cache_dir: str, latest_file: str) -> None:
        self.cache_dir = cache_dir
        self.latest_file = latest_file
        self._writer = Writer()
        self._filled: bool | None = None

    @classmethod
    def of(cls, name: str, gomodcache: str, gopath: str) -> SumDbCache:
        """The files of the database `name` where the go command has them."""
        heads = heads_directory(gopath)
        return cls(
            f"{gomodcache}/{DOWNLOAD}/sumdb/{name}" if gomodcache else "", f"{heads}/{name}/latest" if heads else ""
        )

    def proof_file(self, directory: str) -> str:
        """Where the proof bundle of a verified directory is kept; "" where nothing is."""
        if not self.cache_dir:
            return ""
        return f"{self.cache_dir}/govgo/{hashlib.sha256(os.fsencode(directory)).hexdigest()[:16]}.proof"

    def read(self, name: str) -> bytes | None:
        """The file `name`, "lookup/…" or "tile/…"; None when it is absent, empty or unreadable.

        Where there is no directory at the first call, the thousands of calls that follow do not look again.
        """
        if self._filled is None:
            self._filled = self.cache_dir != "" and os.path.isdir(self.cache_dir)
        with suppress(OSError):
            return self.find(name) if self._filled else None
        return None

    def find(self, name: str) -> bytes | None:
        """The file `name`; None when it is absent or empty.

        Raises:
            OSError: it cannot be read.
        """
        try:
            return _read_shared(f"{self.cache_dir}/{name}") or None if self.cache_dir else None
        except (FileNotFoundError, NotADirectoryError):
            return None

    def read_tile(self, tile: Tile) -> bytes | None:
        """The tile's bytes, cut from the full tile where only that is there; None when neither is usable."""
        width = tile.width * HASH_SIZE
        data = self.read(tile.path)
        if data is not None and len(data) == width:
            return data
        if tile.is_full:
            return None
        data = self.read(tile.full.path)
        return data[:width] if data is not None and len(data) == HASH_SIZE << tile.height else None

    def write_many(self, files: Iterable[tuple[str, bytes]]) -> None:
        """Keep proved files, each whole or not at all. What cannot be written is not kept."""
        for name, data in files:
            with suppress(DiskError):
                self._writer.write(f"{self.cache_dir}/{name}", data)

    def remove_many(self, names: Iterable[str]) -> None:
        """Remove files, as far as that is possible."""
        for name in names:
            with suppress(OSError):
                os.unlink(f"{self.cache_dir}/{name}")

    def read_latest(self) -> bytes:
        """The stored tree head; empty when there is none.

        Raises:
            DiskError: it cannot be read, or no GOPATH says where it is.
        """
        self._need_latest()
        try:
            return _read_shared(self.latest_file)
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise disk_error("open", self.latest_file, error) from error

    def swap_latest(self, before: bytes, after: bytes) -> bytes | None:
        """Replace the stored tree head if it still is `before` or empty, under the lock that go uses.

        Returns:
            None when it was replaced, else what is stored.

        Raises:
            DiskError: it cannot be written.
        """
        self._need_latest()
        path = self.latest_file
        directory = os.path.dirname(path)
        try:
            os.makedirs(directory, exist_ok=True)
        except OSError as error:
            raise disk_error("mkdir", directory, error) from error
        # Written in place, since go locks this very file: a rename would leave the lock on a file that is gone.
        with locked(path) as descriptor:
            try:
                stored = read_all(descriptor)
                if stored not in (b"", before):
                    return stored
                # Overwritten rather than emptied first: a process killed in between must not leave an empty head,
                # which would make the next one trust whatever history it is shown.
                os.lseek(descriptor, 0, os.SEEK_SET)
                write_all(descriptor, after)
                os.ftruncate(descriptor, len(after))
            except OSError as error:
                raise disk_error("write", path, error) from error
        return None

    def keep_evidence(self, error: ForkError) -> str:
        """Write the text of a fork, with both signed notes, beside the cached answers; the file, "" if impossible."""
        if not self.cache_dir:
            return ""
        path = f"{self.cache_dir}/fork-{fingerprint(error)}.txt"
        try:
            self._writer.write(path, f"{error.text}\n".encode())
        except DiskError:
            return ""
        return path

    def _need_latest(self) -> None:
        if not self.latest_file:
            raise DiskError("could not locate sumdb file: missing $GOPATH")


def _read_shared(path: str) -> bytes:
    """The content of a file, under the shared lock where the file system has locks; longer ones are cut."""
    descriptor = open_to_read(path)
    try:
        with suppress(OSError):  # Some file systems have no locks; what is read is proved anyway.
            fcntl.flock(descriptor, fcntl.LOCK_SH)
        size = os.fstat(descriptor).st_size
        return os.read(descriptor, min(size, MAX_CACHED_BYTES))
    finally:
        os.close(descriptor)
