# SPDX-License-Identifier: BSD-3-Clause
"""What the functions of the library have in common: the session of a call, and its hooks."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from govgo.core.records import NamedTuple
from govgo.errors import DiskError, GovgoError, ReportedError, SecurityError, gravest, parts
from govgo.ports.reporter import Cancellation

if TYPE_CHECKING:
    from govgo.load.session.agelimits import Horizon
    from govgo.load.session.session import Session


class Event(NamedTuple):
    """Something that happened: its kind and facts are those of `govgo.ports.reporter.Reporter.event`."""

    kind: str
    facts: Mapping[str, object]


Progress = Callable[[Event], object]


Asked = Callable[[], bool]


def several(given: str | Iterable[str]) -> list[str]:
    """The texts of an argument that may be one or many."""
    return [given] if isinstance(given, str) else list(given)


@contextmanager
def open_session(
    directory: str,
    environ: Mapping[str, str] | None,
    progress: Progress | None,
    cancelled: Asked | None,
    *,
    mod: str = "",
    horizon: Horizon | None = None,
    offline: bool = False,
) -> Iterator[Session]:
    """A silent session in `directory`; with "mod", it may add to what go.mod says, in memory."""
    from govgo.adapters.disk.diskerror import absolute
    from govgo.adapters.loop.network import NetworkOptions
    from govgo.adapters.workspace.goenvfile import load_env
    from govgo.core.version.goversion import REFERENCE_RELEASE
    from govgo.load.session.session import Settings
    from govgo.wiring.session import HookReporter, make_session

    cwd = absolute(directory)
    if not os.path.isdir(cwd):
        why = "not a directory" if os.path.exists(cwd) else "no such file or directory"
        raise DiskError(f"chdir {directory}: {why}", path=directory)
    cancellation = None if cancelled is None else Cancellation(cancelled)
    if cancellation is not None:
        cancellation.check()
    env = load_env(environ)
    settings = Settings(cwd=cwd, env=env, mod=mod, go_version=env.go_version or REFERENCE_RELEASE, horizon=horizon)
    report = HookReporter(None if progress is None else lambda kind, facts: progress(Event(kind, facts)), cancellation)
    network = NetworkOptions(cancellation=cancellation)
    session = make_session(settings, report, network=network, announce=False, offline=offline)
    session.switching = True  # what a command would print of its faults is kept, for the error's text
    try:
        with _closing(session):
            yield session
    except ReportedError as error:
        raise _told(error, [sentence for sentence, _ in session.held_back]) from None


@contextmanager
def _closing(session: Session) -> Iterator[None]:
    try:
        try:
            yield
        finally:
            session.close()
    except BaseException as error:
        raise gravest(error)  # noqa: B904 - it is the error, or the one whose place it took


def _told(error: ReportedError, sentences: Sequence[str]) -> BaseException:
    """Of faults that a command would have printed: a SecurityError, else the only one, else all in one error."""
    for part in parts(error):
        if isinstance(part, SecurityError):
            return part
    told = error.errors[0] if len(error.errors) == 1 else error
    if isinstance(told, GovgoError):
        told.text = "\n".join(sentences) or told.text
    return told
