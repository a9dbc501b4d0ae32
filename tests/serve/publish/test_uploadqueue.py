# SPDX-License-Identifier: BSD-3-Clause
"""Whose turn it is to send a version, in which order, and how slow one may be meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine

import pytest

from govgo.serve.http.routes import SlowClientError
from govgo.serve.publish import uploadqueue as module
from govgo.serve.publish.uploadqueue import Turn, Turns


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE_S", 0.02)
    monkeypatch.setattr(module, "GRACE_S", 0.0)
    monkeypatch.setattr(module, "LEAST_RATE", 1)


def run(work: Coroutine[object, object, object]) -> object:
    return asyncio.run(work)


async def body(*pieces: bytes, ends: bool = True) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
    if not ends:
        await asyncio.sleep(60)


async def turn_of(turns: Turns, user: str) -> Turn:
    turn = await turns.take(user)
    assert turn is not None
    return turn


def test_who_waits_for_the_own_turn_lets_others_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE_S", 60.0)

    async def work() -> None:
        turns = Turns()
        first = [await turn_of(turns, "a"), await turn_of(turns, "a")]
        waiting = {user: asyncio.ensure_future(turns.take(user)) for user in "abcd"}
        steps = (("b", "c"), ("a",), ("d",))
        for come in steps:
            if come != steps[0]:
                turns.give_back(first.pop())
            await asyncio.sleep(0.01)
            done = [user for user, task in waiting.items() if task.done()]
            assert tuple(done) == come
            for user in done:
                del waiting[user]

    run(work())


def test_one_that_does_not_come_is_waited_for_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> None:
        turns = Turns()
        held = [await turn_of(turns, "a"), await turn_of(turns, "a")]
        assert await turns.take("a") is None
        waiting = asyncio.ensure_future(turns.take("a"))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        monkeypatch.setattr(module, "MOST_WAITING", 0)
        assert await turns.take("b") is None
        monkeypatch.setattr(module, "MOST_WAITING", 1)
        turns.give_back(held.pop())
        turns.give_back(await turn_of(turns, "a"))

    run(work())


async def taken(turn: Turn, *pieces: bytes, ends: bool) -> bytes:
    return b"".join([piece async for piece in turn.pieces(body(*pieces, ends=ends))])


def test_one_for_which_nobody_waits_may_be_slow() -> None:
    async def work() -> None:
        turn = await turn_of(Turns(), "a")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(taken(turn, b"x", ends=False), 0.05)

    run(work())


@pytest.mark.parametrize(("size", "is_slow"), [(0, True), (600, False)])
def test_one_for_which_somebody_waits_has_to_come_at_some_rate(size: int, is_slow: bool) -> None:
    """Bytes of ten minutes may take as long."""

    async def work() -> None:
        turns = Turns()
        turn, _ = await turn_of(turns, "a"), await turn_of(turns, "a")
        taking = asyncio.ensure_future(taken(turn, bytes(size), ends=False))
        await asyncio.sleep(0.01)
        assert await turns.take("a") is None
        assert taking.done() == is_slow
        if is_slow:
            with pytest.raises(SlowClientError):
                await taking
        taking.cancel()

    run(work())


def test_of_two_users_the_one_that_keeps_nobody_out_may_be_slow() -> None:
    async def work() -> None:
        turns = Turns()
        other, _ = await turn_of(turns, "b"), [await turn_of(turns, "a"), await turn_of(turns, "a")]
        taking = asyncio.ensure_future(taken(other, b"", ends=False))
        assert await turns.take("a") is None
        assert not taking.done()
        taking.cancel()

    run(work())
