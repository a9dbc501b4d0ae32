# SPDX-License-Identifier: BSD-3-Clause
"""What a comparison tells of the versions that came or went. What cannot be obtained is unknown, in words."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.resolution.compare import ModuleChange, Selected, VersionFacts
from govgo.errors import Failure, GovgoError
from govgo.ports.modules import Ask

if TYPE_CHECKING:
    from govgo.load.session.session import Session


def version_facts(
    session: Session, changes: Sequence[ModuleChange], known: Mapping[ModuleVersion, VersionFacts]
) -> dict[ModuleVersion, VersionFacts]:
    """When the versions of both sides were made; of those that came also whether they are retracted or deprecated.

    Args:
        session: that of the new side, whose go.sum is in use.
        changes: what came and went.
        known: what need not be asked for.
    """
    came = _sources((each.new for each in changes), known)
    went = _sources((each.old for each in changes), {*known, *came})
    if not came and not went:
        return {}
    from govgo.load.query.prefetch import warm_latest

    session.repo.warm([Ask("info", mod.path, mod.version) for mod in [*came, *went]])
    warm_latest(session, sorted({mod.path for mod in came}))
    found = {mod: _dated(session, mod, VersionFacts()) for mod in went}
    found.update((mod, _dated(session, mod, _judged(session, mod))) for mod in came)
    return found


def _sources(selected: Iterable[Selected | None], known: Container[ModuleVersion]) -> list[ModuleVersion]:
    """The module versions whose code is used, each once, without those that are known."""
    used = dict.fromkeys(each.source for each in selected if each is not None)
    return [mod for mod in used if mod is not None and mod not in known]


def _dated(session: Session, mod: ModuleVersion, facts: VersionFacts) -> VersionFacts:
    try:
        return facts._replace(time=session.repo.info(mod.path, mod.version).time)
    except Failure as error:
        return facts._replace(unknown=facts.unknown or _reason(error))


def _reason(error: GovgoError) -> str:
    """What went wrong at the bottom, in one line: the report names the module version itself."""
    from govgo.load.query.retract import strip_module_prefix

    while isinstance(error.inner, GovgoError):
        error = error.inner
    return strip_module_prefix(str(error)).partition("\n")[0]


def _judged(session: Session, mod: ModuleVersion) -> VersionFacts:
    from govgo.load.query.retract import ModuleRetractedError, check_deprecation, check_retractions

    facts = VersionFacts()
    try:
        check_retractions(session, mod)
        facts = facts._replace(is_retracted=False)
    except ModuleRetractedError as error:
        facts = facts._replace(is_retracted=True, retracted=error.rationale)
    except Failure as error:
        return facts._replace(unknown=_reason(error))
    try:
        return facts._replace(deprecated=check_deprecation(session, mod))
    except Failure as error:
        return facts._replace(unknown=_reason(error))
