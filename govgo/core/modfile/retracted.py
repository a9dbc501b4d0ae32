# SPDX-License-Identifier: BSD-3-Clause
"""Which versions the retractions of a go.mod mean (Go Modules Reference, "retract directive")."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from govgo.core.modfile.quickread import Retraction
from govgo.core.module.moduleversion import VersionKey, version_key


class Retracted:
    """The retractions of one go.mod, asked about every version of a list.

    Which intervals a version lies in depends only on how many of them begin and end before it; the answer to that is
    remembered. Otherwise a thousand retractions of a hundred thousand versions take minutes.
    """

    def __init__(self, path: str, retracted: Sequence[Retraction]) -> None:
        self._intervals = [(version_key(path, each.low), version_key(path, each.high), each) for each in retracted]
        self._lows = sorted(low for low, _, _ in self._intervals)
        self._highs = sorted(high for _, high, _ in self._intervals)
        self._hits: dict[tuple[int, int], tuple[Retraction, ...]] = {}

    def hits(self, key: VersionKey) -> tuple[Retraction, ...]:
        """The retractions of the version with this key, in the order of the file."""
        begun, ended = bisect_right(self._lows, key), bisect_left(self._highs, key)
        if begun == 0 or ended == len(self._highs):
            return ()
        known = self._hits.get((begun, ended))
        if known is None:
            known = tuple(each for low, high, each in self._intervals if low <= key <= high)
            self._hits[begun, ended] = known
        return known
