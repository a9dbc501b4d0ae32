# SPDX-License-Identifier: BSD-3-Clause
"""Many coroutines at once, whose failures are remembered elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

from govgo.errors import Failure


async def gather(work: Sequence[Coroutine[Any, Any, object]]) -> None:
    """Run all to their ends.

    Raises:
        SecurityError: the first that came up; the rest is given up then, as at any exception but a GovgoError.
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
