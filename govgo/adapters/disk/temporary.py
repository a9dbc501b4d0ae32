# SPDX-License-Identifier: BSD-3-Clause
"""Files that are needed for a while, mostly in the directory that TMPDIR names.

Each is a context, and raises a DiskError about that directory where there is no room in it, or no such directory.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from govgo.adapters.disk.diskerror import disk_error


@contextmanager
def spool() -> Iterator[BinaryIO]:
    """A file without a name, for what is too large for memory. Every OSError in the block is taken for one of it."""
    with _told(), tempfile.TemporaryFile() as file:
        yield file


@contextmanager
def new_file(directory: str) -> Iterator[tuple[str, BinaryIO]]:
    """The name of a new zip in a directory, and the zip, which stays there. Errors are those of `spool`."""
    with _told(directory):
        descriptor, path = tempfile.mkstemp(".zip", dir=directory)
        with open(descriptor, "wb") as file:
            yield path, file


@contextmanager
def new_directory(prefix: str) -> Iterator[str]:
    """A new directory, removed at the end with all that is in it; what cannot be removed is not reported here."""
    with _told():
        made = tempfile.TemporaryDirectory(prefix=prefix)
    with made as path:
        yield path


@contextmanager
def _told(directory: str = "") -> Iterator[None]:
    try:
        yield
    except OSError as error:
        # Where none can be written, `tempfile` names no directory.
        raise disk_error("write", directory or tempfile.tempdir or "a temporary file", error) from error
