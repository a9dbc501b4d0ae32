# SPDX-License-Identifier: BSD-3-Clause
"""A proxy whose files are in a bucket: two processes share it, and it answers when upstream is gone."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from govgo.adapters.storage.open import open_storage
from govgo.adapters.sumdb.keyfile import create_key
from govgo.app.storage.uses import read_uses
from govgo.core.module.moduleversion import ModuleVersion
from govgo.serve.events import journal
from govgo.serve.server.events import verifier_of
from govgo.serve.tables import Events, Publishing
from govgo.serve.upstream.upkeep import KEY, CarePlan, Upkeep
from tests.simulators.eventlog import mods, verified_records
from tests.simulators.hangups import needs_proc
from tests.simulators.objectstores import moto
from tests.simulators.proxy import Status
from tests.simulators.served import Served, eventually, on_cold
from tests.simulators.world import World
from tests.simulators.zips import module_zip

FILES = ("v1.0.0.info", "v1.0.0.mod", "v1.0.0.zip")


@pytest.fixture
def bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URL of a bucket, whose credentials are in the environment."""
    with moto(tmp_path) as (url, environ):
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        yield f"{url}/modules"


def serve(world: World, bucket: str, **settings: Any) -> Served:
    credentials = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    return Served(world, env=credentials, storage=bucket, **settings)


@pytest.mark.wide
def test_a_bucket_is_shared_and_outlives_upstream(tmp_path: Path, bucket: str) -> None:
    with World(tmp_path) as world:
        record = world.publish("q.io/a", "v1.0.0")
        published = {name: world.proxy.files[f"/q.io/a/@v/{name}"] for name in FILES}
        with serve(world, bucket) as one, serve(world, bucket) as two:
            assert {name: one.get(f"/q.io/a/@v/{name}").body for name in FILES[1:]} == {
                name: published[name] for name in FILES[1:]
            }
            assert one.get("/q.io/a/@v/v1.0.0.info").status == 200
            lookup = one.get(f"/sumdb/{world.log.name}/lookup/q.io/a@v1.0.0")
            assert record in lookup.text
            asked = [path for path in world.proxy.asked if path.startswith("/q.io/a/@v/v1.0.0")]
            assert two.get("/q.io/a/@v/v1.0.0.zip").body == published["v1.0.0.zip"]
            assert [path for path in world.proxy.asked if path.startswith("/q.io/a/@v/v1.0.0")] == asked
        for path in list(world.proxy.files):
            world.proxy.script(path, *[Status(503)] * 20)
        with serve(world, bucket) as again:
            for name in FILES[1:]:
                assert again.get(f"/q.io/a/@v/{name}").body == published[name]
            assert again.get("/q.io/a/@v/list").body == b"v1.0.0\n"


@pytest.mark.wide
def test_an_event_log_in_a_bucket_has_several_writers(
    tmp_path: Path, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "BEAT_S", 0.05)
    credentials = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    with World(tmp_path) as world:
        for mod in mods(8):
            world.publish(*mod)
        events = Events("a.example", str(tmp_path / "a.key"))

        def writer() -> Served:
            return Served(world, env=credentials, storage=bucket, events=events)

        def told(served: Served) -> list[str]:
            return [json.loads(line)["Path"] for line in served.get("/index").text.splitlines() if line[:1] == "{"]

        with writer() as one, writer() as two:
            for number, mod in enumerate(mods(8)):
                (one, two)[number % 2].get(f"/{mod.path}/@v/{mod.version}.mod")
            eventually(lambda: len(told(one)) == 8 or one.site.journal.fault or two.site.journal.fault, 60)
            assert [one.site.journal.fault, two.site.journal.fault] == ["", ""], (one.said, two.said)
            assert sorted(told(two)) == sorted(mod.path for mod in mods(8))
            verified_records(lambda path: two.get(path).body, verifier_of(create_key(events.key, "a.example")))
        assert not [said for said in (*one.said, *two.said) if "event log" in said]


def test_attack_a_bucket_that_somebody_has_written_to(tmp_path: Path, bucket: str) -> None:
    with World(tmp_path) as world:
        world.publish("q.io/a", "v1.0.0")
        published = world.proxy.files["/q.io/a/@v/v1.0.0.mod"]
        storage = open_storage(bucket, os.environ)
        storage.replace("q.io/a/@v/v1.0.0.mod", b"module q.io/evil\n")
        with serve(world, bucket) as served:
            assert served.get("/q.io/a/@v/v1.0.0.mod").body == published
            assert any("damaged in the storage" in said for said in served.said)
        assert storage.read("q.io/a/@v/v1.0.0.mod") == published


