# SPDX-License-Identifier: BSD-3-Clause
"""The files of an archive (`ports.Workspace`): a zip, or a tar that may be compressed, of the sources of a project.

Most archives hold one directory (`git archive --prefix`, downloads from code hosts, module zips); its content is the
tree. Files that decide about modules are read at once; an archive may be too large to be kept, or be read twice.
"""

from __future__ import annotations

import io
import posixpath
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import takewhile
from typing import IO

from govgo.adapters.disk.archives import TAR_SUFFIXES, archive_errors, open_tar
from govgo.adapters.disk.diskerror import disk_error
from govgo.adapters.workspace.tree import TreeFiles
from govgo.core.modzip.bounds import MAX_GO_MOD
from govgo.errors import DiskError, UsageError

SUFFIXES = (".zip", *TAR_SUFFIXES)
"""How the names of archives end."""

_KEPT = frozenset({"go.mod", "go.sum", "go.work", "go.work.sum", "modules.txt"})
_MOST_ENTRIES = 1_000_000
_MOST_BYTES = 8 << 30
"""Bytes of content that an archive may declare: more than any checkout, and a bound for what is inflated."""
_MOST_BYTES_KEPT = 256 << 20
"""Bytes of all files that are kept: twice the sources of the largest Go projects."""
_LONGEST_NAME = 4096
"""As PATH_MAX of Linux: what is longer cannot be unpacked."""
_MOST_BYTES_OF_NAMES = 128 << 20
"""Of the names of all directories: the largest Go projects take a hundredth of it."""


_Entry = tuple[str, str, int, Callable[[], IO[bytes]]]
"""Name as recorded, kind, declared size, and how to open its content."""


class ArchiveFiles(TreeFiles):
    """The tree in an archive. Nothing lies outside."""

    def __init__(self, file: str, mount: str, keeps: Callable[[str], bool] = lambda name: False) -> None:
        """Read the archive.

        Args:
            file: the archive.
            mount: where its root is seen.
            keeps: which files are kept beside those that decide about modules, by their names in the archive.

        Raises:
            UsageError: it is not an archive, damaged, or larger than any of sources.
            DiskError: it could not be read.
        """
        super().__init__(mount, None)
        self._contents: dict[str, bytes] = {}
        self._kinds: dict[str, str] = {}
        try:
            with archive_errors(lambda words: UsageError(f"{file}: cannot be read as an archive: {words}")):
                for name, kind, content in _entries(file, keeps):
                    self._kinds[name] = kind
                    if content is not None:
                        self._contents[name] = content
        except OSError as error:
            raise disk_error("read", file, error) from error
        self._strip()
        self._names: dict[str, dict[str, str]] = {"": {}}
        size = 0
        for name, kind in self._kinds.items():
            is_new = True
            while name and is_new:
                parent, base = posixpath.split(name)
                is_new = parent not in self._names
                self._names.setdefault(parent, {})[base] = "dir" if name in self._names else kind
                size += len(parent) if is_new else 0
                if size > _MOST_BYTES_OF_NAMES:
                    raise UsageError(f"{file}: its directories are too many and too deep")
                name, kind = parent, "dir"

    def _strip(self) -> None:
        """Take away the directories that all files lie in."""
        files = [name for name, kind in self._kinds.items() if kind != "dir"]
        if not files:
            return
        low, high = _above(min(files, key=_above)), _above(max(files, key=_above))
        common = [one for one, _ in takewhile(lambda pair: pair[0] == pair[1], zip(low, high, strict=False))]
        prefix = "".join(f"{part}/" for part in common)
        if not prefix or (f"{prefix}go.mod" not in self._kinds and f"{prefix}go.work" not in self._kinds):
            prefix = f"{common[0]}/" if common else ""
        cut = len(prefix)
        self._kinds = {name[cut:]: kind for name, kind in self._kinds.items() if name.startswith(prefix)}
        self._contents = {name[cut:]: data for name, data in self._contents.items() if name.startswith(prefix)}

    def kind_of(self, name: str) -> str:
        """The kind of an entry, "" for none."""
        return "dir" if name in self._names else self._kinds.get(name, "")

    def names_in(self, name: str) -> Sequence[tuple[str, str]]:
        """What is in a directory."""
        return sorted(self._names[name].items())

    def content_of(self, name: str) -> bytes:
        """The bytes of a file that decides about modules.

        Raises:
            DiskError: it is another file, which was not kept.
        """
        if name not in self._contents:
            raise DiskError(f"read {name}: only the files of modules are read from archives", path=name)
        return self._contents[name]


def _above(name: str) -> list[str]:
    """The names of the directories that a file lies in."""
    return name.split("/")[:-1]


def _entries(file: str, keeps: Callable[[str], bool]) -> Iterator[tuple[str, str, bytes | None]]:
    """(clean name, kind, content where it is kept) of each entry that lies inside the archive's own root."""
    names = bytes_declared = bytes_kept = 0
    for raw, kind, size, content in _zip_entries(file) if _is_zip(file) else _tar_entries(file):
        names, bytes_declared = names + 1, bytes_declared + size
        if names > _MOST_ENTRIES or bytes_declared > _MOST_BYTES or len(raw) > _LONGEST_NAME:
            raise UsageError(f"{file}: too large for an archive of sources")
        name = posixpath.normpath(raw)
        if name.startswith(("/", "../")) or name in (".", ".."):
            continue
        keep = kind == "link" or (kind == "file" and (posixpath.basename(name) in _KEPT or keeps(name)))
        data = None
        if keep:
            with content() as stream:
                data = stream.read(MAX_GO_MOD + 1)
            if len(data) > MAX_GO_MOD:
                raise UsageError(f"{file}: {name} is too large (limit is {MAX_GO_MOD} bytes)")
            bytes_kept += len(data)
            if bytes_kept > _MOST_BYTES_KEPT:
                raise UsageError(f"{file}: its files are too large to be kept (limit is {_MOST_BYTES_KEPT} bytes)")
        yield name, kind, data


def _is_zip(file: str) -> bool:
    """Whether to read a file as a zip: also one without the directory at its end, which is an error then."""
    return file.endswith(".zip") or zipfile.is_zipfile(file)


def _zip_entries(file: str) -> Iterator[_Entry]:
    with zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            mode = info.external_attr >> 16
            kind = "dir" if info.is_dir() else "link" if stat.S_ISLNK(mode) else "file"
            yield info.filename, kind, info.file_size, partial(archive.open, info)


def _tar_entries(file: str) -> Iterator[_Entry]:
    with open_tar(file, "r:*") as archive:
        for info in archive:
            kind = "file" if info.isreg() else "dir" if info.isdir() else "link" if info.issym() else "other"
            if kind == "link":
                target = info.linkname.encode("utf-8", "surrogateescape")
                yield info.name, kind, 0, partial(io.BytesIO, target)
            else:
                yield info.name, kind, info.size, partial(_opened, archive, info)


def _opened(archive: tarfile.TarFile, info: tarfile.TarInfo) -> IO[bytes]:
    stream = archive.extractfile(info)
    assert stream is not None, "a regular file has content"
    return stream
