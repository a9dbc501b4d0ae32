# SPDX-License-Identifier: BSD-3-Clause
"""An engine on libcurl's multi interface, driven by the sockets and timers of the running event loop.

It speaks HTTP/2, with many streams on few connections, where a server offers that, and HTTP/1.1 on connections that
are kept elsewhere. Nothing is polled:

    libcurl -> _on_socket, _on_timer    which sockets and which time it waits for
    loop    -> _act                     one of them is due: `socket_action` lets libcurl read and write
    libcurl -> CurlTransfer._on_body    bytes of a body, from within `socket_action`
    _act    -> CurlTransfer.finish      transfers that ended, as `info_read` lists them

Source: libcurl-multi(3), "multi_socket"; curl_multi_socket_action(3).
"""

from __future__ import annotations

import asyncio
import os
import select
import socket
import sys
import time
from asyncio import AbstractEventLoop
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Protocol

import pycurl

import govgo
from govgo.adapters.disk.system import HAS_EPOLL, memory_file, most_open_files
from govgo.adapters.http.concurrency import Gate
from govgo.adapters.http.curl_transfer import CurlTransfer
from govgo.adapters.http.engine import EngineOptions, Fault, Pacer, ProxyAddress, Roots, TransferError
from govgo.adapters.http.preconnect import Peer, Spares
from govgo.adapters.http.proxies import address_of
from govgo.adapters.http.timeouts import WATCH_S

READ, WRITE = 1, 2  # CURL_CSELECT_IN, CURL_CSELECT_OUT
# How many ready sockets are served before the loop gets its turn again.
_BATCH = 64

Act = Callable[[list[tuple[int, int]]], None]


class PollSet(Protocol):
    """Sockets and what is waited for on each."""

    def watch(self, fd: int, read: bool, write: bool) -> None:
        """Wait for `fd` to become readable, writable or both; neither forgets it."""
        ...

    def watched(self) -> list[int]:
        """The descriptors that are waited for."""
        ...

    def close(self) -> None:
        """Forget everything."""
        ...


def open_poll_set(loop: AbstractEventLoop, act: Act) -> PollSet:
    """A poll set that calls `act` on the loop with (descriptor, READ | WRITE) of what is ready."""
    return EpollSet(loop, act) if sys.platform == "linux" and HAS_EPOLL else LoopSet(loop, act)


if sys.platform == "linux":

    class EpollSet:
        """All sockets in one epoll descriptor, which the loop watches.

        asyncio would call back for each ready socket by itself; here one call serves up to `_BATCH` of them.
        """

        def __init__(self, loop: AbstractEventLoop, act: Act) -> None:
            self._loop = loop
            self._act = act
            self._epoll = select.epoll()
            self._known: set[int] = set()
            loop.add_reader(self._epoll.fileno(), self._ready)

        def watch(self, fd: int, read: bool, write: bool) -> None:
            """Wait for `fd` to become readable, writable or both; neither forgets it."""
            mask = (select.EPOLLIN if read else 0) | (select.EPOLLOUT if write else 0)
            if not mask:
                if fd in self._known:
                    self._known.remove(fd)
                    with suppress(OSError):  # closed already
                        self._epoll.unregister(fd)
            elif fd in self._known:
                try:
                    self._epoll.modify(fd, mask)
                except FileNotFoundError:  # closed meanwhile, and the number is in use again
                    self._epoll.register(fd, mask)
            else:
                self._known.add(fd)
                self._epoll.register(fd, mask)

        def watched(self) -> list[int]:
            """The descriptors that are waited for."""
            return sorted(self._known)

        def close(self) -> None:
            """Forget everything."""
            self._loop.remove_reader(self._epoll.fileno())
            self._epoll.close()

        def _ready(self) -> None:
            due = []
            for fd, mask in self._epoll.poll(0, _BATCH):
                # An error or a hang-up counts as readable: libcurl finds out which by reading.
                events = READ if mask & ~select.EPOLLOUT else 0
                due.append((fd, events | (WRITE if mask & select.EPOLLOUT else 0)))
            if due:
                self._act(due)


class LoopSet:
    """Each socket by itself in the loop, for systems without epoll."""

    def __init__(self, loop: AbstractEventLoop, act: Act) -> None:
        self._loop = loop
        self._act = act
        self._known: set[int] = set()

    def watch(self, fd: int, read: bool, write: bool) -> None:
        """Wait for `fd` to become readable, writable or both; neither forgets it."""
        if read:
            self._loop.add_reader(fd, self._act, [(fd, READ)])
        else:
            self._loop.remove_reader(fd)
        if write:
            self._loop.add_writer(fd, self._act, [(fd, WRITE)])
        else:
            self._loop.remove_writer(fd)
        if read or write:
            self._known.add(fd)
        else:
            self._known.discard(fd)

    def watched(self) -> list[int]:
        """The descriptors that are waited for."""
        return sorted(self._known)

    def close(self) -> None:
        """Forget everything."""
        for fd in list(self._known):
            self.watch(fd, False, False)


