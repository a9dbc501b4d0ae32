# SPDX-License-Identifier: BSD-3-Clause
"""What is stored as a log has it, beside a dictionary that says the same."""

from __future__ import annotations

import random

import pytest

from govgo.core.events.known import KnownVersions
from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import InputError


def record(kind: str, number: int) -> bytes:
    return f"{kind} q.io/m{number} v1.0.0\n2026-01-01T00:00:00Z\n".encode()


def mod(number: int) -> ModuleVersion:
    return ModuleVersion(f"q.io/m{number}", "v1.0.0")


def test_it_says_what_a_dictionary_says() -> None:
    rng = random.Random(1)
    known, truth = KnownVersions(b"key"), dict[int, bool]()
    for _ in range(30_000):
        number, is_stored = rng.randrange(6000), rng.random() < 0.7
        known.take([record("stored" if is_stored else "removed", number)])
        truth[number] = is_stored
    assert (known.size, known.versions) == (30_000, len(truth))
    for number in range(7000):
        assert (mod(number) in known) is truth.get(number, False)
        assert known.is_removed(mod(number)) is (not truth.get(number, True))


def test_what_is_added_is_stored() -> None:
    known = KnownVersions(b"")
    known.add(mod(1))
    assert mod(1) in known
    assert mod(2) not in known
    assert known.size == 0


def test_no_event_is_refused_and_those_before_it_count() -> None:
    known = KnownVersions(b"")
    with pytest.raises(InputError):
        known.take([record("stored", 1), b"x", record("stored", 2)])
    assert (known.size, mod(1) in known, mod(2) in known) == (1, True, False)


def test_a_version_costs_few_bytes() -> None:
    known = KnownVersions(b"k")
    known.take(record("stored", number) for number in range(50_000))
    assert len(known._table) * known._table.itemsize <= 32 * 50_000
