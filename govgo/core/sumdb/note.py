# SPDX-License-Identifier: BSD-3-Clause
"""Signed notes: a text, a blank line, and signature lines (c2sp.org/signed-note).

    go.sum database tree
    17
    kfyFR+Kk9nXC46ceyx9fPJ3UIAjJs3+q+O7t1FL3UXw=

    — sum.example.org doVBPhCzIpLb5xEI…

The text may contain blank lines itself: the signatures begin after the last one. A signature is the base64 of four
bytes of key hash and, for Ed25519 (algorithm 1, the only one there is), the 64 bytes of RFC 8032. It signs the text
with its last newline and without the blank line.

A verifier key is written `name+hash+base64(algorithm, public key)`. The key hash is the first four bytes of
SHA-256(name ‖ newline ‖ algorithm ‖ public key), in eight hexadecimal digits: it selects the key to check with, and
proves nothing. The text of a note counts only when a configured key has signed it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from govgo.core.golib.base64 import decode_base64
from govgo.core.lazyregex import late
from govgo.core.records import NamedTuple
from govgo.core.sumdb.tlog import DATABASE_ORIGIN
from govgo.errors import BadSignatureError, NoteError

ALG_ED25519 = 1
KEY_SIZE = 32
MAX_SIGNATURES = 100
"""More signatures than this make a note malformed (x/mod's limit)."""

_DASH = "\u2014 "
_HASH = late(r"[0-9A-Fa-f]{8}")
_CONTROL = late(r"[\x00-\x09\x0b-\x1f]")
# Unicode's White_Space property, as Go has it; str.isspace knows four separators more (U+001C to U+001F).
_SPACE = late("[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]")


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
    """A note's text (ends in a newline) and its signatures, each group without duplicates.

    Attributes:
        signatures: those that a known key made.
        unverified: those of keys that are not known. They prove nothing.
    """

    text: str
    signatures: tuple[Signature, ...] = ()
    unverified: tuple[Signature, ...] = ()


class Verifier(NamedTuple):
    """A public key and the name that it signs for.

    Attributes:
        origin: the first line of the tree heads that count as its log's.
    """

    name: str
    key_hash: int
    public_key: bytes
    origin: str = DATABASE_ORIGIN

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Whether `signature` is this key's for `message`."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, message)
        except InvalidSignature:
            return False
        return True


def key_parts(text: str) -> tuple[str, str, bytes] | None:
    """The name, hash and bytes of a key that is written `name+hash+base64(bytes)`; None where one is malformed."""
    name, _, rest = text.partition("+")
    hash_text, _, key_text = rest.partition("+")
    try:
        key = decode_base64(key_text)
    except ValueError:
        return None
    return (name, hash_text, key) if _HASH.fullmatch(hash_text) and is_valid_name(name) and key else None


def parse_verifier(text: str) -> Verifier:
    """Read a verifier key.

    Raises:
        NoteError: it is malformed, of another algorithm, or its hash is not that of its name and key.
    """
    parts = key_parts(text)
    if parts is None:
        raise NoteError("malformed verifier id")
    name, hash_text, key = parts
    if int(hash_text, 16) != key_hash(name, key):
        raise NoteError("invalid verifier hash")
    if key[0] != ALG_ED25519:
        raise NoteError("unknown verifier algorithm")
    if len(key) != 1 + KEY_SIZE:
        raise NoteError("malformed verifier id")
    return Verifier(name, int(hash_text, 16), key[1:])


def read_note(message: bytes, verifiers: Iterable[Verifier]) -> Note:
    """Read a note and check the signatures of known keys; it may have none of them.

    Args:
        message: the whole note.
        verifiers: the known keys.

    Raises:
        NoteError: the note is malformed anywhere, or two known keys have the same name and hash.
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
        # x/mod looks at the first signature of each key only; its later ones are neither checked nor refused.
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


def format_note(note: Note) -> bytes:
    """The note with its verified signatures and no others."""
    lines = "".join(f"{_DASH}{name} {encoded}\n" for name, _, encoded in note.signatures)
    return f"{note.text}\n{lines}".encode()


def _split(message: bytes) -> tuple[str, list[str]]:
    """The text and the signature lines."""
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
    """A signature line, and the signature's bytes without the key hash before them."""
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    try:
        raw = decode_base64(encoded)
    except ValueError:
        raw = b""
    if not line.startswith(_DASH) or not is_valid_name(name) or len(raw) < 5:
        raise NoteError("malformed note")
    return Signature(name, int.from_bytes(raw[:4], "big"), encoded), raw[4:]
