# SPDX-License-Identifier: BSD-3-Clause
"""Durations, as time.ParseDuration of Go 1.26.8 reads them. Layouts are tested with the templates that use them."""

from __future__ import annotations

import pytest

from govgo.core.golib.time import parse_duration
from govgo.errors import InputError

READ = [
    ("0", 0),
    ("10m", 600),
    ("1h30m", 5400),
    ("90s", 90),
    ("1.5s", 1.5),
    (".5s", 0.5),
    ("1.s", 1),
    ("300ms", 0.3),
    ("2us", 2e-06),
    ("2\u00b5s", 2e-06),
    ("2\u03bcs", 2e-06),
    ("7ns", 7e-09),
    ("1h2m3.5s", 3723.5),
    ("+5s", 5),
    ("-5s", -5),
    ("-0", 0),
    ("+0", 0),
    ("2562047h", 9.2233692e09),
    ("1m1m", 120),
]
REFUSED = (
    "", "90", "s", ".s", "1", "1x", "1 s", " 1s", "1s ", "1e3s", "\u0661s", "10d", "--5s", "2562048h", "9999999999h",
    "-", "0x1s",
)  # fmt: skip


@pytest.mark.parametrize(("text", "seconds"), READ)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", REFUSED)
def test_no_durations(text: str) -> None:
    with pytest.raises(InputError):
        parse_duration(text)


def test_attack_a_number_of_a_million_digits() -> None:
    with pytest.raises(InputError):
        parse_duration("9" * 1_000_000 + "h")
