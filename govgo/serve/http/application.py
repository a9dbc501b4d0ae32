# SPDX-License-Identifier: BSD-3-Clause
"""The ASGI application: every request that is not answered from memory at once.

    who may ask ─► what is asked ─► policy ─► memory ─► the library, on its own loop ─► a response, perhaps into memory

When the client leaves, the work for it ends, unless others wait for the same.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any

from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.records import NamedTuple
from govgo.core.safetext import visible
from govgo.errors import InputError, TooLargeError, UnavailableError
from govgo.serve.access import CHALLENGE, NO_LOGIN, READ
from govgo.serve.accesslog import Line
from govgo.serve.counters import answered
from govgo.serve.http.health import Health
from govgo.serve.http.memory import FOR_EVER, Entry
from govgo.serve.http.responses import (
    Asked,
    Facts,
    Headers,
    Part,
    body_facts,
    file_facts,
    joined,
    ok_headers,
    refusal_headers,
    wanted,
)
from govgo.serve.http.routes import Call, Route, SlowClientError
from govgo.serve.http.site import Site
from govgo.serve.http.tails import MOMENT_S, Tail, Tails
from govgo.serve.protocol.answer import Body, Elsewhere, OpenFile, Refusal, StoredFile
from govgo.serve.protocol.question import LASTING_KINDS, Question, module_in, parse_question
from govgo.serve.upstream.readthrough import Answer
from govgo.serve.upstream.zips import Reading

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_ENOUGH = 256 << 10
"""So much of a zip on its way is worth being sent at once; less waits a moment for more."""
_SMALL_ZIP = 256 << 10
_PIECE_S, _UPLOAD_S = 60.0, 3600.0
"""How long a piece of a body may take to come, and all of it."""
_ELEMENTS = 4
"""So many elements of a path may stand before a module path, as in `/api/1/modules/PATH`, and one more."""
_READING = frozenset({"GET"})
_NEED_ALL = frozenset({b"range", b"if-match"})
"""Headers that ask for a part of a zip, or for one certain zip."""
_FILES = frozenset({"info", "mod", "zip"})
"""Kinds of files of a module version; that somebody got one is a use of it."""
_OPEN_PATHS = ("/healthz", "/readyz")
"""What needs no name: a load balancer has none."""


class _Gone(Exception):
    """The client has left."""


class _Request(NamedTuple):
    asked: Asked
    path: str
    raw_path: bytes
    query: str
    http_version: str
    receive: Receive
    send: Send
    certificate: str = ""


class Application:
    """See the module's docstring."""

    def __init__(self, site: Site, health: Health) -> None:
        self._site = site
        self._health = health
        self._tails = Tails()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        site = self._site
        begun_s = time.monotonic()
        told = _Told(send)
        request = _Request(
            Asked(scope["method"], joined(scope["headers"])),
            scope["path"],
            scope["raw_path"],
            scope["query_string"].decode("latin-1"),
            scope["http_version"],
            receive,
            told,
            scope["state"].get("certificate", ""),
        )
        user, kind, shown = "", "other", "" if self._is_private(request.path) else request.path
        route = next((each for each in site.routes if each.matches(request.path, request.query)), None)
        site.requests += 1
        try:
            user, question, refusal = await self._admit(request, route)
            if question is not None:
                kind = question.kind
            if refusal is not None:
                await self._refuse(request, refusal)
            elif question is not None:
                await self._answer(request, question, shown)
            elif route is not None:
                kind = route.kind
                await self._answer_route(request, route, user)
            else:
                await self._operate(request)
        except _Gone:
            told.status = told.status or 499
        except asyncio.CancelledError:
            # The server ends, and has waited long enough.
            await send({"type": "govgo.abort"})
        finally:
            site.requests -= 1
            if told.status != 499:
                site.counters.row[answered(kind, told.status or 500)] += 1
                site.counters.add("sent_bytes", told.sent)
            if site.log.is_on:
                seconds = time.monotonic() - begun_s
                method = request.asked.method
                site.log.add(Line(scope["client"], user, method, shown, told.status, told.sent, seconds, kind))

    def _is_private(self, path: str) -> bool:
        """Whether a path names a private module, at its beginning or behind some elements (`/mod/corp.example/x`)."""
        rest = path[1:]
        for _ in range(_ELEMENTS):
            if self._site.is_private(module_in(rest)):
                return True
            rest = rest.partition("/")[2]
        return False

    async def _admit(self, request: _Request, route: Route | None) -> tuple[str, Question | None, Refusal | None]:
        """Who asks for what, and why not; neither for routes and for the paths of operations."""
        site = self._site
        user = ""
        is_open = request.path in _OPEN_PATHS or (route is not None and route.is_open)
        if not is_open and site.access.is_closed:
            authorization = request.asked.headers.get(b"authorization", b"")
            try:
                found = await site.access.user(authorization, request.certificate)
            except UnavailableError as error:
                return "", None, Refusal(503, str(error), retry_after_s=1)
            if found is None:
                return "", None, Refusal(401, NO_LOGIN)
            user = found
        methods = route.methods if route is not None else _READING
        if request.asked.method.replace("HEAD", "GET") not in methods:
            return user, None, Refusal(405, "a module proxy is only read")
        if request.path in _OPEN_PATHS or request.path == "/metrics":
            return user, None, None
        if site.requests > site.limits.requests:
            return user, None, Refusal(503, "too many requests are waited for", retry_after_s=1)
        if route is not None:
            if not (is_open or route.checks_rights or site.access.may(user, READ)):
                return user, None, _forbidden(user, "this page")
            return user, None, None
        try:
            question = parse_question(request.path)
        except InputError as error:
            return user, None, Refusal(404, str(error), 10.0)
        if question.path:
            if not site.access.may(user, READ, question.path):
                return user, question, _forbidden(user, question.path)
            reason = site.policy.refusal(question.path, question.version)
            if reason:
                site.counters.add("refused_by_policy")
                return user, question, Refusal(403, reason, 10.0)
        return user, question, None

    async def _answer_route(self, request: _Request, route: Route, user: str) -> None:
        asked = request.asked

        def pieces(limit_bytes: int) -> AsyncIterator[bytes]:
            return _pieces_of(request, limit_bytes)

        async def body(limit_bytes: int) -> bytes:
            return b"".join([piece async for piece in pieces(limit_bytes)])

        method = "GET" if asked.method == "HEAD" else asked.method
        try:
            reply = await route.answer(Call(method, request.path, request.query, asked.headers, user, body, pieces))
        except TooLargeError as error:
            await self._refuse(request, Refusal(413, str(error)))
            return
        except SlowClientError as error:
            await self._refuse(request, Refusal(408, str(error)))
            return
        about = [
            (b"content-type", reply.content_type.encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"content-length", b"%d" % len(reply.body)),
        ]
        headers = [*(about if reply.status != 204 else ()), *reply.headers]  # RFC 9110, 8.6
        await self._send(request, reply.status, headers, reply.body)

    async def _operate(self, request: _Request) -> None:
        from govgo.serve.http.metrics import render

        if request.path == "/metrics":
            content_type, data = render(self._site)
            status = 200
        else:
            status, data = await self._health.report(request.path == "/readyz")
            content_type = "application/json"
        headers = [(b"content-type", content_type.encode()), (b"cache-control", b"no-store")]
        await self._send(request, status, [*headers, (b"content-length", b"%d" % len(data))], data)

    # Answers.

    async def _answer(self, request: _Request, question: Question, shown: str) -> None:
        site = self._site
        generation = site.memory.generation  # of the rules by which this request was admitted
        entry = site.memory.get(request.raw_path)
        if entry is not None:
            await self._send_entry(request, entry)
            return
        file = site.files.get(request.raw_path)
        if file is not None:
            site.uses.note(question.module)
            await self._send_file(request, file)
            return
        answer = await self._ask(request, question)
        module = question.module if question.kind in _FILES else None
        if module is not None and isinstance(answer, Body | StoredFile | Reading):
            site.uses.note(module)
        if isinstance(answer, StoredFile) and answer.size <= _SMALL_ZIP:
            await self._keep_zip(request, answer, shown, generation, question.module)
        elif isinstance(answer, Body):
            facts = body_facts(answer)
            lasting = answer.fresh_s is None
            headers = ok_headers(question.kind, facts, answer.fresh_s, private=site.access.is_closed)
            expires = FOR_EVER if lasting else time.monotonic() + (answer.fresh_s or 0)
            entry = Entry(question.kind, 200, headers, answer.data, expires, facts, shown, module)
            if lasting or (answer.fresh_s or 0) >= 1:
                site.memory.put(request.raw_path, entry, generation)
            await self._send_entry(request, entry)
        elif isinstance(answer, StoredFile):
            if generation == site.memory.generation:
                site.files.put(request.raw_path, answer)
            await self._send_file(request, answer)
        elif isinstance(answer, Reading):
            try:
                await self._send_reading(request, answer)
            finally:
                answer.leave()
        elif isinstance(answer, Elsewhere):
            headers = [(b"location", answer.url.encode()), (b"content-length", b"0"), (b"cache-control", b"no-store")]
            await self._send(request, 302, headers, b"")
        else:
            if answer.fresh_s >= 1 and question.kind in LASTING_KINDS | {"list", "latest", "query"}:
                body, headers = _told_refusal(answer)
                expires = time.monotonic() + answer.fresh_s
                entry = Entry(question.kind, answer.status, headers, body, expires, None, shown)
                site.memory.put(request.raw_path, entry, generation)
            await self._refuse(request, answer)

    async def _keep_zip(
        self, request: _Request, zip_: StoredFile, shown: str, generation: int, module: ModuleVersion
    ) -> None:
        """A small zip goes into memory, as most are."""
        facts = file_facts(zip_)
        headers = ok_headers("zip", facts, None, private=self._site.access.is_closed)
        descriptor = zip_.file.descriptor
        data = await asyncio.get_running_loop().run_in_executor(None, os.pread, descriptor, zip_.size, 0)
        entry = Entry("zip", 200, headers, data, FOR_EVER, facts, shown, module)
        self._site.memory.put(request.raw_path, entry, generation)
        await self._send_entry(request, entry)

    async def _ask(self, request: _Request, question: Question) -> Answer:
        site = self._site
        fetch = request.asked.headers.get(b"disable-module-fetch", b"").lower() != b"true"
        mode = site.policy.mode_of(question.path, question.version) if question.path else site.policy.mode
        url = site.policy.redirect_of(question.path)
        # A part, or a client that cannot tell a broken body from a whole one, waits until all is there and proved.
        asked = request.asked
        whole = asked.method == "HEAD" or not _NEED_ALL.isdisjoint(asked.headers) or request.http_version == "1.0"
        answer = site.library.answer(question, fetch=fetch, mode=mode, redirect_url=url, whole=whole)
        work = asyncio.wrap_future(site.cold.call(answer))
        gone = asyncio.ensure_future(_left(request.receive))
        both: set[asyncio.Future[Any]] = {work, gone}
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                return work.result()
            raise _Gone
        finally:
            gone.cancel()
            if not work.done():
                work.cancel()

    async def _send_entry(self, request: _Request, entry: Entry) -> None:
        if entry.facts is None:
            headers = [*entry.headers, (b"content-length", b"%d" % len(entry.body))]
            await self._send(request, entry.status, headers, entry.body)
            return
        part = wanted(request.asked, entry.facts)
        data = entry.body[part.start : part.start + part.size]
        await self._send(request, part.status, [*entry.headers, *part.headers], data)

    async def _send_file(self, request: _Request, file: StoredFile) -> None:
        facts = file_facts(file)
        headers = ok_headers("zip", facts, None, private=self._site.access.is_closed)
        await self._send_part(request, wanted(request.asked, facts), headers, file.file)

    async def _send_reading(self, request: _Request, reading: Reading) -> None:
        """A zip that is on its way: what is there of it, then more, and its end when it is proved."""
        spool = reading.spool
        tail = self._tails.of(spool)
        try:
            await self._grown(request, tail, 0)
            born = spool.born  # what came before has been given to nobody here
            if spool.state == "failed":
                await self._refuse_spool(request, spool.error)
                return
            headers = ok_headers("zip", Facts(b"", 0, 0), None, private=self._site.access.is_closed)
            headers = [header for header in headers if header[0] not in (b"etag", b"last-modified")]
            if spool.state == "proved":
                asked = Asked(request.asked.method, _only_range(request.asked))
                part = wanted(asked, Facts(b"", 0, spool.size))
                await self._send_part(request, part, headers, spool.file)
                return
            await request.send(_start(200, [*headers, (b"transfer-encoding", b"chunked")]))
            sent = 0
            while True:
                if spool.state == "failed" or spool.born != born:
                    await request.send({"type": "govgo.abort"})
                    return
                over = spool.state == "proved"
                ready = spool.readable - sent
                if ready > 0:
                    await request.send(_file(spool.file, sent, ready, more=True))
                    sent += ready
                elif over:
                    break
                if not over:
                    await self._grown(request, tail, sent)
            await request.send(_body(b""))
        finally:
            self._tails.release(tail)

    async def _send_part(self, request: _Request, part: Part, headers: Headers, file: OpenFile) -> None:
        """Answer with a part of a proved zip."""
        await request.send(_start(part.status, [*headers, *part.headers]))
        if request.asked.method == "HEAD" or not part.size:
            await request.send(_body(b""))
        else:
            await request.send(_file(file, part.start, part.size))

    async def _refuse_spool(self, request: _Request, error: Any) -> None:
        from govgo.serve.upstream.errorstatus import refusal_of

        await self._refuse(request, refusal_of(error))

    async def _grown(self, request: _Request, tail: Tail, sent: int) -> None:
        """Wait until more than `sent` bytes may be sent, and if they are few a moment for more; or until all is over.

        Raises:
            _Gone: the client has left.
        """
        spool = tail.spool
        if spool.state != "open" or spool.readable - sent > _ENOUGH:
            return
        gone = asyncio.ensure_future(_left(request.receive))
        try:
            while spool.state == "open":
                few = spool.readable > sent
                both: set[asyncio.Future[None]] = {tail.changed, gone}
                await asyncio.wait(both, timeout=MOMENT_S if few else None, return_when=asyncio.FIRST_COMPLETED)
                if gone.done():
                    raise _Gone
                if few:
                    break
        finally:
            gone.cancel()

    async def _refuse(self, request: _Request, refusal: Refusal) -> None:
        body, headers = _told_refusal(refusal)
        if refusal.status == 401:
            headers.append((b"www-authenticate", CHALLENGE))
        if refusal.status == 405:
            routes = (each.methods for each in self._site.routes if each.matches(request.path, request.query))
            methods = next(routes, _READING)
            allowed = sorted(methods | {"HEAD"} if "GET" in methods else methods)
            headers += [(b"allow", ", ".join(allowed).encode()), (b"connection", b"close")]
        await self._send(request, refusal.status, [*headers, (b"content-length", b"%d" % len(body))], body)

    async def _send(self, request: _Request, status: int, headers: Headers, body: bytes) -> None:
        await request.send(_start(status, headers))
        await request.send(_body(b"" if request.asked.method == "HEAD" else body))


