# SPDX-License-Identifier: BSD-3-Clause
"""A directory whose owner is not trusted, as a tree that nothing leads out of (`ports.Workspace`).

A checkout of somebody else's may hold a link to any file of this machine, a pipe that is never written to, or a file
without end. So only regular files are read, up to a size; links are followed inside the directory alone; a pipe in the
place of a file is not waited for. Nothing is written.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from typing import NoReturn

from govgo.adapters.disk.diskerror import disk_error
from govgo.adapters.workspace.tree import TreeFiles
from govgo.errors import DiskError

_MOST_BYTES = 64 << 20
"""Of one file; a go.mod has at most 16 MiB, and no source file of Go comes near."""
_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


class DirectoryFiles(TreeFiles):
    """The tree in a directory. Nothing lies outside. What has been looked at is remembered."""

    def __init__(self, directory: str, mount: str) -> None:
        """Nothing is read yet.

        Args:
            directory: the absolute directory.
            mount: where its root is seen, so that no text has a name of this machine in it.
        """
        super().__init__(mount, None)
        self._directory = os.path.realpath(directory)
        self._kinds: dict[str, str] = {}

    def kind_of(self, name: str) -> str:
        """The kind of an entry, "" for none."""
        known = self._kinds.get(name)
        if known is None:
            try:
                known = _kind(os.lstat(self._path(name)).st_mode)
            except (OSError, ValueError):  # ValueError: a NUL in a name
                known = ""
            self._kinds[name] = known
        return known

    def names_in(self, name: str) -> Sequence[tuple[str, str]]:
        """What is in a directory."""
        try:
            with os.scandir(self._path(name)) as entries:
                found = [(each.name, _kind(each.stat(follow_symlinks=False).st_mode)) for each in entries]
        except OSError as error:
            self._fail(name, error)
        return sorted(found, key=lambda each: os.fsencode(each[0]))

    def content_of(self, name: str) -> bytes:
        """The bytes of a regular file, or where a link leads.

        Raises:
            DiskError: it is something else, too large, or cannot be read.
        """
        path = self._path(name)
        try:
            if self.kind_of(name) == "link":
                return os.fsencode(os.readlink(path))
            with open(os.open(path, _READ), "rb") as file:
                facts = os.fstat(file.fileno())
                if not stat.S_ISREG(facts.st_mode):
                    raise DiskError(f"read {self.mount}/{name}: not a regular file", path=name)
                data = file.read(_MOST_BYTES + 1)
        except OSError as error:
            self._fail(name, error)
        if len(data) > _MOST_BYTES:
            raise DiskError(f"read {self.mount}/{name}: larger than {_MOST_BYTES} bytes", path=name)
        return data

    def _path(self, name: str) -> str:
        return os.path.join(self._directory, name) if name else self._directory

    def _fail(self, name: str, error: OSError) -> NoReturn:
        raise disk_error("open", f"{self.mount}/{name}".rstrip("/"), error) from error


def _kind(mode: int) -> str:
    if stat.S_ISREG(mode):
        return "file"
    return "dir" if stat.S_ISDIR(mode) else "link" if stat.S_ISLNK(mode) else "other"
