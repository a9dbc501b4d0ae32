# SPDX-License-Identifier: BSD-3-Clause
"""A directory as a storage: each key is a file below it, and nothing else is there but `.govgo` with work in progress.

A file is written under `.govgo`, synced to the disk, and then linked (`create`) or renamed (`replace`, `swap`) to its
place, so that it is there whole or not at all, also on NFS. Before a file is replaced the directories of all that was
created are synced: what a tree head promises is on the disk before the head is. Replacing takes the lock
`.govgo/lock`; creating needs none.

`DirectoryStorage` is not the same with other names. It shares its files with go: they appear beside temporary names,
under go's locks, unsynced, since they can be fetched again, and much that lies there is no key. A plain storage keeps
what cannot be obtained again, such as a log: synced and in order, every name a key, nothing shared with go. Both use
`disk.atomic`, `disk.lockfile` and the rule of keys; one class for both would ask at each step which of them it is.
"""

from __future__ import annotations

import os
import shutil
import stat
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from govgo.adapters.disk import atomic
from govgo.adapters.disk.diskerror import reason
from govgo.adapters.disk.lockfile import locked, open_file, write_all
from govgo.adapters.disk.system import sync
from govgo.adapters.storage.keys import check_tag
from govgo.core.safetext import one_line
from govgo.errors import DiskError, InputError, StorageError
from govgo.ports.storage import Entry

_WORK = ".govgo"
_CHUNK_BYTES = 4 << 20


