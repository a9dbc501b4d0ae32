# SPDX-License-Identifier: BSD-3-Clause
"""The module cache on disk, shared with the go command: its locks, its small files, its zips and trees.

Where each file lies says `core.module.cachepath`. All calls are synchronous. Reading needs no lock, since what is
written appears whole or not at all. A zip and its tree come into the cache like this:

    with cache.lock(mv):                                            # the same lock as go's
        with cache.new_zip_temp(mv) as temp, cache.new_tree(mv) as tree:    # names beside their places
            temp.write(…)                                           # from the network
            h1 = cache.check_and_hash_zip(temp.path, mv, tree=tree) # reads it once, and extracts it
            …                                                       # the caller checks h1: go.sum, the database
            temp.commit(h1)                                         # .ziphash, then .zip
            tree.commit()                                           # .partial, tree, no .partial

A zip that is there already is extracted by `cache.extract(mv)`, which takes the lock itself.

A process that is killed in between leaves temporary files, which the next holder of the lock removes, or a `.partial`
marker, at which both programs extract again.

Source: the Go Modules Reference, "Module cache"; cmd/go/internal/modfetch (cache.go, fetch.go).
"""

from __future__ import annotations

import errno
import os
import posixpath
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress

from govgo.adapters.disk import atomic, lockfile
from govgo.adapters.disk.diskerror import disk_error, reason
from govgo.adapters.disk.lockfile import write_all
from govgo.adapters.disk.trees import (
    Writer,
    make_dirs,
    make_read_only,
    remove_stale,
    remove_tree,
    rename_tree,
    temporary_tree,
)
from govgo.core.golib.quote import quote
from govgo.core.module import cachepath
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.records import NamedTuple
from govgo.core.typehints import TYPE_CHECKING, Literal
from govgo.core.version import semver
from govgo.errors import DiskError, InputError, SettingError, UsageError

if TYPE_CHECKING:
    from govgo.adapters.loop.extractor import Extractor
    from govgo.adapters.loop.helper import Helper

_OLD_GO_MOD = b"//vgo 0.0."
"""The beginning of go.mod files that prototypes of the go command made up; they count as absent."""
_NO_HASH_NEEDED = "golang.org/fips140"
"""Unpacked from the Go distribution, never downloaded, so without a .ziphash."""
_READ_SIZE = 1 << 16
"""Nearly all go.mod and .info files are smaller, and are read in one call."""
_HEX = frozenset("0123456789abcdef")
_SHORT_HASH = 12

TreeState = Literal["whole", "missing", "partial"]


class NoModCacheError(SettingError):
    """There is no module cache and none can be made, and the command needs one. As in go, this ends it at once."""

    code = "no-module-cache"


class Tree(NamedTuple):
    """An extracted tree: where it lies or would lie, and where it is "partial", why."""

    dir: str
    state: TreeState
    reason: str = ""


class ZipTemp:
    """A zip on its way into the cache: a temporary file beside its place, checked by `path`, committed or removed.

    Attributes:
        path: the temporary file.
    """

    def __init__(self, descriptor: int, path: str, final: str) -> None:
        self.path = path
        self._descriptor = descriptor
        self._final = final
        self._committed = False

    @classmethod
    @contextmanager
    def create(cls, final: str) -> Iterator[ZipTemp]:
        """A temporary file for the zip `final`. At the end it is removed, whatever happened, unless it was committed.

        Raises:
            DiskError: it could not be made.
        """
        try:
            descriptor, path = atomic.create_temp(final)
        except OSError as error:
            raise disk_error("open", final, error) from error
        temp = cls(descriptor, path, final)
        try:
            yield temp
        finally:
            temp._descriptor = -1  # a thread that was left behind must not write to another file of that number
            os.close(descriptor)
            if not temp._committed:
                atomic.remove(path)

    def write(self, data: bytes) -> int:
        """Append `data`; returns its length.

        Raises:
            DiskError: the disk is full or fails.
        """
        try:
            write_all(self._descriptor, data)
        except OSError as error:
            raise disk_error("write", self.path, error) from error
        return len(data)

    def rewind(self) -> None:
        """Make the file empty again, for another source.

        Raises:
            DiskError: the disk fails.
        """
        try:
            os.ftruncate(self._descriptor, 0)
            os.lseek(self._descriptor, 0, os.SEEK_SET)
        except OSError as error:
            raise disk_error("truncate", self.path, error) from error

    def commit(self, h1: str) -> None:
        """Make .ziphash and the zip appear, for a zip that has passed every check and has the hash `h1`.

        Raises:
            DiskError: one of them could not be written.
        """
        # The hash first: a zip without one counts as unchecked, a hash without its zip as nothing.
        atomic.write_file(self._final + "hash", h1.encode())
        atomic.rename(self.path, self._final)
        self._committed = True


