# SPDX-License-Identifier: BSD-3-Clause
"""Attacks on whoever trusts a proxy of `govgo serve`: an upstream that lies, files that change at rest, a full disk.

Whatever happens, a client gets the truth, or an error; and the proxy keeps nothing that is false.
"""

from __future__ import annotations

import asyncio
import errno
import gc
import hashlib
import http.client
import os
import random
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import NetworkError
from tests.simulators import campaigns
from tests.simulators.hangups import needs_proc
from tests.simulators.proxy import Body, Drip, File, Status, Truncate
from tests.simulators.served import Got, Served, eventually, on_cold
from tests.simulators.world import World
from tests.simulators.zips import module_zip

A = "/q.io/a/@v/"
ZIP, MOD = A + "v1.0.0.zip", A + "v1.0.0.mod"
SUMDB = "/sumdb/sum.example.org"
LOOKUP = SUMDB + "/lookup/q.io/a@v1.0.0"


def noise(size: int) -> str:
    lines = (hashlib.sha256(b"%d" % number).hexdigest() for number in range(size // 32))
    return "package a\n" + "".join(f"// {line}\n" for line in lines)


LARGE = noise(400_000)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path) as world:
        publish(world)
        yield world


def publish(world: World) -> None:
    world.publish("q.io/a", "v1.0.0", files={"a.go": LARGE})
    world.publish("q.io/b", "v1.0.0")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with World(tmp_path_factory.mktemp("served")) as world:
        publish(world)
        with Served(world) as served:
            yield served


@pytest.fixture
def served(shared: Served) -> Served:
    shared.world.calm()
    shared.renew()
    return shared


def flipped(data: bytes, place: int) -> bytes:
    """`data` with one bit flipped."""
    place %= len(data)
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


def is_refused(got: Got) -> bool:
    """Whether a client sees that it has not got the file."""
    return not got.whole or got.status == 502


def stored(served: Served, path: str) -> bool:
    return (served.storage / path[1:]).exists()


# A lying upstream.


def test_forged_go_mod(served: Served) -> None:
    served.world.proxy.script(MOD, Body(b"module q.io/a\n\nrequire evil.io/x v1.0.0\n"))
    got = served.get(MOD)
    assert (got.status, "checksum mismatch" in got.text) == (502, True)
    assert not stored(served, MOD)


def test_forged_zip(served: Served) -> None:
    forged = module_zip("q.io/a@v1.0.0", {"go.mod": b"module q.io/a\n", "a.go": LARGE.encode() + b"// evil\n"})
    served.world.proxy.script(ZIP, Body(forged))
    got = served.get(ZIP)
    assert is_refused(got)
    assert len(got.body) <= len(forged) - (1 << 16), "the end, without which no file can be taken out, is held back"
    assert not stored(served, ZIP)
    assert not stored(served, ZIP + "hash")


def open_spools(served: Served) -> int:
    """How many files of zips on their way this process has open."""
    found = 0
    for number in os.listdir("/proc/self/fd"):
        with suppress(OSError):
            found += str(served.storage) in os.readlink(f"/proc/self/fd/{number}")
    return found


@needs_proc
@pytest.mark.parametrize("how", ["sound", "forged", "cut", "left"])
def test_attack_cold_zips_that_leave_their_files_open(served: Served, how: str) -> None:
    """Each would take a descriptor and its bytes of the disk for as long as nobody looks for cycles of objects."""
    if how == "forged":
        served.world.proxy.script(ZIP, Body(module_zip("q.io/a@v1.0.0", {"go.mod": b"module q.io/a\n"})))
    elif how in ("cut", "left"):
        served.world.proxy.script(ZIP, Truncate() if how == "cut" else Drip(((0, 100_000), (30, 1))))
    gc.collect()
    gc.disable()
    try:
        for _ in range(4):
            with suppress(OSError, http.client.HTTPException):
                served.get(ZIP, timeout=0.3 if how == "left" else 10)
            eventually(lambda: served.site.requests + served.site.library.flights == 0)
            served.renew()
        eventually(lambda: open_spools(served) == 0)
    finally:
        gc.enable()


def test_one_flipped_bit_anywhere_in_a_zip(served: Served) -> None:
    honest = served.world.proxy.files[ZIP]
    rng = random.Random(1)
    for place in [0, 10, len(honest) - 1, len(honest) - 30, *(rng.randrange(len(honest)) for _ in range(8))]:
        served.world.proxy.script(ZIP, Body(flipped(honest, place)))
        got = served.get(ZIP)
        # A bit that means nothing (a time, say) may be flipped: then the content is what the database proves.
        assert is_refused(got) or got.body == flipped(honest, place)
        if not is_refused(got):
            os.unlink(served.storage / ZIP[1:])
        served.renew(storage=False)


def test_what_was_bad_is_not_fetched_again_at_once(served: Served) -> None:
    served.world.proxy.script(ZIP, Body(flipped(served.world.proxy.files[ZIP], 200)))
    assert is_refused(served.get(ZIP))
    for _ in range(5):
        assert served.get(ZIP).status == 502
    assert served.world.proxy.asked.count(ZIP) == 1


def test_many_readers_of_a_forged_zip_are_all_cut(served: Served) -> None:
    served.world.proxy.script(ZIP, Body(flipped(served.world.proxy.files[ZIP], 200)))
    assert all(is_refused(got) for got in served.together(16, ZIP))


def test_truncated_zip(served: Served) -> None:
    served.world.proxy.script(ZIP, Truncate())
    assert is_refused(served.get(ZIP))
    assert not stored(served, ZIP)


def test_a_page_in_place_of_a_zip(served: Served) -> None:
    served.world.proxy.script(ZIP, Body(b"<!doctype html>" + b"x" * 200_000))
    assert is_refused(served.get(ZIP))


@pytest.mark.parametrize("place", [2, 60, -20], ids=["number", "hash", "signature"])
def test_a_forged_lookup(served: Served, place: int) -> None:
    served.world.database.forge = lambda path, body: flipped(body, place) if "lookup" in path else body
    assert served.get(LOOKUP).status == 502
    assert served.get(MOD).status == 502
    assert not stored(served, LOOKUP)
    assert not stored(served, MOD)
    served.world.database.forge = lambda path, body: body
    served.renew(storage=False)
    assert served.get(MOD).status == 200, "a fault on the way is not held against the database for ever"


def test_a_forged_tile(served: Served) -> None:
    served.world.database.forge = lambda path, body: flipped(body, 7) if "tile" in path else body
    assert served.get(SUMDB + "/tile/8/0/000").status == 502
    assert served.get(MOD).status == 502
    served.world.database.forge = lambda path, body: body
    served.renew(storage=False)
    assert served.get(MOD).status == 200


def test_a_short_tile(served: Served) -> None:
    served.world.database.forge = lambda path, body: body[:-32] if "tile" in path else body
    assert served.get(SUMDB + "/tile/8/0/000").status == 502


def test_a_tile_beyond_the_tree(served: Served) -> None:
    assert served.get(SUMDB + "/tile/8/0/900").status == 404
    assert served.get(SUMDB + "/tile/4/0/000").status == 404
    assert served.get(SUMDB + "/tile/8/data/000").status == 404


def test_a_fork_of_the_database(world: World) -> None:
    """Two histories under one key: nothing is proved any more, what is stored is served, and it is not hidden."""
    with Served(world) as served:
        two_histories(served)


def two_histories(served: Served) -> None:
    assert served.get(MOD).status == 200
    fork = served.world.log.fork(200).grow(400)
    number = fork.add("q.io/b", "v1.0.0", served.world.record(ModuleVersion("q.io/b", "v1.0.0")))
    assert number > 200
    served.world.database.log = served.world.database.tile_log = fork
    got = served.get("/q.io/b/@v/v1.0.0.mod")
    assert got.status == 502
    assert served.get("/readyz").status == 503
    assert served.get(MOD).status == 200
    served.world.database.log = served.world.database.tile_log = served.world.log
    served.renew(storage=False)
    assert served.get("/q.io/b/@v/v1.0.0.mod").status == 502, "evidence is not forgotten"
    assert list((served.storage / "sumdb/sum.example.org").glob("fork-*.txt"))


@pytest.mark.parametrize("asked_again", [False, True])
def test_attack_a_fork_in_an_answer_that_nobody_asks_for(world: World, asked_again: bool) -> None:
    """The lookup starts with the fetch of a go.mod that does not exist: the evidence is reported all the same."""
    with Served(world) as served:
        assert served.get(MOD).status == 200
        honest = world.log
        fork = honest.fork(200).grow(400)
        fork.add("q.io/b", "v1.0.0", world.record(ModuleVersion("q.io/b", "v1.0.0")))
        world.database.log = world.database.tile_log = fork
        world.proxy.script("/q.io/b/@v/v1.0.0.mod", Status(404))
        assert served.get("/q.io/b/@v/v1.0.0.mod").status == 404
        eventually(lambda: list((served.storage / "sumdb/sum.example.org").glob("fork-*.txt")))
        world.database.log = world.database.tile_log = honest
        world.proxy.calm()
        if asked_again:
            assert served.get("/q.io/b/@v/v1.0.0.zip").status == 502
        else:
            on_cold(served, served.site.library.forget)
        eventually(lambda: any("both signed tree heads are kept" in said for said in served.said))
        assert sum("SECURITY ERROR" in said for said in served.said if "fork-" in said) == 1
        assert served.get("/readyz").status == 503
        assert served.get("/sumdb/sum.example.org/lookup/q.io/b@v1.0.0").status == 502


def test_a_rolled_back_database_after_a_restart(world: World) -> None:
    """The head outlives the process: an upstream that goes back behind it is found out."""
    with Served(world) as served:
        assert served.get(MOD).status == 200
    fork = world.log.fork(200).grow(400)
    fork.add("q.io/b", "v1.0.0", world.record(ModuleVersion("q.io/b", "v1.0.0")))
    world.database.log = world.database.tile_log = fork
    with Served(world) as served:
        assert served.get("/q.io/b/@v/v1.0.0.mod").status == 502
        assert not stored(served, "/q.io/b/@v/v1.0.0.mod")


def test_a_mirror_that_lags_is_no_fork(world: World) -> None:
    """It lacks tiles of the tree that was seen elsewhere, and shows no other history."""
    older = world.log.copy()
    world.publish("q.io/new", "v1.0.0")
    with Served(world) as served:
        assert served.get("/q.io/new/@v/v1.0.0.mod").status == 200
        shutil.rmtree(served.storage / "sumdb/sum.example.org/tile")
    world.database.log = world.database.tile_log = older
    with Served(world) as served:
        assert served.get(MOD).status == 503
        assert served.get("/readyz").status == 200
        assert not any("SECURITY ERROR" in said for said in served.said)
        assert not list((served.storage / "sumdb/sum.example.org").glob("fork-*.txt"))


def test_another_version_in_an_info(served: Served) -> None:
    served.world.proxy.script(A + "v1.0.0.info", Body(b'{"Version":"v6.6.6","Time":"2024-01-02T03:04:05Z"}'))
    assert served.get(A + "v1.0.0.info").status == 502
    assert not stored(served, A + "v1.0.0.info")


def test_foreign_text_in_a_list(served: Served) -> None:
    served.world.proxy.script(A + "list", Body(b"v1.0.0\n\x1b[31mred\n<script>\nv1.1.0-\xff\nv2\n../x\n"))
    assert served.get(A + "list").body == b"v1.0.0\n"


def test_foreign_text_in_an_error(served: Served) -> None:
    body = b"\x1b[31m::error::x\r\nSet-Cookie: a=b\n"
    served.world.proxy.script(MOD, Status(404, headers={"Content-Type": "text/plain"}, body=body))
    got = served.get(MOD)
    assert got.status == 404
    assert "\x1b" not in got.text
    assert "set-cookie" not in got.headers
    assert got.headers["content-type"] == "text/plain; charset=utf-8"
    assert got.headers["x-content-type-options"] == "nosniff"


def test_passwords_of_upstream_are_told_to_nobody(world: World) -> None:
    world.proxy.script("*", Status(403))
    with Served(world, upstream=world.proxy.url.replace("http://", "http://user:hunter2@")) as served:
        for path in (MOD, ZIP, A + "list"):
            assert "hunter2" not in served.get(path).text
        assert "hunter2" not in "".join(served.said)


# Files that change at rest.


@pytest.mark.parametrize("path", [MOD, ZIP])
@pytest.mark.parametrize("damage", campaigns.one_in(3, ["flipped", "cut", "empty"]))
def test_damage_at_rest_is_mended(world: World, path: str, damage: str) -> None:
    with Served(world) as served:
        honest = served.get(path).body
    file = served.storage / path[1:]
    file.chmod(0o644)
    file.write_bytes({"flipped": flipped(honest, 40), "cut": honest[:7], "empty": b""}[damage])
    with Served(world) as served:
        got = served.get(path)
        assert (got.status, got.body) == (200, honest)
        assert "damaged in the storage" in "".join(served.said)
        eventually(lambda: file.read_bytes() == honest)


@pytest.mark.parametrize("path", [MOD, ZIP])
def test_damage_at_rest_is_never_served(world: World, path: str) -> None:
    with Served(world) as served:
        honest = served.get(path).body
    (served.storage / path[1:]).write_bytes(flipped(honest, 40))
    with Served(world, upstream="http://127.0.0.1:1") as served:
        assert served.get(path).status == 502


def test_damaged_proofs_at_rest_are_fetched_anew(world: World) -> None:
    with Served(world) as served:
        before = {path: served.get(path).body for path in (LOOKUP, SUMDB + "/tile/8/0/000")}
    for file in (served.storage / "sumdb").rglob("*"):
        if file.is_file():
            file.write_bytes(flipped(file.read_bytes(), 33))
    with Served(world) as served:
        for path, body in before.items():
            assert served.get(path).body == body


def test_planted_links_are_not_followed(world: World, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"module q.io/a\n")
    for path in (MOD, ZIP, A + "v1.0.0.info"):
        link = world.root / "served" / path[1:]
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(secret)
    with Served(world, upstream="http://127.0.0.1:1", env={"GOSUMDB": "off"}) as served:
        for path in (MOD, ZIP, A + "v1.0.0.info"):
            assert served.get(path).status == 502


# A disk that is full.


def test_a_full_disk(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with Served(world) as served:
        assert served.get(MOD).status == 200

        def full(*_: object) -> int:
            raise OSError(errno.ENOSPC, "no space")

        monkeypatch.setattr("govgo.adapters.disk.atomic.os.open", full)
        monkeypatch.setattr("govgo.adapters.storage.directory.atomic.create_temp", full)
        assert served.get(MOD).status == 200
        assert served.get("/q.io/b/@v/v1.0.0.mod").status == 200, "what was proved is given all the same"
        assert served.get("/q.io/b/@v/v1.0.0.zip").status == 503, "a zip needs a place to be proved"
        assert "no space" in "".join(served.said)
        monkeypatch.undo()
        eventually(lambda: served.get("/q.io/b/@v/v1.0.0.zip").status == 200)
    assert not list(served.storage.rglob("*.tmp"))


def test_a_disk_that_fills_up_under_a_zip(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    written = 0

    def fills_up(descriptor: int, data: bytes) -> None:
        nonlocal written
        written += len(data)
        if written > 150_000:
            raise OSError(errno.ENOSPC, "no space")
        while data:
            data = data[os.write(descriptor, data) :]

    monkeypatch.setattr("govgo.serve.upstream.copies.write_all", fills_up)
    got = served.get(ZIP)
    assert not got.whole or got.status == 503
    assert not stored(served, ZIP)
    eventually(lambda: not list(served.storage.rglob("*.tmp")))  # the client may know it first
    monkeypatch.undo()
    assert served.get(ZIP).body == served.world.proxy.files[ZIP]


def test_upstream_recovers(served: Served) -> None:
    served.world.proxy.script("*", Status(503))
    assert served.get(ZIP).status == 503
    served.world.proxy.script("*", File())
    assert served.get(ZIP).status == 200


def test_a_lookup_that_failed_while_nobody_waited_for_it_is_made_again(served: Served) -> None:
    """The fetch around it fails for a reason of its own."""
    mod = ModuleVersion("q.io/a", "v1.0.0")
    proofs = served.site.library._means.proofs

    async def fetch() -> None:
        with suppress(NetworkError):
            async with proofs.expecting(mod):
                assert proofs._current is not None
                await asyncio.wait(proofs._current.database._records.values())
                raise NetworkError("the zip cannot be had")

    served.world.proxy.script("*", Status(503))
    asyncio.run_coroutine_threadsafe(fetch(), served.site.cold.loop).result(30)
    served.world.proxy.script("*", File())
    got = served.get(ZIP)
    assert (got.status, got.whole) == (200, True)


@pytest.mark.wide
@pytest.mark.parametrize("size", [400_000, 6_000_000], ids=["all of it sent", "more than fits into the socket"])
@pytest.mark.parametrize("harm", ["flip", pytest.param("cut", marks=pytest.mark.wide)])
def test_attack_a_zip_that_somebody_writes_into_while_it_is_sent(tmp_path: Path, size: int, harm: str) -> None:
    """A client that reads late gets what was proved."""
    with World(tmp_path) as world:
        world.publish("q.io/late", "v1.0.0", files={"a.go": f"package a // {random.Random(1).randbytes(size).hex()}\n"})
        path = "/q.io/late/@v/v1.0.0.zip"
        honest = world.proxy.files[path]
        with Served(world) as served:
            assert served.get(path).body == honest
            eventually(lambda: served.counters.total("sent_bytes") >= len(honest))
            before = served.counters.total("sent_bytes")
            client = http.client.HTTPConnection("127.0.0.1", served.port, timeout=20)
            client.request("GET", path)
            answer = client.getresponse()
            if size < 1_000_000:
                eventually(lambda: served.counters.total("sent_bytes") >= before + len(honest))
            stored = served.storage / path[1:]
            if harm == "flip":
                with stored.open("r+b") as file:
                    file.seek(300_000)
                    file.write(bytes([honest[300_000] ^ 8]))
            else:
                os.truncate(stored, 300_000)
            assert answer.read() == honest
            client.close()


@pytest.mark.wide
def test_a_zip_whose_name_goes_while_it_is_sent_comes_whole(tmp_path: Path) -> None:
    """It was evicted, or replaced by a sound one: what is open is what was proved all the same."""
    with World(tmp_path) as world:
        text = random.Random(1).randbytes(6_000_000).hex()
        world.publish("q.io/late", "v1.0.0", files={"a.go": f"package a // {text}\n"})
        path = "/q.io/late/@v/v1.0.0.zip"
        with Served(world) as served:
            assert served.get(path).body == world.proxy.files[path]
            client = http.client.HTTPConnection("127.0.0.1", served.port, timeout=20)
            try:
                client.request("GET", path)
                answer = client.getresponse()
                (served.storage / path[1:]).unlink()
                assert answer.read() == world.proxy.files[path]
            finally:
                client.close()
