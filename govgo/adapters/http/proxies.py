# SPDX-License-Identifier: BSD-3-Clause
"""Which HTTP or SOCKS proxy stands before a host: the variables HTTP_PROXY, HTTPS_PROXY and NO_PROXY.

    NO_PROXY=corp.example               the host and those below it
    NO_PROXY=.corp.example              those below it alone, as with *.corp.example
    NO_PROXY=corp.example:8443          the same with that port alone
    NO_PROXY=10.0.0.1,10.1.0.0/16,*     an address, a range of them, everything

This machine is always reached without a proxy. Source: golang.org/x/net/http/httpproxy; net/http's transport.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from govgo.adapters.hostname import ascii_host
from govgo.adapters.http.engine import Fault, ProxyAddress, TransferError
from govgo.core.goenv import NetworkEnv
from govgo.core.golib import url as gourl
from govgo.core.records import NamedTuple
from govgo.errors import UsageError

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

    _Address = IPv4Address | IPv6Address
    _Range = IPv4Network | IPv6Network

Chooser = Callable[[str, str, int], str]
"""As `EngineOptions.proxy_for`."""

_PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}
_SOCKS_REPLIES = {
    1: "general SOCKS server failure",
    2: "connection not allowed by ruleset",
    3: "network unreachable",
    4: "host unreachable",
    5: "connection refused",
    6: "TTL expired",
    7: "command not supported",
    8: "address type not supported",
}
_CGI = "refusing to use HTTP_PROXY value in CGI environment; see golang.org/s/cgihttpproxy"


def proxy_chooser(network: NetworkEnv) -> Chooser | None:
    """What chooses the proxy before a host; None without any proxy."""
    if not network.http_proxy and not network.https_proxy:
        return None
    plain, secure = _parse(network.http_proxy), _parse(network.https_proxy)
    exempt = _Exempt(network.no_proxy)

    def choose(scheme: str, host: str, port: int) -> str:
        proxy = secure if scheme == "https" else plain
        if proxy is not None and scheme == "http" and network.cgi:
            raise TransferError(Fault.SETTING, _CGI)
        return "" if proxy is None or exempt.covers(host, port) else str(proxy)

    return choose


def address_of(proxy: str) -> ProxyAddress:
    """A proxy as engines understand it. With one of an unknown scheme net/http speaks plain HTTP, and so do we.

    Raises:
        TransferError: there is no host or no port to connect to.
    """
    url = gourl.parse(proxy)
    scheme = {"https": "https", "socks5": "socks5", "socks5h": "socks5"}.get(url.scheme, "http")
    digits = url.host.rpartition("]")[2].rpartition(":")[2]
    port = int(digits[:6]) if digits.isdigit() else _PORTS.get(url.scheme, 0)
    if not url.hostname or not 0 < port < 1 << 16:
        raise TransferError(Fault.SETTING, f"proxyconnect tcp: dial tcp: address {url.hostname}:{port}: invalid port")
    host = f"[{url.hostname}]" if ":" in url.hostname else ascii_host(url.hostname)
    return ProxyAddress(f"{scheme}://{host}:{port}", url.user or "", url.password or "")


def socks_reply(code: int) -> str:
    """Why a SOCKS proxy has not connected, by the code of its reply (RFC 1928, section 6)."""
    return f"unknown error {_SOCKS_REPLIES.get(code, f'unknown code: {code}')}"


def socks_text(proxy: ProxyAddress, target: str, what: str) -> str:
    """That a SOCKS proxy could not be asked for `target`, "host:port", as x/net's socks package says it."""
    return f"socks connect tcp {proxy.url.partition('//')[2]}->{target}: {what}"


def _parse(text: str) -> gourl.GoURL | None:
    """The URL of a proxy, which may lack its scheme; None for one that is not a URL, which go ignores."""
    if not text:
        return None
    url = None
    try:
        url = gourl.parse(text)
        if url.scheme and url.host:
            return url
    except UsageError:
        pass
    try:
        return gourl.parse("http://" + text)
    except UsageError:
        return url


class _Name(NamedTuple):
    """A domain of NO_PROXY: `suffix` begins with a dot."""

    suffix: str
    port: str
    itself: bool

    def covers(self, host: str, port: str) -> bool:
        if self.port and self.port != port:
            return False
        return host.endswith(self.suffix) or (self.itself and host == self.suffix[1:])


class _Exempt:
    """The hosts that NO_PROXY names."""

    def __init__(self, no_proxy: str) -> None:
        self._all = False
        self._ranges: list[_Range] = []
        self._addresses: list[tuple[_Address, str]] = []
        self._names: list[_Name] = []
        for entry in no_proxy.split(","):
            entry = entry.strip().lower()
            if entry == "*":
                self._all = True
            elif entry:
                self._add(entry)

    def covers(self, host: str, port: int) -> bool:
        """Whether a host is reached without a proxy."""
        address = _address(host)
        if host == "localhost" or (address is not None and address.is_loopback):
            return True
        if self._all:
            return True
        if address is not None:
            return any(address in each for each in self._ranges) or any(
                address == each and wanted in ("", str(port)) for each, wanted in self._addresses
            )
        return any(each.covers(host.strip().lower(), str(port)) for each in self._names)

    def _add(self, entry: str) -> None:
        network = _range(entry)
        if network is not None:
            self._ranges.append(network)
            return
        host, port = _split_port(entry)
        address = _address(host) if "%" not in host else None  # an address with a zone is none here, and no name
        if address is not None:
            self._addresses.append((address, port))
            return
        host = host.removeprefix("*") if host.startswith("*.") else host
        if host:
            name = ascii_host(host.removeprefix("."))
            self._names.append(_Name("." + name, port, itself=not host.startswith(".")))


def _split_port(entry: str) -> tuple[str, str]:
    """Host and port of `host:port` or `[host]:port`; the whole entry and "" where it has another form."""
    host, colon, port = entry.rpartition(":")
    if not colon or "[" in port or "]" in port:
        return entry, ""
    if host.startswith("["):
        inner = host[1:-1]
        return (inner, port) if host.endswith("]") and not set("[]") & set(inner) else (entry, "")
    return (entry, "") if set(":[]") & set(host) else (host, port)


def _address(text: str) -> _Address | None:
    if ":" not in text and not text[:1].isdigit():
        return None  # a name, as nearly always: the import is spared
    from ipaddress import IPv6Address, ip_address

    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        # To Go an IPv4 address in the form of an IPv6 address is the same, and a zone does not count.
        return address.ipv4_mapped or IPv6Address(int(address))
    return address


def _range(text: str) -> _Range | None:
    base, slash, digits = text.partition("/")
    address = _address(base) if slash and digits.isascii() and digits.isdigit() else None
    if address is None or "%" in base:
        return None
    from ipaddress import ip_network

    # The mask of an IPv4 address in the form of an IPv6 address counts from the beginning of the latter.
    bits = int(digits[:4]) - (96 if ":" in base and address.version == 4 else 0)
    try:
        return ip_network(f"{address}/{bits}", strict=False)
    except ValueError:
        return None
