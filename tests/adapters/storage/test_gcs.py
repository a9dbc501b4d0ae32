# SPDX-License-Identifier: BSD-3-Clause
"""Google Cloud Storage, as far as a small simulator of its XML API goes: the tag is the generation of an object.

No server for tests has been found whose puts the client library takes.
"""

from __future__ import annotations

import socket
from urllib.parse import unquote

from govgo.adapters.storage.objects import Bucket, ObjectStorage
from tests.simulators.server import Server


class Gcs(Server):
    """Objects with generations: PUT under x-goog-if-generation-match, GET, HEAD, DELETE."""

    def __init__(self) -> None:
        super().__init__()
        self.objects: dict[str, tuple[int, bytes]] = {}
        self.generation = 1000

    def serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as reader:
            while line := reader.readline():
                method, target, _ = line.decode().split()
                headers = {}
                while (header := reader.readline()) not in (b"\r\n", b""):
                    name, _, value = header.decode().partition(":")
                    headers[name.lower()] = value.strip()
                body = reader.read(int(headers.get("content-length", 0)))
                with self._lock:
                    connection.sendall(self.answer(method, unquote(target.partition("?")[0]), headers, body))

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> bytes:
        known = self.objects.get(path)
        wanted = headers.get("x-goog-if-generation-match")
        if method == "PUT":
            if wanted is not None and int(wanted) != (known[0] if known else 0):
                return b"HTTP/1.1 412 Precondition Failed\r\nContent-Length: 0\r\n\r\n"
            self.generation += 1
            known = self.objects[path] = self.generation, body
            return self.found(known, b"")
        if known is None:
            return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
        if method == "DELETE":
            del self.objects[path]
            return b"HTTP/1.1 204 No Content\r\n\r\n"
        return self.found(known, known[1], bare=method == "HEAD")

    def found(self, known: tuple[int, bytes], body: bytes, *, bare: bool = False) -> bytes:
        lines = [
            "HTTP/1.1 200 OK",
            f'ETag: "e{known[0]}"',
            f"x-goog-generation: {known[0]}",
            "Last-Modified: Sat, 28 Nov 2026 16:00:00 GMT",
            f"Content-Length: {len(body)}",
        ]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + (b"" if bare else body)


def test_puts_are_conditional_on_the_generation() -> None:
    with Gcs() as server:
        environ = {"STORAGE_EMULATOR_HOST": f"127.0.0.1:{server.port}"}
        storage = ObjectStorage(Bucket("gs", "modules", "p"), environ)
        assert storage.create("q.io/a/@v/list", b"v1.0.0\n")
        assert not storage.create("q.io/a/@v/list", b"other")
        first = storage.head("q.io/a/@v/list")
        assert first is not None
        assert first.tag == "1001"
        assert storage.swap("q.io/a/@v/list", b"v1.1.0\n", first.tag)
        assert not storage.swap("q.io/a/@v/list", b"v1.2.0\n", first.tag)
        assert storage.read("q.io/a/@v/list") == b"v1.1.0\n"
        assert storage.read("none") is None
        assert not storage.swap("none", b"", "1001")
        assert storage.delete("q.io/a/@v/list")
        assert set(server.objects) == set()
