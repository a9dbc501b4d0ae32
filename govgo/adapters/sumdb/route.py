# SPDX-License-Identifier: BSD-3-Clause
"""How to reach a checksum database: at the address in GOSUMDB, through a module proxy, or directly.

The entries of GOPROXY are tried in order with `<proxy>/sumdb/<name>/supported`:

    success              this proxy is used for the database, and only it, for the rest of the run
    404, 410             the next entry is tried, as after any error where `|` follows the entry
    any other error      the database is unavailable: a proxy that mirrors it must not be bypassed
    direct, off, no more the database itself is asked

A source that is asked learns which modules a user needs; a proxy in between hides the user from the database.
Reference: Go Modules Reference, "Checksum database"; go.dev/design/25530-sumdb.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

from govgo.adapters.loop.tasks import finished
from govgo.core.goenv import DIRECT, NOPROXY, OFF, ProxySpec
from govgo.core.golib import url as gourl
from govgo.core.sumdb.gosumdb import Database
from govgo.errors import Failure, GovgoError, OfflineError, is_not_found

MAX_SUPPORTED_BYTES = 64 << 10
"""The body of `supported` has no meaning; more than this is not read."""


class Getter(Protocol):
    """GET over https, http or file."""

    async def get(self, url: str, limit_bytes: int) -> bytes:
        """The body of a successful answer.

        Raises:
            NotFoundError: 404 or 410, or no such file.
            UnavailableError: any other failure; TooLargeError past `limit_bytes`.
        """
        ...


class NoNetwork:
    """A `Getter` that asks nobody, so that only kept answers and tiles can prove something."""

    async def get(self, url: str, limit_bytes: int) -> bytes:
        """Refuse, as --offline demands."""
        raise OfflineError()


class SumDbRoute:
    """Fetches paths of one database by the route that GOSUMDB and GOPROXY prescribe, looked for once.

    Attributes:
        is_mirror: whether that is a module proxy, which may have an older tree than the database.
    """

    def __init__(self, database: Database, proxies: Sequence[ProxySpec], getter: Getter) -> None:
        self._database = database
        self._proxies = tuple(proxies)
        self._getter = getter
        self._search: asyncio.Task[gourl.GoURL | Failure] | None = None
        self._joined: tuple[gourl.GoURL | None, str] = (None, "")
        self.is_mirror = False

    async def fetch(self, path: str, limit_bytes: int) -> bytes:
        """The body at `path`, which begins with "/lookup/", "/tile/" or is "/latest".

        Raises:
            NotFoundError: it is not there.
            UnavailableError: the database or the proxy in between failed.
        """
        base = await self.base()
        if base is not self._joined[0]:
            self._joined = base, _plain_prefix(base)
        prefix = self._joined[1]
        url = prefix + path if prefix and gourl.is_plain(path) else str(base.join(path))
        return await self._getter.get(url, limit_bytes)

    def begin(self) -> asyncio.Task[gourl.GoURL | Failure]:
        """Look for the route, once; `fetch` waits for it."""
        if self._search is None:
            self._search = asyncio.ensure_future(self._outcome())
        return self._search

    async def base(self) -> gourl.GoURL:
        """The URL below which the database is; looked for once.

        Raises:
            UnavailableError: the database or the proxy in between failed.
        """
        search = self.begin()
        await finished(search)  # a lookup that is cancelled must not end the search, which is one for all
        found = search.result()
        if isinstance(found, Failure):
            raise found
        return found

    async def _outcome(self) -> gourl.GoURL | Failure:
        """The URL, or why there is none: a search that was begun in vain is nobody's error when the loop ends."""
        try:
            return await self._find_base()
        except Failure as error:
            return error

    async def _find_base(self) -> gourl.GoURL:
        if self._database.url:
            base = gourl.parse(self._database.url)
            # web.Get takes a URL without scheme for one of https: `sum.example.org` is a path until it has one.
            return base if base.scheme else gourl.parse(str(base._replace(scheme="https")))
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
                self.is_mirror = True
                return base
        if worst is not None:
            raise worst
        return gourl.parse(self._database.direct_url)


def _plain_prefix(base: gourl.GoURL) -> str:
    """The prefix that makes URLs from plain paths; "" where there is none, as with a query, which must stay last.

    A shortcut for the thousands of URLs of one run; other paths and bases take `GoURL.join`.
    """
    return (
        "" if base.opaque or base.query or base.force_query or base.fragment else str(base.join("x")).removesuffix("/x")
    )
