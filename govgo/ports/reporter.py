# SPDX-License-Identifier: BSD-3-Clause
"""Where a command reports to, and the clock it reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Protocol


class Reporter(Protocol):
    """Sentences for people and progress events, never data."""

    def note(self, sentence: str) -> None:
        """One sentence as go prints it after "go: " (printed after "govgo: ")."""
        ...

    def raw(self, text: str) -> None:
        """A line for stderr with no prefix (go's plain warnings and -v lists)."""
        ...

    def event(self, kind: str, facts: Mapping[str, object]) -> None:
        """An event of the progress, by its kind, with its facts:

        downloading   what           a zip is about to be fetched (go prints a line for it)
        request       line           a request was made (-x)
        step          name, count    the part of the work that begins now, and how much there is to do
        advanced      name, count    so much of the step of that name is done
        planned       modules        the number of modules that will be downloaded
        downloaded    (none)         one of them is done, whatever came of it
        started       what, name     something is waited for: `what` is "request", "lock" or "command"
        received      name, bytes    some of it has come
        again         name, why, pause_s
                                     it is asked for once more after a pause, in seconds, because of an error (`why`);
                                     "late" is why it is asked for once more while the first request goes on
        finished      name, bytes    it is there, or has failed; `bytes` where no `received` came before
        fetched       path, version  a zip was fetched and checked
        extracted     path, version  it was extracted
        """
        ...


PROGRESS_THREAD = "govgo-progress"
"""The name of the thread that shows progress. It holds no lock that a forked child needs."""


class Cancelled(BaseException):
    """The work ended because its caller asked for that. As with an interrupt, nothing may catch it on the way."""


class Cancellation:
    """Whether the caller of some work wants it to end, which is told once, so that the end is not disturbed."""

    def __init__(self, asked: Callable[[], bool]) -> None:
        """`asked` answers for the caller; it is not called any more once it has answered True."""
        self._asked = asked
        self._is_wanted = False
        self._is_told = False
        self._watched = 0

    def check(self) -> None:
        """Raise Cancelled if the caller wants that and was not told yet, unless another place `watches`."""
        if not self._is_wanted:
            self._is_wanted = self._asked()
        if self._is_wanted and not self._watched:
            self.tell()

    def tell(self) -> None:
        """Raise Cancelled if a `check` has shown that the caller wants it, and no other has raised it."""
        if self._is_wanted and not self._is_told:
            self._is_told = True
            raise Cancelled

    @contextmanager
    def watches(self) -> Iterator[None]:
        """Whoever runs an event loop calls `tell` meanwhile.

        What is raised in a callback of the loop, or in a task that nobody waits for, would reach nobody.
        """
        self._watched += 1
        try:
            yield
        finally:
            self._watched -= 1


class Clock(Protocol):
    """The time, as an argument for the sake of tests."""

    def now(self) -> datetime: ...

    def monotonic_s(self) -> float: ...
