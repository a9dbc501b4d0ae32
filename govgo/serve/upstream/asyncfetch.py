# SPDX-License-Identifier: BSD-3-Clause
"""What is fetched in the background, while those who ask for it are told to come back (the mode "async")."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from govgo.serve.protocol.answer import Refusal
from govgo.serve.protocol.question import Question
from govgo.serve.upstream.zips import Reading

_MOST = 256
_PAUSE_S = 2


class AsyncFetch:
    """See the module's docstring. Belongs to the cold loop."""

    def __init__(self, answer: Callable[[Question], Awaitable[object]]) -> None:
        """`answer` fetches, and raises nothing; what is not found it remembers for those who ask again."""
        self._answer = answer
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def ask(self, question: Question) -> Refusal:
        """Fetch in the background, and ask for patience: not by 404, after which a client would look elsewhere."""
        if question.key not in self._tasks and len(self._tasks) < _MOST:
            task = asyncio.ensure_future(self._fetch(question))
            self._tasks[question.key] = task
            task.add_done_callback(lambda _: self._tasks.pop(question.key, None))
        return Refusal(503, "not stored yet: it is being fetched, ask again soon", retry_after_s=_PAUSE_S)

    async def _fetch(self, question: Question) -> None:
        answer = await self._answer(question)
        if isinstance(answer, Reading):
            try:
                await answer.finished()
            finally:
                answer.leave()

    def tasks(self) -> list[asyncio.Task[None]]:
        """What is under way."""
        return list(self._tasks.values())
