# SPDX-License-Identifier: BSD-3-Clause
"""A checksum database over HTTP, out of the storage that `govgo sumdb add` fills (Go Modules Reference).

    /latest                       the signed tree head
    /lookup/PATH@VERSION          a record, and the newest signed tree head
    /tile/8/LEVEL/NNN[.p/W]       hashes; LEVEL "data" for records
    /supported                    an empty answer: here is a checksum database
    /sumdb/NAME/…                 the same, as module proxies serve it

`Site` answers paths, and knows no sockets, so that other servers can mount it. `serve` is a server of its own.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote_to_bytes

from govgo.app.sumdb.publisher import database_keys
from govgo.core.module.escape import unescape_path, unescape_version
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.records import NamedTuple
from govgo.core.safetext import one_line
from govgo.core.sumdb.heads import EMPTY_HEAD, MAX_HEAD_BYTES, Head, read_head
from govgo.core.sumdb.published import LATEST
from govgo.core.sumdb.record import MAX_LOOKUP_BYTES, format_record, lookup_path, parse_record
from govgo.core.sumdb.rules import max_tile_bytes
from govgo.core.sumdb.tile import parse_tile_path
from govgo.core.sumdb.tileauth import DATABASE_HEIGHT
from govgo.core.sumdb.tlog import HASH_SIZE
from govgo.errors import DiskError, Failure, InputError, SecurityError, SumDbFormatError
from govgo.ports.storage import Storage
from govgo.serve.tls import server_context

FOREVER_S = 365 * 24 * 3600
"""How long what never changes may be kept by those who ask."""
HEAD_S = 1.0
"""For so long a tree head is not read again."""
MOST_CONNECTIONS = 512
_IDLE_S = 60.0
"""For the head of a request to come, from the end of the one before; in all, not for each of its bytes."""
_ROOM_S = 0.5
_STOP_S = 5.0
_TEXT, _BYTES = "text/plain; charset=UTF-8", "application/octet-stream"


class Answer(NamedTuple):
    """An answer; `max_age_s` is how long it may be kept, 0 for one that has to be asked for again."""

    status: int
    body: bytes
    content_type: str = _TEXT
    max_age_s: int = 0


class Site:
    """Answers the paths of one checksum database. May be asked by several threads at once."""

    def __init__(self, storage: Storage, clock: Callable[[], float] = time.monotonic) -> None:
        """Read the keys of the database; they are read anew whenever there is a new tree head.

        Raises:
            UsageError: there is no database.
        """
        self._storage = storage
        self._clock = clock
        self._keys = database_keys(storage)
        self._latest: tuple[float, bytes, Head] = (float("-inf"), b"", EMPTY_HEAD)

    def answer(self, path: str) -> Answer:
        """The answer for a path, percent signs decoded, without its query.

        Raises:
            StorageError: the storage cannot be asked.
            IntegrityError, BadSignatureError: what is stored is damaged.
        """
        path = self._below_name(path)
        if path == "/supported":
            return Answer(200, b"")
        if path == "/latest":
            return Answer(200, self._head()[0])
        try:
            if path.startswith("/lookup/"):
                return self._lookup(path.removeprefix("/lookup/"))
            if path.startswith("/tile/"):
                return self._tile(path[1:])
        except InputError as error:
            return Answer(400, f"{error}\n".encode())
        return _missing("not found")

    @property
    def names(self) -> tuple[str, ...]:
        """Under which it is known: a database has two while its clients change to another key."""
        return tuple(key.name for key in self._keys)

    def _below_name(self, path: str) -> str:
        """The path without what a proxy, or a name that has a path itself, puts before it."""
        if path.startswith("/sumdb/") and not any(path.startswith(f"/sumdb/{name}/") for name in self.names):
            self._head()  # perhaps it has got another name
        for name in self.names:
            above = name.partition("/")[2]
            for prefix in (f"/sumdb/{name}/", *([f"/{above}/"] if above else [])):
                if path.startswith(prefix):
                    return path[len(prefix) - 1 :]
        return path

    def _lookup(self, name: str) -> Answer:
        escaped, _, version = name.partition("@")
        mod = ModuleVersion(unescape_path(escaped), unescape_version(version))
        data = self._storage.read(lookup_path(mod), 0, MAX_LOOKUP_BYTES)
        if data is None:
            return _missing(f"not found: {mod}: the checksum database {self._keys[0].name} has no record of it")
        record = parse_record(data)
        note, head = self._head()
        if record.number >= head.tree.size:
            note, head = self._head(anew=True)
        if record.number >= head.tree.size:  # it is being published this moment
            return _missing(f"not found: {mod}: not yet published")
        # The newest head instead of its own: so all answers share the tiles of one tree.
        return Answer(200, format_record(record.number, record.text) + note)

    def _tile(self, path: str) -> Answer:
        tile = parse_tile_path(path)
        if tile.height != DATABASE_HEIGHT:
            return _missing(f"tiles have height {DATABASE_HEIGHT}")
        content_type = _TEXT if tile.level < 0 else _BYTES
        data = self._storage.read(tile.path, 0, max_tile_bytes(tile))
        if data is None and not tile.is_full and tile.level >= 0:
            full = self._storage.read(tile.full.path, 0, tile.width * HASH_SIZE)
            data = full if full is not None and len(full) == tile.width * HASH_SIZE else None
        if data is None:
            return _missing("no such tile")
        return Answer(200, data, content_type, FOREVER_S)

    def _head(self, *, anew: bool = False) -> tuple[bytes, Head]:
        """The note with all its signatures, and the head in it, at most `HEAD_S` old."""
        read_at, note, head = self._latest
        now = self._clock()
        if anew or now - read_at > HEAD_S:
            fresh = self._storage.read(LATEST, 0, MAX_HEAD_BYTES)
            if fresh is None:
                raise SumDbFormatError(f"{self._storage} has no checksum database")
            if fresh != note:
                self._keys = keys = database_keys(self._storage)
                note, head = fresh, read_head(fresh, *keys)
            self._latest = now, note, head
        return note, head


def _missing(text: str) -> Answer:
    return Answer(404, f"{one_line(text)}\n".encode())


class Server:
    """A server of its own for one `Site`: a thread for each connection, and limits for those who ask.

    Attributes:
        url: where it listens.
    """

    def __init__(
        self,
        site: Site,
        host: str,
        port: int,
        *,
        tls: tuple[str, str] | None = None,
        tell: Callable[[str], object] = lambda text: None,
    ) -> None:
        """Listen. Answers begin with `run`.

        Args:
            site: what is served.
            host: an address or a name.
            port: 0 for any that is free.
            tls: the files of a certificate chain and its key; None for plain HTTP.
            tell: takes sentences about answers that failed.

        Raises:
            DiskError: it cannot listen there.
            UsageError: certificate and key cannot be used.
        """
        self._tls = tls
        context = self._context()
        kind = _ThreadsOnIPv6 if ":" in host else _Threads
        try:
            self._server = kind((host, port), _handler(site, tell))
        except (OSError, OverflowError) as error:
            raise DiskError(f"listen {host}:{port}: {getattr(error, 'strerror', '') or error}", inner=error) from error
        self._server.tls = context
        bound = self._server.server_address[1]
        self.url = f"{'https' if tls else 'http'}://{f'[{host}]' if ':' in host else host}:{bound}"

    def _context(self) -> ssl.SSLContext | None:
        return server_context("-tls-cert and -tls-key", *self._tls) if self._tls is not None else None

    def renew(self) -> None:
        """Use the certificate as it is on the disk now, for connections from now on.

        Raises:
            UsageError: it cannot be used; the one from before still is.
        """
        self._server.tls = self._context()

    def run(self) -> None:
        """Answer until `stop` is called."""
        self._server.serve_forever(poll_interval=0.1)

    def stop(self) -> None:
        """Listen no more; answers that have begun have a few seconds to end."""
        self._server.shutdown()
        self._server.server_close()
        end = time.monotonic() + _STOP_S
        while self._server.answering and time.monotonic() < end:
            time.sleep(0.01)


class _Threads(ThreadingHTTPServer):
    """A thread for each connection, not more than `MOST_CONNECTIONS`.

    Where there are so many, the one that has been waited for the longest gives way: nobody keeps others out by asking
    for nothing.
    """

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    tls: ssl.SSLContext | None = None

    def __init__(self, *args: object, **keywords: bool) -> None:
        super().__init__(*args, **keywords)  # type: ignore[arg-type]
        self._room = threading.BoundedSemaphore(MOST_CONNECTIONS)
        self._counting = threading.Lock()
        self._waiting: dict[int, tuple[float, socket.socket]] = {}
        self.answering = 0

    def server_bind(self) -> None:
        """Bind, and look no name up."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "", self.server_address[1]

    def process_request(self, request: object, client_address: object) -> None:
        """Begin a thread; where there are too many that are being answered, the connection is closed at once."""
        if not self._room.acquire(blocking=False):
            with self._counting:
                _cut(min(self._waiting.values(), default=None, key=lambda each: each[0]))
            if not self._room.acquire(timeout=_ROOM_S):
                self.shutdown_request(request)  # type: ignore[arg-type]
                return
        super().process_request(request, client_address)  # type: ignore[arg-type]

    def process_request_thread(self, request: object, client_address: object) -> None:
        """The thread: TLS begins here, so that a slow client keeps nobody waiting."""
        assert isinstance(request, socket.socket)
        self.wait(request)
        try:
            tls = self.tls
            if tls is not None:
                request.settimeout(_IDLE_S)
                try:
                    request = tls.wrap_socket(request, server_side=True, do_handshake_on_connect=False)
                    self.wait(request)
                    request.do_handshake()
                except OSError:  # no TLS, or not in time: not worth a word
                    request.close()
                    return
            super().process_request_thread(request, client_address)
        finally:
            self.wait(None)
            self._room.release()

    def wait(self, connection: socket.socket | None) -> None:
        """This thread waits for its client from now on; None: it does so no more."""
        with self._counting:
            if connection is None:
                self._waiting.pop(threading.get_ident(), None)
            else:
                self._waiting[threading.get_ident()] = time.monotonic(), connection

    def service_actions(self) -> None:
        """Cut off who is waited for too long; called several times a second."""
        since = time.monotonic() - _IDLE_S
        with self._counting:
            for each in self._waiting.values():
                if each[0] < since:
                    _cut(each)

    def handle_error(self, request: object, client_address: object) -> None:
        """A connection that broke: the other side knows."""

    def count(self, more: int) -> None:
        """One answer has begun or ended."""
        with self._counting:
            self.answering += more


