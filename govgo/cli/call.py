# SPDX-License-Identifier: BSD-3-Clause
"""The call of a command that is running: what it is called, to whom it reports, what is to be done at its end."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextvars import ContextVar, Token

from govgo.cli.console import ConsoleReporter
from govgo.core.typehints import TYPE_CHECKING
from govgo.errors import run_all

if TYPE_CHECKING:
    from govgo.adapters.loop.network import NetworkOptions
    from govgo.core.goenv import GoEnv
    from govgo.load.session.session import Session


class Call:
    """One call of a command, from `with` to its end.

    Attributes:
        path: the name by which the command is called: "govgo mod graph".
        reporter: where the command reports progress and faults.
        release: the Go release to answer as, "" for the one that the environment names.
        env: go's settings, None until `cli.session` has read them.
        began_s: when it began, as `time.monotonic` has it.
        session: the session of the command where somebody else has opened it, who closes it; None to open one.
        flags: (name, value) of each flag that is set: those of GOFLAGS, then those of the line in order.
        network: how the command talks to servers, None until `cli.session` has made that of its flags.
        switches_for: the session of a command that may start over as a newer Go release (`cli.switching`).
    """

    def __init__(self, path: str, reporter: ConsoleReporter, release: str = "") -> None:
        self.path = path
        self.reporter = reporter
        self.release = release
        self.env: GoEnv | None = None
        self.session: Session | None = None
        self.flags: list[tuple[str, str]] = []
        self.began_s = time.monotonic()
        self.network: NetworkOptions | None = None
        self.switches_for: Session | None = None
        self._at_end: list[Callable[[], object]] = []
        self._token: Token[Call] | None = None

    def at_end(self, function: Callable[[], object]) -> None:
        """Call `function` when the command has ended, however it and the others ended; the last one given first."""
        self._at_end.append(function)

    def __enter__(self) -> Call:
        self._token = _CALL.set(self)
        return self

    def __exit__(self, *_: object) -> None:
        try:
            run_all(*reversed(self._at_end))
        finally:
            if self._token is not None:
                _CALL.reset(self._token)


_CALL: ContextVar[Call] = ContextVar("call")


def current_call() -> Call | None:
    """The call that is running, None outside of commands."""
    return _CALL.get(None)


def reporter() -> ConsoleReporter:
    """The reporter of the command that is running; where there is none, a new one."""
    call = current_call()
    return call.reporter if call is not None else ConsoleReporter()


def show(text: str | bytes, *, painted: bool = False) -> None:
    """Write a result to standard output: to a terminal made safe for it, to anything else as it is.

    Args:
        text: the result.
        painted: it is safe already, and has colours of our own.
    """
    if sys.stdout.isatty() and not painted:
        from govgo.core.safetext import visible

        text = visible(text.decode("utf-8", "surrogateescape") if isinstance(text, bytes) else text)
    with reporter().hidden():
        if isinstance(text, bytes):
            sys.stdout.flush()
            sys.stdout.buffer.write(text)
            sys.stdout.buffer.flush()
        else:
            sys.stdout.write(text)
            sys.stdout.flush()
