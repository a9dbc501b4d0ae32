# SPDX-License-Identifier: BSD-3-Clause
"""Connections with TLS that end where they should not, and tunnels that do not begin, in go's words.

A connection that is cut is tried again. OpenSSL takes the end of a handshake for an error of TLS, as if the certificate
could be to blame.
"""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

import pytest

from govgo.adapters.http.curl_engine import CurlEngine
from govgo.adapters.http.engine import Engine, EngineOptions
from govgo.adapters.http.httpx_engine import HttpxEngine
from govgo.adapters.http.retry import RetryPolicy
from govgo.errors import NetworkError
from tests.simulators.certificates import Authority
from tests.simulators.httpclients import MakeEngine, refusal, with_client
from tests.simulators.server import Server

HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.fixture(params=[CurlEngine, HttpxEngine])
def engine(request: pytest.FixtureRequest) -> MakeEngine:
    made: MakeEngine = request.param
    return made


class Cutting(Server):
    """Answers with TLS, but ends the first connections without its farewell.

    Attributes:
        cuts: what is sent on each of these before its end: nothing of the handshake where it is None.
        resets: whether those without a handshake are reset.
    """

    def __init__(self, directory: Path, cuts: list[bytes | None], *, resets: bool = False) -> None:
        super().__init__()
        authority = Authority(directory)
        self.roots = str(authority.file)
        self._context = authority.server(["127.0.0.1"])
        self.cuts = cuts
        self.resets = resets

    def serve(self, connection: socket.socket) -> None:
        sent = self.cuts.pop(0) if self.cuts else HEAD + b"Content-Length: 5\r\n\r\nhello"
        if sent is None:
            with connection:
                connection.recv(1 if self.resets else 4096)  # what stays unread makes a reset of the end
            return
        with self._context.wrap_socket(connection, server_side=True) as secure:
            secure.recv(4096)
            secure.sendall(sent)


def ask(make: MakeEngine, server: Cutting) -> bytes:
    url = f"https://127.0.0.1:{server.port}/x"
    return with_client(make, lambda client: client.get(url, 100), ca_file=server.roots)


@pytest.mark.parametrize("resets", [False, True])
def test_a_handshake_that_is_cut_is_tried_again(engine: MakeEngine, resets: bool, tmp_path: Path) -> None:
    with Cutting(tmp_path, [None], resets=resets) as server:
        assert ask(engine, server) == b"hello"
        assert server.connections == 2


def test_a_handshake_that_is_cut_each_time(engine: MakeEngine, tmp_path: Path) -> None:
    with Cutting(tmp_path, [None] * 9) as server:
        with pytest.raises(NetworkError) as error:
            ask(engine, server)
        assert str(error.value) == f'Get "https://127.0.0.1:{server.port}/x": EOF'
        assert not error.value.hint, "no certificate is to blame"


LENGTH, CHUNKS = b"Content-Length: 9\r\n\r\nhello", b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"


@pytest.mark.parametrize("rest", [LENGTH, CHUNKS])
def test_attack_a_body_that_is_cut(engine: MakeEngine, rest: bytes, tmp_path: Path) -> None:
    with Cutting(tmp_path, [HEAD + rest] * 9) as server:
        with pytest.raises(NetworkError) as error:
            ask(engine, server)
        assert str(error.value) == f'read "https://127.0.0.1:{server.port}/x": unexpected EOF'


@pytest.mark.skipif(not hasattr(ssl, "OP_IGNORE_UNEXPECTED_EOF"), reason="OpenSSL before 3.0")
def test_attack_a_body_without_length_that_is_cut(tmp_path: Path) -> None:
    """go takes what came for the whole body, and so does httpx; libcurl sees that the server has not ended it."""
    with Cutting(tmp_path, [HEAD + b"\r\nhel"]) as server:
        assert ask(CurlEngine, server) == b"hello"
        assert server.connections == 2


class Refusing(Server):
    """A proxy that refuses a tunnel, and sends much with its refusal.

    Attributes:
        status: what it answers.
        sent: how much of the body could be sent, in bytes.
    """

    WHOLE = 4 << 20

    def __init__(self, status: bytes) -> None:
        super().__init__()
        self.status = status
        self.sent = 0

    def serve(self, connection: socket.socket) -> None:
        with connection:
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 " + self.status + b"\r\nContent-Length: 999999999\r\n\r\n")
            while self.sent < self.WHOLE:
                connection.sendall(bytes(1 << 16))
                self.sent += 1 << 16


REFUSED = b"407 Proxy Authentication Required"


@pytest.mark.parametrize(
    ("make", "status"), [(CurlEngine, REFUSED), (CurlEngine, b"201 Created"), (HttpxEngine, REFUSED)]
)
def test_attack_a_refusal_of_a_proxy_is_not_read_to_its_end(make: MakeEngine, status: bytes) -> None:
    """libcurl would read it within one call, in which not even Ctrl-C counts; to go, every status but 200 refuses."""
    with Refusing(status) as proxy:

        def through(options: EngineOptions) -> Engine:
            return make(options._replace(proxy_for=lambda *_: f"http://127.0.0.1:{proxy.port}"))

        error = refusal(through, "https://h.test/x", retry=RetryPolicy(retries=0))
        assert str(error) == f'Get "https://h.test/x": {status[4:].decode()}'
        assert proxy.sent < proxy.WHOLE
