# SPDX-License-Identifier: BSD-3-Clause
"""List, count and remove what is in a storage of served files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from secrets import token_bytes
from typing import TYPE_CHECKING

from govgo.app.storage.uses import read_uses
from govgo.core.mirror.manifest import KEY
from govgo.core.module.moduleversion import ModuleVersion, sort_key
from govgo.core.module.patterns import match_prefix_patterns
from govgo.core.records import NamedTuple
from govgo.core.storage.eviction import StoredFile, plan_eviction
from govgo.core.storage.keys import COMPARE, EVENT_LOG, list_key, module_of_key, version_list
from govgo.core.storage.lastanswers import SUFFIX as KEPT
from govgo.core.storage.outcomes import Kind, Listing, Removal, Span, Stats, StoredVersion
from govgo.core.storage.published import SUFFIX as PUBLISHED
from govgo.core.storage.uses import PREFIX
from govgo.core.sumdb.published import LATEST
from govgo.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from govgo.ports.storage import Storage

_DAYS = (1, 7, 30, 90)
_KINDS = {
    ".zip": "zips",
    ".mod": "go.mod files",
    ".info": ".info files",
    ".ziphash": "hashes of zips",
    f".{PUBLISHED}": "records of published versions",
}


class _Spell(NamedTuple):
    """The bytes of a version, and when it was last stored or asked for."""

    size: int
    last_s: float


def list_versions(storage: Storage, patterns: Sequence[str]) -> Listing:
    """The module versions that patterns name; all, where there are none.

    Args:
        storage: the storage.
        patterns: `path`, `path@version`, or globs of paths as in GOPRIVATE.
    """
    return Listing(_versions(_files(storage), patterns))


def count(storage: Storage, now_s: float) -> Stats:
    """What there is, in numbers.

    Args:
        storage: the storage.
        now_s: the time of day, from which the ages of uses are counted.
    """
    kinds: dict[str, tuple[int, int]] = {}
    versions: dict[ModuleVersion, _Spell] = {}
    used = read_uses(storage)
    for file in _files(storage):
        mod = module_of_key(file.key)
        if mod is not None:
            known = versions.get(mod, _Spell(0, used.get(mod, 0.0)))
            versions[mod] = _Spell(known.size + file.size, max(known.last_s, file.modified))
        name = _kind(file.key, mod)
        number, size = kinds.get(name, (0, 0))
        kinds[name] = number + 1, size + file.size
    rows = sorted((Kind(name, *each) for name, each in kinds.items()), key=lambda kind: (-kind.size, kind.name))
    spans = tuple(
        Span(days, len(found), sum(each.size for each in found))
        for days in _DAYS
        for found in [[each for each in versions.values() if each.last_s >= now_s - days * 86400]]
    )
    return Stats(tuple(rows), len({mod.path for mod in versions}), len(versions), len(used), spans)


def _kind(key: str, mod: ModuleVersion | None) -> str:
    if mod is not None:
        return _KINDS[f".{key.rpartition('.')[2]}"]
    if key.startswith("sumdb/"):
        return "tiles" if "/tile/" in key else "lookups" if "/lookup/" in key else "tree heads"
    if key.startswith(PREFIX):
        return "notes of use"
    return "lists" if key.removesuffix(KEPT).endswith(("/@v/list", "/@latest")) else "others"


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
    refuse_mirror(storage, "rm")
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
        ask_comparison(storage)
    return Removal(versions, sum(each.size for each in versions), -1, dry_run)


def ask_comparison(storage: Storage) -> None:
    """Let a server compare the storage with its event log soon, since something is not there any more."""
    if storage.head(f"{EVENT_LOG}/{LATEST}") is not None:
        storage.replace(COMPARE, token_bytes(16).hex().encode() + b"\n")


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
    storage: Storage,
    limit: int,
    *,
    keep: Callable[[ModuleVersion], bool] = lambda mod: False,
    dry_run: bool = False,
    files: Iterable[StoredFile] | None = None,
    tells: bool = True,
) -> Removal:
    """Remove what was used least recently until at most `limit` bytes are left (`core.storage.eviction`).

    Args:
        storage: the storage; when its versions were used is read from the notes of servers in it.
        limit: in bytes.
        keep: whether a module version is to stay, since it cannot be obtained again.
        dry_run: remove nothing.
        files: all there are, where the caller knows.
        tells: let a server's event log tell of it.

    Raises:
        UsageError: it is a mirror, which is to be whole.
    """
    refuse_mirror(storage, "evict")
    plan = plan_eviction(_files(storage) if files is None else files, limit, read_uses(storage), keep)
    if not dry_run:
        for file in plan.files:
            storage.delete(file.key)
        if tells and plan.files:
            ask_comparison(storage)
    return Removal(_versions(plan.files), plan.before - plan.after, plan.after, dry_run, limit)


def refuse_mirror(storage: Storage, verb: str) -> None:
    """Raise UsageError for a storage that is a mirror."""
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
