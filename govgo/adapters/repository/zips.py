# SPDX-License-Identifier: BSD-3-Clause
"""Zips and extracted trees: fetched, checked, committed to the cache and extracted, in go's order.

The way of one zip, under the lock of its module version (`Zips._fetch`):

    fetch       from the sources in turn into a temporary file beside its place in the cache
    check       names, sizes, headers, checksums, and the go.mod in it (`ModCache.check_and_hash_zip`): gives its h1:,
                and in the same pass, where the tree is wanted, extracts it to a temporary directory
    sum check   against go.sum, else the checksum database (`sumcheck`)
    commit      .ziphash, then the zip under its own name, then the tree

Nothing appears in the cache under its own name before every check has passed. What is in the cache already is checked
by its recorded hash. Rules: cmd/go/internal/modfetch (Download, DownloadZip, checkMod) and modcmd (DownloadModule).
"""

from __future__ import annotations

import os
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager, nullcontext, suppress

from govgo.adapters.attribution import attributed
from govgo.adapters.disk.diskerror import disk_error
from govgo.adapters.disk.lockfile import reading
from govgo.adapters.loop.memo import Memo
from govgo.adapters.loop.network import Network
from govgo.adapters.modcache.cache import ModCache, TreeTemp, ZipTemp
from govgo.adapters.repository.gomods import GoMods
from govgo.adapters.repository.sumcheck import SumCheck
from govgo.core.golib.quote import quote
from govgo.core.gosum.dirhash import hash_gomod
from govgo.core.module.moduleversion import ModuleVersion, is_valid_version
from govgo.core.typehints import TYPE_CHECKING, Any
from govgo.core.version import goversion
from govgo.errors import (
    BadZipError,
    DiskError,
    Failure,
    GovgoError,
    InputError,
    InvalidVersionError,
    SumMismatchError,
    UncheckedZipError,
)
from govgo.ports.modules import Downloaded

if TYPE_CHECKING:
    from govgo.adapters.repository.chain import ModuleSource, TrySources
    from govgo.ports.modules import RevInfo
    from govgo.ports.reporter import Reporter

TooNew = Callable[[str, str], GovgoError]
"""Makes the error for (module, Go version that it needs)."""

_FIRST_PAUSE_S = 0.002
_LONGEST_PAUSE_S = 0.1
"""The pauses between two attempts to take a lock that another process has."""

_REPAIR = "`govgo cache verify -repair` fetches damaged files again"
_MANY = 12
"""From this number of zips to extract on, another process pays."""

_WIDTH = 32
"""How many modules are worked on at once by `Downloads`; each has at most one zip under way."""


