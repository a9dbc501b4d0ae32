# SPDX-License-Identifier: BSD-3-Clause
"""Which answers are tried again, and the pauses before."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from govgo.adapters.http.engine import Fault
from govgo.adapters.http.retry import RetryPolicy, parse_retry_after

DAYS = f"Wed, {'9' * 50} Oct 2026 07:28:00 GMT"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("", None),
        ("0", 0),
        (" 120 ", 120),
        ("-1", None),
        ("soon", None),
        ("Wed, 21 Oct 99999 07:28:00 GMT", None),
        (DAYS, None),
        ("Wed, 21 Oct 2026 07:28:00 GMT", 60),
    ],
)
def test_retry_after(value: str, seconds: float | None) -> None:
    assert parse_retry_after(value, datetime(2026, 10, 21, 7, 27, tzinfo=UTC)) == seconds


def test_pauses_grow_and_end() -> None:
    policy = RetryPolicy(retries=3, base_s=1)
    for attempt, longest_s in enumerate((1, 2, 4)):
        pause_s = policy.pause_for_status(503, "", attempt)
        assert pause_s is not None
        assert longest_s / 2 <= pause_s <= longest_s
    assert policy.pause_for_status(503, "", 3) is None
    assert policy.pause_for_status(404, "0", 0) is None


@pytest.mark.parametrize(
    ("fault", "tries"),
    [
        (Fault.CUT, 4),
        (Fault.STALL, 4),
        (Fault.CONNECT, 1),
        (Fault.CONNECT_TIMEOUT, 0),
        (Fault.TIMEOUT, 1),
        (Fault.PROTOCOL, 1),
        (Fault.TLS, 0),
    ],
)
def test_faults(fault: Fault, tries: int) -> None:
    policy = RetryPolicy(retries=4)
    pauses = [policy.pause_for_fault(fault, attempt) for attempt in range(5)]
    assert [pause is not None for pause in pauses] == [attempt < tries for attempt in range(5)]


def test_a_connection_that_broke_is_replaced_at_once() -> None:
    assert RetryPolicy().pause_for_fault(Fault.CUT, 0) == 0.0
    assert RetryPolicy().pause_for_fault(Fault.CONNECT, 0) != 0.0


@pytest.mark.parametrize(
    ("status", "again"), [(408, True), (425, True), (429, True), (500, True), (501, False), (505, False)]
)
def test_statuses(status: int, again: bool) -> None:
    assert (RetryPolicy().pause_for_status(status, "0", 0) is not None) == again


@pytest.mark.parametrize(("asked", "pause_s"), [("0", 0.0), ("30", 30.0), ("31", None), ("99999999999999", None)])
def test_a_server_that_asks_for_too_much_time_is_left_alone(asked: str, pause_s: float | None) -> None:
    assert RetryPolicy(longest_s=30).pause_for_status(503, asked, 0) == pause_s


def test_a_pause_has_a_longest() -> None:
    pause_s = RetryPolicy(retries=100, base_s=1, longest_s=5).pause_for_fault(Fault.CUT, 50)
    assert pause_s is not None
    assert 2.5 <= pause_s <= 5
