# SPDX-License-Identifier: BSD-3-Clause
"""Record what a command asks for, and repeat the command from the record (`adapters/repository/recording`).

A recorded command starts from an empty module cache of its own, so that the record has all that it needs, and so does
a repeated one: what happens to be cached changes nothing. Both start from the tree heads that were known when the
record was made, and from its time.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import TypeVar

from govgo.adapters.disk.diskerror import reason
from govgo.adapters.disk.lockfile import reading
from govgo.adapters.disk.renew import keeping_places
from govgo.adapters.disk.temporary import new_directory
from govgo.adapters.loop.network import NetworkOptions
from govgo.adapters.modcache.cache import ModCache
from govgo.adapters.repository.recording import Recording, masked_proxies
from govgo.adapters.repository.repository import Repository
from govgo.adapters.sumdb.cache import heads_directory
from govgo.adapters.workspace.planned import PlannedWorkspace
from govgo.adapters.workspace.workspace import DiskWorkspace
from govgo.core.sumdb.heads import MAX_HEAD_BYTES
from govgo.errors import DiskError, Failure, GovgoError, InputError, ReportedError, run_all
from govgo.load.mainmodule.switching import switch
from govgo.load.session.errors import SwitchError
from govgo.load.session.session import Session
from govgo.load.targets.open import muted
from govgo.ports.reporter import Reporter
from govgo.wiring.session import SystemClock

_T = TypeVar("_T")

MAX_RECORD_BYTES = 1 << 30


class _StoppedClock(SystemClock):
    """The time of a record."""

    def __init__(self, time: datetime) -> None:
        self._time = time

    def now(self) -> datetime:
        """The time at which the record was made."""
        return self._time


def run_recorded(
    session: Session, file: str, service: Callable[[Session], _T], network: NetworkOptions, *, goes_on: bool
) -> _T:
    """Run a service, and write what it asked for to `file`, also where it fails.

    It runs twice, the second time from the record: the order of answers decides which tiles of the checksum database
    are needed, and only then is it that of a repetition. The first time it says nothing, and changes no file.

    Args:
        session: the command.
        file: where to write the record.
        service: what to run.
        network: how to talk to servers.
        goes_on: the command starts over as a newer Go release (`SwitchError`): what it has asked for before is in the
            file already.

    Raises:
        What the service raises.
        DiskError: the file cannot be written.
    """
    settings = session.settings
    path = session.absolute(file)
    env = settings.env
    if goes_on:
        recording = _read(session, file)
        recording.asks = True
    else:
        recording = Recording(session.clock.now(), masked_proxies(env.goproxy), env.gonoproxy, _known_heads(env.gopath))
        recording.name = file
    try:
        with (
            suppress(Failure, ReportedError, SwitchError),  # the second time it fails in the same way
            _recorded(session, recording, network, env.goproxy, muted(session.report)) as recorded,
        ):
            recorded.files = PlannedWorkspace(session.files)
            service(recorded)
        with (
            _recorded(session, recording, network, env.goproxy, session.report) as recorded,
            _starting_over(session, recorded),
        ):
            return service(recorded)
    finally:
        files = DiskWorkspace(places=keeping_places(env.process))
        files.write(path, recording.encode())


def run_replayed(session: Session, file: str, service: Callable[[Session], _T], network: NetworkOptions) -> _T:
    """Run a service on a record; nobody is asked.

    Raises:
        InputError: the file is not a record.
        DiskError: it cannot be read.
        OfflineError: something is asked for that the record lacks.
    """
    recording = _read(session, file)
    with (
        _recorded(session, recording, network, recording.goproxy, session.report) as recorded,
        _starting_over(session, recorded),
    ):
        return service(recorded)


def _read(session: Session, file: str) -> Recording:
    path = session.absolute(file)
    try:
        with open(path, "rb") as opened:
            data = opened.read(MAX_RECORD_BYTES + 1)
    except OSError as error:
        raise DiskError(f"reading record: open {path}: {reason(error)}", path=path) from error
    if len(data) > MAX_RECORD_BYTES:
        raise InputError(f"{path}: more than {MAX_RECORD_BYTES} bytes")
    return Recording.decode(data, file)


@contextmanager
def _starting_over(session: Session, recorded: Session) -> Iterator[None]:
    """A block that runs a service on a record; that the command has to start over is found out on it, too.

    Raises:
        SwitchError: it is to start over as a newer Go release.
    """
    recorded.switching = session.switching
    try:
        yield
    except GovgoError as error:
        try:
            switch(recorded, [error, *recorded.failures])
        except SwitchError:
            recorded.held_back.clear()
            raise
        except Failure as why:
            session.report.note(str(why))
        session.switching = False  # it has been found out
        raise
    finally:
        recorded.report_held()


@contextmanager
def _recorded(
    session: Session, recording: Recording, network: NetworkOptions, goproxy: str, report: Reporter
) -> Iterator[Session]:
    """A session like `session`, with caches of its own, whose answers come from the recording or go into it."""
    with new_directory("govgo-record-") as top:
        settings = session.settings
        env = settings.env._replace(
            gopath=os.path.join(top, "go"),
            gomodcache=os.path.join(top, "go", "pkg", "mod"),
            goproxy=goproxy,
            gonoproxy=recording.gonoproxy,
        )
        _write_heads(env.gopath, recording.heads)
        repo = Repository(
            env,
            report,
            options=network,
            cache=ModCache(env.gomodcache, writable_dirs=True),
            announce=False,
            too_new=lambda what, version: session.too_new(what, version),
            tap=recording.tap,
        )
        recorded = Session(
            settings=settings._replace(env=env),
            repo=repo,
            files=session.files,
            report=report,
            clock=_StoppedClock(recording.time),
            policy=session.policy,
        )
        with _closing(recorded):
            yield recorded


@contextmanager
def _closing(session: Session) -> Iterator[None]:
    try:
        yield
    finally:
        run_all(session.close)


def _known_heads(gopath: str) -> dict[str, str]:
    """The newest tree head of each checksum database, by its name."""
    top = heads_directory(gopath)
    heads: dict[str, str] = {}
    if not top:
        return heads
    with suppress(OSError):
        for name in sorted(os.listdir(top)):
            path = os.path.join(top, name, "latest")
            with suppress(OSError, UnicodeDecodeError), reading(path) as file:
                heads[name] = file.read(MAX_HEAD_BYTES).decode()
    return heads


def _write_heads(gopath: str, heads: dict[str, str]) -> None:
    for name, text in heads.items():
        if name in ("", ".", "..") or "/" in name or "\0" in name:
            raise InputError(f"a record names the checksum database {name!r}")
        directory = os.path.join(heads_directory(gopath), name)
        os.makedirs(directory, exist_ok=True)
        with open(os.path.join(directory, "latest"), "wb") as file:
            file.write(text.encode()[:MAX_HEAD_BYTES])
