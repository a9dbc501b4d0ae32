# SPDX-License-Identifier: BSD-3-Clause
"""The path of web hooks: `POST /hooks/refresh` (see `payload`).

    202  {"refreshed":["corp.example/x"],"fetching":["corp.example/x@v1.2.3"]}
    204  nothing in it is about versions: a ping, a deleted tag
    400  cannot be understood    401  not signed    403  not about modules that it may be about
    408  came too slowly         413  too large             503  too many passwords of others are being compared

Lists, @latest, branches and "not found" of the modules are forgotten, by all processes of this machine within a second,
and the version is fetched and proved in the background, as if a client had asked for it. So whoever replays a message
gains nothing that a client could not have; the same message counts once in a few seconds.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from govgo.core.module.escape import escape_path, escape_version
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.module.patterns import match_prefix_patterns
from govgo.core.safetext import one_line
from govgo.errors import Failure, InputError, UnavailableError
from govgo.serve.access import REFRESH
from govgo.serve.hooks.payload import Change, Place, is_signed, modules_of, parse_change
from govgo.serve.http.routes import Call, Reply, Route, SlowClientError
from govgo.serve.http.site import Site
from govgo.serve.policy import FETCHING
from govgo.serve.protocol.question import Question, parse_question
from govgo.serve.tables import HookSecret
from govgo.serve.upstream.zips import Reading

PATH = "/hooks/refresh"
_MAX_BYTES = 4 << 20
"""Of a message; that of a push with thousands of commits has less."""
_MOST_HELD = 16 * _MAX_BYTES
"""Of all messages that are on their way. What whoever is slow has sent gives way to what others send."""
_BODY_S = 10.0
"""For a message to come; GitHub gives up after as long."""
_FETCHES = 16
"""Messages at once whose versions are fetched."""
_AGAIN_S = 5.0
_MOST_KNOWN = 1000


class HookRoute:
    """See the module's docstring.

    Args:
        site: what is served.
        secrets: those of `[[hooks]]`.
        places: the other import paths of a repository, by its name.
    """

    def __init__(
        self,
        site: Site,
        secrets: Sequence[HookSecret],
        places: Callable[[str], Sequence[Place]],
    ) -> None:
        self._site = site
        self._secrets = secrets
        self._places = places
        self._lately: dict[Change, float] = {}
        self._reading: dict[asyncio.Timeout, int] = {}  # how much has come of each message, in the order of beginning
        self._fetching: set[asyncio.Future[None]] = set()

    def route(self) -> Route:
        """What the site is to know."""
        return Route(lambda path, _: path == PATH, self.answer, frozenset({"POST"}), "hook", is_open=True)

    async def answer(self, call: Call) -> Reply:
        """Answer a request."""
        body = await self._body(call)
        try:
            may = await self._right(call, body)
        except UnavailableError as error:
            return _told(503, str(error))
        if may is None:
            return _told(401, "the message is not signed by a secret of this server")
        try:
            change = parse_change(call.headers, body)
        except InputError as error:
            return _told(400, str(error))
        if change is None:
            return Reply(204, "text/plain; charset=utf-8", b"")
        places = () if change.is_module else self._places(change.name)
        mods = [mod for mod in modules_of(change, places) if may(mod.path)]
        reasons = {mod: self._refusal(mod) for mod in mods}
        allowed = [mod for mod in mods if not reasons[mod]]
        if not allowed:
            told = next(iter(reasons.values()), f"it may not be about {one_line(change.name)[:200]}")
            return _told(403, told)
        if self._is_new(change):
            self._refresh(allowed)
        fetching = [str(mod) for mod in allowed if mod.version]
        told = json.dumps({"refreshed": [mod.path for mod in allowed], "fetching": fetching})
        return Reply(202, "application/json", told.encode() + b"\n", _NO_STORE)

    async def _body(self, call: Call) -> bytes:
        """A message; anybody can begin one, and send the rest of it by the byte.

        Raises:
            SlowClientError: it took too long, or others needed the room.
            TooLargeError: it is too long.
        """
        body = bytearray()
        limit = asyncio.timeout(_BODY_S)
        try:
            async with limit:
                async for piece in call.pieces(_MAX_BYTES):
                    body += piece
                    self._reading[limit] = len(body)
                    self._make_room()
        except TimeoutError:
            raise SlowClientError("the message comes too slowly") from None
        finally:
            self._reading.pop(limit, None)
        return bytes(body)

    def _make_room(self) -> None:
        while sum(self._reading.values()) > _MOST_HELD:
            oldest = next(iter(self._reading))
            del self._reading[oldest]
            oldest.reschedule(0)

    async def _right(self, call: Call, body: bytes) -> Callable[[str], bool] | None:
        """Which modules the message may be about; None where nobody stands behind it."""
        # All secrets are tried, so that the time says nothing about which of them it was.
        signed = [each.modules for each in self._secrets if is_signed(call.headers, body, each.secret)]
        if signed:
            patterns = ",".join(signed)
            return lambda path: match_prefix_patterns(patterns, path)
        authorization = call.headers.get(b"authorization", b"")
        access = self._site.access
        user = await access.user(authorization) if authorization else None
        return (lambda path: access.may(user, REFRESH, path)) if user else None

    def _refusal(self, mod: ModuleVersion) -> str:
        published = self._site.library.published
        if published is not None and published.covers(mod.path):
            return f"{mod.path} lives here alone, and is not fetched from anywhere"
        return self._site.policy.refusal(mod.path, mod.version)

    def _is_new(self, change: Change) -> bool:
        now_s = time.monotonic()
        if now_s - self._lately.get(change, -_AGAIN_S) < _AGAIN_S:
            return False
        if len(self._lately) >= _MOST_KNOWN:
            del self._lately[next(iter(self._lately))]
        self._lately.pop(change, None)
        self._lately[change] = now_s
        return True

    def _refresh(self, mods: Sequence[ModuleVersion]) -> None:
        site = self._site
        site.refresh([mod.path for mod in mods])
        versions = [mod for mod in mods if mod.version and site.policy.mode_of(*mod) in FETCHING]
        if versions and len(self._fetching) < _FETCHES:
            task = asyncio.ensure_future(asyncio.wrap_future(site.cold.call(self._fetch(versions))))
            self._fetching.add(task)
            task.add_done_callback(self._fetching.discard)

    async def _fetch(self, mods: Sequence[ModuleVersion]) -> None:
        """Store what there is of versions, as for a client; on the cold loop."""
        for mod in mods:
            at = f"/{escape_path(mod.path)}/@v/"
            for file in ("list", *(f"{escape_version(mod.version)}.{suffix}" for suffix in ("info", "mod", "zip"))):
                with suppress(Failure):
                    await self._ask(parse_question(at + file))

    async def _ask(self, question: Question) -> None:
        answer = await self._site.library.answer(question)
        if isinstance(answer, Reading):
            try:
                await answer.finished()
            finally:
                answer.leave()


_NO_STORE = ((b"cache-control", b"no-store"),)


def _told(status: int, text: str) -> Reply:
    data = f"{one_line(text)[:1000]}\n".encode("utf-8", "backslashreplace")
    return Reply(status, "text/plain; charset=utf-8", data, _NO_STORE)
