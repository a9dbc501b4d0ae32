# SPDX-License-Identifier: BSD-3-Clause
"""The interface between the HTTP client and the engine that moves its bytes: options, answers, faults.

Two engines exist: `curl_engine` (libcurl's multi interface: fast, HTTP/2) and `httpx_engine` (any httpx transport,
where there is no libcurl, and in tests).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from enum import Enum
from typing import NamedTuple, Protocol


class Fault(Enum):
    """Why a transfer failed; `retry` decides by it whether to try again."""

    CONNECT = "connect"  # no such host, or no connection to it
    TIMEOUT = "timeout"  # one of `Timeouts` passed
    STALL = "stall"  # the body stopped coming, long before a time-out
    CUT = "cut"  # the connection broke
    PROTOCOL = "protocol"  # something that is no HTTP, or a proxy that refuses
    TLS = "tls"  # no trusted connection
    SETTING = "setting"  # a variable of the environment forbids it


class TransferError(Exception):
    """A transfer that failed; `str()` says so as Go's net/http would."""

    def __init__(self, fault: Fault, text: str) -> None:
        super().__init__(text)
        self.fault = fault


class Timeouts(NamedTuple):
    """Limits in seconds: to connect, until an answer begins, between two pieces of its body, for all of it."""

    connect_s: float = 20.0
    answer_s: float = 60.0
    stall_s: float = 10.0
    total_s: float = 900.0


class Roots(NamedTuple):
    """The trusted certificates: a PEM file of them as it is, or else, in PEM, those of several files."""

    file: str = ""
    pem: bytes = b""


class ProxyAddress(NamedTuple):
    """A proxy: its URL, with a port and one of the schemes http, https and socks5; and the login, user "" for none.

    A SOCKS proxy looks up the names of hosts itself.
    """

    url: str = ""
    user: str = ""
    password: str = ""

    def __repr__(self) -> str:
        return f"ProxyAddress(url={self.url!r})"


class EngineOptions(NamedTuple):
    """How an engine connects.

    Attributes:
        timeouts: see `Timeouts`.
        roots: reads the certificates that are trusted, before the first connection with TLS.
        insecure: accept any certificate (GOINSECURE).
        requests: how many requests go to one host at once at most; 0 for the engine's own limits.
        proxy_for: from (scheme, host, port) to the URL of the proxy to go through, or ""; it may raise TransferError.
    """

    timeouts: Timeouts = Timeouts()
    roots: Callable[[], Roots] = Roots
    insecure: bool = False
    requests: int = 0
    proxy_for: Callable[[str, str, int], str] | None = None


class Answer(Protocol):
    """A response whose body is read chunk by chunk, as it came over the wire."""

    status: int

    @property
    def reason(self) -> str:
        """The reason phrase of HTTP/1, unchecked; "" with HTTP/2."""
        ...

    def head(self) -> bytes:
        """The status line and the headers, a line each."""
        ...

    def has_header(self, name: bytes) -> bool:
        """Whether a header (lower-case name) may be there; false only when it is not."""
        ...

    def header(self, name: str) -> str:
        """The value of a header (lower-case name), or ""."""
        ...

    def chunks(self) -> AsyncIterator[bytes]:
        """The body as it comes.  Raises TransferError."""
        ...

    async def body(self, limit_bytes: int) -> bytes:
        """The body; a few more bytes than `limit_bytes` may come before it stops.  Raises TransferError."""
        ...

    def close(self) -> None:
        """Give the connection back; cut the transfer if it is not over."""
        ...


class Engine(Protocol):
    """Sends GET requests; belongs to one event loop."""

    async def send(self, origin: str, target: str, headers: list[str]) -> Answer:
        """Ask for `origin` + `target` with headers "name: value".  Raises TransferError."""
        ...

    async def aclose(self) -> None:
        """Close every connection."""
        ...
