# SPDX-License-Identifier: BSD-3-Clause
"""What servers on loopback have in common: they listen, serve each connection in a thread of its own, and end."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType


@contextmanager
def full_queue() -> Iterator[str]:
    """A server whose queue is full: nothing that is sent to it is ever acknowledged."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server, socket.socket() as first:
        first.connect(server.getsockname())
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


class Server:
    """A context in which a port of 127.0.0.1 is listened to.

    Attributes:
        port: the port.
        connections: how many have come.
        ending: is set when the context ends; whoever waits in a thread waits for that, too.
    """

    def __init__(self) -> None:
        """Nothing listens yet."""
        self.connections = 0
        self.ending = threading.Event()
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()

    def serve(self, connection: socket.socket) -> None:
        """Serve a connection to its end; errors of sockets end it."""
        raise NotImplementedError

    def __enter__(self) -> Server:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self._listener.getsockname()[1]
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ending.set()
        # The thread must be gone before the descriptor is: its number may be the next server's.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._accepting.join(timeout=5)
        self._listener.close()
        with self._lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while not self.ending.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self._open.add(connection)
                self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with suppress(OSError):
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.serve(connection)
        finally:
            with self._lock:
                self._open.discard(connection)
