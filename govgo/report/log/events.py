# SPDX-License-Identifier: BSD-3-Clause
"""The events of a server as `govgo log events` shows them."""

from __future__ import annotations

import json
from collections.abc import Mapping

from govgo.core.events.event import Event, format_time_us
from govgo.core.safetext import one_line
from govgo.core.sumdb.heads import Head
from govgo.core.sumdb.tlog import format_hash
from govgo.report.document import module_members
from govgo.report.gojson import safe
from govgo.report.words import many

SCHEMA = "govgo.log.events/1"


def event_text(number: int, event: Event) -> str:
    """An event for a person."""
    origin = f" from {event.origin.log} {event.origin.number}" if event.origin is not None else ""
    return one_line(f"{number} {format_time_us(event.time_us)} {event.kind} {event.mod}{origin}") + "\n"


def event_line(number: int, event: Event) -> str:
    """An event as one line of JSON."""
    origin = None if event.origin is None else {"log": event.origin.log, "number": event.origin.number}
    members = {
        "number": number,
        "kind": event.kind,
        **module_members(event.mod),
        "time": format_time_us(event.time_us),
        "origin": origin,
    }
    return _line("event", members)


def head_text(name: str, head: Head) -> str:
    """What the log is, as a sentence."""
    return f"{name}: {many(head.tree.size, 'event')}, tree {format_hash(head.tree.hash)}"


def head_line(name: str, head: Head) -> str:
    """The same as one line of JSON."""
    members = {"log": name, "tree_size": head.tree.size, "tree_hash": format_hash(head.tree.hash)}
    return _line("head", {**members, "head": head.note.decode()})


def _line(event: str, members: Mapping[str, object]) -> str:
    whole = {"schema": SCHEMA, "event": event, **members}
    return safe(json.dumps(whole, ensure_ascii=False, separators=(",", ":"))) + "\n"
