# SPDX-License-Identifier: BSD-3-Clause
"""Answer version queries: the rules of `core/module/versionquery.py`, applied to modules and replacements.

Rules: Go Modules Reference, "Version queries"; `go help modules`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from govgo.core.golib.quote import quote
from govgo.core.modfile import legacy_go_mod
from govgo.core.module import paths
from govgo.core.module.info import ModuleInfo, Origin, merge_origin
from govgo.core.module.moduleversion import ModuleVersion, is_valid_version
from govgo.core.module.versionquery import DisallowedError, NoMatchingVersionError, QueryMatcher, parse_query
from govgo.core.records import NamedTuple
from govgo.core.version import pseudo
from govgo.errors import Failure, GovgoError, QueryError, find, is_not_found
from govgo.load.query.reuse import is_reusable
from govgo.load.query.source import VersionSource
from govgo.load.session.session import Session
from govgo.ports.modules import RevInfo, Versions, VersionView

Allowed = Callable[[ModuleVersion], None]
"""Raises DisallowedError to refuse a version; any other error leaves it open whether it is allowed."""

Reusable = Mapping[ModuleVersion, ModuleInfo]
"""Answers of an earlier run, by version and by query."""


class QueryDisabledError(QueryError):
    """Version queries are off, because the vendor directory is all that counts."""

    code: ClassVar[str] = "query-disabled"

    def __init__(self, session: Session) -> None:
        text = f"cannot query module due to -mod={session.build_mod}"
        if session.build_mod_reason:
            text += f"\n\t({session.build_mod_reason})"
        super().__init__(text)


class Outcome(NamedTuple):
    """The result of a query: the revision or the error, and the origin that either depends on."""

    info: RevInfo | None = None
    error: GovgoError | None = None
    origin: Origin | None = None


def query(session: Session, path: str, query: str, current: str = "", allowed: Allowed | None = None) -> RevInfo:
    """Look up the revision of module `path` that answers `query`.

    Args:
        session: the command.
        path: module path.
        query: "latest", "upgrade", "v1.2", ">=v1.0.0", a branch, a commit, …
        current: the selected version of `path`: "none" when there is none, "" when it does not matter.
            `upgrade` and `patch` never go below it.
        allowed: refuses versions; a query that chooses acts as if those did not exist, one that names a
            revision fails. Without it any version is taken that exists, also one below the minimum age of the command.

    Raises:
        NoMatchingVersionError: the module exists, but no version fits.
        DisallowedError: the one version that answers the query is refused.
        QueryError, InvalidPathError: the query or the path is malformed.
        NotFoundError, UnavailableError: from the repository.
    """
    outcome = query_outcome(session, path, query, current, allowed)
    if outcome.error is not None:
        raise outcome.error
    assert outcome.info is not None
    return outcome.info


def query_outcome(
    session: Session,
    path: str,
    query: str,
    current: str,
    allowed: Allowed | None,
    *,
    reuse: Reusable | None = None,
) -> Outcome:
    """As `query`, with the error as a value; answers of an earlier run in `reuse` are taken where they still hold.

    Raises:
        SecurityError: it is never returned as a value.
    """
    outcome = Outcome()

    def ask(view: VersionView) -> Outcome:
        nonlocal outcome
        outcome = query_view(session, view, path, query, current, allowed, reuse)
        if outcome.error is not None:
            raise outcome.error
        return outcome

    try:
        return session.repo.try_sources(ask)
    except Failure as error:
        return Outcome(error=error, origin=outcome.origin)


def query_view(
    session: Session,
    view: VersionView,
    path: str,
    query: str,
    current: str,
    allowed: Allowed | None,
    reuse: Reusable | None = None,
) -> Outcome:
    """As `query_outcome`, but asks one source only."""
    try:
        if (fixed := _fixed_answer(session, path, query, current, allowed)) is not None:
            return Outcome(info=fixed)
        source = VersionSource(session, path, view)
        known = reuse.get(ModuleVersion(path, query)) if reuse else None
        if known is not None and is_reusable(session.repo, path, query, known.origin):
            info = RevInfo(version=known.version, time=known.time, origin=known.origin)
            return Outcome(info=info, origin=known.origin)
        matcher = parse_query(path, query, current)
        if matcher.is_direct:
            info = _query_direct(source, query, allowed)
            return Outcome(info=info, origin=info.origin)
        return _Choice(source, matcher, allowed).run()
    except Failure as error:
        return Outcome(error=error, origin=_origin_of(error))


def _origin_of(error: GovgoError) -> Origin | None:
    """The origin that an error depends on, where that is known."""
    return error.origin if isinstance(error.origin, Origin) else None


def _fixed_answer(session: Session, path: str, query: str, current: str, allowed: Allowed | None) -> RevInfo | None:
    """An answer that needs no source, as for main modules, which have no version; raises where a query is refused."""
    if current not in ("", "none") and not is_valid_version(path, current):
        raise QueryError(f"invalid previous version {path}@{current}")
    if session.build_mod == "vendor":
        raise QueryDisabledError(session)
    if session.main.contains(path) and query in ("upgrade", "patch"):
        if allowed is not None:
            allowed(ModuleVersion(path, ""))
        return RevInfo(version="")
    if path in ("std", "cmd"):
        raise QueryError(f"can't query specific version ({quote(query)}) of standard-library module {quote(path)}")
    return None


def _query_direct(source: VersionSource, query: str, allowed: Allowed | None) -> RevInfo:
    """Look up a commit name or a complete version as it is."""
    try:
        info = source.stat(query)
    except Failure as error:
        # Semantic versions that differ in build metadata only are equivalent.
        canonical = paths.canonical_version(query)
        if not canonical or canonical == query:
            raise
        try:
            info = source.stat(canonical)
        except Failure as second:
            if not is_not_found(second):
                raise
            error.origin = second.origin  # with both tags there might be another answer
            raise error from None
    if refused := _refused(source.session, ModuleVersion(source.path, info.version), allowed):
        raise refused
    return info


def _refused(session: Session, mv: ModuleVersion, allowed: Allowed | None) -> DisallowedError | None:
    """Why a version must not be chosen, by `allowed` or by its date."""
    refused = refusal(allowed, mv)
    if refused is None and session.settings.horizon is not None:
        from govgo.load.query.ages import why_not_counted

        refused = why_not_counted(session, mv, min_age=allowed is not None)
    return refused


def has_no_latest(error: GovgoError) -> bool:
    """Whether a source answered that there is nothing. Any other error is shown, since it may be an attack."""
    return find(error, NoMatchingVersionError) is not None or is_not_found(error)


def refusal(allowed: Allowed | None, mv: ModuleVersion) -> DisallowedError | None:
    """Why `mv` is refused; None when it is allowed, or when that cannot be found out.

    Raises:
        SecurityError: met on the way.
    """
    if allowed is None:
        return None
    try:
        allowed(mv)
    except DisallowedError as error:
        return error
    except Failure:
        return None
    return None


class _Choice:
    """A query that chooses among listed versions; collects the origins that its answer depends on."""

    def __init__(self, source: VersionSource, matcher: QueryMatcher, allowed: Allowed | None) -> None:
        self._source = source
        self._matcher = matcher
        self._allowed = allowed
        self._origin: Origin | None = None

    def run(self) -> Outcome:
        listed = self._source.versions(self._matcher.prefix)
        self._origin = listed.origin
        try:
            info = self._answer(listed)
        except Failure as error:
            return Outcome(error=error, origin=self._origin)
        return Outcome(info=info, origin=self._origin)

    def _answer(self, listed: Versions) -> RevInfo:
        matcher = self._matcher
        if (chosen := choose_version(self._source.session, matcher, listed, self._allowed)) is not None:
            return self._lookup(chosen)
        if matcher.may_use_latest and (latest := self._latest()) is not None:
            return self._lookup(latest)
        if matcher.may_stay:
            self._must_allow(matcher.current)
            return self._lookup(matcher.current)
        raise NoMatchingVersionError(matcher.query, matcher.current, self._left_out(listed))

    def _left_out(self, listed: Versions) -> str:
        """The versions that the dates of the command leave out, in words; "" where they have no part in this."""
        session = self._source.session
        if session.settings.horizon is None or (listed.list and not any(map(self._matcher.takes, listed.list))):
            return ""
        from govgo.load.query.ages import left_out

        return left_out(session, self._matcher.path, min_age=self._allowed is not None)

    def _latest(self) -> str | None:
        try:
            latest = self._source.latest()
        except Failure as error:
            self._note_failure(error)
            if is_not_found(error):
                return None
            raise
        self._origin = merge_origin(self._origin, latest.origin)
        mv = ModuleVersion(self._matcher.path, latest.version)
        if self._matcher.matches(latest.version) and _refused(self._source.session, mv, self._allowed) is None:
            return latest.version
        return None

    def _lookup(self, version: str) -> RevInfo:
        info = self._stat(version)
        if self._is_back_in_time(info):
            self._must_allow(self._matcher.current)
            info = self._stat(self._matcher.current)
        return info._replace(origin=self._origin)

    def _is_back_in_time(self, info: RevInfo) -> bool:
        """Whether an upgrade from a pseudo-version would lead to an older commit.

        The pseudo-version of a side branch may sort below the latest release although its commit is newer. Tagged
        versions are compared by their numbers alone.
        """
        matcher = self._matcher
        if not matcher.may_stay or info.time is None or not pseudo.is_pseudo(matcher.current):
            return False
        return info.time < pseudo.pseudo_time(matcher.current)

    def _stat(self, version: str) -> RevInfo:
        try:
            info = self._source.stat(version)
        except Failure as error:
            self._note_failure(error)
            raise
        self._origin = merge_origin(self._origin, info.origin)
        return info

    def _note_failure(self, error: GovgoError) -> None:
        if (origin := _origin_of(error)) is not None:
            self._origin = merge_origin(self._origin, origin)

    def _must_allow(self, version: str) -> None:
        if refused := refusal(self._allowed, ModuleVersion(self._matcher.path, version)):
            raise refused


def choose_version(
    session: Session, matcher: QueryMatcher, listed: Versions, allowed: Allowed | None, *, any_age: bool = False
) -> str | None:
    """The version among `listed` that answers `matcher`; None where no listed version does.

    The minimum age of the command matters where there is `allowed`, unless `any_age`.

    Raises:
        GovgoError: the go.mod that decides about +incompatible versions could not be read.
    """
    path = matcher.path
    fitting = [
        version
        for version in listed.list
        if matcher.takes(version) and refusal(allowed, ModuleVersion(path, version)) is None
    ]
    narrowing = None
    if session.settings.horizon is not None:
        from govgo.load.query.ages import Narrowing

        narrowing = Narrowing(session, path, fitting, min_age=allowed is not None and not any_age)
    while True:
        deciding = matcher.deciding_version(fitting)
        if narrowing is not None and narrowing.drops(deciding):
            continue
        has_go_mod = deciding is not None and version_has_go_mod(session, ModuleVersion(path, deciding))
        chosen = matcher.choose(fitting, deciding_has_go_mod=has_go_mod)
        if narrowing is None or not narrowing.drops(chosen):
            return chosen


def likely_version(session: Session, matcher: QueryMatcher, listed: Versions) -> str | None:
    """What `choose_version` will most likely choose, for who fetches ahead: no go.mod counts as used by this.

    That would add its hash to go.sum, although the question may never be asked.
    """
    if session.settings.horizon is not None:
        return choose_version(session, matcher, listed, None)
    path = matcher.path
    fitting = [version for version in listed.list if matcher.takes(version)]
    deciding = matcher.deciding_version(fitting)
    data = session.repo.foreseen_gomod(ModuleVersion(path, deciding)) if deciding is not None else None
    return matcher.choose(fitting, deciding_has_go_mod=data is not None and data != legacy_go_mod(path))


def version_has_go_mod(session: Session, mv: ModuleVersion) -> bool:
    """Whether `mv` has a go.mod of its own: that of versions without one is a module line that the source makes up."""
    return session.repo.gomod(mv) != legacy_go_mod(mv.path)


def version_list(session: Session, path: str, allowed: Allowed) -> Versions:
    """The listed versions of `path` that are allowed, together with those that replacements add.

    Raises:
        InvalidPathError: malformed path.
        GovgoError: from the repository, or from `allowed` when it cannot decide about a version.
    """

    def ask(view: VersionView) -> Versions:
        listed = VersionSource(session, path, view).versions("")
        fitting = (version for version in listed.list if _is_allowed(allowed, ModuleVersion(path, version)))
        return listed._replace(list=tuple(fitting))

    return session.repo.try_sources(ask)


def _is_allowed(allowed: Allowed, mv: ModuleVersion) -> bool:
    try:
        allowed(mv)
    except DisallowedError:
        return False
    return True
