# SPDX-License-Identifier: BSD-3-Clause
"""The checksum database that published versions are added to, served by the same server: `/sumdb/NAME/…`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from govgo.ports.storage import Storage
from govgo.serve.http.routes import Call, Reply, Route
from govgo.serve.http.site import Site
from govgo.serve.sumdb import Answer, safe_answer
from govgo.serve.sumdb import Site as Database
from govgo.wiring.sumdb import database_key


def sumdb_route(site: Site, storage: Storage, tell: Callable[[str], object]) -> Route:
    """The route of the database in a storage; `tell` takes sentences for the operator.

    Raises:
        UsageError: there is none.
    """
    verifier = database_key(storage)
    database = Database(storage, verifier)
    prefix = f"/sumdb/{verifier.name}/"

    async def answer(call: Call) -> Reply:
        work = site.cold.stored(lambda: safe_answer(database, call.path, tell))
        found: Answer = await asyncio.wrap_future(site.cold.call(work))
        caching = b"public, max-age=%d, immutable" % found.max_age_s if found.max_age_s else b"no-cache"
        return Reply(found.status, found.content_type, found.body, ((b"cache-control", caching),))

    return Route(lambda path, _: path.startswith(prefix), answer, kind="lookup")
