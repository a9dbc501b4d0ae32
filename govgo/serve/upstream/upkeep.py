# SPDX-License-Identifier: BSD-3-Clause
"""What a server does about its storage when nobody asks for anything: notes of use, the size limit, damage at rest.

    twice a minute     write the notes of use, if ten minutes have passed; prove a few stored versions anew
    once an hour,      look at all there is; merge the notes of processes that have ended, and where there is too
    or when it grew    much, remove what was used least recently (`core.storage.eviction`)

Of all processes and machines that share a storage one does the hourly work: the one whose compare-and-swap of
`govgo/care` wins; that file says when it began, and how many bytes it found. The work has a thread of its own, which
nothing waits for, and gives way between files.

A version is proved anew by the same way that proves it when it is first read (`prove_again`): what is damaged
is told, counted, removed, and fetched again.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial

from govgo.adapters.storage.directory import DirectoryStorage
from govgo.app.storage.manage import evict, refuse_mirror
from govgo.app.storage.uses import merge_old_uses
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.module.patterns import match_prefix_patterns
from govgo.core.records import NamedTuple
from govgo.core.storage.eviction import StoredFile
from govgo.core.storage.keys import file_key, module_of_key
from govgo.errors import Failure, StorageError, UsageError
from govgo.ports.storage import Storage
from govgo.serve.policy import Policy
from govgo.serve.protocol.answer import Refusal
from govgo.serve.protocol.question import Question
from govgo.serve.upstream.readthrough import ReadThrough
from govgo.serve.upstream.uses import Uses
from govgo.serve.upstream.zips import Means, Reading

KEY = "govgo/care"

_TURN_S = 30.0
_NOTES_S = 600.0
_ROUND_S = 3600.0
_FRESH_S = 60.0
"""So long after a round the next one begins at the earliest, however much the storage has grown."""
_ENDED_S = 2 * 3600.0
"""Notes that were not written for so long are those of a process that has ended, or has nothing to note."""
_ROOM = 0.05
"""So much of the limit is made free at once, so that not every zip that is fetched begins a round."""
_SAMPLE = 256
_SAMPLE_BYTES = 32 << 20
_SAMPLE_VERSIONS = 2
"""At most so much is proved anew in a turn: in an hour about a sample."""
_IN_VAIN = 3
"""After so many in a row that cannot be proved now the next turn goes on: upstream may be down, which takes time."""
_GIVE_WAY = 100
_PAUSE_S = 0.001


class CarePlan(NamedTuple):
    """What is to be done.

    Attributes:
        limit_bytes: of the whole storage; 0 for none.
        keep: patterns of modules that live here alone, as in GOPRIVATE; they are never removed.
        verify: one of `settings.VERIFY`.
        notes: whether uses are noted.
        policy: what is not fetched by its modes is not fetched again either.
    """

    limit_bytes: int = 0
    keep: str = ""
    verify: str = "off"
    notes: bool = False
    policy: Policy = Policy()


class _Pass(NamedTuple):
    """What proving stored versions anew has come to."""

    proved: int = 0
    unproved: int = 0
    size: int = 0

    def with_version(self, size: int, *, proved: bool) -> _Pass:
        return _Pass(self.proved + proved, self.unproved + (not proved), self.size + size)

    def __str__(self) -> str:
        rest = f"; {self.unproved} more could not be" if self.unproved else ""
        return f"{self.proved} versions, {self.size} bytes{rest}"


class _Ending(Exception):
    """Raised in the thread when the server ends."""


class Upkeep:
    """See the module's docstring. Belongs to the cold loop."""

    def __init__(
        self,
        means: Means,
        library: ReadThrough,
        uses: Uses,
        plan: CarePlan,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Nothing is done before `run`."""
        self._means = means
        self._storage: Storage = means.storage
        self._library = library
        self._uses = uses
        self._plan = plan
        self._clock = clock
        self._thread = ThreadPoolExecutor(1, "govgo-care")
        self._ending = False
        self._task: asyncio.Task[None] | None = None
        self._notes_s = clock()
        self._looked_s = 0.0
        self._size = 0
        self._fetched_before = self._steps = 0
        self._queue: list[ModuleVersion] = []
        self._all = plan.verify == "all"
        self._pass = _Pass()
        self._is_hindered = False
        # Without notes it is a module cache, which gets no files of ours.
        self._shares = plan.notes and means.stores

    def use(self, policy: Policy) -> None:
        """Let other rules say what is fetched again."""
        self._plan = self._plan._replace(policy=policy)

    def begin(self) -> None:
        """Begin, on the cold loop."""
        self._task = asyncio.ensure_future(self._run())

    async def aclose(self) -> None:
        """End, and write the notes; raises nothing."""
        self._ending = True
        if self._task is not None:
            self._task.cancel()
        if self._plan.notes:
            await self._told(lambda: self._uses.write(self._storage), "notes of use")
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _run(self) -> None:
        while True:
            await self.turn()
            # Not at the same time as others that were started together.
            await asyncio.sleep(_TURN_S * random.uniform(0.8, 1.2))

    async def turn(self) -> None:
        """Do what is due; raises nothing but cancellation."""
        now_s = self._clock()
        if self._plan.notes and not 0 <= now_s - self._notes_s < _NOTES_S:  # below 0: the clock was set back
            self._notes_s = now_s
            await self._told(lambda: self._uses.write(self._storage), "notes of use")
        if self._is_due(now_s):
            await self._told(self._round, "looking after the storage")
        try:
            await self._prove_some()
        except Failure as error:
            self._means.log(f"proving stored files anew: {error}")

    def _is_due(self, now_s: float) -> bool:
        plan = self._plan
        if not (plan.limit_bytes or plan.notes or plan.verify != "off"):
            return False
        since_s = now_s - self._looked_s
        # A clock that was set back says nothing of when that was.
        return not 0 <= since_s < _ROUND_S or (since_s >= _FRESH_S and self._may_be_full())

    def _may_be_full(self) -> bool:
        limit = self._plan.limit_bytes
        grown = self._means.counters.total("fetched_bytes") - self._fetched_before
        return 0 < limit < self._size + grown and grown > 0

    async def _told(self, work: Callable[[], object], what: str) -> None:
        """Do something in the thread; what fails is reported, and done the next time."""
        try:
            await self._means.cold.loop.run_in_executor(self._thread, work)
        except _Ending:
            return
        except Failure as error:
            self._means.log(f"{what}: {error}")

    # The hourly work, in the thread.

    def _round(self) -> None:
        now_s = self._clock()
        hurry = self._may_be_full()
        self._looked_s = now_s
        self._fetched_before = self._means.counters.total("fetched_bytes")
        if not self._wins(now_s, _FRESH_S if hurry else _ROUND_S):
            self._means.counters.set("storage_bytes", 0)  # who has won tells that
            self._queue = []
            return
        if self._plan.notes:
            self._uses.write(self._storage)
            merge_old_uses(self._storage, now_s - _ENDED_S)
        if self._shares and isinstance(self._storage, DirectoryStorage):
            self._storage.remove_leftovers(now_s, self._give_way)
        if self._plan.limit_bytes or self._plan.verify != "off":
            files = self._look()
            if 0 < self._plan.limit_bytes < self._size:
                self._evict(files)
            if self._shares:
                self._storage.replace(KEY, _said(now_s, self._size))

    def _wins(self, now_s: float, pause_s: float) -> bool:
        """Whether this process does the work now, and not one that has done it less than `pause_s` ago."""
        if not self._shares:
            return True
        entry = self._storage.head(KEY)
        if entry is None:
            return self._storage.create(KEY, _said(now_s, 0))
        words = (self._storage.read(KEY, 0, 100) or b"").split()
        before_s, self._size = map(int, words) if len(words) == 2 and all(map(bytes.isdigit, words)) else (0, 0)
        if self._all or not 0 <= now_s - before_s < pause_s * 0.9:
            return self._storage.swap(KEY, _said(now_s, self._size), entry.tag)
        return False

    def _give_way(self) -> None:
        """To be called for each file: now and then others have their turn."""
        if self._ending:
            raise _Ending
        self._steps += 1
        if self._steps % _GIVE_WAY == 0:
            time.sleep(_PAUSE_S)

    def _look(self) -> list[StoredFile]:
        """All files, where there is a limit; the size of all, and versions to prove anew."""
        files: list[StoredFile] = []
        found: dict[ModuleVersion, None] = {}
        size = seen = 0
        for entry in self._storage.entries():
            self._give_way()
            size += entry.size
            if self._plan.limit_bytes:
                files.append(StoredFile(entry.key, entry.size, entry.modified))
            if self._plan.verify != "off" and entry.key.endswith((".mod", ".zip")):
                mod = module_of_key(entry.key)
                if mod is not None and mod not in found:
                    seen += 1
                    _sample(found, mod, seen, self._all)
        self._size = size
        self._means.counters.set("storage_bytes", size)
        self._queue = list(found)
        random.shuffle(self._queue)
        return files

    def _evict(self, files: list[StoredFile]) -> None:
        plan = self._plan
        if not self._means.stores:
            return
        target = int(plan.limit_bytes * (1 - _ROOM))
        try:
            done = evict(
                self._storage,
                target,
                keep=lambda mod: match_prefix_patterns(plan.keep, mod.path),
                files=files,
                tells=False,
            )
        except UsageError as error:  # it has become a mirror
            self._means.log(f"{error}")
            return
        for each in done.versions:
            if "mod" in each.suffixes:
                self._means.disappeared(each.mod)
        self._size = done.left
        counters = self._means.counters
        counters.add("evicted", len(done.versions))
        counters.add("evicted_bytes", done.size)
        counters.set("storage_bytes", done.left)
        self._means.log(f"removed {done.size} bytes of {len(done.versions)} versions that were used least recently")
        if done.left > plan.limit_bytes:
            self._means.log(f"{done.left} bytes are left, more than the limit: the rest is kept, or no module")

    # Damage at rest, on the loop.

    async def _prove_some(self) -> None:
        done = read = in_vain = 0
        hindrance: Refusal | None = None
        while self._queue and in_vain < _IN_VAIN and (self._all or (done < _SAMPLE_VERSIONS and read < _SAMPLE_BYTES)):
            mod = self._queue.pop()
            begun_s = time.monotonic()
            size, refusal = await prove_again(self._library, self._means, mod, self._plan.policy.mode_of(mod.path))
            read += size
            done += 1
            self._means.counters.add("proved_again")
            self._pass = self._pass.with_version(size, proved=refusal is None)
            in_vain = 0 if refusal is None else in_vain + 1
            hindrance = refusal or hindrance
            if self._all:
                await asyncio.sleep(time.monotonic() - begun_s)  # half of the time is for others
        if done:
            self._tell(hindrance)

    def _tell(self, hindrance: Refusal | None) -> None:
        """Tell what hinders proofs when it begins, not for each version, and at its end what a pass came to."""
        if hindrance is not None and not self._is_hindered:
            self._means.log(f"proving stored files anew: nobody can tell now: {hindrance.text}")
        self._is_hindered = hindrance is not None
        if self._all and not self._queue:
            self._all = False
            self._means.log(f"all that is stored was proved anew: {self._pass}")


async def prove_again(library: ReadThrough, means: Means, mod: ModuleVersion, mode: str) -> tuple[int, Refusal | None]:
    """Prove the stored files of a version as if they were read for the first time.

    Damage is reported, counted and removed, and fetched again where `mode` fetches.

    Returns:
        How many bytes there were; why one of the files cannot be proved now, although nothing is wrong with it.

    Raises:
        StorageError: the storage cannot be asked.
    """
    size, hindrance = 0, None
    for kind in ("info", "mod", "zip"):
        key = file_key(mod, kind)
        entry = await means.cold.stored(partial(means.storage.head, key))
        if entry is None:
            continue
        size += entry.size
        library.doubt(key)
        answer = await library.answer(Question(kind, *mod, key), mode=mode, whole=True, tells=False)
        if isinstance(answer, Reading):
            answer.leave()
        elif isinstance(answer, Refusal) and answer.status not in (404, 410) and not answer.fresh_s:
            hindrance = answer
    return size, hindrance


def _said(now_s: float, size: int) -> bytes:
    """What `govgo/care` has: when somebody began to look after the storage, and how large it was found to be."""
    return f"{int(now_s)} {size}\n".encode()


def _sample(found: dict[ModuleVersion, None], mod: ModuleVersion, seen: int, everything: bool) -> None:
    """Take a version into a sample, so that each that was seen is in it with the same chance (algorithm R)."""
    if everything or len(found) < _SAMPLE:
        found[mod] = None
    elif random.randrange(seen) < _SAMPLE:
        del found[random.choice(tuple(found))]
        found[mod] = None


def check_plan(plan: CarePlan, storage: Storage) -> None:
    """Raise UsageError for a limit on a mirror, which is to be whole."""
    if plan.limit_bytes:
        with suppress(StorageError):  # one that does not answer now is looked at before anything is removed
            refuse_mirror(storage, "a limit")
