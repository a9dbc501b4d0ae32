# SPDX-License-Identifier: BSD-3-Clause
"""The event log in a storage, as those read it who have its verifier key: every page is proved by the newest head.

A page is the records of one data tile, 256 of them or, at the end of the log, fewer. Times rise from record to record,
so a time is found by bisection.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator

from govgo.app.sumdb.growing import stored_tile, stored_tiles
from govgo.core.events.event import Event, known_event
from govgo.core.sumdb.heads import EMPTY_HEAD, Head, read_head
from govgo.core.sumdb.note import Verifier
from govgo.core.sumdb.published import LATEST
from govgo.core.sumdb.rules import split_data_tile
from govgo.core.sumdb.tile import Tile, tile_in_tree
from govgo.core.sumdb.tileauth import DATABASE_HEIGHT, WIDTH
from govgo.core.sumdb.tlog import record_hash
from govgo.errors import IntegrityError, StorageError
from govgo.ports.storage import Storage

_HEAD_S = 0.5
"""For so long a head is not read again."""
_PAGES = 128
"""So many pages are remembered, of some 25 kB."""


class EventLog:
    """See the module's docstring. Several threads may ask at once."""

    def __init__(self, storage: Storage, verifier: Verifier, clock: Callable[[], float] = time.monotonic) -> None:
        """Nothing is read yet."""
        self.verifier = verifier
        self._storage = storage
        self._clock = clock
        self._read_at = float("-inf")
        self._head = EMPTY_HEAD
        self._note = b""
        self._pages: OrderedDict[tuple[int, int], tuple[bytes, ...]] = OrderedDict()
        self._guard = threading.Lock()

    def head(self, *, anew: bool = False) -> Head:
        """The newest head; its note has all signatures that are stored.

        Raises:
            StorageError: the storage cannot be asked.
            IntegrityError, BadSignatureError: what is stored is damaged.
        """
        now = self._clock()
        with self._guard:
            if not anew and now - self._read_at <= _HEAD_S:
                return self._head._replace(note=self._note)
        note = self._storage.read(LATEST, 0, 64 << 10)
        if note is None:
            raise StorageError(f"{self._storage} has no event log yet", key=LATEST)
        head = read_head(note, self.verifier) if note != self._note else self._head
        with self._guard:
            if head.tree.size >= self._head.tree.size:  # another thread may have read a later one
                self._read_at, self._head, self._note = now, head, note
            return self._head._replace(note=self._note)

    def page(self, number: int, head: Head) -> tuple[bytes, ...]:
        """The records of a page as `head` has it, proved; none behind the end.

        Raises:
            IntegrityError: it is lost or damaged.
            StorageError: the storage cannot be asked.
        """
        width = min(WIDTH, head.tree.size - number * WIDTH)
        if width <= 0:
            return ()
        with self._guard:
            known = self._pages.get((number, width))
            if known is not None:
                self._pages.move_to_end((number, width))
                return known
        data = self.tile(Tile(DATABASE_HEIGHT, -1, number, width))
        if data is None:
            raise IntegrityError(
                f"{self._storage} has lost the events {number * WIDTH} to {number * WIDTH + width - 1}"
            )
        texts = tuple(split_data_tile(data, width))
        # The tile of level 0 that has their hashes, and what proves it.
        auth = stored_tiles(self._storage, head.tree, [(0, number * WIDTH)])
        leaves = auth.tile(tile_in_tree(DATABASE_HEIGHT, 0, number, head.tree.size)).data
        if b"".join(map(record_hash, texts)) != leaves:
            raise IntegrityError(f"the events from {number * WIDTH} on are not those that were signed")
        with self._guard:
            self._pages[number, width] = texts
            if len(self._pages) > _PAGES:
                self._pages.popitem(last=False)
        return texts

    def records(self, start: int, head: Head) -> Iterator[bytes]:
        """The records from a number on, proved (errors as `page`)."""
        for number in range(start // WIDTH, -(-head.tree.size // WIDTH)):
            yield from self.page(number, head)[max(0, start - number * WIDTH) :]

    def events(self, start: int, head: Head) -> Iterator[tuple[int, Event]]:
        """The events from a number on, with their numbers (errors as `page`)."""
        for number, text in enumerate(self.records(start, head), start):
            yield number, known_event(text)

    def first_since(self, time_us: int, head: Head) -> int:
        """The number of the first event at a time or later; the size of the log where there is none."""
        low, high = 0, -(-head.tree.size // WIDTH)
        while low < high:  # the first page whose last event is not before it
            middle = (low + high) // 2
            if known_event(self.page(middle, head)[-1]).time_us < time_us:
                low = middle + 1
            else:
                high = middle
        for number, text in enumerate(self.page(low, head), low * WIDTH):
            if known_event(text).time_us >= time_us:
                return number
        return head.tree.size

    def tile(self, tile: Tile) -> bytes | None:
        """The bytes of a tile as they are stored, of records for level -1; None where there is none."""
        return stored_tile(self._storage, tile)
