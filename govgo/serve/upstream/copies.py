# SPDX-License-Identifier: BSD-3-Clause
"""Files to which this process alone can write: zips on their way, and copies of those that are stored.

What lies in a storage may be written to at any moment, between the proof and the client's read, too, and no time or
number of an inode tells that for sure: the kernel sets a time before it writes the bytes. A file without a name has no
other writer, so what was proved of it is what is sent, and the kernel may send its pages as they are (sendfile).
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from threading import Lock

from govgo.adapters.disk.diskerror import disk_error
from govgo.adapters.disk.lockfile import write_all
from govgo.adapters.disk.system import memory_file
from govgo.errors import StorageError
from govgo.ports.storage import LocalStorage, Storage
from govgo.serve.protocol.answer import OpenFile, StoredFile


class Copies:
    """Makes such files. Its methods may be called from several threads at once."""

    def __init__(self, storage: Storage, memory_bytes: int, *, stores: bool) -> None:
        """Nothing is made yet.

        Args:
            storage: on its disk are those for which there is no room in memory, where it has one.
            memory_bytes: for those in memory.
            stores: whether the storage is written to at all.
        """
        self._storage = storage
        self._free = memory_bytes
        self._stores = stores
        self._guard = Lock()

    def of(self, key: str) -> StoredFile | None:
        """A copy of a stored zip, not proved; None for no zip.

        Raises:
            StorageError: it cannot be read, or there is no room for a copy.
        """
        entry = self._storage.head(key)
        pieces = None if entry is None else self._storage.chunks(key)
        if entry is None or pieces is None:
            return None
        file = self._in_memory(key, entry.size) or self.on_disk(key)
        digest, size = hashlib.sha256(), 0
        for piece in pieces:
            append(file, key, piece)
            digest.update(piece)
            size += len(piece)
        return StoredFile(key, size, entry.modified, digest.digest(), file)

    def on_disk(self, key: str) -> OpenFile:
        """An empty file, beside the one that `key` names where that is possible.

        Raises:
            StorageError: the disk is full or fails.
        """
        try:
            if isinstance(self._storage, LocalStorage) and self._stores:
                descriptor, path = self._storage.new_file(key)
            else:
                descriptor, path = tempfile.mkstemp(".zip", "govgo-serve-")
            file = OpenFile(descriptor)
            os.unlink(path)
        except OSError as error:
            raise _fault(key, error) from error
        return file

    def _in_memory(self, key: str, size: int) -> OpenFile | None:
        with self._guard:
            if size > self._free:
                return None
            self._free -= size
        descriptor, _ = memory_file(key, b"")
        file = OpenFile(descriptor, lambda: self._give_back(size))
        return file if descriptor >= 0 else None

    def _give_back(self, size: int) -> None:
        with self._guard:
            self._free += size


def append(file: OpenFile, key: str, data: bytes) -> None:
    """Write to the end of a file that is to become `key`.

    Raises:
        StorageError: the disk is full or fails.
    """
    try:
        write_all(file.descriptor, data)
    except OSError as error:
        raise _fault(key, error) from error


def cut(file: OpenFile, key: str) -> None:
    """Begin a file anew.

    Raises:
        StorageError: the disk fails.
    """
    try:
        os.ftruncate(file.descriptor, 0)
        os.lseek(file.descriptor, 0, os.SEEK_SET)
    except OSError as error:
        raise _fault(key, error) from error


def _fault(key: str, error: OSError) -> StorageError:
    known = disk_error("write", f"a copy of {key}", error)
    return StorageError(str(known), key=key, inner=known, hint=known.hint)
