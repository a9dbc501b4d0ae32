# SPDX-License-Identifier: BSD-3-Clause
"""Attacks on `govgo serve` by a client: the wire of HTTP/1.1, who may ask, what is refused, and what is logged."""

from __future__ import annotations

import base64
import hashlib
import random
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from govgo.serve.policy import Policy, Rule
from tests.simulators import campaigns
from tests.simulators.proxy import Drip
from tests.simulators.served import Served, eventually
from tests.simulators.world import World

A = "/q.io/a/@v/"
ZIP, MOD = A + "v1.0.0.zip", A + "v1.0.0.mod"
BODY = b"module q.io/a\n"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with World(tmp_path_factory.mktemp("wire")) as world:
        world.publish("q.io/a", "v1.0.0")
        with Served(world) as served:
            served.get(MOD)
            yield served


def request(path: str, *lines: str) -> bytes:
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: x", *lines, "", ""]).encode()


def sent(served: Served, first: bytes, more: bytes, most: int) -> int:
    """How many bytes of an endless request the server takes, at most `most`."""
    with socket.create_connection(("127.0.0.1", served.port), timeout=5) as connection:
        connection.sendall(first)
        count = 0
        try:
            while count < most:
                connection.sendall(more)
                count += len(more)
        except OSError:
            pass
        return count


@pytest.mark.parametrize(
    "more",
    [b"a: " + b"x" * 1000 + b"\r\n", b"x" * 1000],
    ids=["lines", "line"],
)
def test_attack_endless_trailers(served: Served, more: bytes) -> None:
    """What follows the body of a request is held in memory like its head, and like it has an end."""
    begin = request(MOD, "Transfer-Encoding: chunked") + b"0\r\na: b"
    assert sent(served, begin, more * 64, 48 << 20) < 48 << 20


@pytest.mark.parametrize("begin", [b"", b"3;a="], ids=["body", "extension"])
def test_attack_an_endless_body(served: Served, begin: bytes) -> None:
    head = request(MOD, "Transfer-Encoding: chunked" if begin else f"Content-Length: {1 << 40}")
    assert sent(served, head + begin, b"x" * 65536, 48 << 20) < 48 << 20


HEADS = (
    *("Range: bytes=0-9", "If-None-Match: *", 'If-Match: "x"', "Expect: 100-continue", "Upgrade: h2c", "Host: y"),
    *("Connection: close", "Connection: Upgrade", "Content-Length: 5", "Content-Length: 0", "X: " + "y" * 5000),
    *("Transfer-Encoding: chunked", "Disable-Module-Fetch: true", "Authorization: Basic eDp5"),
)
TARGETS = (ZIP, MOD, A + "list", "/q.io/none/@v/list", "/healthz", "/", "*", f"http://y{MOD}", "/metrics?x")
BODIES = (b"", b"", b"hello", b"5\r\nhello\r\n0\r\n\r\n")


def odd_row(rng: random.Random) -> bytes:
    """Requests in a row, some of them spoilt."""
    row = b""
    for _ in range(rng.randrange(1, 8)):
        method = rng.choice(("GET", "GET", "GET", "HEAD", "POST", "PUT", "OPTIONS"))
        lines = [f"{method} {rng.choice(TARGETS)} HTTP/1.{rng.choice('1110')}", "Host: x"]
        row += "\r\n".join([*lines, *rng.sample(HEADS, rng.randrange(4)), "", ""]).encode() + rng.choice(BODIES)
    for _ in range(rng.choice((0, 0, 2, 5))):
        place = rng.randrange(len(row))
        odd = rng.choice((b"\0", b"\r", b"\n", b" ", b":", b"/", b"%", b"\xff", b""))
        row = row[:place] + odd + row[place + rng.choice((1, 1, 15)) :]
    return row


