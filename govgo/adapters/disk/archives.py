# SPDX-License-Identifier: BSD-3-Clause
"""The many errors of the standard library for archives that it cannot read, as one of ours."""

from __future__ import annotations

import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from govgo.errors import InputError


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
        raise told(str(error)) from error
