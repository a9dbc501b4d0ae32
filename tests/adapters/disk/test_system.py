# SPDX-License-Identifier: BSD-3-Clause
"""What Linux says about its connections."""

from __future__ import annotations

import socket
import sys
import time

import pytest

from govgo.adapters.disk.system import Sign, sign_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="TCP_INFO is Linux's")


def wait_for(sign: Sign, connection: socket.socket) -> None:
    deadline_s = time.monotonic() + 10
    while sign_of(connection.fileno()) is not sign:
        assert time.monotonic() < deadline_s
        time.sleep(0.02)


def test_a_connection_that_finds_no_place_in_the_queue_is_unheard() -> None:
    """listen(2): with a queue of one, which another connection fills, nothing of the next one is acknowledged."""
    with (
        socket.create_server(("127.0.0.1", 0), backlog=0) as server,
        socket.socket() as first,
        socket.socket() as next_,
    ):
        first.connect(server.getsockname())
        next_.setblocking(False)
        next_.connect_ex(server.getsockname())
        assert sign_of(first.fileno()) is Sign.SENT
        assert sign_of(next_.fileno()) is Sign.SENT
        wait_for(Sign.UNHEARD, next_)
        server.accept()[0].close()
        next_.setblocking(True)
        next_.sendall(b"x")
        wait_for(Sign.ACKNOWLEDGED, next_)


def test_who_has_sent_something_has_answered() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as client:
        client.connect(server.getsockname())
        connection = server.accept()[0]
        with connection:
            client.sendall(b"x")
            wait_for(Sign.ACKNOWLEDGED, client)
            connection.sendall(b"y")
            wait_for(Sign.ANSWERED, client)


def test_of_what_is_no_connection_nothing_is_known() -> None:
    with socket.socket(socket.AF_UNIX) as other:
        descriptor = other.fileno()
        assert sign_of(descriptor) is Sign.NONE
    assert sign_of(descriptor) is Sign.NONE


def test_where_the_system_does_not_say_an_open_connection_is_acknowledged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(socket, "TCP_INFO")
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as client:
        assert sign_of(client.fileno()) is Sign.NONE
        client.connect(server.getsockname())
        assert sign_of(client.fileno()) is Sign.ACKNOWLEDGED
