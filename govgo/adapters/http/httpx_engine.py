# SPDX-License-Identifier: BSD-3-Clause
"""An engine on httpx: slower than libcurl, but it runs wherever Python does.

Only transports of httpx are used, and none of its clients: such a one reads the Location header and keeps cookies,
also where it is told to follow no redirect, and ends with an error of its own where a server's text is odd.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from typing import Any, TypeVar

import httpx

import govgo
from govgo.adapters.disk.system import Sign, sign_of
from govgo.adapters.http.concurrency import Gate
from govgo.adapters.http.engine import EngineOptions, Fault, Pacer, ProxyAddress, TransferError
from govgo.adapters.http.head import check_head
from govgo.adapters.http.proxies import address_of
from govgo.adapters.http.servertext import shorten
from govgo.adapters.http.timeouts import WATCH_S

_T = TypeVar("_T")
_NO_ANSWER = "Server disconnected without sending"
_ENDED = (_NO_ANSWER, "peer closed connection", "peer unexpectedly closed connection")
_MOST_REQUESTS = 64
"""To one origin at once. A request that waits for its turn has not begun: no limit of its time counts."""


class HttpxEngine:
    """Sends GET requests through any httpx transport."""

    def __init__(self, options: EngineOptions | None = None, transport: httpx.AsyncBaseTransport | None = None) -> None:
        """No connection is opened yet; `transport` takes the place of httpx's own."""
        options = options or EngineOptions()
        self._options = options
        self._transport = transport
        # All limits but that for the connection are those of `pace`.
        self._timeout = httpx.Timeout(None, connect=options.timeouts.connect_s).as_dict()
        self._most = min(_MOST_REQUESTS, options.requests or _MOST_REQUESTS)
        self._gates: dict[str, Gate] = {}
        self._transports: dict[str, httpx.AsyncBaseTransport] = {}
        self._closing: set[asyncio.Task[None]] = set()

    async def send(self, origin: str, target: str, headers: list[str], pace: Pacer) -> HttpxAnswer:
        """Ask for `origin` + `target`; the answer must be closed.

        Raises:
            TransferError: no answer, or none in time.
        """
        gate = self._gates.get(origin)
        if gate is None:
            gate = self._gates[origin] = Gate(self._most, self._most)
        if not gate.enter():
            await gate.wait()
        try:
            return await self._send(origin, target, headers, pace, gate)
        except BaseException:
            gate.leave()
            raise

    async def _send(self, origin: str, target: str, headers: list[str], pace: Pacer, gate: Gate) -> HttpxAnswer:
        lines = (line.encode("utf-8", "surrogateescape").partition(b":") for line in headers)
        pairs = [(name, value.strip()) for name, _, value in lines]
        try:
            url = httpx.URL(origin + target)
            proxy = self._proxy_for(url)
            transport = self._transport_for(url, proxy)
            connection = _Connection()
            request = httpx.Request(
                "GET",
                url,
                headers=[*pairs, (b"Accept-Encoding", b"identity")],
                extensions={"trace": connection.trace, "timeout": self._timeout},
            )
        except (httpx.InvalidURL, ValueError) as err:  # the latter for a name that IDNA cannot encode
            raise TransferError(Fault.PROTOCOL, shorten(str(err))) from err
        pace.start()
        try:
            response = await _paced(transport.handle_async_request(request), pace, connection.sign, self._drop)
        except httpx.HTTPError as err:
            await connection.close()
            raise _translate(err, url, proxy) from err
        except TransferError:
            await connection.close()
            raise
        response.request = request
        answer = HttpxAnswer(response, self._drop, pace, gate)
        try:
            await answer.begin()
        except BaseException:
            answer.cut()
            raise
        return answer

    def _drop(self, response: httpx.Response) -> None:
        """Close a response. httpx does so asynchronously; the set keeps the task alive until it is done."""
        task = asyncio.get_running_loop().create_task(response.aclose())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def aclose(self) -> None:
        """Close every connection."""
        if self._closing:
            await asyncio.wait(self._closing)
        for transport in self._transports.values():
            await transport.aclose()
        self._transports.clear()

    def _proxy_for(self, url: httpx.URL) -> str:
        """The proxy in front of a host, "" for none."""
        choose = self._options.proxy_for
        return choose(url.scheme, url.host, _port(url)) if choose else ""

    def _transport_for(self, url: httpx.URL, proxy: str) -> httpx.AsyncBaseTransport:
        """The transport for a scheme and the proxy in front of a host: httpx fixes both when one is made."""
        key = f"{url.scheme} {proxy}"
        transport = self._transports.get(key)
        if transport is None:
            transport = self._transports[key] = self._transport or self._open(url.scheme, proxy)
        return transport

    def _open(self, scheme: str, proxy: str) -> httpx.AsyncBaseTransport:
        context = tls_context(self._options, scheme)
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=self._most)
        address = address_of(proxy) if proxy else ProxyAddress()
        if address.is_socks:
            from govgo.adapters.http.socks import AsyncSocksTransport

            return AsyncSocksTransport(address, context, limits)
        chosen = proxy_option(address, self._options)
        return httpx.AsyncHTTPTransport(proxy=chosen, verify=context, limits=limits, trust_env=False)


