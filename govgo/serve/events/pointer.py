# SPDX-License-Identifier: BSD-3-Clause
"""How far a place has been followed, as it is kept in the storage: written whole, after what it speaks of was done.

    {"format": "govgo.pointer/1", "position": 1024, "since": "", "taken": 1019, "passed_over": 3, "set_back": false,
     "waiting": [["q.io/a", "v1.0.0", "b.example", 17, 2]]}

A pointer that cannot be read counts as none: everything is looked at again, and what is stored is not fetched again.
"""

from __future__ import annotations

import json

from govgo.core.events.event import Origin
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.records import NamedTuple

MAX_BYTES = 4 << 20
_FORMAT = "govgo.pointer/1"


class Waiting(NamedTuple):
    """A version that could not be fetched, and will be tried again.

    Attributes:
        origin: which log had it first; None for what an index names.
        tries: how often it was tried.
    """

    mod: ModuleVersion
    origin: Origin | None
    tries: int


class Pointer(NamedTuple):
    """See the module's docstring.

    Attributes:
        position: so many events of a log were looked at.
        since: the time to go on from in an index; "" for a log, and before the first look.
        taken, passed_over: how many versions are stored here now, and how many never will be.
        waiting: what is left.
        set_back: whether the log showed fewer events than before when it was last looked at.
    """

    position: int = 0
    since: str = ""
    taken: int = 0
    passed_over: int = 0
    waiting: tuple[Waiting, ...] = ()
    set_back: bool = False


def format_pointer(pointer: Pointer) -> bytes:
    """The bytes of a pointer's file."""
    waiting = [[*mod, *(origin if origin is not None else ("", 0)), tries] for mod, origin, tries in pointer.waiting]
    return (json.dumps({"format": _FORMAT, **pointer._asdict(), "waiting": waiting}) + "\n").encode()


def parse_pointer(data: bytes) -> Pointer | None:
    """Read the file; None for one that is none."""
    try:
        values = json.loads(data)
        if values.pop("format") != _FORMAT:
            return None
        waiting = tuple(
            Waiting(ModuleVersion(str(path), str(version)), Origin(str(log), int(number)) if log else None, int(tries))
            for path, version, log, number, tries in values.pop("waiting")
        )
        numbers = {name: int(values[name]) for name in ("position", "taken", "passed_over")}
        if min(numbers.values()) < 0:
            return None
        set_back = values.get("set_back") is True  # earlier versions did not write it
        return Pointer(since=str(values["since"]), waiting=waiting, set_back=set_back, **numbers)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        return None
