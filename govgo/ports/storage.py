# SPDX-License-Identifier: BSD-3-Clause
"""Files by key, as a directory or an object store keeps them: written whole, never seen half written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Protocol, runtime_checkable

from govgo.core.records import NamedTuple


class Entry(NamedTuple):
    """A stored file.

    Attributes:
        key: slash-separated, relative, without "." and "..", in the letters of a module cache ("!" before capitals).
        size: in bytes.
        modified: seconds since the epoch.
        tag: changes with the content; what `swap` compares. Empty where the storage has none.
    """

    key: str
    size: int
    modified: float
    tag: str = ""


class Readable(Protocol):
    """What reads files: a storage, or several as one."""

    def read(self, key: str, start: int = 0, length: int | None = None) -> bytes | None:
        """As `Storage.read`."""
        ...

    def chunks(self, key: str, start: int = 0, length: int | None = None) -> Iterator[bytes] | None:
        """As `Storage.chunks`."""
        ...


class Storage(Protocol):
    """Files by key. Every method may be called from several threads at once, and other processes share the storage.

    `str` of it is the place that it is, for people: a directory, a file, or the URL of a bucket without secrets.

    Any method raises StorageError when the storage cannot be asked; keys that a storage cannot hold are InputError.
    """

    def head(self, key: str) -> Entry | None:
        """What is known of a file without its bytes; None when there is none."""
        ...

    def read(self, key: str, start: int = 0, length: int | None = None) -> bytes | None:
        """The bytes of a file, or `length` of them from `start` on; None when there is no such file."""
        ...

    def chunks(self, key: str, start: int = 0, length: int | None = None, tag: str = "") -> Iterator[bytes] | None:
        """The same in pieces of a few MB, for what is too large to hold. A changed file ends in StorageError.

        So does one whose tag is not `tag`, where that is given.
        """
        ...

    def create(self, key: str, data: bytes) -> bool:
        """Store a file unless the key is taken. Of several writers one gets True; False leaves what is there."""
        ...

    def create_from(self, key: str, path: str) -> bool:
        """The same with the content of a local file, which may be large, and is moved away perhaps if it is True."""
        ...

    def replace(self, key: str, data: bytes) -> None:
        """Store a file whatever is there."""
        ...

    def replace_from(self, key: str, path: str) -> None:
        """The same with the content of a local file, which may be large and may be moved away."""
        ...

    def swap(self, key: str, data: bytes, tag: str) -> bool:
        """Replace a file if its tag is still `tag`; False when somebody was faster. Of several writers one wins."""
        ...

    def delete(self, key: str) -> bool:
        """Remove a file; False when there was none."""
        ...

    def entries(self, prefix: str = "") -> Iterator[Entry]:
        """The files whose keys start with `prefix`, in no order."""
        ...

    def close(self) -> None:
        """Give back connections."""
        ...


@runtime_checkable
class LocalStorage(Storage, Protocol):
    """A storage whose files lie on this machine: the kernel can send them, and its locks end with their holders."""

    def open(self, key: str) -> int | None:
        """A descriptor of a file, for the caller to close; None when there is no such file."""
        ...

    def new_file(self, key: str) -> tuple[int, str]:
        """A temporary file from which `create_from` will make `key` without copying: its descriptor and its path."""
        ...

    def lock(self, key: str) -> AbstractContextManager[bool]:
        """Try to take the lock under which `key` is written; whether it was free."""
        ...
