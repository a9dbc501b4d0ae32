# SPDX-License-Identifier: BSD-3-Clause
"""Records of an event log: written in one way, and read only so."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from govgo.core.events.event import (
    REMOVED,
    STORED,
    Event,
    Origin,
    format_event,
    format_time_us,
    is_log_name,
    known_event,
    parse_event,
    subject_of,
    time_us_of,
)
from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import InputError

TEXT = ModuleVersion("golang.org/x/text", "v0.3.0")
FIRST_US = 1_554_923_332_997_264  # 2019-04-10T19:08:52.997264Z, the first line of index.golang.org


@pytest.mark.parametrize(
    ("event", "record"),
    [
        (Event(STORED, TEXT, FIRST_US), "stored golang.org/x/text v0.3.0\n2019-04-10T19:08:52.997264Z\n"),
        (Event(REMOVED, TEXT, FIRST_US + 736), "removed golang.org/x/text v0.3.0\n2019-04-10T19:08:52.998Z\n"),
        (
            Event(STORED, ModuleVersion("github.com/A/b/v2", "v2.0.0-rc.1"), 0, Origin("b.example/log", 17)),
            "stored github.com/A/b/v2 v2.0.0-rc.1\n1970-01-01T00:00:00Z\nfrom b.example/log 17\n",
        ),
    ],
)
def test_records(event: Event, record: str) -> None:
    assert format_event(event) == record.encode()
    assert parse_event(record.encode()) == event
    assert known_event(record.encode()) == event
    assert subject_of(record.encode()) == (f"{event.mod.path} {event.mod.version}".encode(), event.kind == STORED)


@pytest.mark.parametrize(
    "record",
    [
        "",
        "stored golang.org/x/text v0.3.0\n",
        "kept golang.org/x/text v0.3.0\n2019-04-10T19:08:52Z\n",
        "stored golang.org/x/text  v0.3.0\n2019-04-10T19:08:52Z\n",
        "stored golang.org/x/text v0.3\n2019-04-10T19:08:52Z\n",
        "stored golang.org/x/text v2.0.0\n2019-04-10T19:08:52Z\n",
        "stored golang.org/x/../text v0.3.0\n2019-04-10T19:08:52Z\n",
        "stored Golang.org/x/text v0.3.0\n2019-04-10T19:08:52Z\n",
        "stored golang.org/x/text v0.3.0\n2019-04-10T19:08:52.500Z\n",  # Go writes .5
        "stored golang.org/x/text v0.3.0\n2019-04-10T19:08:52.Z\n",
        "stored golang.org/x/text v0.3.0\n2019-04-10T19:08:52.0000001Z\n",
        "stored golang.org/x/text v0.3.0\n2019-04-31T19:08:52Z\n",
        "stored golang.org/x/text v0.3.0\n2019-04-10T19:08:52+00:00\n",
        "stored golang.org/x/text v0.3.0\n1969-12-31T23:59:59Z\n",
        "stored golang.org/x/text v0.3.0\n2019-04-10T19:08:52Z\nfrom b.example 01\n",
        "stored golang.org/x/text v0.3.0\n2019-04-10T19:08:52Z\nfrom B.example 1\n",
        "stored golang.org/x/text v0.3.0\n2019-04-10T19:08:52Z\nfrom b.example\n",
        "stored golang.org/x/text v0.3.0\n2019-04-10T19:08:52Z\n\n",
        "stored golang.org/x/text v0.3.0\r\n2019-04-10T19:08:52Z\n",
        "stored golang.org/x/text v0.3.0\n2019-04-10T19:08:52Z\nfrom b.example 1\nmore\n",
        "stored golang.org/x/\udcff v0.3.0\n2019-04-10T19:08:52Z\n",
    ],
)
def test_what_is_no_record(record: str) -> None:
    with pytest.raises(InputError):
        parse_event(record.encode("utf-8", "surrogateescape"))


def test_what_cannot_be_written() -> None:
    for event in (
        Event(STORED, ModuleVersion("golang.org/x/text", "latest"), 0),
        Event(STORED, TEXT, -1),
        Event(STORED, TEXT, 1 << 62),
        Event("kept", TEXT, 0),
        Event(STORED, TEXT, 0, Origin("a b", 1)),
    ):
        with pytest.raises(InputError):
            format_event(event)


def test_times_as_go_writes_them() -> None:
    time = datetime(2019, 4, 10, 19, 8, 52, 997264, UTC)
    assert time_us_of(time) == FIRST_US
    assert format_time_us(FIRST_US) == "2019-04-10T19:08:52.997264Z"
    assert format_time_us(1_000_100_000) == "1970-01-01T00:16:40.1Z"
    assert format_time_us(0) == "1970-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("a.example", True),
        ("proxy-1.corp.example/events", True),
        ("a", True),
        ("", False),
        ("A.example", False),
        ("a..b/../c", False),
        ("a//b", False),
        ("-a", False),
        ("a/", False),
        ("a b", False),
        ("a+b", False),
        ("ä.example", False),
        ("a" * 201, False),
    ],
)
def test_names_of_logs(name: str, good: bool) -> None:
    assert is_log_name(name) is good
