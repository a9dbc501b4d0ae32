# SPDX-License-Identifier: BSD-3-Clause
"""Files of the main modules with some of them replaced (-overlay).

The flag names a file with a JSON object:

    {"Replace": {"go.mod": "/tmp/other.mod", "old.go": ""}}

PATH reads as what FILE holds, and as absent where FILE is "". Directories list the overlaid files as if these were in
them. Source of the rules: `go help build`, -overlay; cmd/go/internal/fsys.
"""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from govgo.adapters.workspace.workspace import DiskWorkspace
from govgo.core.golib.json import kind, unmarshal
from govgo.errors import DiskError, InputError, StaleError, UsageError


class OverlayWorkspace(DiskWorkspace):
    """A `DiskWorkspace` that reads through an overlay; files in the overlay cannot be written."""

    def __init__(self, disk: DiskWorkspace, file: str, cwd: str) -> None:
        """Read the overlay.

        Args:
            disk: the files below.
            file: path of the JSON file.
            cwd: what relative paths in it are relative to.

        Raises:
            UsageError: the file is missing or malformed.
            DiskError: it cannot be read.
        """
        super().__init__(disk.cache, disk.places)
        place = posixpath.join(cwd, file)
        try:
            data = super().read(place)
        except DiskError as error:
            raise DiskError(f"reading overlay: {str(error).replace(place, file, 1)}", path=place) from error
        if data is None:
            raise UsageError(f"reading overlay: open {file}: no such file or directory")
        self._files = _parse(data, cwd)
        # directory -> name in it -> "file", "dir", or "" for what is to be absent
        self._parents: dict[str, dict[str, str]] = {}
        for path, target in self._files.items():
            made = "file" if target else ""
            while path != "/":
                path, name = posixpath.split(path)
                self._parents.setdefault(path, {}).setdefault(name, made)
                made = "dir"
                if not target:
                    break  # an absent file makes no directories

    def _target(self, path: str) -> str | None:
        """The file that `path` reads as; "" where it is absent, None where the overlay says nothing of it."""
        target = self._files.get(path)
        while target is None and path not in ("/", ""):
            path = posixpath.dirname(path)
            if path in self._files:
                return ""  # below a file, or below what is absent
        return target

    def _is_made(self, path: str) -> bool:
        """Whether a file of the overlay makes `path` a directory, whatever is there."""
        return path not in self._files and any(self._parents.get(path, {}).values())

    def read(self, path: str) -> bytes | None:
        """The bytes of a file, None when it does not exist.

        Where the overlay makes a directory of a file, the file is read all the same: so go does with go.mod.
        """
        target = self.actual(path)
        return super().read(target) if target else None

    def read_source(self, path: str) -> bytes | None:
        """The bytes of a source file, None when it does not exist."""
        target = self.actual(path)
        return super().read_source(target) if target and not self._is_made(posixpath.normpath(path)) else None

    def replace(self, path: str, before: bytes | None, after: bytes) -> None:
        """Write `after` if the file still holds `before`."""
        self._refuse(path)
        super().replace(path, before, after)

    def write(self, path: str, data: bytes) -> None:
        """Create or replace a file."""
        self._refuse(path)
        super().write(path, data)

    def exists(self, path: str) -> bool:
        """Whether there is something at `path`."""
        clean = posixpath.normpath(path)
        target = self._target(clean)
        if target is None:
            return self._is_made(clean) or super().exists(path)
        return bool(target) and super().exists(target)

    def is_file(self, path: str) -> bool:
        """Whether `path` is a regular file."""
        clean = posixpath.normpath(path)
        target = self._target(clean)
        if target is None:
            return not self._is_made(clean) and super().is_file(path)
        return bool(target) and super().is_file(target)

    def actual(self, path: str) -> str:
        """The file that is read for `path`, "" where the overlay hides it."""
        target = self._target(posixpath.normpath(path))
        return path if target is None else target

    def stat_error(self, path: str) -> DiskError | None:
        """What a look behind `path` and its links fails with, None for nothing."""
        if self._is_made(posixpath.normpath(path)):
            return None
        target = self.actual(path)
        if target and target != path and super().is_dir(target):
            return DiskError(f"stat {path}: overlay maps to directory", path=path)
        return super().stat_error(target)

    def is_dir(self, path: str) -> bool:
        """Whether `path` is a directory."""
        clean = posixpath.normpath(path)
        if self._target(clean) is not None:
            return False
        return self._is_made(clean) or super().is_dir(path)

    def listdir(self, path: str) -> Sequence[tuple[str, str]]:
        """(name, kind) of the entries in byte order.

        Raises:
            DiskError: the directory could not be read, or a file of the overlay is a directory.
        """
        clean = posixpath.normpath(path)
        overlaid = self._parents.get(clean)
        if overlaid is None:
            return super().listdir(path)
        entries = dict(super().listdir(path)) if super().is_dir(path) else {}
        for name, made in overlaid.items():
            if made == "":
                entries.pop(name, None)
                continue
            entries[name] = made
            if made == "file":
                target = self._files[posixpath.join(clean, name)]
                if super().is_dir(target):
                    raise DiskError(f"read {path}: overlay maps child {name} to directory", path=path)
                if not super().exists(target):
                    entries[name] = "other"
        return tuple(sorted(entries.items(), key=lambda entry: entry[0].encode("utf-8", "surrogateescape")))

    def _refuse(self, path: str) -> None:
        if posixpath.normpath(path) in self._files:
            # go names the usual file, also where -modfile or go.work puts another one in its place.
            name = {".mod": "go.mod", ".sum": "go.sum"}.get(posixpath.splitext(path)[1], posixpath.basename(path))
            raise StaleError(f"updates to {name} needed, but {name} is part of the overlay specified with -overlay")


