# SPDX-License-Identifier: BSD-3-Clause
"""HTTP/1.1 for many small requests: what is in memory is answered as soon as the head of a request is read.

A request takes the fast way if it is a GET of HTTP/1.1 for a path in memory, asks for no part and under no condition,
has no body, and nothing before it on its connection is still being answered. All others go to the ASGI application.
So do those of a client that does not read its answers: there they wait. What follows a request that waits is not read
by the parser before it is its turn, so a client that sends ten thousand in a row takes little memory.

Few requests have a body that anybody wants: what the application reads of one comes no faster than it does. A short one
that is left is passed over, with what follows it; a long one ends the connection.

Connections are looked at once a second: one that is idle, sends its head too slowly or reads nothing is closed.
"""

from __future__ import annotations

import asyncio
import urllib.parse
from typing import Any

import httptools
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from govgo.core.lazyregex import late
from govgo.serve.access import certificate_key
from govgo.serve.accesslog import Line
from govgo.serve.http.cycle import Cycle
from govgo.serve.http.site import Site

_SLOW = frozenset(
    b"range if-none-match if-modified-since if-range if-match if-unmodified-since"
    b" content-length transfer-encoding expect upgrade".split()
)
"""Headers for which a request goes to the application."""
_HOST = late(rb"[A-Za-z0-9._~!$&'()*+,;=%-]*(?::[0-9]{0,5})?|\[[A-Za-z0-9._~:-]+\](?::[0-9]{0,5})?")
"""RFC 3986, 3.2.2: no user, and nothing that ends a host."""
_LINGER_S = 1.0
_PIECE = 4096
"""So much is read at once: the requests in it are known before the first of them is answered."""
_MOST_HELD = 64 << 10
"""Behind a request that waits. Of a client that has sent more nothing more is read."""
_MOST_REFUSED = 256
"""Connections beyond those that may be open, which are told so and linger; more of them are cut."""
_CLOSE = b"connection: close\r\n\r\n"


class _Flow(FlowControl):
    """Reads nothing while as much is held as may be, whoever waits for a body or for the client to leave."""

    is_full = False

    def resume_reading(self) -> None:
        if not self.is_full:
            super().resume_reading()


