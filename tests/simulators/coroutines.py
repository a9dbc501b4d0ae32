# SPDX-License-Identifier: BSD-3-Clause
"""Coroutines that never wait, run without an event loop, as `Network.run` runs those of a file proxy."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest

_T = TypeVar("_T")


def finish(work: Coroutine[Any, Any, _T]) -> _T:
    """The result of a coroutine that never waits; what it raises is raised."""
    with pytest.raises(StopIteration) as done:
        work.send(None)
    result: _T = done.value.value
    return result
