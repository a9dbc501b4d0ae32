# SPDX-License-Identifier: BSD-3-Clause
"""What a storage has of a module, read and hashed by threads: nothing of it is proved here."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from govgo.adapters.disk.system import path_of
from govgo.adapters.modzip.hash import hash_zip
from govgo.adapters.modzip.read import Rules
from govgo.adapters.proxy.revinfo import parse_info
from govgo.core.module.escape import escape_path
from govgo.core.module.paths import canonical_version, is_canonical
from govgo.core.version import semver
from govgo.core.version.pseudo import is_pseudo
from govgo.errors import InputError, StorageError
from govgo.ports.storage import Storage
from govgo.serve.protocol.answer import StoredFile
from govgo.serve.protocol.question import Question
from govgo.serve.upstream.coldloop import ColdLoop
from govgo.serve.upstream.copies import Copies

_MAX_INFO = 1 << 16
MOST_FILES = 500_000
"""Of one module: those of a hundred thousand versions."""


def stored_answer(storage: Storage, question: Question) -> bytes:
    """What a storage says to a list or @latest by itself, where nobody else does; b"" for nothing."""
    return _versions(storage, question.path) if question.kind == "list" else _latest(storage, question.key)


def _versions(storage: Storage, path: str) -> bytes:
    """The released versions that have a go.mod, in order, a line each.

    Not from the file `list`: go rewrites it, so it names what is in the cache.
    """
    # One with capitals, "!a", is none to list.
    versions = {name[:-4] for name in version_files(storage, path) if name.endswith(".mod")}
    found = sorted((v for v in versions if is_canonical(v) and not is_pseudo(v)), key=semver.key)
    return "".join(f"{version}\n" for version in found).encode()


def version_files(storage: Storage, path: str) -> Iterator[str]:
    """The names of the files of a module's versions, such as "v1.0.0.mod".

    Raises:
        StorageError: the storage cannot be asked, or names more than there can be.
    """
    prefix = f"{escape_path(path)}/@v/"
    for count, entry in enumerate(storage.entries(prefix)):
        if count >= MOST_FILES:
            raise StorageError(f"{prefix}: more than {MOST_FILES} files", key=prefix)
        yield entry.key[len(prefix) :]


def _latest(storage: Storage, key: str) -> bytes:
    """The answer in a mirror, which has one for modules without released versions; nothing proves it."""
    data = storage.read(key, 0, _MAX_INFO) or b""
    try:
        return data if canonical_version(parse_info(data).version) else b""
    except InputError:
        return b""


async def open_zip(cold: ColdLoop, copies: Copies, key: str, known: object) -> tuple[StoredFile, str] | None:
    """A copy of a stored zip, and its h1:; "" in its place where its digest is `known`. None for no zip.

    Raises:
        BadZipError: it is not a sound zip.
        DiskError, StorageError: it cannot be read, or not be copied.
    """
    found = await cold.stored(partial(copies.of, key), is_large=True)
    if found is None or found.digest == known:
        return None if found is None else (found, "")
    path = path_of(found.file.descriptor)
    return found, await cold.computed(lambda: hash_zip(path, Rules.STRICT))
