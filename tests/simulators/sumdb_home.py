# SPDX-License-Identifier: BSD-3-Clause
"""Clients of a simulated checksum database, and the files that they keep."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from pathlib import Path
from typing import Any, TypeVar

from govgo.adapters.sumdb.cache import SumDbCache
from govgo.adapters.sumdb.client import SumDb
from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import GovgoError
from tests.simulators.sumdb_log import NAME, Server

_T = TypeVar("_T")


def run(main: Coroutine[Any, Any, _T]) -> _T:
    """Run a coroutine on a loop of its own."""
    return asyncio.run(main)


class Home:
    """The directories of a client, and the clients that live there.

    Attributes:
        cache: the database's directory in the module cache.
        latest: the file of the newest head.
        said: what clients said to the user.
    """

    def __init__(self, root: Path) -> None:
        self.cache = root / "cache"
        self.latest = root / "gopath" / "pkg" / "sumdb" / NAME / "latest"
        self.said: list[str] = []

    def client(self, server: Server) -> SumDb:
        cache = SumDbCache(str(self.cache), str(self.latest))
        return SumDb(server.log.key, server.fetch, cache, self.said.append, is_mirror=lambda: server.is_mirror)

    def lookup(self, server: Server, mod: ModuleVersion) -> tuple[str, ...]:
        async def main() -> tuple[str, ...]:
            db = self.client(server)
            try:
                return await db.lookup(mod)
            finally:
                await db.aclose()

        return run(main())

    def lookup_many(
        self, server: Server, mods: Iterable[ModuleVersion]
    ) -> dict[ModuleVersion, tuple[str, ...] | GovgoError]:
        async def main() -> dict[ModuleVersion, tuple[str, ...] | GovgoError]:
            db = self.client(server)
            try:
                return await db.lookup_many(mods)
            finally:
                await db.aclose()

        return run(main())

    def keep_head(self, head: bytes) -> None:
        self.latest.parent.mkdir(parents=True, exist_ok=True)
        self.latest.write_bytes(head)

    def kept(self) -> set[str]:
        return {str(path.relative_to(self.cache)) for path in self.cache.rglob("*") if path.is_file()}
