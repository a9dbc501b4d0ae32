# SPDX-License-Identifier: BSD-3-Clause
"""Modules as the GOPROXY chain and the module cache know them: implements `ports.modules.ModuleRepo`.

Callers see synchronous methods. What the cache can answer is answered without an event loop; for the rest the loop is
started once (`loop.network`), and `warm`, `pump` and `download` do everything that they are given at the same time.

    Repository     questions about versions, many things at once, and who is loaded when
      GoMods       go.mod files: cached, fetched, checked         (`gomods`; whole graphs: `gomodstream`)
      Zips         zips and trees: fetched, checked, extracted    (`zips`, with `Downloads` for all of a module)
      SumCheck     hashes against go.sum and the database         (`sumcheck`)
      ModuleSource one entry of GOPROXY, and the order of entries (`chain`)
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Sequence
from contextlib import suppress
from functools import cached_property

from govgo.adapters.loop.memo import Memo
from govgo.adapters.loop.network import Network, NetworkOptions
from govgo.adapters.modcache.cache import ModCache
from govgo.adapters.repository.gomods import Foreseen, GoMods
from govgo.adapters.repository.sumcheck import SumCheck
from govgo.core.goenv import DIRECT, NOPROXY, OFF, GoEnv, ProxySpec
from govgo.core.golib.quote import quote
from govgo.core.gosum.ledger import SumLedger
from govgo.core.module.moduleversion import ModuleVersion, is_toolchain, is_valid_version
from govgo.core.typehints import TYPE_CHECKING, Any, TypeVar
from govgo.core.version.semver import is_valid as is_semver
from govgo.errors import (
    Failure,
    GoSumError,
    GovgoError,
    InputError,
    InvalidVersionError,
    LookupDisabledError,
    OfflineError,
    UsageError,
    run_all,
)

if TYPE_CHECKING:
    from govgo.adapters.http.remote import Web
    from govgo.adapters.repository.background import Background
    from govgo.adapters.repository.chain import ModuleSource, SourceView
    from govgo.adapters.repository.zips import Downloads, TooNew, Zips
    from govgo.adapters.sumdb.route import Getter
    from govgo.adapters.vcs.direct import Direct
    from govgo.core.modfile.summary import Summary
    from govgo.core.module.info import Origin
    from govgo.ports.files import GoModIndex
    from govgo.ports.modules import Ask, Downloaded, Loader, RevInfo, Then, Versions
    from govgo.ports.reporter import Reporter

_T = TypeVar("_T")

_COLD_SHARE = 0.5
"""The cache counts as cold if this share of the go.mod files that a graph asks for at first is missing.

