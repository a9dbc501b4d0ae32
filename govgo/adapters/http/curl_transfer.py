# SPDX-License-Identifier: BSD-3-Clause
"""One HTTP transfer of libcurl: a reusable easy handle, its answer so far, and the reader that waits for more.

libcurl calls `_on_body` from within `CurlMulti.socket_action`, so on the event loop's thread. The reader takes
chunks at its own pace: past `HIGH_WATER_BYTES` unread bytes the transfer is paused.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable
from errno import ECONNRESET, EPIPE

import pycurl

from govgo.adapters.disk.system import Sign, read_bytes, sign_of
from govgo.adapters.http.engine import Fault, Pacer, ProxyAddress, TransferError
from govgo.adapters.http.head import check_head
from govgo.adapters.http.preconnect import Address, Peer
from govgo.adapters.http.proxies import socks_reply, socks_text
from govgo.adapters.http.servertext import printable

# How OpenSSL prints the names in a certificate that are for servers.
_NAMES = ("DNS:", "IP Address:")
_COMMON_NAME = "certificate relies on legacy Common Name field, use SANs instead"
# What libcurl would send by itself, and net/http does not.
_OWN_HEADERS = ("Accept:", "Proxy-Connection:")
# Unread bytes at which a transfer is paused, and how many bytes libcurl hands over at once.
HIGH_WATER_BYTES = 1 << 20
_BUFFER_BYTES = 128 << 10
# So much of what libcurl has read it may show to nobody; what waits in its buffers is less.
_MOST_UNSHOWN_BYTES = 512 << 10

_FAULTS = {
    pycurl.E_OPERATION_TIMEDOUT: Fault.CONNECT_TIMEOUT,  # all other limits are those of `pace`
    pycurl.E_COULDNT_CONNECT: Fault.CONNECT,
    pycurl.E_COULDNT_RESOLVE_HOST: Fault.CONNECT,
    pycurl.E_COULDNT_RESOLVE_PROXY: Fault.CONNECT,
    pycurl.E_PEER_FAILED_VERIFICATION: Fault.TLS,
    pycurl.E_SSL_CONNECT_ERROR: Fault.TLS,
    pycurl.E_SSL_CACERT_BADFILE: Fault.TLS,
    pycurl.E_SSL_CIPHER: Fault.TLS,
    pycurl.E_PARTIAL_FILE: Fault.CUT,
    pycurl.E_GOT_NOTHING: Fault.CUT,
    pycurl.E_RECV_ERROR: Fault.CUT,
    pycurl.E_SEND_ERROR: Fault.CUT,
    pycurl.E_HTTP2: Fault.CUT,
    92: Fault.CUT,  # CURLE_HTTP2_STREAM, which pycurl does not name
}
_TOO_LARGE = 100  # CURLE_TOO_LARGE, which pycurl does not name
_LARGE_HEAD = "Too large response headers"
_LONG_HEAD = "net/http: server response headers are too large"
_LONG_TRAILER = "http: suspiciously long trailer after chunked body"
_PROXY_FAILED = 97  # CURLE_PROXY, which pycurl does not name
# CURLproxycode, which pycurl does not name either: the codes of replies (RFC 1928, section 6), and words of go. For a
# version, address type or way to log in that is unknown libcurl does not tell the number.
_SOCKS_REPLIES = {17: 8, 18: 7, 19: 5, 20: 1, 21: 4, 22: 3, 23: 2, 24: 6}
_SOCKS_UNASSIGNED = 25
_SOCKS_WORDS = {
    1: "unknown address type",
    2: "unexpected protocol version",
    5: "unsupported authentication method 1",
    9: "FQDN too long",
    12: "no acceptable authentication methods",
    32: "unsupported authentication method",
    33: "username/password authentication failed",
}
_SOCKS_CLOSED = frozenset({3, 13, 14, 15, 16})
_SOCKS_NO_LOGIN = _SOCKS_CLOSED | {12, 33}
"""What may come of it where a login is wanted and there is none."""
_LONGEST_LOGIN = 255
_TUNNELS = frozenset({0, 200})
"""The statuses of a transfer without a tunnel, and of one whose tunnel is open."""
_CUT_TUNNEL = "Proxy CONNECT aborted"
# What net/http reports as io.EOF or io.ErrUnexpectedEOF.
_EOF = frozenset({pycurl.E_PARTIAL_FILE, pycurl.E_GOT_NOTHING})
# What OpenSSL says of a connection that ends without its farewell, perhaps before there was any.
_END_OF_TLS = "unexpected eof while reading"


class CurlTransfer:
    """An easy handle and the answer to one request. Made once, used for many requests in turn."""

    __slots__ = (
        "_chunks",
        "_connection",
        "_held",
        "_is_connected",
        "_lines",
        "_opened",
        "_paused",
        "_proxy",
        "_read",
        "_refused",
        "_release",
        "_request",
        "_shown",
        "_size",
        "_socket",
        "_trust",
        "_unread",
        "_waiter",
        "done",
        "easy",
        "error",
        "origin",
        "pace",
        "status",
    )

    def __init__(
        self,
        options: list[tuple[int, object]],
        release: Callable[[CurlTransfer], None],
        trust: Callable[[], list[tuple[int, object]]],
        connection: Callable[[str, Peer], tuple[socket.socket, bool]],
    ) -> None:
        """`trust` gives the options for the first request with TLS, none where any certificate is accepted."""
        self.easy = easy = pycurl.Curl()
        self._lines: list[bytes] = []
        for option, value in options:
            easy.setopt(option, value)
        easy.setopt(pycurl.HEADERFUNCTION, self._lines.append)
        easy.setopt(pycurl.WRITEFUNCTION, self._on_body)
        easy.setopt(pycurl.BUFFERSIZE, _BUFFER_BYTES)
        easy.setopt(pycurl.OPENSOCKETFUNCTION, self._open_socket)
        easy.setopt(pycurl.SOCKOPTFUNCTION, self._on_connection)
        self._connection = connection
        self._opened: socket.socket | None = None  # and not yet copied
        self._is_connected = False
        self._socket = -1
        self._trust: Callable[[], list[tuple[int, object]]] | None = trust
        self._release = release
        self._refused = ""
        self._request: list[str] | None = None
        self._proxy: ProxyAddress | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._chunks: list[bytes] = []
        self._held = False
        self.origin = ""

    def prepare(self, origin: str, target: str, headers: list[str], proxy: ProxyAddress, pace: Pacer) -> None:
        """Set the handle up for a request."""
        easy = self.easy
        easy.setopt(pycurl.URL, origin + target)
        # Setting an option costs more than comparing: most requests in a row go to one origin with the same headers.
        if headers is not self._request:
            # To libcurl "Name:" without a value is a header to leave out, and "Name;" one that has no value.
            lines = (line[:-2] + ";" if line.endswith(": ") else line for line in headers)
            left_out = [line for line in _OWN_HEADERS if not any(each.startswith(line) for each in headers)]
            easy.setopt(pycurl.HTTPHEADER, [*left_out, *(_bytes(line) for line in lines)])
            self._request = headers
        if proxy != self._proxy:
            # An empty name keeps libcurl from reading the variables itself. It looks names up before a socks5 proxy.
            easy.setopt(pycurl.PROXY, proxy.url.replace("socks5:", "socks5h:").encode())
            has_tunnels = proxy.url and not proxy.is_socks
            easy.setopt(pycurl.HEADERFUNCTION, self._on_proxied_line if has_tunnels else self._lines.append)
            given = (proxy.user or proxy.password) and not _is_bad_login(proxy)
            easy.setopt(pycurl.PROXYUSERNAME, _bytes(proxy.user) if given else None)
            easy.setopt(pycurl.PROXYPASSWORD, _bytes(proxy.password) if given else None)
            self._proxy = proxy
        if origin != self.origin:
            # Wait for a connection that may turn out to speak HTTP/2, rather than open one for each request.
            easy.setopt(pycurl.PIPEWAIT, int(origin.startswith("https:")))
            self.origin = origin
            if self._trust is not None and (origin.startswith("https:") or proxy.url.startswith("https:")):
                self._prepare_trust(self._trust())
                self._trust = None
        self._lines.clear()
        self._chunks.clear()
        self._unread = self._size = self._shown = self._read = 0
        self._paused = False
        self._waiter = None
        self._held = True
        self.status = 0
        self.done = False
        self.error: TransferError | None = None
        self._refused = ""
        self._socket = -1
        self.pace = pace
        pace.start()

    def _prepare_trust(self, options: list[tuple[int, object]]) -> None:
        for option, value in options:
            self.easy.setopt(option, value)
        if options:
            self.easy.setopt(pycurl.OPT_CERTINFO, 1)
            self.easy.setopt(pycurl.PREREQFUNCTION, self._check_certificate)

    # The answer, for the client.

    async def begin(self) -> None:
        """Wait for the first byte of the body, or for the end.

        Only then is the status final: headers that come before may be those of a proxy's tunnel or of a 1xx answer.

        Raises:
            TransferError: there was no answer, or none that go would take.
        """
        if not self._chunks and not self.done:
            await self._wait()
        if self.error is not None and not self._chunks:
            raise self.error
        self.status = self.easy.getinfo(pycurl.RESPONSE_CODE)
        check_head(self._lines[self._begin() :])

    @property
    def reason(self) -> str:
        """The reason phrase of HTTP/1."""
        return b" ".join(b"".join(self.lines[:1]).split()[2:]).decode("latin-1")

    @property
    def lines(self) -> tuple[bytes, ...]:
        """The header lines of the answer, the status line first.

        libcurl lists those of a proxy's tunnel and of 1xx answers before them, and trailers after the blank line.
        """
        lines = self._lines
        begin = self._begin()
        end = next((i for i in range(begin, len(lines)) if not lines[i].strip()), len(lines))
        return tuple(lines[begin:end])

    def head(self) -> bytes:
        """The status line and the headers, a line each."""
        return b"".join(line.strip() + b"\n" for line in self.lines)

    def has_header(self, name: bytes) -> bool:
        """Whether a header (lower-case name) may be there; a quick look that never misses one."""
        return name + b":" in b"".join(self._lines).lower()

    def header(self, name: str) -> str:
        """The first value of a header, or ""."""
        prefix = name.encode() + b":"
        for line in self.lines:
            if line[: len(prefix)].lower() == prefix:
                return line[len(prefix) :].strip().decode("latin-1")
        return ""

    async def chunks(self) -> AsyncIterator[bytes]:
        """The raw body, chunk by chunk as it comes.  Raises TransferError."""
        while True:
            if self._chunks:
                yield self._take()
                self._resume()
            elif self.error is not None:
                raise self.error
            elif self.done:
                return
            else:
                await self._wait()

    def whole(self) -> bytes | None:
        """The body if all of it has come, and nothing of it was taken; None otherwise."""
        return self._take() if self.done and self.error is None else None

    def close(self) -> None:
        """Give the handle back; cut the transfer if it is not over."""
        if self._held:
            self._held = False
            self._release(self)

    def _begin(self) -> int:
        """Where the answer itself begins in the lines."""
        return max((i for i, line in enumerate(self._lines) if line.startswith(b"HTTP/")), default=0)

    # The engine's side.

    def sign(self) -> Sign:
        """What is known of the other end of the connection that was opened for this transfer."""
        return sign_of(self._socket) if self._socket >= 0 else Sign.NONE

    def looks_up(self) -> bool:
        """Whether a name server has still to answer; perhaps also while another transfer connects."""
        return self._socket < 0 and not self.easy.getinfo(pycurl.NAMELOOKUP_TIME)

    def is_flooded(self) -> bool:
        """Whether libcurl reads much of which it shows nothing; to be asked now and then.

        It passes over what follows the size of a chunk until the line ends, however long that is. (A connection of
        HTTP/2 carries other answers, too, and a server may always send frames that say nothing.)
        """
        lines = self._lines
        if not lines or lines[0].startswith(b"HTTP/2"):
            return False
        read = read_bytes(self.easy.getinfo(pycurl.ACTIVESOCKET))
        shown = self._size + len(lines)
        if shown != self._shown:
            self._shown, self._read = shown, read
        if read - self._read <= _MOST_UNSHOWN_BYTES:
            return False
        begin = self._begin()  # behind the head of a tunnel, where there is one
        is_awaited = not begin and self.easy.getinfo(pycurl.HTTP_CONNECTCODE) == 200
        return not is_awaited and not lines[begin].startswith(b"HTTP/2")

    def waits_for_reader(self) -> bool:
        """Whether the transfer is paused until the reader takes what has come."""
        return self._paused

    def finish(self, error: TransferError | None) -> None:
        """Record that the transfer ended, and wake the reader."""
        self.done = True
        self.error = error
        self._wake()

    def failure(self, code: int, message: str) -> TransferError:
        """libcurl's error in the words of net/http."""
        if self._refused:
            return TransferError(Fault.TLS, self._refused)
        fault = _FAULTS.get(code, Fault.PROTOCOL)
        tunnel = self.easy.getinfo(pycurl.HTTP_CONNECTCODE)
        if tunnel not in _TUNNELS:
            return TransferError(Fault.PROTOCOL, printable(self.reason) or "unknown status code")
        if code == _PROXY_FAILED and self._proxy is not None:
            return TransferError(fault, socks_text(self._proxy, self._target(), self._socks_words(message)))
        if code == pycurl.E_RECV_ERROR and message == _CUT_TUNNEL:
            return TransferError(fault, "unexpected EOF")
        if code == _TOO_LARGE or message.startswith(_LARGE_HEAD):
            return TransferError(Fault.PROTOCOL, _LONG_TRAILER if self._size else _LONG_HEAD)
        errno = self.easy.getinfo(pycurl.OS_ERRNO)
        if code in _EOF or errno == EPIPE or _END_OF_TLS in message:
            return TransferError(Fault.CUT, "unexpected EOF" if self._lines else "EOF")
        reason = os.strerror(errno).lower() if errno else ""
        if code == pycurl.E_OPERATION_TIMEDOUT:
            return TransferError(fault, self._dial("i/o timeout"))
        if code == pycurl.E_COULDNT_CONNECT:
            return TransferError(fault, self._dial("connect: " + (reason or "connection refused")))
        if fault is Fault.CONNECT:
            place = self._proxy.url if self._proxy and code == pycurl.E_COULDNT_RESOLVE_PROXY else self.origin
            host = place.partition("//")[2].partition(":")[0]
            return TransferError(fault, f"{self._through()}dial tcp: lookup {host}: no such host")
        if fault is Fault.TLS and errno == ECONNRESET:
            return TransferError(Fault.CUT, reason)
        if fault is Fault.TLS:
            return TransferError(fault, "tls: " + message)
        return TransferError(fault, reason or message or f"transfer failed (libcurl error {code})")

    def _dial(self, what: str) -> str:
        address = self.easy.getinfo(pycurl.PRIMARY_IP)
        if not address:
            proxy = self._proxy.url if self._proxy is not None else ""
            place = proxy.partition("//")[2] or self._target()
            return f"{self._through()}dial tcp {place}: {what}"
        shown = f"[{address}]" if ":" in address else address
        return f"{self._through()}dial tcp {shown}:{self.easy.getinfo(pycurl.PRIMARY_PORT)}: {what}"

    def _target(self) -> str:
        """Host and port of the server itself."""
        scheme, _, place = self.origin.partition("://")
        _, colon, port = place.rpartition(":")
        if colon and port.isdigit():
            return place
        return f"{place.removesuffix(':')}:{443 if scheme == 'https' else 80}"

    def _socks_words(self, message: str) -> str:
        """Why a SOCKS proxy has not connected."""
        assert self._proxy is not None
        code = self.easy.getinfo(pycurl.PROXY_ERROR)
        if code in _SOCKS_NO_LOGIN and _is_bad_login(self._proxy):
            return "invalid username/password"
        if code in _SOCKS_CLOSED:
            return "EOF"
        reply = _SOCKS_REPLIES.get(code)
        if code == _SOCKS_UNASSIGNED:
            digits = message.rpartition("(")[2].rstrip(")")
            reply = int(digits) if digits.isdecimal() else None
        return _SOCKS_WORDS.get(code, message) if reply is None else socks_reply(reply)

    def _through(self) -> str:
        return "proxyconnect tcp: " if self._proxy is not None and self._proxy.url else ""

    def _check_certificate(self, *_connection: object) -> int:
        """Refuse a certificate that has but a common name, before the request is sent, as crypto/x509 does.

        libcurl lists the certificates to the transfer that made the connection; to those that use it later, none.
        """
        listed = self.easy.getinfo(pycurl.INFO_CERTINFO)
        names = [value for name, value in listed[0] if name == "X509v3 Subject Alternative Name"] if listed else []
        if not listed or any(each.strip().startswith(_NAMES) for value in names for each in value.split(",")):
            return int(pycurl.PREREQFUNC_OK)
        self._refused = "tls: failed to verify certificate: x509: " + _COMMON_NAME
        return int(pycurl.PREREQFUNC_ABORT)

    def _open_socket(self, _purpose: int, to: tuple[int, int, int, Address]) -> socket.socket | int:
        """A socket for a new connection, of which pycurl makes a copy for libcurl."""
        try:
            self._opened, self._is_connected = self._connection(self.origin, Peer(*to))
        except OSError:
            return int(pycurl.SOCKET_BAD)
        return self._opened

    def _on_connection(self, descriptor: int, _purpose: int) -> int:
        """Remember the connection that is opened for this transfer; one that was open already is known to be heard."""
        self._socket = descriptor
        os.set_inheritable(descriptor, False)  # a copy is inherited, unlike what it was made from
        if self._opened is not None:
            self._opened.close()
            self._opened = None
        return int(pycurl.SOCKOPT_ALREADY_CONNECTED if self._is_connected else pycurl.SOCKOPT_OK)

    def _on_proxied_line(self, line: bytes) -> int | None:
        """Take a header line; it is of a tunnel's head where the connection was opened for this transfer.

        A proxy that refuses is not listened to any longer: libcurl would read the body of a refusal to its end, and
        return to nobody meanwhile, not even for Ctrl-C. As for go, no status but 200 opens a tunnel.
        """
        self._lines.append(line)
        is_tunnel = self._socket >= 0 and self.origin.startswith("https:") and not self._begin()
        return 0 if is_tunnel and not line.strip() and self._lines[0].split()[1:2] != [b"200"] else None

    def _on_body(self, data: bytes) -> int | None:
        """Take a piece of the body, or pause the transfer; libcurl delivers the same piece again when it goes on."""
        if self._unread >= HIGH_WATER_BYTES:
            self._paused = True
            return int(pycurl.WRITEFUNC_PAUSE)
        self.pace.received(len(data))
        self._chunks.append(data)
        self._unread += len(data)
        self._size += len(data)
        if self._waiter is not None:
            self._wake()
        return None

    def _take(self) -> bytes:
        chunks = self._chunks
        data = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        chunks.clear()
        self._unread = 0
        return data

    def _resume(self) -> None:
        if self._paused and not self.done:
            self._paused = False
            self.easy.pause(pycurl.PAUSE_CONT)

    async def _wait(self) -> None:
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)


def _is_bad_login(proxy: ProxyAddress) -> bool:
    """Whether a SOCKS proxy's URL has a login that RFC 1929 cannot carry; go refuses when the proxy wants one."""
    user, password = _bytes(proxy.user), _bytes(proxy.password)
    return proxy.is_socks and (bool(password and not user) or max(len(user), len(password)) > _LONGEST_LOGIN)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
