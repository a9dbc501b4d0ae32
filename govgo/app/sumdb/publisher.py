# SPDX-License-Identifier: BSD-3-Clause
"""A checksum database that grows in a storage: a log (`growing`) with one record for each module version.

Beside the tiles there is an answer to the lookup of each record, and it is by these that a record is known to be there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from govgo.app.sumdb.growing import GrowingLog, HeadMemory, Kind
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.records import NamedTuple
from govgo.core.sumdb.note import Verifier
from govgo.core.sumdb.published import KEY, Edge, grown_lookups
from govgo.core.sumdb.record import lookup_path, parse_record
from govgo.core.sumdb.signer import Signer
from govgo.core.sumdb.timeline import Head
from govgo.errors import SumMismatchError, UsageError
from govgo.ports.storage import Storage

MOST_AT_ONCE = 10_000
"""Records that one tree head adds at most: so much is held in memory, and has to be done again after a crash."""
_READERS = 16
_KIND = Kind("checksum database", "`govgo sumdb init` makes one", grown_lookups, ("lookup/",))


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
        verifier: Verifier,
        signer: Signer,
        memory: HeadMemory,
        *,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        """Nothing is read yet. `pause` waits for so many seconds, when another writer was faster."""
        self._storage = storage
        self._log = GrowingLog(storage, verifier, signer, memory, _KIND, pause=pause)

    @property
    def name(self) -> str:
        """The database's name."""
        return self._log.verifier.name

    @property
    def key(self) -> str:
        """Its verifier key."""
        return self._log.key

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
            answers = list(pool.map(lambda mod: self._storage.read(lookup_path(mod)), records))
        found: dict[ModuleVersion, int] = {}
        for (mod, text), answer in zip(records.items(), answers, strict=True):
            if answer is None:
                continue
            record = parse_record(answer)
            if record.text != text:
                raise _mismatch(self.name, mod, text, record.text)
            found[mod] = record.number
        return found


def stored_key(storage: Storage) -> str:
    """The verifier key of the database in a storage, not checked.

    Raises:
        UsageError: there is none.
    """
    key = storage.read(KEY, 0, 4096)
    if key is None:
        raise UsageError("the storage has no checksum database; `govgo sumdb init` makes one")
    return key.decode("utf-8", "replace").strip()


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
