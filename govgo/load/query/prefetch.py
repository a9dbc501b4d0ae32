# SPDX-License-Identifier: BSD-3-Clause
"""Fetch in advance what questions about the latest versions of many modules will need.

A question about one module takes several requests, one after the other: its version list, the go.mod of its latest
version (for retractions and deprecations), the .info of the version that is chosen. `warm_latest` makes each step for
all modules together, so that hundreds of modules cost a handful of round trips; `begin_latest` does so in the
background, each module at its own pace. The repository remembers the answers; failures are ignored here, since they
come up again when the question is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from functools import partial

from govgo.core.module.moduleversion import ModuleVersion, is_toolchain
from govgo.core.module.paths import match_path_major, split_path_version
from govgo.core.module.query import QueryMatcher, parse_query
from govgo.errors import Failure
from govgo.load.query.query import Allowed, choose_version, likely_version
from govgo.load.query.retract import allowed_versions, know_latest
from govgo.load.session.session import Session
from govgo.ports.modules import Ask, RevInfo, Versions


def warm_latest(session: Session, paths: Iterable[str], upgrades: Iterable[ModuleVersion] = ()) -> None:
    """Fetch what is needed for the retractions and deprecations of some modules, and for their upgrades.

    Args:
        session: the command.
        paths: module paths; main modules and those replaced at all versions are skipped.
        upgrades: versions in use for which an upgrade will be looked for; their paths are among `paths`.
    """
    if session.build_mod == "vendor":
        return
    matchers = {path: parse_query(path, "latest") for path in paths if _is_asked_for(session, path)}
    if len(matchers) < 2:
        return
    warm = session.repo.warm
    warm([Ask("versions", path) for path in matchers])
    warm(first_asks(session, matchers))
    warm(_chosen_asks(session, matchers.values()))
    if in_use := [mv for mv in upgrades if mv.path in matchers and mv.version]:
        matchers = {mv.path: parse_query(mv.path, "upgrade", mv.version) for mv in in_use}
        warm(_info_asks(session, matchers.values(), dict(in_use), allowed_versions(session), matchers))


def warm_upgrades(
    session: Session, paths: Mapping[str, bool], query: str, current: Mapping[str, str], allowed: Allowed
) -> None:
    """Fetch what queries for "upgrade" or "patch" need.

    Retractions are read only where some version besides the current one could be chosen.

    Args:
        session: the command.
        paths: module paths, and whether each will be asked about: only then its retractions are read, since what is
            read counts as used. Main modules and those replaced at all versions are skipped.
        query: "upgrade" or "patch".
        current: the selected version of each module of the build list.
        allowed: refuses versions, as in the queries.
    """
    if session.build_mod == "vendor":
        return
    asked = [path for path in paths if _is_asked_for(session, path)]
    warm = session.repo.warm
    warm([Ask("versions", path) for path in asked])
    matchers = []
    for path in asked:
        try:
            matchers.append(parse_query(path, query, current.get(path, "none")))
        except Failure:
            continue  # "patch" of a module that is not selected
    checked = [each.path for each in matchers if _has_choice(session, each, current.get(each.path, "none"))]
    unlisted = [each.path for each in matchers if each.may_use_latest and not _has_versions(session, each.path)]
    warm([*first_asks(session, checked), *(Ask("latest", path) for path in unlisted)])
    warm(_chosen_asks(session, [parse_query(path, "latest") for path in checked]))
    warm(_info_asks(session, matchers, current, allowed, {path for path in asked if paths[path]}))


def _has_choice(session: Session, matcher: QueryMatcher, current: str) -> bool:
    """Whether a listed version besides the current one fits, so that its retractions matter."""
    listed = _listed(session, matcher.path)
    others = [version for version in listed.list if version != current and matcher.takes(version)] if listed else []
    return any(not session.main.excluded(ModuleVersion(matcher.path, version)) for version in others)


def _has_versions(session: Session, path: str) -> bool:
    listed = _listed(session, path)
    return listed is not None and bool(listed.list)


def _info_asks(
    session: Session,
    matchers: Iterable[QueryMatcher],
    current: Mapping[str, str],
    allowed: Allowed,
    certain: Container[str],
) -> list[Ask]:
    """The .info of each version that will be chosen, or most likely will; of the current one where there is no choice.

    `certain` are the modules that will be asked about.
    """
    asks = []
    for matcher in matchers:
        try:
            listed = _listed(session, matcher.path)
            if listed is None:
                continue
            if matcher.path in certain:
                version = choose_version(session, matcher, listed, allowed)
            else:
                version = likely_version(session, matcher, listed)
            version = version or current.get(matcher.path)
        except Failure:
            continue
        if version:
            asks.append(Ask("info", matcher.path, version))
    return asks


class _Begun:
    """The paths that `begin_latest` was given: in a large graph many modules require the same ones."""

    def __init__(self) -> None:
        self.paths: set[str] = set()


def begin_latest(session: Session, paths: Iterable[str]) -> None:
    """Begin with what `warm_latest` will be asked for, if it will be: each step as soon as the one before is there."""
    if session.build_mod == "vendor" or not session.policy.checks_latest:
        return
    begun = session.scope.part(_Begun).paths
    for path in paths:
        if path not in begun and _is_asked_for(session, path):
            begun.add(path)
            session.repo.begin([Ask("versions", path)], partial(_take_list, session, parse_query(path, "latest")))


def _take_list(session: Session, matcher: QueryMatcher, answer: object) -> None:
    """Go on with a module whose version list has been fetched, or could not be."""
    if session.settings.horizon is not None:
        return  # the dates of the versions would have to be waited for
    listed = answer if isinstance(answer, Versions) else None
    ask = _first_ask(matcher, listed)
    if ask is None:
        _begin_chosen(session, matcher, listed, None)
    else:
        session.repo.begin([ask], partial(_begin_chosen, session, matcher, listed))


def _begin_chosen(session: Session, matcher: QueryMatcher, listed: Versions | None, answer: object) -> None:
    version = likely_version(session, matcher, listed) if listed is not None else None
    if version is None and isinstance(answer, RevInfo):
        version = answer.version
    if version is not None:
        session.repo.begin(_version_asks(session, matcher.path, version))


def latest_versions(session: Session, paths: Iterable[str], selected: Callable[[str], str]) -> list[ModuleVersion]:
    """The versions that queries for "latest" will choose; paths for which there is none are left out.

    `selected` gives the selected version of a path. A listed version whose .info cannot be had is none: the query for
    it fails.
    """
    found = []
    for path in paths:
        if not _is_asked_for(session, path):
            continue
        try:
            listed = session.repo.versions(path)
            matcher = parse_query(path, "latest", selected(path))
            version = choose_version(session, matcher, listed, allowed_versions(session))
            rev = session.repo.info(path, version) if version is not None else session.repo.latest(path)
            found.append(ModuleVersion(path, rev.version))
        except Failure:
            continue
    return found


def know_latest_of_lists(session: Session, paths: Iterable[str]) -> list[Ask]:
    """Take the latest versions for retractions and deprecations from the lists, without their .info; asks for go.mod.

    A module whose latest version cannot be chosen is left out; the error comes up again when it is asked about.
    """
    asks = []
    for path in paths:
        if not _is_asked_for(session, path):
            continue
        try:
            listed = session.repo.versions(path)
            version = choose_version(session, parse_query(path, "latest"), listed, None)
            if version is None and session.settings.horizon is not None:
                continue  # whether the latest revision counts is a question of its date
            version = version or session.repo.latest(path).version
        except Failure:
            continue
        source = know_latest(session, ModuleVersion(path, version))
        if source is not None and source.version:
            asks.append(Ask("gomod", source.path, source.version))
    return asks


def _is_asked_for(session: Session, path: str) -> bool:
    return not (
        is_toolchain(path)
        or session.main.contains(path)
        or session.main.replacement(ModuleVersion(path, "")) is not None
    )


def _listed(session: Session, path: str) -> Versions | None:
    try:
        return session.repo.versions(path)
    except Failure:
        return None


def first_asks(session: Session, paths: Iterable[str]) -> list[Ask]:
    """What the choice of the latest versions needs beside the version lists, which have been fetched.

    That is the latest revision of modules without listed versions, else the go.mod that decides about +incompatible
    ones.
    """
    matchers = [parse_query(path, "latest") for path in paths if _is_asked_for(session, path)]
    return [ask for each in matchers if (ask := _first_ask(each, _listed(session, each.path))) is not None]


def _first_ask(matcher: QueryMatcher, listed: Versions | None) -> Ask | None:
    if listed is None or not listed.list:
        return Ask("latest", matcher.path)
    deciding = matcher.deciding_version(listed.list)
    return None if deciding is None else Ask("gomod", matcher.path, deciding)


def _chosen_asks(session: Session, matchers: Iterable[QueryMatcher]) -> list[Ask]:
    """The .info and go.mod of each latest version, or of what replaces it."""
    asks = []
    for matcher in matchers:
        path = matcher.path
        try:
            listed = _listed(session, path)
            version = likely_version(session, matcher, listed) if listed is not None else None
            version = version or session.repo.latest(path).version
        except Failure:
            continue
        asks += _version_asks(session, path, version)
    return asks


def _version_asks(session: Session, path: str, version: str) -> list[Ask]:
    source = session.main.resolve(ModuleVersion(path, version))
    # A tag such as v2.0.0 may turn out to be v2.0.0+incompatible, whose go.mod has a name of its own in the cache.
    fits = match_path_major(source.version, split_path_version(source.path)[1])
    gomod = [Ask("gomod", source.path, source.version)] if source.version and fits else []
    return [Ask("info", path, version), *gomod]
