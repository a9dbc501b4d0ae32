# SPDX-License-Identifier: BSD-3-Clause
"""What httpx is told of the options of an engine: whom to trust, and which proxy to use. It reads no variable."""

from __future__ import annotations

import ssl

import httpx

from govgo.adapters.http.engine import EngineOptions
from govgo.adapters.http.proxies import address_of

# Any certificate among the roots may be trusted for itself, also one that another has signed: a company may hand out
# its intermediate authority alone. crypto/x509 and libcurl have no other way.
_AS_GO = ssl.VERIFY_X509_PARTIAL_CHAIN


def tls_context(options: EngineOptions, scheme: str) -> ssl.SSLContext:
    """Whom to trust at URLs of a scheme. Without TLS the context is never used, and no certificate is read for it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if options.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif scheme == "https":
        context.hostname_checks_common_name = False  # as in crypto/x509
        context.verify_flags |= _AS_GO
        roots = options.roots()
        if roots.file:
            context.load_verify_locations(cafile=roots.file)
        elif roots.pem:
            context.load_verify_locations(cadata=roots.pem.decode("ascii", "ignore"))
    return context


def proxy_option(proxy: str, options: EngineOptions) -> httpx.Proxy | None:
    """A proxy that `EngineOptions.proxy_for` chose; None for "".

    Raises:
        TransferError: there is no host or no port to connect to.
    """
    if not proxy:
        return None
    address = address_of(proxy)
    auth = (address.user, address.password) if address.user or address.password else None
    secure = address.url.startswith("https:")
    return httpx.Proxy(address.url, auth=auth, ssl_context=tls_context(options, "https") if secure else None)
