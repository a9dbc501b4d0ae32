# SPDX-License-Identifier: BSD-3-Clause
"""Module zips made from lists of files (x/mod/zip.Create), for modules that come from version control."""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO

from govgo.adapters.disk.diskerror import disk_error
from govgo.core.golib.quote import quote
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.modzip import rules as modzip
from govgo.core.modzip.rules import Kind, ListedFile
from govgo.errors import BadZipError, InputError

_PIECE = 1 << 17


def create_zip(
    target: BinaryIO, mv: ModuleVersion, files: Sequence[ListedFile], open_file: Callable[[str], BinaryIO]
) -> None:
    """Write the module zip of `mv` to `target`, from those of `files` that belong in it.

    Raises:
        BadZipError: the files make no valid module zip, or one is longer than listed; the text begins with
            "create zip: ".
        DiskError: a file cannot be read.
    """
    try:
        modzip.check_module(mv)
        checked = modzip.check_files(files)
        checked.raise_for_fault()
        sizes = {file.path: file.size for file in files}
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in checked.valid:
                with open_file(path) as content:
                    _add(archive, modzip.zip_prefix(mv) + path, content, sizes[path])
    except (BadZipError, InputError) as error:
        issues = error.issues if isinstance(error, BadZipError) else ()
        raise BadZipError(f"create zip: {error}", issues=issues, inner=error) from error


def _add(archive: zipfile.ZipFile, name: str, content: BinaryIO, size: int) -> None:
    info = zipfile.ZipInfo(name)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.file_size = size
    path = name.partition("@")[2].partition("/")[2]
    with archive.open(info, "w") as out:
        for piece in pieces_of(content, path):
            size -= len(piece)
            if size < 0:
                raise BadZipError(f"file {quote(path)} is larger than declared size")
            out.write(piece)


def pieces_of(content: BinaryIO, path: str = "") -> Iterator[bytes]:
    """The bytes of a file; `path` is its name where it knows none.  Raises DiskError."""
    try:
        while piece := content.read(_PIECE):
            yield piece
    except OSError as error:
        name = getattr(content, "name", path)
        raise disk_error("read", name if isinstance(name, str) else path, error) from error


def kind_of(mode: int) -> Kind:
    """The kind of file that st_mode tells."""
    if stat.S_ISREG(mode):
        return "file"
    if stat.S_ISDIR(mode):
        return "dir"
    return "link" if stat.S_ISLNK(mode) else "other"
