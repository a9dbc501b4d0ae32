# SPDX-License-Identifier: BSD-3-Clause
"""Which module versions were asked for lately, noted in memory and written to the storage now and then.

A version is noted once an hour at most, so that what is asked for a thousand times a second costs a look into a
dictionary once a second (`http.memory`), and the file is written anew only when there is something to say.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.storage.uses import PREFIX, format_uses
from govgo.ports.storage import Storage

NOTED_S = 3600.0
_MOST = 100_000
"""So many versions are remembered; the file of a process has some 60 bytes for each."""


class Uses:
    """The notes of one process, in a file of its own. Noted on one thread, written from another."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        """`clock` is the time of day in seconds."""
        self._clock = clock
        self._key = f"{PREFIX}{os.urandom(8).hex()}"
        self._noted: dict[ModuleVersion, float] = {}
        self._changes = self._written = 0

    def note(self, mod: ModuleVersion) -> None:
        """Somebody has got a file of this version."""
        now_s = self._clock()
        if 0 <= now_s - self._noted.get(mod, 0.0) < NOTED_S:  # less than 0: the clock was set back
            return
        self._noted.pop(mod, None)
        self._noted[mod] = now_s  # at the end: the oldest note is the first
        if len(self._noted) > _MOST:
            del self._noted[next(iter(self._noted))]
        self._changes += 1

    def write(self, storage: Storage) -> bool:
        """Write the notes, where there are new ones; whether there were.

        Raises:
            StorageError: it cannot be written; the notes are kept for the next time.
        """
        changes = self._changes
        if changes == self._written:
            return False
        storage.replace(self._key, format_uses(self._noted.copy()))
        self._written = changes
        return True
