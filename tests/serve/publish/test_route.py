# SPDX-License-Identifier: BSD-3-Clause
"""Versions that are published, as those who send and those who get them see it."""

from __future__ import annotations

import base64
import errno
import hashlib
import http.client
import json
import os
import random
import re
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from govgo.core.gosum.dirhash import h1, hash_gomod
from govgo.errors import DiskError
from govgo.serve.policy import Policy, Rule
from govgo.serve.publish import uploadqueue
from govgo.serve.publish.route import PublishRoute
from govgo.serve.tables import Publishing
from tests.simulators.served import Got, Served, eventually
from tests.simulators.storage import MemoryStorage
from tests.simulators.world import World
from tests.simulators.zips import STORED, Member, Zip, module_zip

USERS = "".join(
    f"{name}:sha256:{hashlib.sha256(name.encode()).hexdigest()}{rights}\n"
    for name, rights in (
        ("root", ":read:publish"),
        ("ci", ":publish=corp.example/*"),
        ("other", ":publish"),
        ("reader", ""),
        ("guest", ":read=q.io"),
    )
)
X = "/publish/corp.example/x/@v/v1.0.0.zip"


def zip_of(path: str, version: str, gomod: str = "", body: str = "package x\n") -> bytes:
    files = {"go.mod": (gomod or f"module {path}\n").encode(), "x.go": body.encode()}
    return module_zip(f"{path}@{version}", files)


def sum_of(path: str, version: str, body: str = "package x\n") -> str:
    """The h1: by the definition: the hashes of all files, by name."""
    files = {"go.mod": f"module {path}\n", "x.go": body}
    return h1((f"{path}@{version}/{name}", hashlib.sha256(text.encode()).digest()) for name, text in files.items())


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    root = tmp_path_factory.mktemp("publish")
    with World(root) as world:
        world.publish("q.io/a", "v1.0.0")
        (root / "users").write_text(USERS)
        with serving(world) as served:
            yield served


@pytest.fixture
def world(shared: Served) -> World:
    """For servers with other settings."""
    shared.world.calm()
    shutil.rmtree(shared.world.root / "other", ignore_errors=True)
    return shared.world


def serving(world: World, **settings: object) -> Served:
    publishing = settings.pop("publishing", Publishing(("corp.example/*", "other.example")))
    return Served(world, users=str(world.root / "users"), publishing=publishing, **settings)


def other(world: World, **settings: object) -> Served:
    return serving(world, storage=str(world.root / "other"), **settings)


def ask(served: Served, method: str, path: str, body: bytes | None = None, user: str = "root", **more: str) -> Got:
    headers = {name.replace("_", "-"): text for name, text in more.items()}
    if user:
        headers["Authorization"] = f"Bearer {user}"
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=20)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return Got(answer.status, answer.read(), {name.lower(): value for name, value in answer.getheaders()})
    finally:
        connection.close()


def put(served: Served, path: str, version: str, user: str = "root", **more: str) -> Got:
    return ask(served, "PUT", f"/publish/{path}/@v/{version}.zip", zip_of(path, version, **more), user)


def get(served: Served, path: str, user: str = "root") -> Got:
    return ask(served, "GET", path, None, user)


def test_a_version_is_published_and_served(served: Served) -> None:
    assert get(served, "/corp.example/x/@v/list").status == 200
    assert get(served, "/corp.example/x/@v/list").body == b""
    assert get(served, "/corp.example/x/@latest").status == 404
    got = put(served, "corp.example/x", "v1.0.0", "ci")
    told = json.loads(got.body)
    assert got.status == 201
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", told.pop("time"))
    assert told == {
        "module": "corp.example/x",
        "version": "v1.0.0",
        "sum": sum_of("corp.example/x", "v1.0.0"),
        "go_mod_sum": hash_gomod(b"module corp.example/x\n"),
        "by": "ci",
    }
    assert get(served, X).body == got.body
    at = "/corp.example/x/@v/"
    assert get(served, at + "list").body == b"v1.0.0\n", "at once"
    info = json.loads(get(served, at + "v1.0.0.info").body)
    assert info == {"Version": "v1.0.0", "Time": json.loads(got.body)["time"]}
    assert json.loads(get(served, "/corp.example/x/@latest").body) == info
    assert get(served, at + "v1.0.0.mod").body == b"module corp.example/x\n"
    for _ in range(2):
        zipped = get(served, at + "v1.0.0.zip")
        assert (zipped.status, zipped.body) == (200, zip_of("corp.example/x", "v1.0.0"))
    assert served.world.proxy.asked == [], "upstream never hears of it"


