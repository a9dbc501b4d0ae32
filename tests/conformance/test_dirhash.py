# SPDX-License-Identifier: BSD-3-Clause
"""golang.org/x/mod/sumdb/dirhash: hashes of lists, zips and go.mod files."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest

from govgo.adapters.modzip.hash import hash_zip
from govgo.core.gosum import dirhash
from tests.conformance.vectors import Case, check, differ, ops, outcome, raw


def list_hash(case: Case) -> str:
    def h1() -> str:
        return dirhash.h1((name, hashlib.sha256(raw(content)).digest()) for name, content in case["files"])

    return differ(outcome(h1), {"out": case["hash"], "err": case["err"]})


def gomod_hash(case: Case) -> str:
    return differ(dirhash.hash_gomod(raw(case["text"])), case["hash"])


@pytest.mark.parametrize("op", [op for op in ops("dirhash") if op != "zip"])
def test_dirhash(op: str) -> None:
    check("dirhash", op, {"list": list_hash, "gomod": gomod_hash}[op])


def test_dirhash_zip(tmp_path: Path) -> None:
    file = tmp_path / "x.zip"

    def run_case(case: Case) -> str:
        file.write_bytes(base64.b64decode(case["zip"]))
        err = case["err"] and case["err"].replace("$ZIP", str(file))
        return differ(outcome(hash_zip, str(file)), {"out": case["hash"], "err": err})

    check("dirhash", "zip", run_case)
