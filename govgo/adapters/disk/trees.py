# SPDX-License-Identifier: BSD-3-Clause
"""Directories: made, removed, and put in their place.

A tree is made below a temporary name beside its place, and appears by one rename, with its directories read-only
already.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from govgo.adapters.disk import modes
from govgo.adapters.disk.atomic import random_number, write_file
from govgo.adapters.disk.diskerror import disk_error
from govgo.errors import DiskError

TEMP_MARK = ".tmp-"
"""Stands between the name of a tree and a number; go removes such trees too before it extracts."""


@contextmanager
def temporary_tree(directory: str) -> Iterator[str]:
    """A name beside `directory` for a tree in the making; whatever is still there at the end is removed."""
    name = f"{directory}{TEMP_MARK}{random_number()}"
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
    """Make new directories read-only, children first, as far as the system allows."""
    with suppress(OSError):
        mode = stat.S_IMODE(os.stat(directories[0]).st_mode) & ~modes.WRITE_BITS
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
    missing = [path]  # not by os.makedirs, which calls itself for each: strangers choose how many there are
    while (above := os.path.dirname(missing[-1])) and not os.path.exists(above):
        missing.append(above)
    try:
        while missing:
            try:
                os.mkdir(missing.pop(), modes.DIRECTORY)
            except FileExistsError:
                if not missing:
                    raise
    except OSError as error:
        if os.path.isdir(path):
            return
        at = error.filename or path
        if isinstance(error, FileExistsError | NotADirectoryError):
            while not os.path.lexists(at):
                at = os.path.dirname(at)
            if os.path.exists(at):  # else it is a link that leads nowhere
                error = NotADirectoryError(errno.ENOTDIR, "")  # as `os.MkdirAll` says it, of the file itself
        raise disk_error("mkdir", at, error) from error


class Writer:
    """Writes many files, each whole or not at all, below directories that it makes when they are first needed."""

    __slots__ = ("_made",)

    def __init__(self) -> None:
        self._made: set[str] = set()

    def write(self, path: str, data: bytes) -> None:
        """Create or replace a file (`atomic.write_file`).

        Raises:
            DiskError: it could not be written, or its directory not be made.
        """
        try:
            self._write(path, data)
        except DiskError as error:
            if not isinstance(error.inner, FileNotFoundError):
                raise
            self._made.clear()  # somebody has removed directories meanwhile
            self._write(path, data)

    def _write(self, path: str, data: bytes) -> None:
        parent = path.rpartition("/")[0]
        if parent not in self._made:
            make_dirs(parent)
            self._made.add(parent)
        write_file(path, data)


def remove_tree(path: str) -> None:
    """Remove a tree, read-only directories too; a link is removed, not followed; it is fine if nothing is there.

    So it is if others remove the same tree at the same time.

    Raises:
        DiskError: something in it could not be removed.
    """
    try:
        if not stat.S_ISDIR(os.lstat(path).st_mode):
            os.unlink(path)
            return
        directories = [path]
        for directory in directories:  # grows as it is walked: parents before children
            with suppress(FileNotFoundError):
                os.chmod(directory, modes.DIRECTORY)  # nothing can be removed from a read-only directory
                with os.scandir(directory) as found:
                    for item in found:
                        if item.is_dir(follow_symlinks=False):
                            directories.append(item.path)
                        else:
                            with suppress(FileNotFoundError):
                                os.unlink(item.path)
        for directory in reversed(directories):
            with suppress(FileNotFoundError):
                os.rmdir(directory)
    except FileNotFoundError:
        return
    except NotADirectoryError as error:
        raise no_directory(path, error) from error
    except OSError as error:
        raise disk_error("unlinkat", error.filename or path, error) from error


def no_directory(path: str, error: NotADirectoryError) -> DiskError:
    """What `os.RemoveAll` says where a file stands in the place of a directory above `path`: it opens the one above."""
    parent = os.path.dirname(path)
    return disk_error("unlinkat", path, error) if os.path.lexists(parent) else disk_error("open", parent, error)
