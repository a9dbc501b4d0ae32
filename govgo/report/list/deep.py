# SPDX-License-Identifier: BSD-3-Clause
"""Templates nested as deep as Go reads them, which takes more recursion than Python allows by default.

A Python function that calls another one takes memory of the heap alone, none of the C stack (since Python 3.11). So the
limit can be raised for work that recurses by such calls, as the templates' code does. Recursion through C, as by
`str()` of an object that asks for the `str()` of another, could end the process: the work must not do that.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import TypeVar

from govgo.core.golib.template.values import TemplateError

_T = TypeVar("_T")

_FRAMES = 600_000
"""A template that calls itself within {{if}} takes four frames a time, and Go allows 100,000 times."""
_lock = threading.Lock()


def run_deep(work: Callable[[], _T]) -> _T:
    """The result of `work`, which is begun anew with a higher limit if it reaches the usual one.

    Raises:
        TemplateError: it needs more than 600,000 frames. (Go's own stack has an end as well, and it dies.)
    """
    try:
        return work()
    except RecursionError:
        pass
    with _lock:
        usual = sys.getrecursionlimit()
        sys.setrecursionlimit(max(usual, _FRAMES))
        try:
            return work()
        except RecursionError:
            raise TemplateError("template: main: exceeded maximum template depth (100000)") from None
        finally:
            sys.setrecursionlimit(usual)
