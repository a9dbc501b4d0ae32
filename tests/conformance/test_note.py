# SPDX-License-Identifier: BSD-3-Clause
"""golang.org/x/mod/sumdb/note: keys, signing, opening."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from govgo.core.sumdb import note
from govgo.core.sumdb.signer import parse_signer, sign_note
from govgo.errors import NoteError
from tests.conformance.vectors import Case, check, differ, ops, outcome, raw, runner


def signatures(found: tuple[note.Signature, ...]) -> list[dict[str, str]]:
    return [{"name": s.name, "hash": f"{s.key_hash:08x}", "base64": s.base64} for s in found]


def given(case: Case, field: str) -> tuple[note.Signature, ...]:
    return tuple(note.Signature(s["name"], int(s["hash"], 16), s["base64"]) for s in case.get(field, ()))


def vkey(case: Case) -> str:
    got = outcome(note.parse_verifier, case["key"], empty=None)
    if got["err"] is None:
        key = got["out"]
        return differ((key.name, f"{key.key_hash:08x}", None), (case["name"], case["hash"], case["err"]))
    return differ(got["err"], case["err"])


def skey(case: Case) -> str:
    got = outcome(parse_signer, case["key"], empty=None)
    if got["err"] is None:
        key = got["out"]
        return differ((key.name, f"{key.key_hash:08x}", None), (case["name"], case["hash"], case["err"]))
    return differ(got["err"], case["err"])


def sign(case: Case) -> str:
    signers = [parse_signer(key) for key in case["skeys"]]
    unsigned = note.Note(case["text"], given(case, "sigs"), given(case, "unverified"))
    got = outcome(sign_note, unsigned, signers, empty=b"")
    return differ((got["out"], got["err"]), (raw(case["msg"]), case["err"]))


def open_(case: Case) -> str:
    return opened(case, raw(case["msg"]), [note.parse_verifier(key) for key in case["vkeys"]])


def opened(case: Case, message: bytes, keys: Sequence[note.Verifier]) -> str:
    """Compare a note opened with these keys."""
    got = outcome(note.open_note, message, keys, empty=None)["err"]
    if got != case["err"] or "text" not in case:
        return differ(got, case["err"])
    found = note.read_note(message, keys)
    seen: dict[str, Any] = {
        "text": found.text,
        "sigs": signatures(found.signatures),
        "unverified": signatures(found.unverified),
    }
    return differ(seen, {name: case[name] for name in seen})


class FixedKey(note.Verifier):
    """What verifiers that answer every question with one key give for the name and hash of a signature (x/mod).

    A `note.Verifier` with the name and hash that were asked for; it refuses them where they are not the key's own.
    """

    key: note.Verifier

    @staticmethod
    def for_each(message: bytes, key: note.Verifier) -> list[FixedKey]:
        """One for each name and hash that is asked for before a signature line turns out to be malformed."""
        asked = set()
        for line in message.rpartition(b"\n\n")[2].split(b"\n"):
            try:
                (signature,) = note.read_note(b"text\n\n" + line + b"\n", ()).unverified
            except NoteError:
                break
            asked.add((signature.name, signature.key_hash))
        found = []
        for name, key_hash in sorted(asked):
            fixed = FixedKey(name, key_hash, key.public_key)
            fixed.key = key
            found.append(fixed)
        return found

    def verify(self, message: bytes, signature: bytes) -> bool:
        if (self.name, self.key_hash) != (self.key.name, self.key.key_hash):
            raise NoteError("verifier name or hash doesn't match signature")
        return super().verify(message, signature)


def open_fixed(case: Case) -> str:
    """As `open_`, with verifiers that know one key and give it for every name and hash."""
    key = note.parse_verifier(case["vkey"] if "vkey" in case else case["vkeys"][0])
    message = raw(case["msg"])
    return opened(case, message, FixedKey.for_each(message, key))


RUNNERS = {"vkey": vkey, "skey": skey, "sign": sign, "open": open_, "open_fixed": open_fixed}


@pytest.mark.parametrize("op", ops("note"))
def test_note(op: str) -> None:
    check("note", op, runner("note", op, RUNNERS))
