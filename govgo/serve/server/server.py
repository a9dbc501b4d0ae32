# SPDX-License-Identifier: BSD-3-Clause
"""The processes of `govgo serve`: one socket, several workers, and their end.

SIGTERM and SIGINT end it: no new connections, what is being answered has three seconds, and all is over within five.
SIGHUP reads rules, users and the certificate anew, opens the access log anew and forgets what is in memory. Where they
make no sense, those from before count. A worker that dies is started again; when their parent is killed, the workers
end, as nothing else would end them, and they would hold the socket.
"""

from __future__ import annotations

import asyncio
import errno
import gc
import logging
import os
import signal
import socket
import stat
import sys
import time
from collections.abc import Callable, Coroutine
from contextlib import nullcontext, suppress
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NoReturn

from govgo.adapters.disk.system import open_more_files
from govgo.core.goenv import GoEnv, parse_goproxy
from govgo.errors import DiskError, Failure, GovgoError, MissingExtraError, UsageError
from govgo.serve.counters import Counters, share
from govgo.serve.server.rules import read_rules, renewed
from govgo.serve.settings import Settings, parse_listen
from govgo.serve.sighup import hangups_come, hangups_wait

if TYPE_CHECKING:
    import ssl

    import uvicorn

    from govgo.serve.http.site import Site
    from govgo.serve.server.build import Running

GRACE_S = 3
_LAST_S = 1.0
_HANDSHAKE_S = 10.0
"""For a client to begin TLS, before which its connection does not count as one; as long as for the head of a request.
"""
_BACKLOG = 4096
_RESTART_S = 0.5
_DOORS = 32
"""How often the socket is listened at. libuv accepts one connection at each in a turn of the loop, and a turn may
answer a thousand requests: with one door, the last of 1,000 busy connections was accepted after more than five seconds.
"""


def serve(
    settings: Settings, env: GoEnv, ready: Callable[[str], object], reread: Callable[[], Settings] | None = None
) -> int:
    """Serve until a signal ends it; the exit code.

    Args:
        settings: see `Settings`.
        env: go's settings.
        ready: called with the URL once connections are accepted.
        reread: reads the settings anew, and may raise UsageError.

    Raises:
        UsageError: settings that cannot be used.
        DiskError: the address cannot be listened at.
        MissingExtraError: packages are not installed.
    """
    check_extra()
    from govgo.serve.server.build import check_settings

    with hangups_wait():
        check_settings(settings, env)
        return _serve(settings, env, ready, reread)


def _serve(
    settings: Settings, env: GoEnv, ready: Callable[[str], object], reread: Callable[[], Settings] | None
) -> int:
    gc.enable()  # a command may have turned it off, as it ends: here each fetch would leave 17 kB
    open_more_files()
    listener, url = listen(settings)
    counters = Counters(share(settings.workers))
    with listener:
        _check_upstream(settings, env, url)
        if settings.workers == 1:
            run_worker(settings, env, listener, counters, lambda: ready(url), reread=reread)
            return 0
        return _Parent(settings, env, listener, counters, lambda: ready(url), reread).run()


def _check_upstream(settings: Settings, env: GoEnv, url: str) -> None:
    """Refuse to ask ourselves, forever."""
    own = {url, url.replace("127.0.0.1", "localhost"), url.replace("0.0.0.0", "localhost")}
    for spec in parse_goproxy(settings.upstream or env.goproxy):
        if spec.url.rstrip("/") in own:
            raise UsageError(f"upstream is this server itself: {spec.url}; GOPROXY or -upstream names another")


def check_extra() -> None:
    """Raise MissingExtraError unless the packages of the extra `serve` are installed."""
    try:
        import httptools  # noqa: F401
        import uvicorn  # noqa: F401

        if find_spec("prometheus_client") is None:  # loading it takes a tenth of the start, and /metrics alone needs it
            raise ModuleNotFoundError(name="prometheus_client")
    except ImportError as error:
        text = f"serve needs {error.name}, which is not installed: pip install 'govgo[serve]'"
        raise MissingExtraError(text) from None


