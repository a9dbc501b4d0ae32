# SPDX-License-Identifier: BSD-3-Clause
"""Signing: the private keys of a log or a witness, and the notes that they sign (x/mod sumdb/note).

A signer key is written `PRIVATE+KEY+name+hash+base64(algorithm, seed)`; name and hash are those of its verifier key
(`note`). Whoever has it can sign any tree head.
"""

from __future__ import annotations

from collections.abc import Sequence

from govgo.core.golib.base64 import decode_base64, encode_base64
from govgo.core.records import NamedTuple
from govgo.core.sumdb.note import ALG_ED25519, KEY_SIZE, Note, is_valid_name, key_hash, key_parts
from govgo.errors import NoteError

_PRIVATE = "PRIVATE+KEY+"


class Signer(NamedTuple):
    """A private key and the name that it signs for."""

    name: str
    key_hash: int
    seed: bytes

    def __repr__(self) -> str:
        return f"Signer(name={self.name!r}, key_hash={self.key_hash})"  # the seed stays secret

    def sign(self, message: bytes) -> bytes:
        """The Ed25519 signature of `message`."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return Ed25519PrivateKey.from_private_bytes(self.seed).sign(message)


def parse_signer(text: str) -> Signer:
    """Read a signer key, `PRIVATE+KEY+name+hash+base64(algorithm, seed)`.

    Raises:
        NoteError: it is malformed, of another algorithm, or its hash is not that of its name and public key.
    """
    parts = key_parts(text.removeprefix(_PRIVATE)) if text.startswith(_PRIVATE) else None
    if parts is None:
        raise NoteError("malformed verifier id")
    name, hash_text, key = parts
    if key[0] != ALG_ED25519:
        raise NoteError("unknown verifier algorithm")
    if len(key) != 1 + KEY_SIZE:
        raise NoteError("malformed verifier id")
    if int(hash_text, 16) != key_hash(name, bytes([ALG_ED25519]) + _public_key(key[1:])):
        raise NoteError("invalid verifier hash")
    return Signer(name, int(hash_text, 16), key[1:])


def make_keys(name: str, seed: bytes) -> tuple[str, str]:
    """The signer key and the verifier key of an Ed25519 seed of 32 bytes, as texts."""
    digest = key_hash(name, bytes([ALG_ED25519]) + _public_key(seed))
    private = encode_base64(bytes([ALG_ED25519]) + seed)
    return f"{_PRIVATE}{name}+{digest:08x}+{private}", verifier_key(Signer(name, digest, seed))


def verifier_key(signer: Signer) -> str:
    """The verifier key of a signer, as text."""
    public = encode_base64(bytes([ALG_ED25519]) + _public_key(signer.seed))
    return f"{signer.name}+{signer.key_hash:08x}+{public}"


def sign_note(note: Note, signers: Sequence[Signer]) -> bytes:
    """The note with the signatures of `signers` after the ones it has; a signer's older signature gives way.

    Raises:
        NoteError: the text does not end in a newline, or a name or signature is malformed.
    """
    if not note.text.endswith("\n"):
        raise NoteError("malformed note")
    fresh: list[str] = []
    for signer in signers:
        if not is_valid_name(signer.name):
            raise NoteError("invalid signer")
        raw = signer.key_hash.to_bytes(4, "big") + signer.sign(note.text.encode("utf-8", "surrogateescape"))
        fresh.append(f"\u2014 {signer.name} {encode_base64(raw)}\n")
    replaced = {(signer.name, signer.key_hash) for signer in signers}
    kept: list[str] = []
    for signature in (*note.signatures, *note.unverified):
        if not is_valid_name(signature.name):
            raise NoteError("malformed note")
        if (signature.name, signature.key_hash) in replaced:
            continue
        if _hash_of(signature.base64) != signature.key_hash:
            raise NoteError("malformed note")
        kept.append(f"\u2014 {signature.name} {signature.base64}\n")
    return (note.text + "\n" + "".join(kept) + "".join(fresh)).encode("utf-8", "surrogateescape")


def _hash_of(encoded: str) -> int:
    try:
        raw = decode_base64(encoded)
    except ValueError:
        return -1
    return int.from_bytes(raw[:4], "big") if len(raw) >= 4 else -1


def _public_key(seed: bytes) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
