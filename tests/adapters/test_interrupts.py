# SPDX-License-Identifier: BSD-3-Clause
"""Ctrl-C is raised where it can be reported, and once it has come only evidence of misbehaviour hides it."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from govgo.adapters.interrupts import ends_wait, interrupts_call
from govgo.adapters.loop.network import Network, NetworkOptions
from govgo.core.goenv import GoEnv
from govgo.errors import InputError, SecurityError
from tests.simulators.repo import Transcript


@pytest.fixture(autouse=True)
def _python_s_own_handler() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    signal.signal(signal.SIGINT, before)


def press() -> None:
    os.kill(os.getpid(), signal.SIGINT)


@contextmanager
def interrupted() -> Iterator[None]:
    """The block ends by a KeyboardInterrupt."""
    with pytest.raises(KeyboardInterrupt):
        yield


def test_an_interrupt_waits_for_the_end_of_the_block() -> None:
    done: list[str] = []
    with interrupted(), ends_wait():
        press()
        done.append("go.mod")
        done.append("go.sum")
    assert done == ["go.mod", "go.sum"]


def test_an_interrupt_calls_the_function_once_and_the_second_is_heard_at_once() -> None:
    calls: list[str] = []
    with interrupted(), interrupts_call(lambda: calls.append("stop")):
        press()
        press()
        calls.append("not reached")
    assert calls == ["stop"]


def fail(error: Exception) -> None:
    with ends_wait():
        press()
        raise error


def test_an_interrupt_is_told_in_place_of_a_failure() -> None:
    with interrupted():
        fail(InputError("whatever"))


def test_an_interrupt_does_not_hide_a_security_error() -> None:
    with pytest.raises(SecurityError, match=r"^found$"):
        fail(SecurityError("found"))


def test_an_inner_block_raises_for_the_outer_one_too() -> None:
    done: list[str] = []
    with interrupted(), ends_wait():
        with interrupted(), interrupts_call(lambda: done.append("cancelled")):
            press()
        done.append("written")
    assert done == ["cancelled", "written"]


def test_another_signal_waits_too() -> None:
    done: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: done.append(number))
    with interrupted(), ends_wait():
        os.kill(os.getpid(), signal.SIGTERM)
        done.append(0)
    signal.signal(signal.SIGTERM, before)
    assert done == [0, signal.SIGTERM]


def test_nothing_happens_without_an_interrupt() -> None:
    with ends_wait():
        pass


def test_ignored_interrupts_stay_ignored() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with ends_wait():
        press()
    signal.signal(signal.SIGINT, signal.default_int_handler)


def test_another_thread_leaves_signals_alone() -> None:
    seen: list[object] = []

    def work() -> None:
        with ends_wait():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(10)
    assert seen == [signal.default_int_handler]


def test_an_interrupt_within_a_callback_that_swallows_it_ends_the_command() -> None:
    """libcurl's callbacks print an exception and go on; the download that is under way must not."""
    network = Network(GoEnv(), Transcript(), NetworkOptions(), local=False)
    ended: list[str] = []

    def callback() -> None:
        try:
            press()
        except BaseException:
            ended.append("swallowed")

    async def download() -> None:
        asyncio.get_running_loop().call_soon(callback)
        try:
            await asyncio.sleep(10)
            ended.append("went on")
        finally:
            ended.append("cleaned up")

    with pytest.raises(KeyboardInterrupt):
        network.run(download())
    network.close()
    assert ended == ["cleaned up"]
