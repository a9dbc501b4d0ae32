# SPDX-License-Identifier: BSD-3-Clause
"""go.mod files: from the cache or the sources, checked against go.sum and the database, and remembered.

The way of one go.mod:

    cached      known in this run, or on the disk and proved by go.sum: no network, no coroutine
    fetch       the bytes from cache or sources, unchecked, each asked for once
    check       against go.sum and the checksum database (`sumcheck`); a failure is remembered as the answer
    write       into the cache, later and many at once

What does not prove never reaches the cache or the ledger. A go.mod that is only fetched ahead is checked, too, but its
hash enters the ledger when somebody asks for the go.mod: go.sum gets no line for one that go would not read.
`gomodstream` loads whole module graphs through this.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from importlib import import_module

from govgo.adapters.loop.memo import Memo
from govgo.adapters.modcache.cache import ModCache
from govgo.adapters.repository.sumcheck import SumCheck
from govgo.core.module.moduleversion import ModuleVersion, is_toolchain
from govgo.core.typehints import TYPE_CHECKING
from govgo.core.version.goversion import is_valid as is_go_version
from govgo.errors import DiskError, GovgoError

if TYPE_CHECKING:
    from govgo.adapters.loop.helper import Helper
    from govgo.adapters.repository.chain import TrySources
    from govgo.core.gosum.dirhash import Sha256
    from govgo.core.modfile.summary import Summary
    from govgo.ports.files import GoModIndex
    from govgo.ports.modules import Loader
    from govgo.ports.reporter import Reporter

_FEW = 300
"""So many go.mod files are hashed in the time that OpenSSL takes to load."""
_MANY = 40
"""When so many go.mod files are asked for at once, the graph is large enough for an index of them to pay."""


class Foreseen:
    """A loader that is served before it is certain that anyone needs what it loads (`ports.modules.Loader`).

    Attributes:
        told: the go.mod files that it has been given; their hashes do not count as used.
    """

    def __init__(self, loader: Loader) -> None:
        self._loader = loader
        self.told: list[ModuleVersion] = []
        self.wanted = loader.wanted
        self.likely = loader.likely

    def tell(self, mv: ModuleVersion, answer: bytes | Summary | Exception) -> None:
        """Give the loader a go.mod, or why there is none."""
        self.told.append(mv)
        self._loader.tell(mv, answer)


class GoMods:
    """The go.mod files of one command.

    Args:
        cache: the module cache.
        try_sources: asks the sources of GOPROXY in turn.
        sums: checks hashes.
        report: takes sentences for the user.
        open_index: gives the index of what the go.mod files of a graph say, by the name of its go.sum.
        helper: gives the process that writes files, where there is one.
    """

    def __init__(
        self,
        cache: ModCache,
        try_sources: TrySources,
        sums: SumCheck,
        report: Reporter,
        open_index: Callable[[str], GoModIndex | None],
        helper: Callable[[], Helper | None],
    ) -> None:
        self._cache = cache
        self._try = try_sources
        self._sums = sums
        self._report = report
        self._helper = helper
        self._known: dict[ModuleVersion, bytes | GovgoError] = {}
        self._hashed: dict[ModuleVersion, tuple[bytes, str]] = {}
        self._proved: set[ModuleVersion] = set()
        self._absent: set[ModuleVersion] = set()
        self._empty: bool | None = None
        self._open_index = open_index
        self._index: GoModIndex | None = None
        self._raw: Memo[ModuleVersion, bytes] = Memo()
        self._loading: Memo[ModuleVersion, bytes] = Memo()
        self._loading_ahead: Memo[ModuleVersion, bytes] = Memo()
        self._unwritten: list[tuple[ModuleVersion, bytes]] = []

    def forget(self) -> None:
        """Check everything anew, since the ledger has changed. Bytes, and their hashes, are still known."""
        self._known.clear()
        self._proved.clear()
        self._absent.clear()
        self._empty = None
        self._loading = Memo()
        self._loading_ahead = Memo()
        self.close_index()

    def cached(self, mv: ModuleVersion) -> bytes | GovgoError | None:
        """What is known of a go.mod without asking anyone: its bytes, why there are none, or None.

        Raises:
            SumMismatchError: the cached file contradicts go.sum.
        """
        answer = self.peek(mv)
        if mv in self._proved:
            self._proved.remove(mv)
            data, h1 = self._hashed[mv]
            self._sums.admit(mv.gomod_key(), h1)
            self._known[mv] = data
        return answer

    def peek(self, mv: ModuleVersion) -> bytes | GovgoError | None:
        """As `cached`, for a go.mod that may turn out not to be needed.

        Raises:
            SumMismatchError: the cached file contradicts go.sum.
        """
        known = self._known.get(mv)
        if known is not None:
            return known
        if is_toolchain(mv.path):
            return _of_toolchain(mv)
        if mv in self._proved:
            return self._hashed[mv][0]
        found = self._read(mv)
        if found is None or not self._sums.agrees(mv.gomod_key(), found[1]):
            return None
        self._proved.add(mv)
        return found[0]

    def _read(self, mv: ModuleVersion) -> tuple[bytes, str] | None:
        """A go.mod that was read before or is in the cache, not checked, and its hash."""
        hashed = self._hashed.get(mv)
        if hashed is not None:
            return hashed
        if mv in self._absent or self._nothing_cached():
            return None
        data = self._cache.read_gomod(mv)
        if data is None:
            self._absent.add(mv)
            return None
        from govgo.core.gosum.dirhash import hash_gomod  # nothing is hashed that the index has

        hashed = self._hashed[mv] = data, hash_gomod(data, self._sha256())
        return hashed

    def _sha256(self) -> Sha256 | None:
        """Python's own for the first few files, unless OpenSSL is there: to load that takes as long as these files."""
        return pythons_sha256() if len(self._hashed) < _FEW and "hashlib" not in sys.modules else None

    def at_hand(self, mv: ModuleVersion) -> bytes | None:
        """The go.mod that was checked in this run, on the disk or not yet, else the one in the cache; or None."""
        known = self._hashed[mv][0] if mv in self._proved else self._known.get(mv)
        return known if isinstance(known, bytes) else self._cache.read_gomod(mv)

    async def load(self, mv: ModuleVersion) -> bytes:
        """A go.mod, checked, and put aside for the cache (see `write`).

        Raises:
            SumMismatchError: it contradicts go.sum or the database.
            GovgoError: it cannot be obtained or proved; remembered for the next call.
        """
        known = self.cached(mv)
        if known is None:
            return await self._loading.get(mv, lambda: self._load(mv))
        if isinstance(known, GovgoError):
            raise known
        return known

    async def load_ahead(self, mv: ModuleVersion) -> None:
        """As `load`, for a go.mod that may turn out not to be needed."""
        if self.peek(mv) is None:
            await self._loading_ahead.get(mv, lambda: self._load(mv, ahead=True))

    def for_graph(self, mv: ModuleVersion, *, ahead: bool = False) -> bytes | Summary | GovgoError | None:
        """As `cached`, or `peek` if `ahead`; what the go.mod says will do in place of its bytes.

        Raises:
            SumMismatchError: the cached file contradicts go.sum.
        """
        return self.recall(mv, ahead=ahead) or (self.peek(mv) if ahead else self.cached(mv))

    def recall(self, mv: ModuleVersion, *, ahead: bool = False) -> Summary | None:
        """What the go.mod in the cache says, if that is in the index and go.sum agrees.

        Raises:
            SumMismatchError: the cached file contradicts go.sum.
        """
        if self._index is None or mv in self._known or mv in self._hashed or is_toolchain(mv.path):
            return None
        found = self._index.recall(mv)
        if found is None:
            return None
        summary, h1 = found
        check = self._sums.agrees if ahead else self._sums.check_locally
        return summary if check(mv.gomod_key(), h1) else None

    def summarized(self, mv: ModuleVersion, data: bytes, summary: Summary) -> None:
        """Keep for the next command what a go.mod says, with the hash of the bytes that say it."""
        hashed = self._hashed.get(mv)
        if self._index is not None and hashed is not None and hashed[0] is data:
            self._index.remember(mv, hashed[1], summary)

    def close_index(self) -> None:
        """Write what is new in the index."""
        if self._index is not None:
            self._index.flush()
            self._index = None

    def answer_from_cache(self, loader: Loader, *, ahead: bool = False) -> tuple[list[ModuleVersion], int]:
        """Give `loader` everything that needs no network; (what is missing then, how many go.mod it asked for).

        Args:
            loader: who wants go.mod files.
            ahead: they may turn out not to be needed.
        """
        missing: list[ModuleVersion] = []
        asked = 0
        # Looked up once: a warm graph asks thousands of times.
        for_graph, tell = self.for_graph, loader.tell
        while wanted := loader.wanted():
            asked += len(wanted)
            if self._index is None and len(wanted) >= _MANY and not self._nothing_cached():
                self._index = self._open_index(self._sums.ledger.file)
            for mv in wanted:
                answer = for_graph(mv, ahead=ahead)
                if answer is None:
                    missing.append(mv)
                else:
                    tell(mv, answer)
        return missing, asked

    async def fetch(self, mv: ModuleVersion) -> bytes:
        """The bytes as they are in the cache or at the sources, unchecked; asked for once.

        Raises:
            GovgoError: there are none.
        """
        return await self._raw.get(mv, lambda: self._fetch(mv))

    async def check(self, mv: ModuleVersion, data: bytes, *, ahead: bool = False) -> None:
        """Check bytes that `fetch` gave, and put them aside for the cache.

        Args:
            mv: the module version.
            data: the bytes.
            ahead: they may turn out not to be needed.

        Raises:
            SumMismatchError: they contradict go.sum or the database.
            GovgoError: they cannot be proved. Either error is remembered as the answer for this go.mod.
        """
        from govgo.core.gosum.dirhash import hash_gomod

        key = mv.gomod_key()
        known = self._hashed.get(mv)
        is_known = known is not None and known[0] is data  # in the cache already, or about to be
        h1 = known[1] if known is not None and is_known else hash_gomod(data)
        try:
            await self._sums.prove(key, h1)
        except GovgoError as err:
            self._known[mv] = err
            raise
        if not ahead:
            self._sums.admit(key, h1)
            self._known[mv] = data
            self._proved.discard(mv)
        elif mv not in self._known:
            self._proved.add(mv)
        self._hashed[mv] = data, h1
        if not is_known and not is_toolchain(mv.path):
            helper = self._helper()
            if helper is not None and helper.ready:
                self._cache.hand_over_gomod(helper, mv, data)
            else:
                self._unwritten.append((mv, data))

    def prefetch_sum(self, mv: ModuleVersion) -> None:
        """Begin the checksum lookup that `check` will need."""
        self._sums.prefetch(mv.gomod_key())

    def remember(self, mv: ModuleVersion, error: GovgoError) -> None:
        """Remember why there is no go.mod."""
        self._known[mv] = error

    def write(self, limit: int = 0) -> None:
        """Write what was checked to the cache; at most `limit` files, unless that is 0.

        A disk that refuses is reported, and nothing more: the command has the bytes in memory.
        """
        more = limit > 0
        limit = limit or len(self._unwritten)
        files, self._unwritten = self._unwritten[:limit], self._unwritten[limit:]
        if files or not more:
            try:
                self._cache.write_gomods(files, more=more)
            except DiskError as err:
                self._report.note(f"writing go.mod cache: {err}")

    def write_rest(self) -> None:
        """Write what was fetched ahead and then used: no call waited for it. Those that wait write what they got."""
        if self._unwritten:
            self.write()

    async def flush(self) -> None:
        """Wait until the helper has written what it was given."""
        helper = self._helper()
        if helper is not None:
            text = await self._cache.finish_gomods(helper)
            if text:
                self._report.note(f"writing go.mod cache: {text}")

    def _nothing_cached(self) -> bool:
        """Whether the cache was empty at the first call; then the thousands of calls that follow do not look."""
        if self._empty is None:
            self._empty = not self._cache.has_downloads()
        return self._empty

    async def _load(self, mv: ModuleVersion, *, ahead: bool = False) -> bytes:
        self.prefetch_sum(mv)
        try:
            data = await self.fetch(mv)
        except GovgoError as err:
            self._known[mv] = err
            raise
        await self.check(mv, data, ahead=ahead)
        return data

    async def _fetch(self, mv: ModuleVersion) -> bytes:
        if mv in self._hashed:
            return self._hashed[mv][0]
        if mv not in self._absent and not is_toolchain(mv.path) and not self._nothing_cached():
            data = self._cache.read_gomod(mv)
            if data is not None:
                return data
        return await self._try(lambda source: source.gomod(mv.path, mv.version))


@cache
def pythons_sha256() -> Sha256 | None:
    """What hashlib has where OpenSSL is missing, five times slower; None where the interpreter was built without."""
    with suppress(ImportError):
        found: Sha256 = import_module("_sha2" if sys.version_info >= (3, 12) else "_sha256").sha256
        return found
    return None


def _of_toolchain(mv: ModuleVersion) -> bytes | None:
    """The go.mod of a toolchain, which is made up; None for a version that is none."""
    return f"module {mv.path}\n".encode() if is_go_version(mv.version.removeprefix("go")) else None
