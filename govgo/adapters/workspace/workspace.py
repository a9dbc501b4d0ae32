# SPDX-License-Identifier: BSD-3-Clause
"""The files of main modules on disk (`ports.Workspace`): read whole, replaced atomically under go's locks.

A file is replaced while two locks are held, as the go command does for go.mod and go.sum: `cache/lock` in the module
cache, where it can be obtained, and the file's own. Another program therefore sees the old content or the new, and two
that edit at once do not lose each other's work. A link stays a link: the file that it points to is replaced. How, and
where that cannot be, says `disk.renew`; a device, a pipe or a descriptor is written into.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress

from govgo.adapters.disk import atomic, lockfile, modes, renew, streams
from govgo.adapters.disk.diskerror import disk_error
from govgo.adapters.disk.trees import make_dirs, no_directory, remove_tree
from govgo.adapters.modcache.cache import ModCache, NoModCacheError
from govgo.errors import ConflictError, DiskError, UsageError

_FRESH_S = 2.0
"""go indexes no directory with a file that is newer than so many seconds (cmd/go's modindex.modTimeCutoff)."""


class DiskWorkspace:
    """Files by absolute path.

    Attributes:
        cache: the module cache whose side lock guards edits; None where there is no cache.
        places: directories of the user's own where the old content of a file may be kept (`renew.keeping_places`).
    """

    def __init__(self, cache: ModCache | None = None, places: Sequence[str] = ()) -> None:
        self.cache = cache
        self.places = places

    def read(self, path: str) -> bytes | None:
        """The bytes of a file, None when it does not exist.

        Raises:
            DiskError: it could not be read.
        """
        if "\0" not in path and renew.is_kept(path, self.places) and os.path.exists(path):
            with self._open(self.real_path(path)):
                pass
        return _bytes_of(path, lockfile.read_locked)

    def read_source(self, path: str) -> bytes | None:
        """The bytes of a source file, None when it does not exist.

        Nothing here writes those, and a command may read thousands of them, so neither a lock nor kept content counts.

        Raises:
            DiskError: it could not be read.
        """
        return _bytes_of(path, lockfile.read_whole)

    def replace(self, path: str, before: bytes | None, after: bytes) -> None:
        """Write `after` if the file holds `before` (None and empty: it may be absent); nothing if it holds `after`.

        Raises:
            ConflictError: it holds something else.
            DiskError: it could not be read or written; it holds what it held.
        """
        if streams.is_stream(path):
            streams.write_stream(path, after)
            return
        target = self.real_path(path)
        with self._open(target) as descriptor:
            found = lockfile.read_all(descriptor)
            if found == after:
                return
            if found != (before or b""):
                raise ConflictError("existing contents have changed since last read")
            renew.renew(target, descriptor, after, self.places)

    def write(self, path: str, data: bytes) -> None:
        """Create or replace, making directories as needed.

        Raises:
            DiskError: it could not be written.
        """
        if streams.is_stream(path):
            streams.write_stream(path, data)
            return
        target = self.real_path(path)
        make_dirs(os.path.dirname(target))
        with self._open(target) as descriptor:
            if os.fstat(descriptor).st_size != len(data) or lockfile.read_all(descriptor) != data:
                renew.renew(target, descriptor, data, self.places)

    def together(self) -> AbstractContextManager[None]:
        """A block that writes files that belong together; Ctrl-C and SIGTERM wait until it ends."""
        from govgo.adapters.interrupts import ends_wait

        return ends_wait()

    def exists(self, path: str) -> bool:
        """Whether there is something at `path`; a link to nothing is not."""
        return os.path.exists(path)

    def is_dir(self, path: str) -> bool:
        """Whether `path` is a directory, or a link to one."""
        return os.path.isdir(path)

    def is_file(self, path: str) -> bool:
        """Whether `path` is a regular file, or a link to one."""
        return os.path.isfile(path)

    is_file_on_disk = is_file

    def actual(self, path: str) -> str:
        """The file that is read for `path`: itself."""
        return path

    def stat_error(self, path: str) -> DiskError | None:
        """What a look behind `path` and its links fails with, None for nothing."""
        try:
            _check_name(path)
            os.stat(path)
        except OSError as error:
            return disk_error("stat", path, error)
        return None

    def listdir(self, path: str) -> Sequence[tuple[str, str]]:
        """(name, kind) in byte order; kind is "file", "dir", "link" or "other"; no link is followed.

        Raises:
            DiskError: the directory could not be read.
        """
        try:
            _check_name(path)
            with os.scandir(path) as found:
                items = [(item.name, _kind(item)) for item in found]
        except OSError as error:
            raise disk_error("open", path, error) from error
        return sorted(items, key=lambda item: os.fsencode(item[0]))

    def is_fresh(self, path: str) -> bool:
        """Whether a file was written in the last two seconds, is not a regular file, or cannot be seen."""
        oldest_s = time.time() - _FRESH_S
        try:
            with os.scandir(path) as found:
                files = [item for item in found if not item.is_dir(follow_symlinks=False)]
                return any(
                    not item.is_file(follow_symlinks=False) or item.stat(follow_symlinks=False).st_mtime > oldest_s
                    for item in files
                )
        except OSError:
            return True

    def copy(self, source: str, target: str) -> None:
        """Copy one regular file, making directories as needed.

        Raises:
            DiskError: it could not be read or written.
        """
        try:
            original = os.open(source, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # a pipe is not waited for
        except OSError as error:
            raise disk_error("open", source, error) from error
        try:
            if not stat.S_ISREG(os.fstat(original).st_mode):
                raise DiskError(f"copy {source}: not a regular file", path=source)
            copy = _created(target)
            try:
                for piece in lockfile.pieces(original, source):
                    lockfile.write_all(copy, piece)
            finally:
                os.close(copy)
        except OSError as error:
            raise disk_error("write", target, error) from error
        finally:
            os.close(original)

    def remove_tree(self, path: str) -> None:
        """Remove a file or a tree; it is fine if nothing is there.

        Raises:
            DiskError: something in it could not be removed, or it is a device or a pipe.
        """
        _refuse_stream("remove", path)
        remove_tree(path)

    def new_tree(self, target: str) -> str:
        """An empty directory beside `target`, hidden, in which a tree is made that `move_tree` then puts there.

        Raises:
            DiskError: it could not be made.
        """
        import tempfile

        _refuse_stream("mkdir", target)
        parent, name = os.path.split(target)
        try:
            os.stat(target)
        except NotADirectoryError as error:
            raise no_directory(target, error) from error
        except OSError:
            pass  # what is to be made is not there, or it will be told
        make_dirs(parent)
        try:
            made = tempfile.mkdtemp(prefix=f".{name}-", dir=parent)
            umask = os.umask(0)  # it can be read only by setting it
            os.umask(umask)
            os.chmod(made, modes.DIRECTORY & ~umask)  # mkdtemp makes it for its owner alone
        except OSError as error:
            raise disk_error("mkdir", parent, error) from error
        return made

    def move_tree(self, source: str, target: str) -> None:
        """Put the tree `source` in the place of `target`, and remove what was there.

        Raises:
            DiskError: it could not be moved; `target` is what it was.
        """
        import tempfile

        old = ""
        try:
            with self.together():
                if os.path.lexists(target):
                    # Two renames, the old tree first out of the way: rename(2) replaces only an empty directory.
                    parent, name = os.path.split(target)
                    old = os.path.join(tempfile.mkdtemp(prefix=f".{name}-", dir=parent), name)
                    os.rename(target, old)
                try:
                    os.rename(source, target)
                except OSError:
                    if old:
                        os.rename(old, target)
                    raise
        except OSError as error:
            raise disk_error("rename", target, error) from error
        finally:
            if old and os.path.lexists(target):  # else the old tree is all that there is
                remove_tree(os.path.dirname(old))

    def real_path(self, path: str) -> str:
        """`path` with all links followed; what does not exist is kept as it is."""
        return os.path.realpath(path)

    def side_lock(self) -> AbstractContextManager[None]:
        """The lock that all edits of main modules' files take (`cache/lock` in the module cache).

        Raises:
            NoModCacheError: there is no cache.
            DiskError: its lock could not be obtained.
        """
        return (self.cache or ModCache("", writable_dirs=False)).side_lock()

    @contextmanager
    def _open(self, path: str) -> Iterator[int]:
        """The file at `path` under both locks, open for reading and writing; whole again, if a run was killed in it."""
        with ExitStack() as held:
            with suppress(
                DiskError, UsageError, NoModCacheError
            ):  # like go, which edits without it where it cannot be obtained
                held.enter_context(self.side_lock())
            descriptor = held.enter_context(_locked_file(path))
            renew.mend(path, descriptor, self.places)
            os.lseek(descriptor, 0, os.SEEK_SET)
            yield descriptor


def _created(path: str) -> int:
    """The descriptor of an empty file at `path`, in a directory that is made if it is absent."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
    try:
        try:
            return os.open(path, flags, modes.FILE)
        except FileNotFoundError:
            make_dirs(os.path.dirname(path))  # after the first file of a directory it is there
            return os.open(path, flags, modes.FILE)
    except OSError as error:
        raise disk_error("open", path, error) from error


def _check_name(path: str) -> None:
    """Raise what the system says of a name with NUL, as a string of go.mod can have it; Python raises ValueError."""
    if "\0" in path:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))


def _bytes_of(path: str, read: Callable[[str], bytes]) -> bytes | None:
    try:
        _check_name(path)
        return read(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        operation = "read" if error.errno == errno.EISDIR else "open"
        raise disk_error(operation, path, error) from error


@contextmanager
def _locked_file(path: str) -> Iterator[int]:
    """The descriptor of the file at `path`, locked; made if it is absent, and removed if an error leaves it empty."""
    while True:
        fresh = not os.path.lexists(path)
        with lockfile.locked(path) as descriptor:
            if not _is_at(path, descriptor):
                continue  # another process has put a new file there while we waited for the lock of the old one
            try:
                yield descriptor
            except BaseException:
                if fresh and _is_at(path, descriptor) and os.fstat(descriptor).st_size == 0:
                    atomic.remove(path)
                raise
            return


def _is_at(path: str, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.lstat(path), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _refuse_stream(operation: str, path: str) -> None:
    """Raise DiskError for a device, a pipe or a descriptor in the place of a tree; root could remove even /dev/null."""
    if streams.is_stream(path):
        raise DiskError(f"{operation} {path}: not a directory", path=path)


def _kind(item: os.DirEntry[str]) -> str:
    if item.is_symlink():
        return "link"
    if item.is_dir(follow_symlinks=False):
        return "dir"
    return "file" if item.is_file(follow_symlinks=False) else "other"
