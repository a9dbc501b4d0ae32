# SPDX-License-Identifier: BSD-3-Clause
"""What Linux says about its connections."""

from __future__ import annotations

import errno
import fcntl
import os
import resource
import socket
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from govgo.adapters.disk.system import Sign, can_read, open_more_files, peak_memory_bytes, sign_of, sync
from tests.simulators.waiting import eventually

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="TCP_INFO is Linux's")


def wait_for(sign: Sign, connection: socket.socket) -> None:
    eventually(lambda: sign_of(connection.fileno()) is sign)


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


def test_a_descriptor_of_a_large_number_is_waited_for() -> None:
    """A server with more than a thousand connections starts processes, too."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    reader, writer = os.pipe()
    try:
        large = fcntl.fcntl(reader, fcntl.F_DUPFD_CLOEXEC, 1030)
        assert not can_read(large, 0.0)
        os.write(writer, b"x")
        assert can_read(large, 1e9)
        os.read(large, 1)
        os.close(writer)
        assert can_read(large, 60.0)  # its end
        os.close(large)
    finally:
        os.close(reader)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


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


@pytest.mark.parametrize(("refusal", "want"), [(None, [51]), (errno.ENOTSUP, [51, "fsync"])])
def test_macos_empties_the_cache_of_the_disk_where_it_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusal: int | None, want: list[object]
) -> None:
    """fcntl(2) of macOS: F_FULLFSYNC is 51; fsync(2) there does not wait for the disk."""
    calls: list[object] = []

    def full(descriptor: int, command: int) -> None:
        calls.append(command)
        if refusal is not None:
            raise OSError(refusal, os.strerror(refusal))

    monkeypatch.setattr(fcntl, "F_FULLFSYNC", 51, raising=False)
    monkeypatch.setattr(fcntl, "fcntl", full)
    monkeypatch.setattr(os, "fsync", lambda descriptor: calls.append("fsync"))
    with open(tmp_path / "a", "wb") as file:
        sync(file.fileno())
    assert calls == want


@pytest.mark.parametrize(("platform", "want"), [("linux", 5 << 20), ("freebsd14", 5 << 20), ("darwin", 5 << 10)])
def test_the_unit_of_memory_is_not_the_same_everywhere(
    monkeypatch: pytest.MonkeyPatch, platform: str, want: int
) -> None:
    """getrusage(2): kilobytes on Linux and the BSDs, bytes on macOS."""
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(resource, "getrusage", lambda _: SimpleNamespace(ru_maxrss=5 << 10))
    assert peak_memory_bytes() == want


@pytest.mark.parametrize(
    ("limits", "want"),
    [((1024, 20_000), [(20_000, 20_000)]), ((1024, -1), [(1 << 20, -1)]), ((4096, 4096), []), ((-1, -1), [])],
)
def test_as_many_open_files_as_the_system_allows(
    monkeypatch: pytest.MonkeyPatch, limits: tuple[int, int], want: list[tuple[int, int]]
) -> None:
    """getrlimit(2); go's runtime does the same when it starts."""
    calls: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "RLIM_INFINITY", -1)
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits)
    monkeypatch.setattr(resource, "setrlimit", lambda _, value: calls.append(value))
    open_more_files()
    assert calls == want
