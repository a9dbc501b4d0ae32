# SPDX-License-Identifier: BSD-3-Clause
"""The candidates of each argument of `get`: which module versions could answer it.

Any module whose path is a prefix of a package path may provide the package, and a wildcard may match modules with
entirely different paths. So each change of the build list can bring new candidates, and they are looked for again until
nothing changes. The answer to a version query is always relative to the build list at the start.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from govgo.app.get.argument import ArgumentError, PathSet, Query, QueryFaults, main_module_error, ok_for_main_module
from govgo.app.get.local import local_options, work_options, workspace_has_package
from govgo.core.golib.quote import quote
from govgo.core.gosource import stdlib
from govgo.core.gosource.buildtags import any_tags
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.module.paths import is_module_path, is_std, split_path_version
from govgo.core.module.query import NoMatchingVersionError
from govgo.errors import Failure, GovgoError, QueryError, find, is_not_found
from govgo.load.buildlist.requirements import in_force
from govgo.load.mainmodule.gowork import workspace_modules
from govgo.load.mainmodule.load import load_mod_graph
from govgo.load.packages.errors import AmbiguousImportError, ImportMissingError
from govgo.load.packages.imports import path_prefixes
from govgo.load.packages.load import load_packages
from govgo.load.packages.loader import Loaded, PackageOpts
from govgo.load.packages.missing import begin_queries
from govgo.load.packages.patterns import match_in_module
from govgo.load.packages.query import query_packages, query_pattern
from govgo.load.query.errors import PackageNotInModuleError, QueryMatchesPackagesInMainModuleError
from govgo.load.query.prefetch import begin_latest, warm_upgrades
from govgo.load.query.query import Allowed
from govgo.load.query.query import query as query_version
from govgo.load.query.retract import check_allowed, check_exclusions
from govgo.load.session.session import Session
from govgo.ports.modules import Ask


class VersionChangeNeeded(QueryError):
    """The imports of a package are not loaded yet, since its module is about to change its version."""

    code = "version-change-needed"


def no_such_module_version(error: BaseException) -> bool:
    """Whether the module does not exist at that version, as far as can be known."""
    return is_not_found(error) or find(error, NoMatchingVersionError) is not None


def no_such_package_version(error: BaseException) -> bool:
    """Whether no module holds the package at that version."""
    return no_such_module_version(error) or find(error, PackageNotInModuleError) is not None


class Resolver:
    """The state of one `get`: the build list at the start and now, and the candidates of each argument.

    Attributes:
        resolved: module path to (version that must be selected, the query that asks for it).
        build_list: the build list as it stands.
        initial: module path to version at the start; the base of "upgrade" and "patch".
        workspace: the directories of the modules of the workspace around the working directory, by their paths.
        loaded: the last load of packages, on which the checksums to keep depend, also when it was in the workspace.
    """

    def __init__(self, session: Session, queries: Sequence[Query], *, upgrade: str, load_tests: bool) -> None:
        self.session = session
        self.queries = tuple(queries)
        self.upgrade = upgrade
        self.load_tests = load_tests
        self.faults = QueryFaults(session)
        self.loaded: Loaded | None = None
        self.resolved: dict[str, tuple[str, Query]] = {}
        self.build_list: tuple[ModuleVersion, ...] = load_mod_graph(session).build_list()
        self.current: dict[str, str] = dict(self.build_list)
        self.initial: dict[str, str] = self.current
        self.workspace = workspace_modules(session)
        self._nones = {query.pattern: query for query in queries if query.version == "none" and not query.wildcard}
        self._wild_nones = tuple(query for query in queries if query.version == "none" and query.wildcard)
        self._searches: dict[str, bool] = {}
        self._matched: dict[tuple[str, ModuleVersion], tuple[str, ...]] = {}
        self._sort_queries()

    def _sort_queries(self) -> None:
        self.all_queries, self.work_queries, self.tool_queries = (
            tuple(query for query in self.queries if query.pattern == name) for name in ("all", "work", "tool")
        )
        rest = [query for query in self.queries if query.pattern not in ("all", "work", "tool")]
        self.local_queries = tuple(query for query in rest if query.local)
        self.wildcard_queries = tuple(query for query in rest if not query.local and query.wildcard)
        self.path_queries = tuple(query for query in rest if not query.local and not query.wildcard)

    def initial_selected(self, path: str) -> str:
        """The version selected at the start, "none" where there was none."""
        return self.initial.get(path, "none")

    def selected(self, path: str) -> str:
        """The version selected now, "none" where there is none."""
        return self.current.get(path, "none")

    def removed(self, path: str) -> bool:
        """Whether an argument asks for the module to be removed."""
        return path in self._nones or any(query.matches_path(path) for query in self._wild_nones)

    def _allowed_for(self, requested: str, selected: Callable[[str], str]) -> Allowed:
        """The requested and the current version are always allowed, even when retracted."""

        def allowed(mv: ModuleVersion) -> None:
            if mv.version == requested:
                check_exclusions(self.session, mv)
            elif requested not in ("upgrade", "patch") or mv.version != selected(mv.path):
                check_allowed(self.session, mv)

        return allowed

    def query_module(self, path: str, version: str) -> ModuleVersion:
        """The version of one module that answers a version query."""
        allowed = self._allowed_for(version, self.initial_selected)
        answer = query_version(self.session, path, version, self.initial_selected(path), allowed)
        return ModuleVersion(path, answer.version)

    def query_packages(self, pattern: str, version: str, selected: Callable[[str], str]) -> tuple[ModuleVersion, ...]:
        """The modules that hold a package matching the pattern."""
        found = query_packages(self.session, pattern, version, selected, self._allowed_for(version, selected))
        return tuple(result.mod for result in found)

    def match_in_module(self, pattern: str, mv: ModuleVersion) -> tuple[str, ...]:
        """The packages of one module version that match; remembered."""
        key = (pattern, mv)
        if key not in self._matched:
            match = match_in_module(self.session, pattern, mv, any_tags())
            if match.errors:
                raise match.errors[0]
            self._matched[key] = tuple(match.packages or ())
        return self._matched[key]

    def _query_pattern(self, query: Query) -> PathSet:
        allowed = self._allowed_for(query.version, self.initial_selected)
        found, module_only = query_pattern(self.session, query.pattern, query.version, self.initial_selected, allowed)
        mod = module_only.mod if module_only is not None else None
        mods = [result.mod for result in found] if mod is None else [mod]
        begin_latest(self.session, (mv.path for mv in mods if mv.version))  # for the check of retractions
        return PathSet(pkg_mods=tuple(result.mod for result in found), mod=mod)

    def start(self) -> None:
        """Candidates that depend on the initial build list alone."""
        for query in self.local_queries:
            query.once(query.pattern, partial(local_options, self.session, query))
        for query in self.path_queries:
            if query.version == "none":
                self._none(query)
            else:
                query.once(query.pattern, partial(self._path, query))
        for query in self.tool_queries:
            for tool in self.session.main.tools:
                query.once(tool, partial(self._tool, query, tool))
        for query in self.work_queries:
            query.once(query.pattern, partial(work_options, self.session, query))

    def refresh(self) -> None:
        """Candidates that follow the build list as it changes."""
        for query in self.wildcard_queries:
            if query.version == "none":
                self._none(query)
            else:
                self._wildcard(query)
        self._all()

    def _path(self, query: Query) -> PathSet:
        if is_std(query.pattern) and stdlib.is_package(query.pattern):
            if query.raw_version:
                raise ArgumentError(
                    f"can't request explicit version {quote(query.version)} of standard library package {query.pattern}"
                )
            query.matches_packages = True
            return PathSet()
        return self._query_pattern(query)

    def _tool(self, query: Query, tool: str) -> PathSet:
        return PathSet(pkg_mods=self.query_packages(tool, query.version, self.initial_selected))

    def _none(self, query: Query) -> None:
        """An argument with version "none": it can only name modules, since no package exists at that version."""
        main = self.session.main
        if not query.wildcard:
            query.once(
                query.pattern, partial(self._removal, query, query.pattern, refused=main.contains(query.pattern))
            )
        for mv in self.build_list:
            if query.matches_path(mv.path):
                refused = mv.version == "" and main.contains(mv.path)
                query.once(mv.path, partial(self._removal, query, mv.path, refused=refused))

    def _removal(self, query: Query, path: str, *, refused: bool) -> PathSet:
        if refused:
            raise main_module_error(self.session, path, query)
        return PathSet(mod=ModuleVersion(path, "none"))

    def _wildcard(self, query: Query) -> None:
        """A wildcard first means modules of the build list; others are looked for only when none of these matches."""
        relevant = [mv for mv in self.build_list if query.can_match_in_module(mv.path)]
        self.session.repo.warm(Ask("versions", mv.path) for mv in relevant if not self.session.main.contains(mv.path))
        for mv in relevant:
            query.once(mv.path, partial(self._wildcard_in, query, mv))

    def _wildcard_in(self, query: Query, mv: ModuleVersion) -> PathSet:
        if self.removed(mv.path):
            return PathSet()
        if self.session.main.contains(mv.path) and not ok_for_main_module(query.version):
            if query.matches_path(mv.path):
                raise main_module_error(self.session, mv.path, query)
            packages = self.match_in_module(query.pattern, mv)
            if packages:
                raise QueryMatchesPackagesInMainModuleError(
                    pattern=query.pattern, query=query.version, packages=packages
                )
            return PathSet()
        try:
            found = self.query_module(mv.path, query.version)
        except Failure as error:
            if no_such_module_version(error):
                # Other arguments may still change or remove the module; check_wildcards decides in the end.
                return PathSet()
            raise
        if self.match_in_module(query.pattern, found):
            return PathSet(pkg_mods=(found,))
        return PathSet(mod=found) if query.matches_path(found.path) else PathSet()

    def find_missing_wildcards(self) -> None:
        """For wildcards that match no package so far, look for modules outside the build list."""
        for query in self.wildcard_queries:
            if query.version != "none" and not query.matches_packages:
                query.once(query.pattern, partial(self._missing_wildcard, query))

    def _missing_wildcard(self, query: Query) -> PathSet:
        try:
            return self._query_pattern(query)
        except Failure as error:
            if query.resolved and no_such_package_version(error):
                return PathSet()  # the pattern matches modules only
            raise

    def _all(self) -> None:
        if not self.all_queries:
            return

        def steady(path: str, mv: ModuleVersion | None) -> bool:
            """Whether `mv` will certainly still provide the package at the end, so that its imports count."""
            sure = True
            for query in self.all_queries:

                def options(query: Query = query) -> PathSet:
                    nonlocal sure
                    found: tuple[ModuleVersion, ...] = ()
                    try:
                        found = self.query_packages(path, query.version, self.initial_selected)
                        return PathSet(pkg_mods=found)
                    finally:
                        if found != ((mv,) if mv is not None else ()):
                            sure = False

                query.once(path, options)
            return sure

        self.load(["all"], steady)
        for query in self.all_queries:
            query.candidates.sort(key=lambda options: options.path)

    def upgrades(self) -> list[PathSet]:
        """Options for packages that no module provides yet and, with -u, for modules that can be upgraded."""
        patterns = [query.pattern for query in self.queries if query.matches_packages]
        if not patterns:
            return []
        found: list[PathSet] = []

        def steady(path: str, mv: ModuleVersion | None) -> bool:
            version = "latest"
            if mv is not None:
                if not self.upgrade or mv.path in self.resolved:
                    return True
                version = self.upgrade
            self._await_searches()
            try:
                mods = self.query_packages(path, version, self.selected)
            except Failure as error:
                if no_such_package_version(error) or (mv is None and not is_module_path(path)):
                    return True  # no version change helps; the final load reports what is missing
                found.append(PathSet(path=path, error=error))
                return False
            if mv in mods:
                return True
            found.append(PathSet(path=path, pkg_mods=mods))
            return False

        if self.upgrade:
            # A tidy module lists all modules that it needs packages of.
            rs = in_force(self.session)
            self._begin_searches((mv.path for mv in (rs.roots if rs is not None else ())), certain=False)
        self.load(patterns, steady)
        found.sort(key=lambda options: options.path)
        return found

    def _searched(self, paths: Iterable[str]) -> dict[str, None]:
        """The module paths in which an upgrade of a package, or module, at one of `paths` is looked for."""
        contains = self.session.main.contains
        found: dict[str, None] = {}
        for path in paths:
            prefixes = [] if is_std(path) else list(path_prefixes(path))
            if not any(contains(prefix) or prefix in self.resolved for prefix in prefixes):
                found.update((prefix, None) for prefix in prefixes if split_path_version(prefix)[2])
        return found

    def _begin_searches(self, paths: Iterable[str], *, certain: bool = True) -> None:
        """Begin with the version lists that upgrades of packages at `paths` need, or, if not certain, may need."""
        if self.upgrade:
            searched = self._searched(paths)
            self._searches.update((path, certain or self._searches.get(path, False)) for path in searched)
            self.session.repo.begin(Ask("versions", path) for path in searched)

    def _await_searches(self) -> None:
        """Fetch together what all searches that were begun ask for, before the first of them is made."""
        if self._searches:
            searched, self._searches = self._searches, {}
            allowed = self._allowed_for(self.upgrade, self.selected)
            warm_upgrades(self.session, searched, self.upgrade, self.current, allowed)

    def load(self, patterns: Sequence[str], steady: Callable[[str, ModuleVersion | None], bool]) -> None:
        """Load packages, asking `steady` for each from outside the main module and for each that is missing."""

        def allow(path: str, mv: ModuleVersion | None) -> None:
            if mv is not None and mv.path and mv.version and not steady(path, mv):
                raise VersionChangeNeeded("version change needed")

        options = PackageOpts(
            tags=any_tags(),
            load_tests=self.load_tests,
            assume_roots_imported=True,
            silence_package_errors=True,
            allow_package=allow,
            coming=self._begin_searches,
        )
        _, packages, loaded = load_packages(self.session, options, patterns)
        self.loaded = loaded
        missing = [path for path in packages if self._may_be_found(path, loaded.error(path))]
        begin_queries(self.session, missing, self.selected)
        for path in missing:
            steady(path, None)

    def _may_be_found(self, path: str, error: GovgoError | None) -> bool:
        """Whether another version of some module might provide a package that could not be loaded."""
        if error is None or find(error, VersionChangeNeeded) is not None:
            return False
        if workspace_has_package(self.session, self.workspace, path):
            return False
        return find(error, ImportMissingError) is not None or find(error, AmbiguousImportError) is not None
