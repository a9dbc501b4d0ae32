# SPDX-License-Identifier: BSD-3-Clause
"""Whether what lies in the module cache is still what was downloaded: zips and trees against their `.ziphash`.

Hashing is divided among processes, by the sizes of the zips: entries are small, and threads would wait for each other.
Source of the rules and texts: cmd/go/internal/modcmd/verify.go.
"""

from __future__ import annotations

import marshal
import os
import threading
from collections.abc import Callable, Sequence

from govgo.adapters.disk.diskerror import reason
from govgo.adapters.modcache.cache import ModCache
from govgo.adapters.modzip.hash import hash_tree, hash_zip, hash_zip_and_tree
from govgo.core.module.moduleversion import ModuleVersion, is_toolchain
from govgo.errors import GovgoError

_MOST_WORKERS = 8
_WORTH_A_WORKER = 4 << 20
"""Bytes of zips below which another process costs more than it saves."""

Faults = tuple[str, ...]


class CacheAudit:
    """Checks of one module cache."""

    def __init__(self, cache: ModCache) -> None:
        self._cache = cache

    def faults(self, mods: Sequence[ModuleVersion]) -> tuple[Faults, ...]:
        """go's sentences about each module version that was changed since it was downloaded, in the order given."""
        shares = self._shares(mods)
        found = _in_processes(shares, lambda index: self.module_faults(mods[index]))
        return tuple(found[index] for index in range(len(mods)))

    def module_faults(self, mv: ModuleVersion) -> Faults:
        """What is wrong with zip and tree of one module version; () also where nothing was downloaded."""
        if is_toolchain(mv.path):
            return ()
        name = f"{mv.path} {mv.version}"
        try:
            return tuple(f"{name}: {fault}" for fault in self._faults(mv))
        except GovgoError as error:
            return (f"{name}: {error}",)

    def _faults(self, mv: ModuleVersion) -> list[str]:
        zip_path = self._cache.zip_path(mv)
        has_zip = os.path.exists(zip_path)
        tree = self._cache.download_dir(mv)
        try:
            with open(zip_path + "hash", encoding="utf-8", errors="surrogateescape") as file:
                recorded = file.read().strip()
        except OSError as error:
            if not has_zip and tree.state != "whole":
                return []
            return [f"missing ziphash: open {zip_path}hash: {reason(error)}"]
        faults: list[str] = []
        tree_h1: str | None = None
        if has_zip:
            if tree.state == "whole":
                zip_h1, tree_h1 = hash_zip_and_tree(zip_path, tree.dir, str(mv))
            else:
                zip_h1 = hash_zip(zip_path)
            if zip_h1 != recorded:
                faults.append(f"zip has been modified ({zip_path})")
        if tree.state == "whole":
            try:
                if (tree_h1 or hash_tree(tree.dir, str(mv))) != recorded:
                    faults.append(f"dir has been modified ({tree.dir})")
            except GovgoError as error:
                faults.append(str(error))
        return faults

    def _shares(self, mods: Sequence[ModuleVersion]) -> list[list[int]]:
        """The indexes of `mods`, dealt to as many workers as pay, each to the one with the least to do."""
        sizes = [self._size(mv) for mv in mods]
        workers = min(_MOST_WORKERS, len(os.sched_getaffinity(0)), 1 + sum(sizes) // _WORTH_A_WORKER)
        if threading.active_count() > 1:
            workers = 1  # a process with threads cannot be forked safely
        shares: list[list[int]] = [[] for _ in range(workers)]
        loads = [0] * workers
        for index in sorted(range(len(mods)), key=lambda index: -sizes[index]):
            least = loads.index(min(loads))
            shares[least].append(index)
            loads[least] += sizes[index]
        return shares

    def _size(self, mv: ModuleVersion) -> int:
        try:
            return os.stat(self._cache.zip_path(mv)).st_size
        except (OSError, GovgoError):
            return 0


def _in_processes(shares: Sequence[Sequence[int]], work: Callable[[int], Faults]) -> dict[int, Faults]:
    """`work` on every index, the first share here and each other in a forked child that answers through a pipe."""
    children = [(share, *_fork(share, work)) for share in shares[1:] if share]
    found = {index: work(index) for index in shares[0]}
    for share, process, answers in children:
        with os.fdopen(answers, "rb") as pipe:
            data = pipe.read()
        _, status = os.waitpid(process, 0)
        if status == 0:
            found.update(marshal.loads(data))
        else:  # killed, perhaps for want of memory: its share is done here
            found.update((index, work(index)) for index in share)
    return found


def _fork(share: Sequence[int], work: Callable[[int], Faults]) -> tuple[int, int]:
    """(process, descriptor of its answers) of a child that does `share`."""
    answers, ours = os.pipe()
    process = os.fork()
    if process:
        os.close(ours)
        return process, answers
    status = 1
    try:
        data = marshal.dumps([(index, work(index)) for index in share])
        with os.fdopen(ours, "wb") as pipe:
            pipe.write(data)
        status = 0
    finally:
        os._exit(status)
