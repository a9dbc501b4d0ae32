# SPDX-License-Identifier: BSD-3-Clause
"""When versions were published, and which of them do not count by the limits of a command (`load/session/agelimits`).

A date comes from the index feed where that has the version: the time when a proxy first saw it. Else it is the time in
the .info file, which for a tag is that of the commit, and so what its author says; else that in a pseudo-version, which
is the same. A version without a date does not count. Directories that replace a module have no versions, and always
count.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import ClassVar

from govgo.core.module.moduleversion import ModuleVersion, is_toolchain
from govgo.core.module.versionquery import DisallowedError
from govgo.core.policy.durations import age_text
from govgo.core.records import NamedTuple
from govgo.core.resolution.outdated import INDEX, INFO, VERSION
from govgo.core.version.pseudo import pseudo_time
from govgo.errors import Failure, InvalidVersionError, is_not_found
from govgo.load.session.session import Session
from govgo.ports.modules import Ask


class Published(NamedTuple):
    """When a version was published; None where that is unknown. `dated_by` as in `core.resolution.outdated.Release`."""

    time: datetime | None
    dated_by: str

    def __str__(self) -> str:
        if self.time is None:
            return "its date is not known"
        return f"{'first seen' if self.dated_by == INDEX else 'made'} {_moment(self.time)}"


def _moment(time: datetime) -> str:
    """RFC 3339, with the offset that it was written with: not every time has a form in UTC that a datetime can hold."""
    return time.isoformat(timespec="seconds").replace("+00:00", "Z")


class NotYetPublishedError(DisallowedError):
    """A version that did not exist at the time of -as-of, or of which that is unknown."""

    code: ClassVar[str] = "not-yet-published"

    def __init__(self, mv: ModuleVersion, found: Published, as_of: datetime) -> None:
        super().__init__(f"{mv}: not published as of {_moment(as_of)}: {found}")
        self.mv = mv


class TooYoungError(DisallowedError):
    """A version that is younger than -min-age, or of unknown age; `details` are further lines of its sentence."""

    code: ClassVar[str] = "too-young"

    def __init__(self, mv: ModuleVersion, reason: str, details: Sequence[str] = ()) -> None:
        super().__init__("".join([f"{mv}: {reason}", *(f"\n\t{line}" for line in details)]))
        self.mv = mv
        self.reason = reason


def present(session: Session) -> datetime:
    """The time that ages are counted to: now, or the time of -as-of."""
    horizon = session.settings.horizon
    return session.clock.now() if horizon is None or horizon.as_of is None else horizon.as_of


def published(session: Session, mv: ModuleVersion) -> Published:
    """When a version was published.

    Raises:
        UnavailableError: the source of its .info failed.
    """
    horizon = session.settings.horizon
    if horizon is not None and horizon.first_seen is not None:
        seen = horizon.first_seen(mv.path).get(mv.version)
        if seen is not None:
            return Published(seen, INDEX)
    try:
        time = session.repo.info(mv.path, mv.version).time
        if time is not None:
            return Published(time, INFO)
    except Failure as error:
        if not is_not_found(error):
            raise
    with suppress(InvalidVersionError):  # it is none, or its date makes no sense
        return Published(pseudo_time(mv.version), VERSION)
    return Published(None, "")


def warm_dates(session: Session, mods: Sequence[ModuleVersion]) -> None:
    """Fetch the .info files that `published` will need for these versions, all at once."""
    horizon = session.settings.horizon
    seen = None if horizon is None else horizon.first_seen
    sources = [session.main.resolve(mv) for mv in mods]
    session.repo.warm(
        Ask("info", mv.path, mv.version)
        for mv in sources
        if mv.version and not is_toolchain(mv.path) and not (seen is not None and mv.version in seen(mv.path))
    )


def left_out(session: Session, path: str, *, min_age: bool) -> str:
    """The versions of a module that do not count, in words; "" where all do.

    Args:
        session: the command.
        path: the module.
        min_age: whether the minimum age matters here.
    """
    horizon = session.settings.horizon
    parts = []
    if horizon is not None and horizon.as_of is not None:
        parts.append(f"later than {_moment(horizon.as_of)} (-as-of)")
    if horizon is not None and min_age and horizon.min_age is not None and not horizon.excepts(path):
        parts.append(f"younger than {age_text(horizon.min_age)} (-min-age)")
    return f"versions {', '.join(parts)} or without a date" if parts else ""


def why_not_counted(session: Session, mv: ModuleVersion, *, min_age: bool) -> DisallowedError | None:
    """Why a version does not count; None where it does.

    Args:
        session: the command.
        mv: the version, which may be replaced.
        min_age: whether the minimum age matters here.

    Raises:
        UnavailableError: its date could not be asked for.
    """
    horizon = session.settings.horizon
    if horizon is None or not mv.version or is_toolchain(mv.path):
        return None
    source = session.main.resolve(mv)
    age = horizon.min_age if min_age and not horizon.excepts(mv.path) else None
    if not source.version or (horizon.as_of is None and age is None):
        return None
    found = published(session, source)
    if horizon.as_of is not None and (found.time is None or found.time > horizon.as_of):
        return NotYetPublishedError(mv, found, horizon.as_of)
    if age is None:
        return None
    if found.time is None:
        return TooYoungError(mv, f"{found}, so it may be younger than {age_text(age)} (-min-age)")
    passed = present(session) - found.time
    if passed >= age:
        return None
    return TooYoungError(mv, f"{found}, {age_text(passed)} ago: younger than {age_text(age)} (-min-age)")


class Narrowing:
    """The listed versions of one module that may count: what turns out not to is taken away.

    The dates of those beside it are fetched at the same time, twice as many in each round, so that a hundred versions
    that do not count cost seven round trips.
    """

    def __init__(self, session: Session, path: str, fitting: list[str], *, min_age: bool) -> None:
        self.fitting = fitting
        self._session = session
        self._path = path
        self._min_age = min_age
        self._width = 1

    def drops(self, *candidates: str | None) -> bool:
        """Whether one of the candidates does not count; it is no longer among `fitting` then."""
        for version in candidates:
            if version is not None and self._is_out(version):
                self.fitting.remove(version)
                return True
        return False

    def _is_out(self, version: str) -> bool:
        mv = ModuleVersion(self._path, version)
        if why_not_counted(self._session, mv, min_age=self._min_age) is None:
            return False
        self._width *= 2
        at = self.fitting.index(version)
        near = [*self.fitting[max(0, at - self._width) : at], *self.fitting[at + 1 : at + 1 + self._width]]
        warm_dates(self._session, [ModuleVersion(self._path, each) for each in near])
        return True