Then everything that go.sum names is fetched at once, and the depth of the graph does not count.
"""
_LARGE_COUNT = 8
"""From this number of missing go.mod files on, a helper process pays."""


class Repository:
    """The modules of one command. What each method does stands in `ports.modules.ModuleRepo`.

    Attributes:
        options: how it talks to servers.
    """

    def __init__(
        self,
        env: GoEnv,
        report: Reporter,
        *,
        ledger: SumLedger | None = None,
        options: NetworkOptions | None = None,
        cache: ModCache | None = None,
        writable_dirs: bool = False,
        announce: bool = True,
        offline: bool = False,
        too_new: TooNew | None = None,
        tap: Callable[[Web], Web] | None = None,
        open_index: Callable[[str], GoModIndex | None] = lambda go_sum: None,
    ) -> None:
        """Neither files nor network are touched before the first call.

        Args:
            env: go's settings.
            report: takes sentences for the user, and progress.
            ledger: the checksums of the command; `reset` sets another.
            options: how to talk to servers.
            cache: the module cache; None for the one that `env` names.
            writable_dirs: leave its extracted trees writable (-modcacherw).
            announce: say `downloading PATH VERSION` before a zip is fetched (not in `mod download`).
            offline: ask no source and no database; what the cache lacks is an OfflineError.
            too_new: makes the error for a module that needs a newer Go; None to accept such modules.
            tap: what stands between the command and the network (`recording`). Repositories, which git asks, cannot
                be reached then, and there are no other processes, on whose speed the order of questions would depend.
            open_index: gives the index of what the go.mod files of a graph say, by the name of its go.sum.

        Raises:
            UsageError: a GOMODCACHE that cannot be used.
        """
        if env.gomodcache and not env.gomodcache.startswith("/"):
            raise UsageError(f"GOMODCACHE entry is relative; must be absolute path: {quote(env.gomodcache)}.\n")
        self._env = env
        self._report = report
        self._disabled = ""
        self._offline = offline
        self._cache = cache or ModCache(env.gomodcache, writable_dirs=writable_dirs)
        self.options = options or NetworkOptions()
        helps = self.options.helps and tap is None
        self._network = Network(env, report, self.options._replace(helps=helps), local=_is_local(env))
        self._sums = SumCheck(env, ledger or SumLedger(), self._getter, report.note, self._network.helper)
        self._gomods = GoMods(self._cache, self._try, self._sums, report, open_index, self._network.helper)
        self._announce = announce
        self._too_new = too_new
        self._tap = tap
        self._asked: Memo[tuple[str, str, str], object] = Memo()
        self._foreseen: dict[Loader, Foreseen] = {}

    # Questions about versions.

    def versions(self, path: str, prefix: str = "") -> Versions:
        """The tagged versions of a module, ascending."""
        from govgo.ports.modules import Versions

        known = self._asked.known(("versions", path, prefix))
        return known if isinstance(known, Versions) else self._run(self._versions(path, prefix))

    def probe(self, path: str) -> Versions:
        """The tagged versions of a module that there may well not be; from proxies alone, where they are asked."""
        return self._run(self._probe(path))

    def info(self, path: str, rev: str) -> RevInfo:
        """What a revision is."""
        from govgo.adapters.proxy.revinfo import cached_info
        from govgo.ports.modules import RevInfo

        known = self._asked.known(("info", path, rev))
        if known is None and not is_toolchain(path):
            known = cached_info(self._cache, path, rev)
        if isinstance(known, RevInfo):
            return known
        return self._run(self._info(path, rev))

    def latest(self, path: str) -> RevInfo:
        """The newest revision of a module without tagged versions."""
        return self._run(self._try(lambda source: source.latest(path)))

    def check_reuse(self, path: str, origin: Origin) -> bool:
        """Whether what was derived from `origin` would come out the same; proxies cannot tell."""
        try:
            self._run(self._try(lambda source: source.check_reuse(path, origin)))
        except Failure:
            return False
        return True

    def try_sources(self, ask: Callable[[SourceView], _T]) -> _T:
        """Do a whole query with one source after another, as go does with TryProxies.

        Raises:
            GovgoError: the most helpful of what `ask` raised.
        """

        from govgo.adapters.repository.chain import SourceView

        async def each(source: ModuleSource) -> _T:
            return ask(SourceView(source, self._run))

        # `ask` is synchronous and runs the loop itself, so this coroutine must be driven by hand, outside of the loop.
        work = self._try(each)
        try:
            work.send(None)
        except StopIteration as done:
            return done.value  # type: ignore[no-any-return]
        raise RuntimeError("a query waited")

    def gomod(self, mv: ModuleVersion) -> bytes:
        """The go.mod of a version or, for a revision, of the version that it is."""
        if not is_valid_version(mv.path, mv.version):
            mv = ModuleVersion(mv.path, self.info(mv.path, mv.version).version)
        known = self._gomods.cached(mv)
        if isinstance(known, GovgoError):
            raise known
        if known is not None:
            return known
        try:
            return self._run(self._gomods.load(mv))
        finally:
            self._gomods.write()

    def recalled(self, mv: ModuleVersion) -> Summary | None:
        """What the go.mod in the cache says, where the index has it."""
        return self._gomods.recall(mv)

    def summarized(self, mv: ModuleVersion, data: bytes, summary: Summary) -> None:
        """Keep in the index what a go.mod says."""
        self._gomods.summarized(mv, data, summary)

    def foreseen_gomod(self, mv: ModuleVersion) -> bytes | None:
        """The go.mod if it is at hand; it does not count as used."""
        found = self._gomods.peek(mv)
        return found if isinstance(found, bytes) else None

    def zip_dir(self, mv: ModuleVersion) -> str:
        """The extracted tree, fetched when absent; if it is there, without the event loop (60 ms to load)."""
        return self._zips.tree_at_hand(mv) or self._run(self._zips.tree(mv))

    def cached_dir(self, mv: ModuleVersion) -> str | None:
        """The extracted tree when it is there, whole."""
        try:
            tree = self._cache.download_dir(mv)
        except InputError:
            return None
        return tree.dir if tree.state == "whole" else None

    def download(self, mods: Sequence[ModuleVersion], *, extract: bool = True) -> list[Downloaded]:
        """Everything of each module version, all at once; zips that are there, without the event loop."""
        if self._network.local:
            return [self._run(self._downloads.one(mv, extract=extract)) for mv in mods]
        done = {} if extract else self._downloads.at_hand(mods)
        rest = [mv for mv in dict.fromkeys(mods) if mv not in done]
        if rest:
            done.update(zip(rest, self._run(self._downloads.many(rest, extract=extract)), strict=True))
        return [done[mv] for mv in mods]

    def cache_file(self, mv: ModuleVersion, suffix: str) -> str:
        """The path of a file in the cache, whether it exists or not."""
        return self._cache.file(mv, suffix)

    def zip_bytes(self, mv: ModuleVersion) -> int | None:
        """The size of the zip of `mv` where a file says it: in the cache, or in a directory of GOPROXY; else None."""
        import os
        from urllib.parse import unquote, urlsplit

        places = [self.cache_file(mv, "zip")]
        for source in self._sources:
            url = urlsplit(source.zip_url(*mv))
            if url.scheme != "file":
                break  # a later source is asked only if this one does not have it
            places.append(unquote(url.path))
        for place in places:
            with suppress(OSError):
                return os.stat(place).st_size
        return None

    def zip_sizes(self, mods: Iterable[ModuleVersion], *, patience_s: float | None = None) -> dict[ModuleVersion, int]:
        """The sizes of zips, as far as a file or a source says them; nothing is fetched."""
        known: dict[ModuleVersion, int] = {}
        rest: list[ModuleVersion] = []
        for mv in mods:
            size = self.zip_bytes(mv)
            if size is None:
                rest.append(mv)
            else:
                known[mv] = size
        if rest and not self._network.local and not self._offline:
            import asyncio

            from govgo.adapters.loop.tasks import gather

            async def ask(mv: ModuleVersion) -> None:
                known[mv] = await self._try(lambda source: source.zip_size(*mv))

            async def ask_all() -> None:
                with suppress(TimeoutError):
                    async with asyncio.timeout(patience_s):
                        await gather([ask(mv) for mv in rest])

            self._run(ask_all())
        return known

    def sum_from_database(self, mv: ModuleVersion) -> str | None:
        """The hash that the checksum database proves; None where it is not asked."""
        if not self._sums.uses_database(mv.path):
            return None
        self._network.loop()
        return self._run(self._sums.database_hash(mv))

    # Many at once.

    def warm(self, asks: Iterable[Ask]) -> None:
        """Fetch all at once; outcomes are remembered."""
        missing = [ask for ask in dict.fromkeys(asks) if not self._is_known(ask)]
        if not missing or self._network.local:
            return  # directories answer just as fast later, one at a time
        self._connect_soon(ask.path for ask in missing)
        from govgo.adapters.loop.tasks import gather

        try:
            self._run(gather([self._answer(ask) for ask in missing]))
        finally:
            self._gomods.write()

    def at_hand(self, ask: Ask) -> bool:
        """Whether the answer needs no source; directories answer just as fast later."""
        return self._network.local or self._is_known(ask)

    def begin(self, asks: Iterable[Ask], then: Then | None = None) -> None:
        """Start to fetch what is not known."""
        if self._network.local:
            return
        wanted = list(asks) if then is not None else [ask for ask in asks if not self._is_known(ask)]
        if wanted:
            self._connect_soon(ask.path for ask in wanted)
            self._background.begin(wanted, then)

    def arrivals(self) -> Sequence[Ask]:
        """What was begun and is at hand by now."""
        if "_background" not in self.__dict__:
            return ()
        try:
            return self._network.run(self._background.arrivals())
        finally:
            self._gomods.write()

    def pump(self, loader: Loader) -> None:
        """Serve a loader of go.mod files until it wants nothing."""
        if (foreseen := self._foreseen.pop(loader, None)) is not None:
            if "_background" in self.__dict__:
                self._run(self._background.graph(loader))
            for mv in foreseen.told:
                self._gomods.for_graph(mv)  # now it is needed, and its hash counts as used
        missing, asked = self._gomods.answer_from_cache(loader)
        if not missing:
            return
        if self._network.local:
            self._pump_local(loader, missing)
            return
        ahead = self._prepare(missing, asked)
        from govgo.adapters.repository.gomodstream import stream

        try:
            self._run(stream(self._gomods, loader, missing, ahead))
        finally:
            self._gomods.write()

    def begin_pump(self, loader: Loader) -> None:
        """Begin to serve a loader; from the cache at once."""
        if self._network.local:
            return
        foreseen = self._foreseen[loader] = Foreseen(loader)
        missing, asked = self._gomods.answer_from_cache(foreseen, ahead=True)
        if missing:
            ahead = self._prepare(missing, asked)
            from govgo.adapters.repository.gomodstream import stream

            self._background.begin_graph(loader, stream(self._gomods, foreseen, missing, ahead))

    def _prepare(self, missing: Sequence[ModuleVersion], asked: int) -> list[ModuleVersion]:
        """Open connections for what is missing, and, where most is, for what else go.sum names, which is returned."""
        ahead: list[ModuleVersion] = []
        if len(missing) >= _COLD_SHARE * asked:
            with suppress(GoSumError):  # raised when a go.mod is there to be checked
                listed = [key.without_gomod() for key in self.ledger.listed() if key.is_gomod_key]
                ahead = list(dict.fromkeys([*missing, *listed]))[len(missing) :]
        self._connect_soon(mv.path for mv in (*missing, *ahead))  # before anything is loaded that takes long
        if len(missing) >= max(_LARGE_COUNT, _COLD_SHARE * asked):
            self._network.start_helper()
        return ahead

    def _connect_soon(self, paths: Iterable[str]) -> None:
        """Open connections for questions to the proxy that is asked first, while the HTTP client is being loaded."""
        if self._network.has_client or self._tap or self._offline or self._disabled:
            return
        with suppress(Failure):  # a list that makes no sense is reported when a source is asked
            if count := len([path for path in paths if self._env.uses_proxy(path)]):
                first = next(spec.url for spec in self._env.proxies() if spec.url != NOPROXY)
                self._network.connect_soon(first, count)

    def _pump_local(self, loader: Loader, missing: list[ModuleVersion]) -> None:
        try:
            while missing:
                for mv in missing:
                    try:
                        answer: bytes | GovgoError = self._network.run(self._gomods.load(mv))
                    except Failure as err:
                        answer = err
                    loader.tell(mv, answer)
                missing, _ = self._gomods.answer_from_cache(loader)
        finally:
            self._gomods.write()

    # State.

    @property
    def ledger(self) -> SumLedger:
        """The checksums of the command."""
        return self._sums.ledger

    def reset(self, ledger: SumLedger) -> None:
        """Continue with another set of go.sum files: what was checked is checked anew; zips that failed have failed."""
        self._end_background()
        self._sums.ledger = ledger
        self._gomods.forget()
        self.__dict__.pop("_downloads", None)
        if zips := self.__dict__.get("_zips"):
            zips.forget()

    def disable_lookup(self, reason: str) -> None:
        """Ask no source from now on (-mod=vendor); `reason` is go's sentence, "" ends that."""
        self._disabled = reason

    def settle(self) -> None:
        """End what was begun and keep the tree head; connections and answers stay (errors as for `close`)."""
        steps: list[Callable[[], object]] = [self._end_background]
        if not self._network.local and self._network.started:
            steps.append(lambda: self._network.run(self._sums.settle()))
        run_all(*steps)

    def close(self) -> None:
        """Write what is proved; end connections, threads and the loop.

        Raises:
            DiskError: the newest tree head could not be kept.
            SecurityError: the checksum database has misbehaved, in an answer that nobody has asked for perhaps.
        """
        closers: list[Callable[[], object]] = [self._network.close]
        if not self._network.local and self._network.started:
            closers.insert(0, lambda: self._network.run(self._sums.aclose()))
        if "_direct" in self.__dict__:
            closers.insert(0, self._direct.close)
        run_all(self._end_background, self._gomods.write_rest, self._gomods.close_index, *closers)

    # Parts that a command over cached modules does without, imported when they are first used.

    @cached_property
    def _web(self) -> Web:
        from govgo.adapters.http.remote import Web

        web = Web(self._network.client)
        return web if self._tap is None else self._tap(web)

    @cached_property
    def _zips(self) -> Zips:
        from govgo.adapters.repository.zips import Zips

        return Zips(
            self._cache,
            self._try,
            self._sums,
            self._network,
            self._report,
            self._gomods.at_hand,
            announce=self._announce,
            local_go=self._env.go_version,
            too_new=self._too_new,
        )

    @cached_property
    def _downloads(self) -> Downloads:
        from govgo.adapters.repository.zips import Downloads

        return Downloads(self._cache, self._gomods, self._zips, self._info, self._report)

    @cached_property
    def _background(self) -> Background:
        from govgo.adapters.repository.background import Background

        return Background(self._network.loop(), self._answer)

    def _end_background(self) -> None:
        self._foreseen.clear()
        background = self.__dict__.pop("_background", None)
        if background is not None:
            self._run(background.cancel())

    @cached_property
    def _sources(self) -> tuple[ModuleSource, ...]:
        return tuple(self._source(spec) for spec in self._env.proxies())

    def _getter(self) -> Getter:
        if not self._offline:
            self._network.load_soon("cryptography.hazmat.primitives.asymmetric.ed25519")  # the first answer is signed
            return self._web
        from govgo.adapters.sumdb.route import NoNetwork

        return NoNetwork()

    def _refusal(self) -> LookupDisabledError | None:
        if self._offline:
            return OfflineError()
        return LookupDisabledError(self._disabled) if self._disabled else None

    def _source(self, spec: ProxySpec) -> ModuleSource:
        from govgo.adapters.proxy.proxy import Proxy
        from govgo.adapters.repository.chain import ModuleSource

        named = spec.url in (DIRECT, OFF, NOPROXY)
        proxy = None if named else Proxy(spec.url, self._web.open(spec.url))
        return ModuleSource(spec, proxy, self._env, self._cache, self._report, self._refusal, lambda: self._direct)

    @cached_property
    def _direct(self) -> Direct:
        from govgo.adapters.vcs.direct import Direct

        if self._tap is not None:
            raise LookupDisabledError("repositories are not asked while a record is made or replayed")
        return Direct(self._env, self._network, self._web, self._too_new)

    async def _try(self, ask: Callable[[ModuleSource], Coroutine[Any, Any, _T]]) -> _T:
        from govgo.adapters.repository.chain import try_sources

        return await try_sources(self._sources, ask)

    async def _versions(self, path: str, prefix: str) -> Versions:
        from govgo.ports.modules import Versions

        found = await self._asked.get(
            ("versions", path, prefix), lambda: self._try(lambda source: source.versions(path, prefix))
        )
        assert isinstance(found, Versions)
        return found

    async def _probe(self, path: str) -> Versions:
        from govgo.adapters.repository.chain import try_sources

        sources = self._sources
        if self._env.uses_proxy(path) and any(source.is_proxy for source in sources):
            sources = tuple(source for source in sources if source.spec.url != DIRECT)
        return await try_sources(sources, lambda source: source.versions(path))

    async def _info(self, path: str, rev: str) -> RevInfo:
        from govgo.adapters.proxy.revinfo import cached_info
        from govgo.ports.modules import RevInfo

        async def ask() -> object:
            if not is_toolchain(path):
                known = cached_info(self._cache, path, rev)
                if known is not None:
                    return known
            self._network.load_soon("json", "govgo.core.golib.json", "govgo.core.golib.time")
            return await self._try(lambda source: source.stat(path, rev))

        found = await self._asked.get(("info", path, rev), ask)
        assert isinstance(found, RevInfo)
        return found

    async def _answer(self, ask: Ask) -> object:
        match ask.kind:
            case "versions":
                return await self._versions(ask.path, "")
            case "probe":
                return await self._probe(ask.path)
            case "info":
                return await self._info(ask.path, ask.version)
            case "latest":
                return await self._try(lambda source: source.latest(ask.path))
            case "gomod":
                await self._warm_gomod(ModuleVersion(ask.path, ask.version))
                return None
            case "zip":
                return await self._zips.tree(ModuleVersion(ask.path, ask.version))
            case "sumdb":
                self._sums.connect(ModuleVersion(ask.path, ask.version))
                return None
            case "record":
                self._sums.prefetch(ModuleVersion(ask.path, ask.version))
                return None
        raise ValueError(f"unknown ask: {ask.kind}")

    async def _warm_gomod(self, mv: ModuleVersion) -> None:
        if not is_semver(mv.version) and not is_toolchain(mv.path):
            raise InvalidVersionError(f"{mv}: invalid version")
        await self._gomods.load_ahead(mv)

    def _is_known(self, ask: Ask) -> bool:
        """Whether an answer needs no network; it may turn out to be an error."""
        mv = ModuleVersion(ask.path, ask.version)
        if "_background" in self.__dict__ and self._background.is_done(ask):
            return True
        if ask.kind == "info" and not is_toolchain(ask.path):
            return self._cache.read_info(ask.path, ask.version) is not None
        if ask.kind == "zip":
            return self.cached_dir(mv) is not None and self.ledger.have(mv)
        return ask.kind == "gomod" and self._gomods.for_graph(mv, ahead=True) is not None

    def _run(self, work: Coroutine[Any, Any, _T]) -> _T:
        return self._network.run(work if self._network.local else self._flushed(work))

    async def _flushed(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Do `work`, then wait until what it left to write is written."""
        from govgo.adapters.loop.tasks import ending

        return await ending(work, self._gomods.flush, self._sums.flush)


def _is_local(env: GoEnv) -> bool:
    """Whether every source is a directory, and no database will be asked."""
    if env.gosumdb != OFF:
        return False
    try:
        return all(spec.url == OFF or spec.url.startswith("file:") for spec in env.proxies())
    except Failure:
        return True  # a list that makes no sense is reported when a source is asked
