# SPDX-License-Identifier: BSD-3-Clause
"""Ages as people write them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from govgo.core.policy.durations import age_text, parse_age
from govgo.errors import InputError


@pytest.mark.parametrize(
    ("text", "hours"), [("14d", 336), ("2w", 336), ("36h", 36), ("90m", 1.5), ("0", 0), ("0d", 0), ("1h30m", 1.5)]
)
def test_ages(text: str, hours: float) -> None:
    assert parse_age(text) == timedelta(hours=hours)


@pytest.mark.parametrize("text", ["", "14", "d", "-1d", "-1h", "14 d", "1.5d", "14D", "1d12h", "9999999d", "two weeks"])
def test_what_is_no_age(text: str) -> None:
    with pytest.raises(InputError, match="is not an age"):
        parse_age(text)


def test_ages_in_words() -> None:
    assert [age_text(timedelta(hours=hours)) for hours in (0.5, 30, 48, 340)] == [
        "0 hours",
        "30 hours",
        "2 days",
        "14 days",
    ]
