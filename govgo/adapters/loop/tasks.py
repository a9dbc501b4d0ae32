# SPDX-License-Identifier: BSD-3-Clause
"""Waiting for tasks: for many at once, and for one without being cancelled with it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

from govgo.errors import Failure


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


async def finished(task: asyncio.Future[Any]) -> None:
    """Wait until `task` is over, however it ended. Unlike with `await task`, cancelling the wait does not cancel it."""
    if task.done():
        return
    over = task.get_loop().create_future()

    def wake(_: object) -> None:
        if not over.done():
            over.set_result(None)

    task.add_done_callback(wake)
    try:
        await over
    finally:
        task.remove_done_callback(wake)
