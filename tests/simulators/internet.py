# SPDX-License-Identifier: BSD-3-Clause
"""Every host of a small internet, behind one proxy on loopback that records what each request carried.

with Internet(tmp_path, {"https://corp.test/a": Reply(302, {"Location": "https://other.test/b"})}) as net:
    run(HTTPS_PROXY=net.url, SSL_CERT_FILE=net.roots)
    assert net.asked == [Sent("GET https://corp.test/a", {...}), ...]

A client that is told to use the proxy needs no name server, so any host with any port can be played. TLS ends at the
proxy, with one certificate for all names under `test`. On its one port the proxy speaks HTTP, HTTP in TLS, and SOCKS 5
(RFC 1928, RFC 1929), whichever the client begins with.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from tests.simulators.certificates import Authority
from tests.simulators.server import Server

NAMES = (
    "127.0.0.1",
    "corp.test",
    "*.corp.test",
    "*.dev.corp.test",
    "*.x.dev.corp.test",
    "other.test",
    "xn--bcher-kva.test",
)


class Reply(NamedTuple):
    """An answer: status, headers, body."""

    status: int
    headers: Mapping[str, str] = {}
    body: bytes = b""


class Sent(NamedTuple):
    """A request as it came: method and URL (its host and port as the client wrote them), headers."""

    what: str
    headers: Mapping[str, str]


NOT_FOUND = Reply(404, {"Content-Type": "text/plain"}, b"not found")


class Internet(Server):
    """See the module's docstring.

    Attributes:
        replies: by URL; the last of several stays. Whatever else is asked for is not found.
        asked: every request, in order; those to the proxy itself are `CONNECT host:port` and `SOCKS host:port`.
        url: that of the proxy.
        servers: the TLS context of a host, where it is not the common one.
        roots: the file of the certificate to trust.
        no_more_roots: a directory that is not there, for SSL_CERT_DIR: reading the system's takes a tenth of a second.
    """

    def __init__(self, directory: Path, replies: Mapping[str, Reply | list[Reply]] | None = None) -> None:
        """Nothing listens yet; `directory` gets the certificates."""
        super().__init__()
        authority = Authority(directory)
        self.roots = str(authority.file)
        self.no_more_roots = str(directory / "no-more-roots")
        self._tls = authority.server(NAMES)
        self.servers: dict[str, ssl.SSLContext] = {}
        self.play(replies or {})

    def play(self, replies: Mapping[str, Reply | list[Reply]]) -> None:
        """Forget what was asked, and answer so from now on."""
        self.replies = {url: list(reply) if isinstance(reply, list) else [reply] for url, reply in replies.items()}
        self.asked: list[Sent] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Internet:
        super().__enter__()
        return self

    def serve(self, connection: socket.socket) -> None:
        with suppress(ValueError), connection:
            first = connection.recv(1, socket.MSG_PEEK)
            if first == b"\x16":
                # Python's TLS wants a socket below it, and there may be TLS within: that comes by a socket of its own.
                with (
                    socket.create_connection(("127.0.0.1", self.port)) as inside,
                    self._tls.wrap_socket(connection, server_side=True) as secure,
                ):
                    _relay(secure, inside)
            elif first == b"\x05":
                self._tunnel(connection, self._greet(connection))
            else:
                self._answer_all(connection, "")

    def _greet(self, connection: socket.socket) -> str:
        """What a client of SOCKS 5 wants to reach, after its login if it has one."""
        methods = connection.recv(256)[2:]
        login = ""
        if 2 in methods:
            connection.sendall(b"\x05\x02")
            given = connection.recv(600)
            user, rest = given[2 : 2 + given[1]], given[2 + given[1] :]
            login = f"{user.decode()}:{rest[1:].decode()}"
            connection.sendall(b"\x01\x00")
        else:
            connection.sendall(b"\x05\x00")
        wanted = connection.recv(300)
        kind, rest = wanted[3], wanted[4:]
        host = rest[1:-2].decode() if kind == 3 else f"address {rest[:-2].hex()}"
        target = f"{host}:{int.from_bytes(rest[-2:], 'big')}"
        with self._lock:
            self.asked.append(Sent(f"SOCKS {target}", {"Login": login} if login else {}))
        connection.sendall(b"\x05\x00\x00\x01" + bytes(6))
        return target

    def _tunnel(self, connection: socket.socket, target: str) -> None:
        """Answer as `target`: over TLS, but on ports 80 and 8080."""
        if target.endswith((":80", ":8080")):
            self._answer_all(connection, "http://" + target.lower().removesuffix(":80"))
            return
        tls = self.servers.get(target.partition(":")[0].lower(), self._tls)
        with tls.wrap_socket(connection, server_side=True) as secure:
            self._answer_all(secure, "https://" + target.lower().removesuffix(":443"))

    def _answer_all(self, connection: socket.socket, origin: str) -> None:
        """Answer each request on a connection: to the proxy, or in a tunnel to `origin`."""
        with connection.makefile("rb") as reader:
            while request := reader.readline():
                method, target, _ = request.decode("latin-1").split()
                headers: dict[str, str] = {}
                while (line := reader.readline()) not in (b"\r\n", b""):
                    name, _, value = line.decode("latin-1").partition(":")
                    value = value.strip()
                    headers[name] = f"{headers[name]}|{value}" if name in headers else value
                with self._lock:
                    self.asked.append(Sent(f"{method} {origin}{target}", headers))
                if method == "CONNECT":
                    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                    self._tunnel(connection, target)
                    return
                self._answer(connection, method, origin + target)

    def _answer(self, connection: socket.socket, method: str, url: str) -> None:
        with self._lock:
            replies = self.replies.get(url, [NOT_FOUND])
            reply = replies.pop(0) if len(replies) > 1 else replies[0]
        lines = [f"HTTP/1.1 {reply.status} Scripted", f"Content-Length: {len(reply.body)}"]
        lines += [f"{name}: {value}" for name, value in reply.headers.items()]
        head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
        connection.sendall(head if method == "HEAD" else head + reply.body)


def _relay(one: socket.socket, other: socket.socket) -> None:
    """Pass bytes both ways until one side ends."""

    def back() -> None:
        with suppress(OSError):
            while data := other.recv(1 << 16):
                one.sendall(data)

    returning = threading.Thread(target=back, daemon=True)
    returning.start()
    with suppress(OSError):
        while data := one.recv(1 << 16):
            other.sendall(data)
    with suppress(OSError):
        other.shutdown(socket.SHUT_RDWR)
    returning.join(timeout=5)
