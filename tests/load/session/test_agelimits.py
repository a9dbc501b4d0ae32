# SPDX-License-Identifier: BSD-3-Clause
"""Times as people write them, and the modules that a minimum age does not concern."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from govgo.errors import InputError
from govgo.load.session.agelimits import Horizon, parse_as_of


def test_times() -> None:
    assert parse_as_of("2024-05-06") == datetime(2024, 5, 6, tzinfo=UTC)
    assert parse_as_of("2024-05-06T07:08:09+02:00") == datetime(2024, 5, 6, 5, 8, 9, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "2024", "2024-13-01", "2024-02-30", "2024-5-6", "06.05.2024", "2024-05-06 07:08"])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(InputError, match="is not a time"):
        parse_as_of(text)


def test_exceptions_are_patterns_as_in_goprivate() -> None:
    horizon = Horizon(exceptions="*.corp.example,q.io/a")
    assert [path for path in ("x.corp.example/y", "q.io/a/v2", "q.io/ab", "q.io") if horizon.excepts(path)] == [
        "x.corp.example/y",
        "q.io/a/v2",
    ]
    assert not Horizon().excepts("q.io/a")