def listen(settings: Settings) -> tuple[socket.socket, str]:
    """The socket, and the URL of what is served there.

    Raises:
        UsageError: no address.
        DiskError: it is in use, or not available.
    """
    host, port = parse_listen(settings.listen)
    try:
        if port < 0:
            _remove_socket(host)
            listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            listener.bind(host)
            listener.listen(_BACKLOG)
            return listener, f"unix:{host}"
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise DiskError(f"listen {settings.listen}: {(error.strerror or '').lower()}", path=settings.listen) from error
    shown = f"[{host}]" if ":" in host else host
    return listener, f"http{'s' if settings.tls_cert else ''}://{shown}:{listener.getsockname()[1]}"


def _remove_socket(path: str) -> None:
    """Remove the socket of a server that is gone.

    Raises:
        OSError: something else is there, or a server answers.
    """
    with suppress(FileNotFoundError):
        if not stat.S_ISSOCK(os.lstat(path).st_mode):
            raise FileExistsError(errno.EEXIST, "there is a file that is not a socket")
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            if probe.connect_ex(path) == 0:
                raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))
        os.unlink(path)


def run_worker(
    settings: Settings,
    env: GoEnv,
    listener: socket.socket,
    counters: Counters,
    ready: Callable[[], object],
    parent: int = -1,
    reread: Callable[[], Settings] | None = None,
) -> None:
    """Serve in this process until a signal ends it, or its parent's end of the pipe `parent` is closed."""
    from govgo.serve.server.build import start_site, tls_context
    from govgo.serve.server.parts import ServerReporter

    tls = tls_context(settings)
    running = start_site(settings, env, ServerReporter(), counters=counters)
    site = running.site
    server = make_server(site, tls)

    def orphaned(loop: asyncio.AbstractEventLoop) -> None:
        loop.remove_reader(parent)
        server.should_exit = True

    async def main() -> None:
        loop = asyncio.get_running_loop()
        reloads: set[asyncio.Task[None]] = set()

        def hang_up() -> None:
            task = loop.create_task(_reload(running, settings, tls, reread))
            reloads.add(task)  # the loop itself holds tasks weakly
            task.add_done_callback(reloads.discard)

        loop.add_signal_handler(signal.SIGHUP, hang_up)
        hangups_come()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, lambda: setattr(server, "should_exit", True))
        if parent >= 0:
            loop.add_reader(parent, orphaned, loop)
        doors = [listener, *(listener.dup() for _ in range(_DOORS - 1))]
        serving = asyncio.ensure_future(server.serve(sockets=doors))
        while not server.started and not serving.done():
            await asyncio.sleep(0.005)
        if server.started:
            ready()
            running.settle()
        ticking = asyncio.ensure_future(tick(server, site))
        try:
            await serving
        finally:
            ticking.cancel()

    try:
        _run(main())
    finally:
        running.stop(_LAST_S / 2)


def _run(main: Coroutine[object, object, None]) -> None:
    """On uvloop, or where that is not installed on the slower loop of Python itself."""
    try:
        import uvloop
    except ImportError:
        asyncio.run(main)
    else:
        uvloop.run(main)


async def _reload(
    running: Running, settings: Settings, tls: ssl.SSLContext | None, reread: Callable[[], Settings] | None
) -> None:
    """Read settings and certificate anew, and forget what is in memory."""
    from govgo.serve.server.build import renew_tls, tls_context
    from govgo.serve.server.parts import ServerReporter

    report = ServerReporter()
    try:
        # In a context of its own first: one that fails halfway would have a certificate without its key.
        fresh = await asyncio.to_thread(tls_context, settings)
        if reread is not None:
            later = await running.renew(reread)
            if later:
                report.note(f"changed, and to count after a restart: {', '.join(later)}")
        if tls is not None and fresh is not None and not renew_tls(tls, fresh, settings):
            report.note("client_ca: authorities that are not in the file any more count until a restart")
    except Failure as error:
        report.note(f"the settings from before still count: {error}")
    running.site.renew()


async def _start_tls(startup: Callable[..., Coroutine[object, object, None]], sockets: list[socket.socket]) -> None:
    """Listen with a limit of time for the handshake, which uvicorn does not pass on: it would be a minute."""
    loop: Any = asyncio.get_running_loop()
    listen = loop.create_server
    loop.create_server = partial(listen, ssl_handshake_timeout=_HANDSHAKE_S)
    try:
        await startup(sockets=sockets)
    finally:
        loop.create_server = listen


