# SPDX-License-Identifier: BSD-3-Clause
"""What the standard library raises for archives that it cannot read."""

from __future__ import annotations

import lzma
import tarfile
import zipfile
import zlib

DAMAGED = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)
"""Beside OSError: RuntimeError for a zip with a password, NotImplementedError for an unknown compression."""