class TreeTemp:
    """A tree on its way into the cache: a temporary directory beside its place, put there or removed.

    Attributes:
        path: the temporary directory, which does not exist yet.
        made: its directories, parents before children, once all of its files are there; empty before.
    """

    def __init__(self, path: str, final: str, marker: str, *, writable: bool) -> None:
        self.path = path
        self.made: list[str] = []
        self._final = final
        self._marker = marker
        self._writable = writable

    def clear(self) -> None:
        """Remove what was extracted so far."""
        self.made = []
        with suppress(DiskError):
            remove_tree(self.path)

    def commit(self) -> None:
        """Let the tree appear in its place, if it was made; the zip is there, and its hash was accepted.

        Raises:
            DiskError: what was there could not be removed, or the tree not be renamed.
        """
        if not self.made:
            return
        if not self._writable:
            make_read_only(self.made)
        # The marker is there before anything of an old tree goes, and goes when the new one is there: go, which may
        # read the cache at any time without the lock, takes a tree with a marker for absent.
        if os.path.isdir(self._marker) and not os.path.islink(self._marker):
            raise disk_error("open", self._marker, IsADirectoryError(errno.EISDIR, ""))  # go opens it
        atomic.write_file(self._marker, b"")
        done = False
        try:
            remove_tree(self._final)
            rename_tree(self.path, self._final)
            done = True
        finally:
            if done or not os.path.lexists(self._final):  # an old tree that is half removed keeps its marker
                atomic.remove(self._marker)


