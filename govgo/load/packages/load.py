# SPDX-License-Identifier: BSD-3-Clause
"""Load the packages that patterns name and all that they import, and update the requirements until both agree
(cmd/go's modload.LoadPackages and loadFromRoots).
"""

from __future__ import annotations

from collections.abc import Sequence

from govgo.core.gosource import stdlib
from govgo.core.gosource.buildtags import TagSet
from govgo.core.modgraph.loader import Pruning, pruning_for
from govgo.core.module.moduleversion import ModuleVersion, sort
from govgo.core.records import NamedTuple
from govgo.core.typehints import TYPE_CHECKING
from govgo.core.version.goversion import NARROW_ALL_VERSION, TIDY_GO_MOD_SUM_VERSION, compare
from govgo.errors import BuildListError, Failure, GovgoError, PackageError, SecurityError, find
from govgo.load.buildlist.graph import GraphError
from govgo.load.buildlist.requirements import override_roots, put_in_force
from govgo.load.buildlist.roots import convert_pruning, try_expand_graph, update_roots
from govgo.load.buildlist.versionconflicts import Conflict
from govgo.load.mainmodule.load import load_mod_file
from govgo.load.packages.directmodules import preload_root_modules, update_requirements
from govgo.load.packages.errors import ImportMissingError, ImportMissingSumError
from govgo.load.packages.loader import Loaded, Loader, PackageOpts
from govgo.load.packages.localpatterns import (
    BuiltinPackageError,
    match_local_dirs,
    platform_tags,
    resolve_local_package,
)
from govgo.load.packages.patterns import Match, clean_patterns, match_packages, warn_unmatched
from govgo.load.packages.tidyroots import tidy_roots

if TYPE_CHECKING:
    from govgo.load.buildlist.package import LoadPkg
    from govgo.load.buildlist.requirements import Requirements
    from govgo.load.session.session import Session


class LoadResult(NamedTuple):
    """The outcome of a load.

    Attributes:
        matches: the patterns and what they match.
        packages: the import paths of every package loaded, sorted.
        loaded: the packages themselves.
    """

    matches: tuple[Match, ...]
    packages: tuple[str, ...]
    loaded: Loaded


def load_packages(session: Session, opts: PackageOpts, patterns: Sequence[str]) -> LoadResult:
    """Load the packages that match `patterns`.

    Missing modules are added where `opts` and -mod allow it; go.mod and go.sum are written then, unless the
    command writes them itself. The requirements that the packages were loaded from are in force afterwards.

    Raises:
        ReportedError: faults that have been reported.
        GovgoError: go.mod cannot be loaded or written.
    """
    matcher = _Matcher(session, opts, clean_patterns(patterns))
    initial = load_mod_file(session, opts.tidy_go_version)
    loader = Loader(session, opts, initial, matcher.list_roots, all_is_root=matcher.has_all)
    _load_from_roots(loader)
    matcher.update(loader.requirements, loader)
    if not opts.silence_package_errors:
        for match in matcher.matches:
            for error in match.errors:
                loader.error(error)
    session.finish()
    if not opts.silence_unmatched_warnings:
        warn_unmatched(session, matcher.matches)
    loaded = Loaded(loader)
    if opts.tidy:
        from govgo.load.packages.tidy import finish_tidy  # only `mod tidy` and `work sync` tidy

        if session.settings.horizon is not None:
            from govgo.load.buildlist.ages import check_ages

            check_ages(session, loader.requirements)
        finish_tidy(loader, loaded, initial)
    put_in_force(session, loader.requirements)
    if not session.policy.writes_at_end and opts.resolve_missing_imports and not opts.tidy_diff:
        from govgo.load.mainmodule.write import commit_requirements

        if loader.must_not_commit:
            raise session.go_mod_dirty()
        commit_requirements(session, loaded=loaded)
    packages = sorted(pkg.path for pkg in loader.pkgs if not pkg.is_test)
    return LoadResult(tuple(matcher.matches), tuple(packages), loaded)


