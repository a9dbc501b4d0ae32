# SPDX-License-Identifier: BSD-3-Clause
"""The libcurl engine as an httpx transport: `httpx.AsyncClient(transport=CurlTransport())`.

For programs that want httpx's interface with many thousand small requests a second; govgo's own client speaks to
the engine directly, which spares the import of httpx and its work on each request.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx

from govgo.modfetch.curl_engine import CurlEngine
from govgo.modfetch.curl_transfer import CurlTransfer
from govgo.modfetch.transfer import EngineOptions, Fault, TransferError

_ERRORS: dict[Fault, type[httpx.TransportError]] = {
    Fault.CONNECT: httpx.ConnectError,
    Fault.TIMEOUT: httpx.ReadTimeout,
    Fault.CUT: httpx.ReadError,
    Fault.PROTOCOL: httpx.RemoteProtocolError,
    Fault.TLS: httpx.ConnectError,
}


class CurlTransport(httpx.AsyncBaseTransport):
    """Sends GET requests through a `CurlEngine`. Belongs to the event loop that first uses it."""

    def __init__(self, options: EngineOptions | None = None) -> None:
        """Begin without connections."""
        self._engine = CurlEngine(options)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request without a body; the response's body is raw and streamed.

        Raises:
            httpx.UnsupportedProtocol: not a GET over http or https.
            httpx.TransportError: no answer.
        """
        url = request.url
        if request.method != "GET" or url.scheme not in ("http", "https"):
            raise httpx.UnsupportedProtocol(f"cannot send {request.method} over {url.scheme!r}")
        origin = f"{url.scheme}://{url.netloc.decode('ascii')}"
        headers = [
            f"{name.decode('ascii')}: {value.decode('latin-1')}"
            for name, value in request.headers.raw
            if name.lower() != b"host"
        ]
        try:
            transfer = await self._engine.send(origin, url.raw_path.decode("ascii"), headers)
        except TransferError as err:
            raise _ERRORS[err.fault](str(err), request=request) from err
        first, *lines = transfer.lines
        pairs = [line.strip().partition(b":") for line in lines if line.strip()]
        return httpx.Response(
            transfer.status,
            headers=[(name.strip(), value.strip()) for name, _, value in pairs],
            stream=_Body(transfer, request),
            extensions={"http_version": first.split()[0], "reason_phrase": transfer.reason.encode("latin-1")},
        )

    async def aclose(self) -> None:
        """Close every connection."""
        await self._engine.aclose()


class _Body(httpx.AsyncByteStream):
    """The body of one response; closing it early cuts the transfer."""

    __slots__ = ("_request", "_transfer")

    def __init__(self, transfer: CurlTransfer, request: httpx.Request) -> None:
        self._transfer: CurlTransfer | None = transfer
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self._transfer is None:
            return
        try:
            async for chunk in self._transfer.chunks():
                yield chunk
        except TransferError as err:
            raise _ERRORS[err.fault](str(err), request=self._request) from err

    async def aclose(self) -> None:
        transfer, self._transfer = self._transfer, None
        if transfer is not None:
            transfer.close()