class ModCache:
    """The module cache.

    Attributes:
        root: GOMODCACHE, absolute and cleaned; "" where neither it nor GOPATH nor HOME is set. Where there is no cache
            and none can be made, nothing is found in it or kept, and what needs it raises a NoModCacheError, as in go.
        writable_dirs: leave the directories of extracted trees writable (-modcacherw).
    """

    def __init__(self, root: str, *, writable_dirs: bool) -> None:
        self.root = posixpath.normpath(root) if root else ""
        self.writable_dirs = writable_dirs
        self._writer = Writer()
        self._listless: dict[str, None] = {}
        self._usable: bool | None = None

    def check_root(self) -> None:
        """Make the cache's root directory unless it is there.

        Raises:
            NoModCacheError: GOMODCACHE is not set, or its directory could not be made, or it is something else.
            UsageError: it is relative.
        """
        if not self.root:
            raise NoModCacheError("module cache not found: neither GOMODCACHE nor GOPATH is set")
        if not os.path.isabs(self.root):
            raise UsageError(f"GOMODCACHE entry is relative; must be absolute path: {quote(self.root)}.\n")
        fault = ""
        try:
            if not stat.S_ISDIR(os.stat(self.root).st_mode):
                fault = f"{quote(self.root)} is not a directory"
        except FileNotFoundError:
            try:
                make_dirs(self.root)
            except DiskError as error:
                fault = str(error)
        except OSError as error:
            fault = f"stat {self.root}: {reason(error)}"
        if fault:
            text = f"could not create module cache: {fault}"
            raise NoModCacheError(text, inner=DiskError(text, path=self.root))

    def _keeps(self) -> bool:
        """Whether small files can be kept; where there is no cache, they are fetched again and again, as by go."""
        if self._usable is None:
            try:
                self.check_root()
            except NoModCacheError:
                self._usable = False
            else:
                self._usable = True
        return self._usable

    # Paths and locks.

    def file(self, mv: ModuleVersion, suffix: str) -> str:
        """Absolute path of `cache/download/<path>/@v/<version>.<suffix>`, whether it exists or not.

        Raises:
            InputError: the cache can have no file for `mv` (see `cachepath.file_stem`).
        """
        return f"{self.root}/{cachepath.file_stem(*mv)}.{suffix}"

    def zip_path(self, mv: ModuleVersion) -> str:
        """Absolute path of the zip."""
        return self.file(mv, "zip")

    def version_dir(self, path: str) -> str:
        """Absolute path of `cache/download/<path>/@v`."""
        return f"{self.root}/{cachepath.version_dir(path)}"

    def has_downloads(self) -> bool:
        """Whether anything was ever downloaded into this cache."""
        return self.root != "" and os.path.isdir(f"{self.root}/{cachepath.DOWNLOAD}")

    @contextmanager
    def lock(self, mv: ModuleVersion, *, wait: bool = True) -> Iterator[None]:
        """Hold the lock that guards zip and tree of `mv`, among processes and threads. It cannot be taken twice.

        Raises:
            BlockingIOError: another holds it, and `wait` is False.
            DiskError: the lock file could not be made or locked.
        """
        self.check_root()
        path = self.file(mv, cachepath.LOCK)
        make_dirs(path.rpartition("/")[0])
        with lockfile.locked(path, wait=wait):
            yield

    @contextmanager
    def side_lock(self) -> Iterator[None]:
        """Hold `cache/lock`, which guards edits of go.mod and go.sum files, by go as well.

        Raises:
            DiskError: the lock file could not be made or locked.
        """
        self.check_root()
        path = f"{self.root}/{cachepath.SIDE_LOCK}"
        make_dirs(path.rpartition("/")[0])
        with lockfile.locked(path):
            yield

    # Small files.

    def read_info(self, path: str, version: str) -> bytes | None:
        """The cached .info of a canonical version; None when there is none."""
        return self._read(path, version, "info")

    def find_info(self, path: str, commit: str) -> tuple[str, bytes] | None:
        """(version, .info) of the highest cached pseudo-version of a commit, given at least 12 digits of its hash.

        go looks here only where GOPROXY=off: otherwise there might be a newer tag on the commit.
        """
        if not self.root or len(commit) < _SHORT_HASH or not _HEX.issuperset(commit):
            return None
        suffix = f"-{commit[:_SHORT_HASH]}.info"
        from govgo.core.version.pseudo import is_pseudo

        try:
            names = os.listdir(self.version_dir(path))
        except (OSError, InputError):
            return None
        versions = [name.removesuffix(".info") for name in names if name.endswith(suffix)]
        best = ""
        for version in filter(is_pseudo, versions):
            if semver.compare(version, best) > 0:
                best = version
        data = self.read_info(path, best) if best else None
        return None if data is None else (best, data)

    def write_info(self, path: str, version: str, data: bytes) -> None:
        """Keep a .info answer.

        Raises:
            InputError: the cache can have no file for this version.
            DiskError: it could not be written.
        """
        if self._keeps():
            self._writer.write(self.file(ModuleVersion(path, version), "info"), data)

    def read_gomod(self, mv: ModuleVersion) -> bytes | None:
        """The cached go.mod, not checked against anything; None when there is none."""
        data = self._read(*mv, "mod")
        return None if data is not None and data.startswith(_OLD_GO_MOD) else data

    def write_gomods(self, files: Iterable[tuple[ModuleVersion, bytes]], *, more: bool = False) -> None:
        """Keep go.mod files that were checked, and enter their versions in the lists beside them.

        Each list is rewritten once, even if a file cannot be written.

        Args:
            files: the go.mod files.
            more: others follow, and the lists are left for the last call.

        Raises:
            InputError: the cache can have no file for one of the versions.
            DiskError: a file could not be written.
        """
        changed = self._listless
        try:
            for mv, data in files if self._keeps() else ():
                path = self.file(mv, "mod")
                self._writer.write(path, data)
                changed[path.rpartition("/")[0]] = None
        finally:
            if not more:
                from govgo.adapters.disk.versionlist import rewrite_list

                self._listless = {}
                for directory in changed:
                    with suppress(OSError, DiskError):  # the list is for file:// proxies only, and always made anew
                        rewrite_list(directory)

    def hand_over_gomod(self, helper: Helper, mv: ModuleVersion, data: bytes) -> None:
        """Keep a go.mod that was checked, by the helper process; `finish_gomods` must follow."""
        if not self._keeps():
            return
        path = self.file(mv, "mod")
        helper.write(path, data, counts=True)
        self._listless[path.rpartition("/")[0]] = None

    async def finish_gomods(self, helper: Helper) -> str:
        """Wait until the helper has written the go.mod files and the lists beside them; what went wrong, or ""."""
        while self._listless:
            helper.rewrite_list(self._listless.popitem()[0])
        await helper.flush()
        return helper.take_fault()

    def _read(self, path: str, version: str, suffix: str) -> bytes | None:
        if not self.root:
            return None
        try:
            return self._bytes(f"{self.root}/{cachepath.file_stem(path, version)}.{suffix}")
        except InputError:
            return None

    def _bytes(self, path: str) -> bytes | None:
        try:
            descriptor = lockfile.open_to_read(path)
        except OSError:
            return None
        try:
            data = os.read(descriptor, _READ_SIZE)
            return data if len(data) < _READ_SIZE else data + lockfile.read_all(descriptor)
        except OSError:
            return None
        finally:
            os.close(descriptor)

    # Zips.

    def has_zip(self, mv: ModuleVersion) -> bool:
        """Whether zip and .ziphash are both there."""
        path = self.zip_path(mv)
        return self.root != "" and os.path.exists(path) and os.path.exists(path + "hash")

    def ziphash(self, mv: ModuleVersion) -> str | None:
        """The h1: recorded for the cached zip; None where there is none, or a crash has cut it short.

        Raises:
            DiskError: what is there cannot be read.
        """
        if not self.root:
            return None
        try:
            path = self.file(mv, "ziphash")
            text = lockfile.read_locked(path, is_kept=True).strip().decode("ascii", "replace")
        except (FileNotFoundError, NotADirectoryError, InputError):
            return None
        except OSError as error:
            raise disk_error("read" if error.errno == errno.EISDIR else "open", path, error) from error
        from govgo.core.gosum.dirhash import is_h1

        return text if is_h1(text) else None

    def write_ziphash(self, mv: ModuleVersion, h1: str) -> None:
        """Record the h1: of a zip that is in the cache already (its record was lost); the caller holds the lock.

        Raises:
            DiskError: it could not be written.
        """
        self._writer.write(self.file(mv, "ziphash"), h1.encode())

    @contextmanager
    def new_zip_temp(self, mv: ModuleVersion) -> Iterator[ZipTemp]:
        """A temporary file for the zip of `mv`; removed at the end unless it was committed. Needs the lock.

        Raises:
            DiskError: it could not be made.
        """
        path = self.zip_path(mv)
        make_dirs(path.rpartition("/")[0])
        _remove_stale_temps(path)
        with ZipTemp.create(path) as temp:
            yield temp

    def check_and_hash_zip(
        self,
        file: str,
        mv: ModuleVersion,
        *,
        gomod: bytes | None = None,
        tree: TreeTemp | None = None,
        is_stopped: Callable[[], bool] = bool,
    ) -> str:
        """Check a fetched zip by every rule there is; its h1: (arguments and errors: `modzip.hash`).

        With a `tree`, it is extracted there at the same time. Where the disk does not let that happen, `tree.made`
        stays empty, and `extract` will say what is wrong, after the zip has been checked and kept. It raises Cancelled
        as soon as `is_stopped` answers True.
        """
        from govgo.adapters.modzip import hash as hashzip  # 8 ms that commands over small files do without

        shown = self.zip_path(mv)
        if tree is not None:
            from govgo.adapters.modzip.unzip import check_hash_and_unzip

            try:
                h1, tree.made = check_hash_and_unzip(
                    file, tree.path, mv, shown=shown, gomod=gomod, is_stopped=is_stopped
                )
            except DiskError:
                tree.clear()
            else:
                return h1
        return hashzip.check_and_hash_zip(file, mv, shown=shown, gomod=gomod)

    def extract_elsewhere(
        self, extractor: Extractor, file: str, mv: ModuleVersion, tree: TreeTemp, *, gomod: bytes | None
    ) -> str:
        """As `check_and_hash_zip`, in another process; "" where it did not manage that."""
        done = extractor.check_hash_and_unzip(file, tree.path, mv, shown=self.zip_path(mv), gomod=gomod)
        if done is None:
            tree.clear()
            return ""
        h1, tree.made = done
        return h1

    def hash_zip(self, mv: ModuleVersion) -> str:
        """The h1: of the cached zip, read as go reads it.

        Raises:
            BadZipError, DiskError: it cannot be read.
        """
        from govgo.adapters.modzip import hash as hashzip  # as above

        return hashzip.hash_zip(self.zip_path(mv))

    # Trees.

    def download_dir(self, mv: ModuleVersion) -> Tree:
        """Whether the extracted tree of `mv` is there, whole.

        Raises:
            InputError: the cache can have no tree for `mv`.
            DiskError: marker or hash could not be looked at.
        """
        if not self.root:
            return Tree("", "missing")
        directory = f"{self.root}/{cachepath.tree_dir(*mv)}"
        try:
            os.stat(directory)
        except FileNotFoundError:
            return Tree(directory, "missing")
        except OSError as error:
            return Tree(directory, "partial", f"stat {directory}: {reason(error)}")
        if not os.path.isdir(directory):
            return Tree(directory, "partial", "not a directory")
        if _exists(self.file(mv, "partial")):
            return Tree(directory, "partial", "not completely extracted")
        if mv.path != _NO_HASH_NEEDED and not _exists(self.file(mv, "ziphash")):
            return Tree(directory, "partial", "ziphash file is missing")
        return Tree(directory, "whole")

    def extract(self, mv: ModuleVersion, zip_path: str = "", *, is_stopped: Callable[[], bool] = bool) -> str:
        """Extract the zip of `mv` (the cached one if none is named) unless the tree is whole. Takes the lock itself.

        Returns:
            The tree's directory.

        Raises:
            BadZipError: the zip breaks a rule.
            DiskError: something could not be read or written. After an error the cache is as before.
            Cancelled: `is_stopped` answered True.
        """
        with self.lock(mv):
            state = self.download_dir(mv)
            if state.state != "whole":
                from govgo.adapters.modzip.unzip import unzip  # as in check_and_hash_zip

                with self.new_tree(mv) as tree:
                    tree.made = unzip(tree.path, mv, zip_path or self.zip_path(mv), is_stopped=is_stopped)
                    tree.commit()
            return state.dir

    @contextmanager
    def new_tree(self, mv: ModuleVersion) -> Iterator[TreeTemp]:
        """A temporary directory for the tree of `mv`; removed at the end unless it was committed. Needs the lock."""
        final = f"{self.root}/{cachepath.tree_dir(*mv)}"
        remove_stale(final)
        with temporary_tree(final) as path:
            yield TreeTemp(path, final, self.file(mv, "partial"), writable=self.writable_dirs)


def _exists(path: str) -> bool:
    try:
        os.stat(path)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise disk_error("stat", path, error) from error
    return True


def _remove_stale_temps(zip_path: str) -> None:
    """Remove what interrupted downloads of the same zip left; only the holder of its lock may call this."""
    directory, _, base = zip_path.rpartition("/")
    with suppress(OSError):
        for name in os.listdir(directory):
            if name.startswith(base) and name.endswith(".tmp"):
                atomic.remove(f"{directory}/{name}")
