# SPDX-License-Identifier: BSD-3-Clause
"""Signed notes: a text, a blank line, and signature lines (c2sp.org/signed-note).

    go.sum database tree
    17
    kfyFR+Kk9nXC46ceyx9fPJ3UIAjJs3+q+O7t1FL3UXw=

    — sum.example.org doVBPhCzIpLb5xEI…

A signature is the base64 of four bytes of key hash and, for Ed25519 (algorithm 1, the only one there is), the 64
bytes of RFC 8032. A verifier key is written `name+hash+base64(algorithm, public key)`, a signer key
`PRIVATE+KEY+name+hash+base64(algorithm, seed)`; the hash has eight hexadecimal digits. The text of a note counts
only when a configured key has signed it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from govgo.core.sumdb.base64text import decode_base64, encode_base64
from govgo.errors import BadSignatureError, NoteError

ALG_ED25519 = 1
KEY_SIZE = 32
MAX_SIGNATURES = 100
"""More signatures than this make a note malformed (x/mod's limit)."""

_DASH = "\u2014 "
_HASH = re.compile(r"[0-9A-Fa-f]{8}")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
# Unicode's White_Space property; str.isspace knows four separators more.
_SPACE = re.compile("[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]")


def is_valid_name(name: str) -> bool:
    """Whether `name` may be a server's name: not empty, no white space, no plus sign, no lone surrogates."""
    if name == "" or "+" in name or _SPACE.search(name):
        return False
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def key_hash(name: str, key: bytes) -> int:
    """The 32-bit hash that names a key. `key` is the algorithm byte and the public key."""
    return int.from_bytes(hashlib.sha256(name.encode() + b"\n" + key).digest()[:4], "big")


class Signature(NamedTuple):
    """One signature line: the signer's name, its key's hash, and the base64 text as written."""

    name: str
    key_hash: int
    base64: str


class Note(NamedTuple):
    """A note's text (ends in a newline) and its signatures, each group without doubles.

    Attributes:
        signatures: those that a known key made.
        unverified: those of keys that are not known. They prove nothing.
    """

    text: str
    signatures: tuple[Signature, ...] = ()
    unverified: tuple[Signature, ...] = ()


class Verifier(NamedTuple):
    """A public key and the name that it signs for."""

    name: str
    key_hash: int
    public_key: bytes

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Whether `signature` is this key's for `message`."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, message)
        except InvalidSignature:
            return False
        return True

    def __str__(self) -> str:
        encoded = encode_base64(bytes([ALG_ED25519]) + self.public_key)
        return f"{self.name}+{self.key_hash:08x}+{encoded}"


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


def parse_verifier(text: str) -> Verifier:
    """Read a verifier key.

    Raises:
        NoteError: it is malformed, of another algorithm, or its hash is not that of its name and key.
    """
    name, _, rest = text.partition("+")
    hash_text, _, key_text = rest.partition("+")
    key = _decode_key(name, hash_text, key_text)
    if int(hash_text, 16) != key_hash(name, key):
        raise NoteError("invalid verifier hash")
    return Verifier(name, int(hash_text, 16), _ed25519_key(key, "verifier"))


def parse_signer(text: str) -> Signer:
    """Read a signer key.

    Raises:
        NoteError: it is malformed, of another algorithm, or its hash is not that of its name and public key.
    """
    private, _, rest = text.partition("+")
    key_word, _, rest = rest.partition("+")
    name, _, rest = rest.partition("+")
    hash_text, _, key_text = rest.partition("+")
    if (private, key_word) != ("PRIVATE", "KEY"):
        raise NoteError("malformed verifier id")
    seed = _ed25519_key(_decode_key(name, hash_text, key_text), "verifier")
    if int(hash_text, 16) != key_hash(name, bytes([ALG_ED25519]) + _public_key(seed)):
        raise NoteError("invalid verifier hash")
    return Signer(name, int(hash_text, 16), seed)


def make_keys(name: str, seed: bytes) -> tuple[str, str]:
    """The signer key and the verifier key of an Ed25519 seed of 32 bytes, as texts."""
    public = bytes([ALG_ED25519]) + _public_key(seed)
    digest = key_hash(name, public)
    private = encode_base64(bytes([ALG_ED25519]) + seed)
    return f"PRIVATE+KEY+{name}+{digest:08x}+{private}", f"{name}+{digest:08x}+{encode_base64(public)}"


def read_note(message: bytes, verifiers: Iterable[Verifier]) -> Note:
    """Read a note and check the signatures of known keys; there may be none of them.

    Args:
        message: the whole note.
        verifiers: the known keys.

    Raises:
        NoteError: the note is malformed in any place, or two known keys have the same name and hash.
        BadSignatureError: a signature names a known key and is not that key's.
    """
    known: dict[tuple[str, int], list[Verifier]] = {}
    for verifier in verifiers:
        known.setdefault((verifier.name, verifier.key_hash), []).append(verifier)
    text, block = _split(message)
    verified: dict[tuple[str, int], Signature] = {}
    unverified: dict[str, Signature] = {}
    for count, line in enumerate(block, 1):
        signature, raw = _parse_signature(line)
        if count > MAX_SIGNATURES:
            raise NoteError("malformed note")
        identity = (signature.name, signature.key_hash)
        candidates = known.get(identity)
        if candidates is None:
            unverified.setdefault(line, signature)
            continue
        if len(candidates) > 1:
            raise NoteError(f"ambiguous key {signature.name}+{signature.key_hash:08x}")
        if identity in verified:
            continue
        if not candidates[0].verify(text.encode(), raw):
            raise BadSignatureError(f"invalid signature for key {signature.name}+{signature.key_hash:08x}")
        verified[identity] = signature
    return Note(text, tuple(verified.values()), tuple(unverified.values()))


def open_note(message: bytes, verifiers: Iterable[Verifier]) -> Note:
    """Read a note that at least one known key must have signed (errors as for `read_note`).

    Raises:
        BadSignatureError: no known key signed it.
    """
    note = read_note(message, verifiers)
    if not note.signatures:
        raise BadSignatureError("note has no verifiable signatures")
    return note


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
        fresh.append(f"{_DASH}{signer.name} {encode_base64(raw)}\n")
    replaced = {(signer.name, signer.key_hash) for signer in signers}
    kept: list[str] = []
    for signature in (*note.signatures, *note.unverified):
        if not is_valid_name(signature.name):
            raise NoteError("malformed note")
        if (signature.name, signature.key_hash) in replaced:
            continue
        if _hash_of(signature.base64) != signature.key_hash:
            raise NoteError("malformed note")
        kept.append(f"{_DASH}{signature.name} {signature.base64}\n")
    return (note.text + "\n" + "".join(kept) + "".join(fresh)).encode("utf-8", "surrogateescape")


def _split(message: bytes) -> tuple[str, list[str]]:
    try:
        whole = message.decode()
    except UnicodeDecodeError:
        raise NoteError("malformed note") from None
    cut = whole.rfind("\n\n")
    block = whole[cut + 2 :]
    if cut < 0 or _CONTROL.search(whole) or not block.endswith("\n"):
        raise NoteError("malformed note")
    return whole[: cut + 1], block[:-1].split("\n")


def _parse_signature(line: str) -> tuple[Signature, bytes]:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    try:
        raw = decode_base64(encoded)
    except ValueError:
        raw = b""
    if not line.startswith(_DASH) or not is_valid_name(name) or len(raw) < 5:
        raise NoteError("malformed note")
    return Signature(name, int.from_bytes(raw[:4], "big"), encoded), raw[4:]


def _hash_of(encoded: str) -> int:
    try:
        raw = decode_base64(encoded)
    except ValueError:
        return -1
    return int.from_bytes(raw[:4], "big") if len(raw) >= 4 else -1


def _decode_key(name: str, hash_text: str, key_text: str) -> bytes:
    try:
        key = decode_base64(key_text)
    except ValueError:
        key = b""
    if _HASH.fullmatch(hash_text) is None or not is_valid_name(name) or not key:
        raise NoteError("malformed verifier id")
    return key


def _ed25519_key(key: bytes, noun: str) -> bytes:
    if key[0] != ALG_ED25519:
        raise NoteError(f"unknown {noun} algorithm")
    if len(key) != 1 + KEY_SIZE:
        raise NoteError(f"malformed {noun} id")
    return key[1:]


def _public_key(seed: bytes) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
