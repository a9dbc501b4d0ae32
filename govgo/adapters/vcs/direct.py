# SPDX-License-Identifier: BSD-3-Clause
"""Modules from where they are developed (`direct` in GOPROXY, and what GONOPROXY names).

`Direct` answers the same questions as a proxy (`proxy.Source`). It finds out where a module is, by `Discovery`, and
asks there: the git repository, or the proxy that the module's server names (a go-import tag with `mod`).
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol, TypeVar

from govgo.adapters.disk.temporary import spool
from govgo.adapters.http.engine import Fault, TransferError
from govgo.adapters.http.remote import Web
from govgo.adapters.loop.memo import Memo
from govgo.adapters.loop.network import Network
from govgo.adapters.proxy.proxy import Listing, Proxy, Source
from govgo.adapters.vcs.discovery import Discovery, Pages
from govgo.adapters.vcs.git import Git, GitError
from govgo.adapters.vcs.gitrepo import GitRepo
from govgo.adapters.vcs.gitsource import GitSource, TooNew
from govgo.core.goenv import GoEnv, check_proxy_url
from govgo.core.module.info import Origin
from govgo.core.vcs.coderepo import locate
from govgo.core.vcs.gitrefs import parse_refs
from govgo.core.vcs.metatags import MOD
from govgo.errors import Failure, InputError, NotFoundError, UsageError, is_not_found
from govgo.ports.modules import RevInfo

_T = TypeVar("_T")

_CHUNK_BYTES = 1 << 20
# The body of a page whose status alone matters; go reads it whole.
_PING_BYTES = 256 << 20
# How often a thread that waits for the event loop looks whether the command has ended meanwhile.
_CLOSED_CHECK_S = 0.2


class Off(Protocol):
    """`Network.off`: runs blocking work in a thread."""

    async def __call__(self, work: Callable[[], _T], /) -> _T: ...


class GitModule:
    """A `Source` for the one module of a `GitSource`, whose git commands run in a thread.

    Args:
        source: the module.
        off: runs work in a thread.
        turn: held while the repository is worked on, one thing at a time. Who waits for it takes no thread from the
            other repositories.
    """

    def __init__(self, source: GitSource, off: Off, turn: asyncio.Lock) -> None:
        self._source = source
        self._threads = off
        self._turn = turn

    async def list(self, path: str, prefix: str = "") -> Listing:
        """The tags that are versions and begin with `prefix`."""
        found = await self._off(lambda: self._source.versions(prefix))
        return Listing(found.list, "", (), found.origin)

    async def stat(self, path: str, rev: str) -> RevInfo:
        """The version that a revision is."""
        return await self._off(lambda: self._source.stat(rev))

    async def latest(self, path: str) -> RevInfo | None:
        """The last commit of the default branch."""
        return await self._off(self._source.latest)

    async def gomod(self, path: str, version: str) -> bytes:
        """The go.mod file of a version, made up where there is none."""
        return await self._off(lambda: self._source.gomod(version))

    async def zip(self, path: str, version: str, sink: Callable[[bytes], object], rewind: Callable[[], None]) -> int:
        """The zip of a version, made from the files of the repository."""

        def make() -> int:
            # A zip is made by seeking back and forth, which `sink` cannot do.
            with spool() as made:
                self._source.zip(version, made)
                size = made.tell()
                made.seek(0)
                rewind()
                while data := made.read(_CHUNK_BYTES):
                    sink(data)
            return size

        return await self._off(make)

    async def check_reuse(self, path: str, origin: Origin) -> None:
        """Check that an earlier answer, which was derived from `origin`, would be the same now."""
        await self._off(lambda: self._source.check_reuse(origin))

    async def _off(self, work: Callable[[], _T]) -> _T:
        async with self._turn:
            return await self._threads(work)


class Direct:
    """The source `direct`: finds out who has a module, once, and passes each question on."""

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
        self._git = Git(env.process, trace=network.trace, event=network.event, silent_s=network.patience_s)
        self._discovery = Discovery(env, self._pages, self._ping)
        self._modules: Memo[str, Source] = Memo()
        self._repos: Memo[str, tuple[GitRepo, asyncio.Lock]] = Memo()
        self._signs: Memo[str, None] = Memo()
        self._refs: dict[str, dict[str, str]] = {}

    def close(self) -> None:
        """End the git commands that are under way."""
        self._git.close()

    async def list(self, path: str, prefix: str = "") -> Listing:
        """As `Source.list`; a repository leaves out what does not begin with `prefix`."""
        return await (await self._module(path)).list(path, prefix)

    async def stat(self, path: str, rev: str) -> RevInfo:
        """As `Source.stat`."""
        return await (await self._module(path)).stat(path, rev)

    async def latest(self, path: str) -> RevInfo | None:
        """As `Source.latest`; None only where a proxy has the module."""
        return await (await self._module(path)).latest(path)

    async def gomod(self, path: str, version: str) -> bytes:
        """As `Source.gomod`."""
        return await (await self._module(path)).gomod(path, version)

    async def zip(self, path: str, version: str, sink: Callable[[bytes], object], rewind: Callable[[], None]) -> int:
        """As `Source.zip`."""
        return await (await self._module(path)).zip(path, version, sink, rewind)

    async def check_reuse(self, path: str, origin: Origin) -> None:
        """As `Source.check_reuse`."""
        await (await self._module(path)).check_reuse(path, origin)

    async def _module(self, path: str) -> Source:
        return await self._modules.get(path, lambda: self._find(path))

    async def _find(self, path: str) -> Source:
        root = await self._discovery.find(path)
        if root.vcs == MOD:
            try:
                check_proxy_url(root.repo)
            except UsageError as err:  # not of the user: a page says so
                raise InputError(str(err)) from err
            return Proxy(root.repo, self._web.open(root.repo))
        repo, turn = await self._repos.get(root.repo, lambda: self._open(root.repo))
        source = GitSource(locate(path, root.root, root.subdir), repo, self._env.go_version, self._too_new)
        return GitModule(source, self._network.off, turn)

    async def _open(self, url: str) -> tuple[GitRepo, asyncio.Lock]:
        loop = asyncio.get_running_loop()

        # Called in the thread of a git command, while the HTTP client belongs to the loop.
        def is_missing(url: str) -> bool:
            answer = asyncio.run_coroutine_threadsafe(self._is_missing(url), loop)
            while not self._git.closed:
                with suppress(TimeoutError):
                    return answer.result(_CLOSED_CHECK_S)
            return False

        await self._signs.get(url, lambda: self._expect_sign(url))
        refs = self._refs.get(url)
        repo = await self._network.off(lambda: GitRepo(self._git, url, self._env.gomodcache, is_missing, refs))
        return repo, asyncio.Lock()

    async def _is_missing(self, url: str) -> bool:
        try:
            await self._network.client().get(url, _PING_BYTES)
        except NotFoundError:
            return True
        except Failure as err:
            return is_not_found(err)
        return False

    async def _expect_sign(self, url: str) -> None:
        """Ask the server of a repository for anything at all, where nobody wants to wait as long for it as git does.

        git has no limit for connecting, and libcurl's is five minutes. What else than silence comes of it is left to
        git, which may know credentials, and so is a server that git asks otherwise: by ssh, or through a proxy of its
        own configuration.

        Raises:
            NetworkError: the server shows no sign of being there.
        """
        if not self._network.fails_soon:
            return
        directory = self._neutral_directory()

        def asked() -> str:
            found = self._git.run(["ls-remote", "--get-url", "--end-of-options", url], directory).decode().strip()
            with suppress(GitError):  # status 1: no such setting
                return "" if self._git.run(["config", "--get-urlmatch", "http.proxy", found], directory) else found
            return found

        try:
            server = await self._network.off(asked)
            if server.startswith(("https://", "http://")):
                await self._network.client().size(server)
        except Failure as error:
            if isinstance(error.inner, TransferError) and error.inner.fault is Fault.DEAD:
                raise

    def _neutral_directory(self) -> str:
        """Where git can be run: not the working directory, whose configuration others may have made."""
        with suppress(OSError):
            os.makedirs(self._env.gomodcache, exist_ok=True)
        return self._env.gomodcache

    async def _ping(self, url: str) -> bool:
        try:
            await self._signs.get(url, lambda: self._expect_sign(url))
            directory = self._neutral_directory()
            found = await self._network.off(
                lambda: self._git.run(["ls-remote", "--end-of-options", url], directory, remote=url)
            )
        except Failure:
            return False
        self._refs[url] = parse_refs(found)
        return True

    def _pages(self, insecure: bool) -> Pages:
        return self._network.client(insecure=insecure)
