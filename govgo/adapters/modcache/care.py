# SPDX-License-Identifier: BSD-3-Clause
"""The care of a module cache that go and govgo use meanwhile (`ports.cachecare.CacheCare`).

go takes `cache/download/PATH/@v/VERSION.lock` while it downloads or extracts a version, and reads zips, hashes and
trees without any lock. So each version is removed under its lock, and in an order in which a reader never sees a part:

    write VERSION.partial        from now on go takes the tree for absent, and waits for the lock to extract it anew
    rename the tree away         to PATH@VERSION.tmp-NUMBER, which go, too, would remove as a leftover
    remove .zip, then .ziphash   a hash without its zip counts as nothing, a zip without its hash as unchecked
    remove .partial
    remove what was renamed

Lock files stay: whoever waits for one would otherwise hold the lock of a file that is gone, beside the next one's.

Source: cmd/go/internal/modfetch (fetch.go, cache.go: lockVersion, DownloadDir, unzip, RemoveAll).
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

from govgo.adapters.disk import atomic
from govgo.adapters.disk.diskerror import disk_error
from govgo.adapters.disk.trees import TEMP_MARK, make_dirs, remove_tree, rename_tree
from govgo.adapters.modcache.cache import ModCache
from govgo.adapters.modcache.verify import CachedModule, CacheFacts
from govgo.adapters.modzip.read import Rules, open_archive
from govgo.core.modcache import UNREAD, Contents, Fault, Held
from govgo.core.modfile.quickread import summarize
from govgo.core.module import cachepath
from govgo.core.module.escape import canonical_of, unescape, unescape_path
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.modzip.rules import zip_prefix
from govgo.errors import DiskError, InputError

_SMALL = ("info", "mod")
_ZIP = ("zip", "ziphash")
_SUFFIXES = (*_SMALL, *_ZIP, cachepath.LOCK, "partial")
_DEEPEST = 256
"""Directories above a module that are looked into; no module path has more elements."""
_STALE_S = 3600
"""Seconds after which a temporary file was abandoned by its writer."""


class DiskCare:
    """The care of one cache."""

    def __init__(self, cache: ModCache) -> None:
        self._cache = cache

    # What is there.

    def contents(self) -> Contents:
        """See `ports.cachecare.CacheCare`."""
        self._cache.check_root()
        root = self._cache.root
        held: dict[ModuleVersion, Held] = {}
        others = {"database": 0, "repositories": 0, "leftovers": 0, "other": 0}
        leftovers: list[str] = []
        now = time.time()
        for path, item in _directories_of_versions(f"{root}/{cachepath.DOWNLOAD}"):
            for facts in _files(item):
                self._count(path, facts, now, held, others, leftovers)
        for name, directory in _trees(root):
            mod = _named(name)
            if mod is not None:
                before = held.get(mod, Held(mod))
                held[mod] = before._replace(tree=_size(directory), used_s=max(before.used_s, _used(directory)))
            elif TEMP_MARK in name and _is_stale(directory, now):
                others["leftovers"] += _size(directory)
                leftovers.append(directory)
            else:
                others["other"] += _size(directory)
        others["database"] += _size(f"{root}/{cachepath.DOWNLOAD}/sumdb")
        others["repositories"] += _size(f"{root}/cache/vcs")
        ordered = sorted(held.values(), key=lambda each: each.mod)
        return Contents(root, ordered, others, leftovers)

    def _count(
        self,
        path: str,
        file: os.DirEntry[str],
        now: float,
        held: dict[ModuleVersion, Held],
        others: dict[str, int],
        leftovers: list[str],
    ) -> None:
        """Add one file of a directory `@v`."""
        facts = _facts(file)
        if facts is None:
            return
        stem, _, suffix = file.name.rpartition(".")
        version = canonical_of(stem) if suffix in _SUFFIXES else ""
        if not version:
            is_leftover = suffix == "tmp" and facts.st_mtime < now - _STALE_S
            others["leftovers" if is_leftover else "other"] += facts.st_size
            if is_leftover:
                leftovers.append(file.path)
            return
        if suffix in (cachepath.LOCK, "partial"):
            others["other"] += facts.st_size
            return
        mod = ModuleVersion(path, version)
        before = held.get(mod, Held(mod))
        used = max(before.used_s, facts.st_mtime, facts.st_atime)
        if suffix in _SMALL:
            held[mod] = before._replace(small=before.small + facts.st_size, used_s=used)
        else:
            held[mod] = before._replace(zip=before.zip + facts.st_size, used_s=used)

    # What is damaged.

    def check(
        self, mods: Sequence[ModuleVersion], advanced: Callable[[int], object] = lambda count: None
    ) -> Sequence[tuple[Fault, ...]]:
        """See `ports.cachecare.CacheCare`. Zips and trees are hashed in several processes, as for `verify`."""
        looked = CacheFacts(self._cache).look(mods, advanced)
        return [tuple(self._faults(mod, cached)) for mod, cached in zip(mods, looked, strict=True)]

    def _faults(self, mod: ModuleVersion, cached: CachedModule) -> Iterator[Fault]:
        yield from self._small_faults(mod, cached)
        if cached.disk_fault:
            yield Fault(UNREAD, cached.disk_fault, "")
            return
        recorded = cached.recorded
        if cached.zip and cached.zip_fault:
            yield Fault("zip-modified", f"the zip cannot be read: {cached.zip_fault}", cached.zip)
        elif cached.zip and recorded and cached.zip_hash != recorded:
            yield Fault("zip-modified", f"the zip has the hash {cached.zip_hash}, recorded is {recorded}", cached.zip)
        elif cached.zip and cached.zip_layout:
            yield Fault("zip-modified", f"the zip is damaged outside of its files: {cached.zip_layout}", cached.zip)
        elif (cached.zip or cached.dir) and not recorded:
            path = self._cache.file(mod, "ziphash")
            yield Fault("missing-ziphash", "the recorded hash of the zip is gone", path)
        good = recorded or (cached.zip_hash if not cached.zip_fault else "")
        if cached.dir and cached.dir_fault:
            yield Fault("dir-modified", f"the extracted tree cannot be hashed: {cached.dir_fault}", cached.dir)
        elif cached.dir and good and cached.dir_hash != good:
            yield Fault("dir-modified", f"the extracted tree has the hash {cached.dir_hash}, not {good}", cached.dir)

    def _small_faults(self, mod: ModuleVersion, cached: CachedModule) -> Iterator[Fault]:
        info = self._cache.read_info(*mod)
        if info is not None:
            path = self._cache.file(mod, "info")
            told = _version_in(info)
            if told is None:
                yield Fault("cache-file-damaged", "the .info file cannot be parsed", path)
            elif told != mod.version:
                yield Fault("cache-file-damaged", "the .info file is about another version", path)
        data = self._cache.read_gomod(mod)
        if data is None:
            return
        path = self._cache.file(mod, "mod")
        try:
            summarize(path, data)
        except InputError:
            yield Fault("cache-file-damaged", "the .mod file cannot be parsed", path)
            return
        inside = _gomod_in(cached.zip, mod) if cached.zip_hash else None
        if inside is not None and inside != data:
            yield Fault("cache-file-damaged", "the .mod file is not the go.mod in the zip", path)

    # What goes.

    def remove(self, held: Held, *, keeps_small: bool = False) -> None:
        """See `ports.cachecare.CacheCare`."""
        with self._cache.lock(held.mod):
            self._remove_tree_and(held.mod, _ZIP)
            if not keeps_small:
                self._remove_files(held.mod, _SMALL)

    def remove_damaged(self, mod: ModuleVersion, faults: Sequence[Fault]) -> None:
        """See `ports.cachecare.CacheCare`. A sound zip stays: tree and hash are made from it."""
        codes = {each.code for each in faults}
        paths = {each.path for each in faults}
        with self._cache.lock(mod):
            if "zip-modified" in codes:
                self._remove_tree_and(mod, _ZIP)
            elif codes & {"missing-ziphash", "dir-modified"}:
                self._remove_tree_and(mod, ())
            self._remove_files(mod, [each for each in _SMALL if self._cache.file(mod, each) in paths])

    def remove_leftovers(self, paths: Sequence[str]) -> None:
        """See `ports.cachecare.CacheCare`."""
        for path in paths:
            with suppress(DiskError):
                remove_tree(path)

    def remove_all(self) -> None:
        """See `ports.cachecare.CacheCare`."""
        for each in self.contents().held:
            with suppress(DiskError):  # what cannot be removed now is reported at the end
                self.remove(each)
        # Nothing of a version is left; what goes by one rename is never seen in part.
        for name in ("cache/vcs", cachepath.DOWNLOAD):
            source = f"{self._cache.root}/{name}"
            if os.path.isdir(source):
                aside = f"{source}{TEMP_MARK}{atomic.random_number()}"
                rename_tree(source, aside)
                remove_tree(aside)
        remove_tree(self._cache.root)

    def _remove_tree_and(self, mod: ModuleVersion, suffixes: Sequence[str]) -> None:
        """Remove the tree and some files, as the module's docstring has it; the caller holds the lock."""
        tree = f"{self._cache.root}/{cachepath.tree_dir(*mod)}"
        aside = ""
        marker = self._cache.file(mod, "partial")
        if os.path.lexists(tree):
            make_dirs(os.path.dirname(marker))
            atomic.write_file(marker, b"")
            aside = f"{tree}{TEMP_MARK}{atomic.random_number()}"
            rename_tree(tree, aside)
        self._remove_files(mod, suffixes)
        atomic.remove(marker)
        if aside:
            remove_tree(aside)
            _remove_empty(os.path.dirname(tree), self._cache.root)

    def _remove_files(self, mod: ModuleVersion, suffixes: Sequence[str]) -> None:
        for suffix in suffixes:
            path = self._cache.file(mod, suffix)
            try:
                os.unlink(path)
            except FileNotFoundError:
                continue
            except OSError as error:
                raise disk_error("remove", path, error) from error


