# SPDX-License-Identifier: BSD-3-Clause
"""A file that is sent to a server by PUT, with the credentials of its user, and what the server has there before.

Who is told is named by the user, so no redirect is followed, and nothing is tried again.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import govgo
from govgo.adapters.disk.diskerror import disk_error
from govgo.adapters.http.credentials import Credentials, load_goauth
from govgo.adapters.http.engine import TransferError
from govgo.adapters.http.post import Posted, Poster
from govgo.core.foreign import one_line
from govgo.core.golib import url as gourl
from govgo.errors import NetworkError, UsageError

if TYPE_CHECKING:
    import httpx

_MAX_ANSWER = 1 << 16
_PIECE = 1 << 20
_LOCAL = ("localhost", "127.0.0.1", "::1")


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
