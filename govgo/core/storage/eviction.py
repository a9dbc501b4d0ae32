# SPDX-License-Identifier: BSD-3-Clause
"""Which files go when a storage of served files has grown beyond its limit.

Only files that can be fetched again go: zips first, by how long ago each was last used; then, if that is not enough,
the .info, .mod and .ziphash files of versions whose zips are gone, in the same order. Lists, lookups, tiles and tree
heads stay, and so do versions that were published here, and everything that is not the file of a module version.
Writing a file of a version counts as a use of it, since the use of a file that was just fetched is not noted yet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.records import NamedTuple
from govgo.core.storage.keys import module_of_key
from govgo.core.storage.published import SUFFIX as PUBLISHED


class StoredFile(NamedTuple):
    """A file of a storage: its key, its size in bytes, and when it was written, in seconds since the epoch."""

    key: str
    size: int
    modified: float


class EvictionPlan(NamedTuple):
    """What is to go.

    Attributes:
        before: the bytes that are stored.
        files: to be removed, in this order.
        after: the bytes that are then left; more than the limit where not enough may go.
    """

    before: int
    files: tuple[StoredFile, ...]
    after: int


def plan_eviction(
    files: Iterable[StoredFile],
    limit: int,
    used: Mapping[ModuleVersion, float],
    keep: Callable[[ModuleVersion], bool] = lambda mod: False,
) -> EvictionPlan:
    """Which files are to go so that at most `limit` bytes are left.

    Args:
        files: all there are.
        limit: in bytes.
        used: when module versions were last asked for, in seconds since the epoch, as far as that is known.
        keep: whether a module version is to stay, since it cannot be obtained again.
    """
    before = 0
    zips: list[tuple[ModuleVersion, StoredFile]] = []
    others: dict[ModuleVersion, list[StoredFile]] = {}
    last: dict[ModuleVersion, float] = {}
    alone: set[ModuleVersion | None] = set()
    for each in files:
        file = StoredFile(*each[:3])
        before += file.size
        mod = module_of_key(file.key)
        if file.key.endswith(f".{PUBLISHED}"):
            alone.add(mod)
        if mod is None or keep(mod):
            continue
        last[mod] = max(last.get(mod, 0.0), used.get(mod, 0.0), file.modified)
        if file.key.endswith(".zip"):
            zips.append((mod, file))
        else:
            others.setdefault(mod, []).append(file)
    queue = [file for mod, file in sorted(zips, key=lambda each: (last[each[0]], each[0])) if mod not in alone]
    for mod in sorted(others.keys() - alone, key=lambda each: (last[each], each)):
        queue += sorted(others[mod])
    left = before
    gone: list[StoredFile] = []
    for file in queue:
        if left <= limit:
            break
        gone.append(file)
        left -= file.size
    return EvictionPlan(before, tuple(gone), left)
