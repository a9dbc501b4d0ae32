# SPDX-License-Identifier: BSD-3-Clause
"""Who has signed a note, found by the definition (c2sp.org/signed-note) and nothing of govgo."""

from __future__ import annotations

import base64
import hashlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def signed_by(note: bytes, *keys: str) -> list[str]:
    """The names of those keys that have signed a note. A signature that names a key and is not its is an error."""
    text, _, block = note.decode().rpartition("\n\n")
    signatures = [line.split(" ") for line in block.splitlines()]
    found: list[str] = []
    for key in keys:
        name, digest, encoded = key.split("+", 2)
        public = base64.b64decode(encoded)
        assert public[0] == 1
        assert hashlib.sha256(f"{name}\n".encode() + public).digest()[:4].hex() == digest
        for dash, signer, signature in signatures:
            raw = base64.b64decode(signature)
            assert dash == "\u2014"
            if (signer, raw[:4].hex()) == (name, digest):
                Ed25519PublicKey.from_public_bytes(public[1:]).verify(raw[4:], f"{text}\n".encode())
                found.append(name)
    return found
