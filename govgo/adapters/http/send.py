# SPDX-License-Identifier: BSD-3-Clause
"""Requests that send something: small POSTs to witnesses and web hooks, and files that are published by PUT.

Everything else is a GET, and goes through `client`. Here nothing is tried again, and no redirect is followed: who is
told is named by the user. A POST sends no credentials of GOAUTH; a login may stand in its URL. A file that is sent is
taken at least as fast as a body would have to come (`pace`), and the answer to what was sent has a limit of time,
whatever comes in between: half a minute, and for a file, which the server first looks at, as long as for a module.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import govgo
from govgo.adapters.disk.diskerror import disk_error
from govgo.adapters.hostname import ascii_host
from govgo.adapters.http.connect import engine_options
from govgo.adapters.http.credentials import Credentials, load_goauth
from govgo.adapters.http.engine import EngineOptions, Timeouts, TransferError
from govgo.adapters.http.timeouts import ExpectedSilence, Pace
from govgo.core.goenv import NetworkEnv
from govgo.core.golib import url as gourl
from govgo.core.records import NamedTuple
from govgo.core.safetext import one_line
from govgo.errors import NetworkError, TooLargeError, UsageError

if TYPE_CHECKING:
    import httpx

_LIMIT_S = 30.0
_MAX_ANSWER = 1 << 16
_PIECE = 16 << 10
"""So much at once is sent of a file: a server that takes less than one in `Timeouts.stall_s` is too slow."""
_LOCAL = ("localhost", "127.0.0.1", "::1")


class Posted(NamedTuple):
    """An answer: its status and its body."""

    status: int
    body: bytes


class Poster:
    """Posts to URLs, by the proxies and roots of the environment."""

    def __init__(self, network: NetworkEnv, timeouts: Timeouts) -> None:
        self._options: EngineOptions = engine_options(network, timeouts)
        self._timeouts = timeouts

    def post(self, url: str, body: bytes, content_type: str, limit_bytes: int) -> Posted:
        """Post a body, and read the answer to at most `limit_bytes`.

        Raises:
            UsageError: no URL of http or https.
            NetworkError, TooLargeError: there was no answer, or too large a one.
        """
        parsed = gourl.parse(url)
        if parsed.scheme not in ("http", "https"):
            raise UsageError(f"invalid URL scheme (must be https, http): {parsed.redacted()}")
        shown = parsed.redacted()
        headers = {"Content-Type": content_type, "User-Agent": govgo.AGENT}
        answer = self.exchange("POST", parsed, shown, body, headers, limit_bytes + 1)
        if len(answer.body) > limit_bytes:
            raise TooLargeError(f"reading {shown}: answer of more than {limit_bytes} bytes", limit_bytes=limit_bytes)
        return answer

    def exchange(
        self,
        method: str,
        url: gourl.GoURL,
        shown: str,
        body: bytes | Iterator[bytes] | None,
        headers: Mapping[str, str],
        limit_bytes: int,
    ) -> Posted:
        """Send a request, and read the beginning of the answer.

        Args:
            method, url, body, headers: of the request.
            shown: the URL in errors.
            limit_bytes: so much is read.

        Raises:
            NetworkError: there is no answer, or none in time.
        """
        import httpx

        asked = str(url._replace(host=ascii_host(url.host)))
        limits = self._timeouts
        content: bytes | Iterator[bytes] | None = body
        if body is None or isinstance(body, bytes):
            limits = limits._replace(answer_s=min(limits.answer_s, _LIMIT_S))
            deadline = _Deadline(limits)
        else:
            deadline = _Deadline(limits)
            content = deadline.counted(body)
        headers = {**headers, "Accept-Encoding": "identity"}
        received = b""
        try:
            with (
                deadline,
                self.client(url, limits.answer_s) as client,
                client.stream(
                    method,
                    asked,
                    content=content,
                    headers=headers,
                    extensions={"trace": deadline.trace},
                ) as response,
            ):
                for piece in response.iter_bytes():
                    received += piece
                    if len(received) >= limit_bytes:
                        break
                return Posted(response.status_code, received[:limit_bytes])
        # UnicodeError: a name that cannot be sent as IDNA has it
        except (httpx.HTTPError, httpx.InvalidURL, TransferError, UnicodeError) as error:
            why = deadline.why or one_line(str(error))
            raise NetworkError(f'{method.capitalize()} "{shown}": {why}', url=shown, inner=error) from error

    def client(self, url: gourl.GoURL, answer_s: float) -> httpx.Client:
        """A client for the server of a URL, which waits so many seconds for each piece of an answer.

        Raises:
            TransferError: the variables name a proxy that cannot be used.
        """
        import httpx

        from govgo.adapters.http.httpx_engine import transport_of

        port = int(url.port or (443 if url.scheme == "https" else 80))
        choose = self._options.proxy_for
        proxy = choose(url.scheme, ascii_host(url.hostname), port) if choose else ""
        return httpx.Client(
            transport=transport_of(self._options, url.scheme, proxy),
            timeout=httpx.Timeout(min(answer_s, _LIMIT_S), read=answer_s),
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
        self._headers = {"User-Agent": govgo.AGENT}
        token = token.strip()
        if not token.isascii() or not token.isprintable() or " " in token:
            raise UsageError("the token has characters that no header can carry")
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
        headers = {**self._headers, **({"Content-Length": str(size)} if body is not None else {})}
        shown = f"{self.shown}/{path}"
        return self._poster.exchange(method, self._url.join(path), shown, body, headers, _MAX_ANSWER)


class _Deadline:
    """Cuts the connection of one request if what it sends is not taken, or its answer is not whole, in time.

    Limits of httpx are for one read or write each: a server that sends or takes a byte now and then would be waited for
    without end.

    Attributes:
        why: what took too long, "" as long as nothing has.
    """

    def __init__(self, limits: Timeouts) -> None:
        self.why = ""
        self._limits = limits
        self._sending: Pace | None = None
        self._asked_s: float | None = None
        self._socket: socket.socket | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def counted(self, body: Iterator[bytes]) -> Iterator[bytes]:
        """What is sent, counted as it is taken."""
        for piece in body:
            yield piece
            if self._sending is not None:
                self._sending.received(len(piece))

    def trace(self, event: str, facts: Mapping[str, Any]) -> None:
        """Take an event of httpcore's extension "trace"; those of the CONNECT before a request are among them."""
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            self._socket = facts["return_value"].get_extra_info("socket")
        elif event.endswith(".send_request_headers.started"):
            sending = Pace(self._limits, ExpectedSilence())
            sending.start()
            self._sending, self._asked_s = sending, None
        elif event.endswith(".receive_response_headers.started"):
            self._sending, self._asked_s = None, time.monotonic()

    def __enter__(self) -> _Deadline:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()

    def _watch(self) -> None:
        while not self.why and not self._over.wait(min(1.0, self._limits.answer_s / 4, self._limits.stall_s / 4)):
            sending, asked_s, now_s = self._sending, self._asked_s, time.monotonic()
            if sending is not None and sending.verdict(now_s, listened=False) is not None:
                self.why = "what is sent is taken too slowly"
            elif asked_s is not None and now_s - asked_s > 2 * self._limits.answer_s:
                self.why = "no answer in time"
        if self.why and self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