def test_what_was_published_never_changes(served: Served) -> None:
    assert put(served, "corp.example/x", "v1.0.0").status == 201
    first = get(served, X).body
    again = put(served, "corp.example/x", "v1.0.0", "ci")
    assert (again.status, again.body) == (200, first), "the same bytes, whoever sends them"
    other = put(served, "corp.example/x", "v1.0.0", body="package other\n")
    assert other.status == 409
    assert other.text.startswith("corp.example/x@v1.0.0 is published already, with other bytes")
    assert get(served, "/corp.example/x/@v/v1.0.0.zip").body == zip_of("corp.example/x", "v1.0.0")


@pytest.mark.parametrize(
    ("user", "path", "status", "text"),
    [
        ("", "corp.example/x", 401, "a login is needed: the password or token of a known user"),
        ("nobody", "corp.example/x", 401, "a login is needed: the password or token of a known user"),
        ("reader", "corp.example/x", 403, "reader may not publish corp.example/x"),
        ("guest", "corp.example/x", 403, "guest may not publish corp.example/x"),
        ("ci", "other.example/x", 403, "ci may not publish other.example/x"),
        ("root", "other.example/x", 201, ""),
        ("root", "q.io/a", 403, "q.io/a is none of the modules that live here ([publish] modules)"),
        ("root", "corp.example/blocked", 403, "blocked by the rule for corp.example/blocked: SEC-7"),
    ],
)
def test_who_may(world: World, user: str, path: str, status: int, text: str) -> None:
    with other(world, policy=Policy((Rule("corp.example/blocked", "", "SEC-7"),))) as served:
        got = put(served, path, "v1.0.0", user)
        assert got.status == status
        assert text in got.text
        assert ("www-authenticate" in got.headers) is (status == 401)


def test_who_may_read(served: Served) -> None:
    assert put(served, "corp.example/x", "v1.0.0").status == 201
    path = "/corp.example/x/@v/v1.0.0.mod"
    assert [get(served, path, user).status for user in ("root", "ci", "reader", "guest", "")] == [
        200,
        200,
        200,
        403,
        401,
    ]
    assert [get(served, path, user).status for user in ("root", "ci", "reader", "guest", "")] == [
        200,
        200,
        200,
        403,
        401,
    ]
    assert get(served, "/q.io/a/@v/v1.0.0.mod", "guest").status == 200
    assert get(served, "/q.io/a/@v/v1.0.0.mod", "ci").status == 403
    basic = base64.b64encode(b"x:guest").decode()
    assert ask(served, "GET", path, None, "", Authorization=f"Basic {basic}").status == 403


@pytest.mark.parametrize(
    ("path", "data", "status", "text"),
    [
        ("corp.example/x/@v/v1.0.0.zip", b"", 422, "not a valid zip file"),
        ("corp.example/x/@v/v1.0.0.zip", b"PK" + b"x" * 300, 422, "not a valid zip file"),
        ("corp.example/x/@v/v1.0.0.zip", zip_of("corp.example/x", "v1.0.0")[:-9], 422, "not a valid zip file"),
        ("corp.example/x/@v/v1.0.0.zip", zip_of("corp.example/x", "v1.0.1"), 422, "has unexpected file"),
        ("corp.example/x/@v/v1.0.0.zip", zip_of("corp.example/y", "v1.0.0"), 422, "has unexpected file"),
        (
            "corp.example/x/@v/v1.0.0.zip",
            zip_of("corp.example/x", "v1.0.0", "module corp.example/y\n"),
            422,
            "corp.example/x@v1.0.0: its go.mod declares corp.example/y",
        ),
        ("corp.example/x/@v/v1.0.0.zip", zip_of("corp.example/x", "v1.0.0", "modul x\n"), 422, "no module"),
        ("corp.example/x/@v/v1.0.0.zip", zip_of("corp.example/x", "v1.0.0", 'module "x\n'), 422, "go.mod"),
        (
            "corp.example/x/@v/v1.0.0.zip",
            module_zip("corp.example/x@v1.0.0", {"x.go": b"package x\n"}),
            422,
            "corp.example/x@v1.0.0: the zip has no go.mod",
        ),
        (
            "corp.example/x/@v/v1.0.0.zip",
            module_zip("corp.example/x@v1.0.0", {"go.mod": b"module corp.example/x\n", "a?.go": b""}),
            422,
            "malformed file path",
        ),
        (
            "corp.example/x/@v/v2.0.0+incompatible.zip",
            module_zip("corp.example/x@v2.0.0+incompatible", {"x.go": b"package x\n"}),
            422,
            "an incompatible version has no go.mod",
        ),
        ("corp.example/x/@v/v2.0.0.zip", b"", 404, "no canonical version of this module"),
        ("corp.example/x/@v/v1.zip", b"", 404, "no canonical version of this module"),
        ("corp.example/x/@v/main.zip", b"", 404, "no canonical version of this module"),
        ("corp.example/x/@v/v1.0.0.mod", b"", 404, "want /publish/MODULE/@v/VERSION.zip"),
        ("corp.example/x/@v/list", b"", 404, "want /publish/MODULE/@v/VERSION.zip"),
        ("x", b"", 404, "not found"),
    ],
)
def test_what_is_no_version(served: Served, path: str, data: bytes, status: int, text: str) -> None:
    got = ask(served, "PUT", f"/publish/{path}", data)
    assert (got.status, text in got.text) == (status, True), got.text
    assert get(served, "/corp.example/x/@v/list").body == b""
    assert [each for each in served.storage.rglob("*") if each.is_file()] == [], "nothing is left behind"


