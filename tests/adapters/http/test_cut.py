# SPDX-License-Identifier: BSD-3-Clause
"""Connections with TLS that end where they should not: a fault of the connection, tried again, in go's words.

OpenSSL takes the end of a handshake for an error of TLS, as if the certificate could be to blame.
"""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

import pytest

from govgo.adapters.http.curl_engine import CurlEngine
from govgo.adapters.http.httpx_engine import HttpxEngine
from govgo.errors import NetworkError
from tests.simulators.certificates import Authority
from tests.simulators.httpclients import MakeEngine, with_client
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