def _remove_empty(directory: str, root: str) -> None:
    """Remove directories above a tree in which nothing is left, below the cache's own."""
    while directory.startswith(f"{root}/"):
        try:
            os.rmdir(directory)
        except OSError:
            return
        directory = os.path.dirname(directory)


def _directories_of_versions(base: str, above: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """(module path, directory `@v`) of every module below `base`; links are not followed."""
    for item in _entries(f"{base}/{above}" if above else base):
        if not item.is_dir(follow_symlinks=False):
            continue
        if item.name == "@v":
            with suppress(InputError):
                yield unescape_path(above), item.path
        elif depth < _DEEPEST and not (item.name == "sumdb" and not above):
            yield from _directories_of_versions(base, f"{above}/{item.name}" if above else item.name, depth + 1)


def _trees(root: str, above: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """(name with its directories, directory) of every extracted tree, those in the making included."""
    for item in _entries(f"{root}/{above}" if above else root):
        name = f"{above}/{item.name}" if above else item.name
        if not item.is_dir(follow_symlinks=False) or name == "cache":
            continue
        if "@" in item.name:
            yield name, item.path
        elif depth < _DEEPEST:
            yield from _trees(root, name, depth + 1)


def _named(name: str) -> ModuleVersion | None:
    """The module version whose tree has this name, None for another directory."""
    path, _, version = name.rpartition("@")
    try:
        mod = unescape(path, version)
        return mod if cachepath.tree_dir(*mod) == name else None
    except InputError:
        return None


def _entries(directory: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(directory) as found:
            return sorted(found, key=lambda each: each.name)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise disk_error("open", directory, error) from error


def _files(directory: str) -> Iterator[os.DirEntry[str]]:
    for item in _entries(directory):
        if not item.is_dir(follow_symlinks=False):
            yield item


def _facts(item: os.DirEntry[str]) -> os.stat_result | None:
    """What is known of a file, None for one that went meanwhile."""
    try:
        return item.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise disk_error("stat", item.path, error) from error


def _size(directory: str) -> int:
    """Bytes of all files below a directory."""
    total = 0
    directories = [directory]
    while directories:
        for item in _entries(directories.pop()):
            if item.is_dir(follow_symlinks=False):
                directories.append(item.path)
            else:
                facts = _facts(item)
                total += facts.st_size if facts is not None else 0
    return total


def _used(tree: str) -> float:
    """When the go.mod of a tree was last read; a walk like ours does not count as a use of it."""
    try:
        facts = os.stat(f"{tree}/go.mod", follow_symlinks=False)
    except OSError:
        return 0.0
    return max(facts.st_atime, facts.st_mtime)


def _is_stale(directory: str, now: float) -> bool:
    try:
        return os.lstat(directory).st_mtime < now - _STALE_S
    except OSError:
        return False


def _version_in(info: bytes) -> object:
    """What a .info file calls its version, None where it is not a JSON object or has none."""
    import json

    try:
        found = json.loads(info)
    except (ValueError, RecursionError):
        return None
    return found.get("Version") if isinstance(found, dict) else None


def _gomod_in(zip_path: str, mod: ModuleVersion) -> bytes | None:
    """The go.mod in a zip, None where it has none."""
    name = f"{zip_prefix(mod)}go.mod"
    with open_archive(zip_path, Rules.GO) as archive:
        for entry in archive.entries:
            if entry.name == name:
                return b"".join(archive.contents(entry))
    return None
