# SPDX-License-Identifier: BSD-3-Clause
"""Joins the rings for `sumdb`: one's own checksum database in a storage, with the private key in a file."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from govgo.adapters.disk.diskerror import absolute
from govgo.adapters.http.engine import Timeouts
from govgo.adapters.http.send import Poster
from govgo.adapters.storage.open import is_url, open_storage
from govgo.adapters.storage.plain import PlainStorage
from govgo.adapters.sumdb.keyfile import FileMemory, add_key, create_key, default_key_file, link_key, read_keys
from govgo.app.sumdb.cosign import Outcome, Witness, cosign
from govgo.app.sumdb.growing import Keys, one_key
from govgo.app.sumdb.publisher import Publisher, database_keys
from govgo.core.goenv import GoEnv
from govgo.core.sumdb.gosumdb import parse_gosumdb
from govgo.core.sumdb.note import Verifier, parse_verifier
from govgo.core.sumdb.signer import verifier_key
from govgo.errors import UsageError
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
    _check_name(name)
    key_file = _key_file(key_file, [name], environ)
    signer = create_key(key_file, name)
    key = verifier_key(signer)
    fresh = Publisher(storage, one_key(signer, parse_verifier(key)), FileMemory(key_file)).create()
    return key, key_file, fresh


def open_publisher(place: str, key_file: str, environ: Mapping[str, str]) -> Publisher:
    """The database in a storage, to be added to.

    Raises:
        UsageError: there is none, or no private key for it.
        DiskError: the file of the key, or the one beside it, cannot be used.
    """
    storage = open_place(place, environ)
    return _publisher(storage, _key_file(key_file, [key.name for key in database_keys(storage)], environ))


def add_database_key(name: str, place: str, key_file: str, environ: Mapping[str, str]) -> str:
    """Let the database in a storage have another key, with a name of its own (errors as `open_publisher`).

    Returns:
        The file of the private keys.
    """
    storage = open_place(place, environ)
    names = [key.name for key in database_keys(storage)]
    if names == [name]:
        hint = "clients keep what they have seen under its name, and what one key has signed the other does not prove"
        raise UsageError(f"another key than that of {name} needs a name of its own, such as {name}/2", hint=hint)
    file = _key_file(key_file, names, environ)
    publisher = _publisher(storage, file)
    _check_name(name)
    signer = add_key(file, name)
    if not key_file:
        link_key(file, default_key_file(name, environ))  # by which it is found when this is the only name
    publisher.add_key(verifier_key(signer))
    return file


def retire_database_key(name: str, place: str, key_file: str, environ: Mapping[str, str]) -> None:
    """Take a key from the database in a storage (errors as `open_publisher`). Its private key may be lost."""
    storage = open_place(place, environ)
    keys = database_keys(storage)
    key = next((each for each in keys if each.name == name), None)
    if key is None:
        raise UsageError(
            f"the database in {storage} has no key named {name}, but {', '.join(each.name for each in keys)}"
        )
    if len(keys) == 1:
        raise UsageError(f"{name} is the only key of the database in {storage}; give it another one first")
    _publisher(storage, _key_file(key_file, [each.name for each in keys], environ), key).retire_key(key)


def _publisher(storage: Storage, key_file: str, without: Verifier | None = None) -> Publisher:
    """The database in a storage, with the private keys in a file (errors as `open_publisher`).

    Args:
        storage: of the database.
        key_file: read whenever something is signed, so that a server needs no restart to have another key.
        without: a key that does not sign.
    """

    def keys() -> Keys:
        verifiers = tuple(key for key in database_keys(storage) if key != without)
        signers = {parse_verifier(verifier_key(signer)): signer for signer in read_keys(key_file)}
        lacking = [key.name for key in verifiers if key not in signers]
        if len(lacking) == len(verifiers):
            text = f"{key_file} has the key of another checksum database than {lacking[0]} in {storage}"
            raise UsageError(text)
        if lacking:
            hint = "copy the file from where `govgo sumdb key -add` was run"
            raise UsageError(f"{key_file} lacks a key of the checksum database in {storage}: {lacking[0]}", hint=hint)
        return Keys(verifiers, tuple(signers[key] for key in verifiers))

    keys()
    memory = FileMemory(key_file)
    memory.check()
    return Publisher(storage, keys, memory)


def _key_file(key_file: str, names: Sequence[str], environ: Mapping[str, str]) -> str:
    """The file of the private keys: the one that is named, else the usual one of a database with these names."""
    if key_file:
        return absolute(key_file)
    files = [default_key_file(name, environ) for name in names]
    return os.path.realpath(next(filter(os.path.exists, files), files[0]))


def cosign_database(
    place: str, witnesses: Sequence[Witness], notes: Sequence[bytes], env: GoEnv, timeouts: Timeouts
) -> Outcome:
    """Ask witnesses, and publish their cosignatures (errors as `cosign`)."""
    return cosign(open_place(place, env.process), witnesses, notes, Poster(env.network, timeouts).post)


def _check_name(name: str) -> None:
    """Refuse a name that GOSUMDB could not have.  Raises UsageError."""
    from govgo.core.sumdb.signer import make_keys

    parse_gosumdb(make_keys(name, bytes(32))[1], {})