def test_attack_an_entry_before_the_beginning(served: Served) -> None:
    """go names the file of such a zip; where it lies here is nobody's business."""
    prefix = "corp.example/x@v1.0.0/"
    members = (
        Member(f"{prefix}go.mod", b"module corp.example/x\n"),
        Member(f"{prefix}x.go", offset=(1 << 64) - 9, zip64=True),
    )
    got = ask(served, "PUT", X, Zip(members).bytes())
    assert (got.status, got.text) == (422, "readat corp.example/x@v1.0.0.zip: negative offset\n")


def test_sizes(world: World) -> None:
    data = zip_of("corp.example/x", "v1.0.0")
    here = ("corp.example",)
    with other(world, publishing=Publishing(here, max_bytes=len(data))) as served:
        assert ask(served, "PUT", X, data).status == 201
    with other(world, publishing=Publishing(here, max_bytes=len(data) - 1)) as served:
        got = ask(served, "PUT", X, data)
        assert (got.status, got.text) == (413, f"the body of the request exceeds {len(data) - 1} bytes\n")
        chunked = ask(served, "PUT", X, iter([data]))  # type: ignore[arg-type]  # chunks, no length
        assert chunked.status == 413
        assert ask(served, "PUT", X, Content_Length=f"{1 << 40}").status == 413, "and nothing of it was sent"


@pytest.mark.wide
def test_a_large_zip_is_not_held_in_memory(served: Served) -> None:
    """It comes in pieces, some split, and after a name whose proof takes its time; the answer is the bytes."""
    members = [("go.mod", b"module corp.example/big\n"), ("x.bin", random.Random(1).randbytes(24 << 20))]
    data = Zip(tuple(Member(f"corp.example/big@v1.0.0/{name}", body, method=STORED) for name, body in members)).bytes()
    before = peak_kib()
    assert ask(served, "PUT", "/publish/corp.example/big/@v/v1.0.0.zip", data).status == 201
    assert peak_kib() - before < 14 << 10
    assert get(served, "/corp.example/big/@v/v1.0.0.zip").body == data


def peak_kib() -> int:
    """What this process took at most, in KiB."""
    return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1])  # type: ignore[index]


def test_curl_waits_for_permission(served: Served) -> None:
    """`Expect: 100-continue`: who may not publish sends nothing in vain (RFC 9110, 10.1.1)."""
    data = zip_of("corp.example/x", "v1.0.0")

    def spoken(user: str) -> bytes:
        head = f"PUT {X} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {user}\r\nContent-Length: {len(data)}\r\n"
        with socket.create_connection(("127.0.0.1", served.port), timeout=10) as connection:
            connection.sendall(f"{head}Expect: 100-continue\r\nConnection: close\r\n\r\n".encode())
            first = connection.recv(1 << 16)
            if first.startswith(b"HTTP/1.1 100 "):
                connection.sendall(data)
                return first + connection.recv(1 << 16)
            return first

    assert spoken("reader").startswith(b"HTTP/1.1 403 ")
    assert spoken("root").startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 ")


