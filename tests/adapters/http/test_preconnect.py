# SPDX-License-Identifier: BSD-3-Clause
"""Connections that are opened before a request needs them: which are used, which are closed, and how many there are."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TypeVar

import pytest

from govgo.adapters.http import preconnect
from govgo.adapters.http.client import HttpClient
from govgo.adapters.http.curl_engine import CurlEngine
from govgo.adapters.http.preconnect import Address, Peer, Spares
from tests.simulators.httpclients import with_client

_T = TypeVar("_T")
WAIT_S = 10.0
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"


class Counted:
    """A server that keeps its connections, and answers when `released` is set."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.address = self._listener.getsockname()
        self.url = f"http://127.0.0.1:{self.address[1]}"
        self.accepted: list[socket.socket] = []
        self.released = threading.Event()
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def close(self) -> None:
        self.released.set()
        with self._listener, suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._accepting.join(WAIT_S)  # before that another connection may come
        for each in self.accepted:
            with each, suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.accepted.append(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError):
            while connection.recv(1 << 16):
                self.released.wait(WAIT_S)
                connection.sendall(ANSWER)


@pytest.fixture
def server() -> Iterator[Counted]:
    made = Counted()
    yield made
    made.close()


def until(met: Callable[[], _T]) -> _T:
    """What a condition gives once it is true, or too late."""
    end_s = time.monotonic() + WAIT_S
    while not (found := met()) and time.monotonic() < end_s:
        time.sleep(0.002)
    return found


@pytest.fixture
def spares(server: Counted) -> Iterator[Spares]:
    """Two connections to the server, accepted by it."""
    made = Spares()
    made._resolve("127.0.0.1", server.address[1], 2)
    assert until(lambda: len(server.accepted) == 2)
    yield made
    made.close()


def test_each_is_taken_once_and_for_its_address_alone(server: Counted, spares: Spares) -> None:
    assert spares.take(("127.0.0.1", server.address[1] + 1)) is None
    taken = [spares.take(server.address) for _ in range(3)]
    assert taken[2] is None
    for connection in filter(None, taken):
        with connection:
            assert connection.getpeername() == server.address
            assert not connection.getblocking()
            assert not connection.get_inheritable()
    assert None not in taken[:2]


def test_nobody_waits_for_them(server: Counted) -> None:
    spares = Spares()
    spares.expect("127.0.0.1", server.address[1], 1)
    taken = until(lambda: spares.take(server.address))
    assert taken is not None
    taken.close()
    spares.close()


def test_what_the_server_has_closed_is_not_taken(server: Counted, spares: Spares) -> None:
    server.accepted[0].shutdown(socket.SHUT_WR)
    taken = spares.take(server.address)
    assert taken is not None
    with taken:
        assert taken.getsockname() == server.accepted[1].getpeername()
    assert spares.take(server.address) is None


def test_what_the_server_spoke_on_first_is_not_taken(server: Counted, spares: Spares) -> None:
    for each in server.accepted:
        each.sendall(ANSWER)
    assert spares.take(server.address) is None


def test_what_is_refused_is_not_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
    spares = Spares()
    spares.open(Peer(socket.AF_INET, socket.SOCK_STREAM, 0, address), 1)
    assert spares.take(address) is None
    spares.close()


def test_what_no_request_takes_is_closed(server: Counted, spares: Spares) -> None:
    spares.trim(time.monotonic())
    assert len([each for each in server.accepted if not is_ended(each)]) == 2
    spares.trim(time.monotonic() + preconnect.KEPT_S + 1)
    assert until(lambda: all(map(is_ended, server.accepted)))
    assert spares.take(server.address) is None


def is_ended(connection: socket.socket) -> bool:
    try:
        return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False


def test_none_is_opened_after_the_end(server: Counted, spares: Spares) -> None:
    spares.close()
    spares.open(Peer(socket.AF_INET, socket.SOCK_STREAM, 0, server.address), 4)
    assert spares.take(server.address) is None
    assert until(lambda: all(map(is_ended, server.accepted)))


def test_a_name_that_nobody_knows_is_no_fault_here() -> None:
    spares = Spares()
    for host in ("nosuch.invalid", "a..b", "x" * 70):
        spares._resolve(host, 80, 1)
    assert spares.take(("nosuch.invalid", 80)) is None


def ask(server: Counted, waves: tuple[int, ...], between: Callable[[], None], requests: int = 0) -> None:
    async def work(client: HttpClient) -> None:
        for count in waves:
            asks = [asyncio.create_task(client.get(f"{server.url}/{i}", 9)) for i in range(count)]
            await asyncio.to_thread(between)
            assert await asyncio.gather(*asks) == [b"x"] * count

    with_client(CurlEngine, work, requests=requests)


@pytest.mark.parametrize(
    ("asked", "requests", "connections"),
    [
        pytest.param(5, 0, 5 + 20, id="four for each"),
        pytest.param(9, 0, 9 + 32, id="at most 32"),
        pytest.param(5, 12, 12, id="no more than -j allows"),
        pytest.param(2, 0, 2, id="none for a command with few questions"),
    ],
)
def test_connections_are_opened_while_answers_are_awaited(
    server: Counted, asked: int, requests: int, connections: int
) -> None:
    seen = []

    def hold() -> None:
        assert until(lambda: len(server.accepted) >= connections)
        time.sleep(0.05)  # for what should not come
        seen.append(len(server.accepted))
        server.released.set()

    ask(server, (asked,), hold, requests)
    assert seen == [connections]


def test_the_next_wave_finds_its_connections_open(server: Counted) -> None:
    """20 requests after 5: none waits for a connection, which would be a round trip more. All are taken from spares."""
    taken: list[bool] = []

    class Watched(Spares):
        def take(self, address: Address) -> socket.socket | None:
            found = super().take(address)
            taken.append(found is not None)
            return found

    def hold() -> None:
        assert until(lambda: len(server.accepted) >= 25)
        server.released.set()

    async def work(client: HttpClient) -> None:
        for count in (5, 20):
            asks = [asyncio.create_task(client.get(f"{server.url}/{i}", 9)) for i in range(count)]
            await asyncio.to_thread(hold)
            await asyncio.gather(*asks)

    with_client(lambda options: CurlEngine(options._replace(spares=Watched())), work)
    assert taken[:5] == [False] * 5
    assert taken[5:] == [True] * len(taken[5:])
    assert len(taken) >= 15


def test_attack_a_server_that_serves_one_connection_after_another(
    server: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits for a request on a spare one, and serves nobody else meanwhile: so that must not take long."""
    monkeypatch.setattr(preconnect, "KEPT_S", 0.1)

    def hold() -> None:
        assert until(lambda: len(server.accepted) == 15)
        assert until(lambda: len([each for each in server.accepted if is_ended(each)]) == 12)
        server.released.set()

    ask(server, (3,), hold)