def transport_of(options: EngineOptions, scheme: str, proxy: str) -> httpx.BaseTransport:
    """What sends requests to servers of a scheme, through a proxy that `EngineOptions.proxy_for` chose.

    Raises:
        TransferError: the proxy has no host or no port to connect to.
    """
    context = tls_context(options, scheme)
    address = address_of(proxy) if proxy else ProxyAddress()
    if address.is_socks:
        from govgo.adapters.http.socks import SocksTransport

        return SocksTransport(address, context)
    return httpx.HTTPTransport(proxy=proxy_option(address, options), verify=context, trust_env=False)


def tls_context(options: EngineOptions, scheme: str) -> ssl.SSLContext:
    """Whom to trust at URLs of a scheme. Without TLS the context is never used, and no certificate is read for it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if options.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif scheme == "https":
        context.hostname_checks_common_name = False  # as in crypto/x509
        # Any root is trusted for itself, as with crypto/x509 and libcurl, also one that another has signed: a company
        # may hand out its intermediate authority alone.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        roots = options.roots()
        if roots.file:
            context.load_verify_locations(cafile=roots.file)
        elif roots.pem:
            context.load_verify_locations(cadata=roots.pem.decode("ascii", "ignore"))
    return context


def proxy_option(address: ProxyAddress, options: EngineOptions) -> httpx.Proxy | None:
    """An HTTP proxy as httpx takes it; None for none."""
    if not address.url:
        return None
    auth = (address.user, address.password) if address.user or address.password else None
    context = tls_context(options, "https") if address.url.startswith("https:") else None
    return httpx.Proxy(address.url, auth=auth, ssl_context=context, headers={"User-Agent": govgo.AGENT})


class HttpxAnswer:
    """A streamed httpx response."""

    def __init__(
        self, response: httpx.Response, drop: Callable[[httpx.Response], None], pace: Pacer, gate: Gate
    ) -> None:
        self._response = response
        self._drop = drop
        self._pace = pace
        self._gate: Gate | None = gate
        self._raw = response.aiter_raw()
        self._first = b""
        self._ended = self._begun = False
        self.status = response.status_code

    async def begin(self) -> None:
        """Wait for the first byte of the body, or for its end.  Raises TransferError."""
        check_head([*self.head().splitlines(keepends=True), b"\n"])
        self._first = await self._next()

    @property
    def reason(self) -> str:
        """The reason phrase of HTTP/1."""
        return self._response.reason_phrase

    def head(self) -> bytes:
        """The status line and the headers, a line each."""
        response = self._response
        lines = [f"{response.http_version} {response.status_code} {response.reason_phrase}".encode()]
        return b"\n".join([*lines, *(name + b": " + value for name, value in response.headers.raw), b""])

    def has_header(self, name: bytes) -> bool:
        """Whether a header is there."""
        return name.decode() in self._response.headers

    def header(self, name: str) -> str:
        """The first value of a header, or ""."""
        wanted = name.encode()
        for each, value in self._response.headers.raw:
            if each.lower() == wanted:
                return value.strip().decode("latin-1")
        return ""

    async def chunks(self) -> AsyncIterator[bytes]:
        """The raw body as it comes.  Raises TransferError."""
        self._begun = True
        chunk, self._first = self._first, b""
        while chunk:
            yield chunk
            chunk = await self._next()

    def whole(self) -> bytes | None:
        """The body if all of it has come, and nothing of it was taken; None otherwise."""
        return b"" if self._ended and not self._begun else None

    def close(self) -> None:
        """Give the connection back; cut the transfer if it is not over."""
        gate, self._gate = self._gate, None
        if gate is not None:
            gate.leave()
        self.cut()

    def cut(self) -> None:
        """Cut the transfer if it is not over."""
        if not self._response.is_closed:
            self._drop(self._response)

    async def _next(self) -> bytes:
        """The next piece of the body, b"" at its end."""
        try:
            chunk = b"" if self._ended else await _paced(_following(self._raw), self._pace)
        except httpx.HTTPError as err:
            raise _translate(err, self._response.url) from err
        if chunk:
            self._pace.received(len(chunk))
            error = self._pace.verdict(time.monotonic(), listened=False)  # pieces that never keep us waiting
            if error is not None:
                raise error
        elif not self._ended:
            self._ended = True
            await self._response.aclose()
        return chunk


class _Connection:
    """The connection that httpx opens for a request; none where it takes one that is open."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        self._stream: Any = None

    async def trace(self, event: str, facts: Mapping[str, Any]) -> None:
        """Take an event of httpcore's extension "trace"."""
        if event.endswith(".connect_tcp.complete"):
            self._stream = facts["return_value"]
            self._socket = self._stream.get_extra_info("socket")

    async def close(self) -> None:
        """Close it; httpx forgets a connection whose handshake is cancelled, or fails with a SOCKS proxy."""
        if self._stream is not None:
            await self._stream.aclose()

    def sign(self) -> Sign:
        """What is known of its other end."""
        return Sign.NONE if self._socket is None else sign_of(self._socket.fileno())


