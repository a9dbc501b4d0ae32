# SPDX-License-Identifier: BSD-3-Clause
"""Answers to the questions about modules: from the storage, proved once more, else from upstream, proved and stored.

    .info               as it is stored, else from upstream
    .mod, .zip          proved by the checksum database when they are fetched, and when this process first reads
                        them from the storage; what does not prove there is damaged, and is fetched again
    list, @latest,      fresh for a while, then asked for again; where upstream does not answer soon, as they were;
    branches            where it fails, at once
    "not found"         remembered briefly
    what contradicts    remembered, so that nobody fetches it again at once
    the database

A module that the database does not cover (GONOSUMDB, GOPRIVATE, GOSUMDB=off) is taken as upstream has it, and compared
with the hash that was stored with it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from govgo.adapters.proxy.revinfo import for_cache, format_info, parse_info
from govgo.core.gosum.dirhash import hash_gomod, is_h1
from govgo.core.module.escape import escape_path
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.module.paths import is_canonical
from govgo.core.modzip.bounds import MAX_GO_MOD
from govgo.core.records import NamedTuple
from govgo.core.storage.lastanswers import MAX_BYTES as MAX_KEPT
from govgo.core.storage.lastanswers import SUFFIX, format_kept, parse_kept
from govgo.errors import (
    BadZipError,
    Failure,
    ForkError,
    GovgoError,
    InputError,
    NotFoundError,
    SecurityError,
    StorageError,
    SumMismatchError,
    UnavailableError,
    find,
    is_not_found,
)
from govgo.ports.modules import RevInfo
from govgo.ports.storage import Entry, Storage
from govgo.serve.freshness import Freshness
from govgo.serve.protocol.answer import Body, Elsewhere, Refusal, StoredFile
from govgo.serve.protocol.question import Question, file_key, is_settled
from govgo.serve.upstream.ages import check_time, old_part, without_young
from govgo.serve.upstream.asyncfetch import AsyncFetch
from govgo.serve.upstream.bounded import BoundedDict, Recent
from govgo.serve.upstream.errorstatus import NotStoredError, YoungVersionError, is_refused, not_stored, refusal_of
from govgo.serve.upstream.published import PublishedModules
from govgo.serve.upstream.singleflight import Flights
from govgo.serve.upstream.stored import open_zip, stored_answer
from govgo.serve.upstream.verdicts import Verdicts, zip_refusal
from govgo.serve.upstream.zips import MAX_RECORDED, Means, Reading, ZipFlights

Answer = Body | StoredFile | Reading | Elsewhere | Refusal

_TRIES = 8
"""How often a zip is looked for in the storage and fetched, where others write to the storage meanwhile."""
_KEPT_BYTES, _REFUSED_BYTES, _OVERHEAD = 32 << 20, 8 << 20, 500
"""For answers that may change, and for refusals, whose length others choose: what is forgotten is asked for again. And
what each of them takes beside its text, about."""


class _Kept(NamedTuple):
    """An answer that may change.

    Attributes:
        data: its bytes.
        asked_s: when upstream was asked, by the monotonic clock; 0 for long ago, or never.
        modified: since when it is so.
        read_s: when it was found in the storage, by the monotonic clock; 0 for an answer of upstream.
    """

    data: bytes
    asked_s: float
    modified: float
    read_s: float = 0.0


class ReadThrough:
    """See the module's docstring. Belongs to the cold loop.

    Attributes:
        published: answers about modules that live in the storage alone: upstream is never asked about them.
        min_age_s: younger versions are refused.
        verdicts: the rules of a govgo.toml, None for none.
    """

    def __init__(
        self,
        means: Means,
        freshness: Freshness,
        *,
        min_age_s: float = 0.0,
        published: PublishedModules | None = None,
    ) -> None:
        self.verdicts: Verdicts | None = None
        self._means = means
        self.published = published
        self._cold = means.cold
        self._storage: Storage = means.storage
        self._fresh = freshness
        self.min_age_s = min_age_s
        self._flights: Flights[Any] = Flights()
        self.zips = ZipFlights(means, self._zip_failed)
        self._sound = BoundedDict()
        self._refused: Recent[str, tuple[float, Refusal]] = Recent(_REFUSED_BYTES)
        self._kept: Recent[str, _Kept] = Recent(_KEPT_BYTES)
        self._down_until_s = 0.0
        self._generation = 0
        self._asking: dict[str, asyncio.Task[_Kept]] = {}
        self._later = AsyncFetch(self.answer)

    @property
    def fault(self) -> ForkError | None:
        """The evidence that the checksum database has two histories, once there is some."""
        return self._means.proofs.fault

    @property
    def flights(self) -> int:
        """How much is under way."""
        return len(self._flights) + len(self.zips) + len(self._asking)

    async def answer(
        self,
        question: Question,
        *,
        fetch: bool = True,
        mode: str = "sync",
        redirect_url: str = "",
        whole: bool = False,
        tells: bool = True,
    ) -> Answer:
        """The answer.

        Args:
            question: what is asked.
            fetch: whether upstream may be asked (`Disable-Module-Fetch`).
            mode: what is done about files that are not stored: "sync" fetches them, "async" fetches them in the
                background, "redirect" says where they are, "async_redirect" does both, "none" refuses.
            redirect_url: the proxy where they are; "" for the first of upstream.
            whole: a zip that is on its way is waited for.
            tells: whether to log for the operator why there is none.
        """
        if self.published is not None and not question.database and self.published.covers(question.path):
            return await self.published.answer(question)
        fetch = fetch and mode != "none"
        waits = fetch and (mode == "sync" or question.kind not in ("info", "mod", "zip"))
        try:
            return await self._answer(question, waits, fetch, whole)
        except GovgoError as error:
            if fetch and find(error, NotStoredError) is not None:
                return self._without_waiting(question, mode, redirect_url)
            return self._refuse(question, error, asked=waits or bool(question.database), tells=tells)

    def _without_waiting(self, question: Question, mode: str, redirect_url: str) -> Elsewhere | Refusal:
        """The answer of a mode that does not wait for what is not stored."""
        patience = self._later.ask(question) if mode in ("async", "async_redirect") else None
        if mode != "async":
            url = self._means.sources.url_of(question.path, question.key, redirect_url)
            if url:
                return Elsewhere(url)
        return patience or refusal_of(not_stored())

    def doubt(self, key: str) -> None:
        """Prove a stored file when it is next read as if it were read for the first time."""
        self._sound.pop(key, None)

    async def warm(self) -> None:
        """Be ready for the first question: load the client, find the way to the checksum database.

        Raises:
            SecurityError: the stored tree head contradicts the database; the operator and each client are informed.
        """
        self._means.sources.warm()
        try:
            await self._means.proofs.warm()
        except Failure:
            return  # a question asks again
        except SecurityError as error:
            self._means.log(f"{error}")
            raise

    def _refuse(self, question: Question, error: GovgoError, *, asked: bool, tells: bool) -> Refusal:
        missing_s = self._fresh.missing_s if asked else 0.0  # whoever lets us ask may get it
        refusal = refusal_of(error, missing_s=missing_s, bad_s=self._fresh.bad_s)
        if question.kind != "zip":  # else `_zip_failed` has remembered it
            self._remember(question.key, refusal, tells or bool(refusal.fresh_s))
        return refusal

    def _zip_failed(self, mod: ModuleVersion, error: GovgoError) -> None:
        refusal = refusal_of(error, missing_s=self._fresh.missing_s, bad_s=self._fresh.bad_s)
        self._remember(file_key(mod, "zip"), refusal)

    def _remember(self, key: str, refusal: Refusal, tells: bool = True) -> None:
        if refusal.fresh_s:
            size = len(key) + len(refusal.text) + _OVERHEAD
            self._refused.keep(key, (time.monotonic() + refusal.fresh_s, refusal), size)
        if tells and refusal.status not in (404, 410):
            self._means.log(f"{key}: {refusal.status}: {refusal.text}")
        if refusal.status == 502 and refusal.fresh_s:
            self._means.counters.add("unproved")

    async def _answer(self, question: Question, fetch: bool, asks: bool, whole: bool) -> Answer:
        """The answer; what is asked for is fetched if it may be, and what rules need to know of it where `asks`."""
        key = question.key
        known = self._refused.get(key)
        if known is not None:
            until_s, refusal = known
            left_s = until_s - time.monotonic()
            if left_s > 0:
                return Refusal(refusal.status, refusal.text, left_s, refusal.retry_after_s)
            self._refused.forget(key)
        if question.database:
            refused = self._refuse_database(question)
            if refused is not None:
                return refused
            if question.kind == "supported":
                return Body(b"", time.time(), self._fresh.list_s)
        if question.kind in ("list", "latest", "query", "head"):
            return await self._changing(question, fetch)
        if question.kind in ("lookup", "tile"):
            proved: Body = await self._flights.join(key, lambda: self._sumdb(question))
            return proved
        if self.min_age_s:
            await self._check_age(question.module, asks)
        if self.verdicts is not None:
            reason = await self.verdicts.refusal(question.module)
            if not reason and question.kind == "zip" and self.verdicts.looks_into_zips:
                zip_ = await self._zip(question.module, fetch, whole=True)
                reason = await zip_refusal(self.verdicts, question.module, zip_)
                if not reason:
                    return zip_
            if reason:
                self._means.counters.add("refused_by_policy")
                return Refusal(403, f"blocked by the rules of this proxy: {reason}", 10.0)
        if question.kind == "zip":
            return await self._zip(question.module, fetch, whole)
        make = self._info if question.kind == "info" else self._gomod
        found: Body = await self._flights.join((key, fetch), lambda: make(question.module, fetch))
        return found

    def _refuse_database(self, question: Question) -> Refusal | None:
        """Why nothing is asked of a checksum database, None where it may be asked."""
        served = self._means.proofs.database
        if served is None or question.database != served.name:
            return Refusal(404, "not found: no checksum database of this proxy", self._fresh.missing_s)
        lives_here = self.published is not None and self.published.covers(question.path)
        if question.kind == "lookup" and (lives_here or not self._means.proofs.covers(question.path)):
            return Refusal(403, "the database is not asked about private modules (GONOSUMDB, GOPRIVATE)")
        return None

    # Files of a version.

    async def _info(self, mod: ModuleVersion, fetch: bool) -> Body:
        key = file_key(mod, "info")
        stored = await self._stored_info(mod)
        if stored is not None:
            return stored
        if not fetch:
            raise not_stored()
        self._means.counters.add("fetched_info")
        info = await self._means.sources.ask(lambda source: source.stat(*mod))
        if info.version != mod.version:
            raise UnavailableError(f"{mod}: upstream says that this is version {info.version}")
        data = format_info(for_cache(info))
        await self._store(key, data)
        return Body(data, time.time())

    async def _stored_info(self, mod: ModuleVersion) -> Body | None:
        found = await self._read(file_key(mod, "info"), 1 << 16)
        if found is None:
            return None
        entry, data = found
        with suppress(InputError):
            if parse_info(data).version == mod.version:
                return Body(data, entry.modified)
        await self._damaged(entry.key, "it is no .info file of this version")
        return None

    async def _gomod(self, mod: ModuleVersion, fetch: bool) -> Body:
        key = file_key(mod, "mod")
        found = await self._read(key, MAX_GO_MOD)
        if found is not None:
            entry, data = found
            h1 = hash_gomod(data)  # of what was read: the tag may be of what was there a moment before
            if self._sound.get(key) == h1 or await self._is_sound(mod.gomod_key(), h1, key):
                self._sound.keep(key, h1)
                return Body(data, entry.modified)
        if not fetch:
            raise not_stored()
        self._means.counters.add("fetched_mod")
        async with self._means.proofs.expecting(mod):
            data = await self._means.sources.ask(lambda source: source.gomod(*mod))
            await self._means.proofs.check(mod.gomod_key(), hash_gomod(data))
        await self._store(key, data, lambda: self._means.appeared(mod))
        return Body(data, time.time())

    async def _zip(self, mod: ModuleVersion, fetch: bool, whole: bool) -> StoredFile | Reading:
        key = file_key(mod, "zip")
        for _ in range(_TRIES):
            stored: StoredFile | None = await self._flights.join((key, "stored"), lambda: self._stored_zip(mod))
            if stored is not None:
                return stored
            if not fetch:
                raise not_stored()
            reading = await self.zips.join(mod)
            if reading is None:
                continue  # another process was faster
            if whole:
                await reading.finished()
            return reading
        raise StorageError(f"{key}: others write to the storage, and nothing that they write proves", key=key)

    async def _stored_zip(self, mod: ModuleVersion) -> StoredFile | None:
        """A stored zip, proved; what is answered is the very copy that was proved."""
        key = file_key(mod, "zip")
        try:
            opened = await open_zip(self._cold, self._means.copies, key, self._sound.get(key))
        except BadZipError as error:
            await self._damaged(key, str(error))
            return None
        if opened is None:
            return None
        found, h1 = opened
        if h1 and not await self._is_sound(mod, h1, key):
            return None
        self._sound.keep(key, found.digest)
        return found

    async def _is_sound(self, mod: ModuleVersion, h1: str, key: str) -> bool:
        """Whether what was read from the storage is what the database, or the hash beside it, says.

        Raises:
            GovgoError: nobody can tell.
        """
        if not self._means.proofs.covers(mod.path):
            if mod.is_gomod_key:
                return True
            recorded = await self._cold.stored(lambda: self._storage.read(f"{key}hash", 0, MAX_RECORDED))
            text = (recorded or b"").decode("ascii", "replace").strip()
            if is_h1(text) and text != h1:
                await self._damaged(key, f"its hash is {h1}, and was {text} when it was stored")
                return False
            return True
        try:
            await self._means.proofs.check(mod, h1)
        except SumMismatchError as error:
            await self._damaged(key, str(error).partition("\n\n")[0])
            return False
        return True

    async def _damaged(self, key: str, why: str) -> None:
        """What the storage has does not prove: it must go, and is fetched again."""
        self._means.counters.add("damaged")
        self._means.log(f"{key}: damaged in the storage: {why}")
        if self._means.stores:
            await self._cold.stored(lambda: self._storage.delete(key))

    async def _check_age(self, mod: ModuleVersion, fetch: bool) -> None:
        info = parse_info((await self._info(mod, fetch)).data)
        check_time(mod, info, self.min_age_s)

    # What may change.

    async def _changing(self, question: Question, fetch: bool) -> Body:
        key = question.key
        now_s = time.monotonic()
        kept = self._kept.get(key)
        if kept is None or (not fetch and kept.read_s and now_s - kept.read_s >= self._fresh.list_s):
            await self._flights.join((key, "old"), lambda: self._old(question))
            kept = self._kept.get(key)
        if kept is not None and kept.asked_s and now_s - kept.asked_s < self._fresh.list_s:
            return self._body(kept, self._fresh.list_s - (now_s - kept.asked_s))
        if not fetch or (kept is not None and now_s < self._down_until_s):
            if kept is None:
                raise not_stored()
            self._means.counters.add("stale_answers")
            return self._body(kept, 1.0)
        if kept is None:
            found = await self._flights.join(key, lambda: self._ask_anew(question))
            return self._body(found, self._fresh.list_s)
        asking = self._asking.get(key)
        if asking is None:
            asking = self._asking[key] = asyncio.ensure_future(self._ask_anew(question))
            asking.add_done_callback(lambda task: self._asked(key, task))
        await asyncio.wait({asking}, timeout=self._fresh.patience_s)
        if not asking.done():
            self._down_until_s = time.monotonic() + self._fresh.down_s
        elif not asking.cancelled():
            error = asking.exception()
            if error is None:
                return self._body(asking.result(), self._fresh.list_s)
            if isinstance(error, YoungVersionError) or (question.kind == "query" and is_not_found(error)):
                self._kept.forget(key)  # what a branch was is of no use when it is gone
                raise error
        self._means.counters.add("stale_answers")
        return self._body(kept, 1.0)

    def _asked(self, key: str, task: asyncio.Task[_Kept]) -> None:
        self._asking.pop(key, None)
        if not task.cancelled():
            task.exception()

    def _body(self, kept: _Kept, fresh_s: float) -> Body:
        return Body(kept.data, kept.modified, max(1.0, fresh_s))

    async def _ask_anew(self, question: Question) -> _Kept:
        kinds: dict[str, Callable[[Question], Coroutine[Any, Any, bytes]]] = {
            "list": self._fetch_list,
            "latest": self._fetch_latest,
            "query": self._fetch_query,
            "head": self._fetch_head,
        }
        generation = self._generation
        try:
            async with asyncio.timeout(None if self._kept.get(question.key) is None else 60):
                data = await kinds[question.kind](question)
        except TimeoutError:
            raise UnavailableError(f"{question.key}: upstream did not answer in time") from None
        except Failure as error:
            if not is_not_found(error) and not is_refused(error):
                self._down_until_s = time.monotonic() + self._fresh.down_s
            raise
        before = self._kept.get(question.key)
        same = before is not None and before.data == data
        modified = before.modified if same and before is not None else time.time()
        # What was asked for before somebody said that it has changed is old already.
        kept = _Kept(data, time.monotonic() if generation == self._generation else 0.0, modified)
        self._remember_answer(question.key, kept)
        if not same and question.kind in ("list", "latest") and self._means.stores:
            await self._means.unsaved.store(question.key + SUFFIX, len(data), partial(self._keep, question.key))
        return kept

    def _keep(self, key: str) -> None:
        """Store the newest answer, for times when upstream is down."""
        if (kept := self._kept.peek(key)) is not None:
            self._storage.replace(key + SUFFIX, format_kept(kept.data))

    async def _old(self, question: Question) -> None:
        """Remember what the storage has, from before this process began."""
        kept = None
        if question.kind in ("list", "latest"):
            kept = await self._kept_before(question)
        elif question.kind == "head":
            with suppress(NotFoundError):
                kept = _Kept(await self._means.proofs.known(), 0.0, time.time())
        before = self._kept.get(question.key)
        if before is not None and not before.read_s:
            return  # somebody else has asked upstream meanwhile
        if kept is not None:
            same = before is not None and before.data == kept.data
            self._remember_answer(question.key, kept._replace(modified=before.modified) if same and before else kept)
        else:
            self._kept.forget(question.key)

    def _remember_answer(self, key: str, kept: _Kept) -> None:
        self._kept.keep(key, kept, len(key) + len(kept.data) + _OVERHEAD)

    async def _kept_before(self, question: Question) -> _Kept | None:
        """What upstream said about a module, else what the storage itself can say."""
        key = question.key + SUFFIX
        found = await self._read(key, MAX_KEPT)
        answer = None if found is None else parse_kept(found[1])
        modified = time.time() if found is None else found[0].modified
        if found is not None and answer is None:
            await self._damaged(key, "it is not what was written")
        if answer is None:
            stored = await self._cold.stored(lambda: stored_answer(self._storage, question))
            answer, modified = stored or None, time.time()
        if answer is not None and self.min_age_s:
            answer = await old_part(question, answer, self.min_age_s, partial(self._check_age, fetch=False))
        return None if answer is None else _Kept(answer, 0.0, modified, time.monotonic())

    async def _fetch_list(self, question: Question) -> bytes:
        self._means.counters.add("fetched_list")
        found = await self._means.sources.ask(lambda source: source.versions(question.path))
        versions = [version for version in found.list if is_canonical(version)]
        if self.min_age_s:
            versions = await without_young(question.path, versions, partial(self._check_age, fetch=True))
        return "".join(f"{version}\n" for version in versions).encode()

    async def _fetch_latest(self, question: Question) -> bytes:
        self._means.counters.add("fetched_latest")
        return await self._revision(question, lambda source: source.latest(question.path))

    async def _fetch_query(self, question: Question) -> bytes:
        self._means.counters.add("fetched_query")
        return await self._revision(question, lambda source: source.stat(question.path, question.version))

    async def _revision(self, question: Question, ask: Callable[[Any], Coroutine[Any, Any, RevInfo]]) -> bytes:
        info = await self._means.sources.ask(ask)
        check_time(ModuleVersion(question.path, info.version), info, self.min_age_s)
        if is_settled(question.path, info.version):
            await self._store(
                file_key(ModuleVersion(question.path, info.version), "info"), format_info(for_cache(info))
            )
        return format_info(info)

    async def _fetch_head(self, _: Question) -> bytes:
        return await self._means.proofs.newest()

    # The checksum database.

    async def _sumdb(self, question: Question) -> Body:
        from govgo.core.sumdb.tile import parse_tile_path

        if question.kind == "tile":
            data = await self._means.proofs.tile(parse_tile_path(question.version))
        else:
            data = await self._means.proofs.answer(question.module)
        return Body(data, time.time())

    # The storage and upstream.

    async def _read(self, key: str, limit: int) -> tuple[Entry, bytes] | None:
        def read() -> tuple[Entry, bytes] | None:
            entry = self._storage.head(key)
            if entry is None:
                return None
            data = b"" if entry.size > limit else self._storage.read(key, 0, limit)
            return None if data is None else (entry, data)

        found: tuple[Entry, bytes] | None = await self._cold.stored(read)
        if found is not None and found[0].size > limit:
            await self._damaged(key, "it is too large")
            return None
        return found

    async def _store(self, key: str, data: bytes, fresh: Callable[[], object] = lambda: None) -> None:
        """Store what was proved, now or when it is possible; `fresh` is called if it was not there."""
        if self._means.stores:
            await self._means.unsaved.store(key, len(data), lambda: self._storage.create(key, data), fresh)

    def refresh(self, paths: Sequence[str] | None) -> None:
        """Ask upstream anew about modules and what is below their paths; None for all.

        What was known remains, for where upstream is down.
        """
        self._generation += 1
        self._means.sources.forget()
        prefixes = None if paths is None else tuple(f"{escape_path(path)}/" for path in paths)
        for key, kept in self._kept.items():
            if prefixes is None or key.startswith(prefixes):
                self._remember_answer(key, kept._replace(asked_s=0.0))
        for key, (_, refusal) in self._refused.items():
            if refusal.status in (404, 410) and (prefixes is None or key.startswith(prefixes)):
                self._refused.forget(key)

    def forget(self) -> None:
        """Forget what is remembered of answers and failures; what is under way goes on."""
        self._sound.clear()
        self._refused.clear()
        self._kept.clear()
        self._down_until_s = 0.0
        self._means.proofs.forget()

    async def aclose(self) -> None:
        """Cancel what is under way, and write what is proved; raises nothing."""
        for task in (*self._asking.values(), *self._later.tasks()):
            task.cancel()
        await self.zips.aclose()
        self._means.sources.close()
        await self._means.proofs.aclose()
