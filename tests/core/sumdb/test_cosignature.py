# SPDX-License-Identifier: BSD-3-Clause
"""Cosignatures as c2sp.org/tlog-cosignature has them; the message and the key hash are built here by the text."""

from __future__ import annotations

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from govgo.core.sumdb.cosignature import cosignatures, parse_witness, parse_witness_size, witness_request
from govgo.core.sumdb.note import open_note, parse_verifier
from govgo.errors import NoteError
from tests.simulators.sumdb_log import Log
from tests.simulators.witness import Witness

LOG = Log().grow(3)
W1 = Witness("witness.example.com/w1", 1)
W2 = Witness("witness.example.com/w2", 2)


def test_the_key_is_that_of_the_text() -> None:
    private = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"witness 1").digest())
    public = private.public_key().public_bytes_raw()
    digest = hashlib.sha256(b"witness.example.com/w1\n\x04" + public).hexdigest()[:8]
    text = f"witness.example.com/w1+{digest}+{base64.b64encode(bytes([4]) + public).decode()}"
    found = parse_witness(text)
    assert (found.name, f"{found.key_hash:08x}", found.public_key) == ("witness.example.com/w1", digest, public)
    assert text == W1.key


def test_a_cosignature_covers_time_and_text() -> None:
    head = LOG.head()
    private = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"witness 1").digest())
    message = b"cosignature/v1\ntime 1679315147\n" + head[: head.index(b"\n\n") + 1]
    key_hash = int(W1.key.split("+")[1], 16).to_bytes(4, "big")
    raw = key_hash + (1679315147).to_bytes(8, "big") + private.sign(message)
    note = head + "\u2014 witness.example.com/w1 ".encode() + base64.b64encode(raw) + b"\n"
    (found,) = cosignatures(note, [parse_witness(W1.key), parse_witness(W2.key)])
    assert (found.name, found.time) == ("witness.example.com/w1", 1679315147)
    assert open_note(note, [parse_verifier(LOG.key)]).signatures  # go takes the note with more signatures


def test_what_is_no_cosignature_counts_for_nothing() -> None:
    keys = [parse_witness(W1.key)]
    head, other = LOG.head(), LOG.head(2)
    for line in (
        W2.line(head, 5),  # a stranger
        W1.line(other, 5),  # of another tree
        W1.line(head, 5, at=6),  # another time than the one that was signed
        W1.line(head, 1 << 63),
    ):
        assert cosignatures(head + line, keys) == ()


def test_the_latest_of_a_witness_counts() -> None:
    head = LOG.head()
    note = head + W1.line(head, 7) + W1.line(head, 9) + W1.line(head, 8) + W2.line(head, 1)
    found = cosignatures(note, [parse_witness(W1.key), parse_witness(W2.key)])
    assert {each.name: each.time for each in found} == {W1.name: 9, W2.name: 1}


@pytest.mark.parametrize("key", [LOG.key, "", "w", "w+00000000+BA==", W1.key.replace("w1", "w2"), W1.key[:-4]])
def test_the_key_of_a_log_is_no_witness_key(key: str) -> None:
    with pytest.raises(NoteError):
        parse_witness(key)


def test_a_key_with_another_hash_is_none() -> None:
    """A mistyped key would be that of nobody, and its witness would count for nothing."""
    name, digest, key = W1.key.split("+", 2)
    other = f"{int(digest, 16) ^ 1:08x}"
    with pytest.raises(NoteError, match="invalid witness key hash"):
        parse_witness(f"{name}+{other}+{key}")


@pytest.mark.parametrize("length", [31, 33])
def test_a_key_of_another_length_is_none(length: int) -> None:
    key = b"\x04" + bytes(length)
    digest = hashlib.sha256(b"w.example\n" + key).hexdigest()[:8]
    with pytest.raises(NoteError, match="not for cosignature/v1"):
        parse_witness(f"w.example+{digest}+{base64.b64encode(key).decode()}")


def test_requests_and_sizes() -> None:
    head = LOG.head()
    assert witness_request(2, (bytes(32),), head) == b"old 2\n" + b"A" * 43 + b"=\n\n" + head
    assert witness_request(0, (), head) == b"old 0\n\n" + head
    assert parse_witness_size(b"20852014\n") == 20852014
    for bad in (b"", b"-1\n", b"01\n", b"1\n\n", b"9" * 20):
        with pytest.raises(NoteError):
            parse_witness_size(bad)
