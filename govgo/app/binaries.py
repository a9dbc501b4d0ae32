# SPDX-License-Identifier: BSD-3-Clause
"""What Go binaries say of how they were built (`go version FILE…`): files, directories, and archives of both."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from govgo.core.gobinary.buildinfo import read_build_info
from govgo.core.gobinary.image import NotGoError, ReadAt, UnrecognizedError
from govgo.core.gobinary.modinfo import BuildInfo
from govgo.core.records import NamedTuple
from govgo.errors import DiskError, Failure, InputError
from govgo.ports.files import Executables

_UPX = b"UPX!"
_UPX_BYTES = 4096
"""The packer's mark is in the headers."""


class Binary(NamedTuple):
    """A Go binary; `file` names it, "ARCHIVE!NAME" where it is in an archive."""

    file: str
    info: BuildInfo


class NoBinary(NamedTuple):
    """A file without build information.

    Attributes:
        file: as it was named, or found below a directory.
        error: why, in go's words.
        is_named: it was an argument, not found below one.
        is_told: go says something of it.
        is_packed: the packer UPX has made it.
    """

    file: str
    error: Failure
    is_named: bool = True
    is_told: bool = True
    is_packed: bool = False


def read_binaries(files: Executables, args: Sequence[str], *, verbose: bool = False) -> Iterator[Binary | NoBinary]:
    """The build information of each file, in the order named; below a directory only of what is a Go binary.

    Args:
        files: the files.
        args: files, directories, and zip and tar archives.
        verbose: tell of files below directories, too, that look like executables and are not Go binaries.
    """
    for arg in args:
        try:
            kind = files.kind(arg)
        except DiskError as error:
            yield NoBinary(arg, error)
            continue
        if kind == "dir":
            for file in files.below(arg):
                found = _read_below(files, file)
                if isinstance(found, Binary) or verbose:
                    yield found
            continue
        if kind != "file":  # a device or pipe, which go would read, or wait for
            yield NoBinary(arg, UnrecognizedError(), is_told=False)
            continue
        found = _read(files, arg)
        packed = files.packed(arg) if isinstance(found, NoBinary) else None
        if packed is None:
            yield found
        else:
            yield from _read_archive(arg, packed)


def _read_below(files: Executables, file: str) -> Binary | NoBinary:
    """A file, or a link to one; go says "symlink" of a link that leads to none."""
    try:
        is_file = files.kind(file) == "file"
    except DiskError:
        is_file = False
    found = _read(files, file) if is_file else NoBinary(file, InputError("symlink"))
    return found._replace(is_named=False) if isinstance(found, NoBinary) else found


def _read(files: Executables, file: str) -> Binary | NoBinary:
    """A regular file."""
    try:
        with files.reading(file) as read:
            return _read_one(file, read, lambda: files.is_candidate(file))
    except DiskError as error:
        return NoBinary(file, error)


def _read_one(file: str, read: ReadAt, may_be: Callable[[], bool]) -> Binary | NoBinary:
    try:
        return Binary(file, read_build_info(read))
    except InputError as error:
        is_packed = isinstance(error, NotGoError | UnrecognizedError) and _UPX in read(0, _UPX_BYTES)
        told = InputError(f"could not read Go build info from {file}: {error}")
        return NoBinary(file, told, is_told=may_be(), is_packed=is_packed)


def _read_archive(archive: str, packed: Iterator[tuple[str, ReadAt]]) -> Iterator[Binary | NoBinary]:
    is_any = False
    try:
        for name, read in packed:
            found = _read_one(f"{archive}!{name}", read, lambda: True)
            is_any = is_any or isinstance(found, Binary)
            yield found._replace(is_named=False) if isinstance(found, NoBinary) else found
    except InputError as error:
        yield NoBinary(archive, error)
        return
    if not is_any:
        yield NoBinary(archive, InputError("no Go binary in the archive"))
