# SPDX-License-Identifier: BSD-3-Clause
"""Cosignatures: witnesses say that they have seen a tree head, and that it continues all that they saw before.

A cosignature is a signature line of the note (c2sp.org/tlog-cosignature, the Ed25519 kind):

    — witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZ…

base64(key hash ‖ time, 8 bytes big-endian ‖ Ed25519 signature), and what is signed is

    cosignature/v1
    time 1679315147
    go.sum database tree
    …                                    the text of the note, with its last newline

A witness's key is written as that of a log, with the algorithm 4: so no witness can pass for the log.
A request to a witness (c2sp.org/tlog-witness, add-checkpoint) is

    old 20852014
    PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=      the consistency proof from that size, a hash a line

    go.sum database tree
    …                                    the signed note
"""

from __future__ import annotations

from collections.abc import Iterable

from govgo.core.golib.base64 import decode_base64
from govgo.core.lazyregex import late
from govgo.core.records import NamedTuple
from govgo.core.sumdb.note import KEY_SIZE, Signature, Verifier, key_hash, key_parts, read_note
from govgo.core.sumdb.proof import Proof
from govgo.core.sumdb.tlog import format_hash
from govgo.errors import NoteError

ALG_COSIGNATURE = 4
MAX_ANSWER_BYTES = 64 << 10
"""Longer answers of witnesses are refused. A cosignature line has some 150 bytes."""
_RAW_BYTES = 8 + 64
_SIZE = late(rb"(0|[1-9][0-9]{0,18})\n?")


class Cosigned(NamedTuple):
    """A cosignature that was checked: whose, when (seconds since the epoch), and its line's signature."""

    name: str
    time: int
    signature: Signature


def parse_witness(text: str) -> Verifier:
    """Read a witness's key, `name+hash+base64(4, public key)`.

    Raises:
        NoteError: it is malformed, or of another algorithm, such as that of a log.
    """
    parts = key_parts(text)
    if parts is None:
        raise NoteError("malformed witness key")
    name, hash_text, key = parts
    if int(hash_text, 16) != key_hash(name, key):
        raise NoteError("invalid witness key hash")
    if key[0] != ALG_COSIGNATURE or len(key) != 1 + KEY_SIZE:
        raise NoteError("witness key is not for cosignature/v1")
    return Verifier(name, int(hash_text, 16), key[1:])


def cosigned_message(text: str, time: int) -> bytes:
    """What a witness signs for the text of a note."""
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def cosignatures(note: bytes, witnesses: Iterable[Verifier]) -> tuple[Cosigned, ...]:
    """The cosignatures of a note by known witnesses, one of each: the latest.

    A line that names a known witness and is not its cosignature counts for nothing, as if it were a stranger's: the
    note is as good without it.

    Raises:
        NoteError: the note is malformed.
    """
    known = {(each.name, each.key_hash): each for each in witnesses}
    opened = read_note(note, ())
    found: dict[tuple[str, int], Cosigned] = {}
    for signature in opened.unverified:
        witness = known.get((signature.name, signature.key_hash))
        if witness is None:
            continue
        raw = decode_base64(signature.base64)[4:]
        if len(raw) != _RAW_BYTES:
            continue
        time = int.from_bytes(raw[:8], "big")
        if time < 1 << 63 and witness.verify(cosigned_message(opened.text, time), raw[8:]):
            before = found.get((signature.name, signature.key_hash))
            if before is None or before.time <= time:
                found[signature.name, signature.key_hash] = Cosigned(signature.name, time, signature)
    return tuple(found.values())


def witness_request(older_size: int, proof: Proof, note: bytes) -> bytes:
    """The body of a request to a witness."""
    lines = "".join(f"{format_hash(digest)}\n" for digest in proof)
    return f"old {older_size}\n{lines}\n".encode() + note


def parse_witness_size(body: bytes) -> int:
    """The size that a witness knows, out of its answer 409.

    Raises:
        NoteError: it is not a size.
    """
    found = _SIZE.fullmatch(body)
    if found is None:
        raise NoteError("malformed size in the answer of a witness")
    return int(found[1])
