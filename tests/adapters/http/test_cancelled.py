# SPDX-License-Identifier: BSD-3-Clause
"""Requests whose caller is cancelled in the very turn of the loop in which the answer comes: none stays open."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from govgo.adapters.http.client import Auth, HttpClient
from govgo.adapters.http.credentials import Credentials
from govgo.adapters.http.engine import Fault, Pacer, TransferError
from govgo.adapters.http.goauth import GoAuth, Run
from govgo.adapters.http.httpx_engine import HttpxEngine
from govgo.adapters.http.timeouts import Pace


class Answer:
    """An answer that remembers whether it was closed."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.reason = ""
        self.is_closed = False

    def head(self) -> bytes:
        return b"HTTP/1.1 %d\n" % self.status

    def has_header(self, name: bytes) -> bool:
        return False

    def header(self, name: str) -> str:
        return ""

    async def chunks(self) -> AsyncIterator[bytes]:
        yield b"x"

    def whole(self) -> bytes | None:
        return b"x"

    def close(self) -> None:
        self.is_closed = True


def cancel_soon() -> None:
    """Cancel the command in the next turn of the loop, before what waits for this turn's results goes on."""
    asyncio.get_running_loop().call_soon(COMMAND[0].cancel)


COMMAND: list[asyncio.Task[bytes]] = []


def ask(client: HttpClient, url: str) -> None:
    async def run() -> None:
        COMMAND[:] = [asyncio.ensure_future(client.get(url, 10))]
        with pytest.raises(asyncio.CancelledError):
            await COMMAND[0]
        await client.aclose()

    asyncio.run(run())


class Scripted:
    """An engine whose requests are answered by functions, in order."""

    def __init__(self, *answers: Callable[[Pacer], Answer]) -> None:
        self._answers = list(answers)

    async def send(self, origin: str, target: str, headers: list[str], pace: Pacer) -> Answer:
        pace.start()
        return self._answers.pop(0)(pace)

    async def aclose(self) -> None: ...


def test_the_answer_to_the_request_beside_a_late_one() -> None:
    answer = Answer()

    def is_late(pace: Pacer) -> Answer:
        assert isinstance(pace, Pace)
        assert pace.late is not None
        pace.late()  # begins the request beside
        raise TransferError(Fault.STALL, "overtaken")

    def comes(_: Pacer) -> Answer:
        cancel_soon()
        return answer

    ask(HttpClient(Scripted(is_late, comes)), "http://q.io/x")
    assert answer.is_closed


def test_an_answer_that_is_reported_to_the_helpers_of_git() -> None:
    answer = Answer()

    class Helpers(GoAuth):
        def __init__(self) -> None: ...

        async def start(self) -> None: ...

        async def refresh(self, url: str, status: str, head: bytes) -> Run:
            return Run([], [])

        async def report_outcome(self, run: Run, *, accepted: bool) -> None:
            cancel_soon()
            await asyncio.sleep(60)

    auth = Auth(Credentials(), Helpers())
    ask(HttpClient(Scripted(lambda _: Answer(401), lambda _: answer), auth=lambda: auth), "https://q.io/x")
    assert answer.is_closed


def test_a_response_of_httpx() -> None:
    class Body(httpx.AsyncByteStream):
        is_closed = False

        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield b"x"

        async def aclose(self) -> None:
            self.is_closed = True

    body = Body()

    class Transport(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            cancel_soon()
            return httpx.Response(200, stream=body)

    ask(HttpClient(HttpxEngine(transport=Transport())), "http://q.io/x")
    assert body.is_closed
