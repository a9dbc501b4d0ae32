# SPDX-License-Identifier: BSD-3-Clause
"""golang.org/x/mod/sumdb/note: keys, signing, opening."""

from __future__ import annotations

from typing import Any

import pytest

from govgo.core.sumdb import note
from tests.conformance.vectors import Case, check, differ, ops, outcome, raw
from tests.simulators import logmath


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
    got = outcome(logmath.parse_signer, case["key"], empty=None)
    if got["err"] is None:
        key = got["out"]
        return differ((key.name, f"{key.key_hash:08x}", None), (case["name"], case["hash"], case["err"]))
    return differ(got["err"], case["err"])


def sign(case: Case) -> str:
    signers = [logmath.parse_signer(key) for key in case["skeys"]]
    unsigned = note.Note(case["text"], given(case, "sigs"), given(case, "unverified"))
    got = outcome(logmath.sign_note, unsigned, signers, empty=b"")
    return differ((got["out"], got["err"]), (raw(case["msg"]), case["err"]))


def open_(case: Case) -> str:
    keys = [note.parse_verifier(key) for key in case["vkeys"]]
    message = raw(case["msg"])
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


RUNNERS = {"vkey": vkey, "skey": skey, "sign": sign, "open": open_}


@pytest.mark.parametrize("op", ops("note"))
def test_note(op: str) -> None:
    check("note", op, RUNNERS[op])
