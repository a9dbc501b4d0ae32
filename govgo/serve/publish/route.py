# SPDX-License-Identifier: BSD-3-Clause
"""The path by which versions are published.

    PUT /publish/MODULE/@v/VERSION.zip     the module zip; MODULE and VERSION are escaped as for a proxy
    GET /publish/MODULE/@v/VERSION.zip     what is published as this version

    201  published                             {"module":…,"version":…,"time":…,"sum":"h1:…","go_mod_sum":"h1:…"}
    200  the same was published before
    401, 403  no name, no right, no module of this server, or against its policy
    409  published before with other bytes, or the checksum database has another record
    413  too large      422  no sound zip of this version      503  too many at once, or the storage fails

A body goes to a temporary file beside the storage's own, so that none is held in memory, and is examined there.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

from govgo.adapters.disk.diskerror import disk_error
from govgo.adapters.disk.lockfile import write_all
from govgo.adapters.disk.system import path_of
from govgo.adapters.disk.temporary import make_file
from govgo.adapters.modzip.examine import UnpublishableError, examine
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.records import NamedTuple
from govgo.core.safetext import visible
from govgo.core.storage.published import AlreadyPublishedError, Published
from govgo.errors import ConflictError, DiskError, Failure, InputError, SecurityError, StorageError, TooLargeError
from govgo.ports.storage import LocalStorage
from govgo.serve.access import CHALLENGE, NO_LOGIN, PUBLISH
from govgo.serve.http.routes import Call, Reply, Route, SlowClientError
from govgo.serve.http.site import Site
from govgo.serve.protocol.question import parse_question
from govgo.serve.publish.uploadqueue import Turn, Turns
from govgo.serve.upstream.errorstatus import MAX_TEXT, refusal_of
from govgo.serve.upstream.published import PublishedModules

PREFIX = "/publish/"
_GATHERED = 1 << 20
_SPOOL_KEY = "publish/upload"
"""Beside it the temporary files lie; no module path begins so."""


class _Refused(NamedTuple):
    status: int
    text: str


class PublishRoute:
    """See the module's docstring.

    Args:
        site: what is served, with its users and policy.
        published: where versions go.
        max_bytes: of a zip.
        announce: called with each new version, once everybody can fetch it.
    """

    def __init__(
        self,
        site: Site,
        published: PublishedModules,
        max_bytes: int,
        announce: Callable[[ModuleVersion], object] = lambda mod: None,
    ) -> None:
        self._site = site
        self._published = published
        self._max_bytes = max_bytes
        self._announce = announce
        self._turns = Turns()

    def route(self) -> Route:
        """What the site is to know."""
        return Route(
            lambda path, _: path.startswith(PREFIX),
            self.answer,
            frozenset({"GET", "PUT"}),
            "publish",
            checks_rights=True,
        )

    async def answer(self, call: Call) -> Reply:
        """Answer a request."""
        try:
            question = parse_question(call.path.removeprefix(PREFIX[:-1]))
        except InputError as error:
            return _told(404, str(error))
        if question.kind != "zip":
            return _told(404, f"want {PREFIX}MODULE/@v/VERSION.zip")
        mod = question.module
        refused = self._refusal(call.user, mod)
        if refused is not None:
            return _told(*refused)
        try:
            if call.method == "GET":
                record = await self._cold(self._published.record(mod))
                return _told(404, f"not found: {mod} is not published") if record is None else _shown(200, mod, record)
            return await self._in_turn(call, mod)
        except UnpublishableError as error:
            return _told(422, str(error))
        except (TooLargeError, SlowClientError):
            raise  # of the body: the application tells it
        except (AlreadyPublishedError, ConflictError, SecurityError) as error:
            return _told(409, str(error).partition("\n\n")[0])
        except (StorageError, DiskError) as error:
            self._site.counters.add("storage_errors")
            return _told(503, str(error), retry_after_s=5)
        except Failure as error:
            return _told(refusal_of(error).status, str(error))

    def _refusal(self, user: str, mod: ModuleVersion) -> _Refused | None:
        site = self._site
        if not site.access.may(user, PUBLISH, mod.path):
            return _Refused(403, f"{user} may not publish {mod.path}") if user else _NOBODY
        if not self._published.covers(mod.path):
            return _Refused(403, f"{mod.path} is none of the modules that live here ([publish] modules)")
        reason = site.policy.refusal(mod.path, mod.version)
        return _Refused(403, reason) if reason else None

    async def _in_turn(self, call: Call, mod: ModuleVersion) -> Reply:
        """Take a version when it is its turn, so that who publishes many at once need not try again."""
        turn = await self._turns.take(call.user)
        if turn is None:
            return _BUSY
        try:
            return await self._take(call, mod, turn)
        finally:
            self._turns.give_back(turn)

    async def _take(self, call: Call, mod: ModuleVersion, turn: Turn) -> Reply:
        descriptor, name = await self._off(self._new_file)
        try:
            await self._spool(turn.pieces(call.pieces(self._max_bytes)), descriptor)
            path = name or path_of(descriptor)
            examined = await self._computed(lambda: examine(path, mod))
            record, is_new = await self._cold(self._published.add(mod, path, examined.h1, examined.gomod, call.user))
        finally:
            os.close(descriptor)
            if name:
                with suppress(OSError):
                    os.unlink(name)
        if is_new:
            self._announce(mod)
        return _shown(201 if is_new else 200, mod, record)

    async def _spool(self, body: AsyncIterator[bytes], descriptor: int) -> None:
        """Write the body to a file as it comes, no faster than the disk takes it."""
        gathered = bytearray()
        async for piece in body:
            gathered += piece
            if len(gathered) >= _GATHERED:
                await self._write(descriptor, bytes(gathered))
                gathered.clear()
        await self._write(descriptor, bytes(gathered))

    async def _write(self, descriptor: int, data: bytes) -> None:
        def write() -> None:
            try:
                write_all(descriptor, data)
            except OSError as error:
                raise disk_error("write", "the uploaded zip", error) from error

        await self._off(write)

    def _new_file(self) -> tuple[int, str]:
        """The descriptor of a file, and its name; "" where nothing is to become of it but a copy in a bucket."""
        storage = self._site.storage
        if isinstance(storage, LocalStorage):
            return storage.new_file(_SPOOL_KEY)
        descriptor, path = make_file(".zip", "govgo-publish-")
        os.unlink(path)  # else a process that is killed would leave it
        return descriptor, ""

    async def _off(self, work: Callable[[], Any]) -> Any:
        return await self._cold(self._site.cold.stored(work))

    async def _computed(self, work: Callable[[], Any]) -> Any:
        return await self._cold(self._site.cold.computed(work))

    async def _cold(self, work: Any) -> Any:
        return await asyncio.wrap_future(self._site.cold.call(work))


_NOBODY = _Refused(401, NO_LOGIN)


def _shown(status: int, mod: ModuleVersion, record: Published) -> Reply:
    told = {
        "module": mod.path,
        "version": mod.version,
        "time": record.time,
        "sum": record.sum,
        "go_mod_sum": record.gomod_sum,
        "by": record.by,
    }
    return Reply(status, "application/json", json.dumps(told).encode() + b"\n", ((b"cache-control", b"no-store"),))


def _told(status: int, text: str, *, retry_after_s: int = 0) -> Reply:
    headers = [(b"cache-control", b"no-store")]
    if status == 401:
        headers.append((b"www-authenticate", CHALLENGE))
    if retry_after_s:
        headers.append((b"retry-after", b"%d" % retry_after_s))
    data = f"{visible(text)[:MAX_TEXT]}\n".encode("utf-8", "backslashreplace")
    return Reply(status, "text/plain; charset=utf-8", data, tuple(headers))


_BUSY = _told(503, "too many versions are being published", retry_after_s=2)
