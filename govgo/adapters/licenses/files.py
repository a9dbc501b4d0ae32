# SPDX-License-Identifier: BSD-3-Clause
"""The legal texts of module zips, and of directories that replace modules."""

from __future__ import annotations

import os
from collections.abc import Iterable

from govgo.adapters.attribution import prefixed
from govgo.adapters.disk.diskerror import disk_error
from govgo.adapters.modzip.read import Rules, open_archive
from govgo.core.licenses.texts import MAX_TEXT_BYTES, MOST_TEXTS, LegalFile, LegalFiles, kind_of
from govgo.errors import BadZipError
from govgo.ports.files import Workspace

_MOST_DIRECTORIES = 20_000
"""Directories of a replacement that are looked into, so that a link to a home directory takes seconds, not hours."""


class LegalTexts:
    """See `ports.licenses.LegalReader`."""

    def in_zip(self, path: str, prefix: str) -> LegalFiles:
        """Those in a module zip, whose names begin with `prefix`.

        Raises:
            BadZipError, DiskError: it cannot be read.
        """
        try:
            return self._in_zip(path, len(prefix))
        except BadZipError as error:  # it does not name the zip
            raise prefixed(error, f"{prefix.removesuffix('/')}: ") from error

    def _in_zip(self, path: str, skip: int) -> LegalFiles:
        with open_archive(path, Rules.GO) as archive:
            found = {entry.name[skip:]: entry for entry in archive.entries if kind_of(entry.name[skip:])}
            files = []
            for name in _first(found):
                entry = found[name]
                small = entry.size <= MAX_TEXT_BYTES
                files.append(LegalFile(name, entry.size, b"".join(archive.contents(entry)) if small else None))
        return LegalFiles(tuple(files), max(0, len(found) - MOST_TEXTS))

    def in_directory(self, directory: str) -> LegalFiles:
        """Those below a directory; no link is followed, and directories with a go.mod are other modules.

        Raises:
            DiskError: it cannot be read.
        """
        found: dict[str, str] = {}
        queue = [""]
        try:
            for number, below in enumerate(queue):  # grows while it is walked
                if number >= _MOST_DIRECTORIES:
                    break
                queue += self._scan(directory, below, found)
            files = [self._file(name, found[name]) for name in _first(found)]
        except OSError as error:
            raise disk_error("read", error.filename or directory, error) from error
        return LegalFiles(tuple(files), max(0, len(found) - MOST_TEXTS))

    def _scan(self, top: str, below: str, found: dict[str, str]) -> list[str]:
        directories = []
        with os.scandir(os.path.join(top, below)) as entries:
            for entry in sorted(entries, key=lambda each: each.name):
                name = f"{below}/{entry.name}" if below else entry.name
                if entry.is_dir(follow_symlinks=False):
                    if kind_of(f"{name}/LICENSE") and not os.path.lexists(f"{entry.path}/go.mod"):
                        directories.append(name)
                elif entry.is_file(follow_symlinks=False) and kind_of(name):
                    found[name] = entry.path
        return directories

    def _file(self, name: str, path: str) -> LegalFile:
        with open(path, "rb") as file:
            data = file.read(MAX_TEXT_BYTES + 1)
            size = os.fstat(file.fileno()).st_size
        return LegalFile(name, size, data if len(data) <= MAX_TEXT_BYTES else None)


class TreeTexts(LegalTexts):
    """The same where directories are in a tree that is not on the disk, such as a commit."""

    def __init__(self, files: Workspace) -> None:
        """Nothing is read yet."""
        self._files = files

    def in_directory(self, directory: str) -> LegalFiles:
        """Those below a directory."""
        found: list[str] = []
        queue = [""]
        for number, below in enumerate(queue):  # grows while it is walked
            if number >= _MOST_DIRECTORIES:
                break
            for base, kind in self._files.listdir(f"{directory}/{below}".rstrip("/")):
                name = f"{below}/{base}" if below else base
                if kind == "file" and kind_of(name):
                    found.append(name)
                elif kind == "dir" and kind_of(f"{name}/LICENSE"):
                    queue += [] if self._files.exists(f"{directory}/{name}/go.mod") else [name]
        files = []
        for name in _first(found):
            data = self._files.read_source(f"{directory}/{name}") or b""
            files.append(LegalFile(name, len(data), data if len(data) <= MAX_TEXT_BYTES else None))
        return LegalFiles(tuple(files), max(0, len(found) - MOST_TEXTS))


def _first(names: Iterable[str]) -> list[str]:
    """The names that are looked at, those of the root directory before others."""
    return sorted(names, key=lambda name: (name.count("/"), name))[:MOST_TEXTS]
