# SPDX-License-Identifier: BSD-3-Clause
"""A network whose only clock is the round trip: every request under way is answered when the client can only wait.

The critical path of a command is then a number of rounds, which no machine's speed changes.

    with Rounds(world.proxy, monkeypatch) as rounds:
        invoke(["get", "q.io/a@v1.0.0"])
    rounds.log          # [{"info q.io/a@v1.0.0"}, ...], the requests of each round
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from types import TracebackType
from typing import Any, TypeVar

import pytest

from govgo.adapters.http import connect
from govgo.adapters.http.engine import Pacer
from govgo.adapters.loop.helper import Helper
from govgo.adapters.loop.network import Network
from govgo.errors import NotFoundError
from tests.simulators.proxy import ProxySimulator

_T = TypeVar("_T")


class Rounds:
    """See the module's docstring.

    Attributes:
        log: the paths that were asked for in each round.
    """

    def __init__(self, proxy: ProxySimulator, monkeypatch: pytest.MonkeyPatch) -> None:
        self.log: list[list[str]] = []
        self.threads = 0
        self._proxy = proxy
        self._waiting: list[tuple[str, asyncio.Future[None]]] = []
        self._checking = False
        monkeypatch.setattr(Network, "off", self._counted(Network.off))
        monkeypatch.setattr(asyncio, "to_thread", self._counted(asyncio.to_thread))
        for name in ("flush", "tile_hash"):
            monkeypatch.setattr(Helper, name, self._counted(getattr(Helper, name)))
        monkeypatch.setattr(connect, "open_engine", lambda options: _Engine(self))

    def __enter__(self) -> Rounds:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert kind is not None or not self._waiting

    def _counted(self, in_thread: Callable[..., Awaitable[_T]]) -> Callable[..., Awaitable[_T]]:
        """A function that has work done in a thread or by the helper; no round ends meanwhile."""

        async def counted(*args: Any, **options: Any) -> _T:
            self.threads += 1
            try:
                return await in_thread(*args, **options)
            finally:
                self.threads -= 1
                self._check_soon()

        return counted

    async def answer(self, target: str) -> bytes | None:
        """The body at a path, None for 404, at the end of the round."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((target, future))
        self._check_soon()
        await future
        for prefix, handler in self._proxy.handlers.items():
            if target.startswith(prefix):
                try:
                    return handler(target[len(prefix) :])
                except NotFoundError:
                    return None
        return self._proxy.files.get(target)

    def _check_soon(self) -> None:
        if not self._checking:
            self._checking = True
            asyncio.get_running_loop().call_soon(self._check)

    def _check(self) -> None:
        """End the round if nothing but answers can get the client on."""
        loop: Any = asyncio.get_running_loop()
        self._checking = False
        if self.threads or not self._waiting:
            return
        if loop._ready or loop._stopping:  # what the client waited for is there: it computes now
            self._check_soon()
            return
        waiting, self._waiting = self._waiting, []
        self.log.append([target for target, _ in waiting])
        for _, future in waiting:
            if not future.done():
                future.set_result(None)


class _Engine:
    """An `adapters.http.engine.Engine` without a network."""

    def __init__(self, rounds: Rounds) -> None:
        self._rounds = rounds

    def send(self, origin: str, target: str, headers: list[str], pace: Pacer) -> Coroutine[Any, Any, _Answer]:
        return self._send(target)

    async def _send(self, target: str) -> _Answer:
        return _Answer(await self._rounds.answer(target))

    async def aclose(self) -> None:
        pass


class _Answer:
    """200 with a body, or 404."""

    reason = ""

    def __init__(self, body: bytes | None) -> None:
        self.status = 404 if body is None else 200
        self._body = body or b""

    def head(self) -> bytes:
        return b"HTTP/1.1 %d\n" % self.status

    def has_header(self, name: bytes) -> bool:
        return False

    def header(self, name: str) -> str:
        return ""

    async def chunks(self) -> AsyncIterator[bytes]:
        yield self._body

    def whole(self) -> bytes:
        return self._body

    def close(self) -> None:
        pass
