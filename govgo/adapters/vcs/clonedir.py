# SPDX-License-Identifier: BSD-3-Clause
"""Clones of repositories in the module cache, laid out and locked as the go command does, which uses them too.

    GOMODCACHE/cache/vcs/HASH         a bare repository; HASH is the SHA-256 of `git3:URL`
    GOMODCACHE/cache/vcs/HASH.info    `git3:URL`
    GOMODCACHE/cache/vcs/HASH.lock    the lock of both

Source: cmd/go/internal/modfetch/codehost (WorkDir).
"""

from __future__ import annotations

import os
import shutil
from hashlib import sha256

from govgo.adapters.disk.diskerror import disk_error
from govgo.adapters.disk.lockfile import locked
from govgo.core.golib.quote import quote
from govgo.errors import CacheCorruptError, UsageError

_KIND = "git3"
_MAX_INFO_BYTES = 1 << 16


def open_vcs_dir(gomodcache: str, url: str) -> str:
    """The directory for the clone of `url`, made empty where it or its .info file is missing; + ".lock" is its lock.

    Raises:
        UsageError: there is no module cache.
        CacheCorruptError: the directory belongs to another repository.
        DiskError: it cannot be made.
    """
    if not gomodcache:
        raise UsageError("neither GOPATH nor GOMODCACHE are set")
    key = f"{_KIND}:{url}"
    parent = os.path.join(gomodcache, "cache/vcs")
    directory = f"{parent}/{sha256(key.encode('utf-8', 'surrogateescape')).hexdigest()}"
    try:
        os.makedirs(parent, exist_ok=True)
    except OSError as err:
        raise disk_error("mkdir", parent, err) from err
    with locked(directory + ".lock"):
        known = _read(directory + ".info")
        if known is not None and os.path.isdir(directory):
            have = known.decode("utf-8", "surrogateescape").removesuffix("\n")
            if have != key:
                text = f"{directory}.info exists with wrong content (have {quote(have)} want {quote(key)})"
                raise CacheCorruptError(text)
            return directory
        _make(directory, key)
    return directory


def remove_vcs_dir(directory: str) -> None:
    """Remove a clone that could not be made whole; the lock must be held."""
    shutil.rmtree(directory, ignore_errors=True)


def _make(directory: str, key: str) -> None:
    remove_vcs_dir(directory)
    info = directory + ".info"
    try:
        os.makedirs(directory)
        descriptor = os.open(info, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
        with open(descriptor, "wb") as f:
            f.write(key.encode("utf-8", "surrogateescape"))
    except OSError as err:
        remove_vcs_dir(directory)
        raise disk_error("open", info, err) from err


def _read(path: str) -> bytes | None:
    try:
        with open(path, "rb") as f:
            return f.read(_MAX_INFO_BYTES)
    except OSError:
        return None
