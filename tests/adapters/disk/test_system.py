# SPDX-License-Identifier: BSD-3-Clause
"""What Linux says about its connections."""

from __future__ import annotations

import socket
import sys
import time

import pytest

from govgo.adapters.disk.system import is_unheard

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="TCP_INFO is Linux's")


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
        assert not is_unheard(first.fileno())
        deadline_s = time.monotonic() + 10
        while not is_unheard(next_.fileno()):
            assert time.monotonic() < deadline_s
            time.sleep(0.05)
        server.accept()[0].close()
        deadline_s += 10
        while is_unheard(next_.fileno()):
            assert time.monotonic() < deadline_s
            time.sleep(0.05)


def test_what_is_no_connection_is_not_unheard() -> None:
    with socket.socket(socket.AF_UNIX) as other:
        descriptor = other.fileno()
        assert not is_unheard(descriptor)
    assert not is_unheard(descriptor)
