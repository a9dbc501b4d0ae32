# SPDX-License-Identifier: BSD-3-Clause
"""Answers that come from upstream: its faults, what may change there, a restart without it, its checksum database."""

from __future__ import annotations

import itertools
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from govgo.ports.storage import Entry
from govgo.serve.policy import Policy
from tests.serve.http.test_application import SUMDB, A, asked, served, shared, world
from tests.simulators import campaigns
from tests.simulators.proxy import Body, Stall, Status, Validated
from tests.simulators.served import Served, eventually
from tests.simulators.waiting import PATIENCE_S
from tests.simulators.world import World

__all__ = ["served", "shared", "world"]  # fixtures

# Upstream is told as itself.


@pytest.mark.parametrize(
    ("status", "told"),
    campaigns.one_in(3, [
        (404, 404), (410, 410), (400, 502), (401, 401), (403, 403), (429, 429), (451, 502), (500, 500), (502, 502),
        (503, 503), (504, 504), (600, 502), (999, 502),
    ]),
)  # fmt: skip
def test_statuses_of_upstream(served: Served, status: int, told: int) -> None:
    served.world.proxy.script("*", Status(status, headers={"Retry-After": "0"} if status >= 429 else {}))
    for file in ("list", "v1.0.0.info", "v1.0.0.mod", "v1.0.0.zip"):
        got = served.get(A + file)
        assert got.status == told
        assert got.headers["cache-control"] == ("max-age=10" if told in (404, 410) else "no-store")
    assert not list(served.storage.glob("q.io/*"))


def test_an_upstream_that_is_not_there(world: World) -> None:
    with Served(world, upstream="http://127.0.0.1:1") as served:
        for file in ("list", "v1.0.0.info", "v1.0.0.mod", "v1.0.0.zip"):
            assert served.get(A + file).status == 502


def test_an_upstream_that_does_not_answer(world: World) -> None:
    world.proxy.script("*", Stall())
    with Served(world, timeout_s=0.1) as served:
        assert {served.get(A + file).status for file in ("v1.0.0.mod", "v1.0.0.zip", "list")} == {504}


def test_not_found_is_remembered_briefly(world: World) -> None:
    with Served(world, missing_s=1.2) as served:
        for _ in range(3):
            assert served.get(A + "v1.2.0.mod").status == 404
        assert asked(world) == [A + "v1.2.0.mod"]
        world.publish("q.io/a", "v1.2.0")
        eventually(lambda: served.get(A + "v1.2.0.mod").status == 200)


# What may change.


