# SPDX-License-Identifier: BSD-3-Clause
"""The files of the main modules and the module cache, with a witness of all that is looked at (see `witness`)."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Sequence

from govgo.core.module import ModuleVersion
from govgo.errors import DiskError
from govgo.modfetch.answers import FILE, KIND, NAMES, REAL, STAMP, Change, file_state
from govgo.modfetch.cache import ModCache, Tree
from govgo.modfetch.witness import Witness
from govgo.modfetch.workspace import DiskWorkspace


class WatchedWorkspace(DiskWorkspace):
    """The files of the main modules, watched."""

    def __init__(self, cache: ModCache, witness: Witness) -> None:
        """As `DiskWorkspace`."""
        super().__init__(cache)
        self._witness = witness
        self._trees = cache.root + "/"
        self._downloads = cache.root + "/cache/"

    def read(self, path: str) -> bytes | None:
        """As `DiskWorkspace.read`."""
        try:
            data = super().read(path)
        except DiskError:
            self._witness.void()
            raise
        if path.endswith(".go") and self._in_tree(path):
            self._witness.look(STAMP, path)
        else:
            self._witness.note(FILE, path, file_state(data))
        return data

    def exists(self, path: str) -> bool:
        """As `DiskWorkspace.exists`."""
        return self._witness.look(KIND, path)[:1] not in (b"-", b"!")

    def is_dir(self, path: str) -> bool:
        """As `DiskWorkspace.is_dir`."""
        return self._witness.look(KIND, path) == b"d"

    def is_file(self, path: str) -> bool:
        """As `DiskWorkspace.is_file`."""
        return self._witness.look(KIND, path) == b"f"

    def listdir(self, path: str) -> Sequence[tuple[str, str]]:
        """As `DiskWorkspace.listdir`."""
        found = super().listdir(path)
        if self._in_tree(path):
            self._witness.look(STAMP, path)
        else:
            self._witness.note(NAMES, path, names_state(found))
        return found

    def _in_tree(self, path: str) -> bool:
        """Whether `path` lies in an extracted tree of the module cache."""
        return path.startswith(self._trees) and not path.startswith(self._downloads)

    def real_path(self, path: str) -> str:
        """As `DiskWorkspace.real_path`."""
        found = super().real_path(path)
        self._witness.note(REAL, path, os.fsencode(found))
        return found

    def replace(self, path: str, before: bytes | None, after: bytes) -> None:
        """As `DiskWorkspace.replace`."""
        with self._witness.changing(Change(path, before, after), self.cache.root if self.cache is not None else ""):
            super().replace(path, before, after)

    def write(self, path: str, data: bytes) -> None:
        """As `DiskWorkspace.write`; nothing to repeat."""
        self._witness.void()
        super().write(path, data)


def names_state(entries: Sequence[tuple[str, str]]) -> bytes:
    """The state of NAMES that `look` would give for a listing."""
    return b"/".join(sorted(os.fsencode(name) + b"/" + kind[0].encode() for name, kind in entries))


class WatchedCache(ModCache):
    """The module cache, watched: reading go.mod and .info files, and whether trees are whole."""

    def __init__(self, root: str, witness: Witness, *, writable_dirs: bool) -> None:
        """As `ModCache`."""
        super().__init__(root, writable_dirs=writable_dirs)
        self._witness = witness

    def _bytes(self, path: str) -> bytes | None:
        data = super()._bytes(path)
        if data is None:
            self._witness.void()  # not there, or not to be read: too rare to tell apart
        else:
            self._witness.note(FILE, path, file_state(data))
        return data

    def has_zip(self, mv: ModuleVersion) -> bool:
        """As `ModCache.has_zip`."""
        self._witness.void()
        return super().has_zip(mv)

    def download_dir(self, mv: ModuleVersion) -> Tree:
        """As `ModCache.download_dir`."""
        tree = super().download_dir(mv)
        if tree.state == "whole":
            look = self._witness.look
            look(KIND, tree.dir)
            look(KIND, self.file(mv, "partial"))
            look(FILE, self.file(mv, "ziphash"))
            look(STAMP, posixpath.join(tree.dir, "go.mod"))  # its go line is read by those who fetch trees
        else:
            self._witness.void()
        return tree

    def ziphash(self, mv: ModuleVersion) -> str | None:
        """As `ModCache.ziphash`."""
        self._witness.look(FILE, self.file(mv, "ziphash"))
        return super().ziphash(mv)
