# SPDX-License-Identifier: BSD-3-Clause
"""Extraction of module zips (x/mod/zip.Unzip).

Every file is created with O_EXCL and O_NOFOLLOW, and every directory below the target is made here: a link that
somebody has planted is never followed. Names have passed `check_archive` before, so none leads out of the tree.
"""

from __future__ import annotations

import os
from contextlib import suppress

from govgo.adapters.disk import modes
from govgo.adapters.disk.diskerror import disk_error
from govgo.adapters.disk.lockfile import write_all
from govgo.adapters.disk.trees import make_dirs
from govgo.adapters.modzip.hash import check_archive
from govgo.adapters.modzip.read import Archive, Rules, open_archive
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.modzip.rules import zip_prefix
from govgo.core.modzip.zipformat import Entry
from govgo.errors import BadZipError, DiskError, InputError

_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def unzip(directory: str, mv: ModuleVersion, zip_path: str, *, rules: Rules = Rules.GO) -> list[str]:
    """Extract the zip of `mv` to `directory`, which must not exist or be empty (x/mod/zip.Unzip).

    Returns:
        The directories made or filled, parents before children, `directory` first.

    Raises:
        BadZipError: the zip breaks a rule, or there can be none for `mv`; the text begins with "unzip <zip_path>: ".
        DiskError: something could not be read or written. An error may leave files behind.
    """
    with suppress(OSError):
        if os.listdir(directory):
            text = f"unzip {zip_path}: target directory {directory} exists and is not empty"
            raise DiskError(text, path=directory)
    try:
        with open_archive(zip_path, rules) as archive:
            check_archive(archive, mv, shown=zip_path)
            return _write_tree(archive, directory, zip_prefix(mv))
    except (BadZipError, InputError) as error:
        issues = error.issues if isinstance(error, BadZipError) else ()
        lead = f"unzip {zip_path}: "
        text = lead + str(error).removeprefix(lead)
        raise BadZipError(text, issues=issues, inner=error) from error


def _write_tree(archive: Archive, directory: str, prefix: str) -> list[str]:
    make_dirs(directory)
    made = {directory: None}
    for entry in archive.entries:
        name = entry.name[len(prefix) :]
        if name == "" or entry.is_dir:
            continue
        head, _, _ = name.rpartition("/")
        if head:
            _make_below(directory, head, made)
        _write_entry(archive, entry, f"{directory}/{name}")
    return list(made)


def _make_below(directory: str, relative: str, made: dict[str, None]) -> None:
    """Make the directory `relative` below `directory`, and those between the two that are not `made` yet."""
    missing: list[str] = []
    while relative and f"{directory}/{relative}" not in made:
        missing.append(f"{directory}/{relative}")
        relative = relative.rpartition("/")[0]
    for path in reversed(missing):
        try:
            os.mkdir(path, modes.DIRECTORY)
        except OSError as error:
            raise disk_error("mkdir", path, error) from error
        made[path] = None


def _write_entry(archive: Archive, entry: Entry, path: str) -> None:
    try:
        descriptor = os.open(path, _NEW_FILE, modes.TREE_FILE)
    except OSError as error:
        raise disk_error("open", path, error) from error
    try:
        for piece in archive.contents(entry):
            try:
                write_all(descriptor, piece)
            except OSError as error:
                raise disk_error("write", path, error) from error
    finally:
        os.close(descriptor)
