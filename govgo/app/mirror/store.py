# SPDX-License-Identifier: BSD-3-Clause
"""The manifest of a mirror in its storage, and files that are put there whatever was there before."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from govgo.core.mirror.manifest import KEY, MAX_MANIFEST_BYTES, Content, Manifest, format_manifest, parse_manifest
from govgo.errors import ConflictError, StorageError

if TYPE_CHECKING:
    from govgo.ports.mirror import LocalCopy, Staging
    from govgo.ports.storage import Readable, Storage

_MEND = "`govgo mirror verify` says more, and `govgo mirror add -repair` has it anew"
_HINT = "run the command again: it adds what is missing"


def read_manifest(storage: Storage, name: str = KEY) -> tuple[Manifest | None, str]:
    """The manifest of a mirror and its tag; None where there is none.

    Args:
        storage: the mirror.
        name: of the manifest, for errors.

    Raises:
        StorageError: it cannot be read.
        InputError: it is malformed.
    """
    entry = storage.head(KEY)
    data = None if entry is None else storage.read(KEY, 0, MAX_MANIFEST_BYTES + 1)
    if entry is None or data is None:
        return None, ""
    return parse_manifest(data, name), entry.tag


def write_manifest(storage: Storage, manifest: Manifest, tag: str) -> None:
    """Let a mirror have another manifest, if the one there is still that of `tag`, "" for none.

    Raises:
        ConflictError: somebody else has changed the mirror meanwhile.
    """
    data = format_manifest(manifest)
    if not (storage.swap(KEY, data, tag) if tag else storage.create(KEY, data)):
        raise changed_meanwhile(storage)


def changed_meanwhile(storage: Storage) -> ConflictError:
    """What a run ends with whose manifest was not the last one any more."""
    return ConflictError(f"the mirror {storage} was changed by somebody else meanwhile", hint=_HINT)


def put_zip(storage: Storage, key: str, copy: LocalCopy) -> None:
    """Put a zip in the place of whatever is there: no manifest names that, so nothing says that it is whole.

    Raises:
        ConflictError: somebody else puts it there at the same time.
    """
    storage.delete(key)
    if not storage.create_from(key, copy.path):
        raise ConflictError(f"{key}: somebody else changes the mirror {storage}", hint=_HINT)


def copy_file(source: Readable, target: Storage, key: str, want: Content, staging: Staging) -> None:
    """Copy a file that is as a manifest says (errors as for `read_file`)."""
    if key.endswith(".zip"):
        with staging.copy_pieces(_pieces(source, key)) as copy:
            _compare(key, copy.content, want)
            put_zip(target, key, copy)
    else:
        target.replace(key, read_file(source, key, want))


def read_file(source: Readable, key: str, want: Content) -> bytes:
    """The bytes of a file that is as a manifest says.

    Raises:
        StorageError: it is not, or is not there.
    """
    data = b"".join(_pieces(source, key))
    _compare(key, Content(hashlib.sha256(data).hexdigest(), len(data)), want)
    return data


def _pieces(source: Readable, key: str) -> Iterator[bytes]:
    pieces = source.chunks(key)
    if pieces is None:
        raise StorageError(f"{key}: the manifest names it, and it is not there; {_MEND}", key=key)
    return pieces


def _compare(key: str, found: Content, want: Content) -> None:
    if found != want:
        raise StorageError(f"{key}: the file is damaged; {_MEND}", key=key)
