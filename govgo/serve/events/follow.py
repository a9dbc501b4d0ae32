# SPDX-License-Identifier: BSD-3-Clause
"""Keep up from somewhere else: from the event log of a peer, or from an index of module versions.

    lease      one process follows a place, of all that share the storage
    look       the newest head of the log, proved to continue those before; or the next part of the index
    take       what it tells of: fetched, proved, stored; at a bounded rate
    pointer    how far this is done, written after it was done

A version in the log of a peer is fetched from the peer, which may be the only one to have it, else from upstream. An
event that came to the peer from another log keeps the name of that log. A version that is stored here already is not
logged again, so nothing goes round in circles. Removals are not followed.

What cannot be obtained now waits and is tried again, ever more rarely. If too much waits, nothing more is looked at. A
peer whose log was set back is looked at until it continues what was seen. A peer with two histories is not followed any
more, neither by this process nor by those after it, until somebody has removed the evidence. Where no head of its log
is kept, or one of another key, the log begins anew for us: then all that it tells is looked at.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from govgo.adapters.http.remote import Web
from govgo.adapters.proxy.indexrange import MAX_LINES, is_to_come, newest_time, read_range
from govgo.adapters.sumdb.remotelog import RemoteLog, kept_evidence
from govgo.core.events.event import STORED, Event, Origin, format_time_us, parse_event, time_us_of
from govgo.core.golib import url as gourl
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.records import NamedTuple
from govgo.core.storage.keys import EVENTS
from govgo.core.sumdb.heads import MAX_HEAD_BYTES
from govgo.core.sumdb.note import Verifier
from govgo.core.sumdb.tileauth import WIDTH
from govgo.errors import BadSignatureError, Failure, InputError, IntegrityError, SecurityError, UnavailableError
from govgo.ports.storage import Storage
from govgo.serve.events.pointer import MAX_BYTES, Pointer, Waiting, format_pointer, parse_pointer
from govgo.serve.events.taking import Outcome, Taking
from govgo.serve.policy import Policy
from govgo.serve.tables import Follow
from govgo.serve.upstream.coldloop import ColdLoop

AT_ONCE = 8
"""So many versions are fetched at once."""
MOST_WAITING = 1000
MOST_PAGES = 64
"""So many pages are taken under one head: what proves them is held for so long."""
VANTAGE_S = 10.0
"""So long another peer has to say what it has seen of a log: one that hangs is no reason not to follow the others."""
_TRIES = 10
"""How often a version is tried that nobody seems to have."""
_LONGEST_PAUSE_S = 300.0
_LONGEST_WAIT_S = 3600.0
_BEGINNING = "1970-01-01T00:00:00Z"
"""Of an index that has no lines yet."""

Told = tuple[ModuleVersion, Origin | None]
"""A version, and the log and number where it was told first."""


class Means(NamedTuple):
    """What all followers have in common.

    Attributes:
        storage: where pointers, heads and evidence are kept.
        lease: takes a lease by its name; what gives it back, None where another process has it.
        stored: called with what is stored here by now, and which log had it first.
        say: takes sentences for the operator.
        ready: waits until something may be stored.
    """

    cold: ColdLoop
    web: Web
    storage: Storage
    lease: Callable[[str], Awaitable[Callable[[], Awaitable[None]] | None]]
    stored: Callable[[ModuleVersion, Origin | None], object]
    say: Callable[[str], None]
    ready: Callable[[], Awaitable[None]]


@dataclass
class Status:
    """How a place is followed, for those who look after the server.

    Attributes:
        place: its URL, without a password.
        behind: how many events or versions are known of and not done.
        synced_s: when nothing was left to do, in seconds since the epoch; 0 for never.
        taken, passed_over: how many versions are stored here by now, and how many never will be.
        trouble: why it does not get on at the moment.
        fault: why it is not followed any more.
        here: whether this process follows it.
    """

    place: str
    behind: int = 0
    synced_s: float = 0.0
    taken: int = 0
    passed_over: int = 0
    trouble: str = ""
    fault: str = ""
    here: bool = False


class Follower:
    """Follows one place. Belongs to the cold loop.

    Attributes:
        status: how it goes.
    """

    def __init__(
        self,
        follow: Follow,
        verifier: Verifier | None,
        taking: Taking,
        means: Means,
        count: Callable[[str, int], object] = lambda fact, value: None,
        vantages: Sequence[str] = (),
    ) -> None:
        """Nothing is asked yet.

        Args:
            follow: the place, and how it is followed.
            verifier: the key of its event log; None for an index.
            taking: takes versions.
            means: see there.
            count: takes the numbers of `counters.FOLLOW_FACTS`.
            vantages: URLs of servers that may follow the same log.
        """
        self._count = count
        self._vantages = tuple(vantages)
        self.follow = follow
        self.status = Status(gourl.parse(follow.url).redacted())
        self._verifier = verifier
        self._taking = taking
        self._means = means
        name = verifier.name if verifier is not None else hashlib.sha256(follow.url.encode()).hexdigest()[:16]
        self._key = f"follow/{name}.json"
        self._pointer = Pointer()
        self._not_before: dict[ModuleVersion, float] = {}
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._next_s = 0.0
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, on the running loop."""
        if self._task is None:
            self._task = asyncio.ensure_future(self._run())
            self._task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Following has ended by itself: by a fault that is reported already, or by a bug."""
        if not task.cancelled() and (error := task.exception()) is not None:
            self.status.fault = f"it is not followed any more: {error!r}"
            self._count("fault", 1)
            self._means.say(f"{self.status.place}: {self.status.fault}")

    def use(self, policy: Policy) -> None:
        """Let other rules count from now on."""
        self._taking.policy = policy

    async def aclose(self) -> None:
        """End; raises nothing."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=2)

    async def _run(self) -> None:
        pause_s = self.follow.every_s
        await self._means.ready()
        while True:
            try:
                release = await self._means.lease(f"govgo/events/{self._key}")
                self.status.here = release is not None
                if release is None:
                    await self._read_pointer()
                else:
                    try:
                        await self._go_on()
                    finally:
                        self.status.here = False
                        self._tell()
                        await asyncio.shield(release())
            except SecurityError as error:
                advice = self._advice(error)
                self.status.fault = str(error).partition("\n\n")[0].replace("\n", ": ") + f" ({advice})"
                self._count("fault", 1)
                self._means.say(f"{self.status.place} is not followed any more ({advice}): {error}")
                return
            except Failure as error:
                self._trouble(error)
            await asyncio.sleep(pause_s)

    async def _go_on(self) -> None:
        """Follow the place, for as long as this process is the one that does."""
        await self._read_pointer()
        failures = 0
        while True:
            found = await self._means.cold.stored(self._evidence)
            if found:
                raise SecurityError(f"its event log has two histories; the evidence is {EVENTS}/{found}")
            try:
                await self._look()
                failures = 0
                self.status.trouble = ""
                self._tell()
            except Failure as error:
                failures += 1
                self._trouble(error)
            pause_s = self.follow.every_s * 2 ** min(failures, 16)
            await asyncio.sleep(min(pause_s, max(self.follow.every_s, _LONGEST_PAUSE_S)))

    def _advice(self, error: SecurityError) -> str:
        """What whoever looks after this server can do when a place is not followed any more."""
        if isinstance(error, BadSignatureError):
            key = f"{self.status.place.rstrip('/')}/events/key"
            return f"if it has a new key, which {key} shows, put that into the settings and restart"
        name = self._verifier.name if self._verifier is not None else ""
        why = "it was set back before, as by a backup, and has gone on from there; " if self._pointer.set_back else ""
        return f"{why}once you know why, remove {EVENTS}/peers/{name} and restart to follow what it shows now"

    def _evidence(self) -> str:
        return kept_evidence(self._verifier.name, self._means.storage) if self._verifier is not None else ""

    async def _look(self) -> None:
        """Look once, and take all there is.

        Raises:
            ForkError, BadSignatureError: the log misbehaves.
            Failure: something cannot be obtained; what was done until then is done.
        """
        await self._try_again()
        if self._verifier is None:
            await self._read_index()
        else:
            while await self._read_log(self._verifier):
                continue
        if not self._pointer.waiting:
            self.status.synced_s = time.time()

    # What a place tells.

    async def _read_log(self, verifier: Verifier) -> bool:
        """Look at the log, and take what it tells in so many pages; whether there is more."""
        remote = self._means.web.open(f"{self.follow.url.rstrip('/')}/events")
        log = RemoteLog(verifier, remote, self._means.storage, self._means.say, where=EVENTS)
        try:
            if self._pointer.position and not await log.is_known():
                await self._keep(position=0)  # before the head is kept: the numbers are of another log
            try:
                head = await log.newest()
            except IntegrityError:
                if log.set_back is not None and not self._pointer.set_back:
                    await self._keep(set_back=True)
                raise
            if self._pointer.set_back:
                await self._keep(set_back=False)
            await self._compare(log, verifier.name)
            size = head.tree.size
            end = min(size, (self._pointer.position // WIDTH + MOST_PAGES) * WIDTH)
            while self._pointer.position < end:
                self._count_behind(size)
                position = self._pointer.position
                texts = await log.page(position // WIDTH, head)
                fresh = texts[position % WIDTH :]
                told: list[Told] = []
                strange = 0
                for number, text in enumerate(fresh, position):
                    try:
                        event = parse_event(text)
                    except InputError as error:
                        strange += 1
                        self._means.say(f"{self.status.place}: event {number}: {error}")
                        continue
                    if event.kind == STORED:
                        told.append((event.mod, _origin(event, verifier.name, number)))
                await self._take_all(told)
                await self._keep(position=position + len(fresh), passed_over=self._pointer.passed_over + strange)
            self._count_behind(size)
            return end < size
        finally:
            await log.aclose()

    async def _compare(self, log: RemoteLog, name: str) -> None:
        """Ask the other peers what they have seen of the log: it may show each of them another history.

        Raises:
            ForkError: it does.
        """
        notes = await asyncio.gather(*(self._seen(url, name) for url in self._vantages))
        for url, note in zip(self._vantages, notes, strict=True):
            try:
                if note:
                    await log.compare(note)
            except BadSignatureError:
                shown = gourl.parse(url).redacted()
                self._means.say(f"{shown} shows as a head of {name} what {name} has not signed")
            except Failure:
                continue  # it has seen more than is shown here at the moment

    async def _seen(self, url: str, name: str) -> bytes:
        """The head of the log that another peer has seen; b"" where it has seen none, or does not say so soon."""
        with suppress(Failure, TimeoutError):
            async with asyncio.timeout(VANTAGE_S):
                return await self._means.web.open(url).get(f"events/seen/{name}", MAX_HEAD_BYTES)
        return b""

    async def _read_index(self) -> None:
        since = self._pointer.since or self.follow.since
        now_us = time_us_of(datetime.now(UTC))
        if not since:
            # By the clock of the index: by ours, if it is fast, what comes until then would be missed.
            since = await newest_time(self._means.web.get, self.follow.url, now_us) or _BEGINNING
            since = format_time_us(now_us) if is_to_come(since, now_us) else since
            await self._keep(since=since)
        elif since == "all":
            since = ""
        while True:
            found = await read_range(self._means.web.get, self.follow.url, since, MAX_LINES, now_us)
            self.status.behind = len(found.modules)
            await self._take_all([(mod, None) for mod in found.modules])
            if found.crowded:
                shown = gourl.parse(self.follow.url).redacted()
                self._means.say(f"{shown}: {found.crowded} has more lines than an answer; those behind are not seen")
            done = found.next == since
            since = found.next
            settled = found.settled or self._pointer.since
            await self._keep(since=settled, passed_over=self._pointer.passed_over + found.passed_over)
            if done:
                self._count_behind(self._pointer.position)
                return

    # What is done about it.

    async def _take_all(self, told: Sequence[Told]) -> None:
        """Take versions; those that cannot be obtained now wait from now on.

        Raises:
            UnavailableError: too much waits already.
        """
        taken = passed_over = 0
        waiting = {each.mod: each for each in self._pointer.waiting}
        outcomes = await asyncio.gather(*(self._take(mod) for mod, _ in told))
        for (mod, origin), outcome in zip(told, outcomes, strict=True):
            if outcome is Outcome.TAKEN:
                self._means.stored(mod, origin)  # in the order of the log
                taken += 1
                waiting.pop(mod, None)
            elif outcome is Outcome.NEVER:
                passed_over += 1
                waiting.pop(mod, None)
            else:
                tries = waiting[mod].tries + 1 if mod in waiting else 1
                if outcome is Outcome.PERHAPS and tries >= _TRIES:
                    passed_over += 1
                    waiting.pop(mod, None)
                    self._means.say(f"{self.status.place}: {mod} is passed over: nobody has it")
                    continue
                waiting[mod] = Waiting(mod, origin, tries)
                pause_s = min(self.follow.every_s * 2 ** min(tries, 16), _LONGEST_WAIT_S)
                self._not_before[mod] = time.monotonic() + pause_s
        if len(waiting) > MOST_WAITING:
            raise UnavailableError(
                f"{len(waiting)} versions cannot be fetched at the moment; nothing more is looked at"
            )
        pointer = self._pointer
        self._pointer = pointer._replace(
            taken=pointer.taken + taken,
            passed_over=pointer.passed_over + passed_over,
            waiting=tuple(waiting.values()),
        )

    async def _take(self, mod: ModuleVersion) -> Outcome:
        async with self._slots:
            if await self._taking.missing(mod):
                await self._pace()
            done = await self._taking.take(mod)
        if done.text:
            self._means.say(f"{self.status.place}: {mod}: {done.text}".replace("\n", " "))
        return done.outcome

    async def _pace(self) -> None:
        now_s = time.monotonic()
        self._next_s = max(now_s, self._next_s + 1 / self.follow.rate)
        await asyncio.sleep(self._next_s - now_s)

    async def _try_again(self) -> None:
        now_s = time.monotonic()
        due = [(mod, origin) for mod, origin, _ in self._pointer.waiting if self._not_before.get(mod, 0.0) <= now_s]
        if due:
            await self._take_all(due)
            await self._keep()
            self._not_before = {mod: self._not_before.get(mod, 0.0) for mod, _, _ in self._pointer.waiting}

    # The pointer.

    async def _read_pointer(self) -> None:
        storage, key = self._means.storage, self._key
        data = await self._means.cold.stored(lambda: storage.read(key, 0, MAX_BYTES))
        self._pointer = (parse_pointer(data) if data is not None else None) or Pointer()
        self.status.taken, self.status.passed_over = self._pointer.taken, self._pointer.passed_over

    async def _keep(self, **changes: int | str) -> None:
        self._pointer = self._pointer._replace(**changes)  # type: ignore[arg-type]
        data = format_pointer(self._pointer)
        await self._means.cold.stored(lambda: self._means.storage.replace(self._key, data))
        self.status.taken, self.status.passed_over = self._pointer.taken, self._pointer.passed_over
        self._tell()

    def _count_behind(self, size: int) -> None:
        self.status.behind = max(0, size - self._pointer.position) + len(self._pointer.waiting)

    def _trouble(self, error: Failure) -> None:
        text = str(error).partition("\n")[0]
        if text != self.status.trouble:
            self.status.trouble = text
            self._means.say(f"{self.status.place}: {text}")
        self._tell()

    def _tell(self) -> None:
        """Count how it goes, for all processes to see; the one that follows the place alone knows."""
        status, here = self.status, self.status.here
        for fact in ("behind", "taken", "passed_over"):
            self._count(fact, getattr(status, fact) if here else 0)
        self._count("synced", int(status.synced_s) if here else 0)
        self._count("failing", 1 if here and status.trouble else 0)


def _origin(event: Event, log: str, number: int) -> Origin:
    return event.origin if event.origin is not None else Origin(log, number)
