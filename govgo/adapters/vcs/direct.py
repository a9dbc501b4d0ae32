# SPDX-License-Identifier: BSD-3-Clause
"""Modules from where they are developed (`direct` in GOPROXY, and what GONOPROXY names).

It answers the same questions as a proxy (`proxy.Proxy`). It finds out where a module is, and asks there: the git
repository, in a thread of its own, or the proxy that the module's server names.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from govgo.adapters.http.remote import Web
from govgo.adapters.loop.memo import Memo
from govgo.adapters.loop.network import Network
from govgo.adapters.proxy.proxy import Listing, Proxy, Stat
from govgo.adapters.vcs.discovery import Discovery, Pages
from govgo.adapters.vcs.git import Git
from govgo.adapters.vcs.gitrepo import GitRepo
from govgo.adapters.vcs.gitsource import GitSource, TooNew
from govgo.core.goenv import GoEnv
from govgo.core.module.info import Origin
from govgo.core.vcs.coderepo import locate
from govgo.core.vcs.gitrefs import parse_refs
from govgo.core.vcs.metatags import MOD
from govgo.errors import Failure, NotFoundError, UnavailableError, is_not_found

_T = TypeVar("_T")

_CHUNK_BYTES = 1 << 20
_PING_BYTES = 256 << 20
_PATIENCE_S = 0.2


class Direct:
    """The source `direct`."""

    def __init__(self, env: GoEnv, network: Network, web: Web, too_new: TooNew | None) -> None:
        """Nothing is asked yet.

        Args:
            env: go's settings.
            network: the loop, its threads and the HTTP clients.
            web: opens proxies.
            too_new: makes the error for (module, Go version) that needs a newer Go; None to take any.
        """
        self._env = env
        self._network = network
        self._web = web
        self._too_new = too_new
        self._git = Git(env.process, trace=network.trace)
        self._discovery = Discovery(env, self._pages, self._ping)
        self._modules: Memo[str, GitSource | Proxy] = Memo()
        self._repos: Memo[str, GitRepo] = Memo()
        self._refs: dict[str, dict[str, str]] = {}

    def close(self) -> None:
        """End the git commands that are under way."""
        self._git.close()

    async def list(self, path: str, prefix: str = "") -> Listing:
        """The versions of a module that begin with `prefix`.  Raises GovgoError."""
        source = await self._module(path)
        if isinstance(source, Proxy):
            return await source.list(path)
        found = await self._off(lambda: source.versions(prefix))
        return Listing(found.list, "", (), found.origin)

    async def stat(self, path: str, rev: str) -> Stat:
        """What a revision is.  Raises GovgoError."""
        source = await self._module(path)
        if isinstance(source, Proxy):
            return await source.stat(path, rev)
        return Stat(await self._off(lambda: source.stat(rev)))

    async def latest(self, path: str) -> Stat | None:
        """The last commit of the default branch; None where a proxy leaves that open.  Raises GovgoError."""
        source = await self._module(path)
        if isinstance(source, Proxy):
            return await source.latest(path)
        return Stat(await self._off(source.latest))

    async def gomod(self, path: str, version: str) -> bytes:
        """A go.mod, unchecked.  Raises GovgoError."""
        source = await self._module(path)
        if isinstance(source, Proxy):
            return await source.gomod(path, version)
        return await self._off(lambda: source.gomod(version))

    async def zip(self, path: str, version: str, sink: Callable[[bytes], object], rewind: Callable[[], None]) -> int:
        """A zip, unchecked, in chunks; its size.  Raises GovgoError."""
        source = await self._module(path)
        if isinstance(source, Proxy):
            return await source.zip(path, version, sink, rewind)

        def make() -> int:
            with tempfile.TemporaryFile() as spool:
                source.zip(version, spool)
                size = spool.tell()
                spool.seek(0)
                rewind()
                while data := spool.read(_CHUNK_BYTES):
                    sink(data)
            return size

        return await self._off(make)

    async def check_reuse(self, path: str, origin: Origin) -> None:
        """Check that what rested on `origin` still holds.  Raises GovgoError."""
        source = await self._module(path)
        if isinstance(source, Proxy):
            raise UnavailableError("unsupported operation")
        await self._off(lambda: source.check_reuse(origin))

    async def _module(self, path: str) -> GitSource | Proxy:
        return await self._modules.get(path, lambda: self._find(path))

    async def _find(self, path: str) -> GitSource | Proxy:
        root = await self._discovery.find(path)
        if root.vcs == MOD:
            return Proxy(root.repo, self._web.open(root.repo))
        repo = await self._repos.get(root.repo, lambda: self._open(root.repo))
        return GitSource(locate(path, root.root, root.subdir), repo, self._env.go_version, self._too_new)

    async def _open(self, url: str) -> GitRepo:
        loop = asyncio.get_running_loop()

        def is_missing(url: str) -> bool:
            answer = asyncio.run_coroutine_threadsafe(self._is_missing(url), loop)
            while not self._git.closed:
                with suppress(TimeoutError):
                    return answer.result(_PATIENCE_S)
            return False

        refs = self._refs.get(url)
        return await self._off(lambda: GitRepo(self._git, url, self._env.gomodcache, is_missing, refs))

    async def _is_missing(self, url: str) -> bool:
        try:
            await self._network.client().get(url, _PING_BYTES)
        except NotFoundError:
            return True
        except Failure as err:
            return is_not_found(err)
        return False

    async def _ping(self, url: str) -> bool:
        directory = self._env.gomodcache  # not the working directory, whose configuration others may have made
        try:
            with suppress(OSError):
                os.makedirs(directory, exist_ok=True)
            found = await self._off(lambda: self._git.run(["ls-remote", "--end-of-options", url], directory))
        except Failure:
            return False
        self._refs[url] = parse_refs(found)
        return True

    def _pages(self, insecure: bool) -> Pages:
        return self._network.client(insecure=insecure)

    async def _off(self, work: Callable[[], _T]) -> _T:
        return await self._network.off(work)
