# SPDX-License-Identifier: BSD-3-Clause
"""Zips that are not stored yet: fetched once for all who want one, read by them while it comes, proved, stored.

    lease        nobody else fetches it, neither another process nor go
    fetch        into a file without a name, of which readers get all but the end
    check        names, sizes, headers, its go.mod, and the h1: of it all against the checksum database
    store        .ziphash, then .zip; the readers get the end

A zip that fails is not stored, and its readers' connections are cut. When the last reader leaves, the fetch ends.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from traceback import clear_frames

from govgo.adapters.disk.system import path_of
from govgo.adapters.loop.tasks import finished
from govgo.adapters.modzip.hash import check_and_hash_zip
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.modzip.bounds import MAX_GO_MOD
from govgo.core.records import NamedTuple
from govgo.errors import GovgoError, StorageError, UnavailableError
from govgo.ports.storage import Storage
from govgo.serve.counters import Counters
from govgo.serve.protocol.question import file_key
from govgo.serve.upstream.coldloop import ColdLoop
from govgo.serve.upstream.copies import Copies
from govgo.serve.upstream.leases import Leases
from govgo.serve.upstream.sources import Sources
from govgo.serve.upstream.spool import Spool
from govgo.serve.upstream.sumdbproofs import Proofs
from govgo.serve.upstream.unsaved import Unsaved

MAX_RECORDED = 100
"""Of the hash that lies beside a zip, in bytes."""
MAX_AT_ONCE = 128
"""Zips on their way at once; more of them wait. Each is a file, and takes little memory."""


class Means(NamedTuple):
    """What all fetches have in common.

    Attributes:
        stores: whether what was proved is stored.
        appeared: called with each module version whose go.mod was stored just now and was not there before.
        disappeared: called with each whose go.mod was removed.
    """

    cold: ColdLoop
    storage: Storage
    copies: Copies
    sources: Sources
    proofs: Proofs
    leases: Leases
    unsaved: Unsaved
    counters: Counters
    log: Callable[[str], None]
    stores: bool
    appeared: Callable[[ModuleVersion], object] = lambda mod: None
    disappeared: Callable[[ModuleVersion], object] = lambda mod: None


class ZipFlight:
    """One zip on its way.

    Attributes:
        spool: what has come of it; None before anything has.
        readers: how many want it.
        task: the fetch; None when it has ended.
    """

    def __init__(self, mod: ModuleVersion, means: Means, slots: asyncio.Semaphore) -> None:
        self.mod = mod
        self.key = file_key(mod, "zip")
        self.spool: Spool | None = None
        self.readers = 0
        self._means = means
        self._slots = slots
        self._begun: asyncio.Future[None] = means.cold.loop.create_future()
        self.task: asyncio.Task[None] | None = asyncio.ensure_future(self._run())

    def begin(self, spool: Spool) -> None:
        """Something has come."""
        if self.spool is None:
            self.spool = spool
            self._tell_begun(None)

    async def begun(self) -> Spool | None:
        """Wait for the first bytes; None where the zip was stored by somebody else meanwhile.

        Raises:
            GovgoError: there will be none.
        """
        await finished(self._begun)
        self._begun.result()
        return self.spool

    async def _run(self) -> None:
        try:
            async with self._slots:
                if not self._means.stores:  # others gain nothing by waiting, and what is stored does not prove
                    await self._fetch()
                else:
                    async with self._means.leases.hold(self.key) as ours:
                        if ours:
                            await self._fetch()
            self._tell_begun(None)
        except GovgoError as error:
            self._fail(error)
            raise
        except BaseException:  # cancelled, when nobody waits any more; or a bug, which is reported nowhere else
            self._fail(UnavailableError(f"{self.mod}: the fetch ended early"))
            raise

    async def _fetch(self) -> None:
        means, mod = self._means, self.mod
        means.counters.add("fetched_zip")
        begun_s = time.monotonic()
        spool = Spool(await means.cold.stored(lambda: means.copies.growing(self.key)))
        path = path_of(spool.file.descriptor)

        sink = _Sink(self, spool)
        try:
            async with means.proofs.expecting(mod):  # the database answers while the zip is on its way
                await means.sources.ask(lambda source: source.zip(*mod, sink.take, sink.rewind))
                means.counters.add("fetched_bytes", spool.size)
                gomod = None
                if not means.proofs.covers(mod.path):  # else the database says what go.mod is in the zip
                    gomod = await means.cold.stored(lambda: means.storage.read(file_key(mod, "mod"), 0, MAX_GO_MOD + 1))
                h1 = await means.cold.computed(lambda: check_and_hash_zip(path, mod, shown=self.key, gomod=gomod))
                await means.proofs.check(mod, h1)
            self.spool = spool
            await self._store(spool, h1)
            spool.prove()
        finally:
            sink.end()
            means.counters.observe_fetch(time.monotonic() - begun_s)

    async def _store(self, spool: Spool, h1: str) -> None:
        means = self._means
        if not means.stores:
            return

        def store() -> None:
            # The hash first: a zip without one counts as unchecked, a hash without its zip as nothing.
            hash_key = f"{self.key}hash"
            if (
                not means.storage.create(hash_key, h1.encode())
                and means.storage.read(hash_key, 0, MAX_RECORDED) != h1.encode()
            ):
                means.storage.replace(hash_key, h1.encode())
            means.storage.create_from(self.key, path_of(spool.file.descriptor))

        try:
            await means.cold.stored(store, is_large=True)
            means.counters.add("stored")
        except StorageError as error:
            # Whoever waits gets what was proved all the same.
            means.counters.add("storage_errors")
            means.log(f"{self.mod}: the zip could not be stored: {error}")

    def _fail(self, error: GovgoError) -> None:
        if self.spool is not None:
            self.spool.fail(error)
        self._tell_begun(error)

    def _tell_begun(self, error: GovgoError | None) -> None:
        if self._begun.done():
            return
        if error is None:
            self._begun.set_result(None)
        else:
            self._begun.set_exception(error)
            self._begun.exception()  # seen, even if all have left


class _Sink:
    """Where the body of an answer goes. Whoever has it for longer than the fetch has no file of it."""

    def __init__(self, flight: ZipFlight, spool: Spool) -> None:
        self._ends: tuple[ZipFlight, Spool] | None = (flight, spool)

    def take(self, data: bytes) -> None:
        if self._ends is not None:
            flight, spool = self._ends
            spool.write(data)
            flight.begin(spool)

    def rewind(self) -> None:
        if self._ends is not None:
            self._ends[1].rewind()

    def end(self) -> None:
        self._ends = None


class ZipFlights:
    """The zips on their way, by module version. All calls come from the cold loop, but for `leave`."""

    def __init__(self, means: Means, failed: Callable[[ModuleVersion, GovgoError], object]) -> None:
        """`failed` is called with why a zip was not fetched, after all who waited know."""
        self._means = means
        self._failed = failed
        self._flights: dict[ModuleVersion, ZipFlight] = {}
        self._slots = asyncio.Semaphore(MAX_AT_ONCE)

    def __len__(self) -> int:
        return len(self._flights)

    async def join(self, mod: ModuleVersion) -> Reading | None:
        """A zip that is fetched for this caller and others, who must leave it (`Reading.leave`).

        Returns:
            The reading; None where the zip was stored by somebody else.

        Raises:
            GovgoError: it cannot be obtained, and nothing of it was seen.
        """
        flight = self._flights.get(mod)
        if flight is None:
            flight = self._flights[mod] = begun = ZipFlight(mod, self._means, self._slots)
            assert begun.task is not None
            begun.task.add_done_callback(lambda task: self._land(begun, task))
        flight.readers += 1
        spool = None
        try:
            spool = await flight.begun()
        finally:
            if spool is None:
                self._leave(flight)
        return None if spool is None else Reading(spool, self._means.cold, lambda: self._leave(flight))

    async def aclose(self) -> None:
        """Cancel all of them."""
        tasks = [flight.task for flight in self._flights.values() if flight.task is not None]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=2)

    def _leave(self, flight: ZipFlight) -> None:
        flight.readers -= 1
        if not flight.readers and flight.task is not None:
            if self._flights.get(flight.mod) is flight:
                del self._flights[flight.mod]
            flight.task.cancel()

    def _land(self, flight: ZipFlight, task: asyncio.Task[None]) -> None:
        if self._flights.get(flight.mod) is flight:
            del self._flights[flight.mod]
        flight.task = None
        error = None if task.cancelled() else task.exception()
        if isinstance(error, GovgoError):
            self._failed(flight.mod, error)
        if error is not None:
            # Its frames have the flight, which has the error: the file would stay open until somebody looks for cycles.
            clear_frames(error.__traceback__)


class Reading:
    """One reader's hold of a zip on its way."""

    def __init__(self, spool: Spool, cold: ColdLoop, leave: Callable[[], None]) -> None:
        self.spool = spool
        self._cold = cold
        self._leave: Callable[[], None] | None = leave

    async def finished(self) -> None:
        """Wait until the zip is proved, or has failed; on the cold loop."""
        spool = self.spool
        over = self._cold.loop.create_future()

        def look() -> None:
            if spool.state != "open" and not over.done():
                over.set_result(None)

        spool.watch(look)
        try:
            look()
            await over
        except BaseException:
            self.leave()
            raise
        finally:
            spool.unwatch(look)

    def leave(self) -> None:
        """Want no more of it; called from any thread, once or more often."""
        leave, self._leave = self._leave, None
        if leave is not None:
            self._cold.loop.call_soon_threadsafe(leave)

    def __del__(self) -> None:
        if self._leave is not None and not self._cold.loop.is_closed():
            self.leave()
