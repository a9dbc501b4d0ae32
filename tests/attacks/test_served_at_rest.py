# SPDX-License-Identifier: BSD-3-Clause
"""Attacks by who writes to the storage of `govgo serve` while it serves: between a look, a proof and an answer.

A file that was proved is proved no more once other bytes can be read under its name.
"""

from __future__ import annotations

import hashlib
import os
import resource
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.simulators import campaigns
from tests.simulators.served import Served
from tests.simulators.storage import MemoryStorage
from tests.simulators.world import World
from tests.simulators.zips import module_zip

A = "/q.io/a/@v/"
ZIP, MOD = A + "v1.0.0.zip", A + "v1.0.0.mod"
EVIL_MOD = b"module q.io/a\n\nrequire evil.io/x v1.0.0\n"
LARGE = "package a\n" + "".join(f"// {os.urandom(32).hex()}\n" for _ in range(16_000))
EVIL_ZIP = module_zip("q.io/a@v1.0.0", {"go.mod": b"module q.io/a\n", "a.go": b"package evil\n"})


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path) as world:
        world.publish("q.io/a", "v1.0.0", files={"a.go": LARGE})
        world.publish("q.io/b", "v1.0.0")
        yield world


def put(served: Served, path: str, data: bytes) -> None:
    """Let a file have other bytes, as by renaming."""
    file = served.storage / path[1:]
    file.parent.mkdir(parents=True, exist_ok=True)
    other = file.with_name("evil")
    other.write_bytes(data)
    os.rename(other, file)


def overwrite(file: Path, data: bytes) -> None:
    """Write into a file where it lies, and give it the times that it had."""
    times = file.stat()
    file.chmod(0o644)
    with open(file, "r+b") as opened:
        opened.write(data)
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))


def on_call(served: Served, name: str, number: int, then: Callable[[], object]) -> None:
    """Do something before a method of the storage is called for the so-many-th time, for the zip or go.mod."""
    storage: Any = served.site.library._storage
    method = getattr(storage, name)
    calls = 0

    def called(key: str, *args: Any) -> Any:
        nonlocal calls
        if key in (ZIP[1:], MOD[1:]):
            calls += 1
            if calls == number:
                then()
        return method(key, *args)

    setattr(storage, name, called)


def forget_answers(served: Served) -> None:
    """Other requests have taken the room of the answers in memory."""
    served.site.memory.clear()
    served.site.files.clear()


def test_attack_a_go_mod_that_changes_between_the_look_and_the_read(world: World) -> None:
    with Served(world) as served:
        honest = served.get(MOD).body
        forget_answers(served)
        assert served.get(MOD).body == honest  # read from the storage: now it is known as sound
        forget_answers(served)
        on_call(served, "read", 1, lambda: put(served, MOD, EVIL_MOD))
        assert served.get(MOD).body == honest


def test_attack_a_zip_that_changes_between_the_proof_and_the_answer(world: World) -> None:
    with Served(world) as served:
        honest = served.get(ZIP).body
    for number in (1, 2):
        with Served(world) as served:
            on_call(served, "open", number, lambda: put(served, ZIP, EVIL_ZIP))
            got = served.get(ZIP)
            assert got.body == honest or got.status != 200
            forget_answers(served)
            assert served.get(ZIP).body == honest


@pytest.mark.parametrize("path", [MOD, ZIP])
def test_attack_a_proved_file_is_overwritten_with_its_times_kept(world: World, path: str) -> None:
    with Served(world) as served:
        for _ in range(2):
            honest = served.get(path).body
            forget_answers(served)
        place = len(honest) // 2
        evil = honest[:place] + bytes([honest[place] ^ 1]) + honest[place + 1 :]
        overwrite(served.storage / path[1:], evil)
        got = served.get(path)
        assert got.body == honest or got.status != 200


def test_attack_an_open_zip_is_overwritten(world: World) -> None:
    """A large zip stays open between requests."""
    with Served(world) as served:
        for _ in range(3):
            honest = served.get(ZIP).body
        assert served.site.files
        place = len(honest) // 2
        evil = honest[:place] + bytes([honest[place] ^ 1]) + honest[place + 1 :]
        overwrite(served.storage / ZIP[1:], evil)
        got = served.get(ZIP)
        assert got.body == honest


