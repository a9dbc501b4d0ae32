# SPDX-License-Identifier: BSD-3-Clause
"""Executables in zip and tar archives, each unpacked to a temporary file while it is read."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from typing import IO

from govgo.adapters.disk.archives import TAR_SUFFIXES, archive_errors, open_tar
from govgo.adapters.disk.temporary import spool
from govgo.core.gobinary.image import ReadAt
from govgo.core.safetext import one_line
from govgo.errors import InputError

_Reader = Callable[[int, str], ReadAt]
"""Makes what reads an open file, from its descriptor and name."""

MAX_PACKED_BYTES = 1 << 30
"""An executable in an archive may be so large, and all that are read from one archive four times that."""
_MAX_FILES = 100_000
_STARTS = (b"\x7fELF", b"MZ", b"\xfe\xed\xfa", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe")
_CHUNK_BYTES = 1 << 20


def packed(path: str, reader: _Reader) -> Iterator[tuple[str, ReadAt]] | None:
    """See `ports.files.Executables`."""
    if zipfile.is_zipfile(path):
        return _sound(_executables(_zip_files(path), reader))
    try:
        with archive_errors(InputError):
            open_tar(path, "r:*").close()
    except (InputError, OSError):
        # How much of it is read to see what it is depends on Python's version: a name tells what it should be.
        if not path.lower().endswith(TAR_SUFFIXES):
            return None
    return _sound(_executables(_tar_files(path), reader))


def _sound(found: Iterator[tuple[str, ReadAt]]) -> Iterator[tuple[str, ReadAt]]:
    """`found`, with the errors of the libraries as ours."""
    try:
        with archive_errors(_damaged):
            yield from found
    except OSError as error:
        raise _damaged(str(error)) from error


def _damaged(words: str) -> InputError:
    return InputError(f"damaged archive: {one_line(words)}")


def _zip_files(path: str) -> Iterator[tuple[str, IO[bytes]]]:
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            if not entry.is_dir():
                with archive.open(entry) as file:
                    yield entry.filename, file


def _tar_files(path: str) -> Iterator[tuple[str, IO[bytes]]]:
    total = 0
    with open_tar(path, "r:*") as archive:
        for entry in archive:
            total += entry.size  # also what is passed over is inflated
            if total > 4 * MAX_PACKED_BYTES:
                raise InputError(f"more than {4 * MAX_PACKED_BYTES} bytes in the archive")
            if entry.isreg():
                file = archive.extractfile(entry)
                if file is not None:
                    yield entry.name, file


def _executables(files: Iterator[tuple[str, IO[bytes]]], reader: _Reader) -> Iterator[tuple[str, ReadAt]]:
    """Those that begin as an executable does, each unpacked to a temporary file without a name."""
    total = 0
    for number, (name, file) in enumerate(files):
        if number >= _MAX_FILES:
            raise InputError(f"more than {_MAX_FILES} files in the archive")
        data = file.read(16)
        if not data.startswith(_STARTS):
            continue
        with spool() as unpacked:
            size = 0
            while data:
                size += len(data)
                if size > MAX_PACKED_BYTES or total + size > 4 * MAX_PACKED_BYTES:
                    raise InputError(f"{one_line(name)} in the archive is too large")
                unpacked.write(data)
                data = file.read(_CHUNK_BYTES)
            total += size
            unpacked.flush()
            yield name, reader(unpacked.fileno(), name)
