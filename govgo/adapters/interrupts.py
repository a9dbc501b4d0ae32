# SPDX-License-Identifier: BSD-3-Clause
"""Ctrl-C where an exception must not come out of the blue.

Python raises KeyboardInterrupt between any two steps of the main thread. Within a function that libcurl calls it would
be printed and lost, and the command would go on; between two files that belong together it would leave one of them.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from govgo.errors import SecurityError


@contextmanager
def interrupts_call(function: Callable[[], object]) -> Iterator[None]:
    """A block in which the first Ctrl-C calls `function`, and raises KeyboardInterrupt at the end.

    Where signals are not this thread's to handle, or are ignored, nothing changes.

    Raises:
        KeyboardInterrupt: Ctrl-C was pressed, whatever the block has raised, unless that is a SecurityError.
    """
    before = signal.getsignal(signal.SIGINT)
    if not callable(before) or threading.current_thread() is not threading.main_thread():
        yield
        return
    pressed = False

    def note(*_: object) -> None:
        nonlocal pressed
        pressed = True
        signal.signal(signal.SIGINT, before)  # whoever presses it again is heard at once
        function()

    signal.signal(signal.SIGINT, note)
    try:
        yield
    except SecurityError:
        pressed = False
        raise
    finally:
        signal.signal(signal.SIGINT, before)
        if pressed:
            before(signal.SIGINT, None)
            raise KeyboardInterrupt


@contextmanager
def interrupts_wait() -> Iterator[None]:
    """A block that Ctrl-C does not cut: KeyboardInterrupt is raised at its end."""
    with interrupts_call(lambda: None):
        yield
