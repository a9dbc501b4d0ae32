# SPDX-License-Identifier: BSD-3-Clause
"""Slots for work that computes: how many there are, who is next, and none is lost."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from govgo.adapters.loop.extractor import Extractor
from govgo.adapters.loop.slots import Slots


class _Process:
    """Stands for a process, of which only this is asked."""

    has_ended = False


class _Hall:
    """Slots, and works that enter them; each says its name when it is let in, and leaves when it is told to."""

    def __init__(self, processors: int) -> None:
        self.slots = Slots(processors)
        self.process = _Process()
        self.let_in: list[str] = []
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self._ends: dict[str, asyncio.Event] = {}

    def add_process(self) -> None:
        self.slots.add(cast("Extractor", self.process))

    async def come(self, name: str, size: int, *, extracts: bool = True) -> None:
        self._ends[name] = asyncio.Event()
        self.tasks[name] = asyncio.create_task(self._work(name, size, extracts))
        await asyncio.sleep(0)

    async def end(self, *names: str) -> None:
        for name in names:
            self._ends[name].set()
            await self.tasks[name]
            await asyncio.sleep(0)

    async def _work(self, name: str, size: int, extracts: bool) -> None:
        slot = await self.slots.enter(size, extracts=extracts)
        self.let_in.append(name if slot is None else f"{name} in the process")
        try:
            await self._ends[name].wait()
        finally:
            self.slots.leave(slot)


@pytest.mark.parametrize(
    ("processors", "process", "expected"),
    [
        (1, False, ["a", "b"]),
        (2, False, ["a", "b", "c"]),
        (2, True, ["a in the process", "b"]),
        (4, True, ["a in the process", "b", "c", "d"]),
    ],
)
def test_how_many_there_are(processors: int, process: bool, expected: list[str]) -> None:
    async def play() -> list[str]:
        hall = _Hall(processors)
        if process:
            hall.add_process()
        for name in "abcdefgh":
            await hall.come(name, 1)
        found = hall.let_in.copy()
        await hall.end(*"abcdefgh")
        assert len(hall.let_in) == 8
        return found

    assert asyncio.run(play()) == expected


def test_the_process_takes_the_largest_and_a_thread_the_smallest() -> None:
    async def play() -> list[str]:
        hall = _Hall(2)
        hall.add_process()
        for name, size in (("a", 1), ("b", 1), ("middle", 20), ("largest", 40), ("smallest", 10), ("large", 30)):
            await hall.come(name, size)
        await hall.end("a", "b", "largest")
        found = hall.let_in.copy()
        await hall.end("smallest", "large", "middle")
        return found

    expected = ["a in the process", "b", "largest in the process", "smallest", "large in the process"]
    assert asyncio.run(play()) == expected


def test_the_process_is_for_zips_alone() -> None:
    async def play() -> list[str]:
        hall = _Hall(2)
        hall.add_process()
        await hall.come("hash", 9, extracts=False)
        await hall.come("another hash", 8, extracts=False)
        await hall.come("zip", 1)
        found = hall.let_in.copy()
        await hall.end("hash", "another hash", "zip")
        return found

    assert asyncio.run(play()) == ["hash", "zip in the process"]


def test_threads_at_work_are_not_interrupted_when_the_process_comes() -> None:
    async def play() -> list[str]:
        hall = _Hall(2)
        for name in "abcde":
            await hall.come(name, 1)
        hall.add_process()
        await asyncio.sleep(0)
        await hall.end("a", "b")  # two of the three threads are given up
        assert hall.let_in == ["a", "b", "c", "d in the process"]
        await hall.end("c", "d", "e")
        return hall.let_in

    assert asyncio.run(play())[-1] == "e"


def test_the_place_of_a_process_that_has_ended_is_a_threads() -> None:
    async def play() -> list[str]:
        hall = _Hall(2)
        hall.add_process()
        for name in "abcd":
            await hall.come(name, 1)
        hall.process.has_ended = True
        await hall.end("a")
        assert hall.let_in == ["a in the process", "b", "c"]
        await hall.end("b", "c", "d")
        return hall.let_in

    assert asyncio.run(play())[-1] == "d"


@pytest.mark.parametrize("is_let_in", [False, True], ids=["while it waits", "as it is let in"])
def test_who_is_cancelled_takes_no_place(is_let_in: bool) -> None:
    async def play() -> None:
        slots = Slots(1)
        for _ in range(2):
            await slots.enter(1, extracts=False)
        third, fourth = (asyncio.create_task(slots.enter(size, extracts=False)) for size in (2, 1))
        await asyncio.sleep(0)
        if is_let_in:
            slots.leave(None)
        third.cancel()
        if not is_let_in:
            slots.leave(None)
        assert await asyncio.wait_for(fourth, 5) is None
        with pytest.raises(asyncio.CancelledError):
            await third

    asyncio.run(play())
