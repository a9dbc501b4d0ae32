# SPDX-License-Identifier: BSD-3-Clause
"""A checksum database as those see it who look at all of it, and the room that they need for that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.sumdb.tile import Tile
from govgo.errors import Failure


class LogSource(Protocol):
    """Where a log is published (`adapters.sumdb.logsource.WebLog`). Nothing that it brings is proved.

    Attributes:
        place: the URL as messages show it.
        requests, received: how many requests were made, and how many bytes of answers came.
    """

    place: str
    requests: int
    received: int

    def latest(self) -> bytes:
        """The newest signed tree head.  Raises NotFoundError, UnavailableError."""
        ...

    def tiles(self, tiles: Sequence[Tile]) -> list[bytes | Failure]:
        """The bytes of each tile, or why there are none; data tiles, too. They are fetched side by side."""
        ...

    def lookups(self, mods: Sequence[ModuleVersion]) -> list[bytes | Failure]:
        """The answer to each lookup, or why there is none."""
        ...


class LogSources(Protocol):
    """Several places that publish one log, asked side by side (`adapters.sumdb.logsource.WebLogs`)."""

    @property
    def sources(self) -> Sequence[LogSource]: ...
    def latest(self) -> list[bytes | Failure]:
        """The newest signed tree head of each place, or why there is none, in their order."""
        ...


class Buckets(Protocol):
    """Digests of 8 bytes that are sorted by their beginnings on the disk (`adapters.sumdb.buckets.DiskBuckets`)."""

    def add(self, digests: bytes) -> None:
        """Take sorted digests.  Raises DiskError."""
        ...

    def parts(self) -> Iterator[bytes]:
        """All digests, equal ones in the same part.  Raises DiskError."""
        ...