def test_a_slow_storage_makes_nobody_ask_for_a_list_twice(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second client's look at the storage ends after upstream has answered the first one."""
    proxy, storage = served.world.proxy, served.site.storage
    head, versions = storage.head, proxy.files[A + "list"]
    looks, both_look, is_answered = itertools.count(1), Event(), Event()

    def slow(key: str) -> Entry | None:
        if key.endswith("list.kept") and next(looks) == 2:
            both_look.set()
            assert is_answered.wait(PATIENCE_S)
        return head(key)

    def answer(rest: str) -> bytes:
        assert both_look.wait(PATIENCE_S)
        return versions

    monkeypatch.setattr(storage, "head", slow)
    monkeypatch.setitem(proxy.handlers, A + "list", answer)
    with ThreadPoolExecutor(2) as clients:
        first = clients.submit(served.get, A + "list")
        eventually(lambda: asked(served.world))
        second = clients.submit(served.get, A + "list")
        assert first.result().body == versions
        is_answered.set()
        assert second.result().body == versions
    assert asked(served.world) == [A + "list"]


def test_lists_are_asked_for_again_after_a_while(world: World) -> None:
    with Served(world, list_s=1.2) as served:
        assert served.get(A + "list").body == b"v1.0.0\nv1.1.0\n"
        world.publish("q.io/a", "v1.2.0")
        assert served.get(A + "list").body == b"v1.0.0\nv1.1.0\n"
        eventually(lambda: served.get(A + "list").body == b"v1.0.0\nv1.1.0\nv1.2.0\n")
        assert 2 <= len(asked(world, "list")) <= 3


@pytest.mark.parametrize("path", [A + "list", "/q.io/a/@latest"])
def test_upstream_is_asked_anew_by_what_is_known(world: World, path: str) -> None:
    """What is as it was is not sent again, and stays as old as it is."""
    files = world.proxy.files
    files["/q.io/a/@latest"] = files[A + "v1.1.0.info"]
    world.proxy.script("*", Validated(tag='"one"'))
    with Served(world, list_s=0.2) as served:
        first = served.get(path)
        time.sleep(1.1)  # Last-Modified has seconds
        again = served.get(path)
        assert (again.status, again.body) == (200, first.body)
        assert again.headers["last-modified"] == first.headers["last-modified"]
        requests = zip(world.proxy.asked, world.proxy.headers, strict=True)
        assert [head.get("if-none-match") for name, head in requests if name == path] == [None, '"one"']
        assert "govgo_unchanged_upstream_total 1.0" in served.get("/metrics").text.splitlines()
        files[path] = files[path].replace(b"v1.1.0", b"v1.0.0")
        world.proxy.script("*", Validated(tag='"two"'))
        eventually(lambda: b"v1.1.0" not in served.get(path).body)


def test_an_old_list_at_once_when_upstream_is_down(world: World) -> None:
    with Served(world, list_s=0.4) as served:
        for path in (A + "list", "/q.io/big/@v/list"):
            assert served.get(path).status == 200
        world.proxy.script("*", Status(503))
        while world.proxy.asked.count(A + "list") < 2:  # until one has found out
            assert served.get(A + "list").body == b"v1.0.0\nv1.1.0\n"
        served.world.proxy.script("*", Stall())
        for path in (A + "list", "/q.io/big/@v/list"):
            assert served.get(path).status == 200


@pytest.mark.parametrize("status", [401, 403])
def test_one_module_that_upstream_refuses_makes_no_other_list_old(world: World, status: int) -> None:
    with Served(world, list_s=0.2) as served:
        for path in (A + "list", "/q.io/big/@v/list"):
            assert served.get(path).status == 200
        world.proxy.script("/q.io/big/@v/list", *[Status(status)] * 20)
        world.publish("q.io/a", "v1.2.0")
        eventually(lambda: served.get("/q.io/big/@v/list").status == 200 and len(asked(world, "big/@v/list")) > 1)
        eventually(lambda: served.get(A + "list").body == b"v1.0.0\nv1.1.0\nv1.2.0\n", 5)


# Restart with a dead upstream.


def test_everything_is_served_after_a_restart_without_upstream(world: World) -> None:
    paths = [A + "list", A + "v1.0.0.info", A + "v1.0.0.mod", A + "v1.0.0.zip", SUMDB + "/supported",
             SUMDB + "/lookup/q.io/a@v1.0.0", SUMDB + "/tile/8/0/000", SUMDB + "/latest"]  # fmt: skip
    with Served(world) as served:
        before = {path: served.get(path) for path in paths}
    with Served(world, upstream="http://127.0.0.1:1") as served:
        for path in paths:
            got = served.get(path)
            assert (path, got.status, got.body) == (path, 200, before[path].body)


def test_the_list_of_what_is_stored_where_none_was_ever_asked_for(world: World) -> None:
    with Served(world) as served:
        served.get(A + "v1.1.0.mod")
    with Served(world, upstream="http://127.0.0.1:1") as served:
        assert served.get(A + "list").body == b"v1.1.0\n"


# What is wrong.


@pytest.mark.parametrize("body", [b"<html><body>Who are you?</body></html>\n", b'{"error": "no upstream"}\n', b"OK\n"])
def test_a_page_in_place_of_a_list_is_told_and_leaves_the_list_as_it_was(world: World, body: bytes) -> None:
    """go takes it for an empty list; a server would give that to everybody, and keep it."""
    world.proxy.script("/q.io/big/@v/list", Body(body))
    with Served(world, list_s=0.2) as served:
        assert served.get(A + "list").status == 200
        got = served.get("/q.io/big/@v/list")
        assert (got.status, "no list of versions" in got.text) == (502, True)
        world.proxy.script(A + "list", Body(body))
        while world.proxy.asked.count(A + "list") < 2:
            assert served.get(A + "list").body == b"v1.0.0\nv1.1.0\n"
    with Served(world, upstream="http://127.0.0.1:1") as served:
        assert served.get(A + "list").body == b"v1.0.0\nv1.1.0\n"


def test_a_page_in_place_of_a_private_go_mod_is_not_kept(world: World) -> None:
    """Nothing proves these files, so a page for a login would be served for good."""
    world.proxy.script(A + "v1.0.0.mod", Body(b"<!DOCTYPE html><title>Log in</title>"))
    with Served(world, env={"GONOSUMDB": "q.io"}) as served:
        assert served.get(A + "v1.0.0.mod").status == 502
        world.proxy.calm()
        assert served.get(A + "v1.0.0.mod").body == b"module q.io/a\n"


def spoilt(data: bytes) -> list[bytes]:
    return [b"", data[:7], data[:-1], bytes([data[0] ^ 4]) + data[1:], b"v9.0.0\n" + data, b"<html>\n", bytes(5 << 20)]


@pytest.mark.parametrize(("path", "kept"), [(A + "list", A + "list.kept"), ("/q.io/a/@latest", "/q.io/a/@latest.kept")])
def test_what_upstream_said_is_believed_if_it_is_what_was_written(world: World, path: str, kept: str) -> None:
    world.proxy.files["/q.io/a/@latest"] = world.proxy.files[A + "v1.0.0.info"]
    with Served(world) as served:
        said = served.get(path).body
        file = served.storage / kept[1:]
        written = file.read_bytes()
    for data in spoilt(written):
        file.write_bytes(data)
        with Served(world, upstream="http://127.0.0.1:1") as served:
            assert served.get(path).status == 502
            assert served.counters.total("damaged") == 1
        assert not file.exists()
    file.write_bytes(written)
    with Served(world, upstream="http://127.0.0.1:1") as served:
        assert served.get(path).body == said


@pytest.mark.parametrize("file", ["v1.0.0.info", "v1.0.0.mod"])
def test_a_stored_file_that_has_grown_too_large_is_fetched_again(world: World, file: str) -> None:
    with Served(world) as served:
        right = served.get(A + file).body
        stored = served.storage / A[1:] / file
    with open(stored, "ab") as data:
        data.truncate(17 << 20)
    with Served(world) as served:
        assert served.get(A + file).body == right
    assert stored.read_bytes() == right


def test_the_latest_version_that_a_mirror_names(world: World) -> None:
    """`govgo mirror` writes it plainly; nothing proves it, but it has to be an answer."""
    info = world.proxy.files[A + "v1.0.0.info"]
    file = world.root / "served/q.io/a/@latest"
    file.parent.mkdir(parents=True)
    for data, status in ((info, 200), (info[:-3], 404), (b"<html>", 404), (b'{"Version":"main"}', 404)):
        file.write_bytes(data)
        with Served(world, policy=Policy(mode="none")) as served:
            assert served.get("/q.io/a/@latest").status == status


# What is remembered is bounded in bytes, too.


def test_attack_many_long_paths_that_are_not_there(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("govgo.serve.upstream.readthrough._REFUSED_BYTES", 20_000)
    with Served(world) as served:
        for number in range(20):
            assert served.get(f"/q.io/{'/'.join(['long'] * 400)}/{number}/@v/list").status == 404
        known = served.site.library._refused
        assert 0 < sum(len(key) + len(refusal.text) for key, (_, refusal) in known.items()) <= known.bytes <= 20_000


def test_attack_many_long_lists(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that was forgotten is asked for again, and is the same."""
    monkeypatch.setattr("govgo.serve.upstream.readthrough._KEPT_BYTES", 30_000)
    versions = "".join(f"v1.{number}.0\n" for number in range(1000)).encode()
    for number in range(5):
        world.proxy.files[f"/q.io/l{number}/@v/list"] = versions
    with Served(world) as served:
        for number in (*range(5), *range(5)):
            served.site.memory.clear()
            assert served.get(f"/q.io/l{number}/@v/list").body == versions
        known = served.site.library._kept
        assert 0 < sum(len(key) + len(kept.data) for key, kept in known.items()) <= known.bytes <= 30_000


# The checksum database.


def test_other_databases_are_not_served(served: Served) -> None:
    assert served.get("/sumdb/sum.other.org/supported").status == 404
    assert served.get("/sumdb/sum.other.org/lookup/q.io/a@v1.0.0").status == 404


def test_lookups_and_tiles_are_asked_for_once(served: Served) -> None:
    for path in (SUMDB + "/lookup/q.io/a@v1.0.0", SUMDB + "/tile/8/0/001.p/40", SUMDB + "/tile/8/1/000.p/1"):
        first = served.get(path)
        before = len(served.world.proxy.asked)
        again = served.get(path)
        assert (first.status, again.body) == (200, first.body)
        assert len(served.world.proxy.asked) == before
    assert len(served.get(SUMDB + "/tile/8/0/001.p/40").body) == 40 * 32


def test_a_lookup_of_what_the_database_does_not_have(served: Served) -> None:
    assert served.get(SUMDB + "/lookup/q.io/none@v1.0.0").status in (403, 404)


def test_private_modules_are_not_shown_to_the_database(world: World) -> None:
    with Served(world, env={"GONOSUMDB": "q.io/a"}) as served:
        assert served.get(SUMDB + "/lookup/q.io/a@v1.0.0").status == 403
        assert served.get(A + "v1.0.0.mod").status == 200
        assert served.get(A + "v1.0.0.zip").status == 200
    assert not [path for path in world.proxy.asked if "/lookup/" in path]
