# SPDX-License-Identifier: BSD-3-Clause
"""An engine on httpx: slower than libcurl, but it runs wherever Python does."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator

import httpx

from govgo.adapters.http.engine import EngineOptions, Fault, TransferError
from govgo.adapters.http.proxies import address_of

_MAX_CONNECTIONS = 64


class HttpxEngine:
    """Sends GET requests through any httpx transport."""

    def __init__(self, options: EngineOptions | None = None, transport: httpx.AsyncBaseTransport | None = None) -> None:
        """No connection is opened yet; `transport` takes the place of httpx's own."""
        options = options or EngineOptions()
        self._options = options
        limits = options.timeouts
        # httpx has one limit for each read; that for the beginning of an answer must be the longest.
        self._transport = transport
        self._timeout = httpx.Timeout(limits.stall_s, connect=limits.connect_s, read=limits.answer_s, pool=None)
        self._clients: dict[str, httpx.AsyncClient] = {}
        self._closing: set[asyncio.Task[None]] = set()

    async def send(self, origin: str, target: str, headers: list[str]) -> HttpxAnswer:
        """Ask for `origin` + `target`; the answer must be closed.

        Raises:
            TransferError: no answer.
        """
        url = httpx.URL(origin + target)
        lines = (line.encode("utf-8", "surrogateescape").partition(b":") for line in headers)
        pairs = [(name, value.strip()) for name, _, value in lines]
        client = self._client(url)
        # httpx would offer to inflate bodies; the client wants them as they are stored.
        request = client.build_request("GET", url, headers=[*pairs, (b"Accept-Encoding", b"identity")])
        try:
            return HttpxAnswer(await client.send(request, stream=True), self._closing)
        except httpx.HTTPError as err:
            raise _translate(err, url) from err

    async def aclose(self) -> None:
        """Close every connection."""
        for client in self._clients.values():
            await client.aclose()
        self._clients.clear()

    def _client(self, url: httpx.URL) -> httpx.AsyncClient:
        """The httpx client for a scheme and the proxy in front of a host: httpx fixes both when a client is made."""
        choose = self._options.proxy_for
        port = url.port or (443 if url.scheme == "https" else 80)
        proxy = choose(url.scheme, url.host, port) if choose else ""
        key = f"{url.scheme} {proxy}"
        client = self._clients.get(key)
        if client is None:
            client = self._clients[key] = httpx.AsyncClient(
                transport=self._transport,
                proxy=self._proxy(proxy) if proxy and not self._transport else None,
                verify=self._trust(url.scheme),
                timeout=self._timeout,
                limits=httpx.Limits(max_connections=_MAX_CONNECTIONS),
                trust_env=False,
                follow_redirects=False,
            )
        return client

    def _proxy(self, proxy: str) -> httpx.Proxy:
        address = address_of(proxy)
        auth = (address.user, address.password) if address.user or address.password else None
        secure = address.url.startswith("https:")
        return httpx.Proxy(address.url, auth=auth, ssl_context=self._trust("https") if secure else None)

    def _trust(self, scheme: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if self._options.insecure:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        elif scheme == "https":  # else the context is never used
            context.hostname_checks_common_name = False  # as in crypto/x509
            roots = self._options.roots()
            if roots.file:
                context.load_verify_locations(cafile=roots.file)
            elif roots.pem:
                context.load_verify_locations(cadata=roots.pem.decode("ascii", "ignore"))
        return context


class HttpxAnswer:
    """A streamed httpx response."""

    def __init__(self, response: httpx.Response, closing: set[asyncio.Task[None]]) -> None:
        self._response = response
        self._closing = closing
        self.status = response.status_code

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
        """The value of a header, or ""."""
        return str(self._response.headers.get(name, ""))

    async def chunks(self) -> AsyncIterator[bytes]:
        """The raw body as it comes.  Raises TransferError."""
        try:
            async for chunk in self._response.aiter_raw():
                yield chunk
            await self._response.aclose()
        except httpx.HTTPError as err:
            raise _translate(err, self._response.url) from err

    async def body(self, limit_bytes: int) -> bytes:
        """The raw body, or rather more than `limit_bytes` of it.  Raises TransferError."""
        parts: list[bytes] = []
        size = 0
        async for chunk in self.chunks():
            parts.append(chunk)
            size += len(chunk)
            if size > limit_bytes:
                break
        return b"".join(parts)

    def close(self) -> None:
        """Give the connection back; cut the transfer if it is not over."""
        if not self._response.is_closed:
            # httpx closes asynchronously; the set keeps the task alive until it is done.
            task = asyncio.get_running_loop().create_task(self._response.aclose())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)


def _translate(err: httpx.HTTPError, url: httpx.URL) -> TransferError:
    where = f"dial tcp {url.host}:{url.port or {'http': 80}.get(url.scheme, 443)}"
    if (refused := _tls_error(err)) is not None:
        return TransferError(Fault.TLS, f"tls: {refused}")
    match err:
        case httpx.ConnectTimeout():
            return TransferError(Fault.CONNECT, f"{where}: i/o timeout")
        case httpx.ConnectError():
            return TransferError(Fault.CONNECT, f"{where}: connect: {err}")
        case httpx.ProxyError():
            return TransferError(Fault.PROTOCOL, str(err).partition(" ")[2] or str(err))  # "403 Forbidden"
        case httpx.TimeoutException():
            return TransferError(Fault.TIMEOUT, "context deadline exceeded (Client.Timeout exceeded)")
        case httpx.RemoteProtocolError() | httpx.ReadError() | httpx.WriteError():
            return TransferError(Fault.CUT, "unexpected EOF")
        case _:
            return TransferError(Fault.PROTOCOL, str(err))


def _tls_error(err: BaseException | None) -> ssl.SSLError | None:
    """What OpenSSL had to say, somewhere below an error of httpx."""
    while err is not None and not isinstance(err, ssl.SSLError):
        err = err.__cause__ or err.__context__
    return err