class PlainStorage:
    """The files below a directory (`ports.storage.Storage`)."""

    def __init__(self, root: str) -> None:
        """`root` is made when the first file is written."""
        self._root = root.rstrip("/") or "/"
        self._unsynced: set[str] = set()
        self._has_swept = False
        self._guard = threading.Lock()

    def __str__(self) -> str:
        return one_line(self._root)

    def head(self, key: str) -> Entry | None:
        """What is known of a file."""
        path = self._path(key)
        try:
            facts = os.stat(path)
            return _entry(key, facts) if stat.S_ISREG(facts.st_mode) else None
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise self._failed("stat", key, error) from error

    def read(self, key: str, start: int = 0, length: int | None = None) -> bytes | None:
        """The bytes of a file, or some of them."""
        opened = self._open(key)
        if opened is None:
            return None
        try:
            return b"".join(self._pieces(key, opened, start, length))
        finally:
            os.close(opened)

    def chunks(self, key: str, start: int = 0, length: int | None = None, tag: str = "") -> Iterator[bytes] | None:
        """The same in pieces. The file is open until the last piece: one that is replaced meanwhile stays as it was."""
        opened = self._open(key)
        if opened is None:
            return None
        try:
            check_tag(_entry(key, os.fstat(opened)), tag)
        except BaseException:
            os.close(opened)
            raise

        def pieces(descriptor: int) -> Iterator[bytes]:
            try:
                yield from self._pieces(key, descriptor, start, length)
            finally:
                os.close(descriptor)

        return pieces(opened)

    def create(self, key: str, data: bytes) -> bool:
        """Store a file unless the key is taken."""
        return self._create(key, _writer(data))

    def create_from(self, key: str, path: str) -> bool:
        """The same with the content of a local file."""
        return self._create(key, _copier(path))

    def replace(self, key: str, data: bytes) -> None:
        """Store a file whatever is there."""
        self._replace_locked(key, _writer(data))

    def replace_from(self, key: str, path: str) -> None:
        """The same with the content of a local file."""
        self._replace_locked(key, _copier(path))

    def _replace_locked(self, key: str, fill: Callable[[int], object]) -> None:
        path = self._path(key)
        self._make_parents(key, path)
        with self._locked(key):
            self._replace(key, path, fill)

    def swap(self, key: str, data: bytes, tag: str) -> bool:
        """Replace a file if its tag is still `tag`."""
        path = self._path(key)
        if self.head(key) is None:
            return False
        with self._locked(key):
            found = self.head(key)
            if found is None or found.tag != tag:
                return False
            self._replace(key, path, _writer(data))
        return True

    def delete(self, key: str) -> bool:
        """Remove a file."""
        path = self._path(key)
        try:
            os.unlink(path)
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as error:
            raise self._failed("remove", key, error) from error
        return True

    def entries(self, prefix: str = "") -> Iterator[Entry]:
        """The files whose keys start with `prefix`."""
        above = prefix.rpartition("/")[0]
        top = f"{self._root}/{above}" if above else self._root
        for directory, names, files in os.walk(top):
            if directory == self._root and _WORK in names:
                names.remove(_WORK)
            below = directory[len(self._root) :].strip("/")
            for name in files:
                key = f"{below}/{name}" if below else name
                if key.startswith(prefix) and (found := self.head(key)) is not None:
                    yield found

    def close(self) -> None:
        """Nothing is open."""

    def _path(self, key: str) -> str:
        parts = key.split("/")
        if parts[0] == _WORK or "\0" in key or any(part in ("", ".", "..") for part in parts):
            raise InputError(f"no key of a storage: {one_line(key)}")
        return f"{self._root}/{key}"

    def _open(self, key: str) -> int | None:
        path = self._path(key)
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # a pipe would be waited for
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise self._failed("open", key, error) from error
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            return descriptor
        os.close(descriptor)
        return None

    def _pieces(self, key: str, descriptor: int, start: int, length: int | None) -> Iterator[bytes]:
        place, left = start, length
        while left is None or left > 0:
            try:
                data = os.pread(descriptor, _CHUNK_BYTES if left is None else min(left, _CHUNK_BYTES), place)
            except OSError as error:
                raise self._failed("read", key, error) from error
            if not data:
                return
            place += len(data)
            left = None if left is None else left - len(data)
            yield data

    def _create(self, key: str, fill: Callable[[int], object]) -> bool:
        path = self._path(key)
        if os.path.exists(path):
            return False
        self._make_parents(key, path)
        made = self._written(key, fill)
        try:
            os.link(made, path, follow_symlinks=False)
        except FileExistsError:
            return False
        except OSError as error:
            raise self._failed("link", key, error) from error
        finally:
            atomic.remove(made)
        with self._guard:
            self._unsynced.add(os.path.dirname(path))
        return True

    def _replace(self, key: str, path: str, fill: Callable[[int], object]) -> None:
        self._sync_directories()
        made = self._written(key, fill)
        try:
            os.rename(made, path)
            made = ""
            _sync_directory(os.path.dirname(path))
        except OSError as error:
            raise self._failed("rename", key, error) from error
        finally:
            if made:
                atomic.remove(made)

    def _written(self, key: str, fill: Callable[[int], object]) -> str:
        """A new file below `.govgo` with the bytes that `fill` writes to a descriptor, on the disk."""
        name = ""
        try:
            os.makedirs(f"{self._root}/{_WORK}", exist_ok=True)
            self._sweep()
            descriptor, name = atomic.create_temp(f"{self._root}/{_WORK}/new")
            try:
                fill(descriptor)
                sync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            if name:
                atomic.remove(name)
            raise self._failed("write", key, error) from error
        return name

    def _sweep(self) -> None:
        """Remove, once, the work of writers that were killed. All temporary files are below `.govgo`."""
        if self._has_swept:
            return
        self._has_swept = True
        now_s = time.time()
        for name in os.listdir(f"{self._root}/{_WORK}"):
            if name.startswith("new") and name.endswith(".tmp"):
                atomic.remove_abandoned(f"{self._root}/{_WORK}/{name}", now_s)

    def _make_parents(self, key: str, path: str) -> None:
        """Make the directories above a file. Each new one is synced with its own parent before the next `_replace`."""
        missing: list[str] = []
        directory = os.path.dirname(path)
        while not os.path.isdir(directory):
            missing.append(directory)
            directory = os.path.dirname(directory)
        try:
            for each in reversed(missing):
                with suppress(FileExistsError):
                    os.mkdir(each)
        except OSError as error:
            raise StorageError(f"mkdir {one_line(each)}: {reason(error)}", key=key, inner=error) from error
        if missing:
            with self._guard:
                self._unsynced.update(os.path.dirname(each) for each in missing)

    def _sync_directories(self) -> None:
        with self._guard:
            unsynced, self._unsynced = self._unsynced, set()
        for directory in unsynced:
            with suppress(FileNotFoundError):
                _sync_directory(directory)

    @contextmanager
    def _locked(self, key: str) -> Iterator[None]:
        try:
            os.makedirs(f"{self._root}/{_WORK}", exist_ok=True)
            with locked(f"{self._root}/{_WORK}/lock"):
                yield
        except OSError as error:
            raise self._failed("lock", key, error) from error
        except DiskError as error:
            raise StorageError(str(error), key=key, inner=error) from error

    def _failed(self, operation: str, key: str, error: OSError) -> StorageError:
        where = one_line(f"{self._root}/{key}")
        return StorageError(f"{operation} {where}: {reason(error)}", key=key, inner=error)


def _writer(data: bytes) -> Callable[[int], object]:
    return lambda descriptor: write_all(descriptor, data)


def _copier(path: str) -> Callable[[int], object]:
    def copy(descriptor: int) -> None:
        with open(path, "rb") as source, open(descriptor, "wb", closefd=False) as target:
            shutil.copyfileobj(source, target, _CHUNK_BYTES)

    return copy


def _entry(key: str, facts: os.stat_result) -> Entry:
    # Every write makes a new inode, so that two contents never share all three.
    tag = f"{facts.st_ino:x}-{facts.st_mtime_ns:x}-{facts.st_size:x}"
    return Entry(key, facts.st_size, facts.st_mtime, tag)


def _sync_directory(path: str) -> None:
    descriptor = open_file(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        sync(descriptor)
    finally:
        os.close(descriptor)
