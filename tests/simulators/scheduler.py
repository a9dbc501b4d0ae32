# SPDX-License-Identifier: BSD-3-Clause
"""Every order in which the answers of a server can arrive, played one after the other.

`Held` keeps each request until it is told to let one through. `every_order` runs a program again and again, each time
with another order: it lets the program go on until nothing moves without an answer, then lets one request through, and
comes back to try the others. The number of orders is finite, and each is played once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterator
from typing import TypeVar

from tests.simulators.sumdb_log import Server

_T = TypeVar("_T")

_QUIET = 10
"""A program that asks for nothing more in so many turns of the event loop waits for an answer."""


class Held:
    """A server whose answers wait; those at the paths `free` do not, since their order makes no difference."""

    def __init__(self, server: Server, free: Collection[str] = ()) -> None:
        self._server = server
        self._free = free
        self.waiting: list[tuple[str, asyncio.Future[None]]] = []

    async def fetch(self, path: str, limit_bytes: int) -> bytes:
        """What a client calls."""
        if path not in self._free:
            over = asyncio.get_running_loop().create_future()
            self.waiting.append((path, over))
            await over
        return await self._server.fetch(path, limit_bytes)


def every_order(
    server: Server, program: Callable[[Held], Awaitable[_T]], free: Collection[str] = ()
) -> Iterator[tuple[tuple[str, ...], _T]]:
    """Play every order.

    Args:
        server: what it says must not depend on the order.
        program: what asks it.
        free: as for `Held`.

    Yields:
        (the paths in the order in which they were answered, the program's result) for each.
    """
    loop = asyncio.new_event_loop()
    choices: list[int] = []
    try:
        while True:
            held = Held(server, free)
            paths, widths, result = loop.run_until_complete(_play(held, program(held), choices))
            yield paths, result
            # The next order: the last choice that has another way takes it, and what follows it starts afresh.
            choices = [*choices, *[0] * (len(widths) - len(choices))]
            while choices and choices[-1] + 1 == widths[len(choices) - 1]:
                choices.pop()
            if not choices:
                return
            choices[-1] += 1
    finally:
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()


async def _play(held: Held, program: Awaitable[_T], choices: list[int]) -> tuple[tuple[str, ...], list[int], _T]:
    """One play by `choices`, then by the first possibility: paths, how many possibilities each time, the result."""
    task = asyncio.ensure_future(program)
    paths: list[str] = []
    widths: list[int] = []
    while True:
        await _settle(held, task)
        if task.done():
            return tuple(paths), widths, task.result()
        if not held.waiting:
            await asyncio.wait([task])  # it works in a thread
            continue
        turn = len(widths)
        widths.append(len(held.waiting))
        path, over = held.waiting.pop(choices[turn] if turn < len(choices) else 0)
        paths.append(path)
        over.set_result(None)


async def _settle(held: Held, task: asyncio.Future[_T]) -> None:
    quiet = 0
    while quiet < _QUIET and not task.done():
        before = len(held.waiting)
        await asyncio.sleep(0)
        held.waiting = [each for each in held.waiting if not each[1].cancelled()]
        quiet = quiet + 1 if len(held.waiting) == before else 0