class _Matcher:
    """The patterns of one load. What they match depends on the requirements, which may change in each round."""

    def __init__(self, session: Session, opts: PackageOpts, patterns: Sequence[str]) -> None:
        self.session = session
        self.opts = opts
        self.matches = [Match(pattern) for pattern in patterns]
        self.has_all = "all" in patterns
        self._tags: TagSet | None = opts.tags

    @property
    def tags(self) -> TagSet:
        if self._tags is None:
            self._tags = platform_tags(self.session)
        return self._tags

    def list_roots(self, rs: Requirements) -> list[str]:
        """The root import paths under `rs`, in order of the patterns."""
        self.update(rs, None)
        return [path for match in self.matches for path in match.packages or ()]

    def update(self, rs: Requirements, loader: Loader | None) -> None:
        """Match every pattern under `rs`; `loader` is given the last time, when all is loaded."""
        for match in self.matches:
            if match.is_local:
                self._local(match, rs, final=loader is not None)
            elif match.is_literal:
                match.packages = [match.pattern]
            elif "..." in match.pattern:
                self._wildcard(match, rs)
            elif match.pattern == "all" and loader is not None:
                match.packages = loader.pattern_all()
            elif match.pattern in ("all", "work"):
                match.errors = []
                match_packages(self.session, match, self.tags, include_std=False, modules=self._main_modules())
                if match.pattern == "all":
                    match.packages = [*(match.packages or ()), *self.session.main.tools]
            elif match.pattern == "tool":
                # Added again in every round, as in go: `mod why tool` prints each tool that often.
                match.packages = [*(match.packages or ()), *self.session.main.tools]
            elif match.packages is None:
                match.packages = list(stdlib.listed(command=match.pattern == "cmd"))

    def _main_modules(self) -> tuple[ModuleVersion, ...]:
        return self.session.main.modules if self.opts.main_module is None else (self.opts.main_module,)

    def _local(self, match: Match, rs: Requirements, *, final: bool) -> None:
        if match.dirs is None:
            roots = self.session.mod_roots
            if self.opts.main_module is not None:
                roots = (self.session.main.root(self.opts.main_module),)
            match_local_dirs(self.session, match, roots, rs)
        match.packages = []
        for directory in match.dirs or ():
            try:
                match.packages.append(resolve_local_package(self.session, directory, rs))
            except BuiltinPackageError as error:
                if match.is_literal and final:
                    match.add_error(error)
            except Failure as error:
                if not self.session.mod_roots:
                    raise self.session.no_main_modules_error() from error
                if final:
                    match.add_error(error)

    def _wildcard(self, match: Match, rs: Requirements) -> None:
        match.errors = []
        graph, error = rs.partial_graph()
        if error is not None:
            match.errors.append(error)
        match_packages(self.session, match, self.tags, include_std=True, modules=graph.build_list())


def _load_from_roots(loader: Loader) -> None:
    """Load until the requirements and the packages agree; then tidy, and report what could not be loaded."""
    session = loader.session
    if loader.requirements.pruning is Pruning.UNPRUNED:
        loader.requirements, _, error = try_expand_graph(session, loader.requirements)
        if error is not None:
            loader.error(error)
    session.finish()
    while _iterate(loader):
        pass
    session.finish()
    if loader.opts.tidy:
        _tidy(loader)
        session.finish()
    _report(loader)
    _check_multiple_paths(loader)


def _update_go_version(loader: Loader) -> None:
    """Follow the rules of the go version in force, which may have changed with the requirements."""
    version = loader.go_version()
    if loader.requirements.pruning is not Pruning.WORKSPACE:
        try:
            loader.requirements = convert_pruning(loader.session, loader.requirements, pruning_for(version))
        except Failure as error:
            loader.error(error)
            loader.session.finish()
    loader.skip_mod_files = loader.opts.tidy and compare(version, TIDY_GO_MOD_SUM_VERSION) < 0
    loader.all_closes_over_tests = compare(version, NARROW_ALL_VERSION) < 0 and not loader.opts.use_vendor_all


def _iterate(loader: Loader) -> bool:
    """One round of loading; whether another one is needed."""
    session, opts = loader.session, loader.opts
    loader.reset()
    _update_go_version(loader)
    paths = loader.list_roots(loader.requirements)
    may_add_roots = loader.requirements.pruning is Pruning.PRUNED and session.build_mod == "mod"
    if may_add_roots and preload_root_modules(loader, paths):
        return True
    loader.load_roots(paths)
    try:
        if update_requirements(loader):
            # First let the graph become stable: a new root may require a version that has the missing packages.
            return True
        if not opts.resolve_missing_imports or not (session.mod_roots or session.policy.allows_missing_imports):
            return False
        if all(pkg.error is None for pkg in loader.pkgs):
            return False
        from govgo.load.packages.missing import resolve_missing  # mostly nothing is missing

        added = resolve_missing(loader)
    except Failure as error:
        loader.error(error)
        return False
    return bool(added) and _add_modules(loader, added)


