# SPDX-License-Identifier: BSD-3-Clause
"""The entries of GOPROXY as sources of modules, and the order in which they are asked.

`ModuleSource` is one entry: what the go command calls a caching repo, for all module paths. It looks in the cache
first, asks each question once, and refuses where go refuses. go.mod files and zips come from it unchecked.

`try_sources` asks the sources in turn. After `,` only "not found" moves on to the next one, after `|` any error. A
checksum that contradicts (SecurityError) never moves on: no other source can make it good. Where all fail, the most
helpful error is raised, by these ranks, the highest first:

    an error of `direct`, or of the module's own repository for a private path
    the last error of a proxy that is not "not found"
    the last "not found"

Rules: the Go Modules Reference, "GOPROXY"; cmd/go/internal/modfetch (TryProxies, cachingRepo, Lookup).
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Protocol, TypeVar

from govgo.adapters.attribution import SourceRefusedError
from govgo.adapters.http.servertext import printable
from govgo.adapters.loop.memo import Memo
from govgo.adapters.modcache.cache import ModCache
from govgo.adapters.proxy.proxy import Listing, Proxy, Source, no_commits
from govgo.adapters.proxy.revinfo import cached_info, for_cache, format_info
from govgo.adapters.proxy.toolchains import Toolchains
from govgo.core.goenv import DIRECT, NOPROXY, OFF, GoEnv, ProxySpec
from govgo.core.golib import url as gourl
from govgo.core.module.info import Origin
from govgo.core.module.moduleversion import is_toolchain
from govgo.core.module.paths import canonical_version
from govgo.core.version.semver import is_valid
from govgo.errors import (
    DiskError,
    Failure,
    GovgoError,
    InputError,
    LookupDisabledError,
    NotFoundError,
    find,
    is_not_found,
)
from govgo.ports.modules import RevInfo, Versions
from govgo.ports.reporter import Reporter

_T = TypeVar("_T")


class ModuleSource:
    """One entry of GOPROXY.

    Args:
        spec: the entry. `NOPROXY` is the one that go puts before the list, for private modules.
        proxy: the proxy; None for "direct", "off" and `NOPROXY`.
        env: go's settings.
        cache: the module cache.
        report: takes sentences for the user.
        refusal: makes the error that nothing may be looked up just now, None where it may.
        direct: gives access to the modules' own repositories.
    """

    def __init__(
        self,
        spec: ProxySpec,
        proxy: Proxy | None,
        env: GoEnv,
        cache: ModCache,
        report: Reporter,
        refusal: Callable[[], LookupDisabledError | None],
        direct: Callable[[], Source],
    ) -> None:
        self.spec = spec
        self._proxy = proxy
        self._env = env
        self._cache = cache
        self._report = report
        self._refusal = refusal
        self._direct = direct
        self._lists: Memo[tuple[str, str], Listing] = Memo()
        self._stats: Memo[tuple[str, str], RevInfo] = Memo()
        self._latest: Memo[str, RevInfo] = Memo()
        self._toolchains = Toolchains(env.go_version, self)

    @property
    def is_proxy(self) -> bool:
        """Whether it is a module proxy."""
        return self._proxy is not None

    async def versions(self, path: str, prefix: str = "") -> Versions:
        """The tagged versions that begin with `prefix`, in order. (This and the methods below raise GovgoError.)"""
        if is_toolchain(path):
            return Versions(await self._toolchains.versions(path))
        # A proxy sends its whole list in any case; of a repository only the tags with the prefix are read.
        listing = await self._list(path, "" if self._ask(path) is self._proxy else prefix)
        found = tuple(v for v in listing.versions if v.startswith(prefix)) if prefix else listing.versions
        return Versions(found, listing.origin)

    def known_versions(self, path: str) -> Versions | None:
        """What `versions` would answer at once, without an event loop: from a list that was fetched before."""
        listing = self._lists.known((path, ""))
        return None if listing is None else Versions(listing.versions, listing.origin)

    def known_stat(self, path: str, rev: str) -> RevInfo | None:
        """What `stat` would answer at once."""
        return self._stats.known((path, rev))

    async def stat(self, path: str, rev: str) -> RevInfo:
        """What a revision or version is; canonical versions come from the cache if they are there."""
        if is_toolchain(path):
            return await self._toolchains.stat(path, rev)
        return await self._stats.get((path, rev), lambda: self._stat(path, rev))

    async def latest(self, path: str) -> RevInfo:
        """The newest revision, for modules without tagged versions."""
        if is_toolchain(path):
            return await self._toolchains.latest(path)
        return await self._latest.get(path, lambda: self._find_latest(path))

    async def gomod(self, path: str, version: str) -> bytes:
        """A go.mod, unchecked and not from the cache."""
        if is_toolchain(path):
            return f"module {path}\n".encode()
        return await self._ask(path).gomod(path, version)

    async def zip(self, path: str, version: str, sink: Callable[[bytes], object], rewind: Callable[[], None]) -> int:
        """A zip, unchecked, piece by piece to `sink`; its size. `rewind` is called before a new attempt."""
        return await self._ask(path).zip(path, version, sink, rewind)

    async def zip_size(self, path: str, version: str) -> int:
        """The size of a zip that is not fetched.  Raises NotFoundError where the source does not say it."""
        proxy = self._ask(path)
        size = await proxy.zip_size(path, version) if isinstance(proxy, Proxy) else None
        if size is None:
            raise NotFoundError(f"{path}@{version}: size unknown")
        return size

    def zip_url(self, path: str, version: str) -> str:
        """Where a zip comes from, for people: a URL without its password, or `direct`."""
        return self._proxy.zip_url(path, version) if self._proxy is not None else DIRECT

    async def check_reuse(self, path: str, origin: Origin) -> None:
        """Check that what was derived from `origin` still holds; raises GovgoError if not, or if none can tell."""
        await self._ask(path).check_reuse(path, origin)

    def _ask(self, path: str) -> Source:
        """The proxy, or direct access to the module's own repository, if this module may be asked for there."""
        refusal = self._refusal()
        if refusal is not None:
            raise refusal
        private = not self._env.uses_proxy(path)
        url = self.spec.url
        if url == DIRECT or (private and url == NOPROXY):
            return self._direct()
        if private:
            raise SourceRefusedError("disabled by GOPRIVATE/GONOPROXY")
        if url == OFF:
            raise SourceRefusedError("module lookup disabled by GOPROXY=off")
        if self._proxy is None:
            raise SourceRefusedError("path does not match GOPRIVATE/GONOPROXY")
        return self._proxy

    async def _list(self, path: str, prefix: str = "") -> Listing:
        return await self._lists.get((path, prefix), lambda: self._fetch_list(path, prefix))

    async def _fetch_list(self, path: str, prefix: str) -> Listing:
        listing = await self._ask(path).list(path, prefix)
        for version in listing.skipped[:1]:
            more = f" and {len(listing.skipped) - 1} more" if len(listing.skipped) > 1 else ""
            entries = f"{printable(version)}{more} in @v/list: not canonical"
            self._report.note(f"module {path}: {entries}, so passed over when the latest version is looked for")
        return listing

    async def _stat(self, path: str, rev: str) -> RevInfo:
        known = cached_info(self._cache, path, rev, by_hash=self._env.goproxy == OFF)
        if known is not None:
            return known
        info = await self._ask(path).stat(path, rev)
        if info.version != rev:
            self._stats.put((path, info.version), info)
        self._keep(path, info)
        return info

    async def _find_latest(self, path: str) -> RevInfo:
        found = await self._ask(path).latest(path)
        if found is None:
            newest = (await self._list(path)).newest
            if not newest:
                raise no_commits(path)
            return await self.stat(path, newest)
        self._stats.put((path, found.version), found)
        if cached_info(self._cache, path, found.version) is None:
            self._keep(path, found)
        return found

    def _keep(self, path: str, info: RevInfo) -> None:
        """Write a .info to the cache, if it is for a version that the cache can have."""
        version = info.version
        if not is_valid(version) or canonical_version(version) != version:
            return
        try:
            self._cache.write_info(path, version, format_info(for_cache(info)))
        except InputError:
            return
        except DiskError as err:
            self._report.note(f"writing stat cache: {err}")


