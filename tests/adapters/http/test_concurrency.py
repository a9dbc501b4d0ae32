# SPDX-License-Identifier: BSD-3-Clause
"""How many requests a host gets at once: when more, when fewer, and never past a bound."""

from __future__ import annotations

import asyncio

import pytest

from govgo.adapters.http import concurrency
from govgo.adapters.http.concurrency import Gate


class Load:
    """Requests at a gate, far more than it lets through."""

    def __init__(self, gate: Gate, total: int = 5000) -> None:
        self.gate = gate
        self.under_way = 0
        self._loop = asyncio.new_event_loop()
        self._tasks = [self._loop.create_task(self._one()) for _ in range(total)]
        self.step()

    async def _one(self) -> None:
        if not self.gate.enter():
            await self.gate.wait()
        self.under_way += 1

    def step(self) -> int:
        """Let those in who may; how many are under way then."""
        for _ in range(3):
            self._loop.run_until_complete(asyncio.sleep(0))
        return self.under_way

    def round_trip(self, *, idle: bool = True) -> int:
        """All that are under way are answered; how many are under way then."""
        done, self.under_way = self.under_way, 0
        for _ in range(done):
            self.gate.answered()
            self.gate.leave()
        if idle:
            self.gate.idle()
        return self.step()

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*self._tasks, return_exceptions=True))
        self._loop.close()


@pytest.mark.parametrize(
    ("width", "most", "idle", "widths"),
    [
        (96, 384, True, [96, 192, 384, 384]),
        (96, 384, False, [96, 96, 96]),  # we are busy: more at once would not help
        (96, 100, True, [96, 100, 100]),
        (96, 8, True, [8, 8, 8]),  # -j 8
    ],
)
def test_widths_of_successive_rounds(width: int, most: int, idle: bool, widths: list[int]) -> None:
    load = Load(Gate(width, most))
    found = [load.under_way, *(load.round_trip(idle=idle) for _ in widths[1:])]
    load.close()
    assert found == widths


def test_overload_halves_once_for_each_congestion(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = 100.0
    monkeypatch.setattr(concurrency.time, "monotonic", lambda: now_s)
    load = Load(Gate(64, 384))
    for _ in range(10):
        load.gate.overloaded()
    assert load.round_trip(idle=False) == 32
    now_s += 1
    for _ in range(10):
        load.gate.overloaded()
    assert load.round_trip(idle=False) == 16
    assert load.round_trip() == 32
    for _ in range(20):
        now_s += 1
        load.gate.overloaded()
    assert load.round_trip(idle=False) == 4
    load.close()


def test_a_limit_that_comes_later() -> None:
    load = Load(Gate(96, 600))
    assert load.round_trip() == 192
    load.gate.limit(50)
    assert load.round_trip() == 50
    load.close()


def test_a_host_that_multiplexes_takes_all_at_once() -> None:
    load = Load(Gate(96, 600))
    load.gate.open_wide()
    assert load.step() == 600
    load.close()


def test_who_gives_up_waiting_leaves_no_hole() -> None:
    gate = Gate(1, 1)

    async def work() -> bool:
        assert gate.enter()
        first, second = (asyncio.ensure_future(gate.wait()) for _ in range(2))
        await asyncio.sleep(0)
        gate.leave()  # the first has its turn, and is cancelled before it runs
        first.cancel()
        await asyncio.wait_for(second, 5)
        return gate.enter()

    assert asyncio.run(work()) is False


@pytest.mark.parametrize(
    ("most", "let_in"),
    [
        (384, [16, 32, 48]),  # as many as the width, beside the thirty, and the same again
        (40, [5, 10, 10]),
        (30, [0, 0]),
    ],
)
def test_requests_that_hang_do_not_keep_others_out(
    most: int, let_in: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s = 100.0
    monkeypatch.setattr(concurrency.time, "monotonic", lambda: now_s)
    gate = Gate(128, most)
    assert [gate.enter() for _ in range(30)] == [True] * 30
    for _ in range(3):
        now_s += 1
        gate.overloaded()  # 128, 64, 32, 16; or less
    load = Load(gate, total=60)
    now_s += 9
    assert load.step() == 0, "they may be slow"
    for wanted in let_in:
        now_s += 10
        assert load.step() == wanted
    load.close()


def test_places_come_back_when_the_lost_ones_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(concurrency, "_SILENT_S", 0.05)

    async def work() -> None:
        gate = Gate(2, 8)
        assert [gate.enter(), gate.enter(), gate.enter()] == [True, True, False]
        await asyncio.wait_for(gate.wait(), 5)  # the two are taken for lost
        assert [gate.enter(), gate.enter()] == [True, False]
        for _ in range(4):
            gate.leave()
        assert [gate.enter(), gate.enter(), gate.enter()] == [True, True, False]

    asyncio.run(work())
