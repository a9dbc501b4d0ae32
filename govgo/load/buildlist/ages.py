# SPDX-License-Identifier: BSD-3-Clause
"""The minimum age over a whole build list: a version that a requirement forces must be old enough, too (-min-age)."""

from __future__ import annotations

from govgo.core.module.moduleversion import ModuleVersion, is_toolchain
from govgo.core.module.versionquery import parse_query
from govgo.errors import Failure
from govgo.load.buildlist.graph import ModGraph
from govgo.load.buildlist.requirements import Requirements
from govgo.load.query.ages import TooYoungError, warm_dates, why_not_counted
from govgo.load.query.query import choose_version
from govgo.load.query.retract import allowed_versions
from govgo.load.query.source import VersionSource
from govgo.load.session.session import Session


def check_ages(session: Session, rs: Requirements) -> None:
    """Refuse a build list with versions that are younger than the command allows. Does nothing without a minimum age.

    Raises:
        TooYoungError: there is one; its sentence has the chain of requirements that leads to it.
        ReportedError: there are several, each of which has been reported.
        UnavailableError: a date could not be asked for.
    """
    horizon = session.settings.horizon
    if horizon is None or horizon.min_age is None:
        return
    graph = rs.graph()
    mods = [mv for mv in graph.build_list() if mv.version and not is_toolchain(mv.path)]
    warm_dates(session, [mv for mv in mods if not horizon.excepts(mv.path)])
    faults = []
    for mv in mods:
        refused = why_not_counted(session, mv, min_age=True)
        if isinstance(refused, TooYoungError):
            faults.append(TooYoungError(mv, refused.reason, _details(session, graph, mv)))
    session.fail_all(faults)


def _details(session: Session, graph: ModGraph, mv: ModuleVersion) -> list[str]:
    """Who requires it, and what could be taken in its place."""
    chain = graph.find_path(mv.__eq__)
    details = [f"required by: {' => '.join(map(str, chain[:-1]))}"] if len(chain) > 1 else []
    try:
        listed = VersionSource(session, mv.path, session.repo).versions("")
        older = choose_version(session, parse_query(mv.path, "latest"), listed, allowed_versions(session))
    except Failure:
        older = None
    return [*details, f"the newest version that is old enough: {older}" if older else "no version is old enough"]
