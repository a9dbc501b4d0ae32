# SPDX-License-Identifier: BSD-3-Clause
"""A module version from the log of somebody else: fetched, proved and stored, as if a client had asked for it."""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence

from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.records import NamedTuple
from govgo.core.storage.keys import file_key
from govgo.ports.storage import Storage
from govgo.serve.policy import FETCHING, Policy
from govgo.serve.protocol.answer import Refusal
from govgo.serve.protocol.question import Question
from govgo.serve.upstream.coldloop import ColdLoop
from govgo.serve.upstream.errorstatus import refusal_of
from govgo.serve.upstream.readthrough import ReadThrough
from govgo.serve.upstream.zips import Reading


class Outcome(enum.IntEnum):
    """What became of a version: it never will be stored; perhaps it will; it will be later; it is stored."""

    NEVER = 0
    PERHAPS = 1
    LATER = 2
    TAKEN = 3


class Taken(NamedTuple):
    """What became of a version, and why."""

    outcome: Outcome
    text: str = ""


class Taking:
    """Takes versions.

    Attributes:
        policy: what is not to be fetched.
    """

    def __init__(
        self,
        cold: ColdLoop,
        storage: Storage,
        policy: Policy,
        libraries: Callable[[str], Sequence[ReadThrough]],
        *,
        zips: bool,
    ) -> None:
        """Nothing is asked yet.

        Args:
            cold: the loop that it belongs to.
            storage: where they go.
            policy: see there.
            libraries: who fetches a module path, in the order in which they are asked; nobody for some.
            zips: whether zips are wanted.
        """
        self._cold = cold
        self._storage = storage
        self.policy = policy
        self._libraries = libraries
        self._suffixes = ("mod", "info", "zip") if zips else ("mod", "info")

    async def missing(self, mod: ModuleVersion) -> list[str]:
        """Which files of a version are not stored.  Raises StorageError."""
        keys = [(suffix, file_key(mod, suffix)) for suffix in self._suffixes]
        return await self._cold.stored(lambda: [suffix for suffix, key in keys if self._storage.head(key) is None])

    def _refusal(self, mod: ModuleVersion) -> str:
        """Why the policy does not let a version be fetched, "" where it does."""
        if self.policy.mode_of(mod.path) not in FETCHING:
            return "modules like this one are not fetched"
        if not self._libraries(mod.path):
            return "private modules are not taken from there"
        return self.policy.refusal(*mod)

    async def take(self, mod: ModuleVersion) -> Taken:
        """Store what is missing.  Raises StorageError where the storage cannot be asked."""
        missing = await self.missing(mod)
        if not missing:
            return Taken(Outcome.TAKEN)
        refused = self._refusal(mod)
        if refused:
            return Taken(Outcome.NEVER, refused)
        for suffix in missing:
            told = await self._fetch(mod, suffix)
            if told is not None:
                return told
        # The answer was given even if it could not be stored.
        if await self.missing(mod):
            return Taken(Outcome.LATER, "it could not be stored")
        return Taken(Outcome.TAKEN)

    async def _fetch(self, mod: ModuleVersion, suffix: str) -> Taken | None:
        """Fetch one file; None where it is there."""
        best: Taken | None = None
        for library in self._libraries(mod.path):
            refusal = await _ask(library, mod, suffix)
            if refusal is None:
                return None
            told = Taken(_outcome_of(refusal), refusal.text)
            best = told if best is None else max(best, told)  # who may have it later counts, not who has not
        return best


async def _ask(library: ReadThrough, mod: ModuleVersion, suffix: str) -> Refusal | None:
    answer = await library.answer(Question(suffix, mod.path, mod.version, file_key(mod, suffix)), whole=True)
    if isinstance(answer, Reading):
        spool = answer.spool
        answer.leave()
        return None if spool.error is None else refusal_of(spool.error, bad_s=1.0)
    return answer if isinstance(answer, Refusal) else None


def _outcome_of(refusal: Refusal) -> Outcome:
    if refusal.status == 502 and refusal.fresh_s > 0:
        return Outcome.NEVER  # it is not what the checksum database says
    if refusal.status in (401, 403, 404, 410):
        return Outcome.PERHAPS  # upstream may lag behind the index, or the database behind upstream
    return Outcome.LATER
