# SPDX-License-Identifier: BSD-3-Clause
"""Certificates of every kind for servers on loopback, with keys made just now."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_SIGN_ONLY = x509.KeyUsage(False, False, False, False, False, True, False, False, False)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _general(name: str) -> x509.GeneralName:
    if "@" in name:
        return x509.RFC822Name(name)
    return x509.IPAddress(ip_address(name)) if name[0].isdigit() else x509.DNSName(name)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, *, expired: bool = False
) -> x509.CertificateBuilder:
    now = datetime.now(UTC) - timedelta(days=2 if expired else 0)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
    )


class Authority:
    """A certificate authority of a company.

    Attributes:
        file: its certificate, in PEM.
    """

    def __init__(self, directory: Path, name: str = "corp root", above: Authority | None = None) -> None:
        """Make its key, and its certificate in `directory`; `above` signs it, where it is not a root."""
        self._directory = directory
        self._name = _name(name)
        self._key = ec.generate_private_key(ec.SECP256R1())
        signer = above or self
        self._made = (
            _builder(self._name, signer._name, self._key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(_SIGN_ONLY, critical=True)
            .sign(signer._key, hashes.SHA256())
        )
        self.file = directory / f"{name}.pem"
        self.file.write_bytes(self._made.public_bytes(serialization.Encoding.PEM))

    def server(
        self,
        names: Sequence[str],
        common_name: str = "a server",
        *,
        expired: bool = False,
        for_clients: bool = False,
        sends_all: bool = False,
    ) -> ssl.SSLContext:
        """The context of a server for some names and addresses; without any, its common name stands alone.

        Args:
            names, common_name: of its certificate.
            expired: its certificate was good until yesterday.
            for_clients: its certificate may prove clients alone.
            sends_all: it sends the certificate of this authority, too.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(_name(common_name), self._name, key.public_key(), expired=expired)
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName([_general(n) for n in names]), critical=False)
        if for_clients:
            usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
            builder = builder.add_extension(usage, critical=False)
        above = (self._made,) if sends_all else ()
        return _context(self._directory, key, builder.sign(self._key, hashes.SHA256()), *above)

    def issue(self, common_name: str, names: Sequence[str] = ()) -> str:
        """The file of a certificate and its key, in PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(_name(common_name), self._name, key.public_key())
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName([_general(n) for n in names]), critical=False)
        made = builder.sign(self._key, hashes.SHA256())
        file = self._directory / f"{common_name}.pem"
        clear = serialization.NoEncryption()
        secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, clear)
        file.write_bytes(made.public_bytes(serialization.Encoding.PEM) + secret)
        return str(file)


def self_signed(directory: Path, name: str, *, signs_only: bool) -> tuple[ssl.SSLContext, Path]:
    """The context of a server that signed its own certificate, and its file; `signs_only`: with keyCertSign alone."""
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder(_name(name), _name(name), key.public_key())
    builder = builder.add_extension(x509.SubjectAlternativeName([_general(name)]), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    if signs_only:
        builder = builder.add_extension(_SIGN_ONLY, critical=True)
    made = builder.sign(key, hashes.SHA256())
    file = directory / f"{name}.pem"
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return _context(directory, key, made), file


def _context(directory: Path, key: ec.EllipticCurvePrivateKey, *chain: x509.Certificate) -> ssl.SSLContext:
    plain = serialization.NoEncryption()
    file = directory / f"{chain[0].serial_number}.key"
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    file.write_bytes(b"".join(each.public_bytes(serialization.Encoding.PEM) for each in chain) + secret)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context