def make_server(site: Site, tls: ssl.SSLContext | None = None) -> uvicorn.Server:
    """The server of a site."""
    import uvicorn

    from govgo.serve.http.application import Application
    from govgo.serve.http.connection import protocol_of
    from govgo.serve.http.health import Health

    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    config = uvicorn.Config(
        Application(site, Health(site)),
        http=protocol_of(site),
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
    )
    config.load()
    config.ssl = tls
    server = uvicorn.Server(config)
    if tls is not None:
        server.startup = partial(_start_tls, server.startup)  # type: ignore[method-assign]
    # uvicorn would raise the signal that ended it once more, so that the process dies of it before it has cleaned up.
    server.capture_signals = nullcontext  # type: ignore[method-assign, assignment]
    return server


async def tick(server: uvicorn.Server, site: Site) -> None:
    """Once a second: count, and look at connections."""
    from govgo.serve.http.connection import FastProtocol

    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(1)
        site.count()
        site.look()
        connections = list(server.server_state.connections)
        site.counters.set("connections", len(connections))
        now_s = loop.time()
        for connection in connections:
            if isinstance(connection, FastProtocol):
                connection.look(now_s)


def _tell(ready: int) -> None:
    """Tell the parent that this worker serves."""
    if ready >= 0:
        os.write(ready, b"1")
        os.close(ready)


class _Parent:
    """Starts the workers, and starts again those that die."""

    def __init__(
        self,
        settings: Settings,
        env: GoEnv,
        listener: socket.socket,
        counters: Counters,
        ready: Callable[[], object],
        reread: Callable[[], Settings] | None,
    ) -> None:
        self._reread = reread
        self._settings = settings
        self._env = env
        self._listener = listener
        self._counters = counters
        self._ready = ready
        self._workers: dict[int, int] = {}
        self._ending = False
        self._alive = os.pipe()  # nobody writes to it: it ends when this process does

    def run(self) -> int:
        """Serve until a signal ends it; the exit code."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._end())
        signal.signal(signal.SIGHUP, lambda *_: self._reload())
        hangups_come()
        reader, writer = os.pipe()
        for worker in range(self._settings.workers):
            self._fork(worker, writer)
        os.close(writer)
        told = b""
        while data := os.read(reader, 64):  # until each worker has said that it serves, or has ended
            told += data
        os.close(reader)
        failed = len(told) < self._settings.workers and not self._ending
        if failed:
            self._end()
        elif not self._ending:
            self._ready()
        while self._workers:
            try:
                pid, status = os.wait()
            except ChildProcessError:
                break
            worker = self._workers.pop(pid, -1)
            if worker >= 0 and not self._ending:
                code = os.waitstatus_to_exitcode(status)
                sys.stderr.write(f"govgo: worker {worker} ended with {code}; it is started again\n")
                time.sleep(_RESTART_S)
                self._fork(worker, -1)
        return 3 if failed else 0

    def _fork(self, worker: int, ready: int) -> None:
        with hangups_wait():  # the worker takes them when it has a handler
            pid = os.fork()
            if not pid:
                self._work(worker, ready)
            self._workers[pid] = worker

    def _work(self, worker: int, ready: int) -> NoReturn:
        """Be a worker until it ends."""
        code = 70
        try:
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                signal.signal(number, signal.SIG_DFL)
            os.close(self._alive[1])
            counters = self._counters.of_worker(worker)
            told = partial(_tell, ready)
            run_worker(self._settings, self._env, self._listener, counters, told, self._alive[0], self._reread)
            code = 0
        except GovgoError as error:
            sys.stderr.write(f"govgo: {error}\n")
            raise error
        finally:
            os._exit(code)

    def _end(self) -> None:
        if self._ending:
            return
        self._ending = True
        self._pass_on(signal.SIGTERM)
        signal.signal(signal.SIGALRM, lambda *_: self._pass_on(signal.SIGKILL))
        signal.setitimer(signal.ITIMER_REAL, GRACE_S + _LAST_S)

    def _reload(self) -> None:
        """Let the workers read their rules anew, and those that are started from now on have them, too."""
        if self._reread is not None:
            with suppress(Failure):  # the workers tell it
                now = renewed(self._settings, self._reread())
                read_rules(now)
                self._settings = now
        self._pass_on(signal.SIGHUP)

    def _pass_on(self, number: int) -> None:
        for pid in list(self._workers):
            with suppress(ProcessLookupError):
                os.kill(pid, number)
