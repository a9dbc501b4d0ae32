# SPDX-License-Identifier: BSD-3-Clause
"""What people see: results on standard output, everything else on standard error.

The progress of long work (`cli.progress`) is taken away before anything else is written, on either stream.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext

from govgo.core.safetext import visible
from govgo.core.typehints import TYPE_CHECKING, TextIO
from govgo.errors import (
    GoSumError,
    GovgoError,
    ReportedError,
    SumMismatchError,
    VerbFlagsError,
)

if TYPE_CHECKING:
    from govgo.cli.progress import Display, Tally


class ConsoleReporter:
    """A `ports.Reporter` on standard error.

    Sentences come out as `govgo: …`. On a terminal, downloads are shown by the live line instead of a sentence each.

    Attributes:
        flag_behind: a flag among the arguments of a command, where it is none; "" for none. A failure hints at it.
        directory: the one of -C, which commands in hints need as well.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream if stream is not None else sys.stderr
        self._tally: Tally | None = None
        self._display: Display | None = None
        self._is_live = False
        self._title: str | None = None
        self.flag_behind = ""
        self.directory = ""

    def start_progress(self, title: str, environ: Mapping[str, str]) -> None:
        """Show the progress of the command `title` from now on, where that can be done.

        On a terminal it is a live line, but not on a dumb one or in a CI job. Elsewhere it is a line every ten seconds,
        by which a log shows that the command is at work. That one is prepared when there is something to wait for, so
        that a command that answers from its files starts as fast as it can.
        """
        if self._display is not None:
            return
        in_ci = environ.get("CI", "") not in ("", "0", "false")
        self._is_live = self._stream.isatty() and environ.get("TERM") != "dumb" and not in_ci
        self._title = title
        if self._is_live:
            self._open_display()

    def _open_display(self) -> Tally:
        from govgo.cli.progress import Display, Tally

        self._tally = Tally(self._title or "")
        self._display = Display(self._tally, self._stream, live=self._is_live)
        return self._tally

    def hidden(self) -> AbstractContextManager[None]:
        """A block during which no live line is on the terminal."""
        return self._display if self._display is not None else nullcontext()

    def note(self, sentence: str) -> None:
        """One sentence behind the program's name; it may bring its line end with it."""
        self.raw(f"govgo: {sentence}".removesuffix("\n"))

    def raw(self, text: str) -> None:
        """One line as it is."""
        with self.hidden():
            self._stream.write(visible(text) + "\n")
            self._stream.flush()

    def event(self, kind: str, facts: Mapping[str, object]) -> None:
        """Progress. A "downloading" event is go's own sentence where no live line is; a "request" is a line of -x."""
        if kind == "request":
            self.raw(str(facts["line"]))
        elif kind == "downloading":
            if not self._is_live:
                self.note(f"downloading {facts['what']}")
        elif self._title is not None:
            (self._tally or self._open_display()).event(kind, facts)

    def close(self, *, sum_up: bool = False) -> None:
        """Take the live line away; with `sum_up`, say in one line what was fetched meanwhile."""
        display, tally = self._display, self._tally
        self._display = self._tally = self._title = None
        if display is None or tally is None:
            return
        display.close()
        if sum_up and display.shown and (tally.fetched or (tally.answers and tally.elapsed_s >= 1)):
            from govgo.cli.progress import duration, many, size

            done = f"downloaded {many(tally.fetched, 'module')}"
            if not tally.fetched:
                done = f"fetched {many(tally.answers, 'file')}"
            self.note(f"{done}, {size(tally.bytes)}, in {duration(tally.elapsed_s)}")

    def failure(self, error: GovgoError) -> None:
        """The last word on a failure: go's sentence, and on a terminal a hint."""
        self.close()
        if not isinstance(error, ReportedError):
            self._print_failure(error)
        if self._stream.isatty():
            from govgo.report.findings.hints import error_hints

            hints = [f"flags stand before the arguments: {self.flag_behind}"] if self.flag_behind else []
            for hint in [*hints, *error_hints(error, self.directory)]:
                self._stream.write(f"hint: {visible(hint)}\n")
        self._stream.flush()

    def _print_failure(self, error: GovgoError) -> None:
        # go prints these two without its name before them.
        name = "" if isinstance(error, GoSumError | SumMismatchError) else "govgo: "
        if isinstance(error, VerbFlagsError):
            name = "go "  # the whole line is go's sentence
        self._stream.write(f"{name}{visible(str(error)).rstrip(chr(10))}\n")
