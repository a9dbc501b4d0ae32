# SPDX-License-Identifier: BSD-3-Clause
"""Signed notes: only a known key makes a text count (bulk: tests/conformance/test_note.py)."""

from __future__ import annotations

import pytest

from govgo.core.sumdb.note import Note, open_note, parse_verifier
from govgo.core.sumdb.signer import sign_note
from govgo.errors import BadSignatureError, NoteError
from tests.simulators.sumdb_log import keys

SIGNER, KEY = keys(1)
TEXT = "first\n\nsecond\n"


def signed(text: str = TEXT) -> bytes:
    return sign_note(Note(text), [SIGNER])


def test_the_text_may_have_blank_lines() -> None:
    note = open_note(signed(), [parse_verifier(KEY)])
    assert note.text == TEXT
    assert [signature.name for signature in note.signatures] == ["sum.example.org"]


def test_another_text_under_the_same_signature() -> None:
    with pytest.raises(BadSignatureError, match="invalid signature for key"):
        open_note(signed().replace(b"second", b"third"), [parse_verifier(KEY)])


def test_a_key_that_nobody_knows() -> None:
    stranger = parse_verifier(keys(2)[1])
    with pytest.raises(BadSignatureError, match="note has no verifiable signatures"):
        open_note(signed(), [stranger])


@pytest.mark.parametrize("key", ["", "a+b", KEY + "=", KEY.replace("+", "+0", 1), "x" + KEY])
def test_malformed_keys(key: str) -> None:
    with pytest.raises(NoteError):
        parse_verifier(key)
