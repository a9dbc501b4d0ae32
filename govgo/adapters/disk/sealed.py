# SPDX-License-Identifier: BSD-3-Clause
"""Files of govgo's own in the user's cache directory, each with a checksum in front, so that half a file is never read.

    MAGIC | SHA-256 of BODY (32 bytes) | BODY

MAGIC names the format and its version. The directory belongs to the user alone and lies outside the module cache, which
others may fill; it is trusted as the go command trusts its build cache, from which it runs code.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Mapping

from govgo.adapters.disk import modes

_DIGEST_SIZE = 32
# O_NONBLOCK: opening a pipe that stands in the place of the file must not wait.
_READ = os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NONBLOCK", 0)


def user_cache(environ: Mapping[str, str]) -> str:
    """govgo's part of the user's cache directory ($XDG_CACHE_HOME, else ~/.cache or ~/Library/Caches); "" for none."""
    base = environ.get("XDG_CACHE_HOME", "")
    if not base:
        home = environ.get("HOME", "")
        base = home and os.path.join(home, "Library/Caches" if sys.platform == "darwin" else ".cache")
    return f"{base}/govgo" if os.path.isabs(base) else ""


def read_sealed(path: str, magic: bytes, max_bytes: int) -> bytes | None:
    """The body of a sealed file; None unless it is whole, at most `max_bytes` long, and this user's alone to write."""
    try:
        descriptor = os.open(path, _READ)
    except OSError:
        return None
    with open(descriptor, "rb") as file:
        facts = os.fstat(descriptor)
        if facts.st_uid != os.geteuid() or facts.st_mode & modes.OTHERS_WRITE or facts.st_size > max_bytes:
            return None
        data = file.read()
    start = len(magic) + _DIGEST_SIZE
    body = data[start:]
    return body if data == seal(magic, body) else None


def seal(magic: bytes, body: bytes) -> bytes:
    """The bytes of a sealed file."""
    return magic + hashlib.sha256(body).digest() + body


def write_sealed(path: str, magic: bytes, body: bytes) -> None:
    """Write a sealed file; it appears under its name whole or not at all. Raises OSError."""
    temp = f"{path}.{os.getpid()}.tmp"
    descriptor = os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, modes.PRIVATE_FILE)
    try:
        with open(descriptor, "wb") as file:
            file.write(seal(magic, body))
        os.replace(temp, path)
    except BaseException:
        os.unlink(temp)
        raise


def remove_oldest(directory: str, max_files: int) -> None:
    """Keep the `max_files` newest files of a directory; temporary files of killed writers count, and go in time."""
    with os.scandir(directory) as found:
        files = sorted((entry.stat(follow_symlinks=False).st_mtime_ns, entry.path) for entry in found)
    for _, path in files[:-max_files]:
        os.unlink(path)