# The most connections to one HTTP/2 host, and the most streams on each.
_MAX_CONNECTIONS_2 = 6
_MAX_STREAMS = 100
# HTTP/1.1 has one request on a connection at a time: 8,000 requests at 30 ms take 2.5 s on 96 connections, 0.6 s on
# 384 (docs/design/network.md). A host begins with `_START` and gets more while it copes (see `concurrency`).
_MAX_CONNECTIONS_1 = 384
_START = 128
# Where an answer takes longer than this, and several connections of HTTP/1.1 are in use, further ones are opened
# meanwhile: a module requires others, so each wave of requests is some times as wide as the last.
_SLOW_S = 0.003
_SEVERAL = 3
_GROWTH = 4
# How many of the process's file descriptors are left for everything but connections.
_OTHER_FILES = 128
# The event loop waited at least this long for the network: then the network, and not our own work, is the bottleneck,
# and more requests at once may help.
_IDLE_S = 0.003
# The statuses of an overloaded host (RFC 6585, section 4; RFC 9110, section 15.6.4). One that breaks connections
# counts as overloaded, too.
_OVERLOADED = frozenset({429, 503})
# After this much silence `socket_action` is called for every socket, and again at growing intervals: libcurl (8.23 at
# least) sometimes keeps data of an HTTP/2 connection that it has read but not delivered, and waits for no event or
# timer meanwhile.
_NUDGE_S = 0.02
_LONGEST_NUDGE_S = 0.5
_BOTH = READ | WRITE
_SOCKS5_AUTH = 267  # CURLOPT_SOCKS5_AUTH, which pycurl does not name
_KEEPALIVE_S = 30  # net/http, DefaultTransport
_FLOODED = "header line too long"
# Python refuses to convert numbers of more than 4,300 digits (ValueError); no length and no port needs more than these.
_LONGEST_NUMBER = 18


@contextmanager
def _without_key_log() -> Iterator[None]:
    """A block in which SSLKEYLOGFILE is not set.

    libcurl looks at it when its first handle is made, and would write the keys of all connections into that file. Go's
    net/http knows no such variable. It is set again for programs that are started, such as git.
    """
    file = os.environ.pop("SSLKEYLOGFILE", None)
    try:
        yield
    finally:
        if file is not None:
            os.environ["SSLKEYLOGFILE"] = file


