# SPDX-License-Identifier: BSD-3-Clause
"""Files that were recorded as a whole (`ports.Workspace`), read in the place where they would lie.

    mount /src, a tree with go.mod and lib/go.mod      /src/go.mod and /src/lib/go.mod are the recorded files
                                                       /fork/go.mod is what lies there now, or absent

Nothing can be written. Links are followed inside the tree.
"""

from __future__ import annotations

import posixpath
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import NoReturn

from govgo.core.module.paths import has_file_prefix
from govgo.errors import DiskError
from govgo.ports.files import Workspace

_MAX_LINKS = 40
"""Links followed for one path, as by Linux (path_resolution(7))."""


class TreeFiles(ABC):
    """The files of a tree below a directory; a subclass knows where they are kept.

    Attributes:
        mount: the absolute directory where the root of the tree is seen.
        outside: the files that are not below it, None where there are none.
        apart: absolute directories that are never of the tree, though they may lie below `mount`, as a module cache.
    """

    def __init__(self, mount: str, outside: Workspace | None, apart: Sequence[str] = ()) -> None:
        self.mount = mount
        self.outside = outside
        self.apart = apart
        self._without_links = {""}  # directories; to look at all above each name anew takes quadratic time

    @abstractmethod
    def kind_of(self, name: str) -> str:
        """ "file", "dir", "link" or "other", "" for nothing; `name` is relative to the root, "" for the root itself."""

    @abstractmethod
    def names_in(self, name: str) -> Sequence[tuple[str, str]]:
        """(name, kind) of what is in a directory, in byte order."""

    @abstractmethod
    def content_of(self, name: str) -> bytes:
        """The bytes of a file, or where a link leads."""

    def _place(self, path: str) -> str:
        """The absolute path behind all links."""
        path = posixpath.normpath(path)
        for _ in range(_MAX_LINKS):
            name = self._inside(path)
            if name is None:
                return path
            link = self._first_link(name)
            if not link:
                return path
            target = self.content_of(link).decode("utf-8", "surrogateescape")
            rest = name[len(link) + 1 :]
            path = posixpath.normpath(posixpath.join(self.mount, posixpath.dirname(link), target, rest))
        raise DiskError(f"open {path}: too many levels of symbolic links", path=path)

    def _first_link(self, name: str) -> str:
        """The first link among `name` and what is above it, "" for none."""
        ways = [name]
        while ways[-1] not in self._without_links:
            ways.append(posixpath.dirname(ways[-1]))
        for way in reversed(ways[:-1]):
            if self.kind_of(way) == "link":
                return way
            if way != name:
                self._without_links.add(way)
        return ""

    def _inside(self, path: str) -> str | None:
        """The name in the tree, None for a path that lies elsewhere."""
        if path == self.mount:
            return ""
        root = self.mount.rstrip("/") + "/"
        if not path.startswith(root) or any(has_file_prefix(path, each) for each in self.apart):
            return None
        return path[len(root) :]

    def _kind(self, path: str) -> tuple[str, str | None]:
        place = self._place(path)
        name = self._inside(place)
        return place, None if name is None else self.kind_of(name)

    def read(self, path: str) -> bytes | None:
        """The bytes of a file, None when it does not exist.

        Raises:
            DiskError: it is not a file, or it could not be read.
        """
        place, kind = self._kind(path)
        if kind is None:
            return self.outside.read(place) if self.outside is not None else None
        if kind == "dir":
            raise DiskError(f"read {path}: is a directory", path=path)
        return self.content_of(self._inside(place) or "") if kind == "file" else None

    read_source = read

    def exists(self, path: str) -> bool:
        """Whether there is something at `path`; a link to nothing is not."""
        place, kind = self._kind(path)
        if kind is None:
            return self.outside is not None and self.outside.exists(place)
        return kind != ""

    def is_dir(self, path: str) -> bool:
        """Whether `path` is a directory, or a link to one."""
        place, kind = self._kind(path)
        if kind is None:
            return self.outside is not None and self.outside.is_dir(place)
        return kind == "dir"

    def is_file(self, path: str) -> bool:
        """Whether `path` is a regular file, or a link to one."""
        place, kind = self._kind(path)
        if kind is None:
            return self.outside is not None and self.outside.is_file(place)
        return kind == "file"

    is_file_on_disk = is_file

    def actual(self, path: str) -> str:
        """The file that is read for `path`: itself."""
        return path

    def stat_error(self, path: str) -> DiskError | None:
        """What a look behind `path` and its links fails with, None for nothing."""
        if self.exists(path):
            return None
        return DiskError(f"stat {path}: no such file or directory", path=path, inner=FileNotFoundError())

    def listdir(self, path: str) -> Sequence[tuple[str, str]]:
        """(name, kind) in byte order.

        Raises:
            DiskError: there is no such directory.
        """
        place, kind = self._kind(path)
        if kind is None and self.outside is not None:
            return self.outside.listdir(place)
        if kind != "dir":
            raise DiskError(f"open {path}: no such file or directory", path=path)
        return self.names_in(self._inside(place) or "")

    def is_fresh(self, path: str) -> bool:
        """What is kept was written before."""
        place, kind = self._kind(path)
        return kind is None and self.outside is not None and self.outside.is_fresh(place)

    def real_path(self, path: str) -> str:
        """`path` with all links followed."""
        place = self._place(path)
        inside = self._inside(place) is not None
        return place if inside or self.outside is None else self.outside.real_path(place)

    def together(self) -> AbstractContextManager[None]:
        """Nothing is written, so there is nothing to wait for."""
        return nullcontext()

    def replace(self, path: str, before: bytes | None, after: bytes) -> None:
        """Refused: a tree of the past cannot be written."""
        self._refuse(path)

    def write(self, path: str, data: bytes) -> None:
        """Refused: a tree of the past cannot be written."""
        self._refuse(path)

    def copy(self, source: str, target: str) -> None:
        """Refused: a tree of the past cannot be written."""
        self._refuse(target)

    def remove_tree(self, path: str) -> None:
        """Refused: a tree of the past cannot be written."""
        self._refuse(path)

    def new_tree(self, target: str) -> str:
        """Refused: a tree of the past cannot be written."""
        self._refuse(target)

    def move_tree(self, source: str, target: str) -> None:
        """Refused: a tree of the past cannot be written."""
        self._refuse(target)

    def _refuse(self, path: str) -> NoReturn:
        raise DiskError(f"open {path}: read-only file system", path=path)
