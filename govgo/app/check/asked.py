# SPDX-License-Identifier: BSD-3-Clause
"""The rules of `govgo check` that sources are asked about: retractions, deprecations, ages, later major versions.

Each step is made for all modules together. What cannot be asked is a fault of the module that it concerns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

from govgo.app.outdated import search
from govgo.core.findings import Finding
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.module.patterns import match_prefix_patterns
from govgo.core.policy import rules
from govgo.core.policy.durations import age_text
from govgo.core.policy.judge import Build
from govgo.core.policy.values import CheckPolicy
from govgo.errors import Failure
from govgo.load.query.ages import present, published, warm_dates
from govgo.load.query.prefetch import warm_latest
from govgo.load.query.query import has_no_latest
from govgo.load.query.retract import (
    RETRACTED,
    ModuleRetractedError,
    check_deprecation,
    check_retractions,
    short_message,
)
from govgo.load.session.session import Session
from govgo.load.targets.errorfindings import from_error
from govgo.load.targets.resolve import Resolved


def ask(policy: CheckPolicy, found: Resolved, build: Build) -> Iterator[Finding]:
    """What breaks these rules in one module or workspace.

    Raises:
        SecurityError: bytes contradict go.sum or the checksum database.
    """
    session = found.session
    retracted, deprecated = (
        [mod for mod in build.within(reach) if build.actual(mod).version]
        for reach in (policy.no_retracted, policy.no_deprecated)
    )
    if retracted or deprecated:
        found.activate()
        warm_latest(session, sorted({build.actual(mod).path for mod in (*retracted, *deprecated)}))
        yield from _each(retracted, build, lambda mod: _retracted(session, build, mod))
        yield from _each(deprecated, build, lambda mod: _deprecated(session, build, mod))
    if policy.min_age is not None:
        found.activate()
        yield from _young(session, policy.min_age, ",".join(policy.min_age_except), build)
    if policy.majors is not None and policy.majors.newest:
        for each in search(found).dependencies:
            if each.fault is not None:
                yield each.fault
            elif each.majors:
                last = each.majors[-1]
                yield build.finding(rules.MAJOR_BEHIND, each.mod, f": {last.path} {last.version} exists")


def _each(
    mods: Sequence[ModuleVersion], build: Build, question: Callable[[ModuleVersion], Finding | None]
) -> Iterator[Finding]:
    """The answers about modules; a question that fails is a fault, and no answer."""
    for mod in mods:
        try:
            answer = question(mod)
        except Failure as error:
            if has_no_latest(error):
                continue  # no version of it states anything
            answer = from_error(None, error, build.place(mod)).unchecked()._replace(module=mod)
        if answer is not None:
            yield answer


def _retracted(session: Session, build: Build, mod: ModuleVersion) -> Finding | None:
    try:
        check_retractions(session, build.actual(mod))
    except ModuleRetractedError as error:
        reasons = "; ".join(short_message(each, RETRACTED) for each in error.rationale) or RETRACTED
        return build.finding(rules.RETRACTED, mod, f" is retracted: {reasons}")
    return None


def _deprecated(session: Session, build: Build, mod: ModuleVersion) -> Finding | None:
    message = check_deprecation(session, build.actual(mod))
    if not message:
        return None
    return build.finding(rules.DEPRECATED, mod, f" is deprecated: {short_message(message, 'without a reason')}")


def _young(session: Session, least: timedelta, exceptions: str, build: Build) -> Iterator[Finding]:
    mods = [
        mod
        for mod in build.modules
        if build.actual(mod).version
        and not any(match_prefix_patterns(exceptions, each.path) for each in build.names(mod))
    ]
    warm_dates(session, mods)
    now = present(session)

    def question(mod: ModuleVersion) -> Finding | None:
        date = published(session, build.actual(mod))
        if date.time is None:
            return build.finding(rules.TOO_YOUNG, mod, f": {date}, so it may be younger than {age_text(least)}")
        age = now - date.time
        if age >= least:
            return None
        return build.finding(rules.TOO_YOUNG, mod, f": {date}, {age_text(age)} ago: younger than {age_text(least)}")

    yield from _each(mods, build, question)
