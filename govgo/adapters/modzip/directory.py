# SPDX-License-Identifier: BSD-3-Clause
"""Module zips of directories (x/mod/zip.CreateFromDir): the walk over the files.

What is refused and left out of a zip is decided by `core.modzip.rules`.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from typing import BinaryIO

from govgo.adapters.disk.diskerror import disk_error
from govgo.adapters.modzip.write import create_zip, pieces_of
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.modzip import rules as modzip
from govgo.core.modzip.rules import FileIssue, ListedFile
from govgo.errors import BadZipError, DiskError

VERSION_CONTROL = "directory is a version control repository"
NESTED_MODULE = "directory is in another module"

_VERSION_CONTROL_DIRS = frozenset({".bzr", ".git", ".hg", ".svn"})


def create_zip_from_dir(target: BinaryIO, mv: ModuleVersion, directory: str) -> None:
    """`create_zip` of the files below `directory`, without version control, nested modules and irregular files.

    Raises:
        BadZipError: as `create_zip`; the text names the directory.
        DiskError: the directory could not be read.
    """
    files, _ = list_files(directory)
    try:
        create_zip(target, mv, files, lambda path: _open(f"{directory}/{path}"))
    except BadZipError as error:
        text = str(error).removeprefix("create zip: ")
        raise BadZipError(f"create zip {directory}: {text}", issues=error.issues, inner=error.inner) from error


def list_files(directory: str) -> tuple[list[ListedFile], list[FileIssue]]:
    """The regular files below `directory` in order of their names, and what was left out; a directory as a whole.

    Raises:
        DiskError: something could not be read.
    """
    gomod = None
    with suppress(DiskError), _open(f"{directory}/go.mod") as file:
        gomod = b"".join(pieces_of(file))
    language = modzip.language_of(gomod) if gomod is not None else ""
    files: list[ListedFile] = []
    omitted: list[FileIssue] = []
    pending = [""]
    while pending:
        path = pending.pop()
        full = f"{directory}/{path}" if path else directory
        status = _lstat(full)
        if modzip.is_vendored(path, language):
            omitted.append(FileIssue(path, modzip.VENDORED))
        elif path and stat.S_ISDIR(status.st_mode):
            reason = _directory_omission(full)
            if reason:
                omitted.append(FileIssue(path, reason))
                continue
        elif path and not stat.S_ISREG(status.st_mode):
            omitted.append(FileIssue(path, modzip.NOT_REGULAR))
        elif path:
            files.append(ListedFile(path, status.st_size, data=gomod if path == "go.mod" else None))
        if stat.S_ISDIR(status.st_mode):
            names = _names(full)
            pending += [f"{path}/{name}" if path else name for name in reversed(names)]
    return files, omitted


def _directory_omission(path: str) -> str:
    if path.rpartition("/")[2] in _VERSION_CONTROL_DIRS:
        return VERSION_CONTROL
    with suppress(DiskError):
        if not stat.S_ISDIR(_lstat(f"{path}/go.mod").st_mode):
            return NESTED_MODULE
    return ""


def _names(path: str) -> list[str]:
    try:
        return sorted(os.listdir(path), key=os.fsencode)
    except OSError as error:
        raise disk_error("open", path, error) from error


def _lstat(path: str) -> os.stat_result:
    try:
        return os.lstat(path)
    except OSError as error:
        raise disk_error("lstat", path, error) from error


def _open(path: str) -> BinaryIO:
    try:
        return open(path, "rb")
    except OSError as error:
        raise disk_error("open", path, error) from error
