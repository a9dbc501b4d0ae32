# SPDX-License-Identifier: BSD-3-Clause
"""Published versions in a storage whose writers die at any moment."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from govgo.adapters.modzip.examine import examine
from govgo.core.gosum.dirhash import hash_gomod
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.storage.published import AlreadyPublishedError, Published, format_published, parse_published
from govgo.errors import CacheCorruptError, StorageError, SumMismatchError
from govgo.ports.storage import Entry
from govgo.serve.counters import Counters
from govgo.serve.protocol.answer import Body, Refusal
from govgo.serve.protocol.question import parse_question
from govgo.serve.upstream import stored
from govgo.serve.upstream.copies import Copies
from govgo.serve.upstream.leases import LEASE_S, Leases
from govgo.serve.upstream.published import PublishedModules
from govgo.serve.upstream.zips import Means
from tests.simulators.storage import Killed, MemoryStorage
from tests.simulators.zips import module_zip

MOD = ModuleVersion("corp.example/x", "v1.0.0")
GOMOD = b"module corp.example/x\n"
AT = "corp.example/x/@v/v1.0.0"


class Here:
    """Everything at once, in place of a loop with threads."""

    async def stored(self, work: Callable[[], Any], *, is_large: bool = False) -> Any:
        return work()

    computed = stored


def modules(storage: MemoryStorage, ledger: Any = None) -> PublishedModules:
    here: Any = Here()
    nobody: Any = None
    leases = Leases(storage, here.stored, itertools.count(step=LEASE_S).__next__)  # that of a killed writer soon ends
    means = Means(
        here,
        storage,
        Copies(storage, 1 << 20, stores=True),
        nobody,
        nobody,
        leases,
        nobody,
        Counters(),
        lambda text: None,
        True,
    )
    return PublishedModules(means, "corp.example", ledger)


@pytest.fixture
def storage() -> MemoryStorage:
    return MemoryStorage()


@pytest.fixture
def send(tmp_path: Path) -> Callable[..., Any]:
    path = tmp_path / "upload.zip"

    def send(here: PublishedModules, body: bytes = b"package x\n") -> Any:
        path.write_bytes(module_zip(str(MOD), {"go.mod": GOMOD, "x.go": body}))
        found = examine(str(path), MOD)
        return asyncio.run(here.add(MOD, str(path), found.h1, found.gomod, "ci"))

    return send


H1 = "h1:" + "A" * 43 + "="
RECORD = format_published(Published("v1.0.0", "2026-05-06T07:08:09Z", H1, H1, "ci"))


def ask(here: PublishedModules, path: str) -> Any:
    return asyncio.run(here.answer(parse_question(path)))


def test_a_writer_that_is_killed_leaves_nothing_that_is_told(storage: MemoryStorage, send: Callable[..., Any]) -> None:
    """At each change of the storage: nobody is told of the version, and whoever sends it again, or other bytes, can."""
    steps = 0
    for other in (b"package x\n", b"package other\n"):
        for count in range(100):
            storage.files.clear()
            storage.die_at(count)
            recorded: dict[ModuleVersion, tuple[str, ...]] = {}

            def ledger(mod: ModuleVersion, *sums: str, known: dict[ModuleVersion, tuple[str, ...]] = recorded) -> None:
                if known.setdefault(mod, sums) != sums:
                    raise SumMismatchError(str(mod), module=mod, want=known[mod][0], got=sums[0], against="sumdb")

            done = False
            with suppress(Killed):
                send(modules(storage, ledger))
                done = True
            storage.live()
            is_there = f"{AT}.published" in storage.files
            here = modules(storage, ledger)
            assert ask(here, "/corp.example/x/@v/list").data == (b"v1.0.0\n" if is_there else b"")
            for suffix in ("info", "mod", "zip"):
                got = ask(here, f"/{AT}.{suffix}")
                assert isinstance(got, Refusal) is not is_there
            if recorded and other != b"package x\n":
                with pytest.raises((SumMismatchError, AlreadyPublishedError)):
                    send(here, other)
            else:
                assert send(here, other)[1] is not is_there
                assert ask(here, "/corp.example/x/@v/list").data == b"v1.0.0\n"
            if done:
                steps = count
                break
    assert steps >= 6


def test_a_database_that_contradicts_stops_it(storage: MemoryStorage, send: Callable[..., Any]) -> None:
    def ledger(mod: ModuleVersion, zip_h1: str, gomod_h1: str) -> None:
        raise SumMismatchError(str(mod), module=mod, want="h1:other", got=zip_h1, against="sumdb")

    here = modules(storage, ledger)
    with pytest.raises(SumMismatchError):
        send(here)
    assert ask(here, "/corp.example/x/@v/list").data == b""


@pytest.mark.parametrize(
    "data",
    [b"", b"{}", b"[]", b"{", b'{"Version":"v1.0.0"}', b"[" * 100_000, RECORD.replace(b"-05-", b"-15-")],
)
def test_records_that_are_none(storage: MemoryStorage, data: bytes) -> None:
    with pytest.raises(CacheCorruptError, match=r"^key: no record"):
        parse_published("key", "v1.0.0", data)
    storage.create(f"{AT}.published", data)
    got = ask(modules(storage), f"/{AT}.info")
    assert isinstance(got, Refusal)
    assert got.status == 503, "damage is not `not found`, after which a client would go elsewhere"


def test_records(storage: MemoryStorage) -> None:
    h1 = hash_gomod(GOMOD)
    record = Published("v1.0.0", "2026-01-02T03:04:05Z", h1, h1, 'x"ä')
    assert parse_published("key", "v1.0.0", format_published(record)) == record
    assert record.info == b'{"Version":"v1.0.0","Time":"2026-01-02T03:04:05Z"}'
    fields = f'{{"Version":"v1.0.0","Time":"2026-05-06T07:08:09Z","Sum":"{H1}","GoModSum":"{H1}","By":"ci"'
    check = hashlib.sha256(f"{fields}}}".encode()).hexdigest()
    assert f'{fields},"Check":"{check}"}}'.encode() == RECORD
    with pytest.raises(CacheCorruptError):
        parse_published("key", "v1.0.1", format_published(record))


def test_each_byte_of_a_record_counts() -> None:
    """Else a flipped bit in a hash of it would make sound files look damaged, and the same bytes like others."""
    for place in range(len(RECORD)):
        for bit in (1, 16):
            damaged = RECORD[:place] + bytes([RECORD[place] ^ bit]) + RECORD[place + 1 :]
            with pytest.raises(CacheCorruptError):
                parse_published("key", "v1.0.0", damaged)
        with pytest.raises(CacheCorruptError):
            parse_published("key", "v1.0.0", RECORD[:place])
    with pytest.raises(CacheCorruptError):
        parse_published("key", "v1.0.0", RECORD + b"\n")


@pytest.mark.parametrize("also_lost", ["", "zip", "mod"])
def test_a_damaged_record_is_mended_by_the_same_bytes(
    storage: MemoryStorage, send: Callable[..., Any], also_lost: str
) -> None:
    told: list[str] = []
    here = modules(storage, lambda mod, *sums: told.append(f"{mod}"))
    first, _ = send(here)
    before = dict(storage.files)
    storage.files[f"{AT}.published"] = before[f"{AT}.published"].replace(b"h1:", b"h2:", 1)
    if also_lost:
        del storage.files[f"{AT}.{also_lost}"]
    for suffix in ("info", "mod", "zip"):
        assert ask(here, f"/{AT}.{suffix}").status == 503
    assert ask(here, "/corp.example/x/@latest").status == 503
    with pytest.raises(AlreadyPublishedError, match=r"its record corp\.example/x/@v/v1\.0\.0\.published is damaged"):
        send(here, b"package other\n")
    assert send(here) == (first, False)
    assert storage.files == before
    assert told == [str(MOD)] * 2, "one's own database is asked once more"


def test_a_damaged_record_whose_hash_is_lost_too(storage: MemoryStorage, send: Callable[..., Any]) -> None:
    """Nothing says any more what was published: nobody may put something else there."""
    here = modules(storage)
    send(here)
    storage.files[f"{AT}.published"] = b""
    storage.files[f"{AT}.ziphash"] = b""
    with pytest.raises(AlreadyPublishedError, match="from a backup"):
        send(here)


def test_names_that_are_no_records_are_passed_over(storage: MemoryStorage) -> None:
    odd = ("!.published", "V.published", "x/y.published", "main.published", "v1.published", "v2.0.0.published")
    for name in ("list", "v1.0.0.mod", *odd):
        storage.create(f"corp.example/x/@v/{name}", b"")
    got = ask(modules(storage), "/corp.example/x/@v/list")
    assert isinstance(got, Body)
    assert got.data == b""
    assert ask(modules(storage), "/corp.example/x/@latest").status == 404


@pytest.mark.parametrize("kind", ["list", "latest"])
def test_attack_a_storage_that_names_files_without_end(
    storage: MemoryStorage, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Here and where a list is made of all that is stored: the answer is that the storage fails, and it comes."""
    monkeypatch.setattr(stored, "MOST_FILES", 1000)
    monkeypatch.setattr(
        storage, "entries", lambda prefix: (Entry(f"{prefix}v1.0.{n}.published", 1, 0.0) for n in itertools.count())
    )
    question = f"/corp.example/x/@{'v/list' if kind == 'list' else kind}"
    assert ask(modules(storage), question).status == 503
    if kind == "list":
        with pytest.raises(StorageError, match=r"^corp\.example/x/@v/: more than 1000 files"):
            stored.stored_answer(storage, parse_question(question))