class CurlEngine:
    """Sends requests through one libcurl multi handle. Belongs to the event loop that first uses it."""

    def __init__(self, options: EngineOptions | None = None) -> None:
        """No connection is opened yet."""
        self._options = options or EngineOptions()
        self._easy_options = _easy_options(self._options)
        self._trust: _Trust | None = None
        self._multi: pycurl.CurlMulti | None = None
        self._polls: PollSet | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._soon = False
        self._watch: asyncio.TimerHandle | None = None
        self._nudge: asyncio.TimerHandle | None = None
        self._more: asyncio.TimerHandle | None = None
        self._nudge_s = _NUDGE_S
        self._acted_s = 0.0
        self._clocks_s = (0.0, 0.0)
        self._idle: list[CurlTransfer] = []
        self._active: dict[pycurl.Curl, CurlTransfer] = {}
        self._gates: dict[str, Gate] = {}
        self._proxies: dict[str, ProxyAddress] = {}
        self._version_known: set[Gate] = set()
        self._looks_up = False  # a transfer was cut while its host was looked up
        self._spares = self._options.spares or Spares()
        self._opened: dict[Peer, int] = {}
        self._grown: set[Peer] = set()
        self._max_connections_1 = min(_MAX_CONNECTIONS_1, max(_spare_files(), 8))

    async def send(self, origin: str, target: str, headers: list[str], pace: Pacer) -> CurlTransfer:
        """Ask for `origin` + `target`, when the origin's gate lets it; the transfer must be closed.

        Raises:
            TransferError: no answer, or none in time.
        """
        gate = self._gates.get(origin) or self._open_gate(origin)
        if not gate.enter():
            await gate.wait()
        try:
            transfer = self._start(origin, target, headers, pace)
        except BaseException:
            gate.leave()
            raise
        try:
            await transfer.begin()
        except BaseException as error:
            if isinstance(error, TransferError):
                gate.overloaded()
            transfer.close()
            raise
        if transfer.status in _OVERLOADED:
            gate.overloaded()
        else:
            gate.answered()
        if gate not in self._version_known and origin.startswith("https:"):
            self._check_multiplexing(transfer)
        return transfer

    async def aclose(self) -> None:
        """Cut every transfer and close every connection."""
        for handle in (self._timer, self._watch, self._nudge, self._more):
            if handle is not None:
                handle.cancel()
        self._timer = self._watch = self._nudge = self._more = None
        for transfer in list(self._active.values()):
            transfer.finish(TransferError(Fault.CUT, "client closed"))
            self._release(transfer)
        for transfer in self._idle:
            transfer.easy.close()
        self._idle.clear()
        self._spares.close()
        if self._multi is not None:
            self._close(self._multi)
            self._multi = None
        if self._polls is not None:
            self._polls.close()
            self._polls = None
        if self._trust is not None:
            self._trust.close()
            self._trust = None

    def _close(self, multi: pycurl.CurlMulti) -> None:
        """Free the handle. libcurl waits for name servers then, also where nobody wants to know any more."""
        if not self._looks_up:
            multi.close()
            return
        from threading import Thread

        multi.setopt(pycurl.M_SOCKETFUNCTION, _no_event)
        multi.setopt(pycurl.M_TIMERFUNCTION, _no_event)
        Thread(target=multi.close, daemon=True).start()

    def _remove(self, multi: pycurl.CurlMulti, transfer: CurlTransfer) -> None:
        """Cut a transfer."""
        self._looks_up = self._looks_up or transfer.looks_up()
        multi.remove_handle(transfer.easy)

    def _start(self, origin: str, target: str, headers: list[str], pace: Pacer) -> CurlTransfer:
        multi = self._multi or self._open()
        idle = self._idle
        transfer = idle.pop() if idle else self._new_transfer()
        transfer.prepare(origin, target, headers, self._proxies[origin], pace)
        self._active[transfer.easy] = transfer
        multi.add_handle(transfer.easy)
        if self._watch is None:
            self._watch_later()
        if self._nudge is None and origin.startswith("https:"):
            self._nudge_later()
        return transfer

    def _new_transfer(self) -> CurlTransfer:
        return CurlTransfer(self._easy_options, self._release, self._trust_options, self._connection)

    def _trust_options(self) -> list[tuple[int, object]]:
        """The options of a handle for TLS, empty where any certificate is accepted; the roots are read once."""
        if self._options.insecure:
            return []
        if self._trust is None:
            self._trust = _Trust(self._options.roots())
        return self._trust.options

    def _open_gate(self, origin: str) -> Gate:
        scheme, _, rest = origin.partition("://")
        host, colon, port = rest.rpartition(":") if not rest.endswith("]") else (rest, "", "")
        if not colon:
            host, port = rest, ""
        proxy_for = self._options.proxy_for
        number = int(port[:_LONGEST_NUMBER]) if port else (443 if scheme == "https" else 80)
        proxy = proxy_for(scheme, host.strip("[]"), number) if proxy_for else ""
        self._proxies[origin] = address_of(proxy) if proxy else ProxyAddress()
        most = _MAX_CONNECTIONS_2 * _MAX_STREAMS if scheme == "https" else self._max_connections_1
        if self._options.requests:
            most = min(most, self._options.requests)
        gate = self._gates[origin] = Gate(_START, most)
        return gate

    def _open(self) -> pycurl.CurlMulti:
        self._loop = asyncio.get_running_loop()
        self._polls = open_poll_set(self._loop, self._act)
        with _without_key_log():
            self._multi = multi = pycurl.CurlMulti()
        multi.setopt(pycurl.M_SOCKETFUNCTION, self._on_socket)
        multi.setopt(pycurl.M_TIMERFUNCTION, self._on_timer)
        multi.setopt(pycurl.M_PIPELINING, pycurl.PIPE_MULTIPLEX)
        multi.setopt(pycurl.M_MAX_CONCURRENT_STREAMS, _MAX_STREAMS)
        multi.setopt(pycurl.M_MAXCONNECTS, self._max_connections_1)
        return multi

    def _check_multiplexing(self, transfer: CurlTransfer) -> None:
        """Set the gate's width by the HTTP version of an origin's first answer.

        With HTTP/2 all requests go at once: streams are cheap, and the server limits them itself. With HTTP/1.1 each
        of them needs a connection.
        """
        gate = self._gates[transfer.origin]
        self._version_known.add(gate)
        if transfer.lines and transfer.lines[0].startswith(b"HTTP/2"):
            gate.open_wide()
        else:
            assert self._multi is not None
            self._multi.setopt(pycurl.M_MAX_HOST_CONNECTIONS, self._max_connections_1)
            gate.limit(self._max_connections_1)

    def _release(self, transfer: CurlTransfer) -> None:
        easy = transfer.easy
        if self._active.pop(easy, None) is not None and self._multi is not None:
            self._remove(self._multi, transfer)
        self._gates[transfer.origin].leave()
        if self._multi is None:
            easy.close()
        else:
            self._idle.append(transfer)

    def _connection(self, origin: str, peer: Peer) -> tuple[socket.socket, bool]:
        """A socket for a connection that a request needs, and whether it is connected.

        Raises:
            OSError: there can be no more sockets.
        """
        spare = self._spares.take(peer.address)
        if origin.startswith("http:"):  # else HTTP/2 will carry the others
            self._opened[peer] = opened = self._opened.get(peer, 0) + 1
            if opened >= _SEVERAL:
                self._grown.add(peer)
                if self._more is None:
                    self._more_later()
        if spare is not None:
            return spare, True
        return socket.socket(peer.family, peer.kind, peer.protocol), False

    def _more_later(self) -> None:
        assert self._loop is not None
        self._more = self._loop.call_later(_SLOW_S, self._open_more)

    def _open_more(self) -> None:
        """Open spare connections while answers are awaited.

        They are opened once for each connection that a request needed, however long they then wait in vain.
        """
        self._more = None
        if not self._active:
            return
        if time.monotonic() - self._acted_s > _SLOW_S / 2:
            allowed = self._options.requests or self._max_connections_1
            for peer in list(self._grown):
                opened = self._opened[peer]
                if not self._spares.open(peer, min(_GROWTH * opened, allowed - opened)):
                    self._grown.discard(peer)
        if self._grown:
            self._more_later()

    # libcurl's side: what to wait for.

    def _on_socket(self, what: int, fd: int, _multi: object, _data: object) -> None:
        assert self._polls is not None
        self._polls.watch(fd, what in (pycurl.POLL_IN, pycurl.POLL_INOUT), what in (pycurl.POLL_OUT, pycurl.POLL_INOUT))

    def _on_timer(self, timeout_ms: int) -> None:
        loop = self._loop
        assert loop is not None
        if timeout_ms == 0:
            # libcurl must not be called from within its own callback, so "at once" is the loop's next turn.
            if not self._soon:
                self._soon = True
                loop.call_soon(self._on_soon)
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if timeout_ms > 0:
            self._timer = loop.call_later(timeout_ms / 1000, self._on_time)

    # The loop's side: something is due.

    def _on_soon(self) -> None:
        self._soon = False
        self._act([(pycurl.SOCKET_TIMEOUT, 0)])

    def _on_time(self) -> None:
        self._timer = None
        self._act([(pycurl.SOCKET_TIMEOUT, 0)])

    def _act(self, due: list[tuple[int, int]]) -> None:
        multi = self._multi
        if multi is None:
            return
        if time.monotonic() - self._acted_s > _IDLE_S:
            self._look_for_idleness()
        running = -1
        for fd, events in due:
            _, running = multi.socket_action(fd, events)
        self._acted_s = time.monotonic()
        if running == len(self._active):
            return  # nothing ended: libcurl runs as many transfers as we wait for
        while True:
            queued, done, failed = multi.info_read(len(self._active) + 1)
            for easy in done:
                self._finish(multi, easy, 0, "")
            for easy, code, message in failed:
                self._finish(multi, easy, code, message)
            if not queued:
                return

    def _look_for_idleness(self) -> None:
        """Tell the gates if the loop has waited for events: wall time without CPU time of this thread.

        To ask for the latter takes ten times as long as for the former.
        """
        before_s, before_cpu_s = self._clocks_s
        self._clocks_s = now_s, cpu_s = time.monotonic(), time.thread_time()
        if now_s - before_s - (cpu_s - before_cpu_s) > _IDLE_S:
            for gate in self._gates.values():
                gate.idle()

    def _finish(self, multi: pycurl.CurlMulti, easy: pycurl.Curl, code: int, message: str) -> None:
        transfer = self._active.pop(easy, None)
        if transfer is not None:
            error = transfer.failure(code, message) if code else None
            multi.remove_handle(easy)
            transfer.finish(error)

    def _nudge_later(self) -> None:
        assert self._loop is not None
        self._nudge = self._loop.call_later(self._nudge_s, self._nudge_now)

    def _nudge_now(self) -> None:
        """Call `socket_action` for every socket if libcurl has been silent (see `_NUDGE_S`)."""
        self._nudge = None
        if not self._active or self._polls is None:
            return
        before = len(self._active)
        try:
            if time.monotonic() - self._acted_s < self._nudge_s / 2:
                self._nudge_s = _NUDGE_S
                return
            self._nudge_s = min(2 * self._nudge_s, _LONGEST_NUDGE_S)
            self._act([(fd, _BOTH) for fd in self._polls.watched()])
        finally:
            if len(self._active) != before:
                self._nudge_s = _NUDGE_S
            self._nudge_later()

    def _watch_later(self) -> None:
        assert self._loop is not None
        self._watch = self._loop.call_later(WATCH_S, self._watch_now, time.monotonic() + 2 * WATCH_S)

    def _watch_now(self, late_s: float) -> None:
        """End the transfers that have taken too long."""
        self._watch = None
        now_s = time.monotonic()
        self._spares.trim(now_s)
        # Where this call comes late, the loop was busy with other work, and data that has arrived may not have been
        # read: the server was not silent.
        listened = now_s < late_s
        try:
            for transfer in list(self._active.values()):
                if transfer.waits_for_reader():
                    transfer.pace.hold(now_s)
                    continue
                error = transfer.pace.verdict(now_s, listened=listened, sign=transfer.sign)
                if error is None and transfer.is_flooded():
                    error = TransferError(Fault.PROTOCOL, _FLOODED)
                if error is not None:
                    del self._active[transfer.easy]
                    assert self._multi is not None
                    self._remove(self._multi, transfer)
                    transfer.finish(error)
        finally:
            if self._active:
                self._watch_later()


