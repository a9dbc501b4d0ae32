# SPDX-License-Identifier: BSD-3-Clause
"""The notes of servers in a storage, of when module versions were asked for: read, and kept few (`core.storage.uses`).

Each process of a server writes a file of its own, so that none waits for another. Those of processes that have ended
are merged into one; it is replaced by compare-and-swap, and only who has won removes what is in it by now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from govgo.core.storage.uses import MAX_USES_BYTES, MERGED, PREFIX, format_uses, merge_uses, newest_uses

if TYPE_CHECKING:
    from govgo.core.module.moduleversion import ModuleVersion
    from govgo.ports.storage import Storage

MOST_USES = 500_000
"""So many versions are in the merged file at most, about 30 MB; of others it is known when they were stored."""


def read_uses(storage: Storage) -> dict[ModuleVersion, float]:
    """When module versions were last asked for, in seconds since the epoch."""
    return merge_uses([storage.read(entry.key, 0, MAX_USES_BYTES) or b"" for entry in storage.entries(PREFIX)])


def merge_old_uses(storage: Storage, before_s: float) -> int:
    """Merge the files that were last written before `before_s`; how many went.

    A process that lives on, and has noted nothing for so long, writes its file anew when it does.
    """
    entries = {entry.key: entry for entry in storage.entries(PREFIX)}
    merged = entries.pop(MERGED, None)
    old = [entry for entry in entries.values() if entry.modified < before_s]
    if not old:
        return 0
    keys = [entry.key for entry in old] + ([MERGED] if merged is not None else [])
    uses = newest_uses(merge_uses([storage.read(key, 0, MAX_USES_BYTES) or b"" for key in keys]), MOST_USES)
    data = format_uses(uses)
    won = storage.create(MERGED, data) if merged is None else storage.swap(MERGED, data, merged.tag)
    if not won:
        return 0
    gone = 0
    for entry in old:
        now = storage.head(entry.key)
        if now is not None and now.tag == entry.tag:
            gone += storage.delete(entry.key)
    return gone
