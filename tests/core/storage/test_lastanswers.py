# SPDX-License-Identifier: BSD-3-Clause
"""Answers of upstream as they are kept: whatever happens to the file is noticed."""

from __future__ import annotations

import pytest

from govgo.core.storage.lastanswers import format_kept, parse_kept

LIST = b"v1.0.0\nv1.1.0\n"
#: By sha256sum(1).
FILE = LIST + b"sha256:35e1a0fd8abaaf20030902ed784e69ef4258645e7e59fe6247052cde913e920c\n"


def test_a_file_is_the_answer_and_its_hash() -> None:
    assert format_kept(LIST) == FILE
    assert parse_kept(FILE) == LIST
    assert parse_kept(format_kept(b"")) == b""


@pytest.mark.parametrize("place", range(len(FILE)))
def test_a_file_that_was_cut_or_changed_is_none(place: int) -> None:
    assert parse_kept(FILE[:place]) is None
    assert parse_kept(FILE[:place] + bytes([FILE[place] ^ 4]) + FILE[place + 1 :]) is None


@pytest.mark.parametrize("data", [LIST, FILE + b"v1.2.0\n", b"v0.9.0\n" + FILE, bytes(len(FILE)), FILE.upper()])
def test_another_file_is_none(data: bytes) -> None:
    assert parse_kept(data) is None
