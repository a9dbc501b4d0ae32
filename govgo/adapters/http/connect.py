# SPDX-License-Identifier: BSD-3-Clause
"""How to connect: which HTTP proxy stands before a host, which roots are trusted, which engine moves the bytes.

Rules: Go's golang.org/x/net/http/httpproxy for http_proxy, https_proxy and no_proxy; crypto/x509 for SSL_CERT_FILE
and SSL_CERT_DIR.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from govgo.adapters.http.engine import EngineOptions, Timeouts
from govgo.core.goenv import NetworkEnv

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv6Address

    from govgo.adapters.http.engine import Engine

    _Address = IPv4Address | IPv6Address

# Where distributions keep their bundle, in the order in which crypto/x509 looks.
_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/opt/homebrew/etc/ca-certificates/cert.pem",
)


def engine_options(
    network: NetworkEnv, timeouts: Timeouts, *, requests: int = 0, insecure: bool = False
) -> EngineOptions:
    """The options of an engine: proxies and roots as the environment names them, the rest as in `EngineOptions`."""
    bundle = network.ssl_cert_file
    if not bundle and not network.ssl_cert_dir:
        bundle = next((path for path in _BUNDLES if os.path.exists(path)), "")
    return EngineOptions(
        timeouts=timeouts,
        ca_file=bundle,
        ca_dir=network.ssl_cert_dir,
        insecure=insecure,
        requests=requests,
        proxy_for=proxy_chooser(network),
    )


def open_engine(options: EngineOptions) -> Engine:
    """The libcurl engine, or one on httpx where libcurl's module cannot be loaded."""
    try:
        from govgo.adapters.http.curl_engine import CurlEngine
    except ImportError:
        from govgo.adapters.http.httpx_engine import HttpxEngine

        return HttpxEngine(options)
    return CurlEngine(options)


def proxy_chooser(network: NetworkEnv) -> Callable[[str, str, int], str] | None:
    """A function from (scheme, host, port) to the URL of the HTTP proxy before it or ""; None without any proxy."""
    if not network.http_proxy and not network.https_proxy:
        return None
    exempt = tuple(entry.strip().lower() for entry in network.no_proxy.split(",") if entry.strip())

    def choose(scheme: str, host: str, port: int) -> str:
        proxy = network.https_proxy if scheme == "https" else network.http_proxy
        if not proxy or is_exempt(host.lower().rstrip("."), port, exempt):
            return ""
        return proxy if "://" in proxy else "http://" + proxy

    return choose


def is_exempt(host: str, port: int, exempt: tuple[str, ...]) -> bool:
    """Whether a host is reached without a proxy: it is named in no_proxy (split into `exempt`), or is this machine.

    An entry is "*", a domain (with its subdomains; with a leading dot, those alone), an address or a range of them
    (10.0.0.0/8), each but the range with a port or without.
    """
    address = _address(host)
    if host == "localhost" or (address is not None and address.is_loopback):
        return True
    return any(_matches(entry, host, port, address) for entry in exempt)


def _matches(entry: str, host: str, port: int, address: _Address | None) -> bool:
    if entry == "*":
        return True
    name, colon, digits = entry.rpartition(":")
    if colon and digits.isdigit() and (":" not in name or name.endswith("]")):
        if int(digits) != port:
            return False
        entry = name
    entry = entry.strip("[]")
    if "/" in entry:
        return address is not None and _in_network(entry, address)
    literal = _address(entry)
    if literal is not None:
        return literal == address
    entry = entry.removeprefix("*")
    if entry.startswith("."):
        return host.endswith(entry)
    return host == entry or host.endswith("." + entry)


def _address(text: str) -> _Address | None:
    if ":" not in text and not text.replace(".", "").isdigit():
        return None  # a name, as nearly always: the import is spared
    import ipaddress

    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _in_network(text: str, address: _Address) -> bool:
    import ipaddress

    try:
        return address in ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
