# SPDX-License-Identifier: BSD-3-Clause
"""What the module graph and version lists need of a dependency's go.mod, as values; `quickread` finds it."""

from __future__ import annotations

from collections.abc import Sequence

from govgo.core.module.moduleversion import ModuleVersion, VersionKey, version_key
from govgo.core.records import NamedTuple


class Retraction(NamedTuple):
    """A closed interval of versions that their author withdrew, and the reason given, or ""; long ones are cut."""

    low: str
    high: str
    rationale: str = ""


class Retracted:
    """The retractions of one go.mod, asked about every version of a list (Go Modules Reference, "retract directive").

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
        from bisect import bisect_left, bisect_right

        begun, ended = bisect_right(self._lows, key), bisect_left(self._highs, key)
        if begun == 0 or ended == len(self._highs):
            return ()
        known = self._hits.get((begun, ended))
        if known is None:
            known = tuple(each for low, high, each in self._intervals if low <= key <= high)
            self._hits[begun, ended] = known
        return known


class Summary(NamedTuple):
    """What a dependency's go.mod says, as written.

    Attributes:
        path: the module path, "" without a module line.
        go_version: "" without a go line.
        toolchain: always "": the toolchain line of a dependency is ignored.
        require: in the order of lines, repeated ones included.
        indirect: for each of them a byte, 1 where the line is marked `// indirect`.
        retract: in the order of lines.
        deprecated: the message, "" where there is none; long ones are cut.
        ignore: directories, in the order of lines.
    """

    path: str = ""
    go_version: str = ""
    toolchain: str = ""
    require: tuple[ModuleVersion, ...] = ()
    indirect: bytes = b""
    retract: tuple[Retraction, ...] = ()
    deprecated: str = ""
    ignore: tuple[str, ...] = ()
