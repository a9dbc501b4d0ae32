# SPDX-License-Identifier: BSD-3-Clause
"""A database whose key is changed: with two keys for a time, whoever is killed, and whoever adds meanwhile."""

from __future__ import annotations

import pytest

from govgo.app.sumdb.growing import Keys
from govgo.app.sumdb.publisher import Publisher, database_keys
from govgo.core.sumdb.note import parse_verifier
from govgo.core.sumdb.published import COMMIT, KEY, LATEST
from govgo.core.sumdb.signer import verifier_key
from govgo.errors import BadSignatureError, UsageError
from govgo.ports.storage import Entry
from tests.app.sumdb.test_publisher import Database, check, names, records
from tests.simulators.eventlog import Memory
from tests.simulators.signatures import signed_by
from tests.simulators.storage import Killed, MemoryStorage
from tests.simulators.sumdb_log import NAME, keys
from tests.simulators.witness import Witness

OLD_SIGNER, OLD = keys(1)
NEW_NAME = f"{NAME}/2"
NEW_SIGNER, NEW = keys(2, NEW_NAME)
BOTH = [NAME, NEW_NAME]


class Rotated(Database):
    """A database whose writers have both private keys, and sign with those that the storage names."""

    def __init__(self, storage: MemoryStorage | None = None) -> None:
        self.storage = storage or MemoryStorage()
        self.memory = Memory()
        self.publisher().create()

    def publisher(self, without: str = "") -> Publisher:
        signers = {parse_verifier(verifier_key(signer)): signer for signer in (OLD_SIGNER, NEW_SIGNER)}

        def read() -> Keys:
            if KEY not in self.storage.files:
                self.storage.create(KEY, f"{OLD}\n".encode())
            verifiers = tuple(each for each in database_keys(self.storage) if each.name != without)
            return Keys(verifiers, tuple(signers[each] for each in verifiers))

        return Publisher(self.storage, read, self.memory, pause=lambda seconds: None)

    def signers(self, key: str) -> list[str]:
        data = self.storage.files[key]
        return signed_by(data.partition(b"\n\n")[2] if key.startswith("lookup/") else data, OLD, NEW)

    def lookups(self) -> list[str]:
        return [key for key in self.storage.files if key.startswith("lookup/")]


def test_another_key_signs_what_is_there_and_what_comes() -> None:
    database = Rotated()
    database.add(*names(3))
    assert database.signers(LATEST) == database.signers("lookup/q.io/m1@v1.0.0") == [NAME]
    database.publisher().add_key(NEW)
    assert database.storage.files[KEY] == f"{OLD}\n{NEW}\n".encode()
    database.add(*names(2, 3))
    assert len(database.lookups()) == 5
    for key in (LATEST, COMMIT, *database.lookups()):
        assert database.signers(key) == BOTH, key
    assert signed_by(database.memory.note, OLD, NEW) == BOTH
    assert len(check(database).records) == 5
    before = dict(database.storage.files)
    database.publisher().add_key(NEW)
    assert database.storage.files == before, "once more is no news"


def test_a_retired_key_signs_nothing_more() -> None:
    database = Rotated()
    database.add(*names(3))
    database.publisher().add_key(NEW)
    database.publisher(NAME).retire_key(parse_verifier(OLD))
    assert database.storage.files[KEY] == f"{NEW}\n".encode()
    assert database.signers(LATEST) == database.signers(COMMIT) == [NEW_NAME]
    database.add(*names(2, 3))
    assert database.signers(LATEST) == database.signers("lookup/q.io/m4@v1.0.0") == [NEW_NAME]
    assert database.signers("lookup/q.io/m1@v1.0.0") == BOTH, "what was signed stays so"
    with pytest.raises(BadSignatureError, match="no verifiable signatures"):
        database.latest()


def test_a_key_is_not_retired_before_the_other_has_signed() -> None:
    database = Rotated()
    database.add(*names(3))
    database.storage.replace(KEY, f"{OLD}\n{NEW}\n".encode())  # so far gets a run that is killed
    before = dict(database.storage.files)
    with pytest.raises(UsageError, match="the other key has not signed"):
        database.publisher(NAME).retire_key(parse_verifier(OLD))
    assert database.storage.files == before
    database.add(*names(1, 3))  # which signs the head, and no older lookup
    database.publisher(NAME).retire_key(parse_verifier(OLD))
    assert all(NEW_NAME in database.signers(key) for key in database.lookups())


def test_cosignatures_stay() -> None:
    database = Rotated()
    database.add(*names(3))
    witness = Witness("w.example", 3)
    latest = database.storage.files[LATEST]
    line = witness.line(latest, 1_700_000_000)
    database.storage.replace(LATEST, latest + line)
    database.publisher().add_key(NEW)
    assert line in database.storage.files[LATEST]
    database.publisher(NAME).retire_key(parse_verifier(OLD))
    assert line in database.storage.files[LATEST]
    assert database.signers(LATEST) == [NEW_NAME]


def test_killed_at_any_step_it_is_done_by_another_run() -> None:
    died, killed = 0, True
    while killed:
        database = Rotated()
        database.add(*names(3))
        database.storage.die_at(died)
        try:
            database.publisher().add_key(NEW)
            database.publisher(NAME).retire_key(parse_verifier(OLD))
            killed = False
        except Killed:
            pass
        database.storage.live()
        if died % 2:
            database.add("q.io/other@v1.0.0")  # who adds meanwhile signs what there is
        if parse_verifier(OLD) in database_keys(database.storage):
            database.publisher().add_key(NEW)
            assert all(database.signers(key) == BOTH for key in (LATEST, COMMIT, *database.lookups()))
            assert len(check(database).records) == 3 + died % 2
            database.publisher(NAME).retire_key(parse_verifier(OLD))
        database.add("q.io/last@v1.0.0")
        assert database.signers(LATEST) == database.signers(COMMIT) == [NEW_NAME]
        died += 1
    assert died > 8


class Watched(MemoryStorage):
    """Calls `before` before it is read, too."""

    def head(self, key: str) -> Entry | None:
        self.before("head", key)
        return super().head(key)

    def read(self, key: str, start: int = 0, length: int | None = None) -> bytes | None:
        self.before("read", key)
        return super().read(key, start, length)


@pytest.mark.wide
def test_a_writer_that_began_before_signs_with_both_or_is_signed_anew() -> None:
    """The database gets its key just before the n-th step of a writer that may have seen one key."""
    for step in range(200):
        database = Rotated(Watched())
        database.add(*names(1))
        count, done = 0, False

        def overtake(operation: str, key: str, database: Rotated = database, step: int = step) -> None:
            nonlocal count, done
            count += 1
            if count == step + 1:
                done = True
                database.storage.live()
                database.publisher().add_key(NEW)

        database.storage.before = overtake
        database.publisher().add(records(names(1, 1)))
        database.storage.live()
        if not done:
            break
        for key in (LATEST, COMMIT, *database.lookups()):
            assert database.signers(key) == BOTH, (step, key)
        assert len(check(database).records) == 2
    assert step > 20
