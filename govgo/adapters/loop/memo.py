# SPDX-License-Identifier: BSD-3-Clause
"""Questions that are asked once: outcomes and errors are kept; callers that come meanwhile wait for the same one."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from govgo.errors import GovgoError

if TYPE_CHECKING:
    import asyncio

_K = TypeVar("_K")
_V = TypeVar("_V")


class Memo(Generic[_K, _V]):
    """Outcomes by key."""

    __slots__ = ("_done", "_waiting")

    def __init__(self) -> None:
        self._done: dict[_K, _V | GovgoError] = {}
        self._waiting: dict[_K, list[asyncio.Future[None]]] = {}

    async def get(self, key: _K, make: Callable[[], Coroutine[Any, Any, _V]]) -> _V:
        """The outcome for `key`, from `make` at the first call.

        Raises:
            GovgoError: what `make` raised, each time.
        """
        while key not in self._done:
            waiting = self._waiting.get(key)
            if waiting is None:
                return await self._make(key, make)
            import asyncio

            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            waiting.append(future)
            await future
        return self._result(self._done[key])

    def known(self, key: _K) -> _V | None:
        """The outcome if there is one.  Raises as `get`."""
        found = self._done.get(key)
        return None if found is None else self._result(found)

    def is_under_way(self, key: _K) -> bool:
        """Whether an outcome is being made."""
        return key in self._waiting

    def put(self, key: _K, value: _V) -> None:
        """Keep an outcome that came from elsewhere, unless there is one already."""
        self._done.setdefault(key, value)

    def forget(self, key: _K) -> None:
        """Ask anew the next time."""
        self._done.pop(key, None)

    async def _make(self, key: _K, make: Callable[[], Coroutine[Any, Any, _V]]) -> _V:
        self._waiting[key] = []
        try:
            outcome = self._done[key] = await make()
        except GovgoError as err:
            self._done[key] = err
            raise
        finally:
            for future in self._waiting.pop(key):
                if not future.done():
                    future.set_result(None)
        return outcome

    def _result(self, outcome: _V | GovgoError) -> _V:
        if isinstance(outcome, GovgoError):
            raise outcome
        return outcome
