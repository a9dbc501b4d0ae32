# SPDX-License-Identifier: BSD-3-Clause
"""What is remembered of the last questions: bounded, whatever is asked."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, Generic, TypeVar

_K = TypeVar("_K")
_V = TypeVar("_V")

_REMEMBERED = 20_000
"""Of how many answers of each kind something is remembered."""


class BoundedDict(OrderedDict[Any, Any]):
    """What is remembered of the last questions: the oldest is forgotten first."""

    def keep(self, key: object, value: object) -> None:
        """Remember a value; the oldest goes when there are too many."""
        self[key] = value
        self.move_to_end(key)
        if len(self) > _REMEMBERED:
            self.popitem(last=False)


class Recent(Generic[_K, _V]):
    """Values with sizes, up to a sum of sizes and a number: what was not used for longest is forgotten first.

    Attributes:
        bytes: the sum of the sizes.
    """

    def __init__(self, most_bytes: int, most: int = _REMEMBERED) -> None:
        """Empty. The value that was kept last stays, also where it is larger than all may be."""
        self._most_bytes = most_bytes
        self._most = most
        self._values: OrderedDict[_K, tuple[_V, int]] = OrderedDict()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: _K) -> _V | None:
        """What is kept for a key."""
        found = self._values.get(key)
        if found is None:
            return None
        self._values.move_to_end(key)
        return found[0]

    def peek(self, key: _K) -> _V | None:
        """The same, which does not count as a use. Any thread may ask."""
        found = self._values.get(key)
        return None if found is None else found[0]

    def keep(self, key: _K, value: _V, size: int) -> None:
        """Keep a value in place of the one before."""
        self.forget(key)
        self._values[key] = (value, size)
        self.bytes += size
        while len(self) > self._most or (self.bytes > self._most_bytes and len(self) > 1):
            self.forget(next(iter(self._values)))

    def forget(self, key: _K) -> None:
        """Forget what is kept for a key, if anything is."""
        found = self._values.pop(key, None)
        if found is not None:
            self.bytes -= found[1]

    def items(self) -> list[tuple[_K, _V]]:
        """What is kept by now; nothing of it counts as used."""
        return [(key, value) for key, (value, _) in self._values.items()]

    def clear(self) -> None:
        """Forget everything."""
        self._values.clear()
        self.bytes = 0
