# SPDX-License-Identifier: BSD-3-Clause
"""A checksum database that grows in a storage: a log (`growing`) with one record for each module version.

Beside the tiles there is an answer to the lookup of each record, and it is by these that a record is known to be there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from govgo.app.sumdb.growing import GrowingLog, HeadMemory, Keys, Kind
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.records import NamedTuple
from govgo.core.sumdb.heads import MAX_HEAD_BYTES, Head
from govgo.core.sumdb.note import Verifier, parse_verifier, read_note
from govgo.core.sumdb.published import COMMIT, KEY, LATEST, MAX_KEY_BYTES, Edge, format_keys, grown_lookups, parse_keys
from govgo.core.sumdb.record import MAX_LOOKUP_BYTES, format_record, lookup_path, parse_record
from govgo.errors import NoteError, SumMismatchError, UsageError
from govgo.ports.storage import Storage

MOST_AT_ONCE = 10_000
"""Records that one tree head adds at most: so much is held in memory, and has to be done again after a crash."""
_READERS = 16


class Added(NamedTuple):
    """What became of records that were to be added: numbers of new ones, numbers of those that were there; the head."""

    added: Mapping[ModuleVersion, int]
    present: Mapping[ModuleVersion, int]
    head: Head


class Publisher:
    """A checksum database in a storage, and the key to make it grow."""

    def __init__(
        self,
        storage: Storage,
        keys: Callable[[], Keys],
        memory: HeadMemory,
        *,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        """Nothing is read yet (arguments as for `GrowingLog`)."""
        self._storage = storage
        self._log = GrowingLog(storage, keys, memory, _KIND, pause=pause)

    @property
    def name(self) -> str:
        """The database's name: that of its first key."""
        return self.verifiers[0].name

    @property
    def verifiers(self) -> tuple[Verifier, ...]:
        """Its keys as they are now."""
        return self._log.verifiers

    def create(self) -> bool:
        """Make the files of an empty database; False where there is one with this key already.

        Raises:
            UsageError: the storage has a database with another key.
            IntegrityError: the storage has lost a database with this key, or the key has signed one elsewhere.
        """
        return self._log.create()

    def add(self, records: Mapping[ModuleVersion, bytes]) -> Added:
        """Append the records that are not there yet, in their order, and publish the new tree head.

        Args:
            records: their texts, as `rules.make_record` makes them.

        Raises:
            SumMismatchError: a version has another record already. Nothing is added.
            ConflictError: other writers were faster each time.
            IntegrityError: the storage is damaged or was set back.
            ForkError: the storage holds another history than the one that this key has signed.
            StorageError: the storage failed.
        """
        self._present(records)  # before anything is added
        added: dict[ModuleVersion, int] = {}
        present: dict[ModuleVersion, int] = {}
        mods = list(records)
        head = self.finish()
        for at in range(0, len(mods), MOST_AT_ONCE):
            part = {mod: records[mod] for mod in mods[at : at + MOST_AT_ONCE]}
            head = self._add_part(part, added, present)
        return Added(added, present, head)

    def finish(self) -> Head:
        """End what another writer has decided on and not published; the head that is published then (errors as `add`).

        Returns:
            The newest head, without cosignatures.
        """
        return self._log.finish()

    def add_key(self, key: str) -> None:
        """Let another key sign all heads from now on, and the newest one and the answers to lookups at once.

        To do so again where it was done, or half done, changes nothing, or does the rest (errors as `add`).

        Args:
            key: the verifier key, as a text. Its private key is among those that sign.
        """
        self._list_keys(lambda keys: keys if key in keys else [*keys, key])
        self._resign_lookups(self._log.resign())

    def retire_key(self, key: Verifier) -> None:
        """Let a key sign nothing any more (errors as `add`).

        Args:
            key: one whose private key is not among those that sign, and need not be there.

        Raises:
            UsageError: the other keys have not signed the newest tree head.
        """
        others = {(each.name, each.key_hash) for each in self.verifiers}
        heads = (self._storage.read(name, 0, MAX_HEAD_BYTES) or b"" for name in (LATEST, COMMIT))
        if not all(others <= _identities(head) for head in heads):
            text = "the other key has not signed the newest tree head; run `govgo sumdb key -add` for it once more"
            raise UsageError(text)
        self._resign_lookups(self._log.finish())
        self._list_keys(lambda keys: [each for each in keys if parse_verifier(each) != key])
        self._log.resign(key)

    def _list_keys(self, change: Callable[[list[str]], list[str]]) -> None:
        while True:
            found = self._storage.head(KEY)
            before = stored_keys(self._storage)
            after = change(before)
            if after == before or (found is not None and self._storage.swap(KEY, format_keys(after), found.tag)):
                return

    def _resign_lookups(self, head: Head) -> None:
        """Let the answers to lookups have the newest head where their own lacks one of its signatures."""
        wanted = _identities(head.note)

        def resign(path: str) -> None:
            answer = self._storage.read(path, 0, MAX_LOOKUP_BYTES)
            if answer is None:
                return
            record = parse_record(answer)
            if not wanted <= _identities(record.rest) and record.number < head.tree.size:
                self._storage.replace(path, format_record(record.number, record.text) + head.note)

        paths = (entry.key for entry in self._storage.entries("lookup/"))
        with ThreadPoolExecutor(_READERS) as pool:
            for _ in pool.map(resign, paths):
                pass

    def _add_part(
        self, records: Mapping[ModuleVersion, bytes], added: dict[ModuleVersion, int], present: dict[ModuleVersion, int]
    ) -> Head:
        here: dict[ModuleVersion, int] = {}
        fresh: list[ModuleVersion] = []

        def choose(_: Head, __: Edge) -> list[bytes]:
            nonlocal here, fresh
            here = self._present(records)
            fresh = [mod for mod in records if mod not in here]
            return [records[mod] for mod in fresh]

        first, head = self._log.append(choose)
        present.update(here)
        added.update(zip(fresh, range(first, first + len(fresh)), strict=True))
        return head

    def _present(self, records: Mapping[ModuleVersion, bytes]) -> dict[ModuleVersion, int]:
        """The numbers of the records that are there already.  Raises SumMismatchError for one that differs."""
        with ThreadPoolExecutor(_READERS) as pool:
            answers = list(pool.map(lambda mod: self._storage.read(lookup_path(mod), 0, MAX_LOOKUP_BYTES), records))
        found: dict[ModuleVersion, int] = {}
        for (mod, text), answer in zip(records.items(), answers, strict=True):
            if answer is None:
                continue
            record = parse_record(answer)
            if record.text != text:
                raise _mismatch(self.name, mod, text, record.text)
            found[mod] = record.number
        return found


