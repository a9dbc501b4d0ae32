# SPDX-License-Identifier: BSD-3-Clause
"""Ctrl-C in code where KeyboardInterrupt must not be raised just anywhere.

Python raises KeyboardInterrupt between any two steps of the main thread. Within a function that libcurl calls it would
be printed and lost, and the command would go on; between two files that belong together it would leave one of them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from govgo.core.typehints import TYPE_CHECKING
from govgo.errors import SecurityError

if TYPE_CHECKING:
    import signal
else:
    import _signal as signal  # as in cli.main


@contextmanager
def interrupts_call(function: Callable[[], object]) -> Iterator[None]:
    """A block in which the first Ctrl-C calls `function`, and raises KeyboardInterrupt at the end.

    Raises:
        KeyboardInterrupt: Ctrl-C was pressed, whatever the block has raised, unless that is a SecurityError.
    """
    with _noted(function, signal.SIGINT):
        yield


@contextmanager
def ends_wait() -> Iterator[None]:
    """A block that SIGINT, SIGTERM and the like do not interrupt; they act at its end.

    Raises:
        KeyboardInterrupt: as in `interrupts_call`.
    """
    with _noted(lambda: None, signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        yield


@contextmanager
def _noted(function: Callable[[], object], *numbers: signal.Signals) -> Iterator[None]:
    """A block in which the first of the signals is put off, and calls `function`; the second one acts at once.

    Signals that are ignored stay so; where they are not this thread's to handle, nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: handler for number in numbers if (handler := signal.getsignal(number)) is not signal.SIG_IGN}
    came: list[int] = []

    def note(number: int, _: object) -> None:
        came.append(number)
        restore()
        function()

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    for number in before:
        signal.signal(number, note)
    try:
        yield
    except SecurityError:
        came.clear()
        raise
    finally:
        restore()
        if came:
            signal.raise_signal(came[0])
            raise KeyboardInterrupt  # an outer block has put it off, too
