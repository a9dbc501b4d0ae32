# SPDX-License-Identifier: BSD-3-Clause
"""What was found before and takes long to find again, such as parsed advisories, in the user's cache directory.

The directory is believed only where nobody else can have written it (`disk.sealed`).
"""

from __future__ import annotations

import os

# As in `disk.sealed`: from hashlib, it would come with OpenSSL.
from _blake2 import blake2b
from collections.abc import Mapping
from contextlib import suppress

from govgo.adapters.disk.sealed import (
    is_private,
    make_private,
    read_sealed,
    remove_oldest,
    user_cache,
    write_sealed,
)

_MAX_BYTES = 64 << 20
_MOST_FILES = 4096


class KeptFiles:
    """Files by keys of any text. Where nothing can be kept, nothing is, and that is not an error."""

    def __init__(self, environ: Mapping[str, str], room: str) -> None:
        """Find the directory in which this user may keep files that nobody else can write.

        Args:
            environ: the environment.
            room: the name of a directory in govgo's own, one for each kind of files: "advisories".
        """
        self._magic = f"govgo {room} 1\n".encode()
        base = user_cache(environ)
        directory = f"{base}/{room}"
        is_safe = bool(base) and is_private(directory, environ.get("HOME", ""), own=2)
        self._directory = directory if is_safe else ""
        self._is_cleaned = False

    def read(self, key: str) -> bytes | None:
        """What was kept under a key; None where nothing was."""
        return read_sealed(self._path(key), self._magic, _MAX_BYTES) if self._directory else None

    def write(self, key: str, data: bytes) -> None:
        """Keep something; a disk that refuses is not an error, since it can be read again from where it came."""
        if self._directory:
            with suppress(OSError):
                make_private(self._directory)
                if not self._is_cleaned:
                    remove_oldest(self._directory, _MOST_FILES)
                    self._is_cleaned = True
                write_sealed(self._path(key), self._magic, data)

    def _path(self, key: str) -> str:
        name = blake2b(key.encode("utf-8", "surrogatepass"), digest_size=32).hexdigest()
        return os.path.join(self._directory, name)