def _add_modules(loader: Loader, added: dict[ModuleVersion, LoadPkg]) -> bool:
    """Add modules for missing packages to the roots; False when that failed, which is reported."""
    rs = loader.requirements
    mods = list(added)
    sort(mods)
    try:
        after = update_roots(
            loader.session, rs.direct, rs, (), tuple(mods), roots_imported=loader.opts.assume_roots_imported
        )
    except Failure as error:
        pkg = added.get(error.module) if isinstance(error, GraphError) else None
        if pkg is not None:
            loader.error(_told(pkg, error.inner, error))
        else:
            loader.error(error)
        return False
    assert after.roots != rs.roots, f"internal error: adding {mods} had no effect on the roots"
    loader.requirements = after
    return True


def _tidy(loader: Loader) -> None:
    """Reduce the requirements to those that the packages need, for the go version asked for."""
    session, go_version = loader.session, loader.opts.tidy_go_version
    try:
        rs = tidy_roots(session, loader.requirements, loader.pkgs)
    except Failure as error:
        loader.error(error)
        return
    if go_version:
        tidy = override_roots(session, rs, (ModuleVersion("go", go_version),))
        graph, graph_error = tidy.partial_graph()
        if graph_error is not None:
            loader.error(graph_error)
        selected = graph.selected("go")
        if selected == go_version:
            rs = tidy
        else:
            loader.error(
                _go_version_conflict(loader, graph.find_path(ModuleVersion("go", selected).__eq__), go_version)
            )
    if loader.requirements.pruning is Pruning.PRUNED:
        for mod in rs.roots:
            if mod.path == "go" and go_version:
                continue
            selected_root = loader.requirements.root_selected(mod.path)
            if selected_root != mod.version:
                loader.error(
                    PackageError(
                        f"internal error: a requirement on {mod} is needed but was not added during package loading"
                        f" (selected {selected_root or ''})"
                    )
                )
    loader.requirements = rs


def _go_version_conflict(loader: Loader, path: Sequence[ModuleVersion], go_version: str) -> BuildListError:
    """Why the go line cannot be lowered to the version asked for."""
    conflict = Conflict(path=tuple(path[1:]), constraint=ModuleVersion("go", go_version))
    return BuildListError(str(conflict) if loader.session.settings.verbose else conflict.summary())


def _report(loader: Loader) -> None:
    """Report the errors of packages, in order of loading, with the chain of imports that led there."""
    opts = loader.opts
    for pkg in loader.pkgs:
        if pkg.error is None:
            continue
        if find(pkg.error, SecurityError) is not None:
            raise pkg.error
        _add_importer(loader, pkg)
        missing = find(pkg.error, ImportMissingError)
        if missing is not None and missing.is_std and opts.silence_missing_std_imports:
            continue
        if opts.silence_package_errors or (opts.silence_no_go_errors and Loaded.is_no_go(pkg.error)):
            continue
        loader.error(_told(pkg, pkg.error, pkg.error))


def _told(pkg: LoadPkg, fault: object, inner: GovgoError) -> PackageError:
    """What is wrong with a package, behind the chain of imports that leads to it."""
    error = PackageError(f"{pkg.stack_text()}: {fault}", inner=inner)
    error.nearest = pkg.nearest_module()
    error.imported_at = pkg.imported_at()
    return error


def _add_importer(loader: Loader, pkg: LoadPkg) -> None:
    """Set the importer on the package's error, where its text depends on that."""
    importer = pkg.stack
    if importer is None:
        return
    unsummed = find(pkg.error, ImportMissingSumError)
    if unsummed is not None:
        unsummed.importer = importer.path
        unsummed.importer_version = importer.mod.version
        unsummed.importer_is_test = importer.is_test
    missing = find(pkg.error, ImportMissingError)
    if missing is not None and missing.is_std:
        version = loader.session.scope.go_versions.get(importer.mod, "")
        if version and compare(loader.session.local_go, version) < 0:
            missing.importer_go_version = version


def _check_multiple_paths(loader: Loader) -> None:
    """Refuse one module tree under two module paths (https://go.dev/issue/26607)."""
    rs = loader.requirements
    mods = rs.partial_graph()[0].build_list() if rs.graph_loaded else rs.roots
    first: dict[ModuleVersion, str] = {}
    for mod in mods:
        source = loader.session.main.resolve(mod)
        known = first.setdefault(source, mod.path)
        if known != mod.path:
            loader.error(
                BuildListError(
                    f"{source.path}@{source.version} used for two different module paths ({known} and {mod.path})"
                )
            )
