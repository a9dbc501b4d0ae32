# SPDX-License-Identifier: BSD-3-Clause
"""The event loop of one command, started when something has to come over the network, and the client on it.

Code that asks sources is written once, as coroutines. Where every source is a directory (`local`), such a coroutine
never waits, and `run` takes it to its end by hand, without asyncio.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping
from contextlib import ExitStack, asynccontextmanager, suppress

from govgo.core.goenv import GoEnv
from govgo.core.records import NamedTuple
from govgo.core.typehints import TYPE_CHECKING, Any, Self, TypeVar

if TYPE_CHECKING:
    import asyncio
    from concurrent.futures import ThreadPoolExecutor

    from govgo.adapters.http.client import Auth, HttpClient
    from govgo.adapters.http.engine import Timeouts
    from govgo.adapters.http.preconnect import Spares
    from govgo.adapters.http.retry import RetryPolicy
    from govgo.adapters.http.timeouts import Patience
    from govgo.adapters.loop.extractor import Extractor
    from govgo.adapters.loop.helper import Helper
    from govgo.adapters.loop.slots import Slots
    from govgo.ports.reporter import Cancellation, Reporter

_T = TypeVar("_T")

# With GOINSECURE, how many seconds to wait for HTTPS before plain HTTP is tried: the host may not serve HTTPS at all
# (cmd/go/internal/web, impatientInsecureHTTPClient).
_INSECURE_S = 5.0
_ENDING_S = 5.0


# After this time, requests that are made together have been sent.
_SENT_S = 0.003


class NetworkOptions(NamedTuple):
    """How a command talks to servers.

    Attributes:
        timeouts: what `limits` are; None for those of `engine.Timeouts`, so that it is not loaded for nothing.
        patience: how long servers are waited for that show no sign of being there; None for as long as it takes.
        retry: when to try again; None for `retry.RetryPolicy` as it is.
        requests: how many go to one host at once at most (-j); 0 for the engine's own limits.
        threads: how many threads hash, extract and run git at once.
        trace: report every request (-x).
        helps: start other processes where much is to be fetched.
        cancellation: asked while a coroutine waits; `run` raises `Cancelled` where the caller wants that.
    """

    timeouts: Timeouts | None = None
    patience: Patience | None = None
    retry: RetryPolicy | None = None
    requests: int = 0
    threads: int = 16
    trace: bool = False
    helps: bool = True
    cancellation: Cancellation | None = None

    @property
    def limits(self) -> Timeouts:
        """How long each request may take."""
        from govgo.adapters.http.engine import Timeouts

        return self.timeouts or Timeouts()


class Network:
    """The event loop of one command, its HTTP client, its threads and its other processes."""

    def __init__(self, env: GoEnv, report: Reporter, options: NetworkOptions, *, local: bool) -> None:
        """No loop is started yet; `local` promises that no coroutine given to `run` ever waits."""
        self._env = env
        self._report = report
        self._options = options
        self.local = local
        self._loop: asyncio.AbstractEventLoop | None = None
        self._clients: dict[bool, HttpClient] = {}
        self._auth: Auth | None = None
        self._spares: Spares | None = None
        self._expected = 0
        self._threads: ThreadPoolExecutor | None = None
        self._slots: Slots | None = None
        self._helper: Helper | None = None
        self._extractor: Extractor | None = None

    def run(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Run a coroutine to its end; its result. What it raises is raised."""
        if self._options.cancellation is not None and not self.local:
            from govgo.adapters.loop.tasks import until_cancelled

            work = until_cancelled(work, self._options.cancellation)
        if self.local:
            try:
                work.send(None)
            except StopIteration as done:
                return done.value  # type: ignore[no-any-return]
            work.close()
            raise RuntimeError("a local source waited")
        from govgo.adapters.interrupts import interrupts_call

        loop = self.loop()
        task = loop.create_task(work)

        def stop() -> None:
            task.cancel()
            loop.call_soon_threadsafe(lambda: None)  # wakes the loop

        try:
            with interrupts_call(stop):
                return loop.run_until_complete(task)
        except BaseException:
            # A second interrupt ends the loop, not the task.
            if not task.done():
                task.cancel()
                self._clean_up(task)
            raise

    def connect_soon(self, url: str, requests: int) -> None:
        """Open connections to a server, if `url` is that of one, for requests that wait for the client to be loaded.

        Where a proxy may stand before it nothing is opened: which one is found out by the client.
        """
        scheme, network = url.partition(":")[0], self._env.network
        if scheme not in ("http", "https") or network.http_proxy or network.https_proxy:
            return
        from govgo.adapters.http.preconnect import Spares
        from govgo.core.golib import url as gourl

        self._expected += requests
        count = min(self._expected, self._options.requests or self._expected)
        self._spares = self._spares or Spares()
        base = gourl.parse(url)
        # HTTP/2 carries all requests on one connection.
        self._spares.expect(base.hostname, base.port, 1 if scheme == "https" else count)

    @property
    def has_client(self) -> bool:
        """Whether the HTTP client is loaded, which then opens what connections it needs."""
        return bool(self._clients)

    @property
    def started(self) -> bool:
        """Whether there is a loop."""
        return self._loop is not None

    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop, made at the first call."""
        if self._loop is None:
            import asyncio

            self._loop = asyncio.new_event_loop()
            self.local = False
        return self._loop

    def client(self, *, insecure: bool = False) -> HttpClient:
        """The HTTP client, made at the first call; the `insecure` one accepts any certificate, and gives up sooner."""
        client = self._clients.get(insecure)
        if client is None:
            from govgo.adapters.http.client import HttpClient
            from govgo.adapters.http.connect import engine_options, open_engine
            from govgo.adapters.http.retry import RetryPolicy

            network = self._env.network
            options = self._options
            limits = options.limits
            if insecure:
                limits = limits._replace(connect_s=_INSECURE_S, total_s=_INSECURE_S)
            client = self._clients[insecure] = HttpClient(
                open_engine(
                    engine_options(
                        network,
                        limits,
                        requests=options.requests,
                        insecure=insecure,
                        spares=None if insecure else self._spares,
                    )
                ),
                auth=self._load_auth,
                retry=options.retry or RetryPolicy(),
                timeouts=limits,
                patience=options.patience,
                trace=self.trace,
                event=self.event,
                follows_anywhere=insecure,
            )
        return client

    def _load_auth(self) -> Auth:
        """What GOAUTH names, read once: both clients share what the commands say."""
        if self._auth is None:
            from govgo.adapters.http.client import Auth
            from govgo.adapters.http.credentials import Credentials, load_goauth

            netrc, commands = load_goauth(self._env.goauth, self._env.network.netrc)
            credentials = Credentials(netrc.logins, changes=bool(commands))
            goauth = None
            if commands:
                from govgo.adapters.http.goauth import GoAuth

                goauth = GoAuth(commands, credentials, netrc, self._env.process, self.off)
            self._auth = Auth(credentials, goauth, netrc.fault)
        return self._auth

    @property
    def trace(self) -> Callable[[str], None] | None:
        """The function that takes a line for each request and command (-x), None where they are not traced."""
        return self._trace if self._options.trace else None

    @property
    def event(self) -> Callable[[str, Mapping[str, object]], None]:
        """The function that takes events of the progress."""
        return self._report.event

    @property
    def fails_soon(self) -> bool:
        """Whether the command waits only for servers that show a sign of being there."""
        return self._options.patience is not None

    @property
    def patience_s(self) -> float:
        """How long a server may be silent before it answers."""
        return self._options.limits.answer_s

    def load_soon(self, *modules: str) -> None:
        """Load what the answer to a request will need, while it is awaited."""
        loop = self._loop
        if loop is not None and not all(module in sys.modules for module in modules):
            # Not before this turn is over, which may load the HTTP client.
            loop.call_soon(loop.call_later, _SENT_S, _load, modules)

    async def off(
        self, work: Callable[[], _T], *, computes: bool = False, stop: Callable[[], object] | None = None
    ) -> _T:
        """Run blocking work: in a thread if there is a loop, which goes on meanwhile; else at once.

        Args:
            work: what to run.
            computes: only few at a time do (`slots`).
            stop: makes `work` end soon. If the caller is cancelled, it is called, and the end is waited for, so that
                nothing is written any more to what the caller removes. None to leave the thread to itself.
        """
        if self._loop is None:
            return work()
        if stop is not None:
            import asyncio

            from govgo.adapters.loop.tasks import finished

            task = asyncio.ensure_future(self.off(work, computes=computes))
            try:
                await finished(task)
            except asyncio.CancelledError:
                stop()
                while not task.done():
                    with suppress(asyncio.CancelledError):  # who waits for several cancels the last ones once more
                        await finished(task)
                raise
            return task.result()
        if computes:
            async with self.slot():
                return await self.off(work)
        if self._threads is None:
            from concurrent.futures import ThreadPoolExecutor

            self._threads = ThreadPoolExecutor(self._options.threads, "govgo")
        return await self._loop.run_in_executor(self._threads, work)

    def start_helper(self) -> None:
        """Start the helper process, as a caller does that is about to fetch much."""
        if self._helper is None and self._options.helps:
            from govgo.adapters.loop.helper import start_helper

            self._helper = start_helper(self.loop())

    def helper(self) -> Helper | None:
        """The helper process, if it was started and could be."""
        return self._helper

    def start_extractor(self) -> None:
        """Start the process that extracts zips, as a caller does that is about to fetch many."""
        if self._extractor is None and self._loop is not None and self._options.helps:
            from govgo.adapters.loop.extractor import start_extractor

            self._extractor = start_extractor()
            if self._extractor is not None:
                self._all_slots().add(self._extractor)

    @asynccontextmanager
    async def slot(self, size: int = 0, *, extracts: bool = False) -> AsyncIterator[Extractor | None]:
        """A slot for work that computes (`slots`): the process that extracts zips, or None for a thread (`off`).

        Args:
            size: bytes to work on, by which the next of those who wait is chosen.
            extracts: whether that process can do it.
        """
        if self._loop is None:
            yield None
            return
        slots = self._all_slots()
        slot = await slots.enter(size, extracts=extracts)
        try:
            yield slot
        finally:
            slots.leave(slot)

    def _all_slots(self) -> Slots:
        if self._slots is None:
            from govgo.adapters.disk.system import usable_cpus
            from govgo.adapters.loop.slots import Slots

            self._slots = Slots(usable_cpus())
        return self._slots

    def close(self) -> None:
        """Close connections, the other processes, threads and the loop."""
        loop, self._loop = self._loop, None
        if self._helper is not None:
            self._helper.close()
            self._helper = None
        if self._extractor is not None:
            self._extractor.close()
            self._extractor = None
        self._slots = None
        if self._threads is not None:
            self._threads.shutdown(wait=True, cancel_futures=True)
            self._threads = None
        if self._spares is not None:
            self._spares.close()
        if loop is not None:
            import asyncio

            for client in self._clients.values():
                loop.run_until_complete(client.aclose())
            self._clients.clear()
            # What a failure has left behind, such as a request for which nobody waits any more; and what that began in
            # turn as it ended.
            ends_s = loop.time() + _ENDING_S
            while (left := asyncio.all_tasks(loop)) and loop.time() < ends_s:
                for task in left:
                    task.cancel()
                loop.run_until_complete(asyncio.wait(left, timeout=_ENDING_S))
            loop.close()

    def _clean_up(self, task: asyncio.Task[Any]) -> None:
        """Let a cancelled task run its `finally` blocks."""
        import asyncio

        loop = self._loop
        if loop is not None:
            # An exception is on its way already, and a second interrupt must not hide it.
            with suppress(BaseException):
                loop.run_until_complete(asyncio.wait([task], timeout=5))

    def _trace(self, line: str) -> None:
        self._report.event("request", {"line": line})


def _load(modules: Iterable[str]) -> None:
    with suppress(ImportError):  # raised again where it is used
        for module in modules:
            importlib.import_module(module)


class Visit:
    """What goes to servers for a while, with a network of its own. Use it in a `with`, or close it."""

    def __init__(self, env: GoEnv, report: Reporter, options: NetworkOptions | None = None) -> None:
        """No file or network is touched yet."""
        self._env = env
        self._network = Network(env, report, options or NetworkOptions(), local=False)
        self._held = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove the files that were fetched, end what runs, and close the connections."""
        self._held.close()
        self._network.close()
