# SPDX-License-Identifier: BSD-3-Clause
"""`finished`: waiting for a task without taking part in it."""

from __future__ import annotations

import asyncio

import pytest

from govgo.adapters.loop.tasks import finished


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


def test_a_cancelled_task_is_finished() -> None:
    async def run() -> bool:
        task = asyncio.ensure_future(asyncio.sleep(5))
        waiter = asyncio.ensure_future(finished(task))
        await asyncio.sleep(0)
        task.cancel()
        await waiter
        return task.cancelled()

    assert asyncio.run(run())
