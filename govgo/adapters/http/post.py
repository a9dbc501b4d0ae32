# SPDX-License-Identifier: BSD-3-Clause
"""Requests that send something: small POSTs to witnesses and web hooks, and files that are published by PUT.

Everything else is a GET, and goes through `client`. Here nothing is tried again, and no redirect is followed: who is
told is named by the user. A POST sends no credentials of GOAUTH; a login may stand in its URL.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import govgo
from govgo.adapters.disk.diskerror import disk_error
from govgo.adapters.http.connect import engine_options
from govgo.adapters.http.credentials import Credentials, load_goauth
from govgo.adapters.http.engine import EngineOptions, Timeouts, TransferError
from govgo.adapters.http.proxies import address_of
from govgo.core.foreign import one_line
from govgo.core.goenv import NetworkEnv
from govgo.core.golib import url as gourl
from govgo.core.records import NamedTuple
from govgo.errors import NetworkError, TooLargeError, UsageError

if TYPE_CHECKING:
    import httpx

_LIMIT_S = 30.0
_MAX_ANSWER = 1 << 16
_PIECE = 1 << 20
_LOCAL = ("localhost", "127.0.0.1", "::1")


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


class Uploader:
    """Asks one server, by a token, else by the login in its URL, else by the netrc file."""

    def __init__(self, poster: Poster, base: str, token: str, netrc: str) -> None:
        """Nothing is sent yet.

        Args:
            poster: knows the proxies and roots.
            base: the URL below which is asked.
            token: for `Authorization: Bearer`; "" for none.
            netrc: the netrc file.

        Raises:
            UsageError: no URL of http or https, or a secret would go out in plain text.
        """
        self._url = gourl.parse(base)
        if self._url.scheme not in ("http", "https") or not self._url.host:
            raise UsageError(f"want a URL of https or http: {self._url.redacted()}")
        self.shown = self._url.redacted().rstrip("/")
        self._poster = poster
        self._headers = {"User-Agent": f"govgo/{govgo.__version__}"}
        secret = f"Bearer {token}" if token else ""
        if not secret and self._url.user is None:
            place = f"https://{self._url.host}"
            lines = Credentials(load_goauth("netrc", netrc)[0].logins).lines(place)
            secret = lines[0].partition(": ")[2] if lines else ""
        if (secret or self._url.user is not None) and self._url.scheme == "http" and self._url.hostname not in _LOCAL:
            raise UsageError(f"refusing to pass credentials to insecure URL: {self.shown}")
        if secret:
            self._headers["Authorization"] = secret

    def get(self, path: str) -> Posted:
        """What the server has at a path below the URL, whatever the status.  Raises NetworkError."""
        return self._send("GET", path, None, 0)

    def put(self, path: str, file: str) -> Posted:
        """Send a file, and read the answer, whatever the status.

        Raises:
            NetworkError: there is none.
            DiskError: the file cannot be read.
        """
        try:
            size = os.stat(file).st_size
            with open(file, "rb") as opened:
                return self._send("PUT", path, iter(lambda: opened.read(_PIECE), b""), size)
        except OSError as error:
            raise disk_error("read", file, error) from error

    def _send(self, method: str, path: str, body: Iterator[bytes] | None, size: int) -> Posted:
        import httpx

        url = str(self._url.join(path))
        shown = f"{self.shown}/{path}"
        headers = {**self._headers, **({"Content-Length": str(size)} if body is not None else {})}
        try:
            with (
                self._poster.client(self._url) as client,
                client.stream(method, url, content=body, headers=headers) as response,
            ):
                return Posted(response.status_code, _beginning(response))
        except (httpx.HTTPError, httpx.InvalidURL, TransferError) as error:
            text = f'{method.capitalize()} "{shown}": {one_line(str(error))}'
            raise NetworkError(text, url=shown, inner=error) from error


def _beginning(response: httpx.Response) -> bytes:
    received = b""
    for piece in response.iter_bytes():
        received += piece
        if len(received) > _MAX_ANSWER:
            break
    return received[:_MAX_ANSWER]
