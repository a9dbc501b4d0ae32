# SPDX-License-Identifier: BSD-3-Clause
"""go.mod files: from the cache or the sources, admitted by checksum, remembered.

Nothing that does not prove reaches the cache or the ledger. `gomodstream` serves whole graphs from here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from govgo.adapters.loop.memo import Memo
from govgo.adapters.modcache.cache import ModCache
from govgo.adapters.repository.sumcheck import Admission
from govgo.core.gosum.dirhash import hash_gomod
from govgo.core.module.moduleversion import ModuleVersion, is_toolchain
from govgo.core.version.goversion import is_valid as is_go_version
from govgo.errors import DiskError, GovgoError
from govgo.ports.modules import Loader
from govgo.ports.talk import Reporter

if TYPE_CHECKING:
    from govgo.adapters.loop.helper import Helper
    from govgo.adapters.repository.chain import TrySources


class GoMods:
    """See the module's docstring."""

    def __init__(
        self,
        cache: ModCache,
        try_sources: TrySources,
        admission: Admission,
        report: Reporter,
        helper: Callable[[], Helper | None],
    ) -> None:
        self._cache = cache
        self._try = try_sources
        self._admission = admission
        self._report = report
        self._helper = helper
        self._known: dict[ModuleVersion, bytes | GovgoError] = {}
        self._absent: set[ModuleVersion] = set()
        self._empty: bool | None = None
        self._raw: Memo[ModuleVersion, bytes] = Memo()
        self._loading: Memo[ModuleVersion, bytes] = Memo()
        self._unwritten: list[tuple[ModuleVersion, bytes]] = []

    def forget(self) -> None:
        """Judge everything anew, since the ledger has changed."""
        self._known.clear()
        self._absent.clear()
        self._empty = None
        self._loading = Memo()

    def cached(self, mv: ModuleVersion) -> bytes | GovgoError | None:
        """What is known of a go.mod without asking anyone: its bytes, why there are none, or nothing.

        Raises:
            SumMismatchError: the cached file contradicts go.sum.
        """
        known = self._known.get(mv)
        if known is not None:
            return known
        if is_toolchain(mv.path):
            return f"module {mv.path}\n".encode() if is_go_version(mv.version.removeprefix("go")) else None
        if mv in self._absent or self._nothing_cached():
            return None
        data = self._cache.read_gomod(mv)
        if data is None:
            self._absent.add(mv)
            return None
        if not self._admission.settle(mv.gomod_key(), hash_gomod(data)):
            return None
        self._known[mv] = data
        return data

    def at_hand(self, mv: ModuleVersion) -> bytes | None:
        """The go.mod that was admitted in this run, on the disk or not yet, or else lies in the cache; or None."""
        known = self._known.get(mv)
        return known if isinstance(known, bytes) else self._cache.read_gomod(mv)

    async def load(self, mv: ModuleVersion) -> bytes:
        """A go.mod, admitted and laid aside for the cache (see `write`).  Raises GovgoError."""
        known = self.cached(mv)
        if known is None:
            return await self._loading.get(mv, lambda: self._load(mv))
        if isinstance(known, GovgoError):
            raise known
        return known

    def drain(self, loader: Loader) -> tuple[list[ModuleVersion], int]:
        """Tell `loader` what needs no network; what remains, and how much was wanted."""
        missing: list[ModuleVersion] = []
        asked = 0
        cached, tell = self.cached, loader.tell
        while wanted := loader.wanted():
            asked += len(wanted)
            for mv in wanted:
                answer = cached(mv)
                if answer is None:
                    missing.append(mv)
                else:
                    tell(mv, answer)
        return missing, asked

    async def fetch(self, mv: ModuleVersion) -> bytes:
        """The bytes as they are in the cache or at the sources, unjudged; asked for once."""
        return await self._raw.get(mv, lambda: self._fetch(mv))

    async def judge(self, mv: ModuleVersion, data: bytes) -> None:
        """Admit bytes that `fetch` gave, and lay them aside for the cache.

        Raises:
            GovgoError: remembered for this go.mod.
        """
        try:
            await self._admission.admit(mv.gomod_key(), hash_gomod(data))
        except GovgoError as err:
            self._known[mv] = err
            raise
        self._known[mv] = data
        if not is_toolchain(mv.path):
            helper = self._helper()
            if helper is not None and helper.ready:
                self._cache.hand_over_gomod(helper, mv, data)
            else:
                self._unwritten.append((mv, data))

    def expect(self, mv: ModuleVersion) -> None:
        """Begin the checksum lookup that the go.mod will need."""
        self._admission.expect(mv.gomod_key())

    def _nothing_cached(self) -> bool:
        """Whether the cache was empty at the first question: then none of the thousands that follow looks."""
        if self._empty is None:
            self._empty = not self._cache.has_downloads()
        return self._empty

    def remember(self, mv: ModuleVersion, error: GovgoError) -> None:
        """Why there is no go.mod."""
        self._known[mv] = error

    def write(self, limit: int = 0) -> None:
        """Write what was admitted to the cache, at most `limit` files if that is not 0.

        A disk that refuses is worth a sentence, no more.
        """
        more = limit > 0
        limit = limit or len(self._unwritten)
        files, self._unwritten = self._unwritten[:limit], self._unwritten[limit:]
        if files or not more:
            try:
                self._cache.write_gomods(files, more=more)
            except DiskError as err:
                self._report.note(f"writing go.mod cache: {err}")

    async def flush(self) -> None:
        """Have the helper write what it was given."""
        helper = self._helper()
        if helper is not None:
            text = await self._cache.finish_gomods(helper)
            if text:
                self._report.note(f"writing go.mod cache: {text}")

    async def _load(self, mv: ModuleVersion) -> bytes:
        self.expect(mv)
        try:
            data = await self.fetch(mv)
        except GovgoError as err:
            self._known[mv] = err
            raise
        await self.judge(mv, data)
        return data

    async def _fetch(self, mv: ModuleVersion) -> bytes:
        if mv not in self._absent and not is_toolchain(mv.path) and not self._nothing_cached():
            data = self._cache.read_gomod(mv)
            if data is not None:
                return data
        return await self._try(lambda source: source.gomod(mv.path, mv.version))
