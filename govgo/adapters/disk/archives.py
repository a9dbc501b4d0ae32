# SPDX-License-Identifier: BSD-3-Clause
"""Archives of strangers: tar files whose headers are bounded, and the library's many errors as one of ours."""

from __future__ import annotations

import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

from govgo.errors import InputError

_MOST_HEADER_BYTES = 1 << 20
"""Of one header that holds a name, or records of pax: more than any path."""
_MOST_BYTES_OF_HEADERS = 256 << 20
"""Of all of them, since tarfile keeps what it has read; a mirror of two million files with long names takes as much."""
_LONG = (
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
)
TAR_SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")


class _Archive(tarfile.TarFile):
    """An archive, and the size of the headers in it that hold names or records, as far as it has been read."""

    header_bytes = 0


class _Member(tarfile.TarInfo):
    """A member whose headers take little memory, however much they hold.

    tarfile reads a long name, and the list of the pieces of a sparse file, as a whole before anybody is asked. A
    compressed archive of some kB can have one of many GB. What is overridden is not public: tests/attacks/
    test_hostile_archives.py would notice another name.
    """

    def _proc_member(self, archive: _Archive) -> Any:
        if self.type in _LONG:
            archive.header_bytes += self.size
            if self.size > _MOST_HEADER_BYTES or archive.header_bytes > _MOST_BYTES_OF_HEADERS:
                raise tarfile.ReadError(f"a header of {self.size} bytes, in all {archive.header_bytes}")
        if self.type == tarfile.GNUTYPE_SPARSE:
            raise tarfile.ReadError("a sparse file")
        return super()._proc_member(archive)  # type: ignore[misc]  # see above

    def _proc_gnusparse_10(self, *_: object) -> None:
        raise tarfile.ReadError("a sparse file")


def open_tar(path: str, mode: Literal["r:", "r:*"]) -> tarfile.TarFile:
    """A tar file to be read, with a limit to the memory that its headers take; a sparse file in it is an error.

    Raises:
        OSError: it cannot be opened.
        tarfile.TarError and others: it is damaged; so at any member (`archive_errors`).
    """
    return _Archive.open(path, mode, tarinfo=_Member)


@contextmanager
def archive_errors(told: Callable[[str], InputError]) -> Iterator[None]:
    """Raise what `told` makes of the library's words, for whatever zipfile and tarfile raise beside OSError."""
    try:
        yield
    except (
        zipfile.BadZipFile,
        tarfile.TarError,
        zlib.error,
        lzma.LZMAError,
        EOFError,
        NotImplementedError,  # a compression that Python lacks
        RuntimeError,  # a password is wanted
        ValueError,
    ) as error:
        # tarfile lists in lines of their own why it is none of the kinds that it knows.
        raise told(str(error).partition("\n")[0].removesuffix(":")) from error