class SourceView:
    """One source of the chain, for the queries that a caller makes within `try_sources`."""

    def __init__(self, source: ModuleSource, run: Callable[[Coroutine[Any, Any, Any]], Any]) -> None:
        self._source = source
        self._run = run

    def versions(self, path: str, prefix: str = "") -> Versions:
        """The tagged versions that this source knows."""
        known = self._source.known_versions(path) if prefix == "" else None
        if known is not None:
            return known
        found: Versions = self._run(self._source.versions(path, prefix))
        return found

    def info(self, path: str, rev: str) -> RevInfo:
        """What a revision is, as the cache or this source says."""
        known = self._source.known_stat(path, rev)
        if known is not None:
            return known
        found: RevInfo = self._run(self._source.stat(path, rev))
        return found

    def latest(self, path: str) -> RevInfo:
        """The newest revision that this source knows."""
        found: RevInfo = self._run(self._source.latest(path))
        return found


class TrySources(Protocol):
    """`try_sources` over the sources of a command."""

    def __call__(self, ask: Callable[[ModuleSource], Coroutine[Any, Any, _T]]) -> Coroutine[Any, Any, _T]: ...


# The ranks of errors (see the top of the file).
_NOT_FOUND, _PROXY, _DIRECT = range(3)


async def try_sources(sources: Sequence[ModuleSource], ask: Callable[[ModuleSource], Coroutine[Any, Any, _T]]) -> _T:
    """The first answer of a source.

    Raises:
        GovgoError: the most helpful error, which also says what every source answered (`tried`, `hint`).
        SecurityError: at once, whatever sources are left.
    """
    best: GovgoError | None = None
    rank = _NOT_FOUND
    tried: list[tuple[str, GovgoError]] = []
    for source in sources:
        try:
            return await ask(source)
        except Failure as err:
            tried.append((source.spec.url, err))
            missing = is_not_found(err)
            url = source.spec.url
            if url == DIRECT and best is not None and find(err, LookupDisabledError) and _was_asked(tried):
                pass  # direct access is disabled, which is less helpful than what a proxy answered
            elif url == DIRECT or (url == NOPROXY and not isinstance(err, SourceRefusedError)):
                best, rank = err, _DIRECT
            elif rank <= _PROXY and not missing:
                best, rank = err, _PROXY
            elif rank == _NOT_FOUND:
                best = err
            if not source.spec.fall_back_on_error and not missing:
                break
    assert best is not None
    _explain(best, tried, sources)
    raise best


def _was_asked(tried: Sequence[tuple[str, GovgoError]]) -> bool:
    """Whether a source before the last one was asked and answered."""
    return any(not isinstance(err, SourceRefusedError) for _, err in tried[:-1])


def _explain(error: GovgoError, tried: Sequence[tuple[str, GovgoError]], sources: Sequence[ModuleSource]) -> None:
    """Add to `error` what each source answered, and why the next one was not asked."""
    asked = [(gourl.mask(url), str(err)) for url, err in tried if url != NOPROXY]
    if isinstance(error, NotFoundError):
        error.tried = tuple(asked)
    if error.hint or len([s for s in sources if s.spec.url != NOPROXY]) < 2:
        return
    told = str(error)  # stands above the hint
    parts = [f"{url}: {'as above' if text == told else ''.join(text.splitlines()[:1])}" for url, text in asked]
    if len(tried) < len(sources):
        left = gourl.mask(sources[len(tried)].spec.url)
        parts.append(f'{left} was not asked: after "," only "not found" moves on, "|" would')
    error.hint = "GOPROXY: " + "; ".join(parts)
