# SPDX-License-Identifier: BSD-3-Clause
"""How to reach a checksum database: at the address in GOSUMDB, through a module proxy, or directly.

A proxy that answers `<proxy>/sumdb/<name>/supported` with success is used for that database from then on, and only
it. "Not found" or "gone" moves on to the next entry of GOPROXY, as does any error where `|` follows the entry; any
other answer makes the database unavailable. Without a proxy left, or at `direct` and `off`, the database is asked
itself. Reference: Go Modules Reference, "Checksum database"; go.dev/design/25530-sumdb.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

from govgo.core.goenv import DIRECT, NOPROXY, OFF, ProxySpec
from govgo.core.golib import url as gourl
from govgo.core.sumdb.database import Database
from govgo.errors import Failure, GovgoError, is_not_found

MAX_SUPPORTED_BYTES = 64 << 10
"""The answer of `supported` means nothing; more than this is not read."""


class Getter(Protocol):
    """GET over https, http or file."""

    async def get(self, url: str, limit_bytes: int) -> bytes:
        """The body of a successful answer.

        Raises:
            NotFoundError: 404 or 410, or no such file.
            UnavailableError: everything else; TooLargeError past `limit_bytes`.
        """
        ...


class SumDbRoute:
    """Fetches paths of one database by the route that GOSUMDB and GOPROXY prescribe, found out at the first use."""

    def __init__(self, database: Database, proxies: Sequence[ProxySpec], getter: Getter) -> None:
        self._database = database
        self._proxies = tuple(proxies)
        self._getter = getter
        self._base: asyncio.Task[gourl.GoURL] | None = None
        self._joined: tuple[gourl.GoURL | None, str] = (None, "")

    async def fetch(self, path: str, limit_bytes: int) -> bytes:
        """The body at `path`, which begins with "/lookup/", "/tile/" or is "/latest".

        Raises:
            NotFoundError: it is not there.
            UnavailableError: the database or the way to it failed.
        """
        if self._base is None:
            self._base = asyncio.ensure_future(self._find_base())
            self._base.add_done_callback(_mark_retrieved)
        base = self._base.result() if self._base.done() else await asyncio.shield(self._base)
        if base is not self._joined[0]:
            self._joined = base, _plain_prefix(base)
        prefix = self._joined[1]
        url = prefix + path if prefix and gourl.is_plain(path) else str(base.join(path))
        return await self._getter.get(url, limit_bytes)

    async def _find_base(self) -> gourl.GoURL:
        if self._database.url:
            return gourl.parse(self._database.url)
        worst: GovgoError | None = None
        for proxy in self._proxies:
            if proxy.url == NOPROXY:
                continue
            if proxy.url == DIRECT:
                return gourl.parse(self._database.direct_url)
            if proxy.url == OFF:
                break
            base = gourl.parse(proxy.url).join(f"sumdb/{self._database.name}")
            try:
                await self._getter.get(str(base.join("supported")), MAX_SUPPORTED_BYTES)
            except Failure as error:
                if not is_not_found(error):
                    worst = error
                    if not proxy.fall_back_on_error:
                        break
            else:
                return base
        if worst is not None:
            raise worst
        return gourl.parse(self._database.direct_url)


def _plain_prefix(base: gourl.GoURL) -> str:
    """What stands before a plain path in the URLs below `base`; "" where they do not end with the path."""
    return "" if base.query or base.force_query or base.fragment else str(base.join("x")).removesuffix("/x")


def _mark_retrieved(task: asyncio.Task[gourl.GoURL]) -> None:
    if not task.cancelled():
        task.exception()
