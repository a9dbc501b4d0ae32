# SPDX-License-Identifier: BSD-3-Clause
"""Certificates of servers: read at the start, and anew at SIGHUP."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from govgo.adapters.disk.diskerror import reason
from govgo.core.safetext import one_line
from govgo.errors import UsageError


def server_context(names: str, certificate: str, key: str) -> ssl.SSLContext:
    """The context of a server for TLS 1.2 and 1.3 (errors as `load_certificate`).

    Args:
        names: what the settings are called that name the files.
        certificate: the file of its certificate and those above it.
        key: the file of the private key, "" for the same file.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    load_certificate(context, names, certificate, key)
    return context


def load_certificate(context: ssl.SSLContext, names: str, certificate: str, key: str) -> None:
    """Use the certificate as it is on the disk now, for connections from now on.

    Raises:
        UsageError: it cannot be used. The context may have a certificate without a key by then.
    """
    with tls_faults(names, certificate, key):
        context.load_cert_chain(certificate, key or None)


@contextmanager
def tls_faults(names: str, *files: str) -> Iterator[None]:
    """A block that reads these files of certificates and keys.

    Raises:
        UsageError: one cannot be read, or they make no sense together.
    """
    try:
        yield
    except ssl.SSLError as error:
        why = (error.reason or str(error)).replace("_", " ").lower()
        raise UsageError(f"{names}: {' and '.join(filter(None, files))}: {one_line(why)}") from None
    except OSError as error:
        # The library names no file, and opens them in this order.
        file = next((each for each in files if each and not os.access(each, os.R_OK)), files[0])
        raise UsageError(f"{names}: {file}: {reason(error)}") from None
