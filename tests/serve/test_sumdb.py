# SPDX-License-Identifier: BSD-3-Clause
"""What the server of a checksum database answers, and how it behaves on a socket."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import pytest

from govgo.core.sumdb.published import KEY, LATEST
from govgo.errors import DiskError, StorageError, UsageError
from govgo.serve.sumdb import HEAD_S, Server, Site
from tests.app.sumdb.test_publisher import Database, names
from tests.simulators import campaigns
from tests.simulators.sumdb_log import NAME, keys
from tests.simulators.waiting import eventually


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def database() -> Database:
    database = Database()
    database.add(*names(300))
    return database


def test_the_paths_of_a_database(database: Database) -> None:
    site = Site(database.storage)
    files = database.storage.files
    assert site.answer("/supported")[:2] == (200, b"")
    assert site.answer("/latest")[:2] == (200, files[LATEST])
    assert site.answer(f"/sumdb/{NAME}/latest")[:2] == (200, files[LATEST])
    assert site.answer("/tile/8/0/000").body == files["tile/8/0/000"]
    assert site.answer("/tile/8/0/001.p/44").max_age_s > 10**6
    assert site.answer("/tile/8/data/001.p/44").body == files["tile/8/data/001.p/44"]
    number, _, rest = site.answer("/lookup/q.io/m7@v1.0.0").body.partition(b"\n")
    assert (number, rest.partition(b"\n\n")[2]) == (b"7", files[LATEST])


def test_another_name_is_known_as_soon_as_there_is_a_key_of_it(database: Database) -> None:
    clock = Clock()
    site = Site(database.storage, clock)
    site.answer("/latest")
    name, key = "sum.example/2", keys(2, "sum.example/2")[1]
    assert site.answer(f"/sumdb/{name}/latest").status == 404
    database.storage.replace(KEY, database.storage.files[KEY] + f"{key}\n".encode())
    database.add("q.io/new@v1.0.0")
    clock.now += HEAD_S + 0.1
    for prefix in (f"/sumdb/{name}", f"/sumdb/{NAME}", "/2", ""):  # a client whose GOSUMDB has no URL asks https://NAME
        assert site.answer(f"{prefix}/latest").body == database.storage.files[LATEST], prefix
        assert site.answer(f"{prefix}/lookup/q.io/new@v1.0.0").status == 200, prefix
    assert site.answer("/sumdb/sum.example/3/latest").status == 404


def test_lookups_bring_the_newest_head(database: Database) -> None:
    clock = Clock()
    site = Site(database.storage, clock)
    site.answer("/latest")
    database.add("q.io/new@v1.0.0")
    assert b"\n300\n" in site.answer("/lookup/q.io/m7@v1.0.0").body, "a head may be a second old"
    assert b"\n301\n" in site.answer("/lookup/q.io/new@v1.0.0").body, "but not where the record is newer"
    database.add("q.io/newer@v1.0.0")
    clock.now += HEAD_S + 0.1
    assert b"\n302\n" in site.answer("/latest").body


def test_a_record_that_is_not_yet_published_is_not_answered(database: Database) -> None:
    latest = database.storage.files[LATEST]
    database.add("q.io/new@v1.0.0")
    database.storage.replace(LATEST, latest)
    assert Site(database.storage).answer("/lookup/q.io/new@v1.0.0").status == 404


def test_partial_tiles_out_of_full_ones(database: Database) -> None:
    site = Site(database.storage)
    assert site.answer("/tile/8/0/000.p/7").body == database.storage.files["tile/8/0/000"][: 7 * 32]
    assert site.answer("/tile/8/1/000.p/2").status == 404


@pytest.mark.parametrize(
    ("path", "status"),
    campaigns.one_in(
        3,
        [
            ("/lookup/q.io/none@v1.0.0", 404),
            ("/lookup/q.io/Upper@v1.0.0", 400),
            ("/lookup/q.io/../../latest@v1.0.0", 400),
            ("/lookup/q.io/m7", 400),
            ("/lookup/", 400),
            ("/tile/8/0/0", 400),
            ("/tile/3/0/000", 404),
            ("/tile/8/0/999", 404),
            ("/tile/../commit", 400),
            ("/commit", 404),
            ("/pending/", 404),
            ("/key", 404),
            ("/", 404),
            ("", 404),
        ],
    ),
)
def test_what_is_not_there(database: Database, path: str, status: int) -> None:
    assert Site(database.storage).answer(path).status == status


@contextmanager
def running(site: Site, **options: object) -> Iterator[tuple[Server, http.client.HTTPConnection]]:
    server = Server(site, "127.0.0.1", 0, **options)  # type: ignore[arg-type]
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    host, _, port = server.url.removeprefix("http://").partition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=10)
    try:
        yield server, connection
    finally:
        connection.close()
        server.stop()
        thread.join(5)
        assert not thread.is_alive()


def test_over_http(database: Database) -> None:
    with running(Site(database.storage)) as (_, connection):
        for method, path, status, length in (
            ("GET", "/latest", 200, len(database.storage.files[LATEST])),
            ("HEAD", "/tile/8/0/000", 200, 8192),
            ("GET", "/tile/8/0/000?x=1", 200, 8192),
            ("GET", "/lookup/q.io/none@v1.0.0", 404, None),
            ("GET", "/lookup/%ff@v1.0.0", 400, None),
            ("GET", "/%6catest", 200, None),
            ("POST", "/latest", 501, None),
        ):
            connection.request(method, path)
            answer = connection.getresponse()
            body = answer.read()
            assert answer.status == status, path
            assert length is None or int(answer.headers["Content-Length"]) == length
            assert method != "HEAD" or body == b""
            if "tile" in path:
                assert "immutable" in answer.headers["Cache-Control"]


def test_a_damaged_database_is_not_served_and_told(database: Database) -> None:
    said: list[str] = []
    database.storage.replace(KEY, keys(2)[1].encode())
    site = Site(database.storage)
    with running(site, tell=said.append) as (_, connection):
        connection.request("GET", "/latest")
        assert connection.getresponse().status == 500
        assert "no verifiable signatures" in said[0]
    del database.storage.files[LATEST]

    def broken(key: str, start: int = 0, length: int | None = None) -> bytes | None:
        raise StorageError("the storage is on fire", key=key)

    site = Site(database.storage)
    database.storage.read = broken  # type: ignore[method-assign]
    with running(site, tell=said.append) as (_, connection):
        connection.request("GET", "/latest")
        answer = connection.getresponse()
        assert (answer.status, b"fire" in answer.read()) == (503, False)
        assert said[-1] == "the storage is on fire"


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        ("Content-Length: {0}", 200),
        ("Content-Length: 0\r\nContent-Length: {0}", 200),
        ("Transfer-Encoding: chunked", 200),
        ("Content-Length : {0}", 400),
        ("Transfer-Encoding : chunked", 400),
        ("no header\r\nContent-Length: {0}", 400),
        ("X\x85: y\r\nContent-Length: {0}", 400),
    ],
)
def test_attack_a_body_that_passes_for_a_request(database: Database, lines: str, status: int) -> None:
    """RFC 9112, 5.1 and 6.3: whoever stands before this server may have seen one request, with a body."""
    body = "GET /lookup/q.io/m7@v1.0.0 HTTP/1.1\r\nHost: x\r\n\r\n"
    request = f"GET /latest HTTP/1.1\r\nHost: x\r\n{lines.format(len(body))}\r\n\r\n{body}"
    with running(Site(database.storage)) as (server, _):
        address = ("127.0.0.1", int(server.url.rpartition(":")[2]))
        with socket.create_connection(address, timeout=5) as client, client.makefile("rb") as answers:
            client.sendall(request.encode("latin-1"))
            got = answers.read()
    assert got.startswith(b"HTTP/1.1 %d " % status)
    assert got.count(b"HTTP/1.1 ") == 1


def test_silent_and_broken_clients_keep_nobody_waiting(database: Database) -> None:
    with running(Site(database.storage)) as (server, connection):
        port = int(server.url.rpartition(":")[2])
        silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(50)]
        silent[0].sendall(b"GET /la")
        silent[1].sendall(b"\x16\x03\x01\x00\n")
        silent[2].sendall(b"GET /latest HTTP/1.1\r\n" + b"X: " + b"y" * 100_000)
        connection.request("GET", "/latest")
        assert connection.getresponse().status == 200
        for each in silent:
            each.close()


def test_a_place_where_it_cannot_listen(database: Database) -> None:
    site = Site(database.storage)
    with running(site) as (server, _), pytest.raises(DiskError, match=r"listen 127.0.0.1"):
        Server(site, "127.0.0.1", int(server.url.rpartition(":")[2]))
    with pytest.raises(UsageError, match="none: no such file"):
        Server(site, "127.0.0.1", 0, tls=("none", "none"))


def test_attack_connections_that_ask_for_nothing(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """One client with all connections that there may be keeps nobody out."""
    monkeypatch.setattr("govgo.serve.sumdb.MOST_CONNECTIONS", 4)
    with running(Site(database.storage)) as (server, client), ExitStack() as held:
        address = ("127.0.0.1", int(server.url.rpartition(":")[2]))
        idle = [held.enter_context(socket.create_connection(address, timeout=5)) for _ in range(4)]
        for each in idle:
            each.sendall(b"GET /latest HTTP/1.1\r\nHost: ")
        eventually(lambda: len(server._server._waiting) == 4)
        for _ in range(3):
            client.request("GET", "/latest")
            assert client.getresponse().read() == database.storage.files[LATEST]
            client.close()


def test_attack_a_request_that_comes_by_the_byte(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("govgo.serve.sumdb._IDLE_S", 0.4)
    with running(Site(database.storage)) as (server, _):
        address = ("127.0.0.1", int(server.url.rpartition(":")[2]))
        with socket.create_connection(address, timeout=5) as slow:
            taken = 0
            with suppress(OSError):
                while taken < 40:
                    slow.sendall(b"a")
                    taken += 1
                    time.sleep(0.1)
            assert taken < 20
