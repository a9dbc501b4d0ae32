# SPDX-License-Identifier: BSD-3-Clause
"""A module proxy of `govgo serve` in this process, in front of a simulated world, and a client that reads all of HTTP.

with Served(world) as served:
    assert served.get("/q.io/a/@v/list").body == b"v1.0.0\\n"
"""

from __future__ import annotations

import asyncio
import http.client
import logging
import shutil
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

import uvloop

from govgo.adapters.workspace.goenvfile import load_env
from govgo.serve.counters import Counters
from govgo.serve.server.build import Running, start_site, tls_context
from govgo.serve.server.parts import ServerReporter
from govgo.serve.server.server import make_server, tick
from govgo.serve.settings import Settings
from govgo.serve.tables import RegistrySettings
from tests.simulators.waiting import PATIENCE_S, eventually
from tests.simulators.world import World


class Got(NamedTuple):
    """A response; `whole` is whether its body came to its end."""

    status: int
    body: bytes
    headers: Mapping[str, str]
    whole: bool = True

    @property
    def text(self) -> str:
        return self.body.decode()


_LOGS = ("uvicorn.error", "asyncio")


class _Faults(logging.Handler):
    """What the HTTP server and the event loop call an error: whatever clients and upstreams do, there must be none."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(self.format(record))


class Served:
    """See the module's docstring.

    Attributes:
        storage: its directory.
        said: what it said to its operator.

    Besides settings it takes `port`, for those who are to be known before they are there.
    """

    def __init__(self, world: World, *, env: Mapping[str, str] | None = None, **settings: Any) -> None:
        self.world = world
        place = str(settings.pop("storage", world.root / "served"))
        self.storage = Path(place)
        self._port = int(settings.pop("port", 0))
        plain = {"listen": "127.0.0.1:0", "storage": place, "registry": RegistrySettings(enabled=False)}
        self.settings = Settings(**{**plain, **settings})
        self._env = load_env({**world.environment, **(env or {})})
        self.said: list[str] = []
        self.counters = Counters()
        self.faults = _Faults()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Served:
        self.running: Running = start_site(
            self.settings, self._env, ServerReporter(self.said.append), counters=self.counters
        )
        self.site = self.running.site
        tls = tls_context(self.settings)
        self._listener = socket.create_server(("127.0.0.1", self._port), backlog=512)
        self.port = self._listener.getsockname()[1]
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self.port}"
        self.server = make_server(self.site, tls)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        for name in _LOGS:
            logging.getLogger(name).addHandler(self.faults)
        self._thread.start()
        deadline_s = time.monotonic() + PATIENCE_S
        while not self.server.started:
            assert time.monotonic() < deadline_s
            time.sleep(0.002)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.server.should_exit = True
        self.server.force_exit = True
        assert self._thread is not None
        with suppress(RuntimeError):  # the loop has ended by itself
            self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()
        self.running.stop()
        for name in _LOGS:
            logging.getLogger(name).removeHandler(self.faults)
        assert self.faults.said == [], self.faults.said

    def _serve(self) -> None:
        async def main() -> None:
            self._loop = asyncio.get_running_loop()
            self._over = asyncio.Event()
            watching = asyncio.ensure_future(tick(self.server, self.site))
            await self.server.serve(sockets=[self._listener])
            watching.cancel()

        # uvicorn looks ten times a second whether it should end, and then waits a tenth: a minute for all tests.
        self.server.main_loop = self._until_over  # type: ignore[method-assign]
        self.server.shutdown = self._shut_down  # type: ignore[method-assign]
        uvloop.run(main())

    async def _until_over(self) -> None:
        await self.server.on_tick(0)
        await self._over.wait()

    async def _shut_down(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.server.servers:
            server.close()
        for listener in sockets or ():
            listener.close()
        for connection in list(self.server.server_state.connections):
            connection.shutdown()
        await asyncio.sleep(0.002)
        for server in self.server.servers:
            await server.wait_closed()

    def renew(self, *, storage: bool = True) -> None:
        """Let it remember nothing; with an empty storage, where that is wanted, and counters at 0."""
        asyncio.run_coroutine_threadsafe(self._renew(), self._loop).result(PATIENCE_S)
        proofs = self.site.library._means.proofs
        eventually(lambda: on_cold(self, lambda: not proofs._ending))  # nothing is written any more
        if storage:
            shutil.rmtree(self.storage, ignore_errors=True)
        self.said.clear()
        for place in range(len(self.counters.row)):
            self.counters.row[place] = 0

    async def _renew(self) -> None:
        self.site.renew()

    def get(self, path: str, *, method: str = "GET", timeout: float = 20, **headers: str) -> Got:
        """Ask on a connection of its own; header names with "_" for "-"."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, headers={name.replace("_", "-"): text for name, text in headers.items()})
            answer = connection.getresponse()
            try:
                body, whole = answer.read(), True
            except (http.client.IncompleteRead, ConnectionError) as error:
                body, whole = getattr(error, "partial", b""), False
            return Got(answer.status, body, {name.lower(): value for name, value in answer.getheaders()}, whole)
        finally:
            connection.close()

    def together(self, count: int, path: str, **more: Any) -> list[Got]:
        """Ask so many times at once."""
        found: list[Got] = []
        threads = [threading.Thread(target=lambda: found.append(self.get(path, **more))) for _ in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return found

    def raw(self, data: bytes, *, pause_s: float = 0.0, pieces: int = 1, timeout: float = 10) -> bytes:
        """Send bytes, in so many pieces, and read until the server closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout) as connection:
            step = max(1, -(-len(data) // pieces))
            for start in range(0, len(data), step):
                connection.sendall(data[start : start + step])
                if pause_s:
                    time.sleep(pause_s)
            found = b""
            while piece := connection.recv(1 << 16):
                found += piece
            return found

    def raw_many(self, texts: Sequence[bytes], timeout_s: float = 10) -> list[bytes]:
        """As `raw`, each on a connection of its own, all at once, out of the loop of the server: that is quicker."""

        async def ask() -> list[bytes]:
            told = [_Raw(text, self._loop.create_future()) for text in texts]
            for each in told:
                await self._loop.create_connection(lambda each=each: each, "127.0.0.1", self.port)  # type: ignore[misc]
            return await asyncio.wait_for(asyncio.gather(*(each.answer for each in told)), timeout_s)

        return asyncio.run_coroutine_threadsafe(ask(), self._loop).result()


class _Raw(asyncio.Protocol):
    """Sends bytes, and reads until the other side closes the connection."""

    def __init__(self, text: bytes, answer: asyncio.Future[bytes]) -> None:
        self._text, self._found = text, b""
        self.answer = answer

    def connection_made(self, transport: Any) -> None:
        transport.write(self._text)

    def data_received(self, data: bytes) -> None:
        self._found += data

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is None:
            self.answer.set_result(self._found)
        else:
            self.answer.set_exception(exc)


def on_cold(served: Served, work: Callable[[], Any]) -> Any:
    """Run something on the cold loop."""

    async def call() -> Any:
        return work()

    return asyncio.run_coroutine_threadsafe(call(), served.site.cold.loop).result(PATIENCE_S)