def test_attack_damage_in_a_storage_that_nobody_may_mend(world: World) -> None:
    """It is reported, and not tried forever."""
    with Served(world) as served:
        honest = served.get(ZIP).body
    put(served, ZIP, EVIL_ZIP)
    with Served(world, read_only=True) as served:
        got = served.get(ZIP, timeout=3)
        assert got.body == honest or got.status >= 500


GIGABYTES = 64 << 30


@pytest.mark.parametrize("name", ["v1.0.0.ziphash", "v1.0.0.mod", "v1.0.0.info", "list.kept"])
def test_attack_a_file_without_end_beside_a_zip(world: World, name: str) -> None:
    """A sparse file takes nothing of the disk; read whole it would take all memory."""
    with Served(world, env={"GONOSUMDB": "q.io"}) as served:
        assert served.get(ZIP).status == 200
        served.renew(storage=False)
        file = served.storage / f"q.io/a/@v/{name}"
        file.unlink(missing_ok=True)
        with open(file, "wb") as opened:
            opened.truncate(GIGABYTES)
        if name.endswith(".mod"):
            (served.storage / ZIP[1:]).unlink()  # the go.mod in the one that is fetched is compared
        before = most_memory()
        for path in (ZIP, MOD, A + "v1.0.0.info", A + "list"):
            assert served.get(path).status in (200, 502)
        assert most_memory() - before < 64 << 20


def most_memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


def test_attack_a_download_resumed_with_another_zip(world: World) -> None:
    """Two zips with one h1 may differ in their bytes; halves of both are neither."""
    with Served(world) as served:
        got = served.get(ZIP, Range="bytes=100-", If_Range='"of-another-one"')
        assert (got.status, got.body) == (200, world.proxy.files[ZIP])


def test_a_zip_with_the_same_files_is_the_same_module_and_another_download(world: World) -> None:
    """No record of the database says how a zip is packed: other bytes are served, but never as a part of the first."""
    with Served(world) as served:
        honest = served.get(ZIP)
        before = served.get(ZIP)  # from the storage, with a tag
        packed = honest.body[:-2] + len(b"packed anew").to_bytes(2, "little") + b"packed anew"  # the comment of the zip
        put(served, ZIP, packed)
        forget_answers(served)
        got = served.get(ZIP)
        assert (got.status, got.body) == (200, packed)
        assert got.headers["etag"] == f'"{hashlib.sha256(packed).hexdigest()[:32]}"'
        resumed = served.get(ZIP, Range="bytes=100-", If_Range=before.headers["etag"])
        assert (resumed.status, resumed.body) == (200, packed)
        assert served.counters.total("damaged") == 0


@pytest.mark.parametrize("read_only", [True, False])
def test_a_cold_zip_comes_whole_where_nothing_is_kept_on_this_machine(
    world: World, monkeypatch: pytest.MonkeyPatch, read_only: bool
) -> None:
    if not read_only:
        monkeypatch.setattr("govgo.serve.server.parts.open_storage", lambda settings, env: MemoryStorage())
    with Served(world, read_only=read_only) as served:
        got = served.get(ZIP)
        assert (got.status, got.whole, got.body) == (200, True, world.proxy.files[ZIP])


@pytest.mark.parametrize("moment", campaigns.one_in(4, range(4)))
def test_attack_a_byte_that_lands_while_the_times_stay(
    world: World, monkeypatch: pytest.MonkeyPatch, moment: int
) -> None:
    """A write sets the times of a file before its bytes are there, so who looks between sees nothing of it.

    The bytes land while the stored zip is read: after its size was asked for, in the middle, at the end, and after all.
    """
    with Served(world) as served:
        honest = served.get(ZIP).body
    with Served(world) as served:
        file = served.storage / ZIP[1:]
        storage: Any = served.site.library._storage
        before = file.stat()
        chunks = storage.chunks

        def spoil() -> None:
            place = len(honest) // 2
            with open(file, "r+b") as opened:
                opened.seek(place)
                opened.write(bytes([honest[place] ^ 1]))
            os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))

        def spoiled(key: str, *args: Any) -> Any:
            pieces = chunks(key, *args)
            if key != ZIP[1:] or pieces is None:
                return pieces

            def each() -> Iterator[bytes]:
                if moment == 0:
                    spoil()
                for number, piece in enumerate(pieces):
                    yield piece
                    if moment == number + 1 < 3:
                        spoil()
                if moment == 3:
                    spoil()

            storage.chunks = chunks
            return each()

        file.chmod(0o644)
        storage.chunks = spoiled
        for _ in range(3):
            got = served.get(ZIP)
            assert got.body == honest or got.status != 200
