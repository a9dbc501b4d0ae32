# SPDX-License-Identifier: BSD-3-Clause
"""The same files at several proxies, each answer as it came, for `govgo proxies`.

Nothing that is fetched here is trusted, kept, or written to the module cache.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from govgo.adapters.disk.temporary import new_directory, new_file
from govgo.adapters.http.remote import Web
from govgo.adapters.loop.network import NetworkOptions, Visit
from govgo.adapters.modzip.hash import check_and_hash_zip
from govgo.adapters.proxy.proxy import MAX_LIST_BYTES, looks_like_page
from govgo.core.goenv import GoEnv
from govgo.core.goproxy.answers import FOUND, Answer
from govgo.core.gosum.dirhash import hash_gomod
from govgo.core.module.escape import escape_path, escape_version
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.modzip.bounds import MAX_GO_MOD, MAX_ZIP_FILE
from govgo.errors import DiskError, Failure, NetworkError, NotFoundError, find
from govgo.ports.reporter import Reporter

if TYPE_CHECKING:
    from govgo.adapters.http.client import HttpClient

_T = TypeVar("_T")
_R = TypeVar("_R")
_AT_ONCE = 16
_BEGINNING = 1 << 10
_GONE = 404
"""What a file that is not there counts as."""


class ProxyPeers(Visit):
    """Asks proxies (`ports.evidence.Peers`). Use it in a `with`, or close it."""

    def __init__(self, env: GoEnv, report: Reporter, options: NetworkOptions | None = None) -> None:
        """No file or network is touched yet."""
        super().__init__(env, report, options)
        self._web = Web(self._client)
        self._origins: dict[str, str] = {}
        self._directory = ""

    def files(self, wanted: Sequence[tuple[str, str]]) -> tuple[Answer, ...]:
        """The answers for (proxy URL, path below it), in the order given."""
        return self._all(wanted, lambda each: self._file(*each))

    def zips(self, wanted: Sequence[tuple[str, ModuleVersion, bytes | None]]) -> tuple[Answer, ...]:
        """The zips for (proxy URL, module version, the go.mod that the proxy has for it), checked by every rule."""
        if not self._directory:
            self._directory = self._held.enter_context(new_directory("govgo-proxies-"))
        return self._all(wanted, lambda each: self._zip(*each))

    def _client(self) -> HttpClient:
        client = self._network.client()
        client.on_redirect = self._origins.__setitem__
        return client

    def _all(self, wanted: Sequence[_T], look: Callable[[_T], Awaitable[_R]]) -> tuple[_R, ...]:
        self._network.loop()

        async def main() -> list[_R]:
            gate = asyncio.Semaphore(_AT_ONCE)

            async def one(each: _T) -> _R:
                async with gate:
                    return await look(each)

            return list(await asyncio.gather(*map(one, wanted)))

        return tuple(self._network.run(main()))

    async def _file(self, proxy: str, path: str) -> Answer:
        limit = MAX_GO_MOD if path.endswith(".mod") else MAX_LIST_BYTES
        remote, begin_s = self._web.open(proxy), time.monotonic()
        try:
            data = await remote.get(path, limit)
        except Failure as error:
            return _refusal(error)._replace(seconds=time.monotonic() - begin_s)
        return Answer(
            status=FOUND,
            data=data,
            sha256=hashlib.sha256(data).hexdigest(),
            size=len(data),
            h1=hash_gomod(data) if path.endswith(".mod") else "",
            is_page=looks_like_page(data),
            origin=self._origins.get(remote.url(path), ""),
            seconds=time.monotonic() - begin_s,
        )

    async def _zip(self, proxy: str, mod: ModuleVersion, gomod: bytes | None) -> Answer:
        digest, beginning = hashlib.sha256(), b""
        remote, begin_s = self._web.open(proxy), time.monotonic()
        try:
            with new_file(self._directory) as (file, out):

                def rewind() -> None:
                    nonlocal digest, beginning
                    digest, beginning = hashlib.sha256(), b""
                    out.seek(0)
                    out.truncate()

                def sink(data: bytes) -> None:
                    nonlocal beginning
                    beginning = beginning or data[:_BEGINNING]
                    digest.update(data)
                    out.write(data)

                path = f"{escape_path(mod.path)}/@v/{escape_version(mod.version)}.zip"
                size = await remote.copy(path, sink, rewind, MAX_ZIP_FILE)
            found = Answer(
                status=FOUND,
                sha256=digest.hexdigest(),
                size=size,
                is_page=looks_like_page(beginning),
                origin=self._origins.get(remote.url(path), ""),
                seconds=time.monotonic() - begin_s,
            )
        except DiskError:
            raise  # of this machine: it says nothing about the proxy
        except Failure as error:
            os.unlink(file)
            return _refusal(error)._replace(seconds=time.monotonic() - begin_s)
        try:
            checked = await self._network.off(
                lambda: check_and_hash_zip(file, mod, shown=str(mod), gomod=gomod), computes=True
            )
        except Failure as error:
            return found._replace(fault=str(error))
        finally:
            os.unlink(file)
        return found._replace(h1=checked)


def _refusal(error: Failure) -> Answer:
    """An answer that is none: the status, if one came."""
    absent = find(error, NotFoundError)
    if absent is not None:
        return Answer(absent.status or _GONE, fault=str(error))
    network = find(error, NetworkError)
    return Answer(network.status if network is not None else 0, fault=str(error).partition("\n")[0])
