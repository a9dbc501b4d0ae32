# SPDX-License-Identifier: BSD-3-Clause
"""A storage in memory that remembers what was written when, and that can die at any operation."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator

from govgo.errors import StorageError
from govgo.ports.storage import Entry


class Killed(BaseException):
    """The process that used the storage was killed here."""


class MemoryStorage:
    """A `ports.storage.Storage` of a dictionary.

    Attributes:
        files: bytes by key.
        history: (key, bytes) of every write, in order.
        before: called with the name and the key of each operation that changes something, before it.
        after: the same, after it.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.history: list[tuple[str, bytes]] = []
        self.before: Callable[[str, str], object] = lambda operation, key: None
        self.after: Callable[[str, str], object] = lambda operation, key: None
        self._tags: dict[str, str] = {}
        self._count = itertools.count()
        self._lock = threading.RLock()

    def __str__(self) -> str:
        return "memory://storage"

    def head(self, key: str) -> Entry | None:
        with self._lock:
            data = self.files.get(key)
            return None if data is None else Entry(key, len(data), 0.0, self._tags[key])

    def read(self, key: str, start: int = 0, length: int | None = None) -> bytes | None:
        data = self.files.get(key)
        return None if data is None else data[start : None if length is None else start + length]

    def chunks(self, key: str, start: int = 0, length: int | None = None, tag: str = "") -> Iterator[bytes] | None:
        if tag and key in self.files and self._tags[key] != tag:
            raise StorageError(f"{key}: it is another file by now", key=key)
        data = self.read(key, start, length)
        return None if data is None else iter([data])

    def create(self, key: str, data: bytes) -> bool:
        self.before("create", key)
        with self._lock:
            done = key not in self.files
            if done:
                self._put(key, data)
        self.after("create", key)
        return done

    def create_from(self, key: str, path: str) -> bool:
        with open(path, "rb") as file:
            return self.create(key, file.read())

    def replace(self, key: str, data: bytes) -> None:
        self.before("replace", key)
        self._put(key, data)
        self.after("replace", key)

    def replace_from(self, key: str, path: str) -> None:
        with open(path, "rb") as file:
            self.replace(key, file.read())

    def swap(self, key: str, data: bytes, tag: str) -> bool:
        self.before("swap", key)
        with self._lock:
            done = key in self.files and self._tags[key] == tag
            if done:
                self._put(key, data)
        self.after("swap", key)
        return done

    def delete(self, key: str) -> bool:
        self.before("delete", key)
        with self._lock:
            return self.files.pop(key, None) is not None

    def entries(self, prefix: str = "") -> Iterator[Entry]:
        with self._lock:
            keys = [key for key in self.files if key.startswith(prefix)]
        return (found for key in keys if (found := self.head(key)) is not None)

    def close(self) -> None:
        pass

    def die_at(self, count: int) -> None:
        """From the change number `count` on, counted from 0, nobody gets through any more."""
        left = itertools.count()

        def check(operation: str, key: str) -> None:
            if next(left) >= count:
                raise Killed

        self.before = check

    def live(self) -> None:
        """A new process begins."""
        self.before = lambda operation, key: None

    def _put(self, key: str, data: bytes) -> None:
        with self._lock:
            self.files[key] = data
            self._tags[key] = str(next(self._count))
            self.history.append((key, data))
