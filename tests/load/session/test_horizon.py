# SPDX-License-Identifier: BSD-3-Clause
"""Ages and times as people write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from govgo.errors import InputError
from govgo.load.session.horizon import Horizon, age_text, parse_as_of, parse_min_age


@pytest.mark.parametrize(
    ("text", "hours"), [("14d", 336), ("2w", 336), ("36h", 36), ("90m", 1.5), ("0", 0), ("0d", 0), ("1h30m", 1.5)]
)
def test_ages(text: str, hours: float) -> None:
    assert parse_min_age(text) == timedelta(hours=hours)


@pytest.mark.parametrize("text", ["", "14", "d", "-1d", "-1h", "14 d", "1.5d", "14D", "1d12h", "9999999d", "two weeks"])
def test_what_is_no_age(text: str) -> None:
    with pytest.raises(InputError, match="is no age"):
        parse_min_age(text)


def test_times() -> None:
    assert parse_as_of("2024-05-06") == datetime(2024, 5, 6, tzinfo=UTC)
    assert parse_as_of("2024-05-06T07:08:09+02:00") == datetime(2024, 5, 6, 5, 8, 9, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "2024", "2024-13-01", "2024-02-30", "2024-5-6", "06.05.2024", "2024-05-06 07:08"])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(InputError, match="is no time"):
        parse_as_of(text)


def test_exceptions_are_patterns_as_in_goprivate() -> None:
    horizon = Horizon(exceptions="*.corp.example,q.io/a")
    assert [path for path in ("x.corp.example/y", "q.io/a/v2", "q.io/ab", "q.io") if horizon.excepts(path)] == [
        "x.corp.example/y",
        "q.io/a/v2",
    ]
    assert not Horizon().excepts("q.io/a")


def test_ages_in_words() -> None:
    assert [age_text(timedelta(hours=hours)) for hours in (0.5, 30, 48, 340)] == [
        "0 hours",
        "30 hours",
        "2 days",
        "14 days",
    ]
