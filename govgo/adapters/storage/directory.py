# SPDX-License-Identifier: BSD-3-Clause
"""Served files in a directory: `GOMODCACHE/cache/download` as it is, which go and govgo fill and read at the same time.

    golang.org/x/text/@v/v0.3.0.zip         a key, and the path of its file below the directory
    sumdb/sum.example.org/lookup/…

A file appears by a link to a finished temporary file beside it, which fails where the name is taken; the temporary
names are go's, so either program cleans up after the other. A zip is written under the lock of its module version, the
same as go's, and the `list` beside a new go.mod is made anew, as go does. Temporary files, locks and markers are no
keys. (`plain` says why a directory that is not go's has a storage of its own.)
"""

from __future__ import annotations

import errno
import fcntl
import functools
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from threading import Lock
from typing import ParamSpec, TypeVar

from govgo.adapters.disk import atomic
from govgo.adapters.disk.diskerror import absolute, disk_error
from govgo.adapters.disk.lockfile import locked, overwrite
from govgo.adapters.disk.system import sync
from govgo.adapters.disk.trees import make_dirs
from govgo.adapters.disk.versionlist import rewrite_list
from govgo.adapters.storage.keys import check_tag
from govgo.core.golib.quote import quote
from govgo.core.module.cachepath import LOCK
from govgo.core.safetext import one_line
from govgo.core.storage.keys import is_temporary
from govgo.errors import DiskError, InputError, StorageError, find
from govgo.ports.storage import Entry

_P = ParamSpec("_P")
_T = TypeVar("_T")
_PIECE = 1 << 20
_TRIES = 20
_ABSENT = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG})
_NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EMLINK})
_TEMPORARY = ".tmp"
_OWN = (_TEMPORARY, f".{LOCK}", ".partial")
"""The ends of names that are no keys: go's temporary files, locks and markers."""
_UNDER_LOCK = (".zip", ".ziphash")
"""What go writes only with the lock of the module version."""
_LIST = "/@v/list"


def _again(method: Callable[_P, _T]) -> Callable[_P, _T]:
    """Do once more what failed as its directories, which it makes, were removed meanwhile: by `go clean -modcache`."""

    @functools.wraps(method)
    def call(*args: _P.args, **more: _P.kwargs) -> _T:
        for _ in range(_TRIES):
            try:
                return method(*args, **more)
            except StorageError as error:
                gone = find(error, FileNotFoundError) or find(error, FileExistsError)  # of os.makedirs, in between
                if gone is None:
                    raise
        return method(*args, **more)

    return call


