# SPDX-License-Identifier: BSD-3-Clause
"""A hostile module proxy on loopback, which can lie in every endpoint and misbehave at every step of HTTP/1.1.

with ProxySimulator({"/q.io/a/@v/list": b"v1.0.0\\n"}) as proxy:
    proxy.script("/q.io/a/@v/list", Status(503), File())   # first 503, then what the tree holds
    fetch(proxy.url + "/q.io/a/@v/list")
    assert proxy.asked == ["/q.io/a/@v/list"] * 2
"""

from __future__ import annotations

import gzip
import io
import json
import socket
import ssl
import struct
import time
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from govgo.errors import NotFoundError
from tests.simulators.server import Server
from tests.simulators.waiting import eventually


@dataclass(frozen=True)
class Action:
    """What happens to one request."""


@dataclass(frozen=True)
class File(Action):
    """The honest answer: the file of the tree, or 404."""


@dataclass(frozen=True)
class Status(Action):
    """An answer with a status, and perhaps headers and a body."""

    status: int
    reason: bytes = b"Scripted"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Body(Action):
    """A 200 with another body than the tree's."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Redirect(Action):
    """A redirect, to an absolute URL or a path here."""

    location: str
    status: int = 302


@dataclass(frozen=True)
class Truncate(Action):
    """The right length in the header, half of the body, then the end of the connection."""


@dataclass(frozen=True)
class Reset(Action):
    """The connection is reset before any answer, or after half of the body."""

    after_half: bool = False


@dataclass(frozen=True)
class Stall(Action):
    """Silence before the answer, or after half of the body, until the simulator ends."""

    after_half: bool = False


@dataclass(frozen=True)
class Drip(Action):
    """The honest answer in steps: a pause in seconds, then so many bytes of the body; then the rest at once.

    The first pause is before the headers. If it `cuts`, the connection ends in place of the rest. `tag` is the ETag.
    """

    steps: tuple[tuple[float, int], ...]
    cuts: bool = False
    tag: str = ""


@dataclass(frozen=True)
class Resumable(Action):
    """The honest answer of a server with an ETag: for a Range after the same tag only the rest (206)."""

    tag: str


@dataclass(frozen=True)
class Validated(Action):
    """The honest answer with an ETag, a Last-Modified or both; 304 to whoever names them in a condition (RFC 9110)."""

    tag: str = ""
    modified: str = ""
    date: str = "Thu, 01 Jan 2026 00:00:00 GMT"


@dataclass(frozen=True)
class Trickle(Action):
    """One byte every `gap_s` seconds, without end: of the headers, or after them of a body."""

    gap_s: float
    headers: bool = False


@dataclass(frozen=True)
class Endless(Action):
    """A body that never ends, chunked or with a length of `declared` bytes."""

    declared: int = 0


@dataclass(frozen=True)
class GzipBomb(Action):
    """A small body that inflates to `size` zero bytes."""

    size: int


@dataclass(frozen=True)
class Raw(Action):
    """Bytes on the wire as they are, then the end of the connection, or silence if it `keeps_open`."""

    data: bytes
    keeps_open: bool = False


class ProxySimulator(Server):
    """See the module's docstring.

    Attributes:
        files: the tree: path to content.
        asked: the path of each request, in order.
        headers: the headers of each request, in order, names in lower case.
        delay_s: the time until each answer.
        handlers: what answers below a path, given the rest of it; NotFoundError is 404.
    """

    def __init__(self, files: Mapping[str, bytes] | None = None, *, tls: ssl.SSLContext | None = None) -> None:
        """A tree to serve; with `tls` over HTTPS."""
        super().__init__()
        self.files = dict(files or {})
        self._tls = tls
        self.asked: list[str] = []
        self.delay_s = 0.0
        self.headers: list[dict[str, str]] = []
        self.handlers: dict[str, Callable[[str], bytes]] = {}
        self._scripts: dict[str, list[Action]] = {}

    @property
    def url(self) -> str:
        return f"http{'s' if self._tls else ''}://127.0.0.1:{self.port}"

    def __enter__(self) -> ProxySimulator:
        super().__enter__()
        return self

    def script(self, path: str, *actions: Action) -> None:
        """What happens to the next requests for `path` ("*": for any); the last action stays."""
        self._scripts[path] = list(actions)

    def calm(self) -> None:
        """Forget all scripts, and what was asked."""
        self._scripts.clear()
        self.asked.clear()
        self.headers.clear()
        self.delay_s = 0.0

    def forget_asked(self) -> None:
        """Forget what was asked by clients that have left, also what they have cut and is not read here yet."""
        with socket.create_connection(("127.0.0.1", self.port)) as last, last.makefile("rb") as answer:
            last.sendall(b"GET / HTTP/1.1\r\n\r\n")
            answer.readline()  # connections are accepted in their order, so all others are open now, or have ended
        eventually(lambda: not self._open)
        self.asked.clear()

    def add_module(self, path: str, version: str, gomod: str = "", files: Mapping[str, str] | None = None) -> None:
        """Put a module version into the tree: .info, .mod, .zip, and its line in the list."""
        gomod = gomod or f"module {path}\n"
        base = f"/{path}/@v/"
        self.files[base + "list"] = self.files.get(base + "list", b"") + f"{version}\n".encode()
        self.files[f"{base}{version}.info"] = json.dumps({"Version": version, "Time": "2024-01-02T03:04:05Z"}).encode()
        self.files[f"{base}{version}.mod"] = gomod.encode()
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in {"go.mod": gomod, **(files or {"a.go": "package a\n"})}.items():
                archive.writestr(f"{path}@{version}/{name}", text)
        self.files[f"{base}{version}.zip"] = out.getvalue()

    def serve(self, connection: socket.socket) -> None:
        if self._tls is not None:
            connection = self._tls.wrap_socket(connection, server_side=True)
        with connection, connection.makefile("rb") as reader:
            while request := reader.readline():
                headers = {}
                while (line := reader.readline()) not in (b"\r\n", b""):
                    name, _, value = line.decode("latin-1").partition(":")
                    headers[name.strip().lower()] = value.strip()
                path = request.split()[1].decode()
                with self._lock:
                    self.asked.append(path)
                    self.headers.append(headers)
                    action = self._next(path)
                if isinstance(action, Resumable):
                    action = _resumed(action, headers, self._find(path) or b"")
                if isinstance(action, Validated):
                    action = _validated(action, headers, self._find(path) or b"")
                if self.delay_s:
                    self.ending.wait(self.delay_s)
                if not self._act(connection, path, action):
                    return

    def _find(self, path: str) -> bytes | None:
        for prefix, handler in self.handlers.items():
            if path.startswith(prefix):
                try:
                    return handler(path.removeprefix(prefix))
                except NotFoundError:
                    return None
        return self.files.get(path)

    def _next(self, path: str) -> Action:
        actions = self._scripts.get(path) or self._scripts.get("*")
        if not actions:
            return File()
        return actions.pop(0) if len(actions) > 1 else actions[0]

    def _act(self, connection: socket.socket, path: str, action: Action) -> bool:
        """Perform; whether the connection lives on."""
        body = self._find(path)
        match action:
            case File() if body is None:
                connection.sendall(_answer(404, b"Not Found", b"not found: no such file\n", _TEXT))
            case File():
                connection.sendall(_answer(200, b"OK", body or b""))
            case Status():
                connection.sendall(_answer(action.status, action.reason, action.body, action.headers))
            case Body():
                connection.sendall(_answer(200, b"OK", action.body, action.headers))
            case Redirect():
                connection.sendall(_answer(action.status, b"Found", b"", {"Location": action.location}))
            case GzipBomb():
                connection.sendall(_answer(200, b"OK", _zeros(action.size), {"Content-Encoding": "gzip"}))
            case Drip():
                self._drip(connection, body or b"", action)
                return not action.cuts
            case Raw():
                connection.sendall(action.data)
                if action.keeps_open:
                    self.ending.wait(60)
                return False
            case _:
                self._fail(connection, body or b"x" * 64, action)
                return False
        return True

    def _fail(self, connection: socket.socket, body: bytes, action: Action) -> None:
        half = _answer(200, b"OK", body)[: -(len(body) + 1) // 2]
        match action:
            case Truncate():
                connection.sendall(half)
            case Reset():
                if action.after_half:
                    connection.sendall(half)
                    time.sleep(0.05)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            case Stall():
                if action.after_half:
                    connection.sendall(half)
                self.ending.wait(60)
            case Trickle():
                connection.sendall(b"HTTP/1.1 200 OK\r\n" + (b"X: " if action.headers else b"\r\n"))
                while not self.ending.wait(action.gap_s):
                    connection.sendall(b"x")
            case Endless():
                self._pour(connection, action.declared)

    def _drip(self, connection: socket.socket, body: bytes, action: Drip) -> None:
        head = _answer(200, b"OK", body, {"ETag": action.tag} if action.tag else None)[: -len(body) or None]
        at = 0
        for pause_s, size in action.steps:
            self.ending.wait(pause_s)
            connection.sendall(head + body[at : at + size])
            head = b""
            at += size
        if not action.cuts:
            connection.sendall(body[at:])

    def _pour(self, connection: socket.socket, declared: int) -> None:
        if declared:
            connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {declared}\r\n\r\n".encode())
            piece = bytes(1 << 16)
        else:
            connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            piece = b"10000\r\n" + bytes(1 << 16) + b"\r\n"
        while not self.ending.is_set():
            connection.sendall(piece)


def _resumed(action: Resumable, headers: Mapping[str, str], body: bytes) -> Action:
    wanted = headers.get("range", "")
    if not wanted.startswith("bytes=") or headers.get("if-range") != action.tag:
        return Body(body, {"ETag": action.tag})
    start = int(wanted.removeprefix("bytes=").removesuffix("-"))
    place = {"Content-Range": f"bytes {start}-{len(body) - 1}/{len(body)}", "ETag": action.tag}
    return Status(206, b"Partial Content", place, body[start:])


def _validated(action: Validated, headers: Mapping[str, str], body: bytes) -> Action:
    named = {"Date": action.date, "ETag": action.tag, "Last-Modified": action.modified}
    validators = {name: value for name, value in named.items() if value}
    tags = headers.get("if-none-match")
    same = tags == action.tag if tags is not None else headers.get("if-modified-since") == action.modified
    if same and len(validators) > 1:
        return Raw(_answer(304, b"Not Modified", b"", validators).replace(b"Content-Length: 0\r\n", b""))
    return Body(body, validators)


def certificate(directory: Path) -> tuple[ssl.SSLContext, str]:
    """A server's TLS context for 127.0.0.1 with a key made just now, and the file that a client must trust."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "proxy simulator")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = directory / "server.pem"
    pem = made.public_bytes(serialization.Encoding.PEM)
    plain = serialization.NoEncryption()
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    file.write_bytes(pem + secret)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    trusted = directory / "roots.pem"
    trusted.write_bytes(pem)
    return context, str(trusted)


@cache
def _zeros(size: int) -> bytes:
    """So many zero bytes, packed: the largest take a second, and are asked for again and again."""
    return gzip.compress(bytes(size))


_TEXT = {"Content-Type": "text/plain; charset=utf-8"}


def _answer(status: int, reason: bytes, body: bytes, headers: Mapping[str, str] | None = None) -> bytes:
    lines = [b"HTTP/1.1 %d %b" % (status, reason), b"Content-Length: %d" % len(body)]
    lines += [f"{name}: {value}".encode("latin-1") for name, value in (headers or {}).items()]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body
