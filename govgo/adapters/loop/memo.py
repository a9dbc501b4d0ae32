# SPDX-License-Identifier: BSD-3-Clause
"""Coroutines that are run once for each key: results and errors are kept.

A caller that asks while the answer is on its way waits for it. Where it is never necessary to wait, no event loop is
needed (see `network`).
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine

from govgo.core.typehints import TYPE_CHECKING, Any, Generic, TypeVar
from govgo.errors import GovgoError

if TYPE_CHECKING:
    import asyncio

_K = TypeVar("_K")
_V = TypeVar("_V")


class Memo(Generic[_K, _V]):
    """Results and errors by key."""

    __slots__ = ("_done", "_waiting")

    def __init__(self) -> None:
        self._done: dict[_K, _V | GovgoError] = {}
        self._waiting: dict[_K, list[asyncio.Future[None]]] = {}

    async def get(self, key: _K, make: Callable[[], Coroutine[Any, Any, _V]]) -> _V:
        """The result for `key`, from `make` at the first call.

        Raises:
            GovgoError: what `make` raised, at each call. Any other exception, such as a cancellation, is not kept: the
                next caller, or one that waits, makes the result itself.
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
        """The result if there is one, else None.  Raises as `get`."""
        found = self._done.get(key)
        return None if found is None else self._result(found)

    def is_under_way(self, key: _K) -> bool:
        """Whether the result is on its way."""
        return key in self._waiting

    def put(self, key: _K, value: _V) -> None:
        """Keep a result that was got by other means, unless there is one already."""
        self._done.setdefault(key, value)

    def forget(self, key: _K) -> None:
        """Drop the result, so that the next call makes it anew."""
        self._done.pop(key, None)

    def forget_all(self) -> None:
        """Drop what is done."""
        self._done.clear()

    def forget_results(self) -> None:
        """Drop all results, and keep the errors."""
        self._done = {key: outcome for key, outcome in self._done.items() if isinstance(outcome, GovgoError)}

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
