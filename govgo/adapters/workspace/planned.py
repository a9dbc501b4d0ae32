# SPDX-License-Identifier: BSD-3-Clause
"""Files of main modules with writes that stay in memory (`ports.PlannedFiles`): what a command would change.

    files = PlannedWorkspace(disk)        a command that works on `files` reads what it has written itself,
    files.changes()                       and the disk stays as it is

A tree is planned by the names of its files. A file that is copied into one is not read until somebody asks for it.
"""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from govgo.core.walk import preorder
from govgo.errors import ConflictError, DiskError
from govgo.ports.files import PlannedChange

if TYPE_CHECKING:
    from govgo.ports.files import Workspace


class PlannedWorkspace:
    """The files below, with what was written, copied and removed here."""

    def __init__(self, below: Workspace) -> None:
        """Nothing is planned yet.

        Args:
            below: the files that are read where nothing is planned. Nothing is written to them.
        """
        self._below = below
        self._data: dict[str, bytes] = {}
        self._copies: dict[str, str] = {}
        self._made: set[str] = set()  # directories
        self._gone: set[str] = set()  # trees of the files below that are not there any more
        self._trees = 0

    def changes(self) -> tuple[PlannedChange, ...]:
        """Every file whose content would be another one, by path."""
        found: list[PlannedChange] = []
        paths = self._data.keys() | self._copies.keys()
        for tree in self._gone:
            paths |= set(_files(self._below, tree))
        for path in sorted(paths):
            before, after = self._below.read(path), self.read(path)
            if before != after:
                found.append(PlannedChange(path, before, after))
        return tuple(found)

    def read(self, path: str) -> bytes | None:
        """The bytes of a file, None when it does not exist.

        Raises:
            DiskError: it could not be read.
        """
        clean = posixpath.normpath(path)
        if clean in self._data:
            return self._data[clean]
        if clean in self._copies:
            return self._below.read_source(self._copies[clean])
        if self._is_made(clean):
            raise DiskError(f"read {path}: is a directory", path=path)
        return None if self._is_gone(clean) else self._below.read(path)

    def read_source(self, path: str) -> bytes | None:
        """The same for a source file."""
        clean = posixpath.normpath(path)
        return self._below.read_source(path) if not self._is_planned(clean) else self.read(path)

    def replace(self, path: str, before: bytes | None, after: bytes) -> None:
        """Plan to write `after`.

        Raises:
            ConflictError: the file does not hold `before`.
        """
        found = self.read(path)
        if found != after and (found or b"") != (before or b""):
            raise ConflictError("existing contents have changed since last read")
        self.write(path, after)

    def write(self, path: str, data: bytes) -> None:
        """Plan to create or replace a file."""
        clean = posixpath.normpath(path)
        self._make(posixpath.dirname(clean))
        self._copies.pop(clean, None)
        self._data[clean] = data

    def together(self) -> AbstractContextManager[None]:
        """Nothing is written, so nothing has to wait."""
        return nullcontext()

    def exists(self, path: str) -> bool:
        """Whether there is something at `path`."""
        clean = posixpath.normpath(path)
        return self._is_file(clean) or self._is_made(clean) or (not self._is_gone(clean) and self._below.exists(path))

    def is_dir(self, path: str) -> bool:
        """Whether `path` is a directory."""
        clean = posixpath.normpath(path)
        if self._is_file(clean):
            return False
        return self._is_made(clean) or (not self._is_gone(clean) and self._below.is_dir(path))

    def is_file(self, path: str) -> bool:
        """Whether `path` is a regular file."""
        clean = posixpath.normpath(path)
        return self._is_file(clean) or (not self._is_gone(clean) and self._below.is_file(path))

    def is_file_on_disk(self, path: str) -> bool:
        """The same, whatever an overlay says."""
        clean = posixpath.normpath(path)
        return self._is_file(clean) or (not self._is_gone(clean) and self._below.is_file_on_disk(path))

    def actual(self, path: str) -> str:
        """The file on the disk that is read for `path` unless another content is planned."""
        return self._below.actual(path)

    def stat_error(self, path: str) -> DiskError | None:
        """What a look behind `path` and its links fails with, None for nothing."""
        return None if self.exists(path) else self._below.stat_error(path)

    def listdir(self, path: str) -> Sequence[tuple[str, str]]:
        """(name, kind) in byte order.

        Raises:
            DiskError: the directory could not be read.
        """
        clean = posixpath.normpath(path)
        base = clean.rstrip("/") + "/"
        found: dict[str, str] = {}
        if not self._is_gone(clean) and (self._below.is_dir(path) or not self._is_made(clean)):
            found = {name: kind for name, kind in self._below.listdir(path) if not self._is_gone(base + name)}
        elif not self._is_made(clean):
            raise DiskError(f"open {path}: no such file or directory", path=path)
        for each in (*self._data, *self._copies, *self._made):
            if each.startswith(base):
                name, slash, _ = each[len(base) :].partition("/")
                found[name] = "dir" if slash or each in self._made else "file"
        return sorted(found.items(), key=lambda item: item[0].encode("utf-8", "surrogateescape"))

    def is_fresh(self, path: str) -> bool:
        """As in the directory, if no file is planned to be there."""
        base = posixpath.normpath(path).rstrip("/") + "/"
        return any(each.startswith(base) for each in (*self._data, *self._copies)) or self._below.is_fresh(path)

    def copy(self, source: str, target: str) -> None:
        """Plan to copy one regular file."""
        clean = posixpath.normpath(target)
        self._make(posixpath.dirname(clean))
        planned = self._data.get(posixpath.normpath(source))
        if planned is None:
            self._data.pop(clean, None)
            self._copies[clean] = self._copies.get(posixpath.normpath(source), source)
        else:
            self.write(target, planned)

    def remove_tree(self, path: str) -> None:
        """Plan to remove a file or a tree."""
        clean = posixpath.normpath(path)
        self._forget(clean)
        self._gone.add(clean)

    def new_tree(self, target: str) -> str:
        """A new directory beside `target`, which is on no disk."""
        parent, name = posixpath.split(posixpath.normpath(target))
        self._trees += 1
        made = posixpath.join(parent, f".{name}-planned-{self._trees}")
        self._gone.add(made)
        self._made.add(made)
        return made

    def move_tree(self, source: str, target: str) -> None:
        """Plan to put the tree `source`, which was planned, in the place of `target`."""
        old, new = posixpath.normpath(source), posixpath.normpath(target)
        self.remove_tree(new)
        for files in (self._data, self._copies):
            for path in [path for path in files if path.startswith(f"{old}/")]:
                files[new + path[len(old) :]] = files.pop(path)  # type: ignore[assignment]  # one of either kind
        moved = {path for path in self._made if f"{path}/".startswith(f"{old}/")}
        self._made -= moved
        self._made |= {new + path[len(old) :] for path in moved}
        self._make(posixpath.dirname(new))

    def real_path(self, path: str) -> str:
        """`path` with all links followed."""
        return self._below.real_path(path)

    def _is_file(self, path: str) -> bool:
        return path in self._data or path in self._copies

    def _is_made(self, path: str) -> bool:
        return path in self._made

    def _is_gone(self, path: str) -> bool:
        """Whether the files below do not count at `path`: it was removed, or something above it was."""
        return any(path == tree or path.startswith(f"{tree}/") for tree in self._gone)

    def _is_planned(self, path: str) -> bool:
        return self._is_file(path) or self._is_made(path) or self._is_gone(path)

    def _make(self, directory: str) -> None:
        """Plan the directories down to `directory` that are not there."""
        while directory not in ("/", "") and not self.is_dir(directory):
            self._made.add(directory)
            directory = posixpath.dirname(directory)

    def _forget(self, path: str) -> None:
        """Drop what is planned at `path` and below."""
        below = f"{path}/"
        for files in (self._data, self._copies):
            for each in [each for each in files if each == path or each.startswith(below)]:
                del files[each]
        self._made -= {each for each in self._made if each == path or each.startswith(below)}


def _files(files: Workspace, path: str) -> list[str]:
    """The regular files at and below `path`; links and the like are passed over."""

    def below(entry: tuple[str, str]) -> list[tuple[str, str]]:
        place, kind = entry
        return [(posixpath.join(place, name), inner) for name, inner in files.listdir(place)] if kind == "dir" else []

    kind = "file" if files.is_file(path) else "dir" if files.is_dir(path) else ""
    return [place for place, kind in preorder((path, kind), below) if kind == "file"]
