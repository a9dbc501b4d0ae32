# SPDX-License-Identifier: BSD-3-Clause
"""The event log of one server, kept by all of its processes: what was stored is logged within a second or so.

    journal.stored(mod)      returns at once; any thread
    journal.removed(mod)

Whoever is answered waits for none of it. What a process that was killed had not told yet is found by comparing the
storage with the log (`reconcile`): when a process starts, once a day, and when `govgo storage` asks for it since it has
removed something. Then also what go has stored is logged.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import islice
from typing import TypeVar

from govgo.app.events.append import Appender, News
from govgo.core.events.event import REMOVED, STORED, Origin
from govgo.core.events.known import KnownVersions
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.records import NamedTuple
from govgo.core.storage.keys import COMPARE, file_key, module_of_key
from govgo.core.sumdb.heads import Head
from govgo.errors import Failure, IntegrityError, SecurityError, UsageError
from govgo.ports.storage import Storage

_T = TypeVar("_T")

BEAT_S = 1.0
"""How often what is new is told."""
_LONGEST_PAUSE_S = 30.0
_LEARN_S = 10.0
"""How often a process that has nothing to tell looks what others have told."""
_DAY_S = 24 * 3600.0
_BATCH = 4096
_STRIDE, _REST_S = 256, 0.001
MOST_WAITING = 200_000
"""So much news waits while the storage fails; what is more is found by the next comparison."""


class Means(NamedTuple):
    """What a journal works with.

    Attributes:
        appender: the log, and the key to it.
        storage: the storage that the log is about.
        leaves_out: whether a module path is left out of the log.
        say: takes sentences for the operator.
        lease: takes a lease by its name; what gives it back, None where another process has it.
    """

    appender: Appender
    storage: Storage
    leaves_out: Callable[[str], bool]
    say: Callable[[str], object]
    lease: Callable[[str], Awaitable[Callable[[], Awaitable[None]] | None]]


class Journal:
    """See the module's docstring. Without means there is no log, and nothing is logged.

    Attributes:
        fault: why nothing can be logged any more, "" where it can.
        size: how many events the log has, as far as is known here.
    """

    def __init__(self, means: Means | None = None) -> None:
        self.fault = ""
        self.size = 0
        self._means = means
        self._beat_s = BEAT_S
        self._news: deque[News] = deque()
        self._lost = self._made = False
        self._reconciled_s = self._learned_s = float("-inf")
        # One thread: an appender has one user at a time, and the threads of the storage stay free.
        self._thread = ThreadPoolExecutor(1, "govgo-events") if means is not None else None
        self._task: asyncio.Task[None] | None = None
        self._over = asyncio.Event()
        self._begun = asyncio.Event()
        self._trouble = ""

    @property
    def is_on(self) -> bool:
        """Whether there is a log."""
        return self._means is not None

    def is_removed(self, mod: ModuleVersion) -> bool:
        """Whether the log says that a version was removed, as far as is known here."""
        return self._means is not None and self._means.appender.known.is_removed(mod)

    @property
    def waiting(self) -> int:
        """How many events wait to be logged."""
        return len(self._news)

    def stored(self, mod: ModuleVersion, origin: Origin | None = None) -> None:
        """Tell that a module version is stored; one that is known to be is no news. Any thread may call.

        Args:
            mod: the version.
            origin: the log that had it first, and its number there, where it was not stored for this server's clients.
        """
        if origin is not None and self._means is not None and origin.log == self._means.appender.log.verifier.name:
            origin = None  # it was here first, and comes back
        self._add(News(STORED, mod, origin))

    def removed(self, mod: ModuleVersion) -> None:
        """Tell that a module version was removed. Any thread may call."""
        self._add(News(REMOVED, mod))

    def _add(self, news: News) -> None:
        if self._means is None or self._means.leaves_out(news.mod.path):
            return
        if len(self._news) < MOST_WAITING:
            self._news.append(news)
        else:
            self._lost = True

    def start(self) -> None:
        """Begin, on the running loop."""
        if self._means is not None and self._task is None:
            self._task = asyncio.ensure_future(self._run())
            self._task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Logging has ended by itself: by a fault that is reported already, or by a bug."""
        if not task.cancelled() and (error := task.exception()) is not None:
            self.fault = f"it is not written any more: {error!r}"
            self._say(f"the event log: {self.fault}")

    async def begun(self) -> None:
        """Wait until storage and log were compared for the first time: what is stored from then on keeps its origin."""
        if self._task is not None:
            await self._begun.wait()

    async def flush(self) -> None:
        """Tell what waits, now.

        Raises:
            GovgoError: it cannot be logged.
        """
        if self._means is None or not self._news:
            return
        batch = [self._news.popleft() for _ in range(len(self._news))]
        try:
            appender = self._means.appender
            _, head = await self._on_thread(lambda: appender.append(batch))
        except BaseException:
            self._news.extendleft(reversed(batch))
            raise
        self.size = head.tree.size

    async def reconcile(self, *, only_if_asked: bool = False) -> bool:
        """Compare the storage with the log, and tell what differs; False where another process does it.

        Args:
            only_if_asked: do nothing where nobody asks for it any more.

        Raises:
            GovgoError: storage or log cannot be read.
        """
        if self._means is None:
            return False
        release = await self._means.lease("govgo/events/reconcile")
        if release is None:
            return False
        try:
            means = self._means
            await self._on_thread(lambda: _compare(means, only_if_asked=only_if_asked))
            self.size = means.appender.known.size
            return True
        finally:
            await release()

    async def aclose(self) -> None:
        """Tell what waits, if that is possible; raises nothing."""
        self._over.set()  # not cancelled: what is being logged would be logged again
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=2)
            self._task.cancel()
        if not self.fault:
            with suppress(Failure):
                await self.flush()
        if self._thread is not None:
            self._thread.shutdown(wait=False)

    async def _run(self) -> None:
        pause_s = self._beat_s
        while not self._over.is_set():
            try:
                if not self._made:
                    await self._create()
                await self._beat()
                self._trouble = ""
                pause_s = self._beat_s
            except (IntegrityError, SecurityError, UsageError) as error:
                # Nothing mends this but somebody who looks: to go on could show two histories.
                hint = f"; {error.hint}" if error.hint else ""
                self.fault = str(error).partition("\n\n")[0] + hint
                self._say(f"the event log is not written any more: {error}{hint}")
                return
            except Failure as error:
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
                self._say(f"the event log: {error}")
            finally:
                self._begun.set()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._over.wait(), pause_s)

    async def _create(self) -> None:
        assert self._means is not None
        await self._on_thread(self._means.appender.create)
        self._made = True

    async def _on_thread(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def _beat(self) -> None:
        assert self._means is not None
        now_s = asyncio.get_running_loop().time()
        if self._lost or now_s - self._reconciled_s > _DAY_S:
            lost, self._lost = self._lost, False
            done = False
            try:
                done = await self.reconcile()
            finally:  # another process that compares may have looked before what was lost here was stored
                self._lost = self._lost or (lost and not done)
            self._reconciled_s = now_s
        if now_s - self._learned_s > _LEARN_S:
            self._learned_s = now_s
            await self._on_thread(self._means.appender.catch_up)
            self.size = self._means.appender.known.size
            await self._compare_if_asked()
        await self.flush()

    async def _compare_if_asked(self) -> None:
        """Compare, if somebody has asked for it."""
        assert self._means is not None
        storage = self._means.storage
        asked = await self._on_thread(lambda: storage.head(COMPARE))
        if asked is not None and asked.size:
            await self.reconcile(only_if_asked=True)

    def _say(self, text: str) -> None:
        if text != self._trouble and self._means is not None:
            self._trouble = text
            self._means.say(text)


def _compare(means: Means, *, only_if_asked: bool) -> None:
    """Compare, and answer whoever has asked for it before; one who asks meanwhile writes another tag."""
    asked = means.storage.head(COMPARE)
    is_asked = asked is not None and asked.size > 0
    if is_asked or not only_if_asked:
        reconcile(means)
    if asked is not None and is_asked:
        means.storage.swap(COMPARE, b"", asked.tag)


def reconcile(means: Means) -> None:
    """Tell what the storage has and the log does not say, and the other way round (errors as of both)."""
    appender = means.appender
    head = appender.catch_up()
    here = KnownVersions(os.urandom(32))
    for news in (_untold(means, here), _gone(means, head, here)):
        while batch := list(islice(news, _BATCH)):
            appender.append(batch)


def _untold(means: Means, here: KnownVersions) -> Iterator[News]:
    """What is stored and was not logged; all that is stored is added to `here`."""
    for count, entry in enumerate(means.storage.entries()):
        _give_way(count)
        if not entry.key.endswith(".mod"):
            continue
        mod = module_of_key(entry.key)
        if mod is None or means.leaves_out(mod.path):
            continue
        here.add(mod)
        if mod not in means.appender.known:
            yield News(STORED, mod)


def _gone(means: Means, head: Head, here: KnownVersions) -> Iterator[News]:
    """What was logged as stored before the storage was looked at, and is not there."""
    for number, event in means.appender.log.events(0, head):
        _give_way(number)
        mod = event.mod
        if event.kind != STORED or mod in here or mod not in means.appender.known:
            continue
        with suppress(Failure):  # what cannot be looked at is not known to be gone
            if means.storage.head(file_key(mod, "mod")) is None:
                yield News(REMOVED, mod)


def _give_way(count: int) -> None:
    """Now and then let the threads go on that answer somebody: a long loop would make each of them wait a little."""
    if count % _STRIDE == 0:
        time.sleep(_REST_S)