class OverlayNames(OverlayWorkspace):
    """Files that are looked for through an overlay, and then read and written where they lie: `go mod edit`."""

    def actual(self, path: str) -> str:
        """The file itself, which is to be changed."""
        return path

    def _refuse(self, path: str) -> None:
        """What lies there may be written."""


def _parse(data: bytes, cwd: str) -> dict[str, str]:
    """The overlay as absolute path -> absolute replacement, "" for a file that is to be absent."""
    try:
        pairs = _replaced(unmarshal(data))
    except InputError as error:
        raise UsageError(f"parsing overlay JSON: {error}") from None
    files: dict[str, str] = {}
    names: dict[str, str] = {}
    for path, target in sorted(pairs):
        if path == "":
            raise UsageError("empty string key in overlay map")
        absolute = posixpath.normpath(posixpath.join(cwd, path))
        if absolute in names:
            raise UsageError(f"duplicate paths {names[absolute]} and {path} in overlay map")
        names[absolute] = path
        files[absolute] = posixpath.normpath(posixpath.join(cwd, target)) if target else ""
    for path in sorted(files, key=_order):
        parent = posixpath.dirname(path)
        while files[path] and parent != "/":
            if files.get(parent):
                raise UsageError(f"inconsistent files {parent} and {path} in overlay map")
            parent = posixpath.dirname(parent)
    return files


def _order(path: str) -> str:
    """The key of Go's order of paths: a directory's entries stand right after it."""
    return path.replace("/", "\0")


def _replaced(value: object) -> list[tuple[str, str]]:
    """The pairs of "Replace".

    Raises:
        InputError: a value of another type, in the words of encoding/json.
    """
    if value is None:
        return []
    if not isinstance(value, dict):
        raise InputError(f"json: cannot unmarshal {kind(value)} into Go value of type fsys.overlayJSON")
    pairs: dict[str, str] = {}
    for name, replaced in value.items():
        if name.lower() != "replace" or replaced is None:
            continue
        if not isinstance(replaced, dict):
            what = f"{kind(replaced)} into Go struct field overlayJSON.Replace of type map[string]string"
            raise InputError(f"json: cannot unmarshal {what}")
        for path, target in replaced.items():
            if target is not None and not isinstance(target, str):
                what = f"{kind(target)} into Go struct field overlayJSON.Replace of type string"
                raise InputError(f"json: cannot unmarshal {what}")
            pairs[path] = target or ""
    return list(pairs.items())
