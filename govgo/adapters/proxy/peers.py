# SPDX-License-Identifier: BSD-3-Clause
"""The same files at several proxies, each answer as it came, for `govgo proxies`.

Nothing that is fetched here is trusted, kept, or written to the module cache.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from govgo.adapters.http.remote import Web
from govgo.adapters.loop.network import NetworkOptions, Visit
from govgo.adapters.modzip.hash import check_and_hash_zip
from govgo.adapters.proxy.proxy import MAX_LIST_BYTES
from govgo.core.goenv import GoEnv
from govgo.core.goproxy.answers import FOUND, Answer
from govgo.core.gosum.dirhash import hash_gomod
from govgo.core.module.escape import escape_path, escape_version
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.modzip.bounds import MAX_GO_MOD, MAX_ZIP_FILE
from govgo.errors import Failure, NetworkError, NotFoundError, find
from govgo.ports.talk import Reporter

_T = TypeVar("_T")
_R = TypeVar("_R")
_AT_ONCE = 16
_GONE = 404
"""What a file that is not there counts as."""


class ProxyPeers(Visit):
    """Asks proxies (`ports.evidence.Peers`). Use it in a `with`, or close it."""

    def __init__(self, env: GoEnv, report: Reporter, options: NetworkOptions | None = None) -> None:
        """No file or network is touched yet."""
        super().__init__(env, report, options)
        self._web = Web(self._network.client)
        self._directory = ""

    def files(self, wanted: Sequence[tuple[str, str]]) -> tuple[Answer, ...]:
        """The answers for (proxy URL, path below it), in the order given."""
        return self._all(wanted, lambda each: self._file(*each))

    def zips(self, wanted: Sequence[tuple[str, ModuleVersion, bytes | None]]) -> tuple[Answer, ...]:
        """The zips for (proxy URL, module version, the go.mod that the proxy has for it), checked by every rule."""
        if not self._directory:
            self._directory = self._held.enter_context(tempfile.TemporaryDirectory(prefix="govgo-proxies-"))
        return self._all(wanted, lambda each: self._zip(*each))

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
        try:
            data = await self._web.open(proxy).get(path, limit)
        except Failure as error:
            return _refusal(error)
        h1 = hash_gomod(data) if path.endswith(".mod") else ""
        return Answer(FOUND, data, hashlib.sha256(data).hexdigest(), len(data), h1)

    async def _zip(self, proxy: str, mod: ModuleVersion, gomod: bytes | None) -> Answer:
        descriptor, file = tempfile.mkstemp(".zip", dir=self._directory)
        digest = hashlib.sha256()
        try:
            with os.fdopen(descriptor, "wb") as out:

                def rewind() -> None:
                    nonlocal digest
                    digest = hashlib.sha256()
                    out.seek(0)
                    out.truncate()

                def sink(data: bytes) -> None:
                    digest.update(data)
                    out.write(data)

                path = f"{escape_path(mod.path)}/@v/{escape_version(mod.version)}.zip"
                size = await self._web.open(proxy).copy(path, sink, rewind, MAX_ZIP_FILE)
            found = Answer(FOUND, b"", digest.hexdigest(), size)
        except Failure as error:
            os.unlink(file)
            return _refusal(error)
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