class FastProtocol(HttpToolsProtocol):
    """See the module's docstring."""

    site: Site
    """What is served; a class of its own is made for each site."""

    def __init__(self, config: Any, server_state: Any, app_state: Any, _loop: Any = None) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._entries = self.site.memory.entries
        self._access = self.site.access
        self._log = self.site.log
        self._fast = self._plain = self._has_body = self._is_coded = False
        self._in_head = self._in_body = self._is_begun = self._refused = self._has_ended = False
        self._head_size = self._taken = self._hosts = 0
        self._held = b""
        self._certificate = ""
        self._host = b""  # of the request before
        self._authorization = b""
        self._last_s = self._begun_s = self._stuck_s = self.loop.time()
        self._mark: tuple[int, int] = (0, 0)
        self.url = b""
        self.cycle: Cycle = None  # type: ignore[assignment]  # as in uvicorn: no request yet
        self.flow: _Flow = None  # type: ignore[assignment]
        self._answered: Cycle | None = None  # the first that is not answered yet; `cycle` is the last that was read

    # Connections.

    def connection_made(self, transport: Any) -> None:
        """Take a connection, unless there are too many."""
        super().connection_made(transport)
        self.flow = _Flow(transport)
        self.site.counters.add("opened_connections")
        self._certificate = _common_name(transport.get_extra_info("peercert"))
        over = len(self.connections) - self.site.limits.connections
        if over > _MOST_REFUSED:
            self.transport.abort()  # who is refused has a file open, too, for a moment
        elif over > 0 and not self._make_room():
            self._refuse(b"503 Service Unavailable\r\nretry-after: 1")

    def _make_room(self) -> bool:
        """Close connections that have asked for nothing for longest; whether there were some."""
        idle = [each for each in self.connections if isinstance(each, FastProtocol) and each._is_idle(self)]
        # Many at once, since all are looked at: who comes next finds room.
        oldest = sorted(idle, key=lambda each: each._idle_since_s)[: len(self.connections) // 16 + 1]
        for each in oldest:
            each.transport.close()
        return bool(oldest)

    def _is_idle(self, newest: FastProtocol) -> bool:
        """Whether no request of the connection is being answered."""
        return not (self._is_busy() or self._refused or self is newest or self.transport.is_closing())

    def _is_busy(self) -> bool:
        return self._answered is not None and not self._answered.response_complete

    @property
    def _idle_since_s(self) -> float:
        return self._begun_s if self._in_head else self._last_s

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever works on an answer; those behind it are never begun."""
        super().connection_lost(exc)
        self.pipeline.clear()
        self._held = b""
        if self._answered is not None and not self._answered.response_complete:
            self._answered.left()

    def eof_received(self) -> bool | None:  # type: ignore[override]  # uvicorn closes in any case
        """The client sends no more. It may still read what it has asked for (RFC 9112, 9.6), or have left altogether.

        Only what is written shows which it is. With TLS there are no such clients: asyncio closes.
        """
        if self.scheme == "https" or self._in_body or not self._is_busy():
            return None
        self._has_ended = True
        self._stuck_s = self.loop.time()
        return True

    def data_received(self, data: bytes) -> None:
        """Feed the parser, which calls the methods below for each request."""
        if self._refused:
            self._head_size += len(data)
            if self._head_size > 1 << 20:
                self.transport.abort()
            return
        self._last_s = self.loop.time()
        if len(data) > _PIECE or self.pipeline:
            self._read_on(data)
        else:
            self._read(data)

    def _read_on(self, data: bytes) -> None:
        """Read until a request has to wait for the one before it, and hold what follows."""
        start = 0
        with memoryview(data) as whole:
            while start < len(data) and not (self.pipeline or self._refused or self.transport.is_closing()):
                self._read(whole[start : start + _PIECE])
                start += _PIECE
        if self.pipeline:
            self._held += data[start:]
            self.flow.is_full = len(self._held) > _MOST_HELD
            if self.flow.is_full:
                self.flow.pause_reading()

    def _read(self, data: bytes | memoryview) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            # No other protocol is spoken here: the request is answered as if it had not asked, and so are the next.
            if len(data) > upgrade.args[0]:
                self._read(data[upgrade.args[0] :])
                return
        except httptools.HttpParserError:
            self._refuse(b"400 Bad Request")
            return
        if self._in_head or self._in_body:
            # The parser holds a line of a head, or of what follows a body, until its end. What the application has of
            # a body does not count: it takes no more than it wants.
            self._head_size += len(data) - self._taken
            self._taken = 0
            if self._head_size > self.site.limits.head_bytes + (1 << 18):
                self._refuse(b"431 Request Header Fields Too Large" if self._in_head else b"413 Content Too Large")

    def look(self, now_s: float) -> None:
        """Close the connection if its client is too slow; called once a second."""
        limits = self.site.limits
        cycle = self._answered
        if cycle is not None and not cycle.response_complete:
            mark = (self.transport.get_write_buffer_size(), cycle.progress)
            may_wait = not (self._has_ended or self.flow.write_paused or mark[0] or cycle.progress)
            if mark != self._mark or may_wait:
                self._mark, self._stuck_s = mark, now_s
            elif now_s - self._stuck_s > (limits.ended_s if self._has_ended else limits.stuck_s):
                self.transport.abort()
        elif self._in_head:
            if now_s - self._begun_s > limits.head_s:
                self._refuse(b"408 Request Timeout")
        elif now_s - self._last_s > limits.idle_s:
            self.transport.close()

    def _refuse(self, status: bytes) -> None:
        if self._refused or self.transport.is_closing():
            return
        self._refused = True
        cycle = self.cycle
        if cycle is not None and not cycle.response_complete:
            if not self._is_begun or cycle is not self._answered or cycle.response_started:
                self.transport.abort()  # what is said now would be read as another answer, or as a body
                return
            cycle.left()  # it is the body of this very request that is wrong
        self.transport.write(b"HTTP/1.1 %b\r\ncontent-length: 0\r\n%b" % (status, _CLOSE))
        # Closed at once, with bytes of the client unread, the connection would be reset, and the answer lost.
        if self.scheme == "http":
            self.transport.write_eof()
        self.loop.call_later(_LINGER_S, self.transport.close)

    # The parser's callbacks.

    def on_message_begin(self) -> None:
        """A request begins."""
        self.url = b""
        self.headers = []
        self.expect_100_continue = False
        self._fast, self._plain, self._in_head, self._in_body = False, True, True, False
        self._is_begun = False  # whether `cycle` is that of the request that is read
        self._has_body = False
        self._is_coded = False  # whether the body has a coding below the chunks, which nobody would undo
        self._head_size = self._taken = self._hosts = 0
        self._authorization = certificate_key(self._certificate)
        self._begun_s = self._last_s

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header line; one that follows the body says nothing (RFC 9110, 6.5.1)."""
        if not self._in_head:
            return
        name = name.lower()
        if name in _SLOW:
            self._plain = False
            if name == b"expect" and value.lower() == b"100-continue":
                self.expect_100_continue = True
            elif name == b"content-length":
                self._has_body = value != b"0"
            elif name == b"transfer-encoding":
                self._has_body = True
                self._is_coded = self._is_coded or value.strip(b", \t").lower() != b"chunked"
        elif name == b"host":
            if value != self._host and not _HOST.fullmatch(value):
                self._hosts += 1  # it counts as two, which are none
            else:
                self._host = value
            self._hosts += 1
        elif name == b"authorization":
            self._authorization = value
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """The head of a request is there: answer it from memory, or start the application."""
        self._in_head, self._in_body = False, True
        if self._refused:
            return  # the one before, after which nothing is written
        entry = self._entries.get(self.url)
        if entry is None or not self._plain:
            self._start_application()
            return
        parser, cycle = self.parser, self.cycle
        if (
            (cycle is not None and not cycle.response_complete)
            or self.flow.write_paused
            or entry.expires < self._last_s
            or self._hosts != 1
            or parser.get_method() != b"GET"
            or parser.get_http_version() != "1.1"
            or (self._access.is_closed and self._authorization not in self._access.known)
            or self.transport.is_closing()
        ):
            self._start_application()
            return
        self._fast = True
        date = self.server_state.default_headers[0][1]
        if parser.should_keep_alive():
            self.transport.write(b"%bdate: %b\r\n\r\n%b" % (entry.head, date, entry.body))
        else:
            self.transport.write(b"%bdate: %b\r\n%b%b" % (entry.head, date, _CLOSE, entry.body))
            self.transport.close()
        hits = entry.hits
        if not hits:
            self.site.memory.touched.append(entry)
        entry.hits = hits + 1
        if self._log.is_on:
            user = self._access.known.get(self._authorization, "")
            self._log.add(Line(self.client, user, "GET", entry.path, entry.status, len(entry.body), 0.0, entry.kind))

    def on_body(self, body: bytes) -> None:
        """A piece of a request's body."""
        if not self._fast and self.cycle is not None:
            if not self.cycle.response_complete:
                self._taken += len(body)
            super().on_body(body)

    def on_message_complete(self) -> None:
        """A request ends."""
        self._in_body = self._is_begun = False
        if not self._fast and self.cycle is not None:
            super().on_message_complete()

    # All other requests.

    def _start_application(self) -> None:
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size > self.site.limits.head_bytes:
            self._refuse(b"431 Request Header Fields Too Large")
            return
        version = self.parser.get_http_version()
        if version not in ("1.0", "1.1"):
            self._refuse(b"505 HTTP Version Not Supported")
            return
        if self._hosts > 1 or (not self._hosts and version == "1.1"):
            self._refuse(b"400 Bad Request")  # RFC 9112, 3.2
            return
        if self._is_coded or (self._has_body and self.parser.should_upgrade()):
            # RFC 9112, 6.1. Behind a wish for another protocol the parser takes the body for the next request.
            self._refuse(b"400 Bad Request")
            return
        url = httptools.parse_url(self.url)
        if url.host:  # it counts, and not the header that should say the same (RFC 9112, 3.2.2)
            self.headers = [header for header in self.headers if header[0] != b"host"]
            self.headers.append((b"host", _authority(url)))
        raw_path = url.path or b"/"
        path = raw_path.decode("ascii")
        self.scope = {
            "type": "http",
            "asgi": {"version": self.asgi_version, "spec_version": "2.3"},
            "http_version": version,
            "server": self.server,
            "client": self.client,
            "scheme": self.scheme,  # type: ignore[typeddict-item]
            "root_path": self.root_path,
            "headers": self.headers,
            "state": {"certificate": self._certificate},
            "method": self.parser.get_method().decode("ascii"),
            "path": urllib.parse.unquote(path) if "%" in path else path,
            "raw_path": raw_path,
            "query_string": url.query or b"",
            "extensions": {"govgo.file": {}, "govgo.abort": {}},
        }
        before = self.cycle
        self.cycle = Cycle(
            scope=self.scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=self.expect_100_continue,
            keep_alive=version != "1.0" and self.parser.should_keep_alive(),
            on_response=self.on_response_complete,
        )
        self._is_begun = True
        if before is None or before.response_complete:
            self._start_asgi_task(self.cycle, self.app)
        else:
            self.pipeline.appendleft((self.cycle, self.app))

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        self._answered = cycle
        super()._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        """The application has answered: go on with the next request."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self._last_s = self._stuck_s = self.loop.time()
        self.flow.is_full = False
        self.flow.resume_reading()
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            self._start_asgi_task(cycle, app)
        if self._held and not self.pipeline:
            held, self._held = self._held, b""
            self._read_on(held)
        if self._has_ended and not self._is_busy():
            self.transport.close()


def _common_name(certificate: Any) -> str:
    """The name of a client whose certificate was verified, "" for one without."""
    for part in (certificate or {}).get("subject", ()):
        for name, value in part:
            if name == "commonName":
                return str(value)
    return ""


def _authority(url: Any) -> bytes:
    """The host and port of a URL, as a Host header has them."""
    host: bytes = b"[%b]" % url.host if b":" in url.host else url.host
    return host if url.port is None else b"%b:%d" % (host, url.port)


def protocol_of(site: Site) -> type[FastProtocol]:
    """The protocol that serves a site."""
    return type("SiteProtocol", (FastProtocol,), {"site": site})
