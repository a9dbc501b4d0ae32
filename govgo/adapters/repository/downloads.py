# SPDX-License-Identifier: BSD-3-Clause
"""Everything of a module version into the cache, step by step as `go mod download` does it.

The steps are .info, go.mod, its hash, zip, its hash, tree; a failure ends the steps of its module only.
Rules: cmd/go/internal/modcmd (DownloadModule).
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from govgo.adapters.modcache.cache import ModCache
from govgo.adapters.repository.gomods import GoMods
from govgo.adapters.repository.sumcheck import Admission
from govgo.adapters.repository.zips import Zips
from govgo.core.golib.quote import quote
from govgo.core.gosum.dirhash import hash_gomod
from govgo.core.module.moduleversion import ModuleVersion, is_valid_version
from govgo.errors import Failure, InvalidVersionError
from govgo.ports.modules import Downloaded, RevInfo
from govgo.ports.talk import Reporter

# So many modules are worked on at once; each has at most one zip on the wire.
_WIDTH = 32


class Downloads:
    """See the module's docstring."""

    def __init__(
        self,
        cache: ModCache,
        gomods: GoMods,
        zips: Zips,
        info: Callable[[str, str], Coroutine[Any, Any, RevInfo]],
        admission: Admission,
        report: Reporter,
    ) -> None:
        self._report = report
        self._cache = cache
        self._gomods = gomods
        self._zips = zips
        self._info = info
        self._admission = admission

    async def many(self, mods: Sequence[ModuleVersion], *, extract: bool) -> list[Downloaded]:
        """All of them at once, in the order asked.

        Raises:
            SecurityError: go.sum contradicts a download; what else is under way is given up.
        """
        import asyncio

        gate = asyncio.Semaphore(_WIDTH)
        self._report.event("planned", {"modules": len(mods)})

        async def gated(mv: ModuleVersion) -> Downloaded:
            async with gate:
                try:
                    return await self.one(mv, extract=extract)
                finally:
                    self._report.event("downloaded", {})

        tasks = [asyncio.ensure_future(gated(mv)) for mv in mods]
        try:
            return list(await asyncio.gather(*tasks))
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._gomods.write()

    async def one(self, mv: ModuleVersion, *, extract: bool) -> Downloaded:
        """One of them; without `extract` its zip alone, since go.sum is to learn no more than that."""
        done = Downloaded(mv)
        try:
            if not is_valid_version(mv.path, mv.version):
                raise InvalidVersionError(f"invalid version {quote(mv.version)}", version=mv.version)
            if extract:
                self._gomods.expect(mv)
                info = await self._info(mv.path, mv.version)
                done = done._replace(info=self._cache.file(mv, "info"), origin=info.origin)
                data = await self._gomods.load(mv)
                self._gomods.write()
                done = done._replace(gomod=self._cache.file(mv, "mod"), gomod_sum=hash_gomod(data))
            path = await self._zips.zip(mv)
            done = done._replace(zip=path, sum=self._cache.ziphash(mv) or "")
            if extract:
                done = done._replace(dir=await self._zips.tree(mv))
        except Failure as err:
            return done._replace(error=err)
        return done
