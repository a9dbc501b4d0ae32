# SPDX-License-Identifier: BSD-3-Clause
"""Coroutines that are run once for each key."""

from __future__ import annotations

import asyncio

import pytest

from govgo.adapters.loop.memo import Memo
from govgo.errors import NotFoundError


def test_those_who_ask_meanwhile_get_the_same_result() -> None:
    made: list[int] = []

    async def make() -> int:
        made.append(1)
        await asyncio.sleep(0)
        return len(made)

    async def run() -> list[int]:
        memo: Memo[str, int] = Memo()
        return [*await asyncio.gather(*(memo.get("k", make) for _ in range(3))), await memo.get("k", make)]

    assert asyncio.run(run()) == [1, 1, 1, 1]


def test_an_error_is_kept_and_can_be_forgotten() -> None:
    async def fail() -> int:
        raise NotFoundError("absent")

    async def make() -> int:
        return 2

    async def run() -> int:
        memo: Memo[str, int] = Memo()
        for _ in range(2):
            with pytest.raises(NotFoundError):
                await memo.get("k", fail)
        with pytest.raises(NotFoundError):
            memo.known("k")
        memo.forget("k")
        assert memo.known("k") is None
        return await memo.get("k", make)

    assert asyncio.run(run()) == 2


def test_a_cancelled_attempt_is_made_again_by_one_who_waits() -> None:
    async def run() -> int:
        memo: Memo[str, int] = Memo()

        async def slow() -> int:
            await asyncio.sleep(5)
            return 1

        async def quick() -> int:
            return 2

        first = asyncio.ensure_future(memo.get("k", slow))
        await asyncio.sleep(0)
        assert memo.is_under_way("k")
        second = asyncio.ensure_future(memo.get("k", quick))
        await asyncio.sleep(0)
        first.cancel()
        return await second

    assert asyncio.run(run()) == 2


def test_what_came_from_elsewhere_does_not_replace_an_answer() -> None:
    memo: Memo[str, int] = Memo()
    memo.put("x", 1)
    memo.put("x", 2)
    assert memo.known("x") == 1
