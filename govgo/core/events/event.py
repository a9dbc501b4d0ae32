# SPDX-License-Identifier: BSD-3-Clause
"""Records of an event log: a module version was stored, or removed.

    stored golang.org/x/text v0.3.0
    2019-04-10T19:08:52.997264Z
    from proxy-b.example 17

The second line is when the event was appended to this log, in UTC and to the microsecond; of two events the later one
has the later time, never the same. The third line is there where the event came from another log: the name of the log
that had it first, and its number there. A record is accepted only as it would be written.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from govgo.core.lazyregex import late
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.module.paths import canonical_version, check
from govgo.core.records import NamedTuple
from govgo.core.sumdb.note import is_valid_name
from govgo.core.sumdb.rules import MAX_RECORD_BYTES
from govgo.errors import Failure, InputError

STORED, REMOVED = "stored", "removed"
MAX_EVENT_BYTES = MAX_RECORD_BYTES
MAX_LOG_NAME = 200
"""Of a log's name, in characters."""

_RECORD = late(
    rb"(stored|removed) ([^ \n]+ [^ \n]+)\n"
    rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z)\n"
    rb"(?:from ([^ \n]+) (0|[1-9]\d{0,17})\n)?"
)
_LOG_NAME = late(r"[a-z0-9](?:[a-z0-9._/-]*[a-z0-9])?", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_US = (datetime(9999, 12, 31, tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)


class Origin(NamedTuple):
    """Where an event was first: the name of a log, and its number there."""

    log: str
    number: int


class Event(NamedTuple):
    """An event.

    Attributes:
        kind: STORED or REMOVED.
        mod: the module version.
        time_us: microseconds since the epoch.
        origin: the log where it was first, None for this one.
    """

    kind: str
    mod: ModuleVersion
    time_us: int
    origin: Origin | None = None


def is_log_name(name: str) -> bool:
    """Whether an event log may have this name: small letters, digits, ".", "-", "_", and slashes between elements."""
    plain = len(name) <= MAX_LOG_NAME and _LOG_NAME.fullmatch(name) is not None and is_valid_name(name)
    return plain and not any(part.strip(".") == "" for part in name.split("/"))


def format_time_us(time_us: int) -> str:
    """A time as Go's time.RFC3339Nano writes it: without zeros at the end of the fraction."""
    time = _EPOCH + timedelta(microseconds=time_us)
    fraction = f".{time.microsecond:06d}".rstrip("0").rstrip(".")
    return f"{time.year:04d}{time:-%m-%dT%H:%M:%S}{fraction}Z"


def time_us_of(time: datetime) -> int:
    """Microseconds since the epoch."""
    return (time - _EPOCH) // timedelta(microseconds=1)  # a zone may lead out of the years that a datetime can have


def format_event(event: Event) -> bytes:
    """The record of an event.

    Raises:
        InputError: no module version, or a time out of range.
    """
    _check(event)
    text = f"{event.kind} {event.mod.path} {event.mod.version}\n{format_time_us(event.time_us)}\n"
    if event.origin is not None:
        text += f"from {event.origin.log} {event.origin.number}\n"
    return text.encode()


def parse_event(text: bytes) -> Event:
    """Read a record.

    Raises:
        InputError: it is none, or not written as `format_event` writes it.
    """
    event = known_event(text)
    _check(event)
    if format_time_us(event.time_us).encode() != text.split(b"\n", 2)[1]:
        raise InputError("malformed event: time")
    return event


def known_event(text: bytes) -> Event:
    """Read a record that was checked before, such as one's own; errors as `parse_event`."""
    found = _RECORD.fullmatch(text)
    if found is None or len(text) > MAX_EVENT_BYTES:
        raise InputError("malformed event")
    kind, subject, time, log, number = found.groups()
    try:
        path, _, version = subject.decode().partition(" ")
        time_us = time_us_of(datetime.fromisoformat(time.decode("ascii").replace("Z", "+00:00")))
        origin = None if log is None else Origin(log.decode(), int(number))
    except ValueError:
        raise InputError("malformed event: time or text") from None
    return Event(kind.decode("ascii"), ModuleVersion(path, version), time_us, origin)


def subject_of(text: bytes) -> tuple[bytes, bool]:
    """`path version` of a record, and whether it is stored since then; errors as `parse_event`."""
    found = _RECORD.fullmatch(text)
    if found is None:
        raise InputError("malformed event")
    return found[2], found[1] == b"stored"


def can_tell_of(mod: ModuleVersion) -> bool:
    """Whether events are about such a version: anybody may put files into a storage that are those of none."""
    try:
        _check_version(mod)
    except InputError:
        return False
    return True


def _check_version(mod: ModuleVersion) -> None:
    try:
        check(*mod)
    except Failure as error:
        raise InputError(f"malformed event: {error}") from None
    if canonical_version(mod.version) != mod.version:
        raise InputError(f"malformed event: the version is not canonical: {mod}")


def _check(event: Event) -> None:
    _check_version(event.mod)
    if not 0 <= event.time_us < _LAST_US or event.kind not in (STORED, REMOVED):
        raise InputError("malformed event: time or kind")
    if event.origin is not None and not is_log_name(event.origin.log):
        raise InputError("malformed event: the name of a log")
