# SPDX-License-Identifier: BSD-3-Clause
"""A part of a storage as a storage of its own: the keys below one prefix."""

from __future__ import annotations

from collections.abc import Iterator

from govgo.ports.storage import Entry, Storage


class StorageBelow:
    """The files of a storage whose keys begin with `prefix` and a slash (`ports.storage.Storage`)."""

    def __init__(self, storage: Storage, prefix: str) -> None:
        """The storage is not closed with this one."""
        self._storage = storage
        self._prefix = f"{prefix}/"

    def __str__(self) -> str:
        return f"{self._storage}/{self._prefix.rstrip('/')}"

    def head(self, key: str) -> Entry | None:
        """What is known of a file."""
        found = self._storage.head(self._prefix + key)
        return None if found is None else found._replace(key=key)

    def read(self, key: str, start: int = 0, length: int | None = None) -> bytes | None:
        """The bytes of a file, or some of them."""
        return self._storage.read(self._prefix + key, start, length)

    def chunks(self, key: str, start: int = 0, length: int | None = None, tag: str = "") -> Iterator[bytes] | None:
        """The same in pieces."""
        return self._storage.chunks(self._prefix + key, start, length, tag)

    def create(self, key: str, data: bytes) -> bool:
        """Store a file unless the key is taken."""
        return self._storage.create(self._prefix + key, data)

    def create_from(self, key: str, path: str) -> bool:
        """The same with the content of a local file."""
        return self._storage.create_from(self._prefix + key, path)

    def replace(self, key: str, data: bytes) -> None:
        """Store a file whatever is there."""
        self._storage.replace(self._prefix + key, data)

    def replace_from(self, key: str, path: str) -> None:
        """The same with the content of a local file."""
        self._storage.replace_from(self._prefix + key, path)

    def swap(self, key: str, data: bytes, tag: str) -> bool:
        """Replace a file if its tag is still `tag`."""
        return self._storage.swap(self._prefix + key, data, tag)

    def delete(self, key: str) -> bool:
        """Remove a file."""
        return self._storage.delete(self._prefix + key)

    def entries(self, prefix: str = "") -> Iterator[Entry]:
        """The files whose keys start with `prefix`."""
        for entry in self._storage.entries(self._prefix + prefix):
            yield entry._replace(key=entry.key.removeprefix(self._prefix))

    def close(self) -> None:
        """The whole storage is closed by whoever has it."""
