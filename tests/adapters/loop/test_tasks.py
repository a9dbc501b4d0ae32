# SPDX-License-Identifier: BSD-3-Clause
"""`finished`: waiting for a task without taking part in it; `ending`: what is done whatever happens."""

from __future__ import annotations

import asyncio
import gc

import pytest

from govgo.adapters.loop.tasks import ending, finished
from govgo.errors import DiskError, NetworkError, SumMismatchError


def test_an_error_stays_with_the_task() -> None:
    async def run() -> None:
        async def fail() -> None:
            await asyncio.sleep(0)
            raise ValueError("bad")

        task = asyncio.ensure_future(fail())
        await finished(task)
        await finished(task)
        with pytest.raises(ValueError, match="bad"):
            task.result()

    asyncio.run(run())


def test_whoever_waits_may_be_cancelled_alone() -> None:
    async def run() -> int:
        async def work() -> int:
            await asyncio.sleep(0.01)
            return 7

        task = asyncio.ensure_future(work())
        waiter = asyncio.ensure_future(finished(task))
        await asyncio.sleep(0)
        waiter.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiter
        assert not task.done()
        await finished(task)
        return task.result()

    assert asyncio.run(run()) == 7


def test_an_error_that_comes_when_all_have_left_is_no_fault_of_the_loop() -> None:
    """A client of the proxy leaves, and then what it waited for fails: the log of the server has nothing of that."""
    told: list[object] = []

    async def run() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: told.append(context))
        ready = loop.create_future()

        async def fail() -> None:
            await ready
            raise ValueError("bad")

        task = asyncio.ensure_future(fail())
        waiter = asyncio.ensure_future(finished(task))
        await asyncio.sleep(0)
        waiter.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiter
        ready.set_result(None)
        await asyncio.sleep(0.001)
        assert task.done()
        del task, waiter
        gc.collect()
        await asyncio.sleep(0)

    asyncio.run(run())
    assert told == []


def test_a_cancelled_task_is_finished() -> None:
    async def run() -> bool:
        task = asyncio.ensure_future(asyncio.sleep(5))
        waiter = asyncio.ensure_future(finished(task))
        await asyncio.sleep(0)
        task.cancel()
        await waiter
        return task.cancelled()

    assert asyncio.run(run())


@pytest.mark.parametrize(
    ("work", "first", "second", "want"),
    [
        (None, None, None, "result"),
        (None, "disk", None, "disk"),
        ("network", "disk", None, "network"),
        ("security", "disk", "network", "security"),
        ("network", "disk", "security", "security"),
    ],
)
def test_endings_run_and_the_gravest_error_is_raised(
    work: str | None, first: str | None, second: str | None, want: str
) -> None:
    kinds = {"disk": DiskError, "network": NetworkError, "security": SumMismatchError}
    done: list[str | None] = []

    async def step(name: str | None) -> str:
        await asyncio.sleep(0)
        done.append(name)
        if name is not None:
            raise kinds[name](name)
        return "result"

    async def end(name: str | None) -> None:
        await step(name)

    async def main() -> str:
        return await ending(step(work), lambda: end(first), lambda: end(second))

    if want == "result":
        assert asyncio.run(main()) == want
    else:
        with pytest.raises(kinds[want], match=want):
            asyncio.run(main())
    assert done == [work, first, second]
