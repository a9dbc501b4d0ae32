# SPDX-License-Identifier: BSD-3-Clause
"""Extraction of module zips (x/mod/zip.Unzip).

Every file is created with O_EXCL and O_NOFOLLOW, and every directory below the target is made here: a link that
somebody has planted is never followed. Names have passed `check_archive` before, so none leads out of the tree.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress

from govgo.adapters.disk import modes
from govgo.adapters.disk.diskerror import disk_error
from govgo.adapters.disk.lockfile import write_all
from govgo.adapters.disk.trees import make_dirs
from govgo.adapters.modzip.hash import check_and_hash_zip, check_archive
from govgo.adapters.modzip.read import Rules, open_archive
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.modzip.rules import zip_prefix
from govgo.core.modzip.zipformat import Entry
from govgo.errors import BadZipError, DiskError, InputError
from govgo.ports.reporter import Cancelled

_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def unzip(
    directory: str,
    mv: ModuleVersion,
    zip_path: str,
    *,
    rules: Rules = Rules.GO,
    is_stopped: Callable[[], bool] = bool,
) -> list[str]:
    """Extract the zip of `mv` to `directory`, which must not exist or be empty (x/mod/zip.Unzip).

    Returns:
        The directories made or filled, parents before children, `directory` first.

    Raises:
        BadZipError: the zip breaks a rule, or there can be none for `mv`; the text begins with "unzip <zip_path>: ".
        DiskError: something could not be read or written; the text begins in the same way. An error may leave files
            behind.
        Cancelled: `is_stopped` answered True, which is asked before each file.
    """
    lead = f"unzip {zip_path}: "
    with suppress(OSError):
        if os.listdir(directory):
            text = f"{lead}target directory {directory} exists and is not empty"
            raise DiskError(text, path=directory)
    try:
        with open_archive(zip_path, rules) as archive:
            check_archive(archive, mv, shown=zip_path)
            tree = _Tree(directory, zip_prefix(mv), is_stopped)
            tree.begin([])
            for entry in archive.entries:
                if tree.takes(entry):  # of others, not even the contents are looked at
                    for _ in tree.follow(entry, archive.contents(entry)):
                        pass
            return list(tree.made)
    except (BadZipError, InputError) as error:
        issues = error.issues if isinstance(error, BadZipError) else ()
        text = lead + str(error).removeprefix(lead)
        raise BadZipError(text, issues=issues, inner=error) from error
    except DiskError as error:
        raise DiskError(lead + str(error), path=error.path, inner=error.inner, hint=error.hint) from error


def check_hash_and_unzip(
    path: str,
    directory: str,
    mv: ModuleVersion,
    *,
    shown: str,
    gomod: bytes | None = None,
    is_stopped: Callable[[], bool] = bool,
) -> tuple[str, list[str]]:
    """`hash.check_and_hash_zip` and `unzip` in one pass over the contents, which are inflated once.

    The hash is not compared with anything yet, so `directory` must be a temporary one.

    Returns:
        The h1: of the zip, and the directories made, parents before children, `directory` first.

    Raises:
        BadZipError, InvalidPathError, InvalidVersionError: as `hash.check_and_hash_zip`.
        DiskError: something could not be read or written. An error may leave files behind.
        Cancelled: as `unzip`.
    """
    tree = _Tree(directory, zip_prefix(mv), is_stopped)
    h1 = check_and_hash_zip(path, mv, shown=shown, gomod=gomod, follower=tree)
    return h1, list(tree.made)


class _Tree:
    """The tree that is extracted to a directory.

    Attributes:
        made: the directories made so far, in order.
    """

    def __init__(self, directory: str, prefix: str, is_stopped: Callable[[], bool]) -> None:
        self._directory = directory
        self._prefix = prefix
        self._is_stopped = is_stopped
        self.made: dict[str, None] = {}

    def begin(self, names: list[str]) -> None:
        """Make the directory."""
        make_dirs(self._directory)
        self.made[self._directory] = None

    def takes(self, entry: Entry) -> bool:
        """Whether an entry becomes a file; directories are made when a file is in them."""
        return entry.name != self._prefix and not entry.is_dir

    def follow(self, entry: Entry, pieces: Iterable[bytes]) -> Iterable[bytes]:
        """The pieces of an entry, which are written to its file; for one at a time, before this returns."""
        if self._is_stopped():
            raise Cancelled
        if not self.takes(entry):
            return pieces
        name = entry.name[len(self._prefix) :]
        head, _, _ = name.rpartition("/")
        if head:
            self._make(head)
        writing = self._write(f"{self._directory}/{name}", pieces)
        return tuple(writing) if isinstance(pieces, tuple) else writing

    def _make(self, relative: str) -> None:
        """Make the directory `relative`, and those above it that are not made yet."""
        missing: list[str] = []
        while relative and (path := f"{self._directory}/{relative}") not in self.made:
            missing.append(path)
            relative = relative.rpartition("/")[0]
        for path in reversed(missing):
            try:
                os.mkdir(path, modes.DIRECTORY)
            except OSError as error:
                raise disk_error("mkdir", path, error) from error
            self.made[path] = None

    def _write(self, path: str, pieces: Iterable[bytes]) -> Iterator[bytes]:
        try:
            descriptor = os.open(path, _NEW_FILE, modes.TREE_FILE)
        except OSError as error:
            raise disk_error("open", path, error) from error
        try:
            for piece in pieces:
                try:
                    write_all(descriptor, piece)
                except OSError as error:
                    raise disk_error("write", path, error) from error
                yield piece
        finally:
            os.close(descriptor)