class _ThreadsOnIPv6(_Threads):
    address_family = socket.AF_INET6


def _cut(waiting: tuple[float, socket.socket] | None) -> None:
    """End a connection that a thread reads from; the thread closes it."""
    if waiting is not None:
        with suppress(OSError):
            socket.socket.shutdown(waiting[1], socket.SHUT_RDWR)


def _handler(site: Site, tell: Callable[[str], object]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        server_version, sys_version = "govgo", ""
        timeout = _IDLE_S
        disable_nagle_algorithm = True
        wbufsize = -1  # head and body go out together
        server: _Threads

        def handle_one_request(self) -> None:
            self.server.wait(self.connection)
            super().handle_one_request()

        def do_GET(self) -> None:
            self._give(with_body=True)

        def do_HEAD(self) -> None:
            self._give(with_body=False)

        def _give(self, *, with_body: bool) -> None:
            self.server.wait(None)
            self.server.count(1)
            try:
                # The parser takes what is no header line for the end of the head (RFC 9112, 5.1).
                is_whole = not self.headers.defects
                answer = _answer_of(site, self.path, tell) if is_whole else Answer(400, b"malformed header\n")
                self.send_response(answer.status)
                if not is_whole or "Content-Length" in self.headers or "Transfer-Encoding" in self.headers:
                    self.send_header("Connection", "close")  # a body that nobody reads would pass for the next request
                self.send_header("Content-Type", answer.content_type)
                self.send_header("Content-Length", str(len(answer.body)))
                cached = f"public, max-age={answer.max_age_s}, immutable" if answer.max_age_s else "no-cache"
                self.send_header("Cache-Control", cached)
                self.send_header("X-Content-Type-Options", "nosniff")
                self.end_headers()
                if with_body:
                    self.wfile.write(answer.body)
                self.wfile.flush()
            finally:
                self.server.count(-1)

        def log_message(self, *_: object) -> None:
            """Which modules somebody asks for is nobody's business."""

    return Handler


def _answer_of(site: Site, target: str, tell: Callable[[str], object]) -> Answer:
    try:
        path = unquote_to_bytes(target.partition("?")[0]).decode()
    except UnicodeDecodeError:
        return Answer(400, b"the path is not UTF-8\n")
    return safe_answer(site, path, tell)


def safe_answer(site: Site, path: str, tell: Callable[[str], object]) -> Answer:
    """The answer for a path, percent signs decoded; `tell` is called where the database cannot be read."""
    try:
        return site.answer(path)
    except Failure as error:
        tell(str(error))
        return Answer(503, b"the checksum database cannot be read\n")
    except SecurityError as error:
        tell(str(error))
        return Answer(500, b"the checksum database is not what its key has signed\n")