def stored_keys(storage: Storage) -> list[str]:
    """The verifier keys of the database in a storage as texts.

    Raises:
        UsageError: there is none.
    """
    return list(_keys(storage))


def database_keys(storage: Storage) -> tuple[Verifier, ...]:
    """The verifier keys of the database in a storage (errors as `stored_keys`)."""
    return tuple(_keys(storage).values())


def _keys(storage: Storage) -> dict[str, Verifier]:
    """The verifier keys by their texts, in order."""
    data = storage.read(KEY, 0, MAX_KEY_BYTES)
    if data is None:
        raise UsageError(f"{storage} has no checksum database; `govgo sumdb init` makes one")
    try:
        keys = parse_keys(data)
    except NoteError as error:
        raise UsageError(f"{storage} has no checksum database: {KEY}: {error}", inner=error) from error
    return dict(zip(data.decode().strip().split("\n"), keys, strict=True))


def _identities(note: bytes) -> set[tuple[str, int]]:
    """The names and hashes of the keys that a note names; nothing is verified."""
    return {(each.name, each.key_hash) for each in read_note(note, ()).unverified}


def _is_same_lookup(one: bytes, other: bytes) -> bool:
    """Whether two answers have one record. Their heads may differ by a signature, while a database gets another key."""
    return parse_record(one)[:2] == parse_record(other)[:2]


_KIND = Kind("checksum database", "`govgo sumdb init` makes one", grown_lookups, ("lookup/",), _is_same_lookup)


def _mismatch(database: str, mod: ModuleVersion, given: bytes, listed: bytes) -> SumMismatchError:
    """The error for a record that differs from the one that the database has: by its first line that does."""
    pairs: Sequence[tuple[str, str]] = list(zip(given.decode().split("\n"), listed.decode().split("\n"), strict=False))
    ours, theirs = next((pair for pair in pairs if pair[0] != pair[1]), ("", ""))
    want, got = theirs.rpartition(" ")[2], ours.rpartition(" ")[2]
    return SumMismatchError(
        f"{mod}: the database has another record already\n\tgiven: {ours}\n\t{database}: {theirs}",
        module=f"{mod.path}@{mod.version}",
        want=want,
        got=got,
        against=database,
        hint="a version's content must never change: publish the new content as a new version",
    )
