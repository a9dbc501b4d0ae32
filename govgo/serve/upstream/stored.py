# SPDX-License-Identifier: BSD-3-Clause
"""Zips as a storage has them: open where it is on this machine, and hashed wherever it is."""

from __future__ import annotations

import os
import tempfile

from govgo.adapters.disk.system import path_of
from govgo.adapters.modzip.hash import hash_zip
from govgo.adapters.modzip.read import Rules
from govgo.errors import BadZipError
from govgo.ports.storage import LocalStorage, Storage
from govgo.serve.protocol.answer import OpenFile, StoredFile
from govgo.serve.upstream.coldloop import ColdLoop


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


def _hash_copy(storage: Storage, key: str, tag: str) -> str:
    """The h1: of a zip that is on another machine."""
    pieces = storage.chunks(key, tag=tag)
    if pieces is None:
        raise BadZipError("it is gone")
    with tempfile.NamedTemporaryFile(prefix="govgo-serve-") as file:
        for piece in pieces:
            file.write(piece)
        file.flush()
        return hash_zip(file.name, Rules.STRICT)
