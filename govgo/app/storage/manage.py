# SPDX-License-Identifier: BSD-3-Clause
"""List, count and remove what is in a storage of served files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from govgo.core.mirror.manifest import KEY
from govgo.core.module.moduleversion import ModuleVersion, sort_key
from govgo.core.module.patterns import match_prefix_patterns
from govgo.core.storage.eviction import StoredFile, plan_eviction
from govgo.core.storage.keys import list_key, module_of_key, version_list
from govgo.core.storage.outcomes import Kind, Listing, Removal, Stats, StoredVersion
from govgo.core.storage.published import SUFFIX as PUBLISHED
from govgo.core.storage.uses import MAX_USES_BYTES, PREFIX, merge_uses
from govgo.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from govgo.ports.storage import Storage

_KINDS = {
    ".zip": "zips",
    ".mod": "go.mod files",
    ".info": ".info files",
    ".ziphash": "hashes of zips",
    f".{PUBLISHED}": "records of published versions",
}


def list_versions(storage: Storage, patterns: Sequence[str] = ()) -> Listing:
    """The module versions that patterns name; all, where there are none.

    Args:
        storage: the storage.
        patterns: `path`, `path@version`, or globs of paths as in GOPRIVATE.
    """
    return Listing(_versions(_files(storage), patterns))


def count(storage: Storage) -> Stats:
    """What there is, in numbers."""
    kinds: dict[str, tuple[int, int]] = {}
    versions: set[ModuleVersion] = set()
    for file in _files(storage):
        mod = module_of_key(file.key)
        if mod is not None:
            versions.add(mod)
        name = _kind(file.key, mod)
        number, size = kinds.get(name, (0, 0))
        kinds[name] = number + 1, size + file.size
    rows = sorted((Kind(name, *each) for name, each in kinds.items()), key=lambda kind: (-kind.size, kind.name))
    return Stats(tuple(rows), len({mod.path for mod in versions}), len(versions))


def _kind(key: str, mod: ModuleVersion | None) -> str:
    if mod is not None:
        return _KINDS[f".{key.rpartition('.')[2]}"]
    if key.startswith("sumdb/"):
        return "tiles" if "/tile/" in key else "lookups" if "/lookup/" in key else "tree heads"
    return "lists" if key.endswith(("/@v/list", "/@latest")) else "others"


def remove(storage: Storage, patterns: Sequence[str], *, dry_run: bool) -> Removal:
    """Remove module versions, and take them out of the lists of their modules.

    Args:
        storage: the storage.
        patterns: as for `list_versions`; at least one.
        dry_run: remove nothing.

    Raises:
        NotFoundError: a pattern names nothing that is there.
        UsageError: it is a mirror, whose manifest would name what is gone.
    """
    _refuse_mirror(storage, "rm")
    files = list(_files(storage))
    for pattern in patterns:
        if not _versions(files, [pattern]):
            raise NotFoundError(f"{pattern}: nothing of that is stored")
    versions = _versions(files, patterns)
    gone = {version.mod for version in versions}
    if not dry_run:
        # The zip goes first: what is left without one is fetched again, what is left without its hash is not believed.
        # Of a version that was published here it is the record, without which there is no such version.
        doomed = [file.key for file in files if module_of_key(file.key) in gone]
        for key in sorted(doomed, key=lambda key: (not key.endswith(f".{PUBLISHED}"), not key.endswith(".zip"), key)):
            storage.delete(key)
        _rewrite_lists(storage, {mod.path for mod in gone}, gone)
    return Removal(versions, sum(each.size for each in versions), -1, dry_run)


def _rewrite_lists(storage: Storage, paths: Iterable[str], gone: set[ModuleVersion]) -> None:
    for path in sorted(paths):
        key = list_key(path)
        data = storage.read(key)
        if data is None:
            continue
        listed = [line.split(b" ")[0].decode("utf-8", "replace") for line in data.split(b"\n") if line]
        left = frozenset(version for version in listed if ModuleVersion(path, version) not in gone)
        if len(left) < len(listed):
            storage.replace(key, version_list(left))


def evict(
    storage: Storage, limit: int, *, keep: Callable[[ModuleVersion], bool] = lambda mod: False, dry_run: bool = False
) -> Removal:
    """Remove what was used least recently until at most `limit` bytes are left (`core.storage.eviction`).

    Args:
        storage: the storage; when its versions were used is read from the notes of servers in it.
        limit: in bytes.
        keep: whether a module version is to stay, since it cannot be had again.
        dry_run: remove nothing.

    Raises:
        UsageError: it is a mirror, which is to be whole.
    """
    _refuse_mirror(storage, "evict")
    notes = [storage.read(entry.key, 0, MAX_USES_BYTES) or b"" for entry in storage.entries(PREFIX)]
    plan = plan_eviction(_files(storage), limit, merge_uses(notes), keep)
    if not dry_run:
        for file in plan.files:
            storage.delete(file.key)
    return Removal(_versions(plan.files), plan.before - plan.after, plan.after, dry_run, limit)


def _refuse_mirror(storage: Storage, verb: str) -> None:
    if storage.head(KEY) is not None:
        raise UsageError(f"it is a mirror ({KEY}), and would not be whole any more: {verb} is for caches of servers")


def _files(storage: Storage) -> Iterable[StoredFile]:
    return (StoredFile(entry.key, entry.size, entry.modified) for entry in storage.entries())


def _versions(files: Iterable[StoredFile], patterns: Sequence[str] = ()) -> tuple[StoredVersion, ...]:
    """The module versions that files belong to, in order."""
    found: dict[ModuleVersion, list[StoredFile]] = {}
    for file in files:
        mod = module_of_key(file.key)
        if mod is not None and (not patterns or any(_names(pattern, mod) for pattern in patterns)):
            found.setdefault(mod, []).append(file)
    return tuple(
        StoredVersion(
            mod,
            tuple(sorted(file.key.rpartition(".")[2] for file in found[mod])),
            sum(file.size for file in found[mod]),
            max(file.modified for file in found[mod]),
        )
        for mod in sorted(found, key=sort_key)
    )


def _names(pattern: str, mod: ModuleVersion) -> bool:
    path, at, version = pattern.partition("@")
    if at and version != mod.version:
        return False
    if any(sign in path for sign in "*?["):
        return match_prefix_patterns(path, mod.path)
    return path == mod.path