class _Told:
    """Passes messages on, and remembers what was sent."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 0
        self.sent = 0

    async def __call__(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        self.sent += len(message.get("body", b"")) + message.get("count", 0)
        await self._send(message)


async def _pieces_of(request: _Request, limit_bytes: int) -> AsyncIterator[bytes]:
    """The body of a request, piece by piece.

    Raises:
        TooLargeError: it is longer than that.
        SlowClientError: it takes too long.
        _Gone: the client has left.
    """
    too_large = TooLargeError(f"the body of the request exceeds {limit_bytes} bytes", limit_bytes=limit_bytes)
    declared = request.asked.headers.get(b"content-length", b"")
    if declared.isdigit() and int(declared[:19]) > limit_bytes:
        raise too_large  # before the client gets "100 Continue"
    size, end_s = 0, time.monotonic() + _UPLOAD_S
    more = True
    while more:
        try:
            async with asyncio.timeout(min(_PIECE_S, end_s - time.monotonic())):
                message = await request.receive()
        except TimeoutError:
            raise SlowClientError("the body of the request comes too slowly") from None
        if message["type"] == "http.disconnect":
            raise _Gone
        more = message.get("more_body", False)
        piece = message.get("body", b"")
        size += len(piece)
        if size > limit_bytes:
            raise too_large
        if piece:
            yield piece


def _forbidden(user: str, what: str) -> Refusal:
    """Why a user does not get something; one without a name may have one."""
    return Refusal(403, f"{user} may not read {what}") if user else Refusal(401, NO_LOGIN)


async def _left(receive: Receive) -> None:
    """Wait until the client has left."""
    while (await receive())["type"] != "http.disconnect":
        continue


def _only_range(asked: Asked) -> dict[bytes, bytes]:
    """The range that is asked for of a zip without a tag; none for who has the beginning of one that has a tag."""
    if b"if-range" in asked.headers:
        return {}
    return {name: value for name, value in asked.headers.items() if name in _NEED_ALL}


def _told_refusal(refusal: Refusal) -> tuple[bytes, Headers]:
    # Clients print it, and it may quote an upstream, or a path that somebody else has made them ask for.
    return f"{visible(refusal.text)}\n".encode(), refusal_headers(refusal)


def _start(status: int, headers: Headers) -> MutableMapping[str, Any]:
    return {"type": "http.response.start", "status": status, "headers": headers}


def _body(data: bytes, *, more: bool = False) -> MutableMapping[str, Any]:
    return {"type": "http.response.body", "body": data, "more_body": more}


def _file(file: OpenFile, offset: int, count: int, *, more: bool = False) -> MutableMapping[str, Any]:
    return {"type": "govgo.file", "file": file, "offset": offset, "count": count, "more_body": more}
