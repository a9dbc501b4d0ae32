# SPDX-License-Identifier: BSD-3-Clause
"""Which module versions an event log says are stored, in 16 to 32 bytes for each version that it has ever named.

A table of digests, each at the place that it says itself or at the next free one; the lowest bit says whether the
version is stored. The digests are keyed, so that nobody can choose two versions of one digest.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterable

from govgo.core.events.event import subject_of
from govgo.core.module.moduleversion import ModuleVersion

_LEAST = 1 << 10


class KnownVersions:
    """What the first records of a log come to.

    Attributes:
        size: how many records were taken.
        versions: how many versions were named.
    """

    def __init__(self, key: bytes) -> None:
        """`key`: random bytes, at most 64."""
        self.size = 0
        self.versions = 0
        self._key = key
        self._table = array("Q", bytes(8 * _LEAST))

    def __contains__(self, mod: ModuleVersion) -> bool:
        """Whether the version is stored. This and `is_removed` may be asked while another thread takes records."""
        return self._entry(mod) & 1 == 1

    def is_removed(self, mod: ModuleVersion) -> bool:
        """Whether the version was stored, and removed since then."""
        entry = self._entry(mod)
        return entry != 0 and entry & 1 == 0

    def _entry(self, mod: ModuleVersion) -> int:
        table = self._table
        return table[_place(table, self._digest(f"{mod.path} {mod.version}".encode("utf-8", "surrogateescape")))]

    def take(self, records: Iterable[bytes]) -> None:
        """Take the records that follow.

        Raises:
            InputError: one of them is not an event; those before it were taken.
        """
        for text in records:
            self._note(*subject_of(text))
            self.size += 1

    def add(self, mod: ModuleVersion) -> None:
        """Note that a version is stored, which no record says."""
        self._note(f"{mod.path} {mod.version}".encode("utf-8", "surrogateescape"), True)

    def _note(self, subject: bytes, is_stored: bool) -> None:
        if 2 * self.versions >= len(self._table):
            self._grow()
        digest = self._digest(subject)
        place = _place(self._table, digest)
        if not self._table[place]:
            self.versions += 1
        self._table[place] = digest | is_stored

    def _digest(self, subject: bytes) -> int:
        """An even number but 0."""
        found = hashlib.blake2b(subject, digest_size=8, key=self._key).digest()
        return int.from_bytes(found, "big") & ~1 or 2

    def _grow(self) -> None:
        table = array("Q", bytes(16 * len(self._table)))
        for entry in self._table:
            if entry:
                table[_place(table, entry & ~1)] = entry
        self._table = table


def _place(table: array[int], digest: int) -> int:
    """Where the digest is in a table, or would be."""
    mask = len(table) - 1
    place = digest >> 1 & mask
    while (found := table[place]) and found & ~1 != digest:
        place = place + 1 & mask
    return place
