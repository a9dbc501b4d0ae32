# SPDX-License-Identifier: BSD-3-Clause
"""One entry of GOPROXY as a source of modules: cache first, each question asked once, refusals where go refuses.

What the go command calls a caching repo (cmd/go/internal/modfetch, cachingRepo and Lookup), for all module paths.
go.mod files and zips come from here as they are: admitting them is the caller's business.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from govgo.adapters.attribution import SourceRefusedError
from govgo.adapters.http.servertext import printable
from govgo.adapters.loop.memo import Memo
from govgo.adapters.modcache.cache import ModCache
from govgo.adapters.proxy.proxy import Listing, Proxy, Stat, no_commits
from govgo.adapters.proxy.revinfo import cached_info, for_cache, format_info
from govgo.adapters.proxy.toolchains import Toolchains
from govgo.core.goenv import DIRECT, NOPROXY, OFF, GoEnv, ProxySpec
from govgo.core.module.info import Origin
from govgo.core.module.moduleversion import is_toolchain
from govgo.core.module.paths import canonical_version
from govgo.core.version.semver import is_valid
from govgo.errors import DiskError, InputError, LookupDisabledError, UnavailableError
from govgo.ports.modules import RevInfo, Versions
from govgo.ports.talk import Reporter

if TYPE_CHECKING:
    from govgo.adapters.vcs.direct import Direct


class ModuleSource:
    """One GOPROXY entry. `proxy` is None for "direct", "off" and "noproxy"."""

    def __init__(
        self,
        spec: ProxySpec,
        proxy: Proxy | None,
        env: GoEnv,
        cache: ModCache,
        report: Reporter,
        disabled: Callable[[], str],
        direct: Callable[[], Direct],
    ) -> None:
        """Begin; `disabled` tells why nothing may be looked up just now, "" where it may; `direct` knows origins."""
        self.spec = spec
        self._proxy = proxy
        self._env = env
        self._cache = cache
        self._report = report
        self._disabled = disabled
        self._direct = direct
        self._lists: Memo[tuple[str, str], Listing] = Memo()
        self._stats: Memo[tuple[str, str], RevInfo] = Memo()
        self._latest: Memo[str, RevInfo] = Memo()
        self._toolchains = Toolchains(env.go_version, self)

    async def versions(self, path: str, prefix: str = "") -> Versions:
        """The tagged versions that begin with `prefix`, in order."""
        if is_toolchain(path):
            return Versions(await self._toolchains.versions(path))
        asked = self._ask(path)
        if not isinstance(asked, Proxy):
            listing = await self._lists.get((path, prefix), lambda: asked.list(path, prefix))
            return Versions(listing.versions, listing.origin)
        listing = await self._list(path)
        return Versions(tuple(v for v in listing.versions if v.startswith(prefix)) if prefix else listing.versions)

    async def stat(self, path: str, rev: str) -> RevInfo:
        """What a revision or version is; canonical versions come from the cache when they are there."""
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
        """A zip, unchecked, in chunks; its size."""
        return await self._ask(path).zip(path, version, sink, rewind)

    async def check_reuse(self, path: str, origin: Origin) -> None:
        """Check that what rested on `origin` still holds.  Raises GovgoError."""
        asked = self._ask(path)
        if isinstance(asked, Proxy):
            raise UnavailableError("unsupported operation")
        await asked.check_reuse(path, origin)

    def _ask(self, path: str) -> Proxy | Direct:
        """The proxy or the module's own repository, if this module may be asked of it."""
        why = self._disabled()
        if why:
            raise LookupDisabledError(why)
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

    async def _list(self, path: str) -> Listing:
        return await self._lists.get((path, ""), lambda: self._fetch_list(path))

    async def _fetch_list(self, path: str) -> Listing:
        listing = await self._ask(path).list(path)
        for version in listing.skipped[:1]:
            more = f" and {len(listing.skipped) - 1} more" if len(listing.skipped) > 1 else ""
            self._report.note(f"module {path}: ignoring version {printable(version)}{more} in @v/list: not canonical")
        return listing

    async def _stat(self, path: str, rev: str) -> RevInfo:
        known = cached_info(self._cache, path, rev, by_hash=self._env.goproxy == OFF)
        if known is not None:
            return known
        found = await self._ask(path).stat(path, rev)
        info = found.info
        if info.version != rev:
            self._stats.put((path, info.version), info)
        self._keep(path, found)
        return info

    async def _find_latest(self, path: str) -> RevInfo:
        found = await self._ask(path).latest(path)
        if found is None:
            newest = (await self._list(path)).newest
            if not newest:
                raise no_commits(path)
            return await self.stat(path, newest)
        self._stats.put((path, found.info.version), found.info)
        if cached_info(self._cache, path, found.info.version) is None:
            self._keep(path, found)
        return found.info

    def _keep(self, path: str, found: Stat) -> None:
        """Write a .info, where it is one of a version that the cache can hold."""
        version = found.info.version
        if not is_valid(version) or canonical_version(version) != version:
            return
        try:
            self._cache.write_info(path, version, format_info(for_cache(found.info), found.time_text))
        except InputError:
            return
        except DiskError as err:
            self._report.note(f"writing stat cache: {err}")