class DirectoryStorage:
    """See the module's docstring, and `ports.storage.LocalStorage` for the methods.

    Attributes:
        root: the directory, absolute. It need not exist yet.
    """

    def __init__(self, root: str) -> None:
        self.root = absolute(root)
        self._held: set[str] = set()
        self._guard = Lock()

    def __str__(self) -> str:
        return one_line(self.root)

    def head(self, key: str) -> Entry | None:
        """What is known of a file without its bytes; None when there is none."""
        try:
            found = os.stat(self._path(key), follow_symlinks=False)
        except OSError as error:
            self._absent(key, "stat", error)
            return None
        return _entry(key, found) if stat.S_ISREG(found.st_mode) else None

    def read(self, key: str, start: int = 0, length: int | None = None) -> bytes | None:
        """The bytes of a file, or `length` of them from `start` on; None when there is no such file."""
        descriptor = self.open(key)
        if descriptor is None:
            return None
        try:
            if key.endswith(_LIST):  # go writes it in place
                fcntl.flock(descriptor, fcntl.LOCK_SH)
            size = os.fstat(descriptor).st_size
            left = max(0, size - start) if length is None else length
            parts: list[bytes] = []
            while left > 0 and (data := os.pread(descriptor, left, start)):
                parts.append(data)
                start += len(data)
                left -= len(data)
            return parts[0] if len(parts) == 1 else b"".join(parts)
        except OSError as error:
            raise self._fault(key, "read", error) from error
        finally:
            os.close(descriptor)

    def chunks(self, key: str, start: int = 0, length: int | None = None, tag: str = "") -> Iterator[bytes] | None:
        """The same in pieces of a MB."""
        descriptor = self.open(key)
        if descriptor is None:
            return None
        try:
            check_tag(_entry(key, os.fstat(descriptor)), tag)
        except BaseException:
            os.close(descriptor)
            raise
        return self._pieces(key, descriptor, start, length)

    def _pieces(self, key: str, descriptor: int, start: int, length: int | None) -> Iterator[bytes]:
        try:
            end = os.fstat(descriptor).st_size
            if length is not None:
                end = min(end, start + length)
            while start < end:
                data = os.pread(descriptor, min(_PIECE, end - start), start)
                if not data:
                    raise StorageError(f"{key} was cut short while it was read", key=key)
                start += len(data)
                yield data
        except OSError as error:
            raise self._fault(key, "read", error) from error
        finally:
            os.close(descriptor)

    def open(self, key: str) -> int | None:
        """A descriptor of a file, for the caller to close; None when there is no such file."""
        try:
            # O_NONBLOCK: somebody may have put a named pipe there, whose opening would wait forever.
            descriptor = os.open(self._path(key), os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError as error:
            self._absent(key, "open", error)
            return None
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            return descriptor
        os.close(descriptor)
        return None

    @_again
    def create(self, key: str, data: bytes) -> bool:
        """Store a file unless the key is taken. Of several writers one gets True; False leaves what is there."""
        path = self._prepare(key)
        with self._faults(key, "write"), self._go_lock(key):
            descriptor, name = atomic.create_temp(path)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(data)
                made = _appear(name, path)
            finally:
                atomic.remove(name)
        if made and key.endswith(".mod"):
            with suppress(OSError, DiskError):  # the list is for file:// proxies, and always made anew
                rewrite_list(path.rpartition("/")[0])
        return made

    def create_from(self, key: str, path: str) -> bool:
        """The same with the content of a local file, which is moved if it is on the same file system."""
        return self._moved(key, path, _appear)

    def replace_from(self, key: str, path: str) -> None:
        """Store a file with the content of a local one, whatever is there; it is on the disk when it has its name."""

        def rename(name: str, final: str) -> bool:
            os.rename(name, final)
            return True

        self._moved(key, path, rename, synced=True)

    @_again
    def _moved(self, key: str, path: str, move: Callable[[str, str], bool], *, synced: bool = False) -> bool:
        """Give a file, or a copy of one on another file system, the name of a key."""
        final = self._prepare(key)
        with self._faults(key, "write"), self._go_lock(key):
            try:
                if synced:
                    _sync_file(path)
                return move(path, final)
            except OSError as error:
                if error.errno != errno.EXDEV:
                    raise
            descriptor, name = atomic.create_temp(final)
            os.close(descriptor)
            try:
                shutil.copyfile(path, name)  # by the kernel, where it can; it may copy no byte at all
                if synced:
                    _sync_file(name)
                return move(name, final)
            finally:
                atomic.remove(name)

    @_again
    def replace(self, key: str, data: bytes) -> None:
        """Store a file whatever is there."""
        path = self._prepare(key)
        with self._faults(key, "write"), self._go_lock(key):
            if key.endswith(_LIST):
                with locked(path) as descriptor:
                    overwrite(descriptor, data)
            else:
                _write_synced(path, data)

    @_again
    def swap(self, key: str, data: bytes, tag: str) -> bool:
        """Replace a file if its tag is still `tag`; False when somebody was faster. Of several writers one wins."""
        path = self._prepare(key)
        with self._faults(key, "write"), locked(f"{path}.lock"):
            found = self.head(key)
            if found is None or found.tag != tag:
                return False
            _write_synced(path, data)
            return True

    @_again
    def delete(self, key: str) -> bool:
        """Remove a file; False when there was none."""
        path = self._path(key)
        with self._faults(key, "unlink"), self._go_lock(key) if os.path.exists(path) else nullcontext():
            try:
                os.unlink(path)
            except OSError as error:
                self._absent(key, "unlink", error)
                return False
        return True

    def entries(self, prefix: str = "") -> Iterator[Entry]:
        """The files whose keys start with `prefix`, in no order."""
        for key, each in self._walk(prefix):
            if key.endswith(_OWN):
                continue
            try:
                facts = each.stat(follow_symlinks=False)
            except OSError as error:
                self._absent(key, "stat", error)  # it went meanwhile
                continue
            yield _entry(key, facts)

    def _walk(self, prefix: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
        top = prefix.rpartition("/")[0]
        stack = [top] if top else [""]
        while stack:
            below = stack.pop()
            try:
                found = list(os.scandir(self._path(below) if below else self.root))
            except OSError as error:
                self._absent(below, "open", error)
                continue
            for each in found:
                key = f"{below}/{each.name}" if below else each.name
                if each.is_dir(follow_symlinks=False):
                    if key.startswith(prefix) or prefix.startswith(f"{key}/"):
                        stack.append(key)
                elif key.startswith(prefix) and each.is_file(follow_symlinks=False):
                    yield key, each

    def close(self) -> None:
        """There is nothing to give back."""

    def remove_leftovers(self, now_s: float, pause: Callable[[], object] = lambda: None) -> int:
        """Remove temporary files of writers that were killed: not written to for a day; their bytes.

        Args:
            now_s: the time.
            pause: called for each file that there is.
        """
        size = 0
        for key, each in self._walk(""):
            pause()
            if is_temporary(key):
                size += atomic.remove_abandoned(each.path, now_s)
        return size

    # What only a directory can do (`ports.storage.LocalStorage`).

    @_again
    def new_file(self, key: str) -> tuple[int, str]:
        """A temporary file from which `create_from` will make `key` without copying: its descriptor and its path."""
        path = self._prepare(key)
        with self._faults(key, "open"):
            return atomic.create_temp(path)

    @contextmanager
    def lock(self, key: str) -> Iterator[bool]:
        """Try to take the lock under which `key` is written, go's own for a zip; whether it was free.

        Where the file was not made in the end, its lock goes, too, with the directories that were made for it: whoever
        asks for what does not exist leaves nothing behind.
        """
        path = self._path(_lock_key(key))
        with ExitStack() as held:
            if not self._lock_now(key, path, held):
                yield False
                return
            with self._guard:
                self._held.add(path)
            try:
                yield True
            finally:
                with self._guard:
                    self._held.discard(path)
                if not os.path.lexists(self._path(key)):
                    atomic.remove(path)
                    self._prune(path)

    @_again
    def _lock_now(self, key: str, path: str, held: ExitStack) -> bool:
        self._prepare(key)
        with self._faults(key, "lock"):
            try:
                descriptor = held.enter_context(locked(path, wait=False))
                return _is_at(descriptor, path)
            except (BlockingIOError, FileNotFoundError):
                return False

    def _prune(self, path: str) -> None:
        """Remove the directories above a path that are empty."""
        with suppress(OSError):
            while len(path := path.rpartition("/")[0]) > len(self.root):
                os.rmdir(path)

    @contextmanager
    def _go_lock(self, key: str) -> Iterator[None]:
        """Hold the lock that go would hold, unless `lock` holds it for this process."""
        path = self._path(_lock_key(key))
        with self._guard:
            needed = key.endswith(_UNDER_LOCK) and path not in self._held
        with locked(path) if needed else nullcontext():
            yield

    def _path(self, key: str) -> str:
        if not key or "\0" in key or any(part in ("", ".", "..") for part in key.split("/")):
            raise InputError(f"no key of a storage: {quote(key)}")
        return f"{self.root}/{key}"

    def _prepare(self, key: str) -> str:
        path = self._path(key)
        try:
            make_dirs(path.rpartition("/")[0])
        except DiskError as error:
            raise StorageError(str(error), key=key, inner=error, hint=error.hint) from error
        return path

    def _absent(self, key: str, operation: str, error: OSError) -> None:
        """None where the error says that there is no such file.  Raises StorageError for any other."""
        if error.errno not in _ABSENT and not (operation == "open" and error.errno == errno.ELOOP):
            raise self._fault(key, operation, error) from error

    @contextmanager
    def _faults(self, key: str, operation: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise self._fault(key, operation, error) from error
        except DiskError as error:
            raise StorageError(str(error), key=key, inner=error, hint=error.hint) from error

    def _fault(self, key: str, operation: str, error: OSError) -> StorageError:
        known = disk_error(operation, f"{self.root}/{key}", error)
        return StorageError(str(known), key=key, inner=known, hint=known.hint)


def _entry(key: str, found: os.stat_result) -> Entry:
    # A file is replaced by renaming, so each content has an inode and times of its own.
    tag = f"{found.st_ino:x}-{found.st_mtime_ns:x}-{found.st_size:x}"
    return Entry(key, found.st_size, found.st_mtime, tag)


def _is_at(descriptor: int, path: str) -> bool:
    """Whether an open file still has its name."""
    found, named = os.fstat(descriptor), os.stat(path, follow_symlinks=False)
    return (found.st_ino, found.st_dev) == (named.st_ino, named.st_dev)


def _lock_key(key: str) -> str:
    return f"{key.removesuffix('.zip').removesuffix('.ziphash')}.{LOCK}"


def _appear(name: str, path: str) -> bool:
    """Give a finished file its final name, unless that is taken; where it got it, the old name is gone afterwards."""
    try:
        os.link(name, path, follow_symlinks=False)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        # A file system without hard links. All who create this key here take this lock.
        with locked(f"{path}.lock"):
            if os.path.lexists(path):
                return False
            os.rename(name, path)
            return True
    atomic.remove(name)
    return True


def _sync_file(path: str) -> None:
    with open(path, "rb") as file:
        sync(file.fileno())


def _write_synced(path: str, data: bytes) -> None:
    """Replace a file that is not fetched again, such as a tree head: it is on the disk before it has its name."""
    descriptor, name = atomic.create_temp(path)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            sync(file.fileno())
        os.rename(name, path)
        name = ""
    finally:
        if name:
            atomic.remove(name)
