# SPDX-License-Identifier: BSD-3-Clause
"""Work done once for all who want it."""

from __future__ import annotations

import asyncio

import pytest

from govgo.errors import NotFoundError
from govgo.serve.upstream.singleflight import Flights


class Work:
    """Counts its beginnings and ends; it is over when `go` is set."""

    def __init__(self, error: Exception | None = None) -> None:
        self.begun = self.cancelled = 0
        self.go = asyncio.Event()
        self.error = error

    async def __call__(self) -> int:
        self.begun += 1
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.error is not None:
            raise self.error
        return 7


def test_one_for_all() -> None:
    async def main() -> None:
        flights: Flights[int] = Flights()
        work = Work()
        waiting = [asyncio.ensure_future(flights.join("x", work)) for _ in range(5)]
        await asyncio.sleep(0)
        work.go.set()
        assert await asyncio.gather(*waiting) == [7] * 5
        assert work.begun == 1
        assert len(flights) == 0
        assert await flights.join("x", work) == 7
        assert work.begun == 2

    asyncio.run(main())


def test_an_error_that_comes_when_one_has_left_is_told_to_the_others_alone() -> None:
    """Not to the log of the event loop, too, as `asyncio.shield` does from Python 3.14 on."""

    async def main() -> list[object]:
        told: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
        flights: Flights[int] = Flights()
        work = Work(NotFoundError("no"))
        leaves, stays = (asyncio.ensure_future(flights.join("x", work)) for _ in range(2))
        await asyncio.sleep(0)
        leaves.cancel()
        await asyncio.sleep(0)
        work.go.set()
        with pytest.raises(NotFoundError):
            await stays
        return told

    assert asyncio.run(main()) == []


def test_errors_are_told_to_all() -> None:
    async def main() -> None:
        flights: Flights[int] = Flights()
        work = Work(NotFoundError("no"))
        waiting = [asyncio.ensure_future(flights.join("x", work)) for _ in range(3)]
        await asyncio.sleep(0)
        work.go.set()
        for each in waiting:
            with pytest.raises(NotFoundError):
                await each
        assert work.begun == 1

    asyncio.run(main())


def test_it_ends_with_the_last_who_waits() -> None:
    async def main() -> None:
        flights: Flights[int] = Flights()
        work = Work()
        one, two = (asyncio.ensure_future(flights.join("x", work)) for _ in range(2))
        await asyncio.sleep(0)
        one.cancel()
        await asyncio.sleep(0.01)
        assert (work.cancelled, len(flights)) == (0, 1)
        two.cancel()
        await asyncio.sleep(0.01)
        assert (work.cancelled, len(flights)) == (1, 0)
        three = asyncio.ensure_future(flights.join("x", work))
        await asyncio.sleep(0.01)
        work.go.set()
        assert await three == 7

    asyncio.run(main())
