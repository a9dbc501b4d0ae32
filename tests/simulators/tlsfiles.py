# SPDX-License-Identifier: BSD-3-Clause
"""The files of a server's certificate, which somebody renews, and what a client is shown."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

from tests.simulators.certificates import Authority


class TlsFiles:
    """A certificate and its key in two files.

    Attributes:
        cert, key: the files.
        authority: whom clients trust.
    """

    def __init__(self, directory: Path) -> None:
        self.authority = Authority(directory)
        self.cert, self.key = directory / "cert.pem", directory / "key.pem"

    def made(self, name: str) -> tuple[bytes, bytes]:
        """A certificate for 127.0.0.1 whose common name is `name`, and its key."""
        whole = Path(self.authority.issue(name, ["127.0.0.1"])).read_bytes()
        chain, begin, rest = whole.partition(b"-----BEGIN PRIVATE")
        return chain, begin + rest

    def use(self, chain: bytes, secret: bytes) -> None:
        """Write both files."""
        self.cert.write_bytes(chain)
        self.key.write_bytes(secret)

    def client_context(self) -> ssl.SSLContext:
        """The context of a client that trusts the authority."""
        context = ssl.create_default_context(cafile=str(self.authority.file))
        context.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)
        return context

    def shown(self, url: str, path: str) -> str:
        """The common name that a client is shown after a handshake, and the status of the answer for a path."""
        context = self.client_context()
        address = ("127.0.0.1", int(url.rpartition(":")[2]))
        with socket.create_connection(address) as plain, context.wrap_socket(plain, server_hostname=address[0]) as tls:
            subject = tls.getpeercert()["subject"]  # type: ignore[index]
            tls.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
            return f"{dict(each[0] for each in subject)['commonName']} {tls.recv(4096)[9:12].decode()}"  # type: ignore[misc, index]