@pytest.mark.wide
def test_attack_a_zip_in_a_bucket_that_changes_after_its_proof(tmp_path: Path, bucket: str) -> None:
    path = "/q.io/a/@v/v1.0.0.zip"
    with World(tmp_path) as world:
        world.publish("q.io/a", "v1.0.0")
        evil = module_zip("q.io/a@v1.0.0", {"go.mod": b"module q.io/a\n", "a.go": b"package evil\n"})
        with serve(world, bucket) as served:
            honest = served.get(path).body
            eventually(lambda: served.site.storage.head(path[1:]) is not None)
            assert served.get(path).body == honest
            # What is sent is the copy that was proved, whatever the bucket has by now.
            storage: Any = served.site.storage
            storage.replace(path[1:], evil)
            assert served.get(path).body == honest
            # While it is copied, it becomes another one.
            served.site.memory.clear()
            chunks = storage.chunks

            def late(*args: Any, **more: Any) -> Any:
                storage.replace(path[1:], evil)
                return chunks(*args, **more)

            storage.chunks = late
            assert served.get(path).status in (200, 503)
            storage.chunks = chunks
            served.site.memory.clear()
            assert served.get(path).body == honest
        assert any("damaged in the storage" in said for said in served.said)


@needs_proc
def test_a_version_is_published_to_a_bucket_and_no_file_left_by_who_is_killed(
    tmp_path: Path, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    (tmp_path / "users").write_text(f"ci:sha256:{hashlib.sha256(b'token').hexdigest()}:read:publish\n")
    zipped = module_zip("q.io/a@v1.0.0", {"go.mod": b"module q.io/a\n", "a.go": os.urandom(1 << 21)})
    head = b"PUT /publish/q.io/a/@v/v1.0.0.zip HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer token\r\n"
    settings = {"users": str(tmp_path / "users"), "publishing": Publishing(("q.io",))}
    with World(tmp_path) as world, serve(world, bucket, **settings) as served:
        with socket.create_connection(("127.0.0.1", served.port), timeout=20) as client:
            client.sendall(head + b"Content-Length: %d\r\n\r\n" % len(zipped) + zipped[: 3 << 19])
            eventually(lambda: max(open_sizes(tmp_path / "tmp"), default=0) >= 1 << 20)
            assert os.listdir(tmp_path / "tmp") == []
            client.sendall(zipped[3 << 19 :])
            assert client.recv(1 << 16).startswith(b"HTTP/1.1 201 ")
        got = served.get("/q.io/a/@v/v1.0.0.zip", Authorization="Bearer token")
        assert (got.status, got.body) == (200, zipped)


def open_sizes(directory: Path) -> list[int]:
    """The sizes of the files of a directory that this process has open, with a name or without."""
    found = []
    for number in os.listdir("/proc/self/fd"):
        with suppress(OSError):
            if os.readlink(f"/proc/self/fd/{number}").startswith(f"{directory}/"):
                found.append(os.stat(f"/proc/self/fd/{number}").st_size)
    return found


@pytest.mark.wide
def test_a_bucket_has_notes_of_use_and_a_limit(tmp_path: Path, bucket: str) -> None:
    with World(tmp_path) as world:
        for name in ("a", "b"):
            world.publish(f"q.io/{name}", "v1.0.0")
        with serve(world, bucket) as served:
            for name in ("a", "b"):
                assert served.get(f"/q.io/{name}/@v/v1.0.0.zip").status == 200
        storage = open_storage(bucket, os.environ)
        assert set(read_uses(storage)) == {ModuleVersion(f"q.io/{name}", "v1.0.0") for name in ("a", "b")}
        with serve(world, bucket) as served:
            library = served.site.library
            plan = CarePlan(1, "q.io/b", "off", True)
            care = on_cold(served, lambda: Upkeep(library._means, library, served.site.uses, plan))
            asyncio.run_coroutine_threadsafe(care.turn(), served.site.cold.loop).result(20)
            assert [entry.key for entry in storage.entries("q.io/") if entry.key.endswith(".zip")] == [
                "q.io/b/@v/v1.0.0.zip"
            ]
            assert int((storage.read(KEY) or b"").split()[1]) == served.counters.total("storage_bytes") > 1


@pytest.mark.parametrize("place", ["ftp://host/modules", "s3://"])
def test_no_bucket(tmp_path: Path, place: str) -> None:
    from govgo.errors import UsageError

    with World(tmp_path) as world, pytest.raises(UsageError), Served(world, storage=place):
        raise AssertionError("it started")
