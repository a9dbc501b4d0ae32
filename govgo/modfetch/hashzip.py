# SPDX-License-Identifier: BSD-3-Clause
"""The h1: hash of module zips and of extracted trees, and the judgement of a zip that wants into the cache."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator

from govgo.core import dirhash, modzip
from govgo.core.goquote import quote
from govgo.core.module import ModuleVersion
from govgo.core.zipformat import Entry
from govgo.errors import BadZipError, DiskError
from govgo.modfetch.diskerror import disk_error
from govgo.modfetch.zipread import Archive, Rules, open_archive

_PIECE = 1 << 17


def hash_zip(path: str) -> str:
    """The h1: of a zip file, read as go reads it; faults are met in the order of the names.

    Raises:
        BadZipError: not a zip, or an entry that cannot be read whole.
        DiskError: the file could not be read.
    """
    with open_archive(path, Rules.GO) as archive:
        return hash_archive(archive)


def hash_archive(archive: Archive) -> str:
    """The h1: of an open archive; of entries that share a name, the last one counts for each."""
    last = {entry.name: entry for entry in archive.entries}
    names = sorted((entry.name for entry in archive.entries), key=dirhash.sort_key)
    return dirhash.h1(_digests(archive, names, last))


def _digests(archive: Archive, names: list[str], last: dict[str, Entry]) -> Iterator[tuple[str, bytes]]:
    for name in names:
        if "\n" in name:
            raise BadZipError("dirhash: filenames with newlines are not supported")
        content = hashlib.sha256()
        for piece in archive.contents(last[name]):
            content.update(piece)
        yield name, content.digest()


def check_and_hash_zip(path: str, mv: ModuleVersion, *, shown: str, gomod: bytes | None = None) -> str:
    """Judge a zip that was fetched for `mv` by every rule there is, and hash it: one pass over its contents.

    Args:
        path: the file.
        shown: its name in error texts (where it will lie in the cache).
        gomod: the go.mod that was served for `mv`; a different one in the zip is refused. Versions marked
            +incompatible are let off: their go.mod is made up, whatever their zip holds.

    Raises:
        BadZipError: the zip breaks a rule.
        InvalidPathError, InvalidVersionError: no zip can be for `mv`.
        DiskError: the file could not be read.
    """
    with open_archive(path, Rules.STRICT) as archive:
        prefix = modzip.zip_prefix(mv)
        for entry in archive.entries:
            if not entry.name.startswith(prefix):
                raise BadZipError(f"zip for {prefix[:-1]} has unexpected file {printable(entry.name)}")
        check_archive(archive, mv, shown=shown)
        if gomod is not None and not mv.version.endswith("+incompatible"):
            _check_gomod(archive, prefix, gomod, shown)
        return hash_archive(archive)


def check_archive(archive: Archive, mv: ModuleVersion, *, shown: str) -> None:
    """Check names, collisions and declared sizes of an archive for `mv` (x/mod/zip.CheckZip).

    Raises:
        BadZipError, InvalidPathError, InvalidVersionError: as `check_and_hash_zip`; the text names `shown`.
    """
    modzip.check_module(mv)
    found = checked_entries(archive, mv)
    if found.fault:
        issues = tuple((printable(path), printable(reason)) for path, reason in found.invalid)
        told = found.size_error or "\n".join(f"{path}: {reason}" for path, reason in issues)
        raise BadZipError(f"unzip {shown}: {told}", issues=issues)


def checked_entries(archive: Archive, mv: ModuleVersion) -> modzip.CheckedFiles:
    """The verdict on each entry of an archive for `mv`."""
    if archive.size > modzip.MAX_ZIP_FILE:
        limit = f"limit is {modzip.MAX_ZIP_FILE} bytes"
        return modzip.CheckedFiles(size_error=f"module zip file is too large ({archive.size} bytes; {limit})")
    return modzip.check_entries(mv, ((entry.name, entry.size) for entry in archive.entries))


def _check_gomod(archive: Archive, prefix: str, gomod: bytes, shown: str) -> None:
    for entry in archive.entries:
        if entry.name == prefix + "go.mod" and b"".join(archive.contents(entry)) != gomod:
            raise BadZipError(
                f"{shown}: go.mod in the zip differs from the go.mod file served for {prefix[:-1]}",
                issues=((entry.name, "differs from the .mod file"),),
            )


def printable(text: str) -> str:
    """`text` fit for a terminal: as it is, or quoted where it holds control or undecodable characters."""
    return text if text.isprintable() else quote(text)


def hash_tree(directory: str, prefix: str) -> str:
    """The h1: of the files below `directory`, as if they lay in a directory named `prefix` (dirhash.HashDir).

    Raises:
        DiskError: the tree could not be read, or `directory` is none.
        BadZipError: a name holds a newline.
    """
    digests = ((f"{prefix}/{name}", _file_digest(f"{directory}/{name}")) for name in tree_files(directory))
    return dirhash.h1(digests)


def tree_files(directory: str) -> list[str]:
    """Everything below `directory` that is no directory, by its path relative to it, in order; no link is followed."""
    try:
        if not stat.S_ISDIR(os.lstat(directory).st_mode):
            raise DiskError(f"{directory} is not a directory", path=directory)
    except OSError as error:
        raise disk_error("lstat", directory, error) from error
    files: list[str] = []
    pending = [""]
    while pending:
        below = pending.pop()
        try:
            with os.scandir(f"{directory}/{below}") as found:
                for item in found:
                    if item.is_dir(follow_symlinks=False):
                        pending.append(f"{below}{item.name}/")
                    else:
                        files.append(below + item.name)
        except OSError as error:
            raise disk_error("open", f"{directory}/{below}".rstrip("/"), error) from error
    return sorted(files, key=dirhash.sort_key)


def _file_digest(path: str) -> bytes:
    content = hashlib.sha256()
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise disk_error("open", path, error) from error
    try:
        while True:
            piece = os.read(descriptor, _PIECE)
            content.update(piece)
            if len(piece) < _PIECE:
                break
    except OSError as error:
        raise disk_error("read", path, error) from error
    finally:
        os.close(descriptor)
    return content.digest()
