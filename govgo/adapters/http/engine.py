# SPDX-License-Identifier: BSD-3-Clause
"""The interface between the HTTP client and the engine that moves its bytes: options, answers, faults.

Two engines exist: `curl_engine` (libcurl's multi interface: fast, HTTP/2) and `httpx_engine` (any httpx transport,
where there is no libcurl, and in tests).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from enum import Enum

from govgo.core.records import NamedTuple
from govgo.core.safetext import one_line
from govgo.core.typehints import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from govgo.adapters.disk.system import Sign
    from govgo.adapters.http.preconnect import Spares


class Fault(Enum):
    """Why a transfer failed; `retry` decides by it whether to try again."""

    CONNECT = "connect"  # no such host, or no connection to it
    CONNECT_TIMEOUT = "connect-timeout"  # no connection in time
    TIMEOUT = "timeout"  # the answer did not begin in time, or its body comes too slowly
    OVERDUE = "overdue"  # the request took too long in all
    STALL = "stall"  # the answer is late, and another one is expected to be faster
    UNHEARD = "unheard"  # the server has not acknowledged that there is a connection
    DEAD = "dead"  # nor has it for so long that a command that wants to know soon waits no more
    CUT = "cut"  # the connection broke
    PROTOCOL = "protocol"  # something that is not HTTP, or a proxy that refuses
    TLS = "tls"  # no trusted connection
    SETTING = "setting"  # a variable of the environment forbids it


class TransferError(Exception):
    """A transfer that failed; `str()` says so as Go's net/http would.

    The sentences of libraries may hold what a server has said, such as the name of a host: they are made safe here.

    Attributes:
        url: what was asked, where a redirect had led there; else "".
    """

    def __init__(self, fault: Fault, text: str) -> None:
        super().__init__(one_line(text))
        self.fault = fault
        self.url = ""


class Timeouts(NamedTuple):
    """Limits of one request (`pace` applies them).

    The go command has none but the first, which is that of its dialer. A proxy that must fetch the module itself may
    take minutes before the first byte, and pause within a zip.

    Attributes:
        connect_s: to connect, TLS included.
        answer_s: until the body of the answer begins.
        stall_s: of silence within the body; and the time over which its rate is taken.
        total_s: for all tries; longer for a body that comes at `steady_rate` on average.
        late_s: until the answer begins, after which the request is made once more, beside the first.
        least_rate: bytes per second of a body that comes at all. 32 zips at once over 1 Mbit/s have 4,000 each.
        steady_rate: bytes per second of a body that may take longer than `total_s`.
    """

    connect_s: float = 30.0
    answer_s: float = 600.0
    stall_s: float = 60.0
    total_s: float = 1800.0
    late_s: float = 60.0
    least_rate: float = 100.0
    steady_rate: float = 4096.0

    def waiting(self, seconds: float) -> Timeouts:
        """The limits of someone who waits so long for an answer to begin; forever where that is infinite."""
        return self._replace(
            answer_s=seconds,
            stall_s=min(self.stall_s, seconds),
            total_s=max(self.total_s, 3 * seconds),
            late_s=min(self.late_s, seconds / 2),
        )


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

    @property
    def is_socks(self) -> bool:
        """Whether it speaks SOCKS."""
        return self.url.startswith("socks5:")

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
        spares: connections that were opened before the engine was there.
    """

    timeouts: Timeouts = Timeouts()
    roots: Callable[[], Roots] = Roots
    insecure: bool = False
    requests: int = 0
    proxy_for: Callable[[str, str, int], str] | None = None
    spares: Spares | None = None


class Pacer(Protocol):
    """What decides how long a try may take (`timeouts.Pace`)."""

    def start(self) -> None:
        """The request is sent."""
        ...

    def received(self, size: int) -> None:
        """So many bytes of the body have come."""
        ...

    def hold(self, now_s: float) -> None:
        """The body waits for its reader, not for the server."""
        ...

    def verdict(self, now_s: float, *, listened: bool, sign: Callable[[], Sign] | None = None) -> TransferError | None:
        """The error of a try that has taken too long, None for any other."""
        ...


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

    def whole(self) -> bytes | None:
        """The body if all of it has come, and nothing of it was taken; None otherwise."""
        ...

    def close(self) -> None:
        """Give the connection back; cut the transfer if it is not over."""
        ...


class Engine(Protocol):
    """Sends GET requests; belongs to one event loop."""

    async def send(self, origin: str, target: str, headers: list[str], pace: Pacer) -> Answer:
        """Ask for `origin` + `target` with headers "name: value"; return when the body begins, or has ended.

        Raises:
            TransferError: no answer, or none in time by the verdict of `pace`.
        """
        ...

    async def aclose(self) -> None:
        """Close every connection."""
        ...
