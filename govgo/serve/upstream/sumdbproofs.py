# SPDX-License-Identifier: BSD-3-Clause
"""The checksum database, asked by a server: what it proves is kept in the storage, and served from there for good.

The client below remembers all answers, and every failure, for one run. A server takes a new one after so many answers,
and after each failure, so that its memory is bounded and a failure is reported once. What was proved is proved again
from the storage. Only a fork is never forgotten: two signed heads that contradict each other are evidence, and nothing
is proved any more until somebody has looked.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from govgo.adapters.sumdb.relay import SumDbRelay
from govgo.adapters.sumdb.route import Getter, SumDbRoute
from govgo.adapters.sumdb.stored import KeepUnsaved, StoredSumDb
from govgo.core.goenv import OFF, GoEnv
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.sumdb.gosumdb import Database, database_of
from govgo.core.sumdb.record import NotInDatabaseError
from govgo.core.sumdb.tile import Tile
from govgo.errors import Failure, ForkError, NotFoundError, SecurityError, find
from govgo.ports.storage import Storage

_ANSWERS = 4000
"""After so many answers the memory of the client is given back; one holds its record and some tiles of 8 KiB."""
_AGE_S = 3600.0


class _Generation:
    def __init__(self, database: SumDbRelay, route: SumDbRoute) -> None:
        self.database = database
        self.route = route
        self.users = self.answers = 0
        self.begun_s = time.monotonic()
        self.keeping = asyncio.Lock()
        self.is_told = False  # the misbehaviour that it has met, if any


class Proofs:
    """The database that GOSUMDB names. Belongs to one event loop.

    Attributes:
        database: its name, key and address; None where GOSUMDB=off.
        fault: the evidence of a fork, once there is some.
    """

    def __init__(
        self,
        env: GoEnv,
        storage: Storage,
        getter: Getter,
        log: Callable[[str], None],
        keep_unsaved: KeepUnsaved | None = None,
    ) -> None:
        """Nothing is asked yet. `keep_unsaved` takes what was proved and could not be stored, to try it again.

        Raises:
            UsageError: GOSUMDB makes no sense.
        """
        self.database: Database | None = None if env.gosumdb == OFF else database_of(env)
        self.fault: ForkError | None = None
        self._env = env
        self._storage = storage
        self._getter = getter
        self._log = log
        self._keep_unsaved = keep_unsaved
        self._current: _Generation | None = None
        self._ending: set[asyncio.Task[None]] = set()

    def covers(self, path: str) -> bool:
        """Whether the database is asked about a module path."""
        return self.database is not None and self._env.uses_sumdb(path)

    async def check(self, key: ModuleVersion, h1: str) -> None:
        """Compare the hash of a go.mod ("/go.mod" behind the version) or zip with the database's (`SumDb.check`)."""
        if self.covers(key.path):
            async with self._open(key) as database:
                await database.check(key, h1)

    @asynccontextmanager
    async def expecting(self, mod: ModuleVersion) -> AsyncIterator[None]:
        """Around a fetch and its `check`: the lookup begins at once. Where they are cancelled, it ends, too."""
        if not self.covers(mod.path) or self.fault is not None:
            yield
            return
        self._forget_failure(mod)
        generation = self._generation()
        generation.users += 1
        try:
            generation.database.prefetch((mod,))
            yield
        except asyncio.CancelledError:
            if generation.users == 1:
                self._replace(generation)
            raise
        finally:
            self._left(generation)

    async def answer(self, mod: ModuleVersion) -> bytes:
        """The proved answer to a lookup."""
        self._forget_failure(mod)
        async with self._open(mod) as database:
            return await database.answer(mod)

    async def tile(self, tile: Tile) -> bytes:
        """The proved bytes of a tile."""
        async with self._open() as database:
            return await database.tile(tile)

    async def newest(self) -> bytes:
        """The newest tree head, asked for now."""
        async with self._open() as database:
            return (await database.newest()).note

    async def known(self) -> bytes:
        """The newest tree head that was proved before.

        Raises:
            NotFoundError: there is none.
        """
        async with self._open() as database:
            head = await database.known()
            if not head.note:
                raise NotFoundError("no tree head is known")
            return head.note

    async def warm(self) -> None:
        """Find the way to the database, and read the newest tree head that is stored, before the first question.

        Errors are those of a question; they are not remembered.
        """
        if self.database is not None:
            import cryptography.hazmat.primitives.asymmetric.ed25519  # noqa: F401  # 13 ms that no request waits for

            async with self._open() as database:
                await database.known()
                await self._generation().route.base()

    def forget(self) -> None:
        """Begin anew, from what is stored. A fork is not forgotten."""
        if self._current is not None:
            self._replace(self._current)

    async def aclose(self) -> None:
        """Write what is proved; raises nothing."""
        if self._current is not None:
            self._retire(self._current)
        if self._ending:
            await asyncio.wait(self._ending, timeout=3)

    @asynccontextmanager
    async def _open(self, mod: ModuleVersion | None = None) -> AsyncIterator[SumDbRelay]:
        """The client, for one answer, after which what it has proved is kept."""
        if self.fault is not None:
            raise self.fault
        generation = self._generation()
        generation.users += 1
        generation.answers += 1
        try:
            yield generation.database
            async with generation.keeping:
                await self._keep(generation.database)
        except SecurityError as error:
            if not isinstance(generation.database.misbehaviour, ForkError):
                generation.is_told = True  # as the answer
            self._replace(generation)
            raise error
        except Failure as error:
            if mod is not None and find(error, NotInDatabaseError) is not None:
                generation.database.forget(mod)
            else:
                self._replace(generation)  # it would remember the failure, and a way to the database that leads nowhere
            raise
        except asyncio.CancelledError:
            if generation.users == 1:
                self._replace(generation)  # nobody waits for what it asks
            raise
        finally:
            self._left(generation)

    async def _keep(self, database: SumDbRelay) -> None:
        try:
            await database.flush()
        except Failure as error:
            # The head stays in memory, so that this process notices a fork; the next one may not.
            self._log(f"the newest tree head of {database.name} could not be kept: {error}")

    def _forget_failure(self, mod: ModuleVersion) -> None:
        """Begin anew where a lookup failed that was begun ahead, while the fetch failed for a reason of its own.

        Nobody was told, so the failure was not forgotten then; it would be the next client's.
        """
        if self._current is not None and self._current.database.has_failed(mod):
            self._replace(self._current)

    def _generation(self) -> _Generation:
        current = self._current
        if current is not None and (current.answers >= _ANSWERS or time.monotonic() - current.begun_s > _AGE_S):
            self._replace(current)
            current = self._current
        if current is None:
            assert self.database is not None
            route = SumDbRoute(self.database, self._env.proxies(), self._getter)
            files = StoredSumDb(self.database.name, self._storage, keep_unsaved=self._keep_unsaved)
            relay = SumDbRelay(
                self.database.key,
                route.fetch,
                files,
                self._log,
                connect=route.begin,
                is_mirror=lambda: route.is_mirror,
            )
            current = self._current = _Generation(relay, route)
        return current

    def _replace(self, generation: _Generation) -> None:
        if generation is self._current:
            self._current = None
            if not generation.users:
                self._retire(generation)

    def _left(self, generation: _Generation) -> None:
        self._look(generation)
        generation.users -= 1
        if generation is not self._current and not generation.users:
            self._retire(generation)

    def _retire(self, generation: _Generation) -> None:
        """End a client that nobody uses any more."""
        if generation is self._current:
            self._current = None
        task = asyncio.ensure_future(self._end(generation))
        self._ending.add(task)
        task.add_done_callback(self._ended)

    async def _end(self, generation: _Generation) -> None:
        try:
            with suppress(Failure):
                await generation.database.aclose()
        finally:
            self._look(generation)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._ending.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, SecurityError):  # else `_look` has reported it
            self._log(f"{error}")

    def _look(self, generation: _Generation) -> None:
        """Tell of misbehaviour, also where nobody has asked for the answer of a lookup that was begun ahead."""
        found = generation.database.misbehaviour
        if found is None or generation.is_told:
            return
        generation.is_told = True
        self._log(f"{found}")
        if isinstance(found, ForkError) and self.fault is None:
            self.fault = found
