# SPDX-License-Identifier: BSD-3-Clause
"""Find the modules that hold the packages of a pattern at the version that a query asks for.

A package `a.example/b/c` can be in module `a.example/b/c`, `a.example/b` or `a.example`. All are queried at once; of
those that hold the package, callers prefer the longest path.

Rules: Go Modules Reference, "Resolving a package to a module" and "go get".
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

from govgo.core.gosource.buildtags import any_tags
from govgo.core.module.moduleversion import ModuleVersion, compare_versions, is_toolchain, is_valid_version
from govgo.core.module.paths import is_std, match_path_major, split_path_version
from govgo.core.module.patterns import match_pattern
from govgo.core.module.versionquery import NoMatchingVersionError, NoPatchBaseError, parse_query
from govgo.core.records import NamedTuple
from govgo.errors import DiskError, Failure, GovgoError, InvalidPathError, InvalidVersionError, find, is_not_found
from govgo.load.buildlist.requirements import in_force
from govgo.load.packages.imports import begin_gomods, begin_modules, dir_in_module, fetch, path_prefixes
from govgo.load.packages.patterns import Match, match_packages
from govgo.load.packages.sourcetree import sources
from govgo.load.query.errors import (
    PackageNotInModuleError,
    QueryMatchesMainModulesError,
    QueryMatchesPackagesInMainModuleError,
    WildcardInFirstElementError,
)
from govgo.load.query.prefetch import begin_latest
from govgo.load.query.query import Allowed, Outcome, query_view, refusal
from govgo.load.session.session import Session
from govgo.ports.modules import Ask, RevInfo, VersionView


class QueryResult(NamedTuple):
    """One module that answers a query about a pattern, and its packages that match."""

    mod: ModuleVersion
    rev: RevInfo
    packages: tuple[str, ...] = ()


def query_packages(
    session: Session, pattern: str, query: str, current: Callable[[str], str], allowed: Allowed
) -> list[QueryResult]:
    """As `query_pattern`, but the pattern must match a package.

    Raises:
        PackageNotInModuleError: only a module matches.
        GovgoError: as `query_pattern`.
    """
    results, module_only = query_pattern(session, pattern, query, current, allowed)
    if not results and module_only is not None:
        raise PackageNotInModuleError(
            mod=module_only.mod,
            replacement=session.main.replacement(module_only.mod),
            query=query,
            pattern=pattern,
        )
    return results


def query_pattern(
    session: Session, pattern: str, query: str, current: Callable[[str], str], allowed: Allowed
) -> tuple[list[QueryResult], QueryResult | None]:
    """The modules that hold packages matching `pattern` at version `query`, longest path first.

    Args:
        pattern: an import path, or one with `...` past its first element.
        current: the selected version of a module path, "none" where there is none.
        allowed: refuses versions.

    Returns:
        The modules with matching packages, and a module whose own path matches but which has no such package.
        At least one of the two is there. A main module that holds the package is the only result.

    Raises:
        WildcardInFirstElementError, QueryMatchesMainModulesError, QueryMatchesPackagesInMainModuleError,
        PackageNotInModuleError: the pattern cannot be answered.
        GovgoError: the most helpful failure of the candidates, when none succeeded.
    """
    base = pattern
    if (cut := pattern.find("...")) >= 0:
        base = posixpath.dirname(pattern[: cut + 3])
        if not base:
            raise WildcardInFirstElementError(pattern, query)
    search = _Search(session, pattern, query, current, allowed)
    inside = search.main_modules()
    if inside is not None:
        return [inside], None
    candidates = _module_prefixes(session, base)
    if not candidates:
        return [], search.without_candidates()
    try:
        return session.repo.try_sources(lambda view: search.candidates(candidates, view)), search.module_only
    except Failure as failure:
        if search.matching_mains and not search.has_results and is_not_found(failure):
            raise search.main_modules_error(()) from failure
        raise


def _module_prefixes(session: Session, path: str) -> list[str]:
    """The prefixes of `path` that may be modules other than main ones, longest first.

    Invalid module paths are among them, since they might be replaced.
    """
    prefixes = []
    while True:
        if not session.main.contains(path) and split_path_version(path)[2]:
            prefixes.append(path)
        path, slash, _ = path.rpartition("/")
        if not slash:
            return prefixes


class _Search:
    """The search for one pattern, first in the main modules, then in the candidates."""

    def __init__(
        self, session: Session, pattern: str, query: str, current: Callable[[str], str], allowed: Allowed
    ) -> None:
        self.session = session
        self.pattern = pattern
        self.query = query
        self.current = current
        self.allowed = allowed
        self.matches_path = match_pattern(pattern)
        self.matching_mains: list[ModuleVersion] = []
        self.module_only: QueryResult | None = None
        self._results: list[QueryResult] = []
        self._keeps = query in ("upgrade", "patch")

    def main_modules(self) -> QueryResult | None:
        """The main module that holds the package, None where there is none.

        Raises:
            QueryMatchesPackagesInMainModuleError: there is one, but the query asks for a version.
        """
        session = self.session
        for main in session.main.modules:
            packages = self._packages_in_main(main)
            if packages:
                if not self._keeps:
                    raise QueryMatchesPackagesInMainModuleError(
                        pattern=self.pattern, query=self.query, packages=packages
                    )
                self.allowed(main)
                return QueryResult(main, RevInfo(version=main.version), packages)
            if self.matches_path(main.path):
                self.matching_mains.append(main)
                if self._keeps and refusal(self.allowed, main) is None:
                    self.module_only = QueryResult(main, RevInfo(version=main.version))
        return None

    def _packages_in_main(self, main: ModuleVersion) -> tuple[str, ...]:
        if "..." in self.pattern:
            match = self._match_wildcard(main)
            if not match.packages and match.errors:
                raise match.errors[0]
            return tuple(match.packages or ())
        for root in self.session.mod_roots:
            if dir_in_module(self.session, self.pattern, main.path, root, is_local=True)[1]:
                return (self.pattern,)
        return ()

    def _match_wildcard(self, mod: ModuleVersion) -> Match:
        match = Match(self.pattern)
        match_packages(self.session, match, any_tags(), include_std=False, modules=[mod])
        return match

    def without_candidates(self) -> QueryResult:
        """The answer when every prefix of the pattern is a main module."""
        if self.module_only is not None:
            return self.module_only
        if self.matching_mains:
            raise self.main_modules_error(tuple(self.matching_mains))
        raise PackageNotInModuleError(query=self.query, pattern=self.pattern)

    def main_modules_error(self, mains: tuple[ModuleVersion, ...]) -> QueryMatchesMainModulesError:
        """The error that a version of a main module was asked for."""
        return QueryMatchesMainModulesError(
            main_modules=mains,
            pattern=self.pattern,
            query=self.query,
            pattern_is_module=self.session.main.contains(self.pattern),
        )

    @property
    def has_results(self) -> bool:
        """Whether some module answered, though another one failed."""
        return bool(self._results) or self.module_only is not None

    def candidates(self, paths: Sequence[str], view: VersionView) -> list[QueryResult]:
        """Query each candidate module in one source.

        Raises:
            GovgoError: the most helpful failure, when nothing was found, or when more might have been found.
        """
        self._warm(paths)
        outcomes = [
            query_view(self.session, view, path, self.query, self.current(path), self.allowed) for path in paths
        ]
        self._begin(paths, outcomes)
        found: list[QueryResult] = []
        failures = _Failures(self.session)
        for path, outcome in zip(paths, outcomes, strict=True):
            try:
                found.append(self._module(path, outcome))
            except Failure as error:
                failures.add(error, some_found=bool(found))
        self._results = [result for result in found if result.packages]
        for result in found:
            if not result.packages:
                self.module_only = result
        failure = failures.to_raise(some_found=bool(found))
        if failure is not None:
            raise failure
        return self._results

    def _warm(self, paths: Sequence[str]) -> None:
        """Fetch the first answers for all candidates at once."""
        if len(paths) < 2 or self.session.build_mod == "vendor":
            return
        asks = []
        for path in paths:
            try:
                matcher = parse_query(path, self.query, self.current(path))
            except Failure:
                continue
            fits = match_path_major(self.query, split_path_version(path)[1])  # v2.0.0 may be v2.0.0+incompatible
            if path == paths[0] and is_valid_version(path, self.query) and fits:
                begin_gomods(self.session, [ModuleVersion(path, self.query)])  # mostly the pattern is that of a module
            asks.append(Ask("info", path, self.query) if matcher.is_direct else Ask("versions", path))
        repo = self.session.repo
        if not any(map(repo.at_hand, asks)):  # else the module is cached, and perhaps proved
            repo.begin([Ask("sumdb", path) for path in paths[:1]])
        repo.warm(asks)

    def _begin(self, paths: Sequence[str], outcomes: Sequence[Outcome]) -> None:
        """Begin to fetch the modules that are searched for the package, and their go.mod."""
        found = [
            ModuleVersion(path, outcome.info.version)
            for path, outcome in zip(paths, outcomes, strict=True)
            if outcome.info is not None and not is_toolchain(path)
        ]
        begin_modules(self.session, found)
        begin_latest(self.session, (mod.path for mod in found))
        requirements = in_force(self.session)
        if requirements is not None and len(found) == 1:
            requirements.foresee(found, partial(begin_latest, self.session), partial(self._begin_imports, found[0]))

    def _begin_imports(self, mod: ModuleVersion, below: Sequence[ModuleVersion]) -> None:
        """Begin to fetch the modules that the package imports from, if `mod`, which holds it, is there.

        `below` is the build list of `mod`; of that and what is required now, the higher versions will be selected.
        """
        session, requirements = self.session, in_force(self.session)
        source = session.main.resolve(mod)
        if not session.policy.loads_found or requirements is None or source.version == "" or "..." in self.pattern:
            return
        root = session.repo.cached_dir(source)
        if root is None:
            return
        selected: dict[str, str] = {}
        for path, version in (*below, *requirements.build_list_ahead()):
            if path not in selected or compare_versions(path, selected[path], version) < 0:
                selected[path] = version
        needed: dict[ModuleVersion, None] = {}
        with suppress(Failure):  # it comes up again when the package is loaded
            directory, found = dir_in_module(session, self.pattern, mod.path, root, is_local=False)
            scanned = sources(session).scan(directory, any_tags(), indexed=True) if found else None
            for imported in scanned.imports if scanned is not None else ():
                holding = [path for path in path_prefixes(imported) if path in selected]
                if len(holding) == 1 and not is_std(imported) and not session.main.contains(holding[0]):
                    needed[ModuleVersion(holding[0], selected[holding[0]])] = None
        begin_modules(session, needed)

    def _module(self, path: str, outcome: Outcome) -> QueryResult:
        """One candidate at the version that answers the query, with its matching packages."""
        session = self.session
        if outcome.info is None:
            assert outcome.error is not None
            raise outcome.error
        rev = outcome.info
        mod = ModuleVersion(path, rev.version)
        if is_toolchain(path):
            return QueryResult(mod, rev)
        root, is_local = fetch(session, mod)
        packages: tuple[str, ...] = ()
        errors: list[GovgoError] = []
        if "..." in self.pattern:
            match = self._match_wildcard(mod)
            packages, errors = tuple(match.packages or ()), match.errors
        else:
            try:
                if dir_in_module(session, self.pattern, path, root, is_local=is_local)[1]:
                    packages = (self.pattern,)
            except DiskError as error:
                errors.append(error)
        if not packages and not self.matches_path(path):
            if errors:
                raise errors[0]
            raise PackageNotInModuleError(
                mod=mod,
                replacement=session.main.replacement(mod),
                query=self.query,
                pattern=self.pattern,
            )
        return QueryResult(mod, rev, packages)


class _Failures:
    """The failures of the candidates; the most helpful is raised: by kind, then by length of path."""

    _ORDER = ("package", "version", "patch", "path", "invalid", "missing")

    def __init__(self, session: Session) -> None:
        self._session = session
        self._first: dict[str, GovgoError] = {}
        self._other: GovgoError | None = None

    def add(self, error: GovgoError, *, some_found: bool) -> None:
        """Record the failure of one candidate; longer paths come first."""
        kind = self._kind(error)
        if not kind:
            # Another module may hold the package already; then a failure of a shorter path does not count.
            if self._other is None and not some_found and "package" not in self._first:
                self._other = error
            return
        known = self._first.get(kind)
        if known is None or (kind == "package" and self._is_about_main(known)):
            self._first[kind] = error

    def _is_about_main(self, error: GovgoError) -> bool:
        return isinstance(error, PackageNotInModuleError) and self._session.main.contains(error.mod.path)

    def _kind(self, error: GovgoError) -> str:
        if isinstance(error, PackageNotInModuleError):
            return "package"
        if isinstance(error, NoMatchingVersionError):
            return "version"
        if isinstance(error, NoPatchBaseError):
            return "patch"
        if isinstance(error, InvalidPathError):
            return "path"
        if is_not_found(error):
            return "missing"
        return "invalid" if find(error, InvalidVersionError) is not None else ""

    def to_raise(self, *, some_found: bool) -> GovgoError | None:
        """The failure to raise; None when there is a result and all failures can be ignored."""
        if some_found or self._other is not None:
            return self._other
        return next((self._first[kind] for kind in self._ORDER if kind in self._first), None)
