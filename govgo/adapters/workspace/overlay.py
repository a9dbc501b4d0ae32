# SPDX-License-Identifier: BSD-3-Clause
"""Files of the main modules with some of them replaced (-overlay).

The flag names a file with a JSON object:

    {"Replace": {"go.mod": "/tmp/other.mod", "old.go": ""}}

PATH reads as what FILE holds, and as absent where FILE is "". Directories list the overlaid files as if these were in
them. Source of the rules: `go help build`, -overlay; cmd/go/internal/fsys.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Sequence

from govgo.adapters.workspace.workspace import DiskWorkspace
from govgo.errors import StaleError, UsageError


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
        """
        super().__init__(disk.cache, disk.places)
        data = super().read(posixpath.join(cwd, file))
        if data is None:
            raise UsageError(f"reading overlay: open {file}: no such file or directory")
        self._files = _parse(file, data, cwd)
        # directory -> name in it -> "file", "dir", or "" for what is to be absent
        self._parents: dict[str, dict[str, str]] = {}
        for path, target in self._files.items():
            kind = "file" if target else ""
            while path != "/":
                path, name = posixpath.split(path)
                self._parents.setdefault(path, {}).setdefault(name, kind)
                kind = "dir"
                if not target:
                    break  # an absent file makes no directories

    def read(self, path: str) -> bytes | None:
        """The bytes of a file, None when it does not exist."""
        target = self._files.get(posixpath.normpath(path))
        if target is None:
            return super().read(path)
        return super().read(target) if target else None

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
        target = self._files.get(clean)
        if target is None:
            return (clean in self._parents and any(self._parents[clean].values())) or super().exists(path)
        return bool(target) and super().exists(target)

    def is_file(self, path: str) -> bool:
        """Whether `path` is a regular file."""
        target = self._files.get(posixpath.normpath(path))
        return super().is_file(path) if target is None else bool(target) and super().is_file(target)

    def is_dir(self, path: str) -> bool:
        """Whether `path` is a directory."""
        clean = posixpath.normpath(path)
        if clean in self._files:
            return False
        return any(self._parents.get(clean, {}).values()) or super().is_dir(path)

    def listdir(self, path: str) -> Sequence[tuple[str, str]]:
        """(name, kind) of the entries in byte order."""
        overlaid = self._parents.get(posixpath.normpath(path))
        if overlaid is None:
            return super().listdir(path)
        entries = dict(super().listdir(path)) if super().is_dir(path) else {}
        for name, kind in overlaid.items():
            if kind == "":
                entries.pop(name, None)
            elif kind == "file" or name not in entries:
                entries[name] = kind
        return tuple(sorted(entries.items(), key=lambda entry: entry[0].encode("utf-8", "surrogateescape")))

    def _refuse(self, path: str) -> None:
        if posixpath.normpath(path) in self._files:
            # go names the usual file, also where -modfile or go.work puts another one in its place.
            name = {".mod": "go.mod", ".sum": "go.sum"}.get(posixpath.splitext(path)[1], posixpath.basename(path))
            raise StaleError(f"updates to {name} needed, but {name} is part of the overlay specified with -overlay")


def _parse(file: str, data: bytes, cwd: str) -> dict[str, str]:
    """The overlay as absolute path -> absolute replacement, "" for a file that is to be absent."""
    try:
        replaced = json.loads(data).get("Replace") or {}
        pairs = [(str(path), str(target)) for path, target in replaced.items()]
    except (ValueError, AttributeError) as error:
        raise UsageError(f"parsing overlay JSON: {file}: {error}") from None
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
    return files
