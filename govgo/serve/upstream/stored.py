# SPDX-License-Identifier: BSD-3-Clause
"""What a storage has: zips, open where it is on this machine and hashed wherever it is, and versions of modules."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Awaitable, Callable
from typing import IO, TypeVar

from govgo.adapters.disk.system import path_of
from govgo.adapters.modzip.hash import hash_zip
from govgo.adapters.modzip.read import Rules
from govgo.core.module.escape import escape_path
from govgo.core.module.paths import canonical_version
from govgo.core.version import semver
from govgo.core.version.pseudo import is_pseudo
from govgo.errors import BadZipError
from govgo.ports.storage import LocalStorage, Storage
from govgo.serve.protocol.answer import OpenFile, StoredFile
from govgo.serve.upstream.coldloop import ColdLoop

_T = TypeVar("_T")


def look(storage: Storage, key: str) -> StoredFile | None:
    """A stored zip, not proved: open, where it is on this machine."""
    if not isinstance(storage, LocalStorage):
        entry = storage.head(key)
        return None if entry is None else StoredFile(key, entry.size, entry.modified, entry.tag, None)
    descriptor = storage.open(key)
    if descriptor is None:
        return None
    file = OpenFile(descriptor)
    facts = os.fstat(descriptor)
    return StoredFile(key, facts.st_size, facts.st_mtime, file.mark(), file)


async def hash_stored(cold: ColdLoop, storage: Storage, found: StoredFile) -> str:
    """The h1: of a stored zip.

    Raises:
        BadZipError: it is no sound zip.
        DiskError, StorageError: it cannot be read.
    """
    file = found.file
    if file is not None:
        return await cold.computed(lambda: hash_zip(path_of(file.descriptor), Rules.STRICT))
    return await cold.stored(lambda: _hash_copy(storage, found.key, found.tag))


async def with_path(cold: ColdLoop, storage: Storage, found: StoredFile, work: Callable[[str], Awaitable[_T]]) -> _T:
    """What `work` makes of a stored zip as a file on this machine.

    Raises:
        BadZipError: it is gone.
        StorageError: it cannot be read.
    """
    if found.file is not None:
        return await work(path_of(found.file.descriptor))
    copy = await cold.stored(lambda: _copy(storage, found.key, found.tag))
    with copy:
        return await work(copy.name)


def _copy(storage: Storage, key: str, tag: str) -> IO[bytes]:
    pieces = storage.chunks(key, tag=tag)
    if pieces is None:
        raise BadZipError("it is gone")
    file = tempfile.NamedTemporaryFile(prefix="govgo-serve-")  # noqa: SIM115  # the caller closes it
    for piece in pieces:
        file.write(piece)
    file.flush()
    return file


def _hash_copy(storage: Storage, key: str, tag: str) -> str:
    """The h1: of a zip that is on another machine."""
    with _copy(storage, key, tag) as file:
        return hash_zip(file.name, Rules.STRICT)


def stored_versions(storage: Storage, path: str) -> bytes:
    """The released versions of which the storage has a go.mod, in order, a line each."""
    prefix = f"{escape_path(path)}/@v/"
    names = [entry.key[len(prefix) :] for entry in storage.entries(prefix)]
    versions = {name[:-4] for name in names if name.endswith(".mod")}  # one with capitals, "!a", is none to list
    found = sorted((v for v in versions if canonical_version(v) == v and not is_pseudo(v)), key=semver.key)
    return "".join(f"{version}\n" for version in found).encode()
