# SPDX-License-Identifier: BSD-3-Clause
"""SOCKS 5 for httpx (RFC 1928, with the logins of RFC 1929): connections that a proxy opens.

    client   05 01 00           the ways of a client without a login; with one 05 02 00 02
    proxy    05 00              no login is wanted; with 05 02 follows the login, and its answer 01 00
    client   05 01 00 03 …      connect to a name and port
    proxy    05 00 00 01 …      it is connected, from this address and port

httpcore's own takes each read for a whole reply, insists on the login where the URL has one, and ends with errors of
Python where a reply is odd or a name is long. The sentences are those of x/net's socks package.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Generator, Iterable
from ipaddress import ip_address

import httpcore
import httpx

from govgo.adapters.http.engine import Fault, ProxyAddress, TransferError
from govgo.adapters.http.proxies import socks_reply, socks_text

Dialogue = Generator[tuple[bytes, int], bytes, None]
"""Yields what to send, and how many bytes come then; is sent these, or fewer where the connection ended."""
_Options = Iterable[httpcore.SOCKET_OPTION]

_VERSION = 5
_LOGIN = 2
_NONE_ACCEPTABLE = 255
_IPV4, _NAME, _IPV6 = b"\1", b"\3", b"\4"
_SIZES = {_IPV4: 4, _IPV6: 16}
_LONGEST = 255


class SocksTransport(httpx.HTTPTransport):
    """httpx's transport, through a SOCKS proxy."""

    def __init__(self, proxy: ProxyAddress, context: ssl.SSLContext) -> None:
        """No connection is opened yet; `context` says which servers are trusted."""
        super().__init__(verify=context, trust_env=False)
        self._pool = httpcore.ConnectionPool(ssl_context=context, network_backend=_Backend(proxy))


class AsyncSocksTransport(httpx.AsyncHTTPTransport):
    """httpx's asynchronous transport, through a SOCKS proxy."""

    def __init__(self, proxy: ProxyAddress, context: ssl.SSLContext, limits: httpx.Limits) -> None:
        """As `SocksTransport`."""
        super().__init__(verify=context, trust_env=False)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=context,
            max_connections=limits.max_connections,
            max_keepalive_connections=limits.max_keepalive_connections,
            network_backend=_AsyncBackend(proxy),
        )


class _Backend(httpcore.SyncBackend):
    def __init__(self, proxy: ProxyAddress) -> None:
        self._proxy = proxy

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: _Options | None = None,
    ) -> httpcore.NetworkStream:
        call = _Call(self._proxy, host, port, timeout)
        stream = super().connect_tcp(*call.dialled, timeout, local_address, socket_options)
        try:
            while call.goes_on():
                stream.write(call.says, call.left_s())
                while call.wants and (data := stream.read(call.wants, call.left_s())):
                    call.hear(data)
        except httpcore.TimeoutException as error:
            raise call.late() from error
        finally:
            if not call.is_connected:
                stream.close()
        return stream


class _AsyncBackend(httpcore.AnyIOBackend):
    def __init__(self, proxy: ProxyAddress) -> None:
        self._proxy = proxy

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: _Options | None = None,
    ) -> httpcore.AsyncNetworkStream:
        call = _Call(self._proxy, host, port, timeout)
        stream = await super().connect_tcp(*call.dialled, timeout, local_address, socket_options)
        try:
            while call.goes_on():
                await stream.write(call.says, call.left_s())
                while call.wants and (data := await stream.read(call.wants, call.left_s())):
                    call.hear(data)
        except httpcore.TimeoutException as error:
            raise call.late() from error
        finally:
            if not call.is_connected:
                await stream.aclose()
        return stream


