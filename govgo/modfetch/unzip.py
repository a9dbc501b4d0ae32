# SPDX-License-Identifier: BSD-3-Clause
"""Extraction of module zips, and the removal of extracted trees.

A tree is written below a temporary name beside its place, every file new and every directory made here, so that no
planted link is followed; it appears by one rename, with its directories read-only already.
"""

from __future__ import annotations

import os
import random
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from govgo.core.module import ModuleVersion
from govgo.core.modzip import zip_prefix
from govgo.core.zipformat import Entry
from govgo.errors import BadZipError, DiskError, InputError
from govgo.modfetch.diskerror import disk_error
from govgo.modfetch.hashzip import check_archive
from govgo.modfetch.lockfile import write_all
from govgo.modfetch.zipread import Archive, Rules, open_archive

TEMP_MARK = ".tmp-"
"""Stands between the name of a tree and a number; go removes such trees too before it extracts."""
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE_MODE, _DIR_MODE, _WRITE_BITS = 0o444, 0o777, 0o222


def unzip(directory: str, mv: ModuleVersion, zip_path: str, *, rules: Rules = Rules.GO) -> list[str]:
    """Extract the zip of `mv` to `directory`, which must not exist or be empty (x/mod/zip.Unzip).

    Returns:
        The directories made or filled, parents before children, `directory` first.

    Raises:
        BadZipError: the zip breaks a rule, or none can be for `mv`; the text begins with "unzip <zip_path>: ".
        DiskError: something could not be read or written. Files may have been written before an error.
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
    """Make the directory `relative` below `directory` and those between that are not `made` yet."""
    missing: list[str] = []
    while relative and f"{directory}/{relative}" not in made:
        missing.append(f"{directory}/{relative}")
        relative = relative.rpartition("/")[0]
    for path in reversed(missing):
        try:
            os.mkdir(path, _DIR_MODE)
        except OSError as error:
            raise disk_error("mkdir", path, error) from error
        made[path] = None


def _write_entry(archive: Archive, entry: Entry, path: str) -> None:
    try:
        descriptor = os.open(path, _NEW_FILE, _FILE_MODE)
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


@contextmanager
def temporary_tree(directory: str) -> Iterator[str]:
    """A name beside `directory` for a tree in the making; whatever is still there at the end is removed."""
    name = f"{directory}{TEMP_MARK}{random.randrange(1_000_000_000)}"
    try:
        yield name
    finally:
        with suppress(DiskError):
            remove_tree(name)


def remove_stale(directory: str) -> None:
    """Remove what interrupted extractions of the same tree left; only its lock's holder may call this."""
    parent, _, base = directory.rpartition("/")
    with suppress(OSError), os.scandir(parent) as found:
        for item in found:
            if item.name.startswith(base + TEMP_MARK):
                with suppress(DiskError):
                    remove_tree(item.path)


def make_read_only(directories: list[str]) -> None:
    """Take the write permission from directories made together, children first; as far as that is possible."""
    with suppress(OSError):
        mode = stat.S_IMODE(os.stat(directories[0]).st_mode) & ~_WRITE_BITS
        for path in reversed(directories):
            os.chmod(path, mode)


def rename_tree(source: str, target: str) -> None:
    """Let the tree `source` appear at `target`, where nothing may be.

    Raises:
        DiskError: it could not be renamed.
    """
    try:
        os.rename(source, target)
    except OSError as error:
        raise disk_error("rename", target, error) from error


def make_dirs(path: str) -> None:
    """Make the directory `path` and those above it.

    Raises:
        DiskError: one of them could not be made, or is something else.
    """
    try:
        os.makedirs(path, _DIR_MODE, exist_ok=True)
    except OSError as error:
        raise disk_error("mkdir", error.filename or path, error) from error


def remove_tree(path: str) -> None:
    """Remove a tree, read-only directories too; a link is removed, not followed; nothing there is well.

    Raises:
        DiskError: something in it could not be removed.
    """
    try:
        if not stat.S_ISDIR(os.lstat(path).st_mode):
            os.unlink(path)
            return
        directories = [path]
        for directory in directories:  # grows as it is walked: parents before children
            os.chmod(directory, _DIR_MODE)
            with os.scandir(directory) as found:
                for item in found:
                    if item.is_dir(follow_symlinks=False):
                        directories.append(item.path)
                    else:
                        os.unlink(item.path)
        for directory in reversed(directories):
            os.rmdir(directory)
    except FileNotFoundError:
        return
    except OSError as error:
        raise disk_error("remove", error.filename or path, error) from error
