# SPDX-License-Identifier: BSD-3-Clause
"""Which certificates are trusted: those of the system, of SSL_CERT_FILE and of SSL_CERT_DIR.

    files          SSL_CERT_FILE, else the first bundle of the list below that there is
    directories    SSL_CERT_DIR, a list with colons, else the system's two; every file in them counts, whatever its name

A directory adds to the file: with SSL_CERT_FILE naming a company's root, those of the system's directories are trusted,
too. Only the first file that can be read counts.

Source: crypto/x509, root_unix.go and root_linux.go; encoding/pem.
"""

from __future__ import annotations

import os
import re
from base64 import b64decode
from collections.abc import Iterator

from govgo.adapters.http.engine import Roots
from govgo.core.goenv import NetworkEnv
from govgo.core.lazyregex import late

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
_DIRECTORIES = ("/etc/ssl/certs", "/etc/pki/tls/certs")
# The system's bundle is made of the certificates here, so that links to them add nothing to it.
_SOURCES = ("/usr/share/ca-certificates/", "/usr/local/share/ca-certificates/")
_BLOCK = late(rb"^-----BEGIN CERTIFICATE-----[ \t]*\r?\n(.*?)^-----END CERTIFICATE-----", re.MULTILINE | re.DOTALL)


def trusted_roots(network: NetworkEnv) -> Roots:
    """The certificates to trust. None at all is an answer, with which no server is trusted."""
    files = (network.ssl_cert_file,) if network.ssl_cert_file else _BUNDLES
    bundle, text = next(((path, data) for path in files if (data := _read(path)) is not None), ("", b""))
    directories = network.ssl_cert_dir.split(":") if network.ssl_cert_dir else _DIRECTORIES
    skipped = () if network.ssl_cert_file or network.ssl_cert_dir else _SOURCES
    more = (path for directory in directories for path in _files(directory, skipped) if path != bundle)
    # A bundle of its own is given to the engine as it is: its certificates need not be read one by one.
    added = {pem: None for path in more for pem in certificates(_read(path) or b"") if pem not in text}
    if network.ssl_cert_file:
        text = b"".join(certificates(text))
    elif not added:
        return Roots(file=bundle)
    return Roots(pem=b"\n".join([text, *added]))


def certificates(text: bytes) -> Iterator[bytes]:
    """The certificates in a PEM text, each in the form that OpenSSL writes; damaged ones are left out."""
    import ssl

    for block in _BLOCK.finditer(text):
        try:
            der = b64decode(b"".join(block[1].split()), validate=True)
        except ValueError:
            continue  # damaged, or with headers, which a certificate does not have
        if _is_whole(der):
            yield ssl.DER_cert_to_PEM_cert(der).encode()


def _is_whole(der: bytes) -> bool:
    """Whether DER is one sequence of the length that it says; to read all of it takes OpenSSL a millisecond each."""
    digits = der[1] & 0x7F if len(der) > 2 and der[0] == 0x30 and der[1] > 0x80 else 0
    return digits > 0 and int.from_bytes(der[2 : 2 + digits], "big") == len(der) - 2 - digits


def _read(path: str) -> bytes | None:
    try:
        with open(path, "rb") as f:
            return f.read()
    except OSError:
        return None


def _files(directory: str, skipped: tuple[str, ...]) -> list[str]:
    """The files of a directory.

    Not among them are links to others in it, which are the names by which OpenSSL looks for them, and links to what
    lies below the directories `skipped`.
    """
    try:
        entries = sorted(os.scandir(directory), key=lambda entry: entry.name)
    except OSError:
        return []
    targets = ((entry.path, os.readlink(entry.path) if entry.is_symlink() else "/") for entry in entries)
    return [path for path, target in targets if "/" in target and not target.startswith(skipped)]
