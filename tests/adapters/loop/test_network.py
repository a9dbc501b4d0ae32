# SPDX-License-Identifier: BSD-3-Clause
"""The loop of a command: started when it is needed, and not before."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from govgo.adapters.loop.network import Network, NetworkOptions
from govgo.adapters.workspace.goenvfile import load_env
from tests.simulators.listener import Listener


def network(*, local: bool) -> Network:
    return Network(load_env({"HOME": "/nonexistent"}), Listener(), NetworkOptions(), local=local)


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


def test_an_error_in_a_coroutine_is_raised(remote: Network) -> None:
    async def fail() -> None:
        raise ValueError("x")

    with pytest.raises(ValueError, match="x"):
        remote.run(fail())
