# SPDX-License-Identifier: BSD-3-Clause
"""How to connect: which proxy stands before a host, which roots are trusted, which engine moves the bytes.

The variables for that are read here alone: the engines are told not to look at them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from govgo.adapters.http.engine import EngineOptions, Roots, Timeouts
from govgo.core.goenv import NetworkEnv

if TYPE_CHECKING:
    from govgo.adapters.http.engine import Engine
    from govgo.adapters.http.preconnect import Spares


def engine_options(
    network: NetworkEnv, timeouts: Timeouts, *, requests: int = 0, insecure: bool = False, spares: Spares | None = None
) -> EngineOptions:
    """The options of an engine: proxies and roots as the environment names them, the rest as in `EngineOptions`."""

    def roots() -> Roots:
        from govgo.adapters.http.roots import trusted_roots

        return trusted_roots(network)

    proxy_for = None
    if network.http_proxy or network.https_proxy:
        from govgo.adapters.http.proxies import proxy_chooser

        proxy_for = proxy_chooser(network)
    return EngineOptions(
        timeouts=timeouts,
        roots=roots,
        insecure=insecure,
        requests=requests,
        proxy_for=proxy_for,
        spares=spares,
    )


def open_engine(options: EngineOptions) -> Engine:
    """The libcurl engine, or one on httpx where libcurl's module cannot be loaded."""
    try:
        from govgo.adapters.http.curl_engine import CurlEngine
    except ImportError:
        from govgo.adapters.http.httpx_engine import HttpxEngine

        return HttpxEngine(options)
    return CurlEngine(options)
