# SPDX-License-Identifier: BSD-3-Clause
"""Zips and extracted trees: fetched, judged, admitted by checksum, committed and extracted, in go's order.

Rules: cmd/go/internal/modfetch (Download, DownloadZip, checkMod). Nothing appears in the cache under its own name
before every check has passed.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from govgo.adapters.attribution import attributed, prefixed
from govgo.adapters.disk.diskerror import disk_error
from govgo.adapters.loop.memo import Memo
from govgo.adapters.loop.network import Network
from govgo.adapters.modcache.cache import ModCache, ZipTemp
from govgo.adapters.repository.chain import TrySources
from govgo.adapters.repository.source import ModuleSource
from govgo.adapters.repository.sumcheck import Admission
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.version import goversion
from govgo.errors import BadZipError, DiskError, Failure, GovgoError, InputError
from govgo.ports.talk import Reporter

TooNew = Callable[[str, str], GovgoError]
"""Makes the error for (module, Go version that it needs)."""

_FIRST_PAUSE_S = 0.002
_LONGEST_PAUSE_S = 0.1


class Zips:
    """See the module's docstring."""

    def __init__(
        self,
        cache: ModCache,
        try_sources: TrySources,
        admission: Admission,
        network: Network,
        report: Reporter,
        gomod: Callable[[ModuleVersion], bytes | None],
        *,
        announce: bool,
        local_go: str,
        too_new: TooNew | None,
    ) -> None:
        """Begin.

        Args:
            cache, try_sources, admission, network, report: what the work is done with.
            gomod: the go.mod of a version, where it is known.
            announce: say `downloading PATH VERSION` before a zip is fetched.
            local_go: the Go version that is answered for.
            too_new: makes the error for a module that needs a newer one; None not to mind.
        """
        self._cache = cache
        self._try = try_sources
        self._admission = admission
        self._network = network
        self._report = report
        self._gomod = gomod
        self._announce = announce
        self._local_go = local_go
        self._too_new = too_new
        self._zips: Memo[ModuleVersion, str] = Memo()
        self._trees: Memo[ModuleVersion, str] = Memo()

    async def zip(self, mv: ModuleVersion) -> str:
        """The path of the cached zip, fetched and admitted when absent."""
        return await self._zips.get(mv, lambda: self._zip(mv))

    async def tree(self, mv: ModuleVersion) -> str:
        """The extracted tree, with its zip fetched and admitted when absent."""
        return await self._trees.get(mv, lambda: self._tree(mv))

    def tree_at_hand(self, mv: ModuleVersion) -> str | None:
        """The extracted tree when it is whole and go.sum vouches for it, without a coroutine; None to ask `tree`.

        Raises:
            SumMismatchError: go.sum says otherwise.
            GovgoError: as `tree`.
        """
        known = self._trees.known(mv)
        if known is not None:
            return known
        try:
            tree = self._cache.download_dir(mv)
            digest = self._cache.ziphash(mv) if tree.state == "whole" else None
        except (DiskError, InputError):
            return None
        if digest is None or not self._admission.settle(mv, digest):
            return None
        self._check_go_version(mv, tree.dir)
        self._trees.put(mv, tree.dir)
        return tree.dir

    async def _tree(self, mv: ModuleVersion) -> str:
        cache = self._cache
        tree = cache.download_dir(mv)
        directory = tree.dir
        if tree.state != "whole":
            zip_path = await self.zip(mv)
            directory = await self._network.off(lambda: cache.extract(mv, zip_path))
            self._report.event("extracted", {"path": mv.path, "version": mv.version})
        await self._check(mv)
        self._check_go_version(mv, directory)
        return directory

    async def _zip(self, mv: ModuleVersion) -> str:
        cache = self._cache
        path = cache.zip_path(mv)
        if cache.has_zip(mv):
            if not self._admission.ledger.have(mv):
                await self._check(mv)
            return path
        if self._announce:
            self._report.event("downloading", {"path": mv.path, "version": _shown_version(mv)})
        async with self._locked(mv):
            if cache.has_zip(mv):
                return path
            if os.path.exists(path):
                digest = await self._network.off(lambda: cache.hash_zip(mv))
                await self._admission.admit(mv, digest)
                cache.write_ziphash(mv, digest)
            else:
                await self._fetch(mv)
        return path

    async def _fetch(self, mv: ModuleVersion) -> None:
        self._admission.expect(mv)
        cache = self._cache
        with cache.new_zip_temp(mv) as temp:
            size = await self._try(lambda source: _copy(source, mv, temp))
            gomod = self._gomod(mv)
            digest = await self._network.off(lambda: cache.check_and_hash_zip(temp.path, mv, gomod=gomod))
            await self._admission.admit(mv, digest)
            temp.commit(digest)
        self._report.event("fetched", {"path": mv.path, "version": mv.version, "bytes": size})

    async def _check(self, mv: ModuleVersion) -> None:
        """Judge what is in the cache by its recorded hash, or by a new one where that was lost."""
        cache = self._cache
        try:
            digest = cache.ziphash(mv)
            if digest is None:
                digest = await self._network.off(lambda: cache.hash_zip(mv))
                await self._admission.admit(mv, digest)
                cache.write_ziphash(mv, digest)
                return
        except (DiskError, InputError, BadZipError) as err:
            raise prefixed(attributed(mv, err), "verifying ") from err
        await self._admission.admit(mv, digest)

    def _check_go_version(self, mv: ModuleVersion, directory: str) -> None:
        if self._too_new is None:
            return
        path = f"{directory}/go.mod"
        try:
            with open(path, "rb") as f:
                version = goversion.go_line(f.read())
        except FileNotFoundError:
            return
        except OSError as err:
            raise disk_error("open", path, err) from err
        if goversion.compare(version, self._local_go) > 0:
            raise self._too_new(str(mv), version)

    @asynccontextmanager
    async def _locked(self, mv: ModuleVersion) -> AsyncIterator[None]:
        """The version's lock. It is asked for again and again, not waited for in a thread.

        Two commands that each hold what the other wants would wait in all their threads otherwise, with none left to
        hash what they hold.
        """
        lock = self._cache.lock(mv, wait=self._network.local)
        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                lock.__enter__()
                break
            except BlockingIOError:
                import asyncio

                if pause_s == _FIRST_PAUSE_S:
                    self._report.event("started", {"what": "lock", "name": str(mv)})
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
                lock = self._cache.lock(mv, wait=False)
        if pause_s > _FIRST_PAUSE_S:
            self._report.event("finished", {"name": str(mv)})
        try:
            yield
        finally:
            lock.__exit__(None, None, None)


async def _copy(source: ModuleSource, mv: ModuleVersion, temp: ZipTemp) -> int:
    try:
        return await source.zip(mv.path, mv.version, temp.write, temp.rewind)
    except Failure:
        temp.rewind()
        raise


def _shown_version(mv: ModuleVersion) -> str:
    """The version as it is announced; that of a toolchain in its short form, `go1.21.3 (linux/amd64)`."""
    if mv.path != "golang.org/toolchain":
        return mv.version
    release, dot, platform = mv.version.partition("-")[2].rpartition(".")
    goos, _, goarch = platform.partition("-")
    return f"{release} ({goos}/{goarch})" if dot else mv.version