async def _following(raw: AsyncIterator[bytes]) -> bytes:
    """The next piece that is not empty, b"" at the end."""
    async for chunk in raw:
        if chunk:
            return chunk
    return b""


async def _paced(
    work: Coroutine[Any, Any, _T],
    pace: Pacer,
    sign: Callable[[], Sign] | None = None,
    drop: Callable[[_T], object] = lambda _: None,
) -> _T:
    """The result of `work`, unless that takes too long by the verdict of `pace`.  Raises TransferError.

    `drop` takes a result that comes in the same turn of the loop in which the caller is cancelled.
    """
    task = asyncio.get_running_loop().create_task(work)
    try:
        while True:
            begun_s = time.monotonic()
            await asyncio.wait({task}, timeout=WATCH_S)
            if task.done():
                return task.result()
            now_s = time.monotonic()
            # Where this comes late, the loop was busy with other work, and the server perhaps not silent.
            error = pace.verdict(now_s, listened=now_s < begun_s + 2 * WATCH_S, sign=sign)
            if error is not None:
                raise error
    except BaseException:
        task.cancel()
        await asyncio.wait({task})
        if not task.cancelled() and task.exception() is None:
            drop(task.result())
        raise


def _translate(err: httpx.HTTPError, url: httpx.URL, proxy: str = "") -> TransferError:
    """An error of httpx in the words of net/http; `proxy` is what was to be connected to, "" for the server itself."""
    address = address_of(proxy).url.partition("//")[2] if proxy else _address(url)
    through = "proxyconnect tcp: " if proxy else ""
    where = f"{through}dial tcp {address}"
    if isinstance(err, httpx.ConnectTimeout):  # also of a handshake, where OpenSSL still wants to read
        return TransferError(Fault.CONNECT_TIMEOUT, f"{where}: i/o timeout")
    if isinstance(refused := _tls_error(err), ssl.SSLEOFError):
        return TransferError(Fault.CUT, "EOF" if isinstance(err, httpx.ConnectError) else "unexpected EOF")
    if refused is not None:
        return TransferError(Fault.TLS, f"tls: {refused}")
    match err:
        case httpx.ConnectError():
            return TransferError(Fault.CONNECT, _not_connected(err, through, address))
        case httpx.ProxyError():
            return TransferError(Fault.PROTOCOL, str(err).partition(" ")[2] or "unknown status code")  # "403 Forbidden"
        case httpx.TimeoutException():
            return TransferError(Fault.TIMEOUT, "context deadline exceeded (Client.Timeout exceeded)")
        case httpx.RemoteProtocolError() if not str(err).startswith(_ENDED):
            return TransferError(Fault.PROTOCOL, shorten(str(err)))  # h11 says what is wrong
        case httpx.RemoteProtocolError() if str(err).startswith(_NO_ANSWER) and not (proxy and url.scheme == "https"):
            return TransferError(Fault.CUT, "EOF")
        case httpx.RemoteProtocolError() | httpx.ReadError() | httpx.WriteError():
            return TransferError(Fault.CUT, "unexpected EOF")
        case _:
            return TransferError(Fault.PROTOCOL, str(err))


def _port(url: httpx.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


def _address(url: httpx.URL) -> str:
    return f"[{url.host}]:{_port(url)}" if ":" in url.host else f"{url.host}:{_port(url)}"


def _not_connected(err: httpx.ConnectError, through: str, address: str) -> str:
    """Why there is no connection, as the system says it; `address` is that of the other end."""
    cause = next((each for each in _causes(err) if isinstance(each, OSError)), None)
    if isinstance(cause, socket.gaierror):
        return f"{through}dial tcp: lookup {address.rpartition(':')[0]}: no such host"
    reason = os.strerror(cause.errno).lower() if cause is not None and cause.errno else str(err)
    return f"{through}dial tcp {address}: connect: {reason}"


def _causes(err: BaseException | None) -> Iterator[BaseException]:
    """What an error came of, innermost first; of several attempts to connect the first."""
    if err is None:
        return
    if isinstance(err, BaseExceptionGroup):
        yield from _causes(err.exceptions[0])
    yield from _causes(err.__cause__ or err.__context__)
    yield err


def _tls_error(err: BaseException | None) -> ssl.SSLError | None:
    """What OpenSSL had to say, somewhere below an error of httpx."""
    while err is not None and not isinstance(err, ssl.SSLError):
        err = err.__cause__ or err.__context__
    return err
