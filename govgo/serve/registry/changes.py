# SPDX-License-Identifier: BSD-3-Clause
"""Which modules have changed since the storage was last looked at as a whole, as the event log tells it.

An event tells of a go.mod. The .info and the zip of a version come soon after it, or at some time; so each module is
looked at twice, and all of the storage now and then.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from govgo.app.events.log import EventLog
from govgo.errors import Failure, SecurityError

AGAIN_S = 300.0
"""So long after an event its module is looked at once more."""
MOST_WAITING = 20_000
"""Where more modules have changed, the whole storage is looked at."""


class News:
    """See the module's docstring. One thread uses it."""

    def __init__(self, log: EventLog, is_told: Callable[[], bool], now_s: Callable[[], float] = time.monotonic) -> None:
        """Nothing is read yet; `is_told` is whether the log has all that is stored."""
        self._log = log
        self._is_told = is_told
        self._now_s = now_s
        self._next: int | None = None
        self._waiting: dict[str, float] = {}

    def begin(self) -> None:
        """The whole storage is looked at now: what is logged from here on has not been seen."""
        self._next = None
        self._waiting.clear()
        try:
            if self._is_told():
                self._next = self._log.head(anew=True).tree.size
        except Failure:
            pass
        except SecurityError:
            pass  # reported by the journal, which signs nothing any more

    def due(self) -> list[str] | None:
        """The modules to look at now; None where the log does not say it, and the whole storage has to be looked at."""
        start = self._next
        if start is None or not self._is_told():
            return None
        now_s = self._now_s()
        try:
            head = self._log.head(anew=True)
            fresh = dict.fromkeys(event.mod.path for _, event in self._log.events(start, head))
        except Failure:
            return None
        except SecurityError:
            return None  # reported by the journal, which signs nothing any more
        again = [path for path, due_s in self._waiting.items() if due_s <= now_s and path not in fresh]
        for path in again:
            del self._waiting[path]
        for path in fresh:
            self._waiting[path] = now_s + AGAIN_S
        if head.tree.size < start or len(self._waiting) > MOST_WAITING:
            return None
        self._next = head.tree.size
        return [*fresh, *again]
