# SPDX-License-Identifier: BSD-3-Clause
"""Answers of proxies that may change, asked for again by their validators: one that is still the same is not sent."""

from __future__ import annotations

from collections.abc import Callable

from govgo.adapters.http.fetch import Condition, Validators
from govgo.adapters.http.remote import HttpRemote
from govgo.core.records import NamedTuple
from govgo.serve.upstream.bounded import Recent

MAX_BYTES = 16 << 20
"""So many bytes of answers and of their names are remembered at most, by one `Answers`."""
_LARGEST_BYTES = 1 << 20
"""Larger answers are not remembered: a few of them would take the place of all others."""
_OVERHEAD_BYTES = 400


class Known(NamedTuple):
    """An answer, and what it can be asked for by."""

    body: bytes
    validators: Validators


class Answers(Recent[str, Known]):
    """The last answers that can be asked for again, by URL."""

    def __init__(self, limit_bytes: int = MAX_BYTES) -> None:
        """None yet."""
        super().__init__(limit_bytes)

    def learn(self, url: str, body: bytes, validators: Validators) -> None:
        """Remember an answer in place of the one before, if it can be asked for again."""
        if len(body) > _LARGEST_BYTES or not any(validators):
            self.forget(url)
        else:
            size = len(url) + len(body) + sum(map(len, validators)) + _OVERHEAD_BYTES
            self.keep(url, Known(body, validators), size)


class RevalidatedRemote:
    """A remote whose answers are asked for again by what is known of them, where they may change."""

    is_local = False

    def __init__(
        self, remote: HttpRemote, answers: Answers, may_change: Callable[[str], bool], unchanged: Callable[[], object]
    ) -> None:
        """Nothing is asked yet.

        Args:
            remote: what is asked.
            answers: what is remembered; several remotes may share it.
            may_change: whether the answer for a path can be another one later.
            unchanged: called for each answer that was not sent again.
        """
        self._remote = remote
        self._answers = answers
        self._may_change = may_change
        self._unchanged = unchanged

    def url(self, path: str) -> str:
        """The URL of `path` as messages show it."""
        return self._remote.url(path)

    async def get(self, path: str, limit_bytes: int) -> bytes:
        """A file whole."""
        if not self._may_change(path):
            return await self._remote.get(path, limit_bytes)
        url = self._remote.url(path)
        known = self._answers.get(url)
        condition = Condition(None if known is None else known.validators)
        body = await self._remote.get(path, limit_bytes, condition)
        if known is not None and condition.unchanged:
            self._unchanged()
            return known.body
        self._answers.learn(url, body, condition.found)
        return body

    async def copy(
        self, path: str, sink: Callable[[bytes], object], rewind: Callable[[], None], limit_bytes: int
    ) -> int:
        """A file in chunks."""
        return await self._remote.copy(path, sink, rewind, limit_bytes)

    async def size(self, path: str) -> int | None:
        """The size of a file, as the server says it."""
        return await self._remote.size(path)