def _no_event(*_: object) -> None:
    """Takes what libcurl tells of a handle that is freed."""


def _spare_files() -> int:
    """How many connections the process may hold open."""
    return most_open_files() - _OTHER_FILES


class _Trust:
    """The trusted certificates as options of handles.

    Those of several files are in a file of memory: libcurl keeps what it has read from a file, but would read what it
    gets as bytes anew for each connection.
    """

    def __init__(self, roots: Roots) -> None:
        self._descriptor = -1
        path = roots.file or os.devnull  # libcurl refuses a file without certificates, and so every server
        if roots.pem:
            self._descriptor, path = memory_file("govgo-roots", roots.pem)
        self.options: list[tuple[int, object]] = [(pycurl.CAINFO, path), (pycurl.PROXY_CAINFO, path)]
        if roots.pem and not path:
            self.options = [(pycurl.CAINFO_BLOB, roots.pem), (pycurl.PROXY_CAINFO_BLOB, roots.pem)]

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)


def _easy_options(options: EngineOptions) -> list[tuple[int, object]]:
    chosen: list[tuple[int, object]] = [
        (pycurl.NOSIGNAL, 1),  # no SIGALRM and no change of signal handlers: the process is Python's
        (pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS),
        (pycurl.FOLLOWLOCATION, 0),  # the client decides which redirects are safe
        (pycurl.CONNECTTIMEOUT_MS, int(options.timeouts.connect_s * 1000)),
        (pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_2TLS),  # HTTP/2 by ALPN; plain http stays HTTP/1.1, as in Go
        (pycurl.TCP_NODELAY, 1),
        # A connection whose other end is gone is noticed while an answer is waited for; the times are those of Go.
        (pycurl.TCP_KEEPALIVE, 1),
        (pycurl.TCP_KEEPIDLE, _KEEPALIVE_S),
        (pycurl.TCP_KEEPINTVL, _KEEPALIVE_S),
        (pycurl.PATH_AS_IS, 1),  # no dot segments removed: the client has escaped and cleaned the path as Go does
        (pycurl.HTTP09_ALLOWED, 0),  # an answer without a status line is an error
        (pycurl.USERAGENT, govgo.AGENT),  # User-Agent for proxies; in requests the client says who asks
        (pycurl.PROXYHEADER, [b"Proxy-Connection:"]),  # left out of a CONNECT
        (pycurl.NOPROXY, ""),  # `proxy_for` has read no_proxy, which to libcurl means something else
        (_SOCKS5_AUTH, pycurl.HTTPAUTH_BASIC),  # user and password: otherwise Kerberos is offered, too
        (pycurl.CAPATH, None),  # libcurl may have been built with a directory of its own
        (pycurl.PROXY_CAPATH, None),
    ]
    if options.insecure:
        checks = ("SSL_VERIFYPEER", "SSL_VERIFYHOST", "PROXY_SSL_VERIFYPEER", "PROXY_SSL_VERIFYHOST")
        chosen += [(getattr(pycurl, name), 0) for name in checks]
    return chosen
