# SPDX-License-Identifier: BSD-3-Clause
"""Waiting for tasks: for many at once, for one without being cancelled with it, and what is done whatever happens."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, TypeVar

from govgo.errors import Failure, gravest
from govgo.ports.reporter import Cancellation

_T = TypeVar("_T")
_ASK_EVERY_S = 0.1


async def gather(work: Sequence[Coroutine[Any, Any, object]]) -> None:
    """Run all to their ends; each keeps its own result, and a `Failure` of one does not end the others.

    Raises:
        SecurityError: the first that is raised, as any exception but a Failure; what still runs is cancelled then.
    """
    tasks = [asyncio.ensure_future(each) for each in work]
    try:
        for done in asyncio.as_completed(tasks):
            try:
                await done
            except Failure:
                continue
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def ending(work: Awaitable[_T], *endings: Callable[[], Awaitable[None]]) -> _T:
    """The result of `work`, after each of `endings` was done, however `work` and the others went.

    A `finally` would let an error of the ending take the place of the work's, even of a SecurityError.

    Raises:
        The gravest of what was raised (`errors.gravest`).
    """
    raised: list[BaseException] = []
    results: list[_T | None] = []
    for each in (lambda: work, *endings):
        try:
            results.append(await each())
        except BaseException as error:  # raised below
            raised.append(error)
    if raised:
        raise gravest(*raised)
    return results[0]  # type: ignore[return-value]


async def until_cancelled(work: Coroutine[Any, Any, _T], cancellation: Cancellation) -> _T:
    """The result of `work`, while the caller does not want it to end; that is asked ten times a second.

    Raises:
        Cancelled: the caller wants it, as was found here or by an event; `work` was cancelled, or has ended.
    """
    with cancellation.watches():
        task = asyncio.ensure_future(work)
        try:
            while not (await asyncio.wait([task], timeout=_ASK_EVERY_S))[0]:
                cancellation.check()
                cancellation.tell()
        finally:
            if not task.done():
                task.cancel()
                await asyncio.wait([task])
        result = task.result()
        cancellation.tell()
        return result


async def finished(task: asyncio.Future[Any]) -> None:
    """Wait until `task` is over, however it ended. Unlike with `await task`, cancelling the wait does not cancel it.

    `asyncio.shield` would tell of an error that comes after that, from Python 3.14 on: to the log of a server, although
    others may wait for the same task and handle it. If nobody does, the error is nobody's: whoever wanted it has left.
    """
    if task.done():
        return
    over = task.get_loop().create_future()

    def wake(_: object) -> None:
        if not over.done():
            over.set_result(None)

    task.add_done_callback(wake)
    try:
        await over
    except asyncio.CancelledError:
        task.add_done_callback(_seen)
        raise
    finally:
        task.remove_done_callback(wake)


def _seen(task: asyncio.Future[Any]) -> None:
    if not task.cancelled():
        task.exception()
