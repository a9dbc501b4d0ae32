# SPDX-License-Identifier: BSD-3-Clause
"""TCP connections that are opened before a request needs them.

A connection costs a round trip, with TLS two more, and HTTP/1.1 carries one request at a time on each. So the first
ones are opened while the HTTP client is being loaded, and further ones while answers are awaited, as browsers do
("preconnect"). Those that no request takes are closed after a second: a server that serves one connection after
another waits for a request on the first, and never comes to the next.
"""

from __future__ import annotations

import errno
import socket
import threading
import time
from contextlib import suppress
from typing import Any

from govgo.core.records import NamedTuple

KEPT_S = 1.0
"""How long a connection waits for a request."""
_MOST = 32
"""The most that wait for requests to one address."""
_BATCH = 8
"""How many are opened at once, at most: the queue of a small server takes few, and drops the others."""
_PAUSE_S = 0.002

Address = tuple[Any, ...]
"""An address as `socket.connect` takes it: host, port, and two numbers more with IPv6."""


class Peer(NamedTuple):
    """The other end of a connection, as `socket.socket` and `connect` take it, and as libcurl names it."""

    family: int
    kind: int
    protocol: int
    address: Address


class Spares:
    """Connections without a request yet, by the address that they lead to. May be used from several threads."""

    def __init__(self) -> None:
        """No connection is opened yet."""
        self._waiting: dict[Address, list[tuple[float, socket.socket]]] = {}
        self._resolved: dict[tuple[str, int], Peer] = {}
        self._lock = threading.Lock()
        self._closed = False

    def expect(self, host: str, port: int, count: int) -> None:
        """Open connections to a host until so many wait; name servers are not waited for."""
        known = self._resolved.get((host, port))
        if known is None:
            with suppress(OSError, UnicodeError):  # a name, and no address
                known = _peer(host, port, socket.AI_NUMERICHOST)
        if known is None or self.open(known, count):
            threading.Thread(target=self._resolve, args=(host, port, count), daemon=True).start()

    def _resolve(self, host: str, port: int, count: int) -> None:
        with suppress(OSError, UnicodeError):  # the client meets the same fault, and reports it
            peer = self._resolved[host, port] = _peer(host, port)
            while self.open(peer, count):
                time.sleep(_PAUSE_S)

    def open(self, peer: Peer, count: int) -> bool:
        """Open connections until so many wait, or as many as may; whether some are still missing."""
        missing = min(count, _MOST) - len(self._waiting.get(peer.address, ()))
        for _ in range(min(missing, _BATCH)):
            try:
                each = socket.socket(peer.family, peer.kind, peer.protocol)
            except OSError:
                return False
            each.setblocking(False)
            begun = each.connect_ex(peer.address) in (0, errno.EINPROGRESS)
            with self._lock:
                if begun and not self._closed:
                    self._waiting.setdefault(peer.address, []).append((time.monotonic(), each))
                    continue
            each.close()
            return False
        return missing > _BATCH

    def take(self, address: Address) -> socket.socket | None:
        """A connection that is established; None where there is none."""
        with self._lock:
            waiting = self._waiting.get(address, [])
            for index, (_, each) in enumerate(waiting):
                if _is_established(each):
                    del waiting[index]
                    return each
        return None

    def trim(self, now_s: float) -> None:
        """Close what has waited too long."""
        with self._lock:
            for waiting in self._waiting.values():
                while waiting and now_s - waiting[0][0] > KEPT_S:
                    waiting.pop(0)[1].close()

    def close(self) -> None:
        """Close all that wait; what is opened later is closed at once."""
        with self._lock:
            self._closed = True
            for waiting in self._waiting.values():
                for _, each in waiting:
                    each.close()
            self._waiting.clear()


def _peer(host: str, port: int, flags: int = 0) -> Peer:
    name = host.encode() if host.isascii() else host  # for text, Python loads its tables of international names
    family, kind, protocol, _, address = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM, flags=flags)[0]
    return Peer(family, kind, protocol, address)


def _is_established(connection: socket.socket) -> bool:
    """Whether the other end has accepted the connection, and has neither closed it nor said anything meanwhile."""
    try:
        connection.getpeername()
        connection.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
