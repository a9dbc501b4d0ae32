# SPDX-License-Identifier: BSD-3-Clause
"""Joins the rings for `sumdb`: one's own checksum database in a storage, with the private key in a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from govgo.adapters.disk.diskerror import absolute
from govgo.adapters.http.engine import Timeouts
from govgo.adapters.http.post import Poster
from govgo.adapters.storage.open import is_url, open_storage
from govgo.adapters.storage.plain import PlainStorage
from govgo.adapters.sumdb.keyfile import FileMemory, create_key, default_key_file, read_key
from govgo.app.sumdb.cosign import Witness, cosign
from govgo.app.sumdb.publisher import Publisher, stored_key
from govgo.core.goenv import GoEnv
from govgo.core.sumdb.cosignature import Cosigned
from govgo.core.sumdb.gosumdb import parse_gosumdb
from govgo.core.sumdb.note import Verifier, parse_verifier
from govgo.core.sumdb.signer import verifier_key
from govgo.errors import NoteError, UsageError
from govgo.ports.storage import Storage


def open_place(place: str, environ: Mapping[str, str]) -> Storage:
    """The storage that `place` names: a bucket by URL, or a directory, which is synced before a tree head promises it.

    Raises:
        UsageError: it names none.
        MissingExtraError: a package that buckets need is not installed.
    """
    if not place:
        raise UsageError("where is the checksum database? name its directory with -storage")
    if is_url(place) and not place.startswith("file://"):
        return open_storage(place, environ)
    return PlainStorage(absolute(place.removeprefix("file://")))


def init_database(name: str, place: str, key_file: str, environ: Mapping[str, str]) -> tuple[str, str, bool]:
    """Make a key, unless its file is there, and an empty database.

    Returns:
        The verifier key, the file of the private key, and whether the database is new.

    Raises:
        UsageError: the name cannot be one, or file or storage have another key.
        StorageError, DiskError: files cannot be written.
    """
    storage = open_place(place, environ)
    key_file = absolute(key_file) if key_file else default_key_file(name, environ)
    _check_name(name)
    signer = create_key(key_file, name)
    key = verifier_key(signer)
    fresh = Publisher(storage, parse_verifier(key), signer, FileMemory(key_file)).create()
    return key, key_file, fresh


def open_publisher(place: str, key_file: str, environ: Mapping[str, str]) -> Publisher:
    """The database in a storage, to be added to.

    Raises:
        UsageError: there is none, or no private key for it.
        DiskError: the file of the key, or the one beside it, cannot be used.
    """
    storage = open_place(place, environ)
    verifier = database_key(storage)
    key_file = absolute(key_file) if key_file else default_key_file(verifier.name, environ)
    signer = read_key(key_file)
    if verifier_key(signer) != stored_key(storage):
        raise UsageError(f"{key_file} has the key of another checksum database than {verifier.name} in the storage")
    memory = FileMemory(key_file)
    memory.check()
    return Publisher(storage, verifier, signer, memory)


def database_key(storage: Storage) -> Verifier:
    """The verifier key of the database in a storage.  Raises UsageError."""
    try:
        return parse_verifier(stored_key(storage))
    except NoteError as error:
        raise UsageError(f"the storage has no checksum database: {error}", inner=error) from error


def cosign_database(
    place: str, witnesses: Sequence[Witness], notes: Sequence[bytes], env: GoEnv, timeouts: Timeouts
) -> tuple[Cosigned, ...]:
    """Ask witnesses, and publish their cosignatures (errors as `cosign`)."""
    return cosign(open_place(place, env.process), witnesses, notes, Poster(env.network, timeouts).post)


def _check_name(name: str) -> None:
    """Refuse a name that GOSUMDB could not have.  Raises UsageError."""
    from govgo.core.sumdb.signer import make_keys

    parse_gosumdb(make_keys(name, bytes(32))[1], {})
