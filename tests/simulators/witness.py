# SPDX-License-Identifier: BSD-3-Clause
"""A witness of tree heads (c2sp.org/tlog-witness): it keeps the largest it has seen, and cosigns what extends that."""

from __future__ import annotations

import hashlib

from govgo.core.golib.base64 import decode_base64, encode_base64
from govgo.core.sumdb.cosignature import ALG_COSIGNATURE, cosigned_message
from govgo.core.sumdb.heads import Head, read_head
from govgo.core.sumdb.note import key_hash, parse_verifier
from govgo.core.sumdb.signer import Signer
from govgo.errors import GovgoError
from tests.simulators import logmath


class Witness:
    """A key, and what it has seen.

    Attributes:
        size, root: of the largest tree that it has cosigned.
        requests: the bodies that it was sent.
        time: what its clock shows.
    """

    def __init__(self, name: str, seed: int) -> None:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        secret = hashlib.sha256(b"witness %d" % seed).digest()
        public = Ed25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()
        material = bytes([ALG_COSIGNATURE]) + public
        self.name = name
        self.signer = Signer(name, key_hash(name, material), secret)
        self.key = f"{name}+{self.signer.key_hash:08x}+{encode_base64(material)}"
        self.size, self.root = 0, b""
        self.requests: list[bytes] = []
        self.time = 1_700_000_000

    def line(self, note: bytes, time: int, *, at: int | None = None) -> bytes:
        """A cosignature line that says `at`, for what was signed at `time`."""
        text = note[: note.index(b"\n\n") + 1].decode()
        raw = self.signer.key_hash.to_bytes(4, "big") + (time if at is None else at).to_bytes(8, "big")
        return f"\u2014 {self.name} {encode_base64(raw + self.signer.sign(cosigned_message(text, time)))}\n".encode()

    def add_checkpoint(self, body: bytes, log_key: str) -> tuple[int, bytes]:
        """Status and body of the answer to a request."""
        self.requests.append(body)
        lines, _, note = body.partition(b"\n\n")
        first, *proof = lines.decode().split("\n")
        old = int(first.removeprefix("old "))
        head: Head = read_head(note, parse_verifier(log_key))
        if old != self.size:
            return 409, b"%d\n" % self.size
        if old:
            try:
                hashes = tuple(decode_base64(line) for line in proof)
                logmath.check_tree(hashes, head.tree.size, head.tree.hash, old, self.root)
            except GovgoError:
                return 422, b""
        self.size, self.root = head.tree.size, head.tree.hash
        return 200, self.line(note, self.time)