def test_many_at_once(served: Served) -> None:
    """Of many who publish one version with different bytes one gets through; the others are told so, in their turn."""
    found: list[int] = []

    def publish(number: int) -> None:
        found.append(put(served, "corp.example/x", "v1.0.0", body=f"package x{number}\n").status)

    threads = [threading.Thread(target=publish, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [201] + [409] * 11
    record = json.loads(get(served, X).body)
    stored = get(served, "/corp.example/x/@v/v1.0.0.zip").body
    sent = {f"package x{number}\n" for number in range(12)}
    (body,) = (each for each in sent if zip_of("corp.example/x", "v1.0.0", body=each) == stored)
    assert record["sum"] == sum_of("corp.example/x", "v1.0.0", body)


def begun(served: Served, user: str, left: int = 1) -> socket.socket:
    """An upload of which so many bytes do not come."""
    data = zip_of("corp.example/x", "v1.0.0")
    head = f"PUT {X} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {user}\r\nContent-Length: {len(data)}\r\n\r\n"
    connection = socket.create_connection(("127.0.0.1", served.port), timeout=20)
    connection.sendall(head.encode() + data[:-left])
    return connection


def test_attack_uploads_that_never_end(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each takes room on the disk: no more than some may be under way, and whoever leaves makes room."""
    monkeypatch.setattr(uploadqueue, "PATIENCE_S", 0.1)
    with ExitStack() as held:
        for number in range(uploadqueue.AT_ONCE):
            held.enter_context(begun(served, ("root", "ci")[number % 2]))
        eventually(lambda: put(served, "corp.example/x", "v1.1.0", "other").status == 503, 10)
        got = put(served, "corp.example/x", "v1.1.0", "other")
        assert (got.status, got.headers["retry-after"]) == (503, "2")
    eventually(lambda: put(served, "corp.example/x", "v1.2.0").status == 201)
    assert get(served, X).status == 404


def test_attack_one_user_with_many_uploads(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Others have their turn meanwhile, though none of the first ones ends."""
    monkeypatch.setattr(uploadqueue, "PATIENCE_S", 5.0)
    with ExitStack() as held:
        for _ in range(2 * uploadqueue.AT_ONCE):
            held.enter_context(begun(served, "root"))
        eventually(lambda: served.site.requests == 2 * uploadqueue.AT_ONCE)
        for number in range(3):
            assert put(served, "corp.example/x", f"v1.{number}.1", "ci").status == 201


def test_attack_slow_uploads_for_whose_turns_others_wait(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploadqueue, "GRACE_S", 0.2)
    with ExitStack() as held:
        slow = [held.enter_context(begun(served, ("root", "ci")[number % 2])) for number in range(uploadqueue.AT_ONCE)]
        eventually(lambda: served.site.requests == uploadqueue.AT_ONCE)
        assert put(served, "corp.example/x", "v1.1.0", "other").status == 201
        told = b""
        for each in slow:
            each.settimeout(0.1)
            with suppress(TimeoutError):
                told += each.recv(1 << 16)
        assert told.count(b"HTTP/1.1 408 ") >= 1


def test_a_slow_upload_that_nobody_waits_for_is_whole(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploadqueue, "GRACE_S", 0.0)
    with begun(served, "ci", left=2) as slow, begun(served, "root") as other:
        eventually(lambda: served.site.requests == 2)
        slow.sendall(zip_of("corp.example/x", "v1.0.0")[-2:-1])
        assert put(served, "corp.example/x", "v1.1.0").status == 201
        slow.sendall(zip_of("corp.example/x", "v1.0.0")[-1:])
        assert slow.recv(1 << 16).startswith(b"HTTP/1.1 201 ")
        other.close()


def test_a_disk_that_has_no_room_for_an_upload(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the storage is a bucket, it goes to the directory for temporary files first."""

    def fails(*_: object) -> tuple[int, str]:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    parts: Any = (SimpleNamespace(storage=MemoryStorage()), None, 1)
    monkeypatch.setattr("tempfile.mkstemp", fails)
    with pytest.raises(DiskError, match="no space left on device"):
        PublishRoute(*parts)._new_file()


def test_lists_and_latest(served: Served) -> None:
    at = "/corp.example/x/@latest"
    pseudo = "v0.0.0-20240102030405-0123456789ab"
    for version, latest in (
        (pseudo, pseudo),
        ("v1.0.0-rc.1", "v1.0.0-rc.1"),
        ("v1.0.0", "v1.0.0"),
        ("v1.1.0-rc.1", "v1.0.0"),
        ("v1.10.0", "v1.10.0"),
        ("v1.9.0", "v1.10.0"),
    ):
        assert put(served, "corp.example/x", version).status == 201
        assert json.loads(get(served, at).body)["Version"] == latest
    assert get(served, "/corp.example/x/@v/list").text.split() == [
        "v1.0.0-rc.1",
        "v1.0.0",
        "v1.1.0-rc.1",
        "v1.9.0",
        "v1.10.0",
    ]
    assert get(served, "/corp.example/x/@v/main.info").status == 404
    assert get(served, "/corp.example/x/v2/@v/list").body == b""


def test_no_other_spelling_leads_upstream(served: Served) -> None:
    """The attack of dependency confusion: a module of this name, higher, elsewhere (and in other capitals)."""
    put(served, "corp.example/x", "v1.0.0")
    for path in ("corp.example/x", "corp.example/!x", "!corp.example/x", "corp.example/x/v2"):
        module = path.replace("!x", "X").replace("!c", "C")
        served.world.publish(module, "v1.9.0" if "v2" not in path else "v2.1.9")
        for file in ("@v/list", "@latest", "@v/v1.9.0.info", "@v/v1.9.0.mod", "@v/v1.9.0.zip", "@v/main.info"):
            assert b"1.9.0" not in get(served, f"/{path}/{file}").body.replace(b"@v1.9.0", b"")
    assert get(served, "/sumdb/sum.example.org/lookup/corp.example/x@v1.9.0").status == 403
    assert served.world.proxy.asked == []


def test_no_other_spelling_is_shown_to_the_database(world: World) -> None:
    world.publish("corp.example/Lib", "v1.0.0")
    with other(world, publishing=Publishing(("corp.example/lib",))) as served:
        for path in ("corp.example/lib", "corp.example/!lib"):
            assert get(served, f"/sumdb/sum.example.org/lookup/{path}@v1.0.0").status == 403


def test_what_the_cache_had_before_is_not_published(world: World) -> None:
    """Files of upstream from a time when the module did not live here."""
    world.publish("corp.example/x", "v1.0.0")
    with Served(world, storage=str(world.root / "other")) as before:
        for file in ("v1.0.0.info", "v1.0.0.mod", "v1.0.0.zip", "list"):
            assert before.get(f"/corp.example/x/@v/{file}").status == 200
    with other(world) as served:
        assert get(served, "/corp.example/x/@v/list").body == b""
        assert get(served, "/corp.example/x/@v/v1.0.0.zip").status == 404
        assert put(served, "corp.example/x", "v1.0.0").status == 201
        assert get(served, "/corp.example/x/@v/v1.0.0.zip").body == zip_of("corp.example/x", "v1.0.0")


def damaged(served: Served, file: str, damage: str) -> tuple[Path, bytes]:
    """A file of a version that is damaged, and what it was."""
    put(served, "corp.example/x", "v1.0.0")
    path = served.storage / "corp.example/x/@v" / file
    whole = path.read_bytes()
    path.unlink()
    if damage == "changed":
        path.write_bytes(whole[:-1] + b"!")
    return path, whole


@pytest.mark.parametrize("damage", ["lost", "changed"])
def test_a_damaged_go_mod_is_taken_from_the_zip(served: Served, damage: str) -> None:
    path, whole = damaged(served, "v1.0.0.mod", damage)
    assert get(served, "/corp.example/x/@v/v1.0.0.mod").body == whole == path.read_bytes()


@pytest.mark.parametrize("damage", ["lost", "changed"])
def test_damage_is_told_and_mended_by_the_same_bytes(served: Served, damage: str) -> None:
    file = "v1.0.0.zip"
    path, whole = damaged(served, file, damage)
    got = get(served, f"/corp.example/x/@v/{file}")
    assert got.status == 503
    assert "publish the same bytes again" in got.text
    assert get(served, "/corp.example/x/@v/list").body == b"v1.0.0\n", "no client may go elsewhere"
    assert put(served, "corp.example/x", "v1.0.0", body="package y\n").status == 409
    assert put(served, "corp.example/x", "v1.0.0").status == 200
    assert get(served, f"/corp.example/x/@v/{file}").body == whole == path.read_bytes()


def test_attack_another_zip_in_the_place_of_a_published_one(served: Served) -> None:
    """It is a sound zip of this version, so that its hash alone tells it from the one that was published."""
    put(served, "corp.example/x", "v1.0.0")
    path = served.storage / "corp.example/x/@v/v1.0.0.zip"
    path.unlink()
    path.write_bytes(zip_of("corp.example/x", "v1.0.0", body="package evil\n"))
    got = get(served, "/corp.example/x/@v/v1.0.0.zip")
    assert (got.status, "is not the file that was published" in got.text) == (503, True)


def test_private_modules_are_not_in_the_log(world: World) -> None:
    with other(world, access_log=str(world.root / "access")) as served:
        put(served, "corp.example/secret", "v1.0.0")
        get(served, "/corp.example/secret/@v/list")
    text = (world.root / "access").read_text()
    assert '"kind": "publish"' in text or '"kind":"publish"' in text
    assert "secret" not in text