class _Call:
    """A connection that a proxy is asked for.

    Attributes:
        dialled: host and port of the proxy.
        says: what to send next.
        wants: how many bytes of the reply have still to come.
        is_connected: whether the proxy has said so.
    """

    def __init__(self, proxy: ProxyAddress, host: str, port: int, limit_s: float | None) -> None:
        """`limit_s` seconds are left for all of it, None for no limit."""
        place, _, digits = proxy.url.partition("//")[2].rpartition(":")
        self.dialled = place.strip("[]"), int(digits)
        self.says = b""
        self.wants = 0
        self.is_connected = False
        self._target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self._proxy = proxy
        self._heard: bytes | None = None
        self._end_s = None if limit_s is None else time.monotonic() + limit_s
        self._talk = dialogue(host, port, proxy.user, proxy.password)

    def goes_on(self) -> bool:
        """Whether there is something to say after what was heard.

        Raises:
            TransferError: the proxy refuses, or is none.
        """
        try:
            self.says, self.wants = next(self._talk) if self._heard is None else self._talk.send(self._heard)
        except StopIteration:
            self.is_connected = True
        except TransferError as refused:
            raise TransferError(refused.fault, socks_text(self._proxy, self._target, str(refused))) from None
        self._heard = b""
        return not self.is_connected

    def hear(self, data: bytes) -> None:
        """Take a piece of the reply."""
        self._heard = (self._heard or b"") + data
        self.wants -= len(data)

    def left_s(self) -> float | None:
        """How many seconds are left."""
        return None if self._end_s is None else max(self._end_s - time.monotonic(), 0.001)

    def late(self) -> TransferError:
        """That the proxy took too long."""
        return TransferError(Fault.CONNECT_TIMEOUT, socks_text(self._proxy, self._target, "i/o timeout"))


def dialogue(host: str, port: int, user: str, password: str) -> Dialogue:
    """What is said until a proxy has connected to a host; user and password are "" where there is no login.

    As in Go, a client without a login goes on whatever way the proxy has chosen, unless that is none at all.

    Raises:
        TransferError: why there is no connection.
    """
    has_login = bool(user or password)
    chosen = _whole((yield b"\5\2\0\2" if has_login else b"\5\1\0", 2), 2)
    _check_version(chosen)
    if chosen[1] == _NONE_ACCEPTABLE:
        raise _refused("no acceptable authentication methods")
    if has_login and chosen[1] == _LOGIN:
        name, secret = (text.encode("utf-8", "surrogateescape") for text in (user, password))
        if not name or max(len(name), len(secret)) > _LONGEST:
            raise _refused("invalid username/password")
        answer = _whole((yield b"\1" + _counted(name) + _counted(secret), 2), 2)
        if answer[0] != 1:
            raise _refused("invalid username/password version")
        if answer[1]:
            raise _refused("username/password authentication failed")
    elif has_login and chosen[1]:
        raise _refused(f"unsupported authentication method {chosen[1]}")
    reply = _whole((yield b"\5\1\0" + _address(host) + port.to_bytes(2, "big"), 4), 4)
    _check_version(reply)
    if reply[1]:
        raise _refused(socks_reply(reply[1]))
    if reply[2]:
        raise _refused("non-zero reserved field")
    kind = reply[3:]
    if kind == _NAME:
        size = _whole((yield b"", 1), 1)[0]
    elif kind in _SIZES:
        size = _SIZES[kind]
    else:
        raise _refused(f"unknown address type {kind[0]}")
    _whole((yield b"", size + 2), size + 2)


def _address(host: str) -> bytes:
    try:
        address = ip_address(host).packed
    except ValueError:
        name = host.encode()
        if len(name) > _LONGEST:
            raise _refused("FQDN too long") from None
        return _NAME + _counted(name)
    return (_IPV4 if len(address) == _SIZES[_IPV4] else _IPV6) + address


def _counted(text: bytes) -> bytes:
    return bytes([len(text)]) + text


def _whole(heard: bytes, size: int) -> bytes:
    if len(heard) < size:
        raise _refused("unexpected EOF" if heard else "EOF")
    return heard


def _check_version(reply: bytes) -> None:
    if reply[0] != _VERSION:
        raise _refused(f"unexpected protocol version {reply[0]}")


def _refused(why: str) -> TransferError:
    return TransferError(Fault.PROTOCOL, why)
