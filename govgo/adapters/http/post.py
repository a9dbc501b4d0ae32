# SPDX-License-Identifier: BSD-3-Clause
"""Small POST requests, one at a time: to witnesses of a checksum database and to web hooks.

Everything else is a GET, and goes through `client`. A POST is not tried again here, follows no redirect and sends no
credentials of GOAUTH: who is told is named by the user, and a login may stand in the URL.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import govgo
from govgo.adapters.http.connect import engine_options
from govgo.adapters.http.engine import EngineOptions, Timeouts, TransferError
from govgo.adapters.http.proxies import address_of
from govgo.core.foreign import one_line
from govgo.core.goenv import NetworkEnv
from govgo.core.golib import url as gourl
from govgo.errors import NetworkError, TooLargeError, UsageError

if TYPE_CHECKING:
    import httpx

_LIMIT_S = 30.0


class Posted(NamedTuple):
    """An answer: its status and its body."""

    status: int
    body: bytes


class Poster:
    """Posts to URLs, by the proxies and roots of the environment."""

    def __init__(self, network: NetworkEnv, timeouts: Timeouts) -> None:
        self._options: EngineOptions = engine_options(network, timeouts)
        self._limit_s = min(timeouts.answer_s, _LIMIT_S)

    def post(self, url: str, body: bytes, content_type: str, limit_bytes: int) -> Posted:
        """Post a body, and read the answer to at most `limit_bytes`.

        Raises:
            UsageError: no URL of http or https.
            NetworkError, TooLargeError: there was no answer, or too large a one.
        """
        parsed = gourl.parse(url)
        if parsed.scheme not in ("http", "https"):
            raise UsageError(f"invalid URL scheme (must be https, http): {parsed.redacted()}")
        import httpx

        shown = parsed.redacted()
        headers = {"Content-Type": content_type, "User-Agent": f"govgo/{govgo.__version__}"}
        try:
            with (
                self.client(parsed) as client,
                client.stream("POST", url, content=body, headers=headers) as response,
            ):
                received = b""
                for piece in response.iter_bytes():
                    received += piece
                    if len(received) > limit_bytes:
                        text = f"reading {shown}: answer of more than {limit_bytes} bytes"
                        raise TooLargeError(text, limit_bytes=limit_bytes)
                return Posted(response.status_code, received)
        except (httpx.HTTPError, httpx.InvalidURL, TransferError) as error:
            raise NetworkError(f'Post "{shown}": {one_line(str(error))}', url=shown, inner=error) from error

    def client(self, url: gourl.GoURL) -> httpx.Client:
        """A client for the server of a URL."""
        import ssl

        import httpx

        port = int(url.port or (443 if url.scheme == "https" else 80))
        choose = self._options.proxy_for
        proxy = choose(url.scheme, url.hostname, port) if choose else ""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if url.scheme == "https":
            roots = self._options.roots()
            if roots.file:
                context.load_verify_locations(cafile=roots.file)
            elif roots.pem:
                context.load_verify_locations(cadata=roots.pem.decode("ascii", "ignore"))
        address = address_of(proxy) if proxy else None
        auth = (address.user, address.password) if address is not None and address.user else None
        return httpx.Client(
            proxy=httpx.Proxy(address.url, auth=auth) if address is not None else None,
            verify=context,
            timeout=self._limit_s,
            trust_env=False,
            follow_redirects=False,
        )
