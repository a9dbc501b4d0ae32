# SPDX-License-Identifier: BSD-3-Clause
"""The registry of a site: answers about what is stored, as values, out of the catalogue.

Only what may be shown enters the catalogue: modules that the policy serves, and private ones (GOPRIVATE, GONOPROXY,
GONOSUMDB) only where everybody who asks needs a name. Rules may change meanwhile, so every row is judged once more.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from govgo.adapters.catalogue.catalogue import Catalogue
from govgo.adapters.catalogue.database import open_database
from govgo.adapters.catalogue.filling import FilledCatalogue
from govgo.adapters.catalogue.scan import MAX_GO_MOD, Scanner, required_in
from govgo.adapters.disk.usercache import KeptFiles
from govgo.adapters.licenses.matcher import SpdxMatcher
from govgo.adapters.proxy.revinfo import parse_info
from govgo.core.goenv import GoEnv
from govgo.core.modfile import ModFileErrors
from govgo.core.modfile.quickread import summarize
from govgo.core.module.info import Origin
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.module.patterns import match_prefix_patterns
from govgo.core.registry.facts import ModuleRow, Requirement, Requirer, VersionFacts, ZipFacts
from govgo.core.registry.pages import (
    HomePage,
    ImportsPage,
    ListPage,
    ModulePage,
    RequirersPage,
    Standing,
    VersionPage,
)
from govgo.core.registry.scorecard import scorecard
from govgo.errors import InputError, NotFoundError
from govgo.ports.reporter import Reporter
from govgo.ports.storage import Storage
from govgo.serve.policy import Policy
from govgo.serve.protocol.question import file_key
from govgo.serve.registry.advisories import Adviser
from govgo.serve.registry.changes import News
from govgo.serve.registry.checks import Checker
from govgo.serve.registry.updater import Updater
from govgo.serve.tables import RegistrySettings
from govgo.serve.upstream.coldloop import ColdLoop

_T = TypeVar("_T")
_Row = TypeVar("_Row", ModuleRow, Requirer)

MOST_ROWS = 500
"""Of one page or document."""
_ON_HOME = 12
_ASIDE = 12
_MAX_INFO = 1 << 16
_LOOK_S = 1.5
"""So long a page waits for a zip to be looked into."""
_MOST_WORDS = 8
_AT_ONCE = 100
"""So many rows are read where fewer are wanted: some of them may be hidden."""
_MAX_QUERY = 200
_LAST_S = 0.5
LATEST = "latest"


class Visible:
    """Who may see which modules."""

    def __init__(self, policy: Policy, private: str, *, closed: bool) -> None:
        """`closed` is whether everybody needs a name; `private` are patterns of module paths."""
        self._policy = policy
        self._private = "" if closed else private

    def __call__(self, path: str, version: str) -> bool:
        """Whether a version of a module may be shown; "" stands for the module itself."""
        return not self._policy.refusal(path, version) and not match_prefix_patterns(self._private, path)

    @property
    def name(self) -> str:
        """Changes with what may be shown."""
        policy = self._policy
        return f"{policy.deny} {policy.allow} {policy.filter} {policy.min_age_s} {self._private}"


class Registry:
    """See the module's docstring. Its coroutines run on the server's own loop, and wait for nothing but a disk."""

    def __init__(
        self,
        settings: RegistrySettings,
        storage: Storage,
        cold: ColdLoop,
        env: GoEnv,
        visible: Visible,
        report: Reporter,
        *,
        place: str,
        closed: bool,
        min_age_s: float,
        news: News | None = None,
    ) -> None:
        """Open the catalogue.

        Args:
            settings: see `RegistrySettings`.
            storage: the storage whose contents the pages show.
            cold: the loop of the proxy's questions.
            env: go's settings.
            visible: what may be shown.
            report: takes sentences for the operator.
            place: names the storage.
            closed: whether everybody needs a name.
            min_age_s: younger versions are not shown.
            news: what the event log tells; None without one.

        Raises:
            StorageError: the catalogue cannot be opened.
        """
        self._settings = settings
        self._storage = storage
        self._cold = cold
        self._visible = visible
        self._closed = closed
        self._filled = open_database(FilledCatalogue, env.process, f"{place} {visible.name}")
        self._catalogue = Catalogue(self._filled.path)  # pages do not wait for what is being written
        self._checker = Checker(cold, storage, env, report.note)
        self._adviser = Adviser(env, report, settings.advisories, new_s=settings.refresh_s)
        self.keeper = Updater(
            cold,
            storage,
            self._filled,
            lambda pause: Scanner(storage, self._filled, visible, pause, min_age_s=min_age_s),
            self._checker,
            self._adviser,
            SpdxMatcher(KeptFiles(env.process, "licenses")) if settings.licences else None,
            report.note,
            news,
            refresh_s=settings.refresh_s,
        )
        self._pool = ThreadPoolExecutor(2, "govgo-pages")

    def use(self, visible: Visible, *, closed: bool, min_age_s: float) -> None:
        """Let other rules count: for what is answered at once, for counts when the storage was looked at again."""
        self._visible, self._closed = visible, closed
        self.keeper.use(visible, min_age_s)

    def start(self) -> None:
        """Begin to fill the catalogue."""
        self.keeper.start()

    def stop(self) -> None:
        """End it."""
        self.keeper.stop()
        with suppress(TimeoutError):
            self._cold.call(self._checker.aclose()).result(_LAST_S)
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._catalogue.close()
        self._filled.close()

    # Pages.

    async def home(self, address: str) -> HomePage:
        """What the server is; `address` is how it was asked for."""
        standing = await self.standing(address)
        used = await self._asked(lambda: self._catalogue.most_used(_ON_HOME))
        newest = await self._asked(lambda: self._catalogue.newest(_ON_HOME))
        return HomePage(
            standing, tuple(self._shown(used)), tuple(row for row in newest if self._visible(row.path, row.version))
        )

    async def modules(self, address: str, query: str, after: str, limit: int) -> ListPage:
        """Modules by path, or those whose paths have every word of a query."""
        standing = await self.standing(address)
        words = query[:_MAX_QUERY].split()[:_MOST_WORDS]

        def read(place: str, count: int) -> list[ModuleRow]:
            catalogue = self._catalogue
            return catalogue.search(words, _place(place), count) if words else catalogue.modules(place, count)

        def place_of(row: ModuleRow) -> str:
            return f"{row.required_by} {row.path}" if words else row.path

        rows, last = await self._page(read, place_of, after, limit)
        return ListPage(standing, " ".join(words), after, rows, last)

    async def module(self, address: str, path: str, skip: int, limit: int) -> ModulePage:
        """A module with a part of its history.

        Raises:
            NotFoundError: it is not stored, or may not be shown.
        """
        standing = await self.standing(address)
        module = await self._module(path)

        def read() -> tuple[Any, ...]:
            catalogue = self._catalogue
            return (
                catalogue.deciding(path),
                catalogue.versions(path, skip, limit),
                catalogue.count_versions(path),
                catalogue.packages(path, _ASIDE),
                catalogue.requirers(path, "", _ASIDE),
            )

        deciding, rows, total, packages, requirers = await self._asked(read)
        rows = [row for row in rows if self._visible(path, row.version)]
        requirers = self._shown(requirers)
        found = {row.version: self._adviser.match(ModuleVersion(path, row.version)) for row in rows}
        vulnerable = {version: tuple(each.id for each in hits) for version, hits in found.items() if hits}
        return ModulePage(
            standing._replace(advisories=self._adviser.state_of(path)),
            module,
            deciding,
            skip,
            tuple(rows),
            total,
            vulnerable,
            tuple(packages),
            tuple(requirers),
        )

    async def version(self, address: str, path: str, version: str) -> VersionPage:
        """A version, with its scorecard; "latest" for the one to take.

        Raises:
            NotFoundError: it is not stored, or may not be shown.
            StorageError: the storage cannot be asked.
        """
        standing = await self.standing(address)
        module = await self._module(path)
        mod = ModuleVersion(path, module.newest if version == LATEST else version)
        found = await self._asked(lambda: self._catalogue.version(mod)) if self._visible(*mod) else None
        if found is None:
            raise NotFoundError(f"not found: {mod}: no such version is stored here, or listed by upstream")
        row, rank = found
        zip_, note = await self._zip(mod, row.files)
        if "mod" in row.files and not row.log.when:
            check = await self._on_cold(self._checker.check(mod, zip_.h1 if zip_ is not None else ""))
            row = row._replace(log=check)
        elif zip_ is not None and not row.log.zip_was_read:
            row = (await self._asked(lambda: self._catalogue.version(mod)) or found)[0]
        go_version, requirements = await self._gomod(mod) if "mod" in row.files else (None, None)
        facts = VersionFacts(
            module,
            row,
            rank,
            go_version,
            requirements,
            await self._origin(mod) if "info" in row.files else None,
            zip_,
            note,
            self._adviser.state_of(path),
            self._adviser.match(mod),
            await self._asked(lambda: self._catalogue.deciding(path)),
        )
        return VersionPage(standing, facts, scorecard(facts, standing.now))

    async def requirers(self, address: str, path: str, after: str, limit: int) -> RequirersPage:
        """The stored modules that require one, which need not be stored itself.

        Raises:
            NotFoundError: nobody requires it and it is not stored, or it may not be shown.
        """
        standing = await self.standing(address)
        self._check_visible(path)
        module = await self._asked(lambda: self._catalogue.module(path))

        def read(place: str, count: int) -> list[Requirer]:
            return self._catalogue.requirers(path, place, count)

        rows, last = await self._page(read, lambda row: row.path, after, limit)
        if module is None and not rows and not after:
            raise _absent(path)
        return RequirersPage(standing, path, module, after, rows, last)

    async def imports(self, address: str, path: str, limit: int) -> ImportsPage:
        """The packages of a module that others import.

        Raises:
            NotFoundError: nobody does and it is not stored, or it may not be shown.
        """
        standing = await self.standing(address)
        self._check_visible(path)
        rows = await self._asked(lambda: self._catalogue.packages(path, limit))
        if not rows:
            await self._module(path)
        return ImportsPage(standing, path, tuple(rows))

    # What they are made of.

    async def standing(self, address: str) -> Standing:
        """What holds for every page; also for one that says that something is not found."""
        last = await self._asked(self._catalogue.last_pass)
        totals = await self._asked(self._catalogue.totals)
        return Standing(
            self._settings.title,
            self._settings.url or address,
            time.time(),
            last.ended,
            totals.modules,
            totals.versions,
            self._closed,
            self._checker.database,
            self._adviser.state,
        )

    def _check_visible(self, path: str) -> None:
        if not self._visible(path, ""):
            raise _absent(path)

    async def _page(
        self, read: Callable[[str, int], list[_Row]], place_of: Callable[[_Row], str], after: str, limit: int
    ) -> tuple[tuple[_Row, ...], str]:
        """The rows behind `after` that may be shown, and the place of the last one where there are more of those."""
        shown: list[_Row] = []
        count = max(limit + 1, _AT_ONCE)
        while True:
            rows = await self._asked(partial(read, after, count))
            shown += self._shown(rows)
            if len(shown) > limit:
                return tuple(shown[:limit]), place_of(shown[limit - 1])
            if len(rows) < count:
                return tuple(shown), ""
            after = place_of(rows[-1])

    def _shown(self, rows: Iterable[_Row]) -> list[_Row]:
        return [row for row in rows if self._visible(row.path, "")]

    async def _module(self, path: str) -> ModuleRow:
        self._check_visible(path)
        found = await self._asked(lambda: self._catalogue.module(path))
        if found is None:
            raise _absent(path)
        return found

    async def _zip(self, mod: ModuleVersion, files: tuple[str, ...]) -> tuple[ZipFacts | None, str]:
        """What is in the zip of a version, and why nobody knows."""
        if "zip" not in files:
            return None, "the zip is not stored here"
        found = await self._asked(lambda: self._catalogue.zip_facts(mod))
        if found is not None:
            return found, ""
        if not self.keeper.looks:
            return None, "zips are not looked into here"
        why = self.keeper.unreadable.get(mod)
        if why is not None:
            return None, why
        looking = self.keeper.look(mod)
        if looking is not None:
            await asyncio.wait({asyncio.wrap_future(looking)}, timeout=_LOOK_S)
            found = await self._asked(lambda: self._catalogue.zip_facts(mod))
            if found is not None:
                return found, ""
        return None, self.keeper.unreadable.get(mod, "the zip is being looked into: ask again in a moment")

    async def _gomod(self, mod: ModuleVersion) -> tuple[str | None, tuple[Requirement, ...] | None]:
        data = await self._read(file_key(mod, "mod"), MAX_GO_MOD)
        if data is None:
            return None, None
        try:
            summary = summarize("go.mod", data)
            required = list(required_in(summary))
        except ModFileErrors:
            return "", ()
        paths = [each.path for each, _ in required]
        stored = await self._asked(lambda: self._catalogue.stored_among(paths))
        return summary.go_version, tuple(
            Requirement(each, indirect, each.path in stored) for each, indirect in required
        )

    async def _origin(self, mod: ModuleVersion) -> Origin | None:
        data = await self._read(file_key(mod, "info"), _MAX_INFO)
        try:
            return parse_info(data or b"null").origin
        except InputError:
            return None

    async def _read(self, key: str, limit: int) -> bytes | None:
        """A stored file; None where it is gone, or larger than that."""
        storage = self._storage

        async def read() -> bytes | None:
            return await self._cold.stored(lambda: storage.read(key, 0, limit + 1))

        data = await self._on_cold(read())
        return None if data is None or len(data) > limit else data

    async def _asked(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    async def _on_cold(self, work: Any) -> Any:
        return await asyncio.wrap_future(self._cold.call(work))


def _absent(path: str) -> NotFoundError:
    return NotFoundError(f"not found: {path}: no such module is stored here")


def _place(after: str) -> tuple[int, str] | None:
    """(required_by, path) of the last row of a search that was shown.

    Raises:
        InputError: it is none.
    """
    if not after:
        return None
    number, _, path = after.partition(" ")
    if not (number.isascii() and number.isdigit() and len(number) < 10 and path):
        raise InputError("after: want what `next` said")
    return int(number), path
