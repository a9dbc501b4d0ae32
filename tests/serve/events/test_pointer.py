# SPDX-License-Identifier: BSD-3-Clause
"""How far a place has been followed: written, read, and not believed where it makes no sense."""

from __future__ import annotations

import json

import pytest

from govgo.core.events.event import Origin
from govgo.core.module.moduleversion import ModuleVersion
from govgo.serve.events.pointer import Pointer, Waiting, format_pointer, parse_pointer

POINTER = Pointer(
    1024,
    "2026-01-02T03:04:05.6Z",
    1019,
    3,
    (
        Waiting(ModuleVersion("q.io/a", "v1.0.0"), Origin("b.example", 17), 2),
        Waiting(ModuleVersion("q.io/B", "v2.0.0+incompatible"), None, 1),
    ),
)


def test_it_is_read_as_it_was_written() -> None:
    assert parse_pointer(format_pointer(POINTER)) == POINTER
    assert parse_pointer(format_pointer(Pointer())) == Pointer()
    assert json.loads(format_pointer(POINTER)) == {
        "format": "govgo.pointer/1",
        "position": 1024,
        "since": "2026-01-02T03:04:05.6Z",
        "taken": 1019,
        "passed_over": 3,
        "set_back": False,
        "waiting": [["q.io/a", "v1.0.0", "b.example", 17, 2], ["q.io/B", "v2.0.0+incompatible", "", 0, 1]],
    }


def test_one_of_an_earlier_version_is_read() -> None:
    data = b'{"format": "govgo.pointer/1", "position": 7, "since": "", "taken": 5, "passed_over": 2, "waiting": []}\n'
    assert parse_pointer(data) == Pointer(7, "", 5, 2)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b'{"format": "govgo.pointer/2"}',
        format_pointer(POINTER)[:-20],
        format_pointer(POINTER).replace(b"1024", b"-1"),
        format_pointer(POINTER).replace(b"1024", b"null"),
        format_pointer(POINTER).replace(b"1024", b"1e999"),
        format_pointer(POINTER).replace(b'"b.example", ', b""),
        b"[" * 100_000,
        b"\xff",
    ],
)
def test_what_is_none(data: bytes) -> None:
    assert parse_pointer(data) is None
