# SPDX-License-Identifier: BSD-3-Clause
"""The checksum database that published versions are added to, served by the same server: `/sumdb/NAME/…`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from govgo.errors import InputError
from govgo.ports.storage import Storage
from govgo.serve.access import READ
from govgo.serve.http.routes import Call, Reply, Route
from govgo.serve.http.site import Site
from govgo.serve.protocol.question import parse_question
from govgo.serve.sumdb import Answer, safe_answer
from govgo.serve.sumdb import Site as Database


def sumdb_route(site: Site, storage: Storage, tell: Callable[[str], object]) -> Route:
    """The route of the database in a storage; `tell` takes sentences for the operator.

    Raises:
        UsageError: there is none.
    """
    database = Database(storage)

    async def answer(call: Call) -> Reply:
        module = _looked_up(call.path)
        if module and not site.access.may(call.user, READ, module):
            return Reply(403, "text/plain; charset=utf-8", f"{call.user} may not read {module}\n".encode())
        work = site.cold.stored(lambda: safe_answer(database, call.path, tell))
        found: Answer = await asyncio.wrap_future(site.cold.call(work))
        caching = b"public, max-age=%d, immutable" % found.max_age_s if found.max_age_s else b"no-cache"
        return Reply(found.status, found.content_type, found.body, ((b"cache-control", caching),))

    def is_asked(path: str, _: str) -> bool:
        return path.startswith("/sumdb/") and any(path.startswith(f"/sumdb/{name}/") for name in database.names)

    return Route(is_asked, answer, kind="lookup", checks_rights=True)


def _looked_up(path: str) -> str:
    """The module that a path asks for; "" for tiles and heads, which name none, and for what asks for nothing."""
    try:
        return parse_question(path).path
    except InputError:
        return ""
