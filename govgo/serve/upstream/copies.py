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
from collections.abc import Iterable
from contextlib import suppress
from threading import Lock

from govgo.adapters.disk.diskerror import disk_error
from govgo.adapters.disk.lockfile import write_all
from govgo.adapters.disk.system import memory_file
from govgo.errors import StorageError
from govgo.ports.storage import Entry, LocalStorage, Storage
from govgo.serve.protocol.answer import OpenFile, StoredFile

_TRIES = 3
_DISK_BYTES = 8 << 30
"""For files on the disk, of zips that are open, sent or fetched: clients and upstreams that are slow cannot fill it."""


class _Room:
    """So many bytes that are taken and given back, by any thread."""

    def __init__(self, size: int) -> None:
        self._free = size
        self._guard = Lock()

    def take(self, size: int) -> bool:
        """Whether there was so much room, which is taken now."""
        with self._guard:
            if size > self._free:
                return False
            self._free -= size
            return True

    def give_back(self, size: int) -> None:
        with self._guard:
            self._free += size


class _Share:
    """What one file has taken of a room. The file has it, and it does not have the file: that is closed at once."""

    def __init__(self, room: _Room) -> None:
        self._room = room
        self._size = 0

    def take(self, size: int) -> bool:
        """Take more, if there is so much."""
        has_room = self._room.take(size)
        if has_room:
            self._size += size
        return has_room

    def give_back(self) -> None:
        size, self._size = self._size, 0
        self._room.give_back(size)


class GrowingFile(OpenFile):
    """A file on the disk that takes room as it grows."""

    __slots__ = ("_key", "_share")

    def __init__(self, descriptor: int, key: str, room: _Room) -> None:
        """An empty file that is to become `key`."""
        self._key = key
        self._share = _Share(room)
        super().__init__(descriptor, self._share.give_back)

    def append(self, data: bytes) -> None:
        """Write to its end.

        Raises:
            StorageError: the disk is full or fails, or other zips take all the room.
        """
        if not self._share.take(len(data)):
            raise _no_room(self._key)
        _append(self, self._key, data)

    def cut(self) -> None:
        """Begin it anew.

        Raises:
            StorageError: the disk fails.
        """
        try:
            os.ftruncate(self.descriptor, 0)
            os.lseek(self.descriptor, 0, os.SEEK_SET)
        except OSError as error:
            raise _fault(self._key, error) from error
        self._share.give_back()


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
        self._memory = _Room(memory_bytes)
        self._disk = _Room(_DISK_BYTES)
        self._stores = stores

    def of(self, key: str) -> StoredFile | None:
        """A copy of a stored zip, not proved; None for no zip.

        Raises:
            StorageError: it cannot be read, it changes all the time, or there is no room for a copy.
        """
        for _ in range(_TRIES):
            entry = self._storage.head(key)
            pieces = None if entry is None else self._storage.chunks(key)
            if entry is None or pieces is None:
                return None
            copy = self._copied(entry, pieces)
            if copy is not None:
                return copy
        raise StorageError(f"{key}: others write to it again and again", key=key)

    def _copied(self, entry: Entry, pieces: Iterable[bytes]) -> StoredFile | None:
        """A copy; None where its size is another one: somebody has put something else there meanwhile."""
        key = entry.key
        file = self._in_memory(key, entry.size) or self._on_disk(key, entry.size)
        digest, size = hashlib.sha256(), 0
        for piece in pieces:
            size += len(piece)
            if size > entry.size:
                break
            _append(file, key, piece)
            digest.update(piece)
        if size != entry.size:
            return None
        return StoredFile(key, size, entry.modified, digest.digest(), file)

    def growing(self, key: str) -> GrowingFile:
        """An empty file for a zip on its way, beside the one that `key` names where that is possible.

        Raises:
            StorageError: the disk is full or fails.
        """
        return GrowingFile(self._new_file(key), key, self._disk)

    def _new_file(self, key: str) -> int:
        """The descriptor of a file without a name."""
        try:
            if isinstance(self._storage, LocalStorage) and self._stores:
                descriptor, path = self._storage.new_file(key)
            else:
                descriptor, path = tempfile.mkstemp(".zip", "govgo-serve-")
            try:
                with suppress(FileNotFoundError):  # somebody has emptied the directory
                    os.unlink(path)
            except OSError:
                os.close(descriptor)
                raise
        except OSError as error:
            raise _fault(key, error) from error
        return descriptor

    def _in_memory(self, key: str, size: int) -> OpenFile | None:
        if not self._memory.take(size):
            return None
        descriptor = -1
        with suppress(OSError):  # too many open files, say: the other way tells it
            descriptor, _ = memory_file(key, b"")
        file = OpenFile(descriptor, lambda: self._memory.give_back(size))
        return file if descriptor >= 0 else None

    def _on_disk(self, key: str, size: int) -> OpenFile:
        if not self._disk.take(size):
            raise _no_room(key)
        try:
            descriptor = self._new_file(key)
        except StorageError:
            self._disk.give_back(size)
            raise
        return OpenFile(descriptor, lambda: self._disk.give_back(size))


def _append(file: OpenFile, key: str, data: bytes) -> None:
    """Write to the end of a file that is to become `key`.

    Raises:
        StorageError: the disk is full or fails.
    """
    try:
        write_all(file.descriptor, data)
    except OSError as error:
        raise _fault(key, error) from error


def _no_room(key: str) -> StorageError:
    return StorageError(f"{key}: too many large zips are being read at once", key=key)


def _fault(key: str, error: OSError) -> StorageError:
    known = disk_error("write", f"a copy of {key}", error)
    return StorageError(str(known), key=key, inner=known, hint=known.hint)
