# SPDX-License-Identifier: BSD-3-Clause
"""A whole checksum database over HTTP or from a directory: tiles and records, many at once, at a bounded rate."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from govgo.adapters.http.remote import Web
from govgo.adapters.loop.network import Network
from govgo.core.golib import url as gourl
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.sumdb.heads import MAX_HEAD_BYTES
from govgo.core.sumdb.record import MAX_LOOKUP_BYTES, lookup_path
from govgo.core.sumdb.rules import max_tile_bytes
from govgo.core.sumdb.tile import Tile
from govgo.core.sumdb.tlog import HASH_SIZE
from govgo.errors import Failure, NotFoundError

_T = TypeVar("_T")

_MOST_AT_ONCE = 64


class WebLog:
    """A log below a base URL (`ports.log.LogSource`).

    Attributes:
        place: the URL without secrets.
        requests, received: what was asked for, and how many bytes came.
    """

    def __init__(self, url: str, network: Network, *, rate: int = 0) -> None:
        """Nothing is asked yet.

        Args:
            url: https, http or file.
            network: of the command.
            rate: requests a second at most, 0 for no limit.

        Raises:
            UsageError: not a URL.
        """
        self.place = gourl.parse(url).redacted()
        self.requests = self.received = 0
        self._network = network
        self._remote = Web(network.client).open(url)
        self._pause_s = 1 / rate if rate else 0.0
        self._next_s = 0.0
        self._gate: asyncio.Semaphore | None = None

    def latest(self) -> bytes:
        """The newest signed tree head."""
        return self._run(self.head())

    async def head(self) -> bytes:
        """The newest signed tree head, for who runs the loop."""
        return await self._get("latest", MAX_HEAD_BYTES)

    def tiles(self, tiles: Sequence[Tile]) -> list[bytes | Failure]:
        """Tiles and data tiles."""
        return self._run(self._all([self._tile(tile) for tile in tiles])) if tiles else []

    def lookups(self, mods: Sequence[ModuleVersion]) -> list[bytes | Failure]:
        """Answers to lookups."""
        return self._run(self._all([self._get(lookup_path(mod), MAX_LOOKUP_BYTES) for mod in mods])) if mods else []

    def _run(self, work: Coroutine[Any, Any, _T]) -> _T:
        self._network.loop()
        return self._network.run(work)

    async def _all(self, works: Sequence[Coroutine[Any, Any, bytes]]) -> list[bytes | Failure]:
        """The results; what fails is a result, and the others go on."""
        return list(await asyncio.gather(*(_attempt(work) for work in works)))

    async def _tile(self, tile: Tile) -> bytes:
        limit = max_tile_bytes(tile)
        try:
            return await self._get(tile.path, limit)
        except NotFoundError:
            if tile.is_full or tile.level < 0:
                raise
            # Servers may delete a partial tile once the full one exists, which begins with it.
            return (await self._get(tile.full.path, limit))[: tile.width * HASH_SIZE]

    async def _get(self, path: str, limit_bytes: int) -> bytes:
        if self._gate is None:
            self._gate = asyncio.Semaphore(_MOST_AT_ONCE)
        async with self._gate:
            if self._pause_s:
                now = time.monotonic()
                self._next_s = max(now, self._next_s + self._pause_s)
                await asyncio.sleep(self._next_s - now)
            self.requests += 1
            data = await self._remote.get(path, limit_bytes)
        self.received += len(data)
        return data


class WebLogs:
    """Places that publish one log, asked side by side (`ports.log.LogSources`)."""

    def __init__(self, places: Sequence[Sequence[str]], network: Network, *, rate: int = 0) -> None:
        """Ask where the logs are.

        Args:
            places: for each place, the URLs below which its log may be: the first that has a tree head, else the last.
            network, rate: as for `WebLog`.

        Raises:
            UsageError: not a URL.
            UnavailableError: a place has no answer.
        """
        self._network = network
        logs = [[WebLog(url, network, rate=rate) for url in urls] for urls in places]
        found = self._run([_first_published(each) for each in logs])
        self.sources = [each for each in found if not isinstance(each, Failure)]
        for each in found:
            if isinstance(each, Failure):
                raise each

    def latest(self) -> list[bytes | Failure]:
        """The newest signed tree head of each place, or why there is none."""
        return self._run([each.head() for each in self.sources])

    def _run(self, works: Sequence[Coroutine[Any, Any, _T]]) -> list[_T | Failure]:
        async def all_of_them() -> list[_T | Failure]:
            return list(await asyncio.gather(*(_attempt(work) for work in works)))

        if not works:
            return []
        self._network.loop()
        return self._network.run(all_of_them())


async def _first_published(logs: Sequence[WebLog]) -> WebLog:
    *others, last = logs
    for log in others:
        with suppress(NotFoundError):
            await log.head()
            return log
    return last


async def _attempt(work: Coroutine[Any, Any, _T]) -> _T | Failure:
    try:
        return await work
    except Failure as error:
        return error