class Zips:
    """The zips and trees of one command.

    Args:
        cache: the module cache.
        try_sources: asks the sources of GOPROXY in turn.
        sums: checks hashes.
        network: runs blocking work in threads.
        report: takes sentences for the user, and progress.
        gomod: gives the go.mod of a version, where it is known.
        announce: say `downloading PATH VERSION` before a zip is fetched.
        local_go: the Go version that the command answers for.
        too_new: makes the error for a module that needs a newer one; None to accept such modules.
    """

    def __init__(
        self,
        cache: ModCache,
        try_sources: TrySources,
        sums: SumCheck,
        network: Network,
        report: Reporter,
        gomod: Callable[[ModuleVersion], bytes | None],
        *,
        announce: bool,
        local_go: str,
        too_new: TooNew | None,
    ) -> None:
        self._cache = cache
        self._try = try_sources
        self._sums = sums
        self._network = network
        self._report = report
        self._gomod = gomod
        self._announce = announce
        self._local_go = local_go
        self._too_new = too_new
        self._zips: Memo[ModuleVersion, str] = Memo()
        self._trees: Memo[ModuleVersion, str] = Memo()
        self._begun = 0

    async def zip(self, mv: ModuleVersion, *, extract: bool = False) -> str:
        """The path of the cached zip, which is fetched and checked when it is absent.

        Args:
            mv: the module version.
            extract: a zip that is fetched is extracted in the same pass, for `tree`, which will be called.
        """
        return await self._zips.get(mv, lambda: self._zip(mv, extract=extract))

    async def tree(self, mv: ModuleVersion) -> str:
        """The extracted tree; its zip is fetched and checked when it is absent."""
        return await self._trees.get(mv, lambda: self._tree(mv))

    def tree_at_hand(self, mv: ModuleVersion) -> str | None:
        """The extracted tree when it is whole, and go.sum, or what is kept of the database, has its hash.

        It takes no coroutine; None to ask `tree`.

        Raises:
            SumMismatchError: go.sum has another hash.
            GovgoError: as `tree`.
        """
        known = self._trees.known(mv)
        if known is not None:
            return known
        try:
            tree = self._cache.download_dir(mv)
            h1 = self._cache.ziphash(mv) if tree.state == "whole" else None
        except (DiskError, InputError):
            return None
        if h1 is None or not self._sums.check_kept(mv, h1):
            return None
        self._check_go_version(mv, tree.dir)
        self._trees.put(mv, tree.dir)
        return tree.dir

    def zip_at_hand(self, mv: ModuleVersion) -> tuple[str, str] | None:
        """The path and the hash of the cached zip when go.sum, or what is kept of the database, has that hash.

        It takes no coroutine; None to ask `zip`.

        Raises:
            SumMismatchError: go.sum has another hash.
        """
        try:
            h1 = self._cache.ziphash(mv) if self._cache.has_zip(mv) else None
            path = self._cache.zip_path(mv)
        except (DiskError, InputError):
            return None
        if h1 is None or not self._sums.check_kept(mv, h1):
            return None
        self._zips.put(mv, path)
        return path, h1

    def forget(self) -> None:
        """Forget what was checked, by another go.sum. A zip that could not be had is not asked for again, as in go."""
        self._trees.forget_all()
        self._zips.forget_results()

    async def _tree(self, mv: ModuleVersion) -> str:
        cache = self._cache
        tree = cache.download_dir(mv)
        directory = tree.dir
        if tree.state != "whole":
            zip_path = await self.zip(mv, extract=True)
            if cache.download_dir(mv).state != "whole":
                stop = threading.Event()
                await self._network.off(
                    lambda: cache.extract(mv, zip_path, is_stopped=stop.is_set), computes=True, stop=stop.set
                )
                self._report.event("extracted", {"path": mv.path, "version": mv.version})
        await self._check(mv)
        self._check_go_version(mv, directory)
        return directory

    async def _zip(self, mv: ModuleVersion, *, extract: bool) -> str:
        cache = self._cache
        path = cache.zip_path(mv)
        if cache.has_zip(mv):
            # go does so where it extracts the zip, and some verbs here read the zip itself.
            await self._check(mv)
            return path
        cache.check_root()
        if self._announce:
            self._report.event("downloading", {"what": _announced(mv)})
        async with self._locked(mv):
            if cache.has_zip(mv):
                return path  # another process has fetched it while we waited for the lock
            if os.path.exists(path):
                await self._check_anew(mv)
            else:
                await self._fetch(mv, extract=extract)
        return path

    async def _fetch(self, mv: ModuleVersion, *, extract: bool) -> None:
        self._sums.prefetch(mv)  # the database answers while the zip is on its way
        self._network.load_soon("concurrent.futures.thread", "govgo.adapters.modzip.unzip")
        if extract:
            self._begun += 1
            if self._begun == _MANY:
                self._network.start_extractor()
        cache = self._cache
        with cache.new_zip_temp(mv) as temp, cache.new_tree(mv) if extract else nullcontext() as tree:
            size, url = await self._try(lambda source: _copy(source, mv, temp))
            gomod = self._gomod(mv)
            try:
                h1 = await self._check_and_hash(mv, temp, size, gomod, tree)
                await self._sums.check(mv, h1)
            except (BadZipError, SumMismatchError) as err:
                # go's sentences do not say which of several proxies served it.
                self._report.note(f"refused the zip of {mv} that {url} served")
                if isinstance(err, BadZipError):
                    err.is_page = _is_page(temp.path)
                raise
            temp.commit(h1)
            if tree is not None:
                with suppress(DiskError):  # `tree` extracts the zip again then, and says what is wrong
                    tree.commit()
        self._report.event("fetched", {"path": mv.path, "version": mv.version, "bytes": size})
        if tree is not None and tree.made:
            self._report.event("extracted", {"path": mv.path, "version": mv.version})

    async def _check_and_hash(
        self, mv: ModuleVersion, temp: ZipTemp, size: int, gomod: bytes | None, tree: TreeTemp | None
    ) -> str:
        """As `ModCache.check_and_hash_zip`, in a thread, or with a tree in another process."""
        async with self._network.slot(size, extracts=tree is not None) as extractor:
            if extractor is not None and tree is not None:
                h1 = await self._network.off(
                    lambda: self._cache.extract_elsewhere(extractor, temp.path, mv, tree, gomod=gomod),
                    stop=extractor.stop,
                )
                if h1:
                    return h1
            stop = threading.Event()
            return await self._network.off(
                lambda: self._cache.check_and_hash_zip(temp.path, mv, gomod=gomod, tree=tree, is_stopped=stop.is_set),
                stop=stop.set,
            )

    async def _check(self, mv: ModuleVersion) -> None:
        """Check what is in the cache by its recorded hash, or by a new one where that was lost."""
        try:
            h1 = self._cache.ziphash(mv)
            if h1 is None:
                await self._check_anew(mv)
                return
        except (DiskError, InputError, BadZipError) as err:
            raise UncheckedZipError(f"verifying {attributed(mv, err)}", inner=err, hint=err.hint or _REPAIR) from err
        await self._sums.check(mv, h1)

    async def _check_anew(self, mv: ModuleVersion) -> None:
        """Hash the cached zip, check it by that, and record the hash."""
        h1 = await self._network.off(lambda: self._cache.hash_zip(mv), computes=True)
        await self._sums.check(mv, h1)
        self._cache.write_ziphash(mv, h1)

    def _check_go_version(self, mv: ModuleVersion, directory: str) -> None:
        if self._too_new is None:
            return
        path = f"{directory}/go.mod"
        try:
            with reading(path) as f:
                version = goversion.go_line(f.read())
        except FileNotFoundError:
            return
        except OSError as err:
            raise disk_error("read" if isinstance(err, IsADirectoryError) else "open", path, err) from err
        if goversion.compare(version, self._local_go) > 0:
            raise self._too_new(str(mv), version)

    @asynccontextmanager
    async def _locked(self, mv: ModuleVersion) -> AsyncIterator[None]:
        """The lock of a module version. It is tried again and again, rather than waited for in a thread.

        Two commands that fetch the same modules in a different order each hold locks that the other waits for. With
        waiting threads, both would soon have no thread left to hash the zips whose locks they hold.
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


class Downloads:
    """Everything of a module version into the cache, as `go mod download` does it.

    The steps are .info, go.mod and its hash, zip and its hash, tree; a failure ends the steps of its module only.
    """

    def __init__(
        self,
        cache: ModCache,
        gomods: GoMods,
        zips: Zips,
        info: Callable[[str, str], Coroutine[Any, Any, RevInfo]],
        report: Reporter,
    ) -> None:
        self._cache = cache
        self._gomods = gomods
        self._zips = zips
        self._info = info
        self._report = report

    def at_hand(self, mods: Iterable[ModuleVersion]) -> dict[ModuleVersion, Downloaded]:
        """The zips that are there and whose hash go.sum has; `many` is to be asked for the others.

        Raises:
            SumMismatchError: go.sum has another hash.
        """
        found: dict[ModuleVersion, Downloaded] = {}
        for mv in mods:
            known = self._zips.zip_at_hand(mv) if is_valid_version(mv.path, mv.version) else None
            if known is not None:
                found[mv] = Downloaded(mv, zip=known[0], sum=known[1])
        return found

    async def many(self, mods: Sequence[ModuleVersion], *, extract: bool) -> list[Downloaded]:
        """All of them at once; the results in the order given.

        Raises:
            SecurityError: a download contradicts go.sum or the database; what else is under way is cancelled.
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
        """One of them; without `extract` its zip alone, since then go.sum must get no more than the zip's hash.

        Raises:
            SecurityError: a download contradicts go.sum or the database. Other errors are part of the result.
        """
        done = Downloaded(mv)
        try:
            if not is_valid_version(mv.path, mv.version):
                raise InvalidVersionError(f"invalid version {quote(mv.version)}", version=mv.version)
            if extract:
                self._gomods.prefetch_sum(mv)
                info = await self._info(mv.path, mv.version)
                done = done._replace(info=self._cache.file(mv, "info"), origin=info.origin)
                data = await self._gomods.load(mv)
                self._gomods.write()
                done = done._replace(gomod=self._cache.file(mv, "mod"), gomod_sum=hash_gomod(data))
            path = await self._zips.zip(mv, extract=extract)
            done = done._replace(zip=path, sum=self._cache.ziphash(mv) or "")
            if extract:
                done = done._replace(dir=await self._zips.tree(mv))
        except Failure as err:
            return done._replace(error=err)
        return done


async def _copy(source: ModuleSource, mv: ModuleVersion, temp: ZipTemp) -> tuple[int, str]:
    """Fetch a zip from one source, and leave nothing of it for the next source if it fails; its size and URL."""
    try:
        return await source.zip(mv.path, mv.version, temp.write, temp.rewind), source.zip_url(mv.path, mv.version)
    except Failure:
        temp.rewind()
        raise


def _is_page(path: str) -> bool:
    from govgo.adapters.proxy.proxy import looks_like_page  # a warm command needs no proxy

    try:
        with open(path, "rb") as file:
            return looks_like_page(file.read(512))
    except OSError:
        return False


def _announced(mv: ModuleVersion) -> str:
    """A module version as its download is announced; a toolchain in its short form, `go1.21.3 (linux/amd64)`."""
    if mv.path != "golang.org/toolchain":
        return f"{mv.path} {mv.version}"
    release, dot, platform = mv.version.partition("-")[2].rpartition(".")
    goos, _, goarch = platform.partition("-")
    return f"{release} ({goos}/{goarch})" if dot else platform
