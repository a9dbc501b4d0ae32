# SPDX-License-Identifier: BSD-3-Clause
"""The hashes of what the module cache holds: go.mod, zip and extracted tree of each module version.

Nothing is judged here, and a file that cannot be hashed has its reason instead. Hashing is divided among processes
as in `audit`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

from govgo.adapters.disk.diskerror import reason
from govgo.adapters.modcache.intact import CacheAudit, Faults
from govgo.adapters.modzip.hash import hash_archive, hash_zip
from govgo.adapters.modzip.layout import layout_fault
from govgo.adapters.modzip.read import Rules, open_archive
from govgo.core.gosum.dirhash import hash_gomod
from govgo.core.module.moduleversion import ModuleVersion, is_toolchain
from govgo.errors import DiskError, GovgoError


class CachedModule(NamedTuple):
    """What lies in the cache for one module version; "" where there is nothing.

    Attributes:
        zip: path of the zip.  zip_hash: its `h1:`.  zip_fault: why it has none.
        zip_layout: what is odd about parts that the hash does not cover.
        recorded: the content of .ziphash.  recorded_fault: why it cannot be read, although zip or tree are there.
        dir: path of the whole extracted tree.  dir_hash, dir_fault: as for the zip.
        gomod: path of the .mod file.  gomod_hash: its `h1:`.
        disk_fault: why something could not be looked at at all.
    """

    zip: str = ""
    zip_hash: str = ""
    zip_fault: str = ""
    recorded: str = ""
    recorded_fault: str = ""
    dir: str = ""
    dir_hash: str = ""
    dir_fault: str = ""
    gomod: str = ""
    gomod_hash: str = ""
    disk_fault: str = ""
    zip_layout: str = ""


_EMPTY = CachedModule()


class CacheFacts(CacheAudit):
    """The facts of one module cache."""

    def look(self, mods: Sequence[ModuleVersion]) -> tuple[CachedModule, ...]:
        """The facts of each module version, in the order given."""
        return tuple(CachedModule(*found) for found in self.faults(mods))

    def module_faults(self, mv: ModuleVersion) -> Faults:
        """The fields of a `CachedModule`: plain strings, since they may come from another process."""
        if is_toolchain(mv.path):
            return tuple(_EMPTY)
        try:
            return tuple(self._look(mv))
        except GovgoError:
            return tuple(_EMPTY)  # no file can be there for such a version

    def _look(self, mv: ModuleVersion) -> CachedModule:
        zip_path = self._cache.zip_path(mv)
        found = _EMPTY
        data = self._cache.read_gomod(mv)
        if data is not None:
            found = found._replace(gomod=self._cache.file(mv, "mod"), gomod_hash=hash_gomod(data))
        if os.path.exists(zip_path):
            found = _hash_zip(found._replace(zip=zip_path), zip_path)
        try:
            tree = self._cache.download_dir(mv)
            if tree.state == "whole" or (tree.state == "partial" and tree.reason == "ziphash file is missing"):
                found = found._replace(dir=tree.dir)
                found = found._replace(dir_hash=self._cache.hash_tree(tree.dir, str(mv)))
        except DiskError as error:
            found = found._replace(disk_fault=str(error))
        except GovgoError as error:
            found = found._replace(dir_fault=str(error))
        if found.zip or found.dir:
            try:
                with open(zip_path + "hash", encoding="utf-8", errors="surrogateescape") as file:
                    found = found._replace(recorded=file.read().strip())
            except OSError as error:
                found = found._replace(recorded_fault=f"missing ziphash: open {zip_path}hash: {reason(error)}")
        return found


def _hash_zip(found: CachedModule, path: str) -> CachedModule:
    """The facts of a zip: by the strict rules, which govern what is fetched, else by go's."""
    try:
        with open_archive(path, Rules.STRICT) as archive:
            return found._replace(zip_hash=hash_archive(archive), zip_layout=layout_fault(archive))
    except DiskError as error:
        return found._replace(disk_fault=str(error))
    except GovgoError as error:
        strict = str(error)
    try:
        return found._replace(zip_hash=hash_zip(path), zip_layout=strict)
    except GovgoError as error:
        return found._replace(zip_fault=str(error))
