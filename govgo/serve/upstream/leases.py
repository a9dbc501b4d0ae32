# SPDX-License-Identifier: BSD-3-Clause
"""Who fetches a zip, among processes and machines that share a storage.

On this machine it is the lock of the module version, go's own, which ends with its holder. In an object store it is an
object beside the zip, made by a conditional put; its holder renews it, and one that was not renewed for a while has
lost its holder and is taken over by compare-and-swap.

    PATH/@v/VERSION.zip.lease       the number of its holder
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any

from govgo.errors import Failure
from govgo.ports.storage import Entry, LocalStorage, Storage
from govgo.serve.upstream.bounded import BoundedDict

LEASE_S = 30.0
"""A lease that was not renewed for so long is nobody's."""
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.01, 0.5

Off = Callable[[Callable[[], Any]], Awaitable[Any]]
"""Runs a call of the storage in a thread."""


class Leases:
    """See the module's docstring.

    A lease ends when it was seen not to change for `LEASE_S`, by the clock of whoever waits. The time of the object is
    that of another machine: where that is ahead a lease would be nobody's at once, and where it is behind, for hours.

    Args:
        storage: where the zips are.
        off: runs its calls.
        clock: seconds, which rise evenly.
    """

    def __init__(self, storage: Storage, off: Off, clock: Callable[[], float] = time.monotonic) -> None:
        self._storage = storage
        self._off = off
        self._clock = clock
        self._seen = BoundedDict()  # of each lease of somebody else, what it is and since when
        self._returning: set[asyncio.Future[Any]] = set()

    @asynccontextmanager
    async def hold(self, key: str) -> AsyncIterator[bool]:
        """Wait for the lease of `key`; False where the file appeared meanwhile, so that nothing is left to do."""
        pause_s = _FIRST_PAUSE_S
        while (release := await self.take(key)) is None:
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
            if await self._off(lambda: self._storage.head(key)) is not None:
                yield False
                return
        try:
            yield await self._off(lambda: self._storage.head(key)) is None
        finally:
            await asyncio.shield(release())

    async def take(self, key: str) -> Callable[[], Awaitable[None]] | None:
        """Take the lease of `key`: what gives it back; None where somebody else has it."""
        if isinstance(self._storage, LocalStorage):
            return await self._take_lock(self._storage, key)
        name = f"{key}.lease"
        holder = os.urandom(8).hex().encode()
        give_back = partial(self._delete_own, name, holder)
        if not await self._taken(partial(self._create_or_take_over, name, holder), give_back):
            return None
        renewing = asyncio.ensure_future(self._renew(name, holder))

        async def release() -> None:
            renewing.cancel()
            with suppress(Failure):
                await self._off(give_back)

        return release

    async def _take_lock(self, storage: LocalStorage, key: str) -> Callable[[], Awaitable[None]] | None:
        lock = storage.lock(key)
        give_back = partial(lock.__exit__, None, None, None)
        if not await self._taken(lock.__enter__, give_back):
            await self._off(give_back)
            return None

        async def release() -> None:
            await self._off(give_back)

        return release

    async def _taken(self, take: Callable[[], bool], give_back: Callable[[], object]) -> bool:
        """What `take` says. A thread cannot be cancelled: what it takes for who has left meanwhile is given back."""
        taking = asyncio.ensure_future(self._off(take))
        try:
            return bool(await asyncio.shield(taking))
        except asyncio.CancelledError:
            returning = asyncio.ensure_future(self._return(taking, give_back))
            self._returning.add(returning)
            returning.add_done_callback(self._returning.discard)
            raise

    async def _return(self, taking: asyncio.Future[Any], give_back: Callable[[], object]) -> None:
        with suppress(Failure):
            await taking
            await self._off(give_back)

    def _create_or_take_over(self, name: str, holder: bytes) -> bool:
        storage = self._storage
        if storage.create(name, holder):
            return True
        entry = storage.head(name)
        if entry is None:
            won = storage.create(name, holder)
        else:
            won = self._is_abandoned(name, entry) and storage.swap(name, holder, entry.tag)
        # A put that was repeated, as its answer was lost, looks as if it had lost, and has won.
        return won or self._is_of(name, holder)

    def _is_abandoned(self, name: str, entry: Entry) -> bool:
        state, since_s = self._seen.get(name, (None, 0.0))
        if state != entry:
            self._seen.keep(name, (entry, self._clock()))
            return False
        return bool(self._clock() - since_s >= LEASE_S)

    def _delete_own(self, name: str, holder: bytes) -> None:
        if self._is_of(name, holder):
            self._storage.delete(name)

    def _is_of(self, name: str, holder: bytes) -> bool:
        return self._storage.read(name, 0, len(holder) + 1) == holder

    async def _renew(self, name: str, holder: bytes) -> None:
        while True:
            await asyncio.sleep(LEASE_S / 3)
            with suppress(Failure):
                entry = await self._off(lambda: self._storage.head(name))
                if entry is not None and await self._off(lambda: self._is_of(name, holder)):
                    await self._off(partial(self._storage.swap, name, holder, entry.tag))
