# SPDX-License-Identifier: BSD-3-Clause
"""The loop of a command: started when it is needed, and not before."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from govgo.adapters.loop.network import Network, NetworkOptions
from govgo.adapters.workspace.goenvfile import load_env
from govgo.ports.reporter import Cancellation, Cancelled
from govgo.wiring.session import HookReporter
from tests.simulators.listener import Listener

ENV = load_env({"HOME": "/nonexistent"})


def network(*, local: bool) -> Network:
    return Network(ENV, Listener(), NetworkOptions(), local=local)


@pytest.fixture
def remote() -> Iterator[Network]:
    made = network(local=False)
    yield made
    made.close()


async def answer() -> int:
    return 7


def test_local_sources_need_no_loop() -> None:
    local = network(local=True)
    assert local.run(answer()) == 7
    assert not local.started


def test_a_local_source_that_waits_is_a_fault() -> None:
    with pytest.raises(RuntimeError, match="a local source waited"):
        network(local=True).run(asyncio.sleep(0))


def test_a_loop_is_started_once(remote: Network) -> None:
    assert remote.run(answer()) == 7
    assert remote.started
    assert remote.loop() is remote.loop()


def test_blocking_work_leaves_the_thread_of_the_loop(remote: Network) -> None:
    assert remote.run(remote.off(threading.get_ident)) != threading.get_ident()
    local = network(local=True)
    assert local.run(local.off(threading.get_ident)) == threading.get_ident()


@pytest.mark.parametrize("waits_s", [0.001, 60])
def test_an_event_of_a_callback_ends_the_work(waits_s: float) -> None:
    """What a callback of the loop raises reaches nobody; nor does what a task raises that nobody waits for."""
    answers: list[bool] = []
    cancellation = Cancellation(lambda: answers.append(wanted.is_set()) or wanted.is_set())
    report = HookReporter(None, cancellation)
    made = Network(ENV, report, NetworkOptions(cancellation=cancellation), local=False)
    wanted, ended, reported = threading.Event(), threading.Event(), []

    async def work() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: reported.append(context))
        wanted.set()
        loop.call_soon(made.event, "again", {})
        task = asyncio.ensure_future(made.off(lambda: made.event("started", {})))
        try:
            await asyncio.sleep(waits_s)
        finally:
            made.event("finished", {})
            ended.set()
        await task

    with closing(made):
        with pytest.raises(Cancelled):
            made.run(work())
        assert ended.is_set()
        assert (answers.count(True), reported) == (1, [])
        report.event("finished", {})
        assert made.run(answer()) == 7, "what is done at the end is not disturbed"


def test_an_event_ends_work_that_has_no_loop() -> None:
    report = HookReporter(None, Cancellation(lambda: True))
    with pytest.raises(Cancelled):
        report.event("step", {})
    report.event("step", {})


def test_work_that_is_stopped_has_ended_when_its_caller_goes_on(remote: Network) -> None:
    """Whoever waits for several, as `asyncio.gather`, cancels those twice that have not ended at once."""
    begun, stopped, ended = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        stopped.wait(60)
        time.sleep(0.02)
        ended.set()

    async def main() -> bool:
        task = asyncio.ensure_future(remote.off(work, stop=stopped.set))
        while not begun.is_set():
            await asyncio.sleep(0.001)
        for _ in range(2):
            task.cancel()
            await asyncio.sleep(0)
        with pytest.raises(asyncio.CancelledError):
            await task
        return ended.is_set()

    assert remote.run(main())
    assert remote.run(remote.off(lambda: 7, stop=stopped.set)) == 7


def test_an_error_in_a_coroutine_is_raised(remote: Network) -> None:
    async def fail() -> None:
        raise ValueError("x")

    with pytest.raises(ValueError, match="x"):
        remote.run(fail())


def test_ctrl_c_runs_the_finally_blocks(remote: Network) -> None:
    cleaned: list[bool] = []

    async def work() -> None:
        try:
            remote.loop().call_soon(interrupt)
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0)
            cleaned.append(True)

    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        remote.run(work())
    assert cleaned == [True]


def test_requests_are_traced_only_with_x() -> None:
    report = Listener()
    assert Network(ENV, report, NetworkOptions(), local=False).trace is None
    trace = Network(ENV, report, NetworkOptions(trace=True), local=False).trace
    assert trace is not None
    trace("# get https://h.example/x")
    assert report.events == [("request", {"line": "# get https://h.example/x"})]


def test_there_is_one_client_of_each_kind(remote: Network) -> None:
    assert remote.client() is remote.client()
    assert remote.client(insecure=True) is remote.client(insecure=True)
    assert remote.client() is not remote.client(insecure=True)


def test_modules_are_loaded_while_a_coroutine_waits(remote: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "this", raising=False)
    monkeypatch.setattr("builtins.print", lambda *_: None)  # `this` prints a poem
    network(local=False).load_soon("this")  # without a loop nothing is loaded
    remote.loop()
    remote.load_soon("no.such.module")
    remote.load_soon("this")

    async def wait() -> bool:
        early = "this" in sys.modules
        await asyncio.sleep(0.1)
        return early

    assert remote.run(wait()) is False
    assert "this" in sys.modules


def test_what_an_ending_task_begins_is_ended_too(remote: Network, caplog: pytest.LogCaptureFixture) -> None:
    """Else asyncio prints "Task was destroyed but it is pending!" after an interrupt."""
    ended = []

    async def late() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("late")

    async def early() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("early")
            begun.append(asyncio.ensure_future(late()))
            await asyncio.sleep(0)

    begun = [remote.loop().create_task(early())]
    remote.run(asyncio.sleep(0))
    remote.close()
    assert ended == ["early", "late"]
    begun.clear()
    gc.collect()
    assert not caplog.records