@pytest.mark.parametrize("count", [400, pytest.param(campaigns.size(20_000, least=400), marks=pytest.mark.slow)])
def test_attack_odd_requests_of_clients_that_leave_at_any_moment(served: Served, count: int) -> None:
    """All of them end, and none is a fault of the server."""

    def ask(seed: int) -> None:
        rng = campaigns.dice("odd requests", seed)
        row = odd_row(rng)
        step = rng.choice((len(row), len(row), 100))
        with suppress(OSError), socket.create_connection(("127.0.0.1", served.port), timeout=2) as connection:
            for start in range(0, len(row), step):
                connection.sendall(row[start : start + step])
            connection.settimeout(rng.choice((0.001, 0.05)))
            while connection.recv(1 << 16) and rng.random() < 0.9:
                continue

    with ThreadPoolExecutor(8) as clients:
        list(clients.map(ask, range(count)))
    eventually(lambda: served.site.requests == 0)
    eventually(lambda: served.site.library.flights == 0)
    assert served.faults.said == []
    assert served.get(MOD).body == BODY


def test_attack_trailers_pass_for_headers(served: Served) -> None:
    begin = request(MOD, "Transfer-Encoding: chunked", "Connection: close")
    got = served.raw(begin + b"0\r\nRange: bytes=0-1\r\nIf-None-Match: *\r\n\r\n")
    assert got.startswith(b"HTTP/1.1 200 ")
    assert got.endswith(BODY)


def test_attack_a_refusal_in_the_middle_of_another_answer(served: Served) -> None:
    """What is wrong with a request is not an answer to the one before it."""
    served.renew()
    served.world.proxy.script(ZIP, Drip(((0.4, 100),)))
    try:
        got = served.raw(request(ZIP, "Range: bytes=0-9") + request("/" + "y" * 40_000))
    except ConnectionError:
        got = b""
    assert not got.startswith(b"HTTP/1.1 431 ")


def test_attack_a_private_path_in_the_log_of_who_may_not_ask(served: Served, tmp_path: Path) -> None:
    users, log = tmp_path / "users", tmp_path / "log"
    users.write_text("ci:sha256:" + hashlib.sha256(b"a long and random token").hexdigest() + "\n")
    env = {"GOPRIVATE": "corp.example,*.Corp.example"}
    with Served(served.world, env=env, storage=str(tmp_path / "s"), users=str(users), access_log=str(log)) as closed:
        for path in (
            "/corp.example/secret/@v/list",
            "/corp.example/secret/@v/abc.zip",
            "/corp.example/secret",
            "/%63orp.example/secret/@v/list",
            "/x.!corp.example/secret/@latest",
            "/sumdb/sum.example.org/lookup/corp.example/secret@v1.0.0",
        ):
            assert closed.get(path).status == 401
            assert closed.get(path, Authorization="Bearer a long and random token").status >= 400
        eventually(lambda: log.read_text().count("\n") == 12)
        assert "secret" not in log.read_text()


@pytest.mark.parametrize("path", ["/q.io/!a/@v/list", "/q.io/%21a/@v/list", "/q.io/%61/@v/list"])
def test_attack_another_spelling_of_what_is_denied(served: Served, tmp_path: Path, path: str) -> None:
    """Hosts of code tell no capitals apart, so neither does a rule that refuses."""
    policy = Policy(deny=(Rule("q.io/a", "", "malware"),))
    with Served(served.world, storage=str(tmp_path / "s"), policy=policy) as strict:
        assert strict.get(A + "list").status == 403
        assert strict.get(path).status == 403


def test_attack_passwords_that_no_hash_can_be_of(served: Served, tmp_path: Path) -> None:
    bcrypt = pytest.importorskip("bcrypt")
    users = tmp_path / "users"
    users.write_text(f"ci:{bcrypt.hashpw(b'x' * 72, bcrypt.gensalt(4)).decode()}\n")
    with Served(served.world, storage=str(tmp_path / "s"), users=str(users)) as closed:
        for user, password in (("ci", b"a\0b"), ("ci", b"\xff" * 500)):
            given = base64.b64encode(user.encode() + b":" + password).decode()
            assert closed.get(MOD, Authorization=f"Basic {given}").status == 401
