# SPDX-License-Identifier: BSD-3-Clause
"""Talk on standard error: go's sentences, progress on a terminal, and the last word on a failure."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from typing import TextIO

from govgo.errors import (
    ConflictError,
    GoSumError,
    GovgoError,
    InputError,
    IntegrityError,
    NotFoundError,
    ReportedError,
    SecurityError,
    SumMismatchError,
    UnavailableError,
    UsageError,
    VerbFlagsError,
    find,
)

EXIT_DONE = 0
EXIT_NO = 1
EXIT_USAGE = 2
EXIT_UNFINISHED = 3
EXIT_SECURITY = 4
EXIT_BUG = 70
EXIT_INTERRUPTED = 130


def exit_code(error: BaseException) -> int:
    """The exit code of a failure: the worst of its chain, security above unfinished above no."""
    if isinstance(error, ReportedError):
        return max((exit_code(each) for each in error.errors), default=EXIT_NO)
    if find(error, SecurityError) is not None:
        return EXIT_SECURITY
    if find(error, UsageError) is not None:
        return EXIT_USAGE
    if find(error, UnavailableError) or find(error, IntegrityError) or find(error, ConflictError):
        return EXIT_UNFINISHED
    if isinstance(error, InputError | NotFoundError | GovgoError):
        return EXIT_NO
    return EXIT_BUG


_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\udc80-\udcff]")


def visible(text: str) -> str:
    """`text` with control characters and bytes that are not UTF-8 as escapes, so that no name drives a terminal."""
    return _CONTROL.sub(lambda match: f"\\x{ord(match[0]) & 0xFF:02x}", text)


class ConsoleReporter:
    """A `ports.Reporter` on standard error.

    Sentences come out as `govgo: …`. On a terminal, downloads are shown as one live line in place of a sentence each.
    """

    def __init__(self, stream: TextIO | None = None, *, quiet: bool = False) -> None:
        self._stream = stream if stream is not None else sys.stderr
        self._quiet = quiet
        self._progress = None
        if not quiet and self._stream.isatty():
            from govgo.cli.progress import LiveProgress

            self._progress = LiveProgress(self._stream)

    def note(self, sentence: str) -> None:
        """One sentence behind the program's name; it may bring its line end with it."""
        if not self._quiet:
            self.raw(f"govgo: {sentence}".removesuffix("\n"))

    def raw(self, text: str) -> None:
        """One line as it is."""
        if self._progress is not None:
            self._progress.clear()
        self._stream.write(visible(text) + "\n")
        self._stream.flush()

    def event(self, kind: str, facts: Mapping[str, object]) -> None:
        """Progress; a "downloading" event is go's own sentence where no live line can be shown."""
        if self._progress is not None:
            self._progress.event(kind, facts)
        elif kind == "downloading":
            self.note(f"downloading {facts['path']} {facts['version']}")
        elif kind == "request":
            self.raw(str(facts["line"]))

    def close(self) -> None:
        """Take the live line away."""
        if self._progress is not None:
            self._progress.clear()

    def failure(self, error: GovgoError) -> None:
        """The last word on a failure: go's sentence, and on a terminal the identifier and a hint."""
        self.close()
        if isinstance(error, ReportedError):
            return
        # go prints these two without its name before them.
        name = "" if isinstance(error, GoSumError | SumMismatchError) else "govgo: "
        if isinstance(error, VerbFlagsError):
            name = "go "  # the whole line is go's sentence
        self._stream.write(f"{name}{visible(str(error)).rstrip(chr(10))}\n")
        hint = next((each.hint for each in _chain(error) if each.hint), "")
        if hint and self._stream.isatty():
            self._stream.write(f"hint: {hint}\n")
        self._stream.flush()


def _chain(error: BaseException | None) -> list[GovgoError]:
    found: list[GovgoError] = []
    while isinstance(error, GovgoError):
        found.append(error)
        error = error.inner
    return found
