# SPDX-License-Identifier: BSD-3-Clause
"""What a comparison tells of the versions that came or went. What cannot be had is unknown, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.resolution.compare import ModuleChange, VersionFacts
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
    sources = {each.new.source: each.new.mod for each in changes if each.new is not None}
    came = {source: mod for source, mod in sources.items() if source is not None and source not in known}
    went = {each.old.source for each in changes if each.old is not None} - came.keys()
    left = [mod for mod in went if mod is not None and mod not in known]
    if not came and not left:
        return {}
    from govgo.load.query.prefetch import warm_latest

    session.repo.warm([Ask("info", mod.path, mod.version) for mod in [*came, *left]])
    warm_latest(session, sorted({mod.path for mod in came.values()}))
    found = {mod: _dated(session, mod, VersionFacts()) for mod in left}
    for source, mod in came.items():
        found[source] = _dated(session, source, _judged(session, mod))
    return found


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
