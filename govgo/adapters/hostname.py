# SPDX-License-Identifier: BSD-3-Clause
"""Internationalized host names, as net/http sends them."""

from __future__ import annotations


def ascii_host(host: str) -> str:
    """A host, perhaps with its port, as it is sent: `xn--bcher-kva.example:80` for `bücher.example:80`.

    Source: UTS 46, section 4; RFC 3492. A name for which they say nothing stays as it is, as in net/http.
    """
    if host.isascii():
        return host
    import idna

    name, colon, port = host.partition(":")
    try:
        labels = idna.uts46_remap(name).split(".")
    except UnicodeError:  # as idna's errors are
        return host
    encoded = (each if each.isascii() else "xn--" + each.encode("punycode").decode() for each in labels)
    return ".".join(encoded) + colon + port
