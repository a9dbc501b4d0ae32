# SPDX-License-Identifier: BSD-3-Clause
"""What a storage has of a module, read and hashed by threads: nothing of it is proved here."""

from __future__ import annotations

import os
import tempfile
from functools import partial

from govgo.adapters.disk.diskerror import disk_error
from govgo.adapters.disk.system import path_of
from govgo.adapters.modzip.hash import hash_zip
from govgo.adapters.modzip.read import Rules
from govgo.core.module.escape import escape_path
from govgo.core.module.paths import canonical_version
from govgo.core.version import semver
from govgo.core.version.pseudo import is_pseudo
from govgo.errors import StorageError
from govgo.ports.storage import LocalStorage, Storage
from govgo.serve.protocol.answer import OpenFile, StoredFile
from govgo.serve.protocol.question import Question
from govgo.serve.upstream.coldloop import ColdLoop


def stored_versions(storage: Storage, path: str) -> bytes:
    """The released versions of which the storage has a go.mod, in order, a line each."""
    prefix = f"{escape_path(path)}/@v/"
    names = [entry.key[len(prefix) :] for entry in storage.entries(prefix)]
    versions = {name[:-4] for name in names if name.endswith(".mod")}  # one with capitals, "!a", is none to list
    found = sorted((v for v in versions if canonical_version(v) == v and not is_pseudo(v)), key=semver.key)
    return "".join(f"{version}\n" for version in found).encode()


def kept_key(question: Question) -> str:
    """Where it is kept what upstream says about a module.

    Not under the name `list`: that file is go's own, and names the versions that are in the cache.
    """
    return f"{question.key}.kept" if question.kind == "list" else question.key


def find_zip(storage: Storage, key: str) -> StoredFile | None:
    """A stored zip, not proved: open, where it is on this machine."""
    if not isinstance(storage, LocalStorage):
        entry = storage.head(key)
        return None if entry is None else StoredFile(key, entry.size, entry.modified, entry.tag, None)
    descriptor = storage.open(key)
    if descriptor is None:
        return None
    file = OpenFile(descriptor)
    mark = file.mark()
    return StoredFile(key, mark.size, mark.modified_ns / 1e9, mark.tag, file, mark)


def copy_zip(storage: Storage, found: StoredFile) -> StoredFile:
    """A zip of another machine, copied to a file here that has no name, so that what is proved is what is sent."""
    pieces = storage.chunks(found.key, tag=found.tag)
    if pieces is None:
        raise StorageError(f"{found.key}: it is gone", key=found.key)
    try:
        with tempfile.TemporaryFile(prefix="govgo-serve-") as target:
            for piece in pieces:
                target.write(piece)
            target.flush()
            file = OpenFile(os.dup(target.fileno()))
    except OSError as error:
        known = disk_error("write", tempfile.gettempdir(), error)
        raise StorageError(str(known), key=found.key, inner=known, hint=known.hint) from error
    return found._replace(file=file, mark=file.mark())


async def open_zip(cold: ColdLoop, storage: Storage, key: str, known: object) -> tuple[StoredFile, str] | None:
    """A stored zip, open here, and its h1:; "" in its place for the very file whose tag is `known`. None for no zip.

    A copy is hashed each time that one is made: what another machine says now may not be what it said before.

    Raises:
        BadZipError: it is no sound zip.
        DiskError, StorageError: it cannot be read.
    """
    found = await cold.stored(partial(find_zip, storage, key))
    if found is None:
        return None
    if found.file is None:
        found = await cold.stored(partial(copy_zip, storage, found))
    elif found.tag == known:
        return found, ""
    assert found.file is not None
    path = path_of(found.file.descriptor)
    return found, await cold.computed(lambda: hash_zip(path, Rules.STRICT))
